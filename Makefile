# Two commands to begin with: make quickstart, make test.
PYTHON ?= python3
BIN := .venv/bin
# Folders of labelled recordings to evaluate on; without any, the probe is synthetic.
PACKS ?= $(patsubst %/labels.csv,%,$(wildcard data/*/labels.csv))

.PHONY: install quickstart test check bench compat mutants fuzz docs clean

install: .venv/installed

# All that development needs; a quick start needs only what training does.
.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --python $(BIN)/python --editable ".[dev]"
	touch $@ .venv/can_train

.venv/can_train: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --python $(BIN)/python --editable ".[train]"
	touch $@

quickstart: .venv/can_train
	$(BIN)/doppelganger-train fit --config quickstart
	$(BIN)/doppelganger evaluate --encoder runs/quickstart $(if $(PACKS),--packs $(PACKS))

test: install
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

bench: install
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable ".[synthax]"
	$(BIN)/synths benchmark
	$(BIN)/python benchmarks/training_step.py
	$(BIN)/python benchmarks/matching.py
	$(BIN)/python benchmarks/evaluation.py
	$(BIN)/python benchmarks/procedural.py
	$(BIN)/python benchmarks/masked_autoencoder.py
	$(BIN)/python benchmarks/labels.py
	$(BIN)/python benchmarks/corpus.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/networks.py

# Fresh environments with the lowest and the newest torch, several GB each; or TORCH="torch==2.9.* torch==2.13.0", and
# EXTRAS=train for a CPU build of torch, beside which no torchvision of PyPI loads.
compat: install
	$(BIN)/python benchmarks/compat.py $(if $(TORCH),$(TORCH)) $(if $(EXTRAS),--extras $(EXTRAS))

# Random mutants of FILE against TESTS; all files of benchmarks/mutants.json without them.
mutants: install
	OMP_NUM_THREADS=1 PYTHONPATH=. $(BIN)/python benchmarks/mutants.py $(if $(FILE),--file $(FILE) --tests $(TESTS)) --n $(or $(N),200)

# 10,000 mutants of configs, presets, tables, checkpoints, cards and sounds; N is the number of each of 29 kinds.
fuzz: install
	OMP_NUM_THREADS=1 FUZZ=$(or $(N),350) $(BIN)/python -m pytest -n auto --maxprocesses 8 tests/fuzz

docs: install
	OMP_NUM_THREADS=1 $(BIN)/python -m docs.build

clean:
	rm -rf .venv site build runs
