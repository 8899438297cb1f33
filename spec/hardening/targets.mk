# The hardening checks, each with a short budget here and a longer one by variables. The Makefile includes this.
HARDENING_RESULTS := $(BUILD)/hardening

.PHONY: endurance

# The issue's hour: make endurance SECONDS=3600 QUERIES=100000
SECONDS ?= 25
QUERIES ?= 1500

endurance: all
	@$(TREE_PATHS) LUA=$(LUA) ROLLCALL=$(COMMAND) $(LAB) /usr/bin/python3 spec/hardening/endurance.py $(SECONDS) $(QUERIES) $(HARDENING_RESULTS)
