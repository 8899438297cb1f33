--- Names of users, computers and folders, as two calls of the same server may have written them.
local case = require "rollcall.internal.case"

local names = {}

---@param name? string  of a user or a computer
---@return string  without a domain or backslashes in front, in lower case
function names.key(name)
  return name and case.lower((string.gsub(name, "^.*\\", ""))) or ""
end

---@param username? string
---@return string?  in lower case; nil where none is named
function names.domain(username)
  local domain = username and string.match(username, "^([^\\]+)\\")
  return domain and case.lower(domain)
end

---Whether two names may be those of one user: a domain counts where both have one.
---@param one string
---@param other string
function names.same_user(one, other)
  if names.key(one) ~= names.key(other) then return false end
  local domain, others = names.domain(one), names.domain(other)
  return not (domain and others) or domain == others
end

---A path with slashes of one kind and none at its end, in lower case.
---@param path string
---@return string
function names.path(path)
  return case.lower((string.gsub(string.gsub(path, "/", "\\"), "\\+$", "")))
end

---Whether a path is a folder's or leads into it; both as `names.path` gives them. What is no more than the beginning of a
---name is no folder.
---@param path string
---@param folder string
function names.is_under(path, folder)
  return path == folder or string.sub(path, 1, #folder + 1) == folder .. "\\"
end

return names
