# Two commands do everything, installation included: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TRACKERS := .venv-trackers
LOWEST := .venv-lowest
NEWEST := .venv-newest

.PHONY: install demo test lint types imports spelling unit coverage test-slow test-trackers test-lowest test-newest docs docs-links bench audit sbom clean

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

# Lines and branches of src that the fast tests reach; a process that is killed leaves no word.
coverage: install
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m "not slow" -n 2 --dist loadfile
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

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

# The lowest versions that pyproject.toml allows, and the newest there are: a fixed small set of tests.
# What other packages warn of is no fault there; torch is pinned to a version that has a CPU wheel.
USED := ".[energy,lora,onnx,ray,report,view]" pytest hypothesis pandas datasets
ON_RAY := tests/execute/test_ray.py::TestOnACluster::test_steps_run_after_what_they_need_and_tell_how_far_they_are
FIRST_SET := tests/packaging/test_smoke.py $(ON_RAY)
SECOND_SET := tests/packaging/test_dependencies.py tests/efficiency/test_energy_for_real.py \
	tests/cli/test_completion.py tests/cli/test_extras.py tests/store/test_store.py \
	tests/study/test_load.py tests/view/test_serve.py \
	tests/model tests/train/test_finetune.py tests/train/test_lora_training.py

test-lowest:
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints-lowest.txt --editable $(USED)
	$(LOWEST)/bin/python -m pytest -o filterwarnings=default $(FIRST_SET)
	$(LOWEST)/bin/python -m pytest -o filterwarnings=default -m "not slow" $(SECOND_SET)

test-newest:
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check \
		--upgrade --upgrade-strategy eager --editable $(USED) torch==2.13.0
	$(NEWEST)/bin/python -m pytest -o filterwarnings=default $(FIRST_SET)
	$(NEWEST)/bin/python -m pytest -o filterwarnings=default -m "not slow" $(SECOND_SET)

audit: install
	$(BIN)/python .ci/audit.py

sbom: install
	mkdir -p dist
	$(BIN)/python .ci/sbom.py --extra lora --extra onnx --extra ray --extra report --extra tensorboard --extra view > dist/sbom.cdx.json

bench: install
	$(BIN)/python -m benchmarks.against_trainer --json results/against_trainer.json
	$(BIN)/python -m benchmarks.against_trainer --parity --json results/parity.json
	$(BIN)/python -m benchmarks.step_profile
	$(BIN)/python benchmarks/distillation_cost.py
	$(BIN)/python benchmarks/doubling.py studies/local/cross_language_sentiment.yaml
	$(BIN)/python benchmarks/growth.py --cells 10000 --rounds 1

clean:
	rm -rf $(VENV) $(TRACKERS) $(LOWEST) $(NEWEST) .isogloss results demo.yaml build dist
