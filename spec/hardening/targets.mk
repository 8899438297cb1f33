# Fuzzing and fault injection: one block a target. Each is short by default and takes a longer
# budget by a variable, and writes what it did into $(FACTS)/NAME.tsv.

FACTS := $(BUILD)/hardening
HARDENING_SCRIPTS := spec/hardening/facts.sh spec/hardening/sanitize spec/hardening/analyze spec/hardening/worker-life spec/hardening/valgrind \
	spec/hardening/apicheck spec/hardening/outputs spec/hardening/hollow spec/hardening/wire \
	spec/hardening/fuzz/run spec/hardening/fuzz/cover
HARDENING_PACKAGES := gdb binutils clang clang-tidy llvm libclang-rt-14-dev valgrind dpkg-dev xz-utils musl-tools

.PHONY: hardening hardening-packages

# Side by side, the longest first and each check's output in one piece; then by themselves those that measure time. A check
# that fails holds no other up; make names each that did. BESIDE: other targets to make beside them.
HARDENING_LONG := proofs test-domain allocation sanitize apicheck secrets fuzz collector
HARDENING_ALONE := faults endurance
HARDENING_AT_ONCE := 3

hardening: hardening-packages
	@$(MAKE) --no-print-directory all
	@failed=; \
	  $(MAKE) --no-print-directory $(SIDE_BY_SIDE:-j2=-j$(HARDENING_AT_ONCE)) -k -Orecurse $(BESIDE) $(filter $(HARDENING_CHECKS),$(HARDENING_LONG)) \
	    $(filter-out $(HARDENING_LONG) $(HARDENING_ALONE),$(HARDENING_CHECKS)) || failed=yes; \
	  for check in $(filter $(HARDENING_CHECKS),$(HARDENING_ALONE)); do $(MAKE) --no-print-directory $$check || failed=yes; done; \
	  [ -z "$$failed" ]

hardening-packages: test-packages
	@spec/lab/install 'trying to break rollcall' $(HARDENING_PACKAGES)

# Sanitizers: specs in a build that they watch; SPEC=spec for all of them.
HARDENING_CHECKS += sanitize
.PHONY: sanitize

ASAN := $(BUILD)/asan
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all
ASAN_MAKE = $(MAKE) --no-print-directory BUILD=$(ASAN) CC=clang CFLAGS="-O1 -g -fno-omit-frame-pointer $(SANITIZERS)" \
	HARDENING=-fstack-protector-strong LDFLAGS="$(SANITIZERS)" LUA=$(abspath $(ASAN))/bin/lua5.4
SANITIZED_SPECS := $(addprefix spec/,$(addsuffix _spec.lua,page failures options server link logon fanout \
	signature workspace_failures connections))
WORKER_DRIVER_SOURCES := spec/hardening/worker.c $(filter-out %/link_worker.c,$(foreach source,$(filter-out \
	$(NOT_HERE),$(call folders,base rpc smb)),$(if $(filter lua_%,$(notdir $(source))),,$(source))))

$(BUILD)/bin/lua5.4: spec/hardening/host.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $< -o $@ $(LDFLAGS) $(LUA_LIBS)

$(BUILD)/worker-driver: $(WORKER_DRIVER_SOURCES)
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $^ -o $@ $(LDFLAGS) $(LUA_LIBS)

# Built once where several checks stand on it.
.PHONY: asan
asan:
	@+$(ASAN_MAKE) all $(ASAN)/bin/lua5.4 $(ASAN)/worker-driver $(ASAN)/lib/rollcall/smb/allocation

sanitize: asan
	@spec/hardening/sanitize $(ASAN) $(FACTS)/sanitize.tsv "$(if $(filter command,$(firstword $(origin SPEC))),$(SPEC),$(SANITIZED_SPECS))" \
	  $(ASAN_MAKE) check

# Static analysis of every C file of POSIX: gcc's analyser, and clang-tidy with the checks of .clang-tidy.
HARDENING_CHECKS += analyze
.PHONY: analyze

analyze: hardening-packages
	@CC='$(CC)' ANALYSED_CFLAGS='-Icsrc $(LUA_CFLAGS) $(SMBCLIENT_CFLAGS) $(CURL_CFLAGS)' \
	  spec/hardening/analyze $(FACTS)/analyze.tsv $(filter-out $(NOT_HERE),$(shell find csrc -name '*.c'))

# Fuzzers: each for FUZZ_SECONDS, then what lines of the protocol files their committed corpus goes
# through, of which at least COVERAGE in a hundred are wanted. The corpus began with what the lab's
# servers really answer (fuzz-corpus) and grew by what fuzzing found (fuzz-corpus-grown).
HARDENING_CHECKS += fuzz
.PHONY: fuzz fuzzers fuzz-corpus fuzz-corpus-grown

