--- Files of lines, gzip by name: written beside their place and put there whole; read with bounds.
local core = require "rollcall.core"
local platform = require "rollcall.platform"

local snapshot_file = {}

local CHUNK = 65536
-- 16 KiB of gzip can be 16 MiB of text.
local COMPRESSED_CHUNK = 16384
local LONGEST_LINE = 16 * 1024 * 1024

local has_zlib, zlib = pcall(require, "zlib")
local GZIP_WINDOW = 31

local function is_gzip(path) return path:find "%.gz$" ~= nil end

-- The program gzip does what zlib would, where there is a shell that can be trusted with a path.
local function open_gzip(command, path, mode)
  if platform.is_windows then return nil, path .. ": the rock lua-zlib is needed for .gz" end
  return io.popen(command:format(platform.quoted(path)), mode)
end

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
    file, problem = open_gzip("gzip -dc -- %s 2> /dev/null", path, "r")
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
---@field write fun(text: string)  raises what goes wrong
---@field finish fun()  puts the file in its place
---@field abandon fun()  leaves nothing

---@param path string
---@return rollcall.snapshot_file.writer?
---@return string? problem
function snapshot_file.writer(path)
  local temporary = path .. ".new"
  local file, problem = io.open(temporary, "wb")
  if not file then return nil, problem end
  local deflate
  if is_gzip(path) then
    if has_zlib then
      deflate = zlib.deflate(6, GZIP_WINDOW)
    else
      file:close()
      file, problem = open_gzip("gzip -c > %s", temporary, "w")
      if not file then
        os.remove(temporary)
        return nil, problem
      end
    end
  end
  local function put(text)
    local written, reason = file:write(text)
    if not written then error(temporary .. ": " .. reason, 0) end
  end
  return {
    write = function(text) put(deflate and deflate(text) or text) end,
    finish = function()
      if deflate then put((deflate("", "finish"))) end
      local closed, reason = file:close()
      if closed then closed, reason = core.replace_file(temporary, path) end
      if not closed then error(("%s: %s"):format(path, tostring(reason)), 0) end
    end,
    abandon = function()
      file:close()
      os.remove(temporary)
    end,
  }
end

return snapshot_file
