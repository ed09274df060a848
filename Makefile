# The verbs of this project. CI and pre-commit call the same ones.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without --no-compile a sixth of the environment is byte code that never runs.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: demo test check fmt bench bench-all docs vsix pictures clean

# The runtime only: what a user installs.
$(VENV)/.runtime: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

# And what the tests and the checks need.
$(VENV)/.dev: pyproject.toml constraints.txt $(VENV)/.runtime
	$(PIP) --constraint constraints.txt --editable '.[dev,convert,eval,bench,train]'
	touch $@

demo: $(VENV)/.runtime
	$(BIN)/codex-lsp models pull
	$(BIN)/codex-lsp complete examples/inventory.py --line 35 -n 8 --temperature 1 --seed 7

test: $(VENV)/.dev check
	scripts/install-test-tools
	scripts/install-extension-packages
	$(BIN)/python scripts/install_editors.py
	CODEX_LSP_TUNING=off $(BIN)/codex-lsp models pull
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m codex_lsp_server.settings_doc --check docs/settings.md
	$(BIN)/python -m codex_lsp_server.settings_schema --check vscode-extension/package.json

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	stylua=$$($(BIN)/python scripts/install_editors.py --where stylua) && \
	if [ -n "$$stylua" ] && command -v node >/dev/null; then node scripts/stylua.mjs "$$stylua"; \
	else echo "fmt: the plugin's Lua is left as it is, for want of node or StyLua" >&2; fi

# How the conversion compares with the reference: the figures of docs/models.md.
bench: $(VENV)/.dev
	$(BIN)/python -m codex_lsp_models.proof

# How fast completions come: every table and the plot of docs/performance.md, in some thirty minutes.
# The comparison with llama.cpp is made where the extra `peer` is installed.
bench-all: $(VENV)/.dev
	$(BIN)/codex-lsp models pull
	$(BIN)/codex-lsp models pull smollm2-135m-instruct
	$(BIN)/codex-lsp bench all --out runs/bench --page docs/performance.md
	cp runs/bench/latency.svg docs/images/latency.svg

docs: $(VENV)/.dev
	$(BIN)/python -m codex_lsp_server.settings_doc docs/settings.md
	$(BIN)/python -m codex_lsp_server.settings_schema vscode-extension/package.json

# The VS Code extension as a package: vscode-extension/codex-lsp.vsix. It takes Node 20 and npm.
vsix:
	scripts/install-extension-packages
	npm --prefix vscode-extension run --silent package

# The pictures in the extension's README, from a run of its scenarios in real VS Code.
pictures: $(VENV)/.dev
	scripts/install-extension-packages
	CODEX_LSP_E2E_MEDIA=media $(BIN)/python -m pytest tests/e2e/editors/test_vscode.py -k real_vs_code

clean:
	rm -rf vscode-extension/dist vscode-extension/node_modules vscode-extension/codex-lsp.vsix
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
