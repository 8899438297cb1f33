---@meta rollcall.system
error "this file is for editors; the module rollcall.system is written in C"

--- What the command, the reports and the files need of the operating system.
---@class rollcall.system
local system = {}

---Asks for a password on the terminal, without echo. A signal ends or stops the process as ever, after the terminal is as it was.
---@param prompt string
---@return string? password  nil without a terminal, and at the end of its input
---@return string? problem  an interrupt, or a password that is too long
function system.ask_password(prompt) end

---@param descriptor integer  0 to 2
---@return boolean
function system.is_terminal(descriptor) end

---@param descriptor? integer  1, standard output, or 2, standard error; default 1
---@return integer?  columns of the terminal that it is; nil if it is none
function system.terminal_width(descriptor) end

---For a program whose output is made of bytes, UTF-8 and terminal sequences: from now on standard
---output takes them as they are. On Windows it would change line ends, and a console would read
---another character set. Elsewhere a standard stream that is closed stays unusable, but its number is
---taken, so that no file or socket gets what is written to it.
---@return boolean? prepared
---@return string? problem
function system.prepare_streams() end

---A file that is being written. Of one that is replaced, mode and owner are kept, and links are
---followed to it. A device or a FIFO is written as it is.
---@class rollcall.system.output_file
local output_file = {}

---@param text string
---@return boolean? written
---@return string? problem  and nothing is left of it
function output_file:write(text) end

---Puts the file in its place.
---@return boolean? finished
---@return string? problem  and nothing is left of it
function output_file:finish() end

---Leaves what stood in its place; after `finish`, does nothing.
function output_file:close() end

---Begins a file. Until it is finished it stands beside its place, under a name that cannot be guessed or under none.
---@param path string
---@param private? boolean  a file that is new can be read and written by its owner alone; on Windows, by whom its folder says
---@return rollcall.system.output_file?
---@return string? problem
function system.output_file(path, private) end

---A file that lines are put at the end of.
---@class rollcall.system.audit_file
local audit_file = {}

---Puts a line at the end of the file. It is on the disk when this returns.
---@param line string  without an end of line
---@return boolean? written
---@return string? problem
function audit_file:append(line) end

---May be called again.
function audit_file:close() end

---Opens such a file, or makes it, for its owner alone. What is no regular file is refused.
---@param path string
---@return rollcall.system.audit_file?
---@return string? problem
function system.audit_file(path) end

---Who runs this process, as the operating system says and not the environment.
---@return string? name
function system.user_name() end

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

---Makes a function that decodes lines of JSON that are objects of strings with no escapes but `\"` and `\\`, integers and booleans.
---It takes a text, the position at which a line begins, and the object of the line before if that may be used again: then it is, where
---the line has the same names. It gives the position behind the line, the object and the number of its shape, which is that of the line
---before if this had the same names, with values of the same types, in the same order. It gives nothing for a line without an end, and
---for any other line, which may be good JSON all the same.
---@return fun(text: string, position: integer, given_back: table?): integer?, table?, integer?
function system.flat_object_decoder() end

---Calls a function in which a pipe that has lost its reader is an error of the write, and does not end
---the program. Programs that it starts do not notice it either.
---@param f function
---@param ... any
---@return any ...  its results
function system.with_broken_pipes(f, ...) end

---Whether a text comes before another by its bytes, which is the same in every locale.
---@param a string
---@param b string
---@return boolean
function system.text_less(a, b) end

---@return number  seconds of a clock that only goes forward
function system.clock() end

---From now on, and until this Lua state is closed, SIGTERM, SIGINT and SIGHUP do not end the process but
---are noted. Those that are ignored stay ignored, as nohup asks for.
function system.catch_signals() end

---From now on, and until this Lua state is closed, an interrupt (SIGINT) is noted before it goes on to who
---handles it, such as the interpreter.
function system.note_interrupt() end

---@return integer?  the first signal that was noted, by any Lua state of the process
function system.caught_signal() end

---@param seconds number
---@return boolean  false if a signal was noted, before or while sleeping
function system.sleep(seconds) end

---Waits for what an on_wait gets, as the iterators do without one.
---@param waits rollcall.waits
---@return number seconds  that it waited
function system.wait(waits) end

---Several descriptors that are waited for as one.
---@return rollcall.system.poller
function system.poller() end

---@class rollcall.system.poller
local poller = {}

---From now on it can be read whenever this descriptor can.
---@param descriptor integer
function poller:add(descriptor) end

---@param timeout? number  seconds; absent: for ever
---@return number seconds  that it waited
function poller:wait(timeout) end

---@return integer?  the one to wait for, until it is closed; nil on Windows
function poller:descriptor() end

---May be called again.
function poller:close() end

---The terminal as one screen that is drawn anew, with keys as they are pressed and without echo. It is as it was once this is closed,
---and however the process ends or stops; after it was stopped it is a screen again.
---@class rollcall.system.screen
local screen = {}

---@return string?  what was typed since the last time, maybe nothing; nil if the terminal is gone
function screen:read() end

---@param text string
---@return boolean  false if the terminal is gone, or a signal that is caught has broken it off
function screen:write(text) end

---@return boolean  whether it has to be drawn anew since the last time: another size, or the process was stopped
function screen:changed() end

---@return integer? columns  nil if the terminal does not say
---@return integer? lines
function screen:size() end

---@return integer  readable once something was typed
function screen:descriptor() end

---May be called again.
function screen:close() end

---Takes the terminal that standard input and output are. There is one screen at a time.
---@return rollcall.system.screen?
---@return string? problem  they are none, or on Windows
function system.screen() end

---Starts a command of the shell. It has no terminal and no input, and of the environment nothing that rollcall takes for a secret.
---@param command string
---@return rollcall.system.running_command?  nil if it cannot be started, and on Windows
---@return string? problem
function system.start_command(command) end

---A command that was started, whose output is read as it comes.
---@class rollcall.system.running_command
local running_command = {}

---@return string|false|nil  some of the output; false if there is none yet; nil at its end
function running_command:read() end

---@return "exit code"|"signal"|"unknown"|nil how  it ended; nil while it runs; "unknown" if the host reaped it
---@return integer code  the number
---@return string complaint  the first 512 bytes that it wrote to standard error
function running_command:result() end

---@return number  since it was started, by a clock that nobody sets
function running_command:seconds() end

---@return integer  readable when there is something to read; the same until it is closed
function running_command:descriptor() end

---Kills it, and what it started, if it still runs. May be called again.
function running_command:close() end

return system
