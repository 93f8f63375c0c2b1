# Fovea in two commands: `make demo` upscales a real scan, `make test` proves the rest.
SWIFT_BUILD = swift build -c release
PREFIX ?= /usr/local

.PHONY: demo test setup setup-use build bench docs format lint install clean

demo: setup-use
	@Tools/demo

test: setup
	swift test -c release

setup-use:
	@Tools/setup use

setup:
	@Tools/setup make

build: setup
	$(SWIFT_BUILD)

clean:
	rm -rf .build runs
