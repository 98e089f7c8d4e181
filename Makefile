# medianestctl: every target says what it does. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo clean-demo images engine build test test-fast lint fmt bench bench-backup bench-rollout kill-matrix generated

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: ## From a fresh machine to a running stack on http://127.0.0.1:8080
	@demo/demo.sh up

clean-demo: ## Take the demo down, with its data and images
	@demo/demo.sh clean

engine: ## Install and start the Docker Engine where there is none (root on Debian or Ubuntu)
	@demo/engine.sh

images: engine ## Build the images that the demo, tests and benchmarks run
	@demo/images/build.sh

build: ## The release binary, target/release/medianestctl
	cargo build --release --locked

test: engine images ## Everything, the real engine included; leaves nothing behind
	@tests/run.sh

test-fast: ## Only what needs no engine
	@tests/tools.sh
	cargo nextest run --workspace --locked -E 'not test(real_)'

lint: ## Formatting, clippy, dependency rules
	@tests/lint.sh

fmt: ## Format the code
	cargo fmt --all

bench: engine images ## Figures side by side with docker compose
	cargo bench --locked --bench compare

kill-matrix: engine images ## Every fault at every engine call of an update and back; SHARD=1/4 a share, JOBS=4 stacks at once; goes on where it ended
	cargo bench --profile dev --locked --bench kill_matrix -- $(or $(SHARD),1/1) $(or $(JOBS),4)

bench-backup: ## Backup and restore of files beside stock tools, stage by stage
	@tests/tools.sh
	cargo bench --locked --bench backup

bench-rollout: engine images ## Failed requests of updates and rollbacks under load, beside docker compose's (ROLLOUT_SWAPS=50)
	cargo bench --locked --bench rollout

generated: ## Write completions/ and man/ anew
	cargo run --quiet --locked -- generate .
