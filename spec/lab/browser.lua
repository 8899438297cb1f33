--- A headless Chromium for the specs, driven by chromedriver over HTTP.
local cjson = require "cjson"
local text_file = require "spec.lab.text_file"

local browser = {}

local methods = {}
local metatable = { __index = methods }

local function shell(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read "a"
  pipe:close()
  return output
end

local content = text_file.so_far

local function request(self, method, path, body)
  local file = self.folder .. "/request.json"
  assert(io.open(file, "w")):write(body and cjson.encode(body) or "{}"):close()
  local answer = shell(("curl -s -m 60 -X %s -H 'Content-Type: application/json' %s http://127.0.0.1:%s%s"):format(
    method, method == "POST" and "--data-binary @" .. file or "", self.port, path))
  local decoded = cjson.decode(answer)
  if type(decoded.value) == "table" and decoded.value.error then error(decoded.value.error .. ": " .. decoded.value.message) end
  return decoded.value
end

local START = "mkdir -p %s/tmp; HOME=%s TMPDIR=%s/tmp chromedriver --port=0 > %s 2>&1 & echo $!"

---Starts chromedriver, again if it chose a port that it then could not have.
local function start_driver(self)
  local log = self.folder .. "/chromedriver.log"
  for _ = 1, 5 do
    self.process = shell(START:format(self.folder, self.folder, self.folder, log)):match "%d+"
    for _ = 1, 200 do
      self.port = content(log):match "started successfully on port (%d+)"
      if self.port then return end
      if content(log):find("Exiting", 1, true) then break end
      os.execute "sleep 0.05"
    end
  end
  error(content(log))
end

---Starts the two; `close` ends them.
---@param folder string  for what they leave behind
---@param arguments? string[]  for Chromium
function browser.new(folder, arguments)
  local self = setmetatable({ folder = folder }, metatable)
  start_driver(self)
  local all = { "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=" .. folder .. "/chromium" }
  for _, argument in ipairs(arguments or {}) do all[#all + 1] = argument end
  local session = request(self, "POST", "/session", {
    capabilities = { alwaysMatch = { ["goog:chromeOptions"] = { args = all }, ["goog:loggingPrefs"] = { browser = "ALL" } } },
  })
  self.session = "/session/" .. session.sessionId
  return self
end

function methods:open(address)
  request(self, "POST", self.session .. "/url", { url = address })
end

---Runs a script in the page and gives what it returns.
function methods:run(script)
  return request(self, "POST", self.session .. "/execute/sync", { script = script, args = { cjson.null } })
end

---Types keys, as a person would.
---@param keys string
---@param held? string  a key that is held down meanwhile
function methods:keys(keys, held)
  local actions = { held and { type = "keyDown", value = held } }
  for _, code in utf8.codes(keys) do
    for _, kind in ipairs { "keyDown", "keyUp" } do actions[#actions + 1] = { type = kind, value = utf8.char(code) } end
  end
  actions[#actions + 1] = held and { type = "keyUp", value = held }
  request(self, "POST", self.session .. "/actions", { actions = { { type = "key", id = "keyboard", actions = actions } } })
end

---What the console says: every error and every refusal of the content security policy.
function methods:console()
  return request(self, "POST", self.session .. "/se/log", { type = "browser" })
end

local function decoded(text, path)
  local encoded = path .. ".base64"
  assert(io.open(encoded, "w")):write(text):close()
  shell(("base64 -d %s > %s && rm %s"):format(encoded, path, encoded))
end

---Prints the page into a file, as PDF.
function methods:print(path)
  decoded(request(self, "POST", self.session .. "/print", { background = true }), path)
end

---A command of the DevTools protocol.
function methods:command(name, parameters)
  return request(self, "POST", self.session .. "/goog/cdp/execute", { cmd = name, params = parameters })
end

---Makes the window so wide and so high, in the page's pixels.
function methods:size(width, height)
  self:command("Emulation.setDeviceMetricsOverride", { width = width, height = height, deviceScaleFactor = 1, mobile = false })
end

---What can be seen of the page, as PNG.
function methods:screenshot(path)
  decoded(request(self, "GET", self.session .. "/screenshot"), path)
end

function methods:close()
  if not self.process then return end
  pcall(request, self, "DELETE", self.session)
  os.execute("kill " .. self.process)
  self.process = nil
end

metatable.__close = methods.close

return browser
