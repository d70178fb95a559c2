# Works with make 3.81. `make help` lists what there is.

GO      = go
LINT    = $(GO) tool -modfile=tools/go.mod golangci-lint
DPP     = bin/dpp

# Everything is compiled as the binary that is shipped: what `make demo` or a test has
# built is there for the next step, and tests run what users run. Only the race detector
# needs cgo.
export CGO_ENABLED = 0
export GOFLAGS := $(strip $(GOFLAGS) -trimpath)

# True answers for tests of accuracy, which are kept apart from the project. Without
# them those tests say that they did not run.
TRUTH = $(abspath ../shared/truth)
ifneq ($(wildcard $(TRUTH)),)
TRUTH_DIR ?= $(TRUTH)
export TRUTH_DIR
endif

# Everything but the tests of the whole, which drive load or start a hundred processes:
# never under the race detector.
WHOLE   = ./test/... ./cmd/...
RACED   = $$($(GO) list ./... | sed "s|^$$($(GO) list -m)|.|" | grep -v -e '^\./test/' -e '^\./cmd/')

# Those whose children the kernel keeps from files only where there is no cgo, which the
# race detector needs: they are tested without it, too. They come alone, as they want all
# processors, and before the race detector, as they keep what they compile.
SANDBOX = ./internal/sandbox ./internal/document

# Twice as many packages at once as there are processors: many wait for servers most of
# the time. All were vetted before.
CHECK   = -count=1 -vet=off -p $$((2 * $$(getconf _NPROCESSORS_ONLN))) -timeout 10m

.DEFAULT_GOAL := help
.PHONY: help demo build assets deps test soak lint fmt tidy fuzz golden bench bench-ocr bench-scale rename clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1:\2/p' Makefile | awk -F: '{ printf "%-18s %s\n", $$1, $$2 }'

build: ## build bin/dpp
	CGO_ENABLED=0 $(GO) build -trimpath -o $(DPP) ./cmd/dpp

demo: ## start the platform on temporary data, run its main job before your eyes, stop it
	@scripts/assets --if-possible
	@$(MAKE) --no-print-directory build
	@scripts/demo $(DPP)

assets: ## bring the OCR engine and its languages, which are embedded; needs npm
	scripts/assets

deps: ## install what the tests need
	scripts/deps

# Quick checks come first. The last step prints the summary of the whole.
test: ## install what the tests need, then run every check
	scripts/deps
	scripts/assets
	$(GO) mod tidy -diff
	cd tools && $(GO) mod tidy -diff
	cd test/bench/river && $(GO) mod tidy -diff
	$(GO) build ./...
	$(GO) vet ./...
	cd test/bench/river && $(GO) vet ./...
	@echo "$(LINT) run  (the first time it is built, which takes some minutes)"
	@$(LINT) run
	FUZZTIME=2s scripts/fuzz
	scripts/golden
	$(GO) test $(CHECK) $(WHOLE)
	$(GO) test $(CHECK) $(SANDBOX)
	@test -n "$$TRUTH_DIR" || echo "TRUTH_DIR is not set, so accuracy is not tested:" $$(scripts/packages '"TRUTH_DIR"')
	CGO_ENABLED=1 $(GO) test $(CHECK) -race $(RACED)

soak: ## run the long tests with their full counts (up to an hour)
	SOAK=1 CGO_ENABLED=1 $(GO) test -race -count=1 -timeout 1h -v $$(scripts/packages '"SOAK"' | grep -v '^\./test/')
	SOAK=1 $(GO) test -count=1 -timeout 1h -v $$(scripts/packages '"SOAK"' | grep '^\./test/')

lint: ## run the linters
	$(LINT) run

fmt: ## format the code
	$(LINT) fmt

tidy: ## tidy all modules
	$(GO) mod tidy
	cd tools && $(GO) mod tidy
	cd test/bench/river && $(GO) mod tidy

fuzz: ## run each fuzz target for FUZZTIME (10s)
	FUZZCORPUS=$(CURDIR)/.cache/fuzz scripts/fuzz

golden: deps ## run the golden tests on arm64, under qemu-user where this machine is none
	scripts/golden

bench: deps assets ## measure this build on this machine, write docs/performance.md and the figures of docs/packs
	$(GO) run ./test/accuracy -out docs/packs/url.md -recognisers docs/packs/compliance.md
	$(GO) run ./test/benchocr -out docs/packs/ocr.md
	$(GO) run ./test/bench -out docs/performance.md

bench-ocr: deps assets ## the part of bench that measures how well and at what price pictures are read
	$(GO) run ./test/benchocr -out docs/packs/ocr.md

bench-scale: ## fill PostgreSQL with up to 10 million runs (an hour, 35 GB) and write docs/scale.md
	$(GO) run ./test/benchscale -out docs/scale.md

rename: ## change the module's path everywhere: make rename MODULE=example.com/dpp
	$(GO) run ./scripts/rename "$(MODULE)"
	$(GO) build ./...

clean: ## remove what was built
	rm -rf bin .cache
	rm -f internal/document/tesseract/assets/*.wasm internal/document/tesseract/assets/*.gz internal/document/tesseract/assets/*.traineddata
