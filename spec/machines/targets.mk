# Other machines, by Debian's compilers and packages for them, under qemu-user: other sizes and another order of bytes. Other compilers.

MACHINES ?= arm64 s390x i386
MACHINE_PACKAGES := mmdebstrap qemu-user gcc-aarch64-linux-gnu gcc-s390x-linux-gnu gcc-i686-linux-gnu libc6-dev-arm64-cross \
	libc6-dev-s390x-cross libc6-dev-i386-cross
# For the machine itself; its Lua runs specs.
MACHINE_ROOT_PACKAGES := libc6-dev lua5.4 liblua5.4-dev lua-cjson lua-argparse lua-busted lua-zlib libsmbclient-dev libcurl4-openssl-dev libssl-dev
MACHINE_SPECS := $(addprefix spec/,$(addsuffix _spec.lua,page answers connections enumerations signature workspace pattern presence))
MACHINE_SCRIPTS := spec/machines/root spec/machines/run
MACHINE_FOLDER := $(BUILD)/machines
.PHONY: test-machines machine-packages $(MACHINES:%=test-machine-%) compilers

TRIPLET_arm64 := aarch64-linux-gnu
TRIPLET_s390x := s390x-linux-gnu
TRIPLET_i386 := i386-linux-gnu
COMPILER_arm64 := aarch64-linux-gnu-gcc
COMPILER_s390x := s390x-linux-gnu-gcc
COMPILER_i386 := i686-linux-gnu-gcc
QEMU_arm64 := qemu-aarch64
QEMU_s390x := qemu-s390x
QEMU_i386 := qemu-i386

machine-packages: test-packages
	@spec/lab/install 'other machines' $(MACHINE_PACKAGES)

test-machines: machine-packages
	@$(MAKE) --no-print-directory all
	@mkdir -p $(FACTS)
	@rm -f $(FACTS)/test-machines.tsv
	@for machine in $(MACHINES); do $(MAKE) --no-print-directory test-machine-$$machine || exit 1; done

$(MACHINE_FOLDER)/%/root:
	@spec/machines/root $* $@ $(MACHINE_ROOT_PACKAGES)

# $(1): a machine. What is made for it by the rules of all, with its compiler and its libraries.
define ON_MACHINE
$(abspath $(MACHINE_FOLDER)/$(1)/root)
endef
MACHINE_MAKE = root=$(call ON_MACHINE,$(1)) && PKG_CONFIG_SYSROOT_DIR=$$root \
	PKG_CONFIG_LIBDIR=$$root/usr/lib/$(TRIPLET_$(1))/pkgconfig:$$root/usr/share/pkgconfig \
	$(MAKE) --no-print-directory -s BUILD=$(MACHINE_FOLDER)/$(1)/build CC="$(COMPILER_$(1)) --sysroot=$$root" $(MACHINE_FLAGS_$(1)) \
	LDFLAGS="-Wl,-rpath-link,$$root/usr/lib/$(TRIPLET_$(1)):$$root/usr/lib/$(TRIPLET_$(1))/samba:$$root/lib/$(TRIPLET_$(1))"

$(MACHINES:%=test-machine-%): test-machine-%: $(MACHINE_FOLDER)/%/root
	@echo 'Building for $*'
	@$(call MACHINE_MAKE,$*) all machine-fuzzers > /dev/null
	@LUA_SPECS="$(if $(filter command,$(firstword $(origin SPEC))),$(SPEC),$(MACHINE_SPECS))" FUZZERS="$(FUZZERS)" \
	  LAB=$(LAB) ROLLCALL=$(COMMAND) \
	  spec/machines/run $* $(QEMU_$*) $(TRIPLET_$*) $(call ON_MACHINE,$*) $(MACHINE_FOLDER)/$*/build $(FACTS)/test-machines.tsv

