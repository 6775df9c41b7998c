# make build   bin/kinora                 make test    every test
# make run     build, then open the window (or, with no display, make a clip)
# make race bench fuzz lint package windows: see below

GO      ?= go
VERSION := $(shell sed -n 's/^ *Version = "\(.*\)"/\1/p' FyneApp.toml)
LDFLAGS := -s -w -X main.version=$(VERSION)
# The checkout may belong to another user, and git then tells Go nothing.
export GOFLAGS += -buildvcs=false
PROMPT  ?= a Shiba Inu in a spacesuit planting potatoes on Mars

# The CUDA device is in the program; NVIDIA's driver is opened when it is first
# asked for, and need not be there. gorgonia.org/cu looks for the driver's header:
# ours is found through a path that is no flag, so that nothing else is compiled
# anew for it.
ifneq ($(shell uname -s),Darwin)
export GOFLAGS += -tags=cuda
export C_INCLUDE_PATH := $(CURDIR)/inference/device/cuda/driver/include$(if $(C_INCLUDE_PATH),:$(C_INCLUDE_PATH))
endif

.PHONY: build run deps test race bench fuzz lint package windows clean kernels bundle-gpu test-gpu bench-gpu bench-peers full-size

# Paths are trimmed only from what leaves this machine: with other flags than the
# tests have, SQLite, x264 and the window's toolkit would be compiled twice.
build: deps
	$(GO) build $(TRIM) -ldflags '$(LDFLAGS)' -o bin/kinora ./app

deps:
	@.ci/deps build

run: build
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname -s)" = Darwin ]; then \
		exec bin/kinora; \
	else \
		echo "There is no display, so the window cannot open. A clip from the command line instead:"; \
		echo "    bin/kinora generate --prompt \"$(PROMPT)\""; \
		clip=$$(bin/kinora generate --prompt "$(PROMPT)") && echo "The clip is $$clip"; \
	fi

# Windows are tested headless; what needs a screen starts one of its own.
test:
	@.ci/deps test
	$(GO) test ./...

race:
	@.ci/deps test
	$(GO) test -race -short ./app/... ./ui/... ./inference/...

# Speed on this machine. OpenBLAS is a yardstick only, and left out where missing.
bench: deps
	@if ls /usr/include/*/cblas.h /usr/include/cblas.h >/dev/null 2>&1; then tags="-tags openblas"; \
	else echo "(apt-get install libopenblas-dev for OpenBLAS beside our figures)"; fi; \
	$(GO) run $$tags ./inference/device/cpu/simd/bench
	$(GO) test -run '^$$' -bench . ./app/export ./ui

# One denoiser step beside PyTorch and stable-diffusion.cpp on the CPU, where they are
# installed. PEERS holds more flags: -threads, -kinds, -sizes, -rounds, -dir …
PYTHON ?= python3
SDCPP  ?= sd-cli
bench-peers: deps
	$(GO) run ./inference/bench/peers -python "$(PYTHON)" -sdcpp "$(SDCPP)" \
		-note "commit $$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" $(PEERS)

# A set of the published model's sizes with random weights: 23 GB of disk.
full-size: deps
	$(GO) run ./inference/bench/fullsize $(FULLSIZE)

FUZZTIME ?= 10s
fuzz:
	@for f in $$(grep -rlE '^func Fuzz' --include='*_test.go' .); do \
		for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/p' $$f); do \
			echo "== $$name in $$(dirname $$f)"; \
			$(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) $$(dirname $$f) || exit 1; \
		done; \
	done

# Exact versions: the newest is not always what a proxy says it is.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
lint: deps
	@bad=$$(gofmt -l app assets inference kernels ui); [ -z "$$bad" ] || { echo "not formatted: $$bad"; exit 1; }
	$(GO) vet ./...
	@if $(GO) run $(STATICCHECK) -version >/dev/null 2>&1; then \
		echo "staticcheck ./..."; $(GO) run $(STATICCHECK) ./...; \
	else echo "staticcheck cannot be fetched here, so it is left out"; fi

# A package for this system. The tool counts FyneApp.toml up, so it gets a copy; it
# wants to see Go beside it, though the program is built.
FYNE := fyne.io/tools/cmd/fyne@v1.7.4
package: TRIM = -trimpath
package: build
	@rm -rf dist && mkdir -p dist/assets
	cp FyneApp.toml dist/ && cp assets/icon.png dist/assets/ && cp app/main.go bin/kinora LICENSE dist/
	cd dist && $(GO) run $(FYNE) package --executable ./kinora
	@rm -rf dist/FyneApp.toml dist/assets dist/main.go dist/kinora && ls -l dist

# bin/kinora.exe, where the MinGW compiler is installed.
MINGW := x86_64-w64-mingw32
windows:
	@command -v $(MINGW)-gcc >/dev/null || { echo "apt-get install gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 first"; exit 1; }
	GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=$(MINGW)-gcc CXX=$(MINGW)-g++ \
		$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/kinora.exe ./app

# The compiled kernels anew; needs clang-19, and ptxas for machine code.
kernels:
	$(GO) run ./kernels/make

# Tests and benchmarks as programs, for a machine with a GPU and without Go.
bundle-gpu:
	kernels/bench/bundle.sh

test-gpu: bundle-gpu
	kernels/bench/run.sh test

bench-gpu: bundle-gpu
	kernels/bench/run.sh bench torch

clean:
	rm -rf bin dist
