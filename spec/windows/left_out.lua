--- Which tests do not run on Windows, by spec file and a part of their names, and why.
local SAMBA = "ask a Samba"
local WITNESS = "have impacket's client as a witness, and it cannot ask netapi32"
local WIRE = "damage bytes on the wire, which netapi32 keeps to itself"
local WORKER = "are about the worker process, which is not there"
local OTHERWISE = "are otherwise on Windows: spec/windows/netapi32_windows.lua"

return {
}
