# The hardening checks, each with a short budget here and a longer one by variables. The Makefile includes this.
HARDENING_RESULTS := $(BUILD)/hardening

HARDENING_PACKAGES := gdb binutils

.PHONY: collector endurance faults secrets hardening-packages

hardening-packages: test-packages
	@spec/lab/install 'the hardening checks' $(HARDENING_PACKAGES)

# Every byte, every bit: make faults STRIDE=1 BITS=8 KILLS=300
STRIDE ?= 32
BITS ?= 1
KILLS ?= 40

$(BUILD)/hardening/clock.so: spec/hardening/clock.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -fPIC -shared $< -o $@

faults: all $(BUILD)/hardening/clock.so
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LAB) $(LUA) spec/hardening/faults.lua $(STRIDE) $(BITS) $(KILLS) $(BUILD)/hardening/clock.so \
	  $(HARDENING_RESULTS)/faults.tsv

# The issue's hour: make endurance SECONDS=3600 QUERIES=100000
SECONDS ?= 20
QUERIES ?= 1000

endurance: all
	@$(TREE_PATHS) LUA=$(LUA) ROLLCALL=$(COMMAND) $(LAB) /usr/bin/python3 -B spec/hardening/endurance.py $(SECONDS) $(QUERIES) $(HARDENING_RESULTS)

# The whole suite: make collector COLLECTOR_SPECS=spec ROUNDS=10
COLLECTOR_SPECS ?= spec/lifetime_spec.lua spec/server_spec.lua spec/inventory_spec.lua spec/snapshot_spec.lua
ROUNDS ?= 1

$(BUILD)/hardening/states: spec/hardening/states.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $< -o $@ $(shell pkg-config --libs lua5.4) -Wl,-E -lpthread

collector: all $(BUILD)/hardening/states
	@$(TREE_PATHS) LUA=$(LUA) ROLLCALL=$(COMMAND) $(LAB) $(LUA) spec/hardening/collector.lua $(BUILD)/hardening/states $(ROUNDS) \
	  $(HARDENING_RESULTS)/collector.tsv $(COLLECTOR_SPECS)

$(BUILD)/hardening/forgetful: spec/hardening/forgetful.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $< -o $@ $(shell pkg-config --libs lua5.4) -Wl,-E

secrets: all $(BUILD)/hardening/forgetful
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LAB) /usr/bin/python3 -B spec/hardening/secrets.py $(HARDENING_RESULTS)
