# `make help` is the one door. CI calls only targets of this file.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
KERNEL_SOURCES := $(shell find ext -name '*.py' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.h') setup.py
PROTOS := $(wildcard proto/tonne/v1/*.proto)
# google/api/*.proto, of googleapis-common-protos.
GOOGLE_APIS = $(shell $(BIN)/python -c "import google.api as a; print(list(a.__path__)[0].removesuffix('/google/api'))" 2>/dev/null)
export PYTHONDONTWRITEBYTECODE = 1

.DEFAULT_GOAL := help
.PHONY: help build dev demo serve test system schemas lint format proto bench scale soak fuzz sanitize debug clean
.PHONY: docs screenshots image sbom lock audit dist site coverage

help:  ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

build: $(VENV)/.kernel  ## Make .venv/, install what Tonne needs, compile the kernel

dev: $(VENV)/.dev $(VENV)/.kernel  ## The same, with the tools for tests and lint

# One line for each step; below it pip and the compiler say how far they are.
step = @printf '==> %s\n'
PIP := $(BIN)/python -m pip install --disable-pip-version-check

$(VENV)/.base: pyproject.toml setup.py
	$(step) "make $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	$(step) "install the tools of the build"
	@$(PIP) --upgrade "pip>=25.1" "setuptools>=77" "cython>=3.1"
	$(step) "install what Tonne needs"
	@TONNE_KERNEL=later $(PIP) --no-build-isolation --editable '.[console]'
	@touch $@

# In place, with what was compiled kept in build/: later only what changed is compiled again. -g0
# leaves out what only a debugger reads, and a fifth of the compiler's time.
$(VENV)/.kernel: $(VENV)/.base $(KERNEL_SOURCES)
	$(step) "compile the kernel with $$(getconf _NPROCESSORS_ONLN) processes"
	@CFLAGS="-g0 $$CFLAGS" $(BIN)/python setup.py --quiet build_ext --inplace
	@touch $@
	$(step) "done: $(BIN)/tonne --help, or \`make help\`"

$(VENV)/.dev: $(VENV)/.base
	$(step) "install the tools of tests and lint"
	@$(PIP) --group dev
	@touch $@

demo: build  ## Run the main job on a fresh ledger: serve, stream a million records, report
	$(BIN)/tonne demo

serve: build  ## Serve ./data on 127.0.0.1:50051
	$(BIN)/tonne serve --data data

# Two lanes: tests that measure nothing side by side, a file of them on one processor; then, with
# the machine to themselves, those that measure. The first lane's files go into memory where there
# is much of it: else waiting for the disk is most of what it does. Folders come in the order of
# their names: the many small files of unit last, so that no process waits long for another one.
PROCESSES ?= $(shell getconf _NPROCESSORS_ONLN)
MEMORY := $(shell df --output=avail -BG /dev/shm 2>/dev/null | awk '$$1 + 0 >= 8 {print "/dev/shm"}')

# Hundreds of processes start: the sources are compiled once.
test: export PYTHONDONTWRITEBYTECODE =
test: dev debug system schemas  ## Run the tests: side by side, then one by one those that measure
	@failed=0; set -x; \
	PYTEST_DEBUG_TEMPROOT=$(MEMORY) $(BIN)/python -m pytest -m "not alone" -n $(PROCESSES) \
	    --dist loadfile --no-loadscope-reorder || failed=1; \
	$(BIN)/python -m pytest -m alone || failed=1; \
	exit $$failed

system:  ## Install Prometheus, HAProxy, Chromium, LibreOffice, node for the tests, where they are missing
	@sh tests/system.sh

schemas: tests/k8s/node_modules/.package-lock.json  ## Install the schemas of custom resources

tests/k8s/node_modules/.package-lock.json: tests/k8s/package-lock.json
	NODE_EXTRA_CA_CERTS="$${NODE_EXTRA_CA_CERTS:-$(wildcard /etc/ssl/certs/ca-certificates.crt)}" \
	    npm ci --prefix tests/k8s --silent
	@touch $@

lint: dev build/tonne.binpb  ## Check style, types, imports, Cython and protos
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint ext
	$(BIN)/buf lint build/tonne.binpb --config proto/buf.yaml --path tonne/v1
	$(BIN)/codespell *.md docs service ext proto k8s clients compose image

format: dev  ## Format the Python sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

proto: dev  ## Generate the stubs again
	$(BIN)/python -m grpc_tools.protoc -Iproto -I$(GOOGLE_APIS) --python_out=service \
	    --pyi_out=service --grpc_python_out=service $(PROTOS)

# The whole description as one file: for lint, for gateways, for clients without the sources.
build/tonne.binpb: $(PROTOS) $(VENV)/.dev
	@mkdir -p build
	$(BIN)/python -m grpc_tools.protoc -Iproto -I$(GOOGLE_APIS) --include_imports \
	    --include_source_info --descriptor_set_out=$@ $(PROTOS)

docs: dev  ## Write the pages and the dashboard that are made from the code
	$(BIN)/python -m docs.writers.metrics
	$(BIN)/python -m docs.writers.settings
	$(BIN)/python -m docs.writers.rooms
	$(BIN)/python -m docs.writers.rules
	$(BIN)/python -m docs.writers.indicators
	$(BIN)/python -m docs.writers.units
	$(BIN)/python -m docs.writers.words
	$(BIN)/python -m docs.writers.countries
	$(BIN)/python k8s/components/monitoring/dashboard.py

screenshots: dev  ## Take the pictures of docs/images from the demo's console
	$(BIN)/python -m docs.writers.screenshots

debug: dev build/debug/.built  ## Compile the kernel with bounds checks into build/debug

build/debug/.built: $(KERNEL_SOURCES) $(VENV)/.dev
	TONNE_KERNEL_DEBUG=1 $(BIN)/python setup.py --quiet build_ext --build-lib build/debug \
	    --build-temp build/debug-temp
	cd ext && cp --parents tonne_kernel/__init__.py tonne_kernel/*/__init__.py ../build/debug/
	@touch $@

bench: dev  ## Measure side by side: the kernel, the catalogue, the whole path
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python -m tests.bench.kernel
	$(BIN)/python -m tests.bench.catalogue
	$(BIN)/python -m tests.bench.indicators
	$(BIN)/python -m tests.bench.balances
	$(BIN)/python -m tests.bench.growth
	$(BIN)/python -m tests.bench.path

scale: dev  ## Grow the load fourfold, and let an autoscaler follow: three ways compared (root)
	$(BIN)/python -m tests.operations.scaling

soak: dev debug system  ## An operator errs for an hour; kill hundreds of times; make every part fail (root)
	TONNE_TEST_MISTAKES_S=3600 $(BIN)/python -m pytest --timeout=0 -s \
	    tests/adversity/mistakes/soak.py
	$(BIN)/python -m pytest --timeout=0 -s tests/adversity/soak_read_memory.py
	$(BIN)/python -m pytest --timeout=0 -s tests/adversity/soak_same_records.py
	TONNE_TEST_MEMORY=every TONNE_TEST_DEATHS=600 $(BIN)/python -m pytest --timeout=0 \
	    tests/adversity
	TONNE_TEST_FAULT_ROUNDS=20 $(BIN)/python -m pytest --timeout=0 -s \
	    tests/operations/test_faults.py

fuzz: dev debug  ## Properties of kernel and files with very many examples; nonsense on the wire, an hour
	TONNE_TEST_PROFILE=fuzz $(BIN)/python -m pytest --timeout=0 tests/kernel \
	    tests/unit/imports tests/unit/cli
	TONNE_TEST_EXAMPLES=100 TONNE_TEST_STEPS=50 $(BIN)/python -m pytest --timeout=0 \
	    tests/unit/ledger/living
	TONNE_TEST_FUZZ_S=3600 $(BIN)/python -m pytest --timeout=0 -s \
	    tests/operations/test_wire_fuzz.py

# Leaks are not looked for: the interpreter itself frees nothing at its end.
sanitize: dev build/sanitize/.built  ## The kernel under ASan and UBSan: properties, wire fuzzer
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libstdc++.so)" \
	    ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 \
	    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
	    PYTHONPATH=$(CURDIR)/build/sanitize PYTHONMALLOC=malloc TONNE_TEST_KERNEL=sanitize \
	    $(BIN)/python -m pytest --timeout=0 tests/kernel tests/operations/test_wire_fuzz.py

build/sanitize/.built: $(KERNEL_SOURCES) $(VENV)/.dev
	TONNE_KERNEL_SANITIZE=1 $(BIN)/python setup.py --quiet build_ext --build-lib build/sanitize \
	    --build-temp build/sanitize-temp
	cd ext && cp --parents tonne_kernel/__init__.py tonne_kernel/*/__init__.py ../build/sanitize/
	@touch $@

coverage: dev  ## See which lines the unit tests run: build/coverage/html
	@rm -rf build/coverage && mkdir -p build/coverage
	$(BIN)/coverage run -m pytest tests/unit
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage html --quiet
	$(BIN)/coverage report

site: dev  ## Build the site of the documents into build/site
	@$(PIP) --quiet --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

dist: dev  ## Build sdist and wheel of tonne and of tonne-client into dist/, and check them
	@$(PIP) --quiet --group dist
	rm -rf dist
	CFLAGS="-g0 $$CFLAGS" $(BIN)/python -m build --outdir dist .
	$(BIN)/python -m build --outdir dist clients/python
	$(BIN)/twine check --strict dist/*
	$(BIN)/auditwheel show dist/tonne-*.whl

image: build/tools/.built  ## Build, check and start the container image, without an engine (root)
	build/tools/bin/python -m image.build $(IMAGE_FLAGS)

sbom: image  ## List the image's packages as CycloneDX, in build/image/sbom.json

lock: build/tools/.built  ## Write the locks again, with the newest versions that fit
	build/tools/bin/python -m image.lock

audit: build/tools/.built  ## Look for advisories about the versions of the lock
	build/tools/bin/python -m image.audit

build/tools/.built: image/tools.txt
	$(PYTHON) -m venv build/tools
	build/tools/bin/python -m pip install --quiet --requirement image/tools.txt
	@touch $@

clean:  ## Remove what was built
	rm -rf $(VENV) build dist clients/python/src clients/python/build $$(find ext -name "*.so")