FUZZ_SECONDS ?= 3
COVERAGE ?= 95
FUZZ := spec/hardening/fuzz
FUZZ_BUILD ?= $(BUILD)/fuzz
COVERAGE_BUILD := $(BUILD)/coverage
FUZZ_CFLAGS ?= -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZERS_IN_C := dcerpc net_enum text frame link worker
FUZZERS_IN_LUA := flat_object snapshot inventory policy workspace
FUZZERS := $(FUZZERS_IN_C) $(FUZZERS_IN_LUA)
PROTOCOL_FILES := $(addprefix csrc/,rpc/dcerpc.c rpc/ndr.c rpc/net_enum.c rpc/status_call.c rpc/srvsvc.c rpc/interfaces.c base/utf16.c smb/frame.c smb/link_worker.c system/flat_object.c \
	smbpipe/main.c workspace/lua_answer.c base/plain_text.c workspace/lua_token.c workspace/lua_session_outcome.c \
	workspace/lua_post.c workspace/lua_act.c)
FUZZED_OBJECTS := $(patsubst csrc/%.c,$(FUZZ_BUILD)/csrc/%.o,$(sort $(SMB_SOURCES) $(SYSTEM_SOURCES) $(LOGOFF_SOURCES) \
	$(filter-out $(addprefix csrc/workspace/http/,transfer.c loop.c loop_poll.c multi_posix.c watch.c lookups.c),$(WORKSPACE_SOURCES))))
FUZZ_COMPILE = clang -std=c11 -Icsrc $(WARNINGS) -g $(FUZZ_CFLAGS) $(LUA_CFLAGS) $(CURL_CFLAGS) $(SMBCLIENT_CFLAGS) -MMD -MP

$(FUZZ_BUILD)/csrc/%.o: csrc/%.c
	@mkdir -p $(@D)
	@$(FUZZ_COMPILE) -c $< -o $@

$(FUZZ_BUILD)/%.o: $(FUZZ)/%.c
	@mkdir -p $(@D)
	@$(FUZZ_COMPILE) -c $< -o $@

$(FUZZ_BUILD)/lua-%.o: $(FUZZ)/lua.c
	@mkdir -p $(@D)
	@$(FUZZ_COMPILE) -DNAME='"$*"' -c $< -o $@

$(FUZZ_BUILD)/all.a: $(FUZZED_OBJECTS)
	@rm -f $@ && ar -rc $@ $^

FUZZ_LINK = clang $(FUZZ_CFLAGS) -fsanitize=fuzzer -rdynamic $^ -o $@ $(LUA_LIBS) $(CURL_LIBS)

$(FUZZERS_IN_C:%=$(FUZZ_BUILD)/fuzz-%): $(FUZZ_BUILD)/fuzz-%: $(FUZZ_BUILD)/%.o $(FUZZ_BUILD)/check.o $(FUZZ_BUILD)/all.a
	@$(FUZZ_LINK)

$(FUZZERS_IN_LUA:%=$(FUZZ_BUILD)/fuzz-%): $(FUZZ_BUILD)/fuzz-%: $(FUZZ_BUILD)/lua-%.o $(FUZZ_BUILD)/check.o \
		$(FUZZ_BUILD)/service.o $(FUZZ_BUILD)/all.a
	@$(FUZZ_LINK)

