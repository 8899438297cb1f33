--- The guides as programs. What stands in a fenced block is run, or checked as far as it can be without running it, by its language:
--
--     lua       with the name of a file as its first comment it is that file, which a command must use; else a script, which is run
--     console   lines that begin with "$ " are commands, with "> " their further lines; what stands under one is what it prints,
--               "..." is lines left out; a command that fails is followed by "$ echo $?"
--     yaml, json, sh, lighttpd   read by something that knows the language
--     systemd   a unit, whose name is its first comment
--     text      neither
--
-- A word after `console` says how: "any-order" compares the lines as a set, "later" lets the lab's next thing happen before, and
-- "after=FILE" while the block runs, which begins before it, once FILE is there. Names that only the lab has are put in place of those that the guide uses, and back in what is
-- printed. Blanks, times and durations are the same whatever they are.
local cjson = require "cjson"
local shell = require "spec.lab.shell"
local text_file = require "spec.lab.text_file"

local guide = {}

---@class spec.guide.block
---@field line integer  of its fence
---@field language string
---@field words table<string, true>  after the language
---@field awaits? string
---@field text string

---The fenced blocks of a page.
---@return spec.guide.block[]
function guide.blocks(path)
  local blocks, block, number = {}, nil, 0
  for line in io.lines(path) do
    number = number + 1
    local info = line:match "^%s*```(.*)"
    if block and info == "" then
      block.text = table.concat(block.lines, "\n")
      blocks[#blocks + 1], block = block, nil
    elseif info and not block then
      block = { line = number, lines = {}, words = {}, language = info:match "^%S*" }
      for word in info:gmatch "%s(%S+)" do block.words[word] = true end
      block.awaits = info:match "%safter=(%S+)"
    elseif block then
      block.lines[#block.lines + 1] = line
    end
  end
  assert(not block, path .. " ends within a block")
  return blocks
end

---Puts one side of pairs of names in place of the other.
---@return string
function guide.replaced(text, names, from, to)
  for _, pair in ipairs(names) do
    local pattern = pair[from]:gsub("%p", "%%%0")
    if pair[from]:find "^%w" then pattern = "%f[%w_]" .. pattern end
    if pair[from]:find "%w$" then pattern = pattern .. "%f[^%w_]" end
    text = text:gsub(pattern, (pair[to]:gsub("%%", "%%%%")))
  end
  return text
end

local function normalized(line)
  return (line:gsub("%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[%d.]*Z?", "TIME"):gsub("%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d", "TIME")
    :gsub("%f[%w]%d+[smhd][%dsmhd]*%f[^%w]", "DURATION"):gsub("%f[%w]%d%d%d%d%d%d%d%d+%f[^%w]", "ID")
    :gsub('"seconds": %d+', '"seconds": DURATION'):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

local function lines_of(text)
  local lines = {}
  for line in (text:gsub("\n*$", "\n")):gmatch "([^\n]*)\n" do
    if line ~= "" or #lines > 0 then lines[#lines + 1] = normalized(line) end
  end
  return lines
end

---Whether lines are those shown, where "..." stands for any number of them.
local function is_as_shown(lines, shown, i, j)
  if j > #shown then return i > #lines end
  if shown[j] == "..." then
    for next_line = i, #lines + 1 do
      if is_as_shown(lines, shown, next_line, j + 1) then return true end
    end
    return false
  end
  return lines[i] == shown[j] and is_as_shown(lines, shown, i + 1, j + 1)
end

---Whether lines are those shown, in whatever order; "..." stands for all others.
local function has_shown(lines, shown)
  local left, others = {}, false
  for _, line in ipairs(lines) do left[line] = (left[line] or 0) + 1 end
  local count = #lines
  for _, line in ipairs(shown) do
    if line == "..." then
      others = true
    elseif (left[line] or 0) == 0 then
      return false
    else
      left[line], count = left[line] - 1, count - 1
    end
  end
  return others or count == 0
end

---The commands of a console block, and what it shows under each.
local function commands_of(text)
  local commands = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    local last = commands[#commands]
    local command, more = line:match "^%$ (.*)", line:match "^> (.*)"
    if command then
      commands[#commands + 1] = { command = command, shown = "" }
    elseif more and last and last.shown == "" then
      last.command = last.command .. "\n" .. more
    else
      assert(last, "a console block begins with a command: " .. line)
      last.shown = last.shown .. line .. "\n"
    end
  end
  return commands
end

---@class spec.guide.lab
---@field folder string  where it runs
---@field environment string  variables, as a shell sets them
---@field names { [1]: string, [2]: string }[]  what the guide says, and what the lab has
---@field earlier fun()  undoes it
---@field later fun()  lets the next thing happen
---@field await fun(path: string)  returns when the file is there

local function fail(path, block, words, ...)
  error(("%s:%d: %s"):format(path, block.line, words:format(...)), 0)
end

local function run_console(path, block, lab)
  local commands, script = commands_of(block.text), { "exec 2>&1", "cd '" .. lab.folder .. "'", lab.environment }
  for i, command in ipairs(commands) do
    script[#script + 1] = ("%s\nstatus=$?; printf '\\001%%d\\n' $status; (exit $status)"):format(
      guide.replaced(command.command, lab.names, 1, 2))
    commands[i].expects_failure = commands[i + 1] and commands[i + 1].command == "echo $?"
  end
  text_file.put(lab.folder .. "/block.sh", table.concat(script, "\n") .. "\n")
  if block.words.later then lab.later() end
  local output
  if block.awaits then
    lab.earlier()
    local pipe = assert(io.popen("sh '" .. lab.folder .. "/block.sh'"))
    lab.await(lab.folder .. "/" .. block.awaits)
    lab.later()
    output = pipe:read "a"
    pipe:close()
  else
    output = shell.run("sh '" .. lab.folder .. "/block.sh'")
  end
  local i = 0
  for printed, status in output:gmatch "(.-)\1(%d+)\n" do
    i = i + 1
    local command = commands[i]
    command.raw, command.printed = printed, guide.replaced(printed, lab.names, 2, 1)
    if status ~= "0" and not command.expects_failure then
      fail(path, block, "'%s' failed with %s: %s", command.command, status, command.printed)
    end
  end
  if i ~= #commands then fail(path, block, "ended early: %s", output) end
  return commands
end

local function is_right(block, command)
  local compare = block.words["any-order"] and has_shown or is_as_shown
  return compare(lines_of(command.printed), lines_of(command.shown), 1, 1)
end

local function check_console(path, block, lab)
  for _, command in ipairs(run_console(path, block, lab)) do
    if not is_right(block, command) then
      fail(path, block, "'%s' printed\n%s\nand the guide shows\n%s", command.command, command.printed, command.shown)
    end
  end
end

local function quoted_file(lab, text)
  text_file.put(lab.folder .. "/checked", text)
  return shell.quoted(lab.folder .. "/checked")
end

local function assert_command(path, block, command)
  local output, code, complaint = shell.run(command)
  if code ~= 0 then fail(path, block, "%s%s", output, complaint) end
end

local languages = {}

function languages.lua(path, block, lab)
  local text, name = guide.replaced(block.text, lab.names, 1, 2), block.text:match "^%-%- (%S+%.lua)%f[%s]"
  if name then
    text_file.put(lab.folder .. "/" .. name, text)
    lab.files[name] = block
    return
  end
  text_file.put(lab.folder .. "/script.lua", text)
  assert_command(path, block, ("cd '%s' && %s\nlua5.4 script.lua"):format(lab.folder, lab.environment))
end

function languages.console(path, block, lab)
  for name in pairs(lab.files) do
    if block.text:find(name, 1, true) then lab.files[name] = nil end
  end
  check_console(path, block, lab)
end

function languages.yaml(path, block, lab)
  assert_command(path, block, "/usr/bin/python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' " .. quoted_file(lab, block.text))
end

function languages.json(path, block)
  local read, problem = pcall(cjson.decode, block.text)
  if not read then fail(path, block, "%s", problem) end
end

function languages.sh(path, block, lab)
  assert_command(path, block, "sh -n " .. quoted_file(lab, block.text))
end

---The program of the unit is not installed here, and other units only where systemd is.
function languages.systemd(path, block, lab)
  local name = assert(block.text:match "^# (%S+)", "a unit's name is its first comment")
  text_file.put(lab.folder .. "/" .. name, (block.text:gsub("/usr/bin/rollcall", lab.folder .. "/bin/rollcall")))
  assert_command(path, block, ("cd '%s' && "
    .. "complaints=$(SYSTEMD_UNIT_PATH=$PWD: systemd-analyze verify --man=no %s 2>&1) && [ -z \"$complaints\" ] || "
    .. "{ echo \"$complaints\"; exit 1; }"):format(lab.folder, name))
end

function languages.text() end

---Runs a guide; an error where it is not as it says.
---@param path string
---@param lab spec.guide.lab
function guide.run(path, lab)
  lab.files = {}
  for _, block in ipairs(guide.blocks(path)) do
    local check = languages[block.language]
    if not check then fail(path, block, "a block of language '%s' is not checked by anything", block.language) end
    check(path, block, lab)
  end
  for name, block in pairs(lab.files) do fail(path, block, "no command uses %s", name) end
end

local function is_table(line) return not line:find "^#" and not line:find "^rollcall:" end

-- Guides have short names: columns keep their places, and then blanks that all lines of a table have in one place become two.
local function narrowed(text, names)
  for _, pair in ipairs(names) do
    local pad = (" "):rep(#pair[2] - #pair[1])
    text = text:gsub(pair[2]:gsub("%p", "%%%0") .. "(  +)", (pair[1] .. pad):gsub("%%", "%%%%") .. "%1")
  end
  local lines, widest = {}, 0
  for line in guide.replaced(text, names, 2, 1):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
    if is_table(line) then widest = math.max(widest, #line) end
  end
  for column = widest, 3, -1 do
    local blank = true
    for _, line in ipairs(lines) do
      blank = blank and (not is_table(line) or line:sub(column - 2, column):find "^%s*$" ~= nil)
    end
    for i, line in ipairs(lines) do
      if blank and is_table(line) then lines[i] = line:sub(1, column - 1) .. line:sub(column + 1) end
    end
  end
  return table.concat(lines, "\n")
end

---For the author: writes what the commands print into the guide, in place of what stands there and is something else.
function guide.write(path, lab)
  lab.files = {}
  local text, blocks = text_file.content(path), guide.blocks(path)
  for _, block in ipairs(blocks) do
    if block.language == "console" then
      local parts = {}
      for _, command in ipairs(run_console(path, block, lab)) do
        local printed = is_right(block, command) and command.shown or narrowed(command.raw, lab.names)
        parts[#parts + 1] = "$ " .. command.command:gsub("\n", "\n> ") .. "\n" .. printed:gsub("\n*$", "\n")
        if printed:gsub("%s", "") == "" then parts[#parts] = "$ " .. command.command:gsub("\n", "\n> ") .. "\n" end
      end
      local shown = table.concat(parts):gsub("\n$", "")
      local first, last = text:find(block.text, 1, true)
      text = text:sub(1, first - 1) .. shown .. text:sub(last + 1)
    elseif languages[block.language] then
      languages[block.language](path, block, lab)
    end
  end
  text_file.put(path, text)
end

return guide
