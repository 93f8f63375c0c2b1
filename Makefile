# Fovea in two commands: `make demo` upscales a real scan, `make test` proves the rest.
PREFIX ?= /usr/local
SOURCES = Package.swift Plugins Sources Tests Examples/Enlarge/Package.swift Examples/Enlarge/Sources Tools/fuzz/Package.swift Tools/fuzz/Sources

.PHONY: demo test test-avx2 fuzz setup setup-use build install package bench bench-python viewer-check example docs format lint clean

demo:
	@Tools/demo

# Tests run side by side, so that libtorch's own threads would only get in each other's way.
test: setup
	OMP_NUM_THREADS=1 swift test -c release

# What computes, once more as a processor with AVX2 and nothing newer does it. Tests what `make test` has built.
test-avx2:
	ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 OMP_NUM_THREADS=1 \
	swift test -c release --skip-build --filter 'TorchTests|NetworksTests|TrainingTests|UpscalingTests'

# Every reader against made-up files, with AddressSanitizer, each for so many seconds: `make fuzz SECONDS=300`.
SECONDS = 60
fuzz: setup
	@SECONDS_EACH=$(SECONDS) Tools/fuzz/run

setup-use:
	@Tools/setup use

setup:
	@Tools/setup make

build: setup
	swift build -c release

# What is not built yet, the use half at least, is built first.
install: setup-use
	swift build -c release --product fovea
	@Tools/install $(PREFIX)

# A Debian package and an archive for machines without Swift, in packages/.
package:
	@Tools/package

# Beside libtorch, which set-up has fetched; bench-python fetches PyTorch, Pillow and scikit-image to compare with.
bench: setup
	@Tools/bench/run

bench-python: setup
	@Tools/bench/run-python

# The viewer's page in a real browser, which must be there (Debian's chromium); screenshots in .build/viewer-check.
viewer-check: setup-use
	swift build -c release --product fovea
	@Tools/viewer-check/run

# The example app, built by itself as an app's developer does it, run, and stopped.
example: setup-use
	@Tools/example

# The API as web pages, in .build/docs.
docs: setup
	@Tools/docs

format:
	swift format -i -r -p $(SOURCES)

# Spelling of the code, and that no target imports one above it.
lint:
	swift format lint -r -p --strict $(SOURCES)
	@Tools/floors

clean:
	rm -rf .build .build-fuzz runs
