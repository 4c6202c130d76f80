# The two commands of the README are `make demo` and `make test`; each does all of its own set-up.

PORT ?= 8080
DEMO_DIR ?= demo-data
SERVE ?= 1

.PHONY: setup setup-dev demo test coverage prove prove-billing prove-usage prove-runs mutants check bench-families bench-billing bench-usage clean

setup:  ## Python packages, the dashboard, and the command .venv/bin/catchment
	@scripts/setup run

setup-dev:  ## the same, and what the tests need
	@scripts/setup dev

demo: setup  ## New York's airports bill the airlines; then serve (SERVE=0 ends instead)
	@.venv/bin/catchment demo --data-dir $(DEMO_DIR) --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve)

test: setup-dev  ## every check and every test
	@scripts/test

coverage: setup-dev  ## the same, and which lines no test runs: takes nearly twice as long
	@CATCHMENT_COVERAGE=1 scripts/test

prove: setup-dev  ## the laws of families, on 100,000 families and 1,000 races
	@scripts/prove

prove-billing: setup-dev  ## 50,000 random contracts billed for 13 months as an independent biller bills them
	@scripts/prove-billing

prove-usage: setup-dev  ## no usage event lost or doubled, whatever dies or fails: 1,000 crashes on each database
	@scripts/prove-usage

prove-runs: setup-dev  ## every invoice once, whoever dies while billing: 1,000 kills and 50 races of eight on each database
	@scripts/prove-runs

mutants: setup-dev  ## which small mistakes in the code that makes amounts no test would find
	@scripts/mutants

check: setup-dev  ## the checks without the tests
	@scripts/test --checks-only

bench-families: setup-dev  ## what is claimed of large families, measured (see benchmarks/README.md)
	@.venv/bin/python -m benchmarks.families all

bench-billing: setup-dev  ## the next invoice over ten million events
	@.venv/bin/python -m benchmarks.billing next-invoice benchmark-data

bench-usage: setup-dev  ## usage taken in, loaded, kept and asked, beside PostgreSQL
	@.venv/bin/python -m benchmarks.usage all
	@.venv/bin/python -m benchmarks.usage.stored
	@.venv/bin/python -m benchmarks.usage.asked benchmark-data --postgresql

clean:  ## what the set-up made; data directories stay
	rm -rf .venv dashboard/node_modules src/catchment/static
