# The queries by Lua 5.3 and LuaJIT, each in its own tree, and in hosts that bring them. Debian's nginx wants another LuaJIT than the
# package luajit has, which goes where it is there.

LUAS := lua5.4 lua5.3 luajit
LUAS_PACKAGES := lua5.3 liblua5.3-dev luajit2 libluajit2-5.1-dev lua-compat53 lua-compat53-dev nmap haproxy libnginx-mod-http-lua neovim
# What is written for Lua 5.4 and holds elsewhere; what a loop closes there is left to the collector here.
OLDER_SPECS := $(patsubst %,spec/%_spec.lua,attribution case connections enumerations event_loops failures fanout link options secrets \
	signature workspace workspace_failures workspace_outcome workspace_waiting)
OLDER_SPECS_5.3 := $(patsubst %,spec/%_spec.lua,conditions html json_text logons name_lists no_news output policy policy_outputs presence render report \
	result_pages snapshot wire)
.PHONY: test-luas luas-packages $(LUAS:%=test-lua-%)

luas-packages: test-packages
	@spec/lab/install 'other Luas, and hosts that bring them' $(LUAS_PACKAGES)

test-luas: luas-packages
	@$(MAKE) --no-print-directory all
	@for lua in $(LUAS); do $(MAKE) --no-print-directory LUA=$$lua test-lua-$$lua || exit 1; done
	@$(RUN_SPECS) spec/luas/hosts_spec.lua spec/luas/install_spec.lua

$(LUAS:%=test-lua-%): all
	@echo '  $(LUA)'
	@$(RUN_SPECS) spec/luas/queries_spec.lua
	@$(if $(filter 5.4,$(LUA_VERSION)),,$(RUN_SPECS) --exclude-tags=conformance --helper=spec.luas.older $(if $(filter command,$(firstword $(origin SPEC))),$(SPEC),$(OLDER_SPECS) $(OLDER_SPECS_$(LUA_VERSION))))
