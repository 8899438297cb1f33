# rollcall: `make demo` and `make test` do everything on a bare Debian 12; `make help` lists the rest.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Werror
HARDENING := -D_FORTIFY_SOURCE=3 -fstack-protector-strong
LINK_HARDENING := -Wl,-z,relro,-z,now
# Where a long has 32 bits, libsmbclient takes files by 64 of them.
# No path of this folder in what is built: the same sources give the same bytes anywhere.
ALL_CFLAGS := -std=c11 -D_FILE_OFFSET_BITS=64 -Icsrc $(WARNINGS) $(HARDENING) $(CFLAGS) '-ffile-prefix-map=$(CURDIR)=.'

# Lua has another name on each system. Where there is none yet, it is as Debian calls what `make packages` installs.
ifndef LUA
LUA_VERSION := 5.4
LUA := $(or $(shell for name in lua5.4 lua54 lua-5.4 lua; do \
  [ "$$($$name -e 'io.write(_VERSION)' 2> /dev/null)" = "Lua $(LUA_VERSION)" ] && echo $$name && break; done),lua5.4)
else
LUA_VERSION := $(or $(shell $(LUA) -e 'io.write(jit and "jit" or _VERSION:match "%d.%d")' 2> /dev/null),5.4)
$(if $(filter 5.4 5.3 jit,$(LUA_VERSION)),,$(error LUA must be Lua 5.4, Lua 5.3 or LuaJIT, and is $(LUA_VERSION)))
LUA_VERSION := $(LUA_VERSION:jit=5.1)
endif

# What is made for another Lua than 5.4 is beside: make LUA=lua5.3, make LUA=luajit.
LUA_FOLDER_5.3 := lua5.3
LUA_FOLDER_5.1 := luajit
BUILD := build$(addprefix /,$(LUA_FOLDER_$(LUA_VERSION)))
LUA_NAMES_5.4 := lua5.4 lua-5.4 lua54 lua
LUA_NAMES_5.3 := lua5.3 lua-5.3 lua53 lua
LUA_NAMES_5.1 := luajit
LUA_RELEASE_5.1 := 2.1
LUA_RELEASE := $(or $(LUA_RELEASE_$(LUA_VERSION)),$(LUA_VERSION))
LUA_PACKAGE := $(or $(shell for name in $(LUA_NAMES_$(LUA_VERSION)); do \
  pkg-config --atleast-version=$(LUA_RELEASE) --max-version=$(LUA_RELEASE).999 $$name 2> /dev/null && echo $$name && break; done),$(firstword $(LUA_NAMES_$(LUA_VERSION))))

# luarocks passes LUA_INCDIR; elsewhere pkg-config knows. The sources are written for Lua 5.4; what another lacks comes first.
LUA_CFLAGS = $(if $(LUA_INCDIR),-I$(LUA_INCDIR),$(shell pkg-config --cflags $(LUA_PACKAGE))) $(LUA_LACKS_$(LUA_VERSION))
LUA_LACKS_5.3 := -D_GNU_SOURCE= -include csrc/binding/lua_versions.h
LUA_LACKS_5.1 = $(LUA_LACKS_5.3) -isystem $(COMPAT53)
COMPAT53 = $(shell pkg-config --variable=includedir lua5.1-compat53-utf8)
COMPAT53_OBJECT_5.1 := $(BUILD)/module/compat-5.3.o
LUA_LIBS = $(shell pkg-config --libs $(LUA_PACKAGE))
SMBCLIENT_CFLAGS = $(shell pkg-config --cflags smbclient)
SMBCLIENT_LIBS = $(shell pkg-config --libs smbclient)
CURL_CFLAGS = $(shell pkg-config --cflags libcurl libcrypto)
CURL_LIBS = $(shell pkg-config --libs libcurl libcrypto)

