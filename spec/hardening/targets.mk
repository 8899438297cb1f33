# What tries to break rollcall: one block a target. Each is short by default and takes a longer
# budget by a variable, and writes what it did into $(FACTS)/NAME.tsv.

FACTS := $(BUILD)/hardening
HARDENING_SCRIPTS := spec/hardening/facts.sh spec/hardening/sanitize spec/hardening/analyze spec/hardening/worker-life
HARDENING_PACKAGES := clang clang-tidy llvm libclang-rt-14-dev valgrind

.PHONY: hardening hardening-packages

# One after another, so that what is timed in one is not slowed by another.
hardening: hardening-packages
	@$(MAKE) --no-print-directory all
	@for check in $(HARDENING_CHECKS); do $(MAKE) --no-print-directory $$check || exit 1; done

hardening-packages: test-packages
	@spec/lab/install 'trying to break rollcall' $(HARDENING_PACKAGES)

# Sanitizers: specs in a build that they watch; SPEC=spec for all of them.
HARDENING_CHECKS += sanitize
.PHONY: sanitize

ASAN := $(BUILD)/asan
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all
ASAN_MAKE = $(MAKE) --no-print-directory BUILD=$(ASAN) CC=clang CFLAGS="-O1 -g -fno-omit-frame-pointer $(SANITIZERS)" \
	HARDENING=-fstack-protector-strong LDFLAGS="$(SANITIZERS)" LUA=$(abspath $(ASAN))/bin/lua5.4
SANITIZED_SPECS := $(addprefix spec/,$(addsuffix _spec.lua,enumerations page failures options server \
	signature snapshot workspace_failures connections))
WORKER_DRIVER_SOURCES := spec/hardening/worker.c $(addprefix csrc/,client.c dcerpc.c failure.c frame.c ndr.c pipe.c \
	srvsvc.c status.c utf16.c)

$(BUILD)/bin/lua5.4: spec/hardening/host.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $< -o $@ $(LDFLAGS) $(shell pkg-config --libs lua5.4)

$(BUILD)/worker-driver: $(WORKER_DRIVER_SOURCES)
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $^ -o $@ $(LDFLAGS) $(shell pkg-config --libs lua5.4)

sanitize:
	@$(ASAN_MAKE) all $(ASAN)/bin/lua5.4 $(ASAN)/worker-driver
	@spec/hardening/sanitize $(ASAN) $(FACTS)/sanitize.tsv "$(if $(filter command,$(firstword $(origin SPEC))),$(SPEC),$(SANITIZED_SPECS))" \
	  $(ASAN_MAKE) check

# Static analysis of every C file: gcc's analyser, and clang-tidy with the checks of .clang-tidy.
HARDENING_CHECKS += analyze
.PHONY: analyze

analyze: hardening-packages
	@CC='$(CC)' ANALYSED_CFLAGS='$(LUA_CFLAGS) $(SMBCLIENT_CFLAGS) $(CURL_CFLAGS)' \
	  spec/hardening/analyze $(FACTS)/analyze.tsv $(shell find csrc -name '*.c')
