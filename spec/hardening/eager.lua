-- For LUA_INIT: a collector in the mode that COLLECTOR_MODE names, which nobody can change any more.
local original = collectgarbage
local modes = {
  generational = { "generational", 1, 1 },
  incremental = { "incremental", 0, 1000 },
}
original(table.unpack(modes[os.getenv "COLLECTOR_MODE"]))

function collectgarbage(what, ...)
  if what == "incremental" or what == "generational" then return os.getenv "COLLECTOR_MODE" end
  if what == "setpause" or what == "setstepmul" then return 0 end
  return original(what, ...)
end
