# rollcall for Windows: cross-built with mingw, run under Wine against a mock netapi32.

WINDOWS := $(BUILD)/windows
WINDOWS_CC := x86_64-w64-mingw32-gcc
WINDOWS_CFLAGS := -std=c11 $(WARNINGS) -fanalyzer -O2 -Icsrc -D_WIN32_WINNT=0x0601 -I$(WINDOWS)/include
WINDOWS_PACKAGES := gcc-mingw-w64-x86-64-win32 wine64 wine dpkg-dev xz-utils

WINDOWS_SMB_SOURCES := $(filter-out $(POSIX_FILES) %/frame.c,$(call folders,$(SMB_FOLDERS)))
WINDOWS_WORKSPACE_SOURCES := $(filter-out $(POSIX_FILES),$(call folders,$(WORKSPACE_FOLDERS)))
WINDOWS_SYSTEM_SOURCES := $(filter-out $(POSIX_FILES),$(call folders,$(SYSTEM_FOLDERS)))
WINDOWS_CLOSING_SOURCES := $(filter-out $(POSIX_FILES),$(call folders,$(CLOSING_FOLDERS)))
WINDOWS_LOGOFF_SOURCES := $(filter-out $(POSIX_FILES),$(call folders,$(LOGOFF_FOLDERS)))
WINDOWS_STAND_IN_SOURCES := $(wildcard spec/windows/netapi32/*.c)
WINDOWS_SMB_OBJECTS := $(WINDOWS_SMB_SOURCES:%.c=$(WINDOWS)/objects/%.o)
WINDOWS_SYSTEM_OBJECTS := $(WINDOWS_SYSTEM_SOURCES:%.c=$(WINDOWS)/objects/%.o)
WINDOWS_CLOSING_OBJECTS := $(WINDOWS_CLOSING_SOURCES:%.c=$(WINDOWS)/objects/%.o)
WINDOWS_LOGOFF_OBJECTS := $(WINDOWS_LOGOFF_SOURCES:%.c=$(WINDOWS)/objects/%.o)
WINDOWS_WORKSPACE_OBJECTS := $(WINDOWS_WORKSPACE_SOURCES:%.c=$(WINDOWS)/objects/%.o)
WINDOWS_STAND_IN_OBJECTS := $(WINDOWS_STAND_IN_SOURCES:%.c=$(WINDOWS)/objects/%.o)

WINDOWS_SPECS := $(addprefix spec/,$(addsuffix _spec.lua,attribution case check_command command commands connections \
	enumerations failures fanout html json_text link logon no_news options output page pattern policy policy_outputs \
	presence render report rollcall sandbox secrets server snapshot)) \
	spec/windows/windows_on_wine.lua

WINDOWS_HTTPS_SPECS := $(addprefix spec/,$(addsuffix _spec.lua,documentation inventory workspace_command side_by_side signature workspace \
	workspace_failures workspace_outcome workspace_waiting)) spec/windows/https_on_wine.lua

# What the half over HTTPS depends on. It is run when this has changed since it last passed.
WINDOWS_HTTPS_FILES = $(sort $(shell find csrc/base csrc/binding csrc/workspace lua/rollcall/workspace lua/rollcall/workspace.lua \
	spec/windows spec/lab/cloud.sh $(wildcard spec/lab/cloud*.py) spec/lab/free_ports.py spec/cloud.lua -type f) \
	$(filter spec/%_spec.lua,$(WINDOWS_HTTPS_SPECS)))
WINDOWS_HTTPS_SUM = cat $(WINDOWS_HTTPS_FILES) | sha256sum

.PHONY: test-windows test-windows-https windows windows-packages

# The specs and what they read with are those of the other tests.
windows-packages: test-packages
	@spec/lab/install 'building for Windows, and running that' $(WINDOWS_PACKAGES)

$(WINDOWS)/objects/%.o: %.c
	@mkdir -p $(@D)
	@echo '  CC    $< (Windows)'
	@$(WINDOWS_CC) $(WINDOWS_CFLAGS) -MMD -MP -c $< -o $@

$(WINDOWS)/lib/rollcall/system.dll: $(WINDOWS_SYSTEM_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(WINDOWS_CC) -shared -static-libgcc $^ $(WINDOWS)/lib/liblua54.a -ladvapi32 -o $@

$(WINDOWS)/lib/rollcall/smb/core.dll: $(WINDOWS_SMB_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(WINDOWS_CC) -shared -static-libgcc $^ $(WINDOWS)/lib/liblua54.a -lnetapi32 -ladvapi32 -o $@

$(WINDOWS)/lib/rollcall/smb/closing.dll: $(WINDOWS_CLOSING_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(WINDOWS_CC) -shared -static-libgcc $^ $(WINDOWS)/lib/liblua54.a -lnetapi32 -o $@

$(WINDOWS)/lib/rollcall/workspace/closing.dll: $(WINDOWS_LOGOFF_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(WINDOWS_CC) -shared -static-libgcc $^ $(WINDOWS)/lib/liblua54.a -o $@

$(WINDOWS)/lib/rollcall/workspace/core.dll: $(WINDOWS_WORKSPACE_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(WINDOWS_CC) -shared -static-libgcc $^ $(WINDOWS)/lib/liblua54.a $(WINDOWS)/lib/libcurl.a -lbcrypt -o $@

$(WINDOWS)/bin/%.exe: spec/windows/%.c
	@echo "  LINK  $@"
	@$(WINDOWS_CC) $(WINDOWS_CFLAGS) -static-libgcc $< $(WINDOWS)/lib/liblua54.a -o $@

$(WINDOWS)/bin/netapi32.dll: $(WINDOWS_STAND_IN_OBJECTS)
	@echo '  LINK  $@'
	@$(WINDOWS_CC) -shared -static-libgcc -Wl,--export-all-symbols $^ $(WINDOWS)/lib/liblua54.a -o $@

-include $(sort $(WINDOWS_SMB_OBJECTS:.o=.d) $(WINDOWS_SYSTEM_OBJECTS:.o=.d) $(WINDOWS_CLOSING_OBJECTS:.o=.d) $(WINDOWS_LOGOFF_OBJECTS:.o=.d) $(WINDOWS_WORKSPACE_OBJECTS:.o=.d) $(WINDOWS_STAND_IN_OBJECTS:.o=.d))

windows: $(WINDOWS)/lib/rollcall/smb/core.dll $(WINDOWS)/lib/rollcall/smb/closing.dll $(WINDOWS)/lib/rollcall/workspace/closing.dll $(WINDOWS)/lib/rollcall/system.dll $(WINDOWS)/bin/netapi32.dll $(WINDOWS)/bin/host.exe \
		$(WINDOWS)/bin/closing.exe
	@:

test-windows: windows-packages
	@spec/windows/build $(WINDOWS) lua
	@$(MAKE) --no-print-directory windows
	@echo 'Under Wine, against a mock netapi32:'
	@spec/windows/run $(WINDOWS_SPECS)
	@[ "$$($(WINDOWS_HTTPS_SUM))" = "$$(cat $(WINDOWS)/https-passed 2> /dev/null)" ] || \
	  $(MAKE) --no-print-directory test-windows-https

test-windows-https: windows-packages
	@spec/windows/build $(WINDOWS) lua
	@spec/windows/build $(WINDOWS) curl
	@$(MAKE) --no-print-directory windows $(WINDOWS)/lib/rollcall/workspace/core.dll
	@echo 'Under Wine, with libcurl over Schannel, against nginx:'
	@spec/windows/run --cloud $(WINDOWS_HTTPS_SPECS)
	@$(WINDOWS_HTTPS_SUM) > $(WINDOWS)/https-passed
