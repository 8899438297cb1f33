--- Files of lines, gzip by name: written beside their place and put there whole; read with bounds.
local system = require "rollcall.system"
local platform = require "rollcall.internal.platform"

local snapshot_file = {}

local CHUNK = 65536
-- 16 KiB of gzip can be 16 MiB of text.
local COMPRESSED_CHUNK = 16384
local LONGEST_LINE = 16 * 1024 * 1024

local has_zlib, zlib = pcall(require, "zlib")
local GZIP_WINDOW = 31

local function is_gzip(path) return path:find "%.gz$" ~= nil end

-- The program gzip does what zlib would, where there is a shell that can be trusted with a path.
local has_gzip = not platform.is_windows
local NEEDS_ZLIB = "the rock lua-zlib is needed for .gz"

local function broken(problem) return nil, problem end

---A function that gives the file's text in pieces, then nil, or nil and what is wrong.
local function pieces_of(path, file)
  if not is_gzip(path) then
    return function() return file:read(CHUNK) end
  end
  if not has_zlib then
    return function() return file:read(CHUNK) end
  end
  local inflate, ended = zlib.inflate(GZIP_WINDOW), false
  return function()
    while true do
      local piece = file:read(COMPRESSED_CHUNK)
      if not piece then
        if ended then return nil end
        return broken "the compressed data ends in the middle"
      end
      if ended then return broken "something follows the compressed data" end
      local inflated, text, eof = pcall(inflate, piece)
      if not inflated then return broken "the compressed data is damaged" end
      ended = eof
      if #text > 0 then return text end
    end
  end
end

local function open_for_reading(path)
  local file, problem = io.open(path, "rb")
  if not file then return nil, problem end
  if file:read(0) == nil then
    local _, reason = file:read(1)
    file:close()
    return nil, path .. ": " .. (reason or "is empty")
  end
  if is_gzip(path) and not has_zlib then
    file:close()
    if not has_gzip then return nil, path .. ": " .. NEEDS_ZLIB end
    file, problem = io.popen(("gzip -dc -- %s 2> /dev/null"):format(platform.quoted(path)))
    if not file then return nil, problem end
  end
  return file
end

---@class rollcall.snapshot_file.reader
---@field next fun(): string?, string?, boolean?  a line; or nil and what is wrong; true with a line that has no end
---@field close fun()

---@param path string
---@return rollcall.snapshot_file.reader?
---@return string? problem
function snapshot_file.reader(path)
  local file, problem = open_for_reading(path)
  if not file then return nil, problem end
  local next_piece = pieces_of(path, file)
  local buffer, position, failed = "", 1, nil
  local function next_line()
    while true do
      local finish = buffer:find("\n", position, true)
      if finish then
        local line = buffer:sub(position, finish - 1)
        position = finish + 1
        return line
      end
      if failed ~= nil then return nil, failed or nil end
      local rest = buffer:sub(position)
      if #rest > LONGEST_LINE then
        failed = "a line is longer than 16 MiB"
        return nil, failed
      end
      local piece, reason = next_piece()
      if not piece then
        failed = reason or false
        buffer, position = "", 1
        if #rest > 0 then return rest, reason, true end
        return nil, reason
      end
      buffer, position = rest .. piece, 1
    end
  end
  return { next = next_line, close = function() file:close() end }
end

---@class rollcall.snapshot_file.writer
---@field write fun(text: string)  raises what goes wrong, and leaves nothing then
---@field finish fun()  puts the file in its place; likewise
---@field abandon fun()  leaves nothing

---@param path string
---@return rollcall.snapshot_file.writer?
---@return string? problem
function snapshot_file.writer(path)
  local by_program = is_gzip(path) and not has_zlib
  if by_program and not has_gzip then return nil, path .. ": " .. NEEDS_ZLIB end
  local temporary = path .. ".new"
  local compressed = temporary .. ".gz"
  local file, problem = io.open(temporary, "wb")
  if not file then return nil, problem end
  local deflate = is_gzip(path) and has_zlib and zlib.deflate(6, GZIP_WINDOW)
  local function abandon()
    if io.type(file) == "file" then file:close() end
    os.remove(temporary)
    if by_program then os.remove(compressed) end
  end
  local function check(done, reason)
    if done then return end
    abandon()
    error(("%s: %s"):format(path, reason), 0)
  end
  return {
    write = function(text) check(file:write(deflate and deflate(text) or text)) end,
    finish = function()
      if deflate then check(file:write((deflate("", "finish")))) end
      check(file:close())
      if by_program then
        -- Only now, since a program that stops reading ends the one that writes to it.
        check(os.execute(("gzip -c < %s > %s"):format(platform.quoted(temporary), platform.quoted(compressed))), "gzip failed")
        check(system.replace_file(compressed, temporary))
      end
      check(system.replace_file(temporary, path))
    end,
    abandon = abandon,
  }
end

return snapshot_file
