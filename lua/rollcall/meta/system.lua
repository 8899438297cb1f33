---@meta rollcall.system
error "this file is for editors; the module rollcall.system is written in C"

--- What the command, the reports and the files need of the operating system.
---@class rollcall.system
local system = {}

---Asks for a password on the terminal, without echo.
---@param prompt string
---@return string? password  nil without a terminal
function system.ask_password(prompt) end

---@param descriptor integer  0 to 2
---@return boolean
function system.is_terminal(descriptor) end

---@return integer?  columns of the terminal that standard output is; nil if it is none
function system.terminal_width() end

---For a program whose output is made of bytes, UTF-8 and terminal sequences: from now on standard
---output takes them as they are. On Windows it would change line ends, and a console would read
---another character set; elsewhere there is nothing to do.
function system.prepare_output() end

---Puts a file in the place of another, which may be there or not, in one step.
---@param from string
---@param to string
---@return boolean? replaced
---@return string? problem
function system.replace_file(from, to) end

---Reads a file with secrets in it.
---@param path string
---@return string? content
---@return string? problem  that it cannot be read, or that others may read it
function system.read_private_file(path) end

---Runs a text in a Lua state of its own, with the harmless part of Lua's library and the words of a
---vocabulary, within bounds on instructions, memory and time (five seconds a call).
---
---What the text hands to a word is copied; of its functions come functions that call them within the
---same bounds, and raise what they raise. A table that a word returns is an object there, which can be
---handed back; a table that such a function is called with can be read while the call lasts. Neither
---can be changed, and no function of the host is reached through it.
---@param text string
---@param name string  as for `load`
---@param vocabulary table<string, function|table<string, function>>  called with the line, and what the text says
---@param where string  what such texts are called, for messages: "policy files"
---@param instructions integer  that a call may take
---@param bytes integer  that the state may have, and that it may hand to words
---@return true? ran
---@return string? problem
function system.run_sandboxed(text, name, vocabulary, where, instructions, bytes) end

---From now on a call into a sandbox that takes so many seconds of processor time ends the process with
---the exit code 3, and a line on standard error that names the function. For a program of its own.
---@param seconds integer  from 1 to 3600
function system.end_stuck_calls(seconds) end

---Decodes a line of JSON that is an object of strings with no escapes but `\"` and `\\`, integers and booleans.
---@param line string
---@return table?  nil for any other line, which may be good JSON all the same
function system.flat_object(line) end

---From now on SIGTERM, SIGINT and SIGHUP do not end the process but are noted.
function system.catch_signals() end

---@return integer?  the first signal that was noted
function system.caught_signal() end

---@param seconds number
---@return boolean  false if a signal was noted, before or while sleeping
function system.sleep(seconds) end

---Waits for what an on_wait is given, as the iterators do without one.
---@param waits rollcall.waits
---@return number seconds  that it waited
function system.wait(waits) end

return system
