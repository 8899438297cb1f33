--- Runs specs with busted on Windows:  lua.exe spec/windows/run.lua SPEC...
local system = require "rollcall.system"
local shell = require "spec.windows.shell"

-- Of the C modules that busted asks for, those for clock and terminal are these few lines.
package.preload.system = function()
  return { gettime = os.time, monotime = os.clock, sleep = system.sleep }
end
package.preload.term = function() return { isatty = function() return false end } end

package.preload["spec.lab"] = function() return require "spec.windows.lab" end

-- Schannel does not take an address for a name where it is given the certificates to trust.
package.preload["spec.cloud"] = function()
  local environment = setmetatable({ io = shell.io, os = shell.os }, { __index = _G })
  local cloud = assert(loadfile("spec/cloud.lua", "t", environment))()
  cloud.tls = cloud.tls:gsub("127%.0%.0%.1", "localhost")
  cloud.http1 = cloud.http1:gsub("127%.0%.0%.1", "localhost")
  return cloud
end

-- Specs see the shell; what they test does not.
local new_busted = require "busted.core"
package.loaded["busted.core"] = function()
  local busted = new_busted()
  busted.export("io", shell.io)
  busted.export("os", shell.os)
  return busted
end

require "busted.runner" { standalone = false }
