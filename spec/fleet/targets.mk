# The engines that run many machines: Slurm in namespaces, for which it must be root, and Kubernetes' own types for its job.

FLEET_PACKAGES := slurm-wlm munge iproute2 util-linux
FLEET_SCRIPTS := spec/fleet/run
FLEET_TYPES := $(BUILD)/fleet
.PHONY: test-fleet fleet-packages

fleet-packages: test-packages
	@spec/lab/install 'the engines of a fleet' $(FLEET_PACKAGES)

test-fleet: fleet-packages
	@$(MAKE) --no-print-directory all
	@rm -f $(FACTS)/test-fleet.tsv
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) FLEET_FACTS=$(abspath $(FACTS))/test-fleet.tsv spec/fleet/run
	@command -v npm > /dev/null || spec/lab/install 'the types of Kubernetes' npm
	@mkdir -p $(FLEET_TYPES)
	@test -x $(FLEET_TYPES)/node_modules/.bin/tsc || npm install --loglevel=error --no-save --no-audit --no-fund --prefix $(FLEET_TYPES) \
	  typescript@5.4.5 kubernetes-types@1.30.0 yaml@2.4.2
	@NODE_PATH=$(FLEET_TYPES)/node_modules node spec/fleet/job.js lua/rollcall/manual/many-servers.md $(FLEET_TYPES)/job.ts
	@cd $(FLEET_TYPES) && ./node_modules/.bin/tsc --noEmit --strict --skipLibCheck --moduleResolution bundler --module esnext job.ts
	@echo '  Kubernetes: the job of the guide: its types'
