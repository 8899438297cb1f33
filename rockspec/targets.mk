# Packages: rockspecs, and one for Debian.

PACKAGE_SCRIPTS := rockspec/debian/build rockspec/debian/try

.PHONY: rockspecs

# Where luarocks gets a release from.
SOURCE_URL ?= git+file://.

rockspecs:
	@$(LUA) rockspec/write.lua '$(SOURCE_URL)' rollcall.smb.core $(WINDOWS_SMB_SOURCES) -- rollcall.system $(WINDOWS_SYSTEM_SOURCES) -- \
	  rollcall.smb.closing $(WINDOWS_CLOSING_SOURCES) -- rollcall.workspace.closing $(WINDOWS_LOGOFF_SOURCES) -- \
	  rollcall.workspace.core $(WINDOWS_WORKSPACE_SOURCES) -- $(filter-out lua/rollcall/meta/%,$(LUA_SOURCES))

DEB := $(BUILD)/deb
DEB_PACKAGES := dpkg-dev lintian mmdebstrap

.PHONY: deb test-deb deb-packages

deb-packages: packages
	@spec/lab/install 'a Debian package' $(DEB_PACKAGES)

deb: deb-packages
	@$(MAKE) --no-print-directory all
	@rockspec/debian/build $(DEB) $(MAKE) --no-print-directory
	@echo "  DEB   $$(echo $(DEB)/*.deb)"

# A minute and a half, root, and a mirror of Debian; the bare system is kept for the next time.
test-deb: lab-packages deb
	@lintian --allow-root --fail-on error,warning,info,pedantic --display-info --pedantic $(DEB)/*.deb
	@$(LAB) rockspec/debian/try $(BUILD)/bare $(DEB)/*.deb

RELEASE_PACKAGES := git zip unzip faketime

.PHONY: test-release release-packages

release-packages: lab-packages deb-packages test-packages
	@spec/lab/install 'rocks of a release' $(RELEASE_PACKAGES)

test-release: release-packages
	@$(MAKE) --no-print-directory all
	@$(RUN_SPECS) spec/release/release.lua
