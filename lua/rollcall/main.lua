#!/usr/bin/env lua5.4
os.exit(require("rollcall.cli").main(arg), true)
