---@meta fence
-- SPDX-License-Identifier: Apache-2.0
-- types.lua - what a policy finds, for editors with LuaLS. It is never run; README.md says more.

---What a policy's file returns.
---@class fence.Policy
---@field name? string 1 to 63 bytes; else the file's name
---@field on_connect? fun(req: fence.Request): fence.Verdict? A tunnel is asked for.
---@field on_request? fun(req: fence.Request): fence.Verdict? A plain HTTP request has been read.
---@field on_resolve? fun(req: fence.Request): fence.Verdict? Addresses are known; cannot allow.
---@field on_exec? fun(cmd: fence.Command): fence.Verdict? Something is executed.
---@field on_start? fun(run: fence.Run) A command starts.
---@field on_close? fun(req: fence.Request) A request or tunnel that reached its host is over.
---@field on_event? fun(event: fence.Event): string|false|nil A line instead; false: no line.
---@field on_exit? fun(summary: fence.Summary) The command has ended.

---What somebody wants. It is over when the hook has returned.
---@class fence.Request
---@field id integer the client's connection
---@field kind "connect"|"http"|"socks5"|"capture"
---@field host string in its normal form; an IP address without brackets
---@field port integer
---@field method string? nil in a tunnel
---@field scheme string? "http"; nil in a tunnel
---@field path string? without the query; nil in a tunnel
---@field query string? what follows the first "?"; nil in a tunnel
---@field url string? nil in a tunnel
---@field headers fence.Headers? in on_request alone
---@field addresses string[]? in on_resolve alone
---@field time number seconds since 1970
---@field bytes_sent integer? from the client; in on_close alone
---@field bytes_received integer? from the host; in on_close alone
---@field duration number? seconds; in on_close alone

---The command that fence was given.
---@class fence.Command
---@field argv string[] the command and its arguments
---@field line string the same, with spaces between
---@field cwd string the folder it would start in
---@field pid integer? the process that executes it; nil for the command that fence starts

---A command that starts.
---@class fence.Run
---@field id integer the same in its summary
---@field command string[] the command and its arguments
---@field cwd string the folder it starts in

---A decision that is about to be reported.
---@class fence.Event
---@field kind "decision"
---@field verdict "allow"|"deny"
---@field rule string what decided: "network.allowedDomains[0]", "policy:NAME"; or ""
---@field reason string why not, by its RFC 9209 name; "" when allowed
---@field message string for people; or ""
---@field request fence.Request

---What has come of a command.
---@class fence.Summary
---@field id integer that of its run
---@field status integer its exit status; 128 + n after signal n
---@field duration number seconds
---@field allowed integer decisions that allowed
---@field denied integer decisions that denied

---The fields of a request's head, by their names in any case.
---@class fence.Headers
---@field each fun(self: fence.Headers): fun(): string?, string? All, in their order.
---@field [string] string?

---To be returned by a hook.
---@class fence.Verdict

---Rules that fence.domains has compiled.
---@class fence.Domains
---@field match fun(self: fence.Domains, host: string, port?: integer): boolean Does a rule match?

---Networks that fence.cidrs has compiled.
---@class fence.Cidrs
---@field match fun(self: fence.Cidrs, address: string): boolean Does it lie in one of them?

---A pattern that fence.glob has compiled.
---@class fence.Glob
---@field match fun(self: fence.Glob, text: string): boolean Does the whole text match?

---Buckets of tokens that fence.rate has made.
---@class fence.Rate
---@field take fun(self: fence.Rate, key?: string): boolean Is there a token left? Takes it.

---A case of a test file: `fence policy test`. It has either `connect` or `request`.
---@class fence.Case
---@field name string What its line is called.
---@field connect? string "HOST:PORT", a tunnel.
---@field request? string "METHOD URL".
---@field headers? table<string, string> What on_request sees of a plain HTTP request.
---@field addresses? string[] What the host resolves to.
---@field expect "allow"|"deny"|"ask"
---@field rule? string The rule that decides.
---@field message? string A part of what it says.

---What was decided of a test function's question; each is "" where there is none.
---@class fence.Decision
---@field verdict "allow"|"deny"|"ask"
---@field rule string
---@field message string
---@field cure string How to allow it.

---What a test function is given.
---@class fence.Tester
---@field connect fun(authority: string, options?: { addresses?: string[] }): fence.Decision
---@field request fun(method: string, url: string, options?: table): fence.Decision
---@field equal fun(expected: any, got: any) An error unless both are equal.

---What the settings have for policies: a copy for each policy.
---@class fence.Config
---@field policy table<string, any> what stands under "policy" there; empty without it

---Whatever has a match.
---@class fence.Matcher
---@field match fun(self: fence.Matcher, ...): boolean

---A moment as calendars show it: require "fence.clock".
---@class fence.Time
---@field year integer
---@field month integer 1 to 12
---@field day integer 1 to 31
---@field hour integer
---@field minute integer
---@field second integer
---@field weekday "monday"|"tuesday"|"wednesday"|"thursday"|"friday"|"saturday"|"sunday"
---@field day_number integer 1 is Monday

---@class fence.Clock
---@field at fun(time: number, offset?: number): fence.Time `offset` hours ahead of UTC.

---Sums for each key: require "fence.tally".
---@class fence.Tally
---@field add fun(self: fence.Tally, key: any, amount?: number): number Adds; returns the sum.
---@field get fun(self: fence.Tally, key: any): number
---@field sorted fun(self: fence.Tally): fun(): any, number The largest first.

---@class fence
---@field allow fun(message?: string): fence.Verdict It may pass.
---@field deny fun(message?: string): fence.Verdict It may not.
---@field ask fun(message: string): fence.Verdict A person should decide.
---@field domains fun(rules: string[]): fence.Domains Rules as in network.allowedDomains.
---@field cidrs fun(networks: string[]): fence.Cidrs "10.0.0.0/8", "fd00::/8", "192.0.2.1".
---@field glob fun(pattern: string): fence.Glob "*" is all but "/", "**" all, "?" a byte but "/".
---@field rate fun(options: { count: number, per: number }): fence.Rate So many in so many seconds.
---@field log fun(level: "debug"|"info"|"warn"|"error", message: string, fields?: table) A line.
---@field config fence.Config What the settings have for policies.
---@field any fun(...: fence.Matcher): fence.Matcher Matches where one of them does.
---@field is_read fun(req: fence.Request): boolean GET, HEAD or OPTIONS.
local fence = {}

return fence