SMB_MODULE := $(BUILD)/lib/rollcall/smb/core.so
CLOSING_MODULE := $(BUILD)/lib/rollcall/smb/closing.so
LOGOFF_MODULE := $(BUILD)/lib/rollcall/workspace/closing.so
WORKER := $(BUILD)/lib/rollcall/smb/smbpipe
WORKSPACE_MODULE := $(BUILD)/lib/rollcall/workspace/core.so
SYSTEM_MODULE := $(BUILD)/lib/rollcall/system.so
COMMAND := $(if $(filter 5.4,$(LUA_VERSION)),$(BUILD),build)/rollcall

# What a library is made of is whole folders of csrc. A file for one system alone says so at the end of its name.
WINDOWS_FILES := %_windows.c %_netapi32.c %_bcrypt.c
POSIX_FILES := %_posix.c %_worker.c %_poll.c %_openssl.c %_epoll.c %_kqueue.c
POLLER ?= $(if $(filter Linux,$(shell uname)),epoll,kqueue)
# The Lua of policies has bounds that LuaJIT does not keep.
NOT_IN_5.1 := csrc/system/sandbox% csrc/system/pattern% csrc/system/watchdog%
NOT_HERE := $(WINDOWS_FILES) $(filter-out %_$(POLLER).c,%_epoll.c %_kqueue.c) $(NOT_IN_$(LUA_VERSION))
folders = $(foreach folder,$(1),$(sort $(wildcard csrc/$(folder)/*.c)))
SMB_FOLDERS := base binding rpc smb
WORKSPACE_FOLDERS := base binding workspace workspace/http workspace/auth
SYSTEM_FOLDERS := base binding system
CLOSING_FOLDERS := closing
LOGOFF_FOLDERS := logoff

SMB_SOURCES := $(filter-out $(NOT_HERE),$(call folders,$(SMB_FOLDERS)))
WORKSPACE_SOURCES := $(filter-out $(NOT_HERE),$(call folders,$(WORKSPACE_FOLDERS)))
SYSTEM_SOURCES := $(filter-out $(NOT_HERE),$(call folders,$(SYSTEM_FOLDERS)))
CLOSING_SOURCES := $(filter-out $(NOT_HERE),$(call folders,$(CLOSING_FOLDERS)))
LOGOFF_SOURCES := $(filter-out $(NOT_HERE),$(call folders,$(LOGOFF_FOLDERS)))
WORKER_SOURCES := $(filter-out $(NOT_HERE),$(call folders,base rpc smbpipe)) csrc/smb/frame.c
SMB_OBJECTS := $(SMB_SOURCES:csrc/%.c=$(BUILD)/module/%.o)
WORKSPACE_OBJECTS := $(WORKSPACE_SOURCES:csrc/%.c=$(BUILD)/module/%.o)
SYSTEM_OBJECTS := $(SYSTEM_SOURCES:csrc/%.c=$(BUILD)/module/%.o)
CLOSING_OBJECTS := $(CLOSING_SOURCES:csrc/%.c=$(BUILD)/module/%.o)
LOGOFF_OBJECTS := $(LOGOFF_SOURCES:csrc/%.c=$(BUILD)/module/%.o)
WORKER_OBJECTS := $(WORKER_SOURCES:csrc/%.c=$(BUILD)/worker/%.o)
LUA_SOURCES := $(sort $(shell find lua -name '*.lua'))
MANUAL_FILES := $(wildcard lua/rollcall/manual/*.md lua/rollcall/manual/*.json)
# LuaJIT reads the queries; what else there is is for a Lua with integers.
QUERY_FILES := lua/rollcall/init.lua lua/rollcall/smb.lua lua/rollcall/smb/% lua/rollcall/workspace.lua lua/rollcall/workspace/% lua/rollcall/loop/% \
	$(patsubst %,lua/rollcall/internal/%.lua,case lua_versions memory options platform servernames suggestion text)
INSTALLED_FILES := $(if $(filter 5.1,$(LUA_VERSION)),$(filter $(QUERY_FILES),$(LUA_SOURCES)),$(LUA_SOURCES) $(MANUAL_FILES))
MAN := $(BUILD)/man

BUILD_PACKAGES := gcc libc6-dev pkg-config lua5.4 liblua5.4-dev lua-cjson lua-argparse libsmbclient-dev \
	libcurl4-openssl-dev libssl-dev
LAB_PACKAGES := samba smbclient krb5-kdc krb5-admin-server krb5-user faketime procps python3-impacket libnss-wrapper libuid-wrapper \
	nginx-light openssl curl bsdutils
TEST_PACKAGES := lua-busted lua-check luarocks clang-format cppcheck shellcheck jq chromium chromium-driver \
	fonts-dejavu-core libxml2-utils python3-yaml cmark-gfm lua-zlib lua-filesystem lua-socket rsyslog lua-luv lua-cqueues lua-event lighttpd lighttpd-modules-lua bash-completion zsh fish man-db groff-base mandoc less \
	tmux poppler-utils python3-jsonschema prometheus python3-prometheus-client parallel systemd
BENCH_PACKAGES := nghttp2-client miller jq time

LAB := spec/lab/run
AXE := $(BUILD)/axe/node_modules/axe-core/axe.min.js
# More of them than processors, since most of a test is a wait.
PARTS := 5
PARTS_FOLDER := $(BUILD)/parts
CHECK_OPTIONS := --exclude-tags=conformance,editor --helper=spec.lab.collect
# In each lab, of what the others wrote there.
LAST_SPEC := spec/schema/collected.lua
SPEC_FILES = $(sort $(wildcard spec/*_spec.lua))
SARIF_VALIDATOR := $(BUILD)/sarif/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
# As Lua calls its variables: LUA_PATH_5_4.
OF_VERSION := $(if $(filter-out 5.1,$(LUA_VERSION)),_$(subst .,_,$(LUA_VERSION)))
TREE_PATHS := LUA_PATH$(OF_VERSION)="lua/?.lua;lua/?/init.lua;./?/init.lua;;" LUA_CPATH$(OF_VERSION)="$(BUILD)/lib/?.so;$(BUILD)/bench/?.so;;"
RUN_SPECS = $(TREE_PATHS) LAB_LUA=$(LUA) ROLLCALL=$(COMMAND) $(LAB) busted --lua=$(LUA) --output=spec/lab/output.lua

# For a make within this one: two things at a time, unless whoever started this one has said how many.
SIDE_BY_SIDE = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j2)

.PHONY: all help demo test check doc editor conformance ocsf lint words bench bench-fleet picture lab lab-stop man install uninstall install-rock clean
.PHONY: packages lab-packages test-packages bench-packages conformance-packages

# The command is Lua 5.4's alone.
all: $(SMB_MODULE) $(WORKER) $(CLOSING_MODULE) $(WORKSPACE_MODULE) $(LOGOFF_MODULE) $(SYSTEM_MODULE) $(if $(filter 5.4,$(LUA_VERSION)),$(COMMAND))

help:
	@echo 'make                     build'
	@echo 'make install PREFIX=dir  install bin, share/lua/$(LUA_VERSION), share/man and lib/lua/$(LUA_VERSION) under it; make uninstall'
	@echo 'make LUA=lua5.3, LUA=luajit  the modules for another Lua, in $(BUILD)/lua5.3 and $(BUILD)/luajit'
	@echo 'make test-luas           they, and nmap, HAProxy, nginx and Neovim as their hosts'
	@echo 'make demo                a roll call of a private Samba, from nothing'
	@echo 'make test                lint and every test'
	@echo 'make check               the tests alone; SPEC=spec/smb_spec.lua for one file'
	@echo 'make doc                 the API reference, $(BUILD)/doc/index.html'
	@echo 'make editor              the annotations, by a lua-language-server that LUA_LANGUAGE_SERVER names'
	@echo 'make conformance         SARIF, the page, the wire, metrics, Icinga and Prosody, by tools that are not ours'
	@echo 'make ocsf OCSF=DIR       the events of OCSF, by the schemas of its repository'
	@echo 'make hardening           fuzzing and fault injection, with a short budget'
	@echo 'make prove               the protocol files, proven by Frama-C for every input up to a bound'
	@echo 'make test-domain         a whole domain in namespaces: root, half a minute'
	@echo 'make deb                 a Debian package; make test-deb installs and removes it in a bare Debian'
	@echo 'make rockspecs           the rockspecs, after files came or went'
	@echo 'make test-release        rocks from a tag, and that a build gives the same bytes anywhere'
	@echo 'make test-fleet          the engines that run a fleet: Slurm in namespaces, root; types of Kubernetes'
	@echo 'make test-machines       arm64, s390x and i386 under qemu; make compilers: clang, -O3, LTO'
	@echo 'make test-windows        what is for Windows, built by mingw and run under Wine'
	@echo 'make lint, make bench, make bench-fleet, make lab, make lab-stop, make clean'

$(BUILD)/module/%.o: csrc/%.c
	@mkdir -p $(@D)
	@echo '  CC    $<'
	@$(CC) $(ALL_CFLAGS) -fPIC -fvisibility=hidden $(LUA_CFLAGS) $(if $(findstring /workspace/,$<),$(CURL_CFLAGS)) -MMD -MP -c $< -o $@

# Without link-time optimisation, which sees no caller of what libraries are to find in the worker.
$(BUILD)/worker/%.o: csrc/%.c
	@mkdir -p $(@D)
	@echo '  CC    $< (worker)'
	@$(CC) $(ALL_CFLAGS) -fno-lto -fPIE $(SMBCLIENT_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/module/compat-5.3.o:
	@mkdir -p $(@D)
	@echo '  CC    compat-5.3.c'
	@$(CC) $(CFLAGS) -fPIC -fvisibility=hidden $(LUA_CFLAGS) -c $(COMPAT53)/compat-5.3.c -o $@

$(SMB_MODULE): $(SMB_OBJECTS)
$(SYSTEM_MODULE): $(SYSTEM_OBJECTS)
$(CLOSING_MODULE): $(CLOSING_OBJECTS)
$(LOGOFF_MODULE): $(LOGOFF_OBJECTS)
$(SMB_MODULE) $(SYSTEM_MODULE) $(CLOSING_MODULE) $(WORKSPACE_MODULE) $(LOGOFF_MODULE): $(COMPAT53_OBJECT_$(LUA_VERSION))
# Signals and threads of theirs may come back when the Lua state that wanted them is closed.
$(SYSTEM_MODULE) $(WORKSPACE_MODULE): PINNED := -Wl,-z,nodelete
$(SMB_MODULE) $(SYSTEM_MODULE) $(CLOSING_MODULE) $(LOGOFF_MODULE):
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(CC) $(CFLAGS) -shared $(LINK_HARDENING) $(PINNED) $(LDFLAGS) $^ -o $@

$(WORKSPACE_MODULE): $(WORKSPACE_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(CC) $(CFLAGS) -shared $(LINK_HARDENING) $(PINNED) $(LDFLAGS) $^ $(CURL_LIBS) -o $@

$(WORKER): $(WORKER_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(CC) $(CFLAGS) -pie $(LINK_HARDENING) $(LDFLAGS) $^ $(SMBCLIENT_LIBS) -o $@
	@$@ check || case $$? in 126 | 127) ;; *) rm $@; exit 1 ;; esac # those two: it is for another machine

-include $(sort $(SMB_OBJECTS:.o=.d) $(CLOSING_OBJECTS:.o=.d) $(LOGOFF_OBJECTS:.o=.d) $(WORKSPACE_OBJECTS:.o=.d) $(SYSTEM_OBJECTS:.o=.d) $(WORKER_OBJECTS:.o=.d))

# A launcher that finds the Lua files at $(1) and the C files at $(2), both as seen from itself.
define LAUNCHER
#!/bin/sh
here=$$(dirname "$$(readlink -f "$$0")")
LUA_PATH_5_4="$$here/$(1)/?.lua;$$here/$(1)/?/init.lua;$${LUA_PATH_5_4:-;}" \
LUA_CPATH_5_4="$$here/$(2)/?.so;$${LUA_CPATH_5_4:-;}" exec $(LUA) "$$here/$(1)/rollcall/main.lua" "$$@"
endef

# The way from the build's folder, however deep it is, back to where this file is.
empty :=
BACK := $(subst $(empty) ,/,$(patsubst %,..,$(subst /, ,$(BUILD))))

export TREE_LAUNCHER = $(call LAUNCHER,$(BACK)/lua,lib)
export INSTALLED_LAUNCHER = $(call LAUNCHER,../share/lua/$(LUA_VERSION),$(subst $(PREFIX)/,../,$(LIBDIR))/lua/$(LUA_VERSION))

COMPLETIONS := $(addprefix $(BUILD)/completions/,bash zsh fish)
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions

$(COMPLETIONS): $(BUILD)/completions/%: $(LUA_SOURCES) | all
	@mkdir -p $(@D)
	@$(COMMAND) completion $* > $@.new && mv $@.new $@

$(COMMAND): Makefile
	@mkdir -p $(@D)
	@echo "$$TREE_LAUNCHER" > $@ && chmod 755 $@

# $(1): where the Lua files go, $(2): where the C files go
define INSTALL_FILES
	for file in $(patsubst lua/%,%,$(INSTALLED_FILES)); do install -D -m 644 "lua/$$file" "$(1)/$$file" || exit 1; done
	for file in $(patsubst $(BUILD)/lib/%,%,$(SMB_MODULE) $(WORKER) $(CLOSING_MODULE) $(WORKSPACE_MODULE) $(LOGOFF_MODULE) $(SYSTEM_MODULE)); do \
	  install -D -m 755 "$(BUILD)/lib/$$file" "$(2)/$$file" || exit 1; done
endef

# $(1): where the manual pages go
define INSTALL_MAN
	for page in $(MAN)/*/*; do install -D -m 644 "$$page" "$(1)/$${page#$(MAN)/}" || exit 1; done
endef

# The pages are made of what the command declares.
man: all
	@rm -rf $(MAN)
	@mkdir -p $(MAN)/man1 $(MAN)/man5
	@$(TREE_PATHS) $(LUA) lua/rollcall/manual/write.lua $(MAN)

.PHONY: install-modules
install-modules: all
	$(call INSTALL_FILES,$(DESTDIR)$(PREFIX)/share/lua/$(LUA_VERSION),$(DESTDIR)$(LIBDIR)/lua/$(LUA_VERSION))

ifneq ($(LUA_VERSION),5.4)
install: install-modules
else
install: install-modules man $(COMPLETIONS)
	$(call INSTALL_MAN,$(DESTDIR)$(PREFIX)/share/man)
	install -d "$(DESTDIR)$(PREFIX)/bin"
	echo "$$INSTALLED_LAUNCHER" > "$(DESTDIR)$(PREFIX)/bin/rollcall"
	chmod 755 "$(DESTDIR)$(PREFIX)/bin/rollcall"
	install -D -m 644 $(BUILD)/completions/bash "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/rollcall"
	install -D -m 644 $(BUILD)/completions/zsh "$(DESTDIR)$(ZSH_COMPLETIONS)/_rollcall"
	install -D -m 644 $(BUILD)/completions/fish "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/rollcall.fish"
endif

# What install would install goes, the two folders that are rollcall's own, and folders that are empty then. Those which
# every system has in PREFIX stay.
uninstall: all
	@rm -rf $(BUILD)/uninstall
	@$(MAKE) --no-print-directory -s install DESTDIR=$(abspath $(BUILD))/uninstall
	@cd $(BUILD)/uninstall && find . -type f -printf '%P\n' | while read -r file; do rm -fv "$(DESTDIR)/$$file"; done
	@rm -rf "$(DESTDIR)$(PREFIX)/share/lua/$(LUA_VERSION)/rollcall" "$(DESTDIR)$(LIBDIR)/lua/$(LUA_VERSION)/rollcall"
	@cd "$(BUILD)/uninstall$(PREFIX)" && find . -mindepth 2 -depth -type d ! -path ./share/man -printf '%P\n' | while read -r folder; do \
	  rmdir --ignore-fail-on-non-empty "$(DESTDIR)$(PREFIX)/$$folder" 2> /dev/null || true; done

# LuaRocks has no place for manual pages; they go to the folder of the rock.
install-rock: $(if $(filter 5.4,$(LUA_VERSION)),man,all)
	$(call INSTALL_FILES,$(LUADIR),$(LIBDIR))
	$(if $(filter 5.4,$(LUA_VERSION)),$(call INSTALL_MAN,$(ROCKDIR)/man))

packages:
	@spec/lab/install 'building rollcall' $(BUILD_PACKAGES)

lab-packages: packages
	@spec/lab/install 'a private Samba and clients of it' $(LAB_PACKAGES)

test-packages: lab-packages
	@spec/lab/install 'the tests' $(TEST_PACKAGES)

bench-packages: test-packages
	@spec/lab/install 'the benchmarks' $(BENCH_PACKAGES)

# What is installed above must be there before make looks for libraries, hence the second make.
demo: lab-packages
	@$(MAKE) --no-print-directory all
	@ROLLCALL=$(COMMAND) $(LAB) spec/lab/demo

test: test-packages
	@$(MAKE) --no-print-directory lint check

# All in PARTS labs side by side, or SPEC, with whatever options of busted it has, in one. Make is not told that a part
# failed: a part that leaves no results must count like one that leaves bad ones.
check: all
ifdef SPEC
	@$(RUN_SPECS) $(CHECK_OPTIONS) $(SPEC) $(LAST_SPEC)
else
	@rm -rf $(PARTS_FOLDER) && mkdir -p $(PARTS_FOLDER)
	@$(LUA) spec/lab/parts.lua divide $(PARTS_FOLDER) $(PARTS) $(SPEC_FILES)
	@for list in $(PARTS_FOLDER)/*.files; do echo '$(LAST_SPEC)' >> $$list; done
	@$(MAKE) --no-print-directory $(SIDE_BY_SIDE:-j2=-j$(PARTS)) $(patsubst %,$(PARTS_FOLDER)/%.status,$(shell seq $(PARTS)))
	@$(LUA) spec/lab/parts.lua merge $(PARTS_FOLDER) $(PARTS) $(SPEC_FILES)
endif

$(PARTS_FOLDER)/%.status:
	@SPEC_RESULTS=$(abspath $(PARTS_FOLDER)/$*.tsv) $(RUN_SPECS) $(CHECK_OPTIONS) $$(cat $(PARTS_FOLDER)/$*.files); echo $$? > $@

doc:
	@mkdir -p $(BUILD)/doc
	@$(LUA) spec/reference/generate.lua $(BUILD)/doc/index.html
	@echo '  DOC   $(BUILD)/doc/index.html'

# No Debian package has the server.
editor: all
	@test -x "$(LUA_LANGUAGE_SERVER)" || { echo 'make editor LUA_LANGUAGE_SERVER=/path/to/lua-language-server' >&2; exit 1; }
	@LUA_LANGUAGE_SERVER="$(LUA_LANGUAGE_SERVER)" $(TREE_PATHS) busted --lua=$(LUA) --tags=editor spec/editor_spec.lua

# The validator is a hundred megabytes, and node's package manager as many on a bare Debian. axe-core finds what a page has
# against those who cannot see it or use a mouse.
conformance-packages: test-packages
	@command -v npm > /dev/null || spec/lab/install 'the validator of SARIF' npm
	@spec/lab/install 'a host whose loop is its own' prosody
	@spec/lab/install 'what reads and asks SMB as others do' tshark samba-testsuite
	@spec/lab/install 'a monitoring host' icinga2-bin monitoring-plugins-basic

conformance: conformance-packages
	@test -x $(SARIF_VALIDATOR) || npm install --loglevel=error --no-save --no-audit --no-fund --prefix $(BUILD)/sarif \
	  @microsoft/sarif-multitool-linux@5.7.0
	@test -f $(AXE) || npm install --loglevel=error --no-save --no-audit --no-fund --prefix $(BUILD)/axe axe-core@4.14.1
	@$(MAKE) --no-print-directory all
	@SARIF_VALIDATOR=$(SARIF_VALIDATOR) AXE=$(AXE) $(RUN_SPECS) --tags=conformance spec/policy_outputs_spec.lua spec/html_browser_spec.lua \
	  spec/prosody_spec.lua spec/judges_spec.lua spec/metrics_spec.lua spec/nagios_spec.lua

# A checkout of the schemas of OCSF, or a git directory with the tag of the version that spec/schema/ocsf.schema.json has.
ocsf: all
	@test -d "$(OCSF)" || { echo 'make ocsf OCSF=/path/to/ocsf-schema' >&2; exit 1; }
	@OCSF="$(abspath $(OCSF))" $(RUN_SPECS) --helper=spec.lab.collect $(wildcard spec/ocsf_*_spec.lua) spec/schema/ocsf_tree.lua

# Old names, and words that a reader of the field would not know: patterns, one a line, that must not come back.
WORDED ?= Makefile README.md CHANGELOG.md rockspec lua csrc spec
words:
	@! grep -rnE -f spec/words --exclude=words --exclude=words_spec.lua --exclude-dir=corpus $(WORDED)

lint: words
	luacheck -q lua spec rockspec/*.lua rockspec/*.rockspec
	clang-format --dry-run -Werror $$(find csrc spec -name '*.[ch]')
	cppcheck -q --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
	  --suppress=missingIncludeSystem -Icsrc csrc
	shellcheck -x spec/lab/run spec/lab/install spec/lab/demo spec/lab/keep spec/lab/samba.sh spec/lab/kdc.sh spec/lab/cloud.sh spec/lab/sources.sh .ci/run \
	  $(HARDENING_SCRIPTS) $(DOMAIN_SCRIPTS) $(PACKAGE_SCRIPTS) $(MACHINE_SCRIPTS) $(FLEET_SCRIPTS) spec/windows/build spec/windows/run spec/windows/rollcall spec/windows/environment

$(BUILD)/bench/bare: spec/bench/bare.c $(filter-out $(NOT_HERE),$(call folders,base rpc))
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(SMBCLIENT_CFLAGS) $^ -o $@ $(SMBCLIENT_LIBS)

$(BUILD)/bench/tables.so: spec/bench/tables.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -fPIC -shared $(LUA_CFLAGS) $^ -o $@

$(BUILD)/bench/transfers: spec/bench/transfers.c csrc/workspace/lua_answer.c csrc/base/plain_text.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $(CURL_CFLAGS) $^ -o $@ $(LUA_LIBS) $(CURL_LIBS)

bench: bench-packages
	@$(MAKE) --no-print-directory all $(BUILD)/bench/bare $(BUILD)/bench/tables.so $(BUILD)/bench/transfers
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LAB) sh -c '$(LUA) spec/bench/smb.lua && $(LUA) spec/bench/workspace.lua && $(LUA) spec/bench/loops.lua'
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) LAB_NICE=19 $(LAB) $(LUA) spec/bench/loops.lua
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LUA) spec/bench/reports.lua
	@$(TREE_PATHS) $(LUA) spec/bench/page.lua

# Two or three minutes, in which two quiet cores have to do with 20,000 servers; FLEET=2000 for fewer.
FLEET ?= 20000
bench-fleet: bench-packages
	@$(MAKE) --no-print-directory all
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LAB) sh -c '$(LUA) spec/bench/many.lua && $(LUA) spec/bench/fleet.lua $(FLEET)'

# The README's picture.
picture: all
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) $(LAB) $(LUA) spec/lab/picture.lua lua/rollcall/manual/page.webp

lab: lab-packages
	@$(MAKE) --no-print-directory all
	@spec/lab/keep start

lab-stop:
	@spec/lab/keep stop

include spec/hardening/targets.mk
include spec/domain/targets.mk
include spec/windows/targets.mk
include rockspec/targets.mk
include spec/machines/targets.mk
include spec/fleet/targets.mk
include spec/luas/targets.mk

clean:
	rm -rf $(BUILD)

