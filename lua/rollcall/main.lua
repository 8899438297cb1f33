if _VERSION ~= "Lua 5.4" then
  io.stderr:write(("rollcall: the command needs Lua 5.4, and this is %s; the modules work in it\n"):format(_VERSION))
  os.exit(2)
end

-- luarocks installs this file below its tree, and with --deps-mode none starts it without the tree's paths.
local tree, version = arg[0]:match "^(.*)/lib/luarocks/rocks%-(%d+%.%d+)/rollcall/"
if tree then
  package.path = ("%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua;%s"):format(tree, version, tree, version, package.path)
  package.cpath = ("%s/lib/lua/%s/?.so;%s"):format(tree, version, package.cpath)
end
os.exit(require("rollcall.cli").main(arg), true)
