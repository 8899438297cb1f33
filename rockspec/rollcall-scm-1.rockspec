rockspec_format = "3.0"
package = "rollcall"
version = "scm-1"
source = {
   url = "git+file://.",
}
description = {
   summary = "A roll call of who is connected: to the shares of your file servers, and to your cloud desktops.",
   detailed = [[
NetConnectionEnum of any SMB server, and the sessions of Huawei Cloud Workspace, as Lua iterators, with
the errors, pages and fan-out that an administrator with many servers needs, and a command on top.]],
   license = "MIT",
}
supported_platforms = { "linux" }
dependencies = {
   "lua >= 5.4, < 5.5",
   "lua-cjson >= 2.1.0",
   "argparse >= 0.7.1",
}
external_dependencies = {
   SMBCLIENT = { header = "samba-4.0/libsmbclient.h", library = "smbclient" },
   CURL = { library = "curl" },
   CRYPTO = { library = "crypto" },
}
build = {
   type = "make",
   build_variables = {
      CFLAGS = "$(CFLAGS)",
      LUA_INCDIR = "$(LUA_INCDIR)",
   },
   install_target = "install-rock",
   install_variables = {
      LUADIR = "$(LUADIR)",
      LIBDIR = "$(LIBDIR)",
      LUA_INCDIR = "$(LUA_INCDIR)",
   },
   install = {
      bin = { rollcall = "lua/rollcall/main.lua" },
   },
}
