--- Files of lines, gzip by name: put in their place when they are whole; read with bounds.
local json_line = require "rollcall.snapshot.line"
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

---The text of gzip's members, one after another as gzip reads them, to the last byte of the file.
local function inflated(file)
  local inflate, taken, members, rest = nil, 0, 0, ""
  return function()
    while true do
      local piece, problem = rest, nil
      if piece == "" then piece, problem = file:read(COMPRESSED_CHUNK) end
      if not piece then
        if problem or not inflate and members > 0 then return nil, problem end
        return broken "the compressed data ends in the middle"
      end
      local begins = not inflate
      if begins then inflate, taken = zlib.inflate(GZIP_WINDOW), 0 end
      local done, text, ended, bytes_in = pcall(inflate, piece)
      if not done then
        return broken(begins and members > 0 and "something follows the compressed data" or "the compressed data is damaged")
      end
      if ended then
        inflate, members, rest = nil, members + 1, piece:sub(bytes_in - taken + 1)
      else
        taken, rest = taken + #piece, ""
      end
      if #text > 0 then return text end
    end
  end
end

-- The exit code of gzip for a warning: it has ignored what follows.
local GZIP_WARNING = 2

---What the program gzip writes to a pipe, and whether it was content.
local function inflated_by_program(pipe)
  return function()
    local piece, problem = pipe:read(CHUNK)
    if piece or problem then return piece, problem end
    local ended, how, code = pipe:close()
    if ended then return nil end
    return broken(how == "exit" and code == GZIP_WARNING and "something follows the compressed data" or "the compressed data is damaged")
  end
end

---A function that gives the file's text in pieces, then nil, or nil and what is wrong.
local function pieces_of(path, file)
  if not is_gzip(path) then
    return function() return file:read(CHUNK) end
  end
  return (has_zlib and inflated or inflated_by_program)(file)
end

local function by_gzip(path)
  return io.popen(("gzip -dc -- %s 2> /dev/null"):format(platform.quoted(path)))
end

