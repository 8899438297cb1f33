std = "lua54"
max_line_length = 140
max_comment_line_length = 200
files["spec/*_spec.lua"] = { std = "lua54+busted" }
files["spec/luas/*_spec.lua"] = { std = "lua54+busted", ignore = { "512" } } -- loops that end in their first turn
files["spec/hardening/allocation.lua"] = { globals = { "starve" }, max_line_length = false } -- a script a line
files["spec/hardening/fuzz/workspace.lua"] = { globals = { "answer_with", "was_asked" } } -- the fuzzer's
files["spec/schema/*.lua"] = { std = "lua54+busted" }
files["spec/domain/domain.lua"] = { std = "lua54+busted" }
files["spec/release/release.lua"] = { std = "lua54+busted" }
files["spec/windows/*_on_wine.lua"] = { std = "lua54+busted", ignore = { "512" } } -- loops that end in their first turn
files["spec/embedding/who.lua"] = { globals = { "lighty" } } -- the host's
files["spec/answers_spec.lua"] = { std = "lua54+busted", max_line_length = false } -- a case a line
files["spec/sandbox_spec.lua"] = { std = "lua54+busted", max_line_length = false }
files["spec/pattern_spec.lua"] = { std = "lua54+busted", max_line_length = false } -- a case a line
files["spec/check_command_spec.lua"] = { std = "lua54+busted", max_line_length = false } -- a case a line
files["spec/policy_spec.lua"] = { std = "lua54+busted", max_line_length = false } -- a case a line
files["spec/hardening/eager.lua"] = { globals = { "collectgarbage" } } -- which it takes away
files["spec/hardening/remains.lua"] = { read_globals = { "stop" } } -- its host's
files["spec/lifetime_spec.lua"] = { ignore = { "512" } } -- loops that end in their first turn
files["lua/rollcall/report/html/s*.lua"] = { max_line_length = false } -- style and script, in their own languages
files["lua/rollcall/meta/*.lua"] = { ignore = { "111", "112", "211", "212", "213", "241", "511", "512" } } -- 111, 112: the words of files
