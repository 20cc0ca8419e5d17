# The extension: checked and packed, its modules tested in Node, and all of it in real browsers.
.PHONY: extension extension-test e2e e2e-chromium e2e-firefox

NODE_TESTS := tests/extension

$(NODE_TESTS)/node_modules/.installed: $(NODE_TESTS)/package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed: apt install npm (Node 20 or later)"; exit 1; }
	@npm ci --prefix $(NODE_TESTS) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

extension: $(NODE_TESTS)/node_modules/.installed  ## check the extension and pack it for both stores into dist/
	cd $(NODE_TESTS) && npx --no-install web-ext lint --source-dir ../../extension --self-hosted --no-config-discovery --output text
	$(PYTHON) scripts/pack_extension.py

extension-test: $(NODE_TESTS)/node_modules/.installed  ## the extension's modules, without a browser
	cd $(NODE_TESTS) && node --test

e2e: e2e-chromium e2e-firefox  ## the extension and the server in real browsers

# Mostly waiting, so two at a time; what measures is run alone.
e2e-chromium: $(VENV)/.dev
	TEST_DATABASE_URL=$(TEST_DATABASE_URL) $(PY) -m pytest -n 2 tests/e2e -k "chromium and not load"
	TEST_DATABASE_URL=$(TEST_DATABASE_URL) $(PY) -m pytest tests/e2e/test_chromium_load.py

e2e-firefox: $(VENV)/.dev
	TEST_DATABASE_URL=$(TEST_DATABASE_URL) $(PY) -m pytest tests/e2e/test_firefox.py
