---@meta _
error "this file is for editors; a policy is read by rollcall.policy"

--- The words of a policy file. Beside them such a file has the harmless part of Lua's library.

---@class rollcall.policy.rule_block
---@field id string  its name in results: letters, digits, '.', '_' and '-'
---@field message string|fun(subject: table): string  of a finding, with `{field}` in it; or gets the row, or the group
---@field severity? "error"|"warning"|"note"  how grave it is; default "error"
---@field description? string  what it is for; absent: none
---@field kind? string|string[]  of the rows it is about: "connection", "smb_session", "file", "share", "access", "session", or one's own; absent: all
---@field filter? fun(view: rollcall.presence): any  which of these rows; absent: all
---@field check? fun(view: rollcall.presence): any  true where a row passes; absent: check_group judges groups of rows
---@field group_by? string|string[]  fields whose values make the groups; absent: check judges each row
---@field check_group? fun(group: rollcall.policy.group): any  true where a group passes; absent: check judges each row
---@field distinct? string[]|string  fields whose values a group collects; absent: none
---@field requires? string|string[]  fields without which a row cannot be judged, besides those of group_by; absent: none
---@field on_missing? "unknown"|"skip"  what a row without one of these makes the rule; "skip": such a row is not judged; default "unknown"
---@field min_rows? integer  with fewer rows judged, the rule is unknown; absent: a complete answer without rows passes

---@class rollcall.policy.waive_block
---@field rule string|string[]  the ids of the rules that it waives
---@field reason string  why
---@field expires string  the last day, such as "2026-12-31"
---@field user? string  only for this user; absent: for any
---@field client? string  only from this client; absent: from any
---@field resource? string  only on this resource; absent: on any
---@field origin? string  only on this server or service; absent: on any

---What a use of a builtin rule may set itself.
---@class rollcall.policy.builtin_block
---@field id? string  its name in results; default the rule's own, with dashes
---@field severity? "error"|"warning"|"note"  how grave it is; default "error"
---@field description? string  what it is for; absent: none
---@field kind? string|string[]  of the rows it is about; default the rule's own
---@field on_missing? "unknown"|"skip"  what a row without a field that the rule needs makes it; default "unknown"
---@field min_rows? integer  with fewer rows judged, the rule is unknown; absent: a complete answer without rows passes
---@field message? string|fun(subject: table): string  of a finding; default the rule's own
---@field filter? fun(view: rollcall.presence): any  which rows, besides those that the rule is not about; absent: all

---A rule made by `builtin`, for `rule`.
---@class rollcall.policy.builtin_rule: rollcall.policy.rule_block

---@class rollcall.policy.max_block: rollcall.policy.builtin_block
---@field max integer  how many are allowed, from 1

---@class rollcall.policy.seconds_block: rollcall.policy.builtin_block
---@field seconds integer  that are allowed, up to 366 days

---@class rollcall.policy.hours_block: rollcall.policy.builtin_block
---@field from string  a time of day, such as "07:30"
---@field to string  a later one, up to "24:00"
---@field days? string|string[]  "mon", "tue", "wed", "thu", "fri", "sat", "sun"; absent: every day
---@field utc_offset? integer  seconds that the hours are ahead of UTC, from -50400 to 50400; default 0
---@field at? "now"|"since"  whether the time of the poll counts, or when somebody connected; default "now"

---@class rollcall.internal.networks_block: rollcall.policy.builtin_block
---@field allow string|string[]  networks and addresses, such as "10.0.0.0/8", "fd00::/8"

---@class rollcall.policy.version_block: rollcall.policy.builtin_block
---@field min string  such as "22.4.2"

---@class rollcall.policy.administrative_block: rollcall.policy.builtin_block
---@field ipc? boolean  whether IPC$ counts; default false

---@class rollcall.policy.accounts_block: rollcall.policy.builtin_block
---@field deny? string|string[]  patterns, such as "svc-*", with at most three `*` and any `?`; absent: `allow` says which
---@field allow? string|string[]  likewise; absent: `deny` says which

---Declares a rule. Raises what is wrong, with its line and field.
---
---     rule { id = "no-guests", kind = "smb_session", message = "{client} is a guest", requires = "user_flags",
---       check = function(session) return session.user_flags & 1 == 0 end }
---@param given rollcall.policy.rule_block|rollcall.policy.builtin_rule  the rule
function rule(given) end

---Waives findings of rules. Raises what is wrong, with its line and field.
---
---     waive { rule = "no-guests", client = "10.0.0.7", reason = "kiosk", expires = "2026-12-31" }
---@param given rollcall.policy.waive_block  which, why and how long
function waive(given) end

---The builtin rules, each for `rule`: `rule(builtin.two_clients {})`.
---@class rollcall.policy.builtin_rules
builtin = {}

---At most so many sessions of a user. Raises what is wrong, with its line and field.
---@param given rollcall.policy.max_block  how many
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.sessions_per_user(given) end

---At most so many computers that a user is connected from. Raises what is wrong, with its line and field.
---@param given rollcall.policy.max_block  how many
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.clients_per_user(given) end

---At most one computer that a user is connected from. Raises what is wrong, with its line and field.
---@param given? rollcall.policy.builtin_block  what it sets itself
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.two_clients(given) end

---Nobody idle for longer. Raises what is wrong, with its line and field.
---@param given rollcall.policy.seconds_block  how long
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.idle_longer_than(given) end

---Nobody connected for longer. Raises what is wrong, with its line and field.
---@param given rollcall.policy.seconds_block  how long
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.connected_longer_than(given) end

---Nobody connected outside working hours. Raises what is wrong, with its line and field.
---@param given rollcall.policy.hours_block  the hours
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.outside_hours(given) end

---Every client in one of these networks. Raises what is wrong, with its line and field.
---@param given rollcall.internal.networks_block  the networks
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.client_networks(given) end

---No Workspace client older than a version. Raises what is wrong, with its line and field.
---@param given rollcall.policy.version_block  the version
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.client_version_below(given) end

---Nobody on an administrative share. Raises what is wrong, with its line and field.
---@param given? rollcall.policy.administrative_block  what it sets itself
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.administrative_shares(given) end

---Every connection encrypted, as Samba's own status says. Raises what is wrong, with its line and field.
---@param given? rollcall.policy.builtin_block  what it sets itself
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.encrypted(given) end

---Every connection signed or encrypted, as Samba's own status says. Raises what is wrong, with its line and field.
---@param given? rollcall.policy.builtin_block  what it sets itself
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.signed(given) end

---Nobody logged on who has been idle for longer in every session. Raises what is wrong, with its line and field.
---@param given rollcall.policy.seconds_block  how long
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.logged_on_and_away(given) end

---No account of these patterns, or none but these. Raises what is wrong, with its line and field.
---@param given rollcall.policy.accounts_block  the patterns
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.accounts(given) end

---No Workspace session that failed to begin. Raises what is wrong, with its line and field.
---@param given? rollcall.policy.builtin_block  what it sets itself
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.failed_sessions(given) end

---Nobody on a share and on a desktop at once. Raises what is wrong, with its line and field.
---@param given? rollcall.policy.builtin_block  what it sets itself
---@return rollcall.policy.builtin_rule  for `rule`
function builtin.share_and_desktop(given) end