# What the fuzzers call, with a main that takes files; undefined behaviour ends it.
MACHINE_FUZZ := $(BUILD)/files
MACHINE_FUZZ_CFLAGS = -std=c11 -D_FILE_OFFSET_BITS=64 -Icsrc $(WARNINGS) -g -O1 -DUNDER_QEMU -fsanitize=undefined -fsanitize-undefined-trap-on-error $(LUA_CFLAGS) $(CURL_CFLAGS) \
	$(SMBCLIENT_CFLAGS) -MMD -MP
MACHINE_FUZZED_OBJECTS := $(FUZZED_OBJECTS:$(FUZZ_BUILD)/%=$(MACHINE_FUZZ)/%)
.PHONY: machine-fuzzers

$(MACHINE_FUZZ)/csrc/%.o: csrc/%.c
	@mkdir -p $(@D)
	@$(CC) $(MACHINE_FUZZ_CFLAGS) -c $< -o $@

$(MACHINE_FUZZ)/lua-%.o: $(FUZZ)/lua.c
	@mkdir -p $(@D)
	@$(CC) $(MACHINE_FUZZ_CFLAGS) -DNAME='"$*"' -c $< -o $@

# The worker's harness has macros in place of functions, whose results nobody uses.
$(MACHINE_FUZZ)/%.o: $(FUZZ)/%.c
	@mkdir -p $(@D)
	@$(CC) $(MACHINE_FUZZ_CFLAGS) -Wno-unused-value -c $< -o $@

$(MACHINE_FUZZ)/files.o: spec/machines/files.c
	@mkdir -p $(@D)
	@$(CC) $(MACHINE_FUZZ_CFLAGS) -c $< -o $@

$(MACHINE_FUZZ)/all.a: $(MACHINE_FUZZED_OBJECTS)
	@rm -f $@ && ar -rc $@ $^

MACHINE_FUZZ_LINK = $(CC) -rdynamic $^ -o $@ $(LDFLAGS) $(shell pkg-config --libs $(LUA_PACKAGE)) $(CURL_LIBS) -lm

$(FUZZERS_IN_C:%=$(MACHINE_FUZZ)/run-%): $(MACHINE_FUZZ)/run-%: $(MACHINE_FUZZ)/files.o $(MACHINE_FUZZ)/%.o $(MACHINE_FUZZ)/check.o $(MACHINE_FUZZ)/all.a
	@$(MACHINE_FUZZ_LINK)

$(FUZZERS_IN_LUA:%=$(MACHINE_FUZZ)/run-%): $(MACHINE_FUZZ)/run-%: $(MACHINE_FUZZ)/files.o $(MACHINE_FUZZ)/lua-%.o $(MACHINE_FUZZ)/check.o \
		$(MACHINE_FUZZ)/service.o $(MACHINE_FUZZ)/all.a
	@$(MACHINE_FUZZ_LINK)

machine-fuzzers: $(FUZZERS:%=$(MACHINE_FUZZ)/run-%)

-include $(wildcard $(MACHINE_FUZZ)/*.d) $(MACHINE_FUZZED_OBJECTS:.o=.d)

# Other compilers and other efforts of theirs, without a warning.
compilers:
	@spec/lab/install 'another compiler' clang
	@$(MAKE) --no-print-directory -s BUILD=$(MACHINE_FOLDER)/clang CC=clang all > /dev/null
	@$(MAKE) --no-print-directory -s BUILD=$(MACHINE_FOLDER)/clang-O3 CC=clang CFLAGS=-O3 all > /dev/null
	@$(MAKE) --no-print-directory -s BUILD=$(MACHINE_FOLDER)/O3 CFLAGS=-O3 all > /dev/null
	@$(MAKE) --no-print-directory -s BUILD=$(MACHINE_FOLDER)/lto CFLAGS='-O2 -flto=auto' all > /dev/null
	@mkdir -p $(FACTS)
	@printf 'builds by clang, by clang -O3, by gcc -O3, by gcc with LTO\t4\tno warning\n' | tee $(FACTS)/compilers.tsv
