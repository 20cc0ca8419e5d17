/** File patterns are relative to the repository's root, because `npm run lint` starts eslint there. */
import js from '@eslint/js';
import globals from 'globals';

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
    // Only `browser-api.js` may name the browser's global.
    files: ['extension/src/**/*.js'],
    languageOptions: { globals: { ...globals.browser } },
    rules: { 'no-restricted-globals': ['error', 'browser', 'chrome', 'event', 'name', 'status'] },
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
