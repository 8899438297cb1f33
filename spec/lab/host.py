"""A host program that runs a Lua script and has a function to change its environment, which Lua has not.

    host.py SCRIPT

The script's global `setenv` takes a name and a value.
"""
import ctypes
import os
import sys

lua = ctypes.CDLL("liblua5.4.so.0", ctypes.RTLD_GLOBAL)
lua.luaL_newstate.restype = ctypes.c_void_p
lua.lua_tolstring.restype = ctypes.c_char_p


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
def setenv(state):
    name, value = (lua.lua_tolstring(ctypes.c_void_p(state), index, None) for index in (1, 2))
    os.putenv(name, value)
    return 0


state = ctypes.c_void_p(lua.luaL_newstate())
lua.luaL_openlibs(state)
lua.lua_pushcclosure(state, setenv, 0)
lua.lua_setglobal(state, b"setenv")
if lua.luaL_loadstring(state, sys.argv[1].encode()) or lua.lua_pcallk(state, 0, -1, 0, 0, None):
    sys.exit(lua.lua_tolstring(state, -1, None).decode())
