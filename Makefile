# Fovea in two commands: `make demo` upscales a real scan, `make test` proves the rest.
PREFIX ?= /usr/local
SOURCES = Package.swift Sources Tests

.PHONY: demo test setup setup-use build install bench docs format lint clean

demo:
	@Tools/demo

# Tests run side by side, so that libtorch's own threads would only get in each other's way.
test: setup
	OMP_NUM_THREADS=1 swift test -c release

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

bench: setup
	@Tools/bench/run

# The API as web pages, in .build/docs.
docs: setup
	@Tools/docs

format:
	swift format -i -r -p $(SOURCES)

lint:
	swift format lint -r -p --strict $(SOURCES)

clean:
	rm -rf .build runs
