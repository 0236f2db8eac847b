# SPDX-License-Identifier: Apache-2.0
SHELL := /bin/bash
IMPORTS := --explicit-target-dependency-import-check error
ARGUMENTS ?=
SAMPLES = $(if $(WARD_SAMPLES),WARD_SAMPLES="$(WARD_SAMPLES)")

.PHONY: help run bench bench-build bench-mail bench-flat bench-acceptance bench-relay bench-recovery bench-protection test browser torture check format embed build clean

help: ## What can be done here
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Set up, build and start the demonstration (ONCE=1 ends after the report)
	@scripts/setup run
	@echo "Building Ward (the first time takes some ten minutes on two cores)"
	@swift build -c release --product ward --quiet
	@exec .build/release/ward demo $(if $(ONCE),--once) $(ARGUMENTS)

# A floor that is missed does not keep the other rows from being measured.
bench: bench-build ## Build in release and measure everything, each row beside its peer
	@missed=0; \
	for row in acceptance relay mail recovery protection; do .venv/bin/python3 scripts/bench-$$row || missed=1; done; \
	scripts/bench-mail --flat 2000,10000,50000 || missed=1; \
	scripts/bench $(ARGUMENTS) || missed=1; exit $$missed

bench-build:
	@scripts/setup test
	@.venv/bin/pip install --quiet cryptography pysequoia
	@swift build -c release --product ward --quiet
	@swift build -c release --product WardTestServer --quiet
	@swift build -c release --product WardProtectionBench --quiet

# Numbers that are not given are the ones of each program: scripts/bench-mail --help.
NUMBERS = $(if $(MESSAGES),--messages $(MESSAGES)) $(if $(PAIRS),--pairs $(PAIRS)) $(ARGUMENTS)

bench-mail: bench-build ## Measure a campaign over verified TLS beside Postfix and OpenDKIM (MESSAGES=3000 PAIRS=3)
	@scripts/bench-mail $(NUMBERS)

bench-flat: bench-build ## Measure campaigns of 2,000, 10,000 and 50,000 messages: the rate may not fall
	@scripts/bench-mail --flat $(or $(FLAT),2000,10000,50000) $(ARGUMENTS)

bench-acceptance: bench-build ## Measure how fast mail is taken for good (TLS, AUTH, a connection each) beside Postfix
	@scripts/bench-acceptance $(NUMBERS)

bench-relay: bench-build ## Measure mail handed in and delivered, signed, over verified TLS, beside Postfix and OpenDKIM
	@scripts/bench-relay $(NUMBERS)

bench-recovery: bench-build ## Measure the time to the first delivery after kill -9 with deliveries pending, beside Postfix
	@scripts/bench-recovery $(NUMBERS)

bench-protection: bench-build ## Measure DKIM, S/MIME and OpenPGP beside openssl, pyca/cryptography, gpg and sq
	@.venv/bin/python3 scripts/bench-protection $(if $(PAIRS),--pairs $(PAIRS)) $(ARGUMENTS)

test: ## Set up, check, build and run every test
	@scripts/setup test
	@scripts/check
	swift build --build-tests $(IMPORTS)
	$(SAMPLES) scripts/run-tests
	scripts/run-browser

browser: ## Walk the story in a real browser, with what is built (after make build)
	@scripts/setup test
	scripts/run-browser

torture: ## Kill the sender, crash the database, fill the disk, KILLS times each in MESSAGES (after make test)
	@swift build -c release --product ward --quiet
	@swift build -c release --product WardTestServer --quiet
	WARD_TEST_PROGRAMS=$$PWD/.build/release WARD_TEST_KILLS=$(or $(KILLS),50) WARD_TEST_MESSAGES=$(or $(MESSAGES),10000) \
	    swift test --skip-build --filter '^WardScenarioTests\.(KilledCampaignTests|LostGroundCampaignTests)'

check: ## Format, generated files, forbidden tokens, lengths
	@scripts/check

format: ## Bring the sources into the house format
	swift format --in-place --parallel --recursive Package.swift Sources Tests

embed: ## Write the Swift files made from migrations, templates and styles
	python3 scripts/embed.py

build: ## Debug build of everything
	swift build --build-tests $(IMPORTS)

clean: ## Remove what was built
	rm -rf .build .venv .artefacts
