# SPDX-License-Identifier: Apache-2.0
SHELL := /bin/bash
IMPORTS := --explicit-target-dependency-import-check error
ARGUMENTS ?=
SAMPLES = $(if $(WARD_SAMPLES),WARD_SAMPLES="$(WARD_SAMPLES)")

.PHONY: help run bench bench-mail test browser torture check format embed build clean

help: ## What can be done here
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Set up, build and start the demonstration (ONCE=1 ends after the report)
	@scripts/setup run
	@echo "Building Ward (the first time takes some ten minutes on two cores)"
	@swift build -c release --product ward --quiet
	@exec .build/release/ward demo $(if $(ONCE),--once) $(ARGUMENTS)

bench: bench-mail ## Build in release and measure: the story, an import of 100,000 rows, a segment, a campaign
	@scripts/bench $(ARGUMENTS)

bench-mail: ## Measure a campaign over verified TLS beside Postfix and OpenDKIM (MESSAGES=3000 PAIRS=3)
	@scripts/setup test
	@swift build -c release --product ward --quiet
	@swift build -c release --product WardTestServer --quiet
	@scripts/bench-mail --messages $(or $(MESSAGES),3000) --pairs $(or $(PAIRS),3)

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
	WARD_TEST_KILLS=$(or $(KILLS),50) WARD_TEST_MESSAGES=$(or $(MESSAGES),10000) \
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
