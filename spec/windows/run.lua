--- Runs specs with busted on Windows:  lua.exe spec/windows/run.lua SPEC...
--
-- Of the C modules that busted asks for, those for clock and terminal are these few lines.
local core = require "rollcall.core"

package.preload.system = function()
  return { gettime = os.time, monotime = os.clock, sleep = core.sleep }
end
package.preload.term = function() return { isatty = function() return false end } end
package.preload["spec.lab"] = function() return require "spec.windows.lab" end

require "busted.runner" { standalone = false }