# These come with their objects, and by no rule; make would link some of the name lua-*.
$(FUZZ_BUILD)/%.d: ;
-include $(wildcard $(FUZZ_BUILD)/*.d) $(FUZZED_OBJECTS:.o=.d)

fuzzers: $(FUZZERS:%=$(FUZZ_BUILD)/fuzz-%)

fuzz: hardening-packages
	@$(MAKE) --no-print-directory -j2 fuzzers
	@$(MAKE) --no-print-directory -j2 fuzzers FUZZ_BUILD=$(COVERAGE_BUILD) \
	  FUZZ_CFLAGS="-O0 -fprofile-instr-generate -fcoverage-mapping"
	@rm -f $(FACTS)/fuzz.tsv
	@SECONDS_EACH=$(FUZZ_SECONDS) $(FUZZ)/run $(FUZZ_BUILD) $(FACTS)/fuzz.tsv $(FUZZERS)
	@LEAST=$(COVERAGE) $(FUZZ)/cover $(COVERAGE_BUILD) $(FACTS)/fuzz.tsv "$(FUZZERS)" $(PROTOCOL_FILES)

fuzz-corpus-grown: fuzzers
	@for name in $(FUZZERS); do mkdir -p $(FUZZ_BUILD)/$$name/new $(FUZZ_BUILD)/$$name/scratch; \
	  FUZZ_FOLDER=$(FUZZ_BUILD)/$$name/scratch $(FUZZ_BUILD)/fuzz-$$name -merge=1 -use_counters=0 -max_len=1024 -detect_leaks=0 \
	    $(FUZZ)/corpus/$$name $(FUZZ_BUILD)/$$name/new || exit 1; done

RECORD := $(BUILD)/record

fuzz-corpus: all
	@rm -rf $(RECORD) && mkdir -p $(RECORD)/recorded && cp -r $(BUILD)/lib $(RECORD)/
	@mv $(RECORD)/lib/rollcall/smb/smbpipe $(RECORD)/lib/rollcall/smb/smbpipe.real
	@cp $(FUZZ)/record.py $(RECORD)/lib/rollcall/smb/smbpipe && chmod 755 $(RECORD)/lib/rollcall/smb/smbpipe
	@LUA_PATH_5_4="lua/?.lua;lua/?/init.lua;./?.lua;./?/init.lua;;" LUA_CPATH_5_4="$(abspath $(RECORD))/lib/?.so;;" \
	  TMPDIR=$(abspath $(RECORD))/recorded ROLLCALL=$(COMMAND) $(LAB) $(LUA) $(FUZZ)/record.lua $(FUZZ)/corpus

# Proofs, with Frama-C's Eva, of the files that read bytes of a stranger, in minutes: make prove. With
# smaller bounds: make proofs. One alone: make prove PROOF=ndr
HARDENING_CHECKS += proofs
.PHONY: proofs prove prove-packages

PROVE = /usr/bin/python3 -B spec/hardening/proofs/prove.py $(BUILD)/proofs $(FACTS)/proofs.tsv

# ocaml-findlib: what prints the lines that were reached is compiled when it is loaded.
prove-packages: packages
	@spec/lab/install 'the proofs' frama-c-base ocaml-findlib

proofs: prove-packages
	@$(PROVE) short $(PROOF)

prove: prove-packages
	@nice $(PROVE) all $(PROOF)

# Faults on the wire and around it. Every byte, every bit: make faults BYTE_STRIDE=1 BITS=8 KILLS=300
HARDENING_CHECKS += faults
.PHONY: faults

BYTE_STRIDE ?= 64
BITS ?= 1
KILLS ?= 40

$(FACTS)/clock.so: spec/hardening/clock.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -fPIC -shared $< -o $@

faults: all $(FACTS)/clock.so
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LAB) $(LUA) spec/hardening/faults.lua $(BYTE_STRIDE) $(BITS) $(KILLS) $(FACTS)/clock.so \
	  $(FACTS)/faults.tsv

# Outputs into devices, FIFOs, links, closed pipes and full disks, by root and by nobody: make outputs OUTPUT_ROUNDS=100
HARDENING_CHECKS += outputs
.PHONY: outputs

OUTPUT_ROUNDS ?= 3

outputs: all
	@mkdir -p $(FACTS)
	@spec/hardening/outputs $(BUILD) $(abspath $(FACTS))/outputs.tsv $(LUA) $(OUTPUT_ROUNDS)

# The combined view, held against what was really set up: make joined JOINED_SECONDS=600 SEED=7
HARDENING_CHECKS += joined
.PHONY: joined

JOINED_SECONDS ?= 10

joined: all
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LAB) $(LUA) spec/hardening/joined.lua $(JOINED_SECONDS) $(FACTS)/joined.tsv $(SEED)

# Long runs. An hour: make endurance WATCH_SECONDS=3600 QUERIES=100000
HARDENING_CHECKS += endurance
.PHONY: endurance

WATCH_SECONDS ?= 25
QUERIES ?= 1500

endurance: all
	@$(TREE_PATHS) LUA=$(LUA) ROLLCALL=$(COMMAND) $(LAB) /usr/bin/python3 -B spec/hardening/endurance.py $(WATCH_SECONDS) $(QUERIES) $(FACTS)

# An eager collector, and several states in a process. The whole suite: make collector COLLECTOR_SPECS=spec ROUNDS=10
HARDENING_CHECKS += collector
.PHONY: collector

COLLECTOR_SPECS ?= spec/lifetime_spec.lua spec/server_spec.lua spec/inventory_spec.lua spec/snapshot_spec.lua
ROUNDS ?= 1

$(FACTS)/states: spec/hardening/states.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $< -o $@ $(LUA_LIBS) -Wl,-E -lpthread

collector: all $(FACTS)/states
	@$(TREE_PATHS) LUA=$(LUA) ROLLCALL=$(COMMAND) $(LAB) $(LUA) spec/hardening/collector.lua $(FACTS)/states $(ROUNDS) \
	  $(FACTS)/collector.tsv $(COLLECTOR_SPECS)

# Memory that runs out at every place; ALLOCATION_STRIDE=1 for every place also of scripts that log on.
HARDENING_CHECKS += allocation
.PHONY: allocation

ALLOCATION_STRIDE ?= 25
WRAPPED := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# Beside the worker, which is looked for there.
$(BUILD)/lib/rollcall/smb/allocation: spec/hardening/allocation.c $(sort $(SMB_OBJECTS) $(WORKSPACE_OBJECTS) $(SYSTEM_OBJECTS))
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $(CURL_CFLAGS) $^ -o $@ $(WRAPPED) $(LDFLAGS) $(LUA_LIBS) $(CURL_LIBS) -rdynamic

allocation: asan
	@mkdir -p $(FACTS)
	@LUA_PATH_5_4="lua/?.lua;lua/?/init.lua;./?.lua;./?/init.lua;;" ROLLCALL=$(COMMAND) \
	  LSAN_OPTIONS=suppressions=$(abspath spec/hardening/leaks):print_suppressions=0 $(LAB) \
	  $(abspath $(ASAN))/lib/rollcall/smb/allocation spec/hardening/allocation.lua $(FACTS)/allocation.tsv $(ALLOCATION_STRIDE) $(ONLY)

# Every spec, or APICHECKED_SPECS, in a Lua that checks how it is used. luarocks would look for headers beside that Lua.
HARDENING_CHECKS += apicheck
.PHONY: apicheck

apicheck: all
	@spec/hardening/apicheck $(BUILD)/apicheck $(FACTS)/apicheck.tsv $(MAKE) --no-print-directory check \
	  $(if $(APICHECKED_SPECS),SPEC="$(APICHECKED_SPECS)") \
	  PARTS_FOLDER=$(BUILD)/apicheck/parts CHECK_OPTIONS='$(CHECK_OPTIONS) --filter-out=makes.the.rock.into'

# What is for POSIX must not need glibc: compiled with musl, but for the worker, which stands on libsmbclient.
HARDENING_CHECKS += musl
.PHONY: musl

MUSL := $(BUILD)/musl
MUSL_FILES = $(filter-out $(NOT_HERE) csrc/smbpipe/%,$(shell find csrc -name '*.c'))

# The headers of libraries alone, without those of glibc beside them.
musl:
	@mkdir -p $(MUSL) $(FACTS)
	@for name in lua5.4/lua.h lua5.4/luaconf.h lua5.4/lauxlib.h lua5.4/lualib.h lua5.4-deb-multiarch.h curl openssl; do \
	  for folder in /usr/include /usr/include/*-linux-gnu; do [ ! -e $$folder/$$name ] || cp -RL $$folder/$$name $(MUSL)/; done; done
	@for file in $(MUSL_FILES); do musl-gcc $(ALL_CFLAGS) -I$(MUSL) -fsyntax-only $$file || exit 1; done
	@printf 'C files for POSIX compiled with musl\t%s files\tno warning\n' $(words $(MUSL_FILES)) | tee $(FACTS)/musl.tsv

# valgrind's memcheck on the module, in the distribution's own Lua, and on workers.
HARDENING_CHECKS += valgrind
.PHONY: valgrind

VALGRIND := $(BUILD)/valgrind
VALGRIND_SPECS := $(addprefix spec/,$(addsuffix _spec.lua,page server signature options answers))

valgrind: all $(BUILD)/worker-driver
	@rm -rf $(VALGRIND) && mkdir -p $(VALGRIND)/bin && cp -r $(BUILD)/lib $(BUILD)/worker-driver $(VALGRIND)/
	@spec/hardening/valgrind $(VALGRIND) $(FACTS)/valgrind.tsv "$(if $(filter command,$(firstword $(origin SPEC))),$(SPEC),$(VALGRIND_SPECS))"

# Marked secrets, searched for wherever they must not be; the flags of the binaries.
HARDENING_CHECKS += secrets
.PHONY: secrets

$(FACTS)/forgetful: spec/hardening/forgetful.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $< -o $@ $(LUA_LIBS) -Wl,-E

secrets: all $(FACTS)/forgetful
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LAB) /usr/bin/python3 -B spec/hardening/secrets.py $(FACTS)

# Locales in which letters, numbers and the order of words are others: specs in a host that sets them. Not the messages
# of the system, which specs know in English. Others: make locale LOCALES="tr_TR.UTF-8 de_DE.UTF-8 tr_TR.ISO-8859-9"
HARDENING_CHECKS += locale
.PHONY: locale

LOCALES ?= tr_TR.ISO-8859-9
LOCALE_FOLDER := $(FACTS)/locales
LOCALE_SPECS := $(addprefix spec/,$(addsuffix _spec.lua,locale answers html inventory options output page policy policy_outputs \
	presence render report secrets server signature snapshot workspace))

$(LOCALE_FOLDER)/%:
	@mkdir -p $(@D)
	@localedef -i $(firstword $(subst ., ,$*)) -f $(patsubst .%,%,$(suffix $*)) $@

locale: all $(LOCALES:%=$(LOCALE_FOLDER)/%)
	@rm -f $(FACTS)/locale.tsv
	@for name in $(LOCALES); do echo "In $$name:"; \
	  LOCPATH=$(abspath $(LOCALE_FOLDER)) \
	    LUA_INIT_5_4="for _, part in ipairs { 'ctype', 'numeric', 'collate', 'time' } do assert(os.setlocale('$$name', part)) end" \
	    $(MAKE) --no-print-directory check SPEC="$(if $(filter command,$(firstword $(origin SPEC))),$(SPEC),$(LOCALE_SPECS))" || exit 1; done
	@printf 'specs in the locales %s, set by the host\t%d\tall passed in each\n' "$(LOCALES)" $(words $(LOCALE_SPECS)) > $(FACTS)/locale.tsv

# What the specs say over SMB, read by Wireshark: root, and some minutes. Fewer: make wire SPEC=spec/page_spec.lua
.PHONY: wire

WIRE := $(BUILD)/wire
WIRE_MINUTES := 15
WIRE_SPECS = $(shell grep -lE 'lab\.(samba|double|big|crowd|mock_server|other_samba)' $(filter-out \
	spec/memory_spec.lua spec/judges_spec.lua spec/prosody_spec.lua,$(wildcard spec/*_spec.lua)))

wire: all
	@spec/lab/install 'what reads SMB' tshark
	@timeout $(WIRE_MINUTES)m spec/hardening/wire $(WIRE) $(FACTS)/wire.tsv $(MAKE) --no-print-directory check \
	  SPEC="$(if $(filter command,$(firstword $(origin SPEC))),$(SPEC),$(WIRE_SPECS))"

# Tests that would pass with an empty implementation. An hour; fewer: make hollow SPEC=spec/server_spec.lua
.PHONY: hollow

HOLLOW_SPECS = $(shell grep -lE 'rollcall\.(smb|workspace|closing|inventory|presence|report|policy|snapshot|diff|smbstatus)"' $(filter-out \
	spec/memory_spec.lua spec/watch_memory_spec.lua spec/guides_spec.lua spec/judges_spec.lua,$(wildcard spec/*_spec.lua)))

hollow: all
	@mkdir -p $(FACTS)
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LAB) spec/hardening/hollow $(BUILD)/hollow $(FACTS)/hollow.tsv \
	  busted --lua=$(LUA) --output=spec/lab/output.lua --exclude-tags=conformance,editor -- $(if $(filter command,$(firstword $(origin SPEC))),$(SPEC),$(HOLLOW_SPECS))

# Small faults planted in the files that matter, one at a time: a test must fail for each. So many of each file, which a seed
# chooses; all of them take hours. Fifty of one file: make mutants MUTANTS=50 MUTATED=csrc/rpc/ndr.c
.PHONY: mutants

MUTANTS ?= 20
MUTANT_SEED ?= 1
MUTATED ?=

mutants: all $(FUZZERS_IN_C:%=$(FUZZ_BUILD)/fuzz-%)
	@mkdir -p $(BUILD)/mutants $(FACTS)
	@FUZZ_COMPILE='$(FUZZ_COMPILE)' FUZZ_LIBRARIES='$(shell pkg-config --libs lua5.4) $(CURL_LIBS)' FUZZ_BUILD=$(FUZZ_BUILD) \
	  $(LAB) /usr/bin/python3 -B spec/hardening/mutants/run.py $(BUILD)/mutants $(FACTS)/mutants.tsv $(LUA) $(MUTANTS) $(MUTANT_SEED) $(MUTATED)

# The table of the report, of what the checks left in $(FACTS) when they were last run, with whatever budget.
.PHONY: hardening-report

hardening-report:
	@$(LUA) spec/hardening/report.lua $(FACTS) spec/hardening/REPORT.md $(HARDENING_CHECKS) wire mutants hollow
