# Two commands do everything, installation included: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TRACKERS := .venv-trackers

.PHONY: install demo test lint types imports spelling unit test-slow test-trackers docs docs-links bench audit sbom clean

install: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--editable ".[dev,docs,lora,onnx,ray,report,tensorboard,view]"
	touch $(READY)

demo: install
	$(BIN)/isogloss init sample --force -o demo.yaml
	$(BIN)/isogloss audit demo.yaml -o results/demo
	$(BIN)/isogloss run demo.yaml --executor processes --jobs 2
	$(BIN)/isogloss report demo.yaml -o results/demo

test: install lint types imports spelling unit

lint:
	$(BIN)/ruff check src tests docs
	$(BIN)/ruff format --check src tests docs

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

spelling:
	$(BIN)/typos

unit:
	$(BIN)/pytest -m "not slow" -n 2 --dist loadfile

test-slow: install
	$(BIN)/pytest -m slow -n 2 --dist loadfile

# The site, from docs/ and the code; a link that leads nowhere, or a name nobody knows, fails it.
docs: install
	$(BIN)/python -m sphinx -b html -E -W --keep-going -n -q -d build/doctrees docs build/docs

# Whether links to other places still lead somewhere; needs a network.
docs-links: install
	$(BIN)/python -m sphinx -b linkcheck -q -d build/doctrees docs build/links

test-trackers: install
	$(PYTHON) -m venv $(TRACKERS)
	$(TRACKERS)/bin/python -m pip install --quiet --disable-pip-version-check --editable \
		".[mlflow,tensorboard,view,wandb]" pytest pandas hypothesis playwright
	$(TRACKERS)/bin/python -m pytest -m slow tests/train/test_trackers_for_real.py

audit: install
	$(BIN)/python .ci/audit.py

sbom: install
	mkdir -p dist
	$(BIN)/python .ci/sbom.py --extra lora --extra onnx --extra ray --extra report --extra tensorboard --extra view > dist/sbom.cdx.json

bench: install
	$(BIN)/python -m benchmarks.against_trainer --json results/against_trainer.json
	$(BIN)/python -m benchmarks.against_trainer --parity --json results/parity.json

clean:
	rm -rf $(VENV) .isogloss results demo.yaml build dist
