--- What is different where the operating system is Windows.
local platform = {}

platform.is_windows = package.config:sub(1, 1) == "\\"

---The file that takes whatever is written to it.
platform.null_device = platform.is_windows and "NUL" or "/dev/null"

---@return string?
function platform.home()
  return os.getenv(platform.is_windows and "USERPROFILE" or "HOME")
end

---An argument as the shell of io.popen takes it.
---@param argument string
---@return string? quoted  nil if cmd.exe would not hand it on as it is
function platform.quoted(argument)
  if not platform.is_windows then return "'" .. argument:gsub("'", "'\\''") .. "'" end
  -- Between quotes cmd.exe still replaces %NAME%, and a percent sign cannot be escaped.
  if argument:find '["%c]' or argument:find "%%[%a_]+%%" or argument:find "\\$" then return nil end
  return '"' .. argument .. '"'
end

return platform
