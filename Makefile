# Each target is one command on a fresh machine with cargo, a C compiler and Python 3.11 or later.
# What the package registries have is installed into .venv* and target/, nothing elsewhere.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: demo test lint build python clean test-rust test-docs test-python test-sdk test-seaweed

PYTHON ?= python3
BIN := .venv/bin
SANDBOX := target/debug/dropoff-sandbox
# cargo-nextest runs each test in a process of its own and is quicker; cargo's own runner does too.
CARGO_TEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo "cargo nextest run" || echo "cargo test --tests")
# Otherwise pyo3 is compiled anew whenever cargo and maturin take turns.
export PYO3_BUILD_EXTENSION_MODULE := 1
export DROPOFF_SANDBOX := $(abspath $(SANDBOX))

demo: build python
	$(BIN)/python examples/python/demo.py $(SANDBOX)

# Every suite says how it ended; the first that fails stops the run.
test: test-rust test-docs test-python test-seaweed test-sdk
	@echo "all suites passed: Rust, documentation, Python, SeaweedFS, official SDKs"

test-rust: build
	$(CARGO_TEST) --workspace
	@echo "suite Rust: passed"

test-docs: build
	cargo test --doc -p dropoff -p dropoff-tests
	@echo "suite documentation: passed"

test-python: build python
	$(BIN)/python -m pytest tests/python -q
	@echo "suite Python: passed"

test-seaweed: build python
	$(BIN)/python -m pytest tests/seaweed -q
	@echo "suite SeaweedFS: passed"

# In an environment of its own: the SDKs' dependencies are not ours.
test-sdk: build .venv-sdk/done
	.venv-sdk/bin/python -m pytest tests/sdk -q
	@echo "suite official SDKs: passed"

lint: .venv/done
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	$(BIN)/ruff check bindings-python examples tests
	$(BIN)/ruff format --check bindings-python examples tests
	@echo "lint: clean"

# One profile and one feature set for everything, so that dependencies are compiled once.
build:
	cargo build --workspace --all-targets

python: .venv/done
	VIRTUAL_ENV=$(abspath .venv) $(BIN)/maturin develop --quiet -m bindings-python/Cargo.toml

.venv/done: tests/python/requirements.txt tests/seaweed/requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/seaweed/requirements.txt
	touch $@

.venv-sdk/done: tests/sdk/requirements.txt
	$(PYTHON) -m venv .venv-sdk
	.venv-sdk/bin/pip install --quiet --disable-pip-version-check -r tests/sdk/requirements.txt
	touch $@

clean:
	cargo clean
	rm -rf .venv .venv-sdk
