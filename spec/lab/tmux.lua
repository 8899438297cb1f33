--- A terminal with a person at it: tmux, whose screen is read and whose keys are pressed.
local lab = require "spec.lab"

local quoted = require("spec.lab.shell").quoted

local tmux = {}
local methods = {}
local metatable = { __index = methods }

---@param columns integer
---@param lines integer
---@return table terminal  with a shell in it, to be closed
function tmux.open(columns, lines)
  local self = setmetatable({ socket = lab.run("mktemp -u " .. lab.folder .. "/tmux.XXXXXX"):match "%S+" }, metatable)
  local shell = [[PS1="\$ " exec sh -i]]
  local _, code, complaint = lab.run(("LC_ALL=C.UTF-8 tmux -u -S %s -f /dev/null new-session -d -x %d -y %d '%s'"):format(self.socket,
    columns, lines, shell))
  assert(code == 0, complaint)
  self:wait_for "$"
  return self
end

---@param command string
function methods:tmux(command)
  local output, code, complaint = lab.run(("LC_ALL=C.UTF-8 tmux -u -S %s %s"):format(self.socket, command))
  assert(code == 0, complaint)
  return output
end

---Types a text.
function methods:type(text) self:tmux("send-keys -l " .. quoted(text)) end

---Presses keys, by tmux's names.
function methods:press(...)
  for _, key in ipairs { ... } do self:tmux("send-keys " .. key) end
end

---Runs a command in the shell.
function methods:run(command)
  self:type(command)
  self:press "Enter"
end

---@param with_styles? boolean
---@return string
function methods:screen(with_styles) return self:tmux("capture-pane -p " .. (with_styles and "-e" or "")) end

---Waits for something on the screen.
---@param wanted string|fun(screen: string): any
---@return string screen
function methods:wait_for(wanted)
  local screen
  for _ = 1, 200 do
    screen = self:screen()
    if type(wanted) == "string" and screen:find(wanted, 1, true) or type(wanted) == "function" and wanted(screen) then return screen end
    os.execute "sleep 0.05"
  end
  error(("%s did not come:\n%s"):format(tostring(wanted), screen), 2)
end

function methods:resize(columns, lines) self:tmux(("resize-window -x %d -y %d"):format(columns, lines)) end

---What the terminal says of itself.
function methods:state(format) return (self:tmux("display-message -p " .. quoted(format)):gsub("\n$", "")) end

function methods:close() lab.run(("tmux -S %s kill-server"):format(self.socket)) end

metatable.__close = methods.close

return tmux
