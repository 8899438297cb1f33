---@meta _
error "this file is for editors; tests of a policy are read by `rollcall check --test`"

--- The word of a file with tests of a policy.

---@class rollcall.policy.test_block
---@field name string  what it shows
---@field rows table[]  each with its `kind`, and fields of rows of that kind alone
---@field targets? table[]  results for the targets, each with a `query`, which is a kind of rows, and a `completeness`; default every kind complete
---@field now? string  the time of the poll in UTC, "2026-11-20 22:00:00"; default the present
---@field normalize_user? fun(account: string): string?  makes the user of an account; default `presence.user_of`
---@field verdicts? table<string, "pass"|"fail"|"unknown">  what rules must come to, by their ids; absent: `findings` says what is tested
---@field findings? table<string, string|string[]>  all the messages of rules, by their ids; absent: `verdicts` says what is tested

---Declares a test. Raises what is wrong, with its line and field.
---
---     test { name = "a guest", rows = { { kind = "smb_session", user_flags = 1 } }, verdicts = { ["no-guests"] = "fail" } }
---@param given rollcall.policy.test_block  rows, and what the rules must say of them
function test(given) end
