/** File patterns are relative to the repository's root, because `npm run lint` starts eslint there. */
import js from '@eslint/js';
import globals from 'globals';

const BROWSER = ['browser', 'chrome'];
const INDEXED_DB = ['indexedDB', 'IDBKeyRange'];

export default [
  { ignores: ['**/node_modules/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.js'],
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' },
    rules: {
      ...js.configs.recommended.rules,
      'array-callback-return': 'error',
      'consistent-return': 'error',
      'default-case-last': 'error',
      eqeqeq: 'error',
      'max-depth': ['error', 4],
      'no-else-return': 'error',
      'no-eval': 'error',
      'no-implicit-globals': 'error',
      'no-lonely-if': 'error',
      'no-param-reassign': 'error',
      'no-sequences': 'error',
      'no-shadow': 'error',
      'no-throw-literal': 'error',
      'no-unneeded-ternary': 'error',
      'no-unused-expressions': 'error',
      'no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'no-use-before-define': ['error', { functions: false, classes: false }],
      'no-useless-return': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-template': 'error',
      radix: 'error',
    },
  },
  {
    // Only `browser-api.js` names the browser's global, and only the store knows IndexedDB.
    files: ['extension/src/**/*.js'],
    languageOptions: { globals: { ...globals.browser } },
    rules: { 'no-restricted-globals': ['error', ...BROWSER, ...INDEXED_DB, 'event', 'name', 'status'] },
  },
  {
    files: ['extension/src/store.js', 'extension/src/store-connection.js'],
    rules: { 'no-restricted-globals': ['error', ...BROWSER] },
  },
  {
    // Another extension can take the sync room as it is, so it uses no browser API and no other room.
    files: ['extension/src/sync/**/*.js'],
    rules: {
      'no-restricted-globals': ['error', ...BROWSER, ...INDEXED_DB, 'document', 'navigator', 'window'],
      'no-restricted-imports': ['error', { patterns: ['../*', '!../timings.js'] }],
    },
  },
  {
    files: ['extension/src/capture/**/*.js'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['../browser-api.js', '../background/*', '../pages/*', '../sync/*'] }] },
  },
  {
    files: ['extension/src/pages/**/*.js'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['../background/*'] }] },
  },
  {
    // A page runs this file as a script. Its last expression is its result.
    files: ['extension/src/capture/page-metadata-script.js'],
    languageOptions: { sourceType: 'script' },
    rules: { 'no-unused-expressions': 'off' },
  },
  {
    files: ['tests/extension/**/*.js'],
    languageOptions: { globals: { ...globals.node } },
  },
];
