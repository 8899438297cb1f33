"""A host of several Lua states that lives on after them; see spec/embedding_spec.lua.

    host.py SCENARIO
"""
import ctypes
import os
import signal
import sys
import time

lua = ctypes.CDLL("liblua5.4.so.0", mode=ctypes.RTLD_GLOBAL)
libc = ctypes.CDLL(None)
lua.luaL_newstate.restype = ctypes.c_void_p
lua.lua_tolstring.restype = ctypes.c_char_p
libc.signal.restype = ctypes.c_void_p
libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]


class State:
    def __init__(self):
        self.L = ctypes.c_void_p(lua.luaL_newstate())
        lua.luaL_openlibs(self.L)
        self.run('system = require "rollcall.system"')

    def run(self, code):
        """Returns the text of what the code returns."""
        if lua.luaL_loadstring(self.L, code.encode()) or lua.lua_pcallk(self.L, 0, 1, 0, 0, None):
            raise RuntimeError(lua.lua_tolstring(self.L, -1, None))
        result = lua.lua_tolstring(self.L, -1, None)
        lua.lua_settop(self.L, -2)
        return result and result.decode()

    def caught(self):
        return self.run("return system.caught_signal()")

    def close(self):
        lua.lua_close(self.L)


def closed():
    """Does SIGTERM end this process when the state that caught it is closed?"""
    state = State()
    state.run("system.catch_signals() system.catch_signals()")
    os.kill(os.getpid(), signal.SIGTERM)
    print(state.caught(), flush=True)
    state.close()
    os.kill(os.getpid(), signal.SIGTERM)
    print("alive")


def several():
    """Do signals stay caught until the last state that wants them is closed?"""
    first, second, other = State(), State(), State()
    first.run("system.catch_signals()")
    second.run("system.catch_signals()")
    first.close()
    os.kill(os.getpid(), signal.SIGHUP)
    print(second.caught(), flush=True)
    second.close()
    print(other.caught(), flush=True)
    os.kill(os.getpid(), signal.SIGHUP)
    print("alive")


def kept():
    """May a host keep the handler, and call it when all states are closed?"""
    state = State()
    state.run("system.catch_signals()")
    handler = libc.signal(signal.SIGTERM, None)
    state.close()
    libc.signal(signal.SIGTERM, handler)
    os.kill(os.getpid(), signal.SIGTERM)
    print("alive")


def own():
    """Is a handler that the host has set meanwhile left alone, and one from before put back?"""
    seen = []
    signal.signal(signal.SIGHUP, lambda number, frame: seen.append("before"))
    state = State()
    state.run("system.catch_signals()")
    signal.signal(signal.SIGTERM, lambda number, frame: seen.append("meanwhile"))
    state.close()
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGHUP)
    print(*seen)


def interrupt():
    """Does an interrupt that is noted still reach the host?"""
    seen = []
    signal.signal(signal.SIGINT, lambda number, frame: seen.append("reached"))
    state = State()
    state.run("system.note_interrupt()")
    os.kill(os.getpid(), signal.SIGINT)
    print(state.caught(), *seen)
    state.run("system.catch_signals()")
    os.kill(os.getpid(), signal.SIGINT)
    print(*seen)
    state.close()
    os.kill(os.getpid(), signal.SIGINT)
    print(*seen)


def watched():
    """Does the clock that ends stuck calls leave a host alone that has closed its state?"""
    state = State()
    state.run("system.end_stuck_calls(3600)")
    state.close()
    start = time.process_time()
    while time.process_time() - start < 2.5:
        pass
    print("alive")


{scenario.__name__: scenario for scenario in (closed, several, kept, own, interrupt, watched)}[sys.argv[1]]()