---@return file*?
---@return string? reason
---@return boolean? is_seekable  false of a pipe
local function open_for_reading(path)
  local file, problem = io.open(path, "rb")
  -- io.open puts the path, a colon and a blank before the reason.
  if not file then return nil, problem:sub(#path + 3) end
  if file:read(0) == nil then
    local _, reason = file:read(1)
    file:close()
    return nil, reason or "is empty"
  end
  local is_seekable = file:seek "set" ~= nil
  if is_gzip(path) and not has_zlib then
    file:close()
    if not has_gzip then return nil, NEEDS_ZLIB end
    file, problem = by_gzip(path)
    if not file then return nil, problem end
  end
  return file, nil, is_seekable
end

---Gives the object or list of a line, false where it is damaged; the number of its shape, or nil; then as `next`. It gets the object
---that it gave last, if that may be given again, with other values.
---@alias rollcall.snapshot_file.next_object fun(spent: table?): table|false|nil, integer?, string?, boolean?

---@class rollcall.snapshot_file.reader
---@field next fun(): string?, string?, boolean?  a line; or nil and what is wrong; true with a line that has no end
---@field next_object rollcall.snapshot_file.next_object
---@field skip fun(): boolean  goes on behind a line; false where there is none
---@field rewind fun(): boolean  goes back to the first line; false of what can be read only once, such as a pipe
---@field close fun()

---@param path string
---@return rollcall.snapshot_file.reader?
---@return string? reason  without the path
function snapshot_file.reader(path)
  local file, problem, is_seekable = open_for_reading(path)
  if not file then return nil, problem end
  local next_piece = pieces_of(path, file)
  local buffer, position, failed = "", 1, nil
  local piece, behind -- read already, and where it goes on behind what the buffer has of it
  ---Reads until the buffer has the whole of the next line.
  ---@return integer? finish  where it ends; nil if there is none with an end
  local function read_line()
    while true do
      local finish = buffer:find("\n", position, true)
      if finish or failed ~= nil then return finish end
      local rest = buffer:sub(position)
      if piece and rest == "" then
        buffer, position, piece = piece, behind, nil
      elseif #rest > LONGEST_LINE then
        buffer, failed = "", "a line is longer than 16 MiB"
      else
        local reason
        piece, reason = next_piece()
        if piece then
          -- A line of two pieces is put together by itself, so that no whole piece is copied.
          local cut = piece:find("\n", 1, true) or #piece
          buffer, position, behind = rest .. piece:sub(1, cut), 1, cut + 1
        else
          failed = reason or false
        end
      end
    end
  end
  local function next_line()
    local finish = read_line()
    if finish then
      local line = buffer:sub(position, finish - 1)
      position = finish + 1
      return line
    end
    local rest = buffer:sub(position)
    buffer, position = "", 1
    if rest == "" then return nil, failed or nil end
    return rest, failed or nil, true
  end
  local decode_here = system.flat_object_decoder()
  local function next_object(spent)
    local after, object, shape = decode_here(buffer, position, spent)
    if not after and not buffer:find("\n", position, true) and read_line() then
      after, object, shape = decode_here(buffer, position, spent)
    end
    if after then
      position = after
      return object, shape
    end
    local line, reason, without_end = next_line()
    if not line then return nil, nil, reason end
    return json_line.decode(line) or false, nil, reason, without_end
  end
  local function skip()
    local finish = read_line()
    if finish then position = finish + 1 end
    return finish ~= nil or next_line() ~= nil
  end
  local function close()
    if io.type(file) == "file" then file:close() end
  end
  local function rewind()
    if not is_seekable then return false end
    if is_gzip(path) and not has_zlib then
      close()
      file = by_gzip(path)
    else
      file:seek "set"
    end
    if not file then return false end
    next_piece, buffer, position, failed, piece = pieces_of(path, file), "", 1, nil, nil
    return true
  end
  return { next = next_line, next_object = next_object, skip = skip, rewind = rewind, close = close }
end

---@class rollcall.snapshot_file.writer
---@field write fun(text: string)  raises what goes wrong, and leaves nothing then
---@field finish fun()  puts the file in its place; likewise
---@field abandon fun()  leaves nothing

---Text that the program gzip compresses at the end, since one that stops reading would keep the
---writer from telling why.
local function by_program(output, check)
  local spool = os.tmpname()
  local file = assert(io.open(spool, "wb"))
  local function close()
    if io.type(file) == "file" then file:close() end
    os.remove(spool)
  end
  return {
    write = function(text) check(file:write(text)) end,
    finish = function()
      check(file:close())
      local pipe = io.popen("gzip -c < " .. platform.quoted(spool))
      for piece in function() return pipe:read(CHUNK) end do check(output:write(piece)) end
      check(pipe:close(), "gzip failed")
    end,
    close = close,
  }
end

local function by_zlib(output, check)
  local deflate = zlib.deflate(6, GZIP_WINDOW)
  return {
    write = function(text) check(output:write((deflate(text)))) end,
    finish = function() check(output:write((deflate("", "finish")))) end,
    close = function() end,
  }
end

local function plainly(output, check)
  return {
    write = function(text) check(output:write(text)) end,
    finish = function() end,
    close = function() end,
  }
end

---@param path string
---@param private? boolean  nobody but the owner may read it, if it is new
---@return rollcall.snapshot_file.writer?
---@return string? problem
function snapshot_file.writer(path, private)
  if is_gzip(path) and not has_zlib and not has_gzip then return nil, path .. ": " .. NEEDS_ZLIB end
  local output, problem = system.output_file(path, private)
  if not output then return nil, problem end
  local way
  local function abandon()
    output:close()
    way.close()
  end
  local function check(done, reason)
    if done then return end
    abandon()
    if reason:sub(1, #path) ~= path then reason = path .. ": " .. reason end
    error(reason, 0)
  end
  way = (not is_gzip(path) and plainly or has_zlib and by_zlib or by_program)(output, check)
  return {
    write = way.write,
    finish = function()
      way.finish()
      check(output:finish())
      way.close()
    end,
    abandon = abandon,
  }
end

return snapshot_file
