-- SPDX-License-Identifier: Apache-2.0
-- cli_spec.lua - the command line as people type it: which words are fence's, which the command's,
-- and what appears on which stream.

local fenced = require "spec.support.fenced"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local function run(identity, arguments, options)
  options = options or {}
  local argv = table.move(arguments, 1, #arguments, 2, { users.binary(identity) })
  return process.run({
    argv = argv, as_user = identity, stdin = options.stdin, env = options.env, timeout = 10000,
  })
end

-- Prints its arguments, one a line, in brackets: an empty one shows.
local show = [[for word do printf '<%s>\n' "$word"; done]]

-- name, fence's words, the whole line behind "fence: "
local refused = {
  { "no word at all", {}, "no command: fence -- COMMAND [ARG...]; see fence --help" },
  { "options alone", { "-m", "-d" }, "no command: fence -- COMMAND [ARG...]; see fence --help" },
  { "-- alone", { "--" }, "no command: fence -- COMMAND [ARG...]; see fence --help" },
  { "an abbreviation", { "--setting", "x", "true" },
    "unknown option '--setting': see fence --help" },
  { "an abbreviation of one character less", { "--hel" },
    "unknown option '--hel': see fence --help" },
  { "a longer name", { "--helpp" }, "unknown option '--helpp': see fence --help" },
  { "another case", { "--Help" }, "unknown option '--Help': see fence --help" },
  { "a long name with one dash", { "-help" }, "unknown option '-help': see fence --help" },
  { "an unknown letter", { "-x", "true" }, "unknown option '-x': see fence --help" },
  { "an unknown letter behind known ones", { "-mdx", "true" },
    "unknown option '-mdx': see fence --help" },
  { "an unknown word with a value", { "--nope=1", "true" },
    "unknown option '--nope=1': see fence --help" },
  { "an option of another subcommand", { "--http", "127.0.0.1:0", "true" },
    "unknown option '--http': see fence --help" },
  { "a time of zero", { "--ask-timeout", "0", "true" },
    "--ask-timeout takes 1 to 600 seconds, not '0'" },
  { "a time that is too long", { "--ask-timeout=601", "true" },
    "--ask-timeout takes 1 to 600 seconds, not '601'" },
  { "a time with a unit", { "--ask-timeout", "10s", "true" },
    "--ask-timeout takes 1 to 600 seconds, not '10s'" },
  { "a time below zero", { "--ask-timeout", "-5", "true" },
    "--ask-timeout takes 1 to 600 seconds, not '-5'" },
  { "no time", { "--ask-timeout=", "true" },
    "--ask-timeout takes 1 to 600 seconds, not ''" },
  { "a value that is missing", { "--settings" }, "option needs a value: '--settings'" },
  { "a value that is missing, by its letter", { "-s" }, "option needs a value: '-s'" },
  { "a value that is missing in a group", { "-ms" }, "option needs a value: '-ms'" },
  { "-c without its string", { "-c" }, "option needs a value: '-c'" },
  { "a value where none belongs", { "--version=1" }, "option takes no value: '--version=1'" },
  { "two settings files", { "-s", "a", "-s", "b", "true" },
    "a second settings file 'b': one is read, not two" },
  { "-c twice", { "-c", "true", "-c", "false" }, "a second command 'false': -c is given once" },
  { "-c and words", { "-c", "true", "false" },
    "-c takes one string, and no further words: put them into it" },
  { "-c and words behind --", { "-c", "true", "--", "false" },
    "-c takes one string, and no further words: put them into it" },
  { "an escape sequence in an option", { "--\27[31m" },
    "unknown option '--?[31m': see fence --help" },
  { "a line of its own in an option", { "--a\nfence: b" },
    "unknown option '--a?fence: b': see fence --help" },
}

local not_built = {
  { "--log-file", "/dev/null" }, { "--fence-log-file", "/dev/null" }, { "--summary" },
  { "--color=always" }, { "--shell", "sh" }, { "--shell-login" },
  { "--service-execution-model", "x" }, { "--expose-host-path", "/x" },
  { "--expose-host-path-rw", "/x" },
}

local reserved = {
  "check", "import", "hooks", "completion",
}

-- name, fence's words, what the command prints
local passed = {
  { "the first word that is no option ends the options", { "sh", "-c", show, "-d", "-m", "-x" },
    "<-m>\n<-x>\n" },
  { "-- ends them too", { "-m", "--", "sh", "-c", show, "0", "--", "-d" }, "<-->\n<-d>\n" },
  { "every byte of an argument", { "--", "sh", "-c", show, "0", "", " a  b ", "$HOME", "*", "'\"\\",
    "a\nb", "\255\1" }, "<>\n< a  b >\n<$HOME>\n<*>\n<'\"\\>\n<a\nb>\n<\255\1>\n" },
  { "-c is one string for sh", { "-c", "printf '%s|' a 'b  c' \"$0\"" }, "a|b  c|sh|" },
  { "-c joined to its letter", { "-cecho joined" }, "joined\n" },
  { "--command with an equals sign", { "--command=echo a=b" }, "a=b\n" },
  { "a subcommand's name behind --", { "--", "sh", "-c", "echo proxy" }, "proxy\n" },
  { "a subcommand's name as a second word", { "echo", "proxy" }, "proxy\n" },
  { "letters in one word", { "-mc", "echo grouped" }, "grouped\n" },
}

local function pattern_of(text)
  return (text:gsub("%p", "%%%0"))
end

for _, identity in ipairs(users.identities()) do
  describe("the command line as " .. identity, function()
    for _, case in ipairs({
      { "--help", "^Usage: fence %[options%]" }, { "-h", "^Usage: fence %[options%]" },
      { "--version", "^fence [^\n]*\n  Version: %d+%.%d+%.%d+\n" },
      { "-v", "^fence [^\n]*\n  Version: %d+%.%d+%.%d+\n" },
    }) do
      it(case[1] .. " answers on standard output, with 0", function()
        local result = run(identity, { case[1] })
        assert.equal("", result.err)
        assert.matches(case[2], result.out)
        assert.equal(0, result.code)
      end)
    end

    it("--help names every option that works, and no other", function()
      local help = run(identity, { "--help" }).out
      for _, name in ipairs({ "settings", "allow", "deny", "allow-write", "deny-read",
        "deny-write", "allow-nested", "command", "monitor", "debug", "version", "help" }) do
        assert.matches("%-%-" .. pattern_of(name) .. "%s", help)
      end
      for _, words in ipairs(not_built) do
        assert.is_nil(help:find(words[1]:gsub("=.*", "") .. " ", 1, true), words[1])
      end
    end)

    it("fence proxy --help answers on standard output, with 0", function()
      local result = run(identity, { "proxy", "--help" })
      assert.equal("", result.err)
      assert.matches("^Usage: fence proxy %[%-%-http", result.out)
      assert.equal(0, result.code)
    end)

    it("3M.237 says so when help cannot be written", function()
      local result = process.run({ as_user = identity, timeout = 10000,
        argv = { "sh", "-c", '"$0" --help >/dev/full', users.binary(identity) } })
      assert.equal("fence: cannot write to standard output\n", result.err)
      assert.equal(125, result.code)
    end)

    for _, case in ipairs(refused) do
      it("refuses " .. case[1], function()
        local result = run(identity, case[2])
        assert.equal("fence: " .. case[3] .. "\n", result.err)
        assert.equal("", result.out)
        assert.equal(125, result.code)
      end)
    end

    it("refuses every option that is not built, by its name", function()
      for _, words in ipairs(not_built) do
        local argv = table.move(words, 1, #words, 1, {})
        table.move({ "--", "echo", "ran" }, 1, 3, #argv + 1, argv)
        local result = run(identity, argv)
        assert.matches("^fence: option '%-%-[%a-]+' is not built yet: leave it out\n$", result.err)
        assert.equal("", result.out)
        assert.equal(125, result.code)
      end
    end)

    it("keeps the names of later subcommands", function()
      for _, name in ipairs(reserved) do
        local result = run(identity, { name })
        assert.equal(("fence: 'fence %s' is not built yet; to run a program of that name: " ..
          "fence -- %s\n"):format(name, name), result.err)
        assert.equal(125, result.code)
      end
    end)

    it("a subcommand refuses words it has no use for, and wants those it needs", function()
      for _, words in ipairs({ { "proxy", "true" }, { "proxy", "-c", "true" },
        { "proxy", "--", "true" }, { "proxy" }, { "demo", "true" },
        { "proxy", "--http", "localhost:0" },
        { "proxy", "--http", "127.0.0.1" }, { "proxy", "--http", "127.0.0.1:99999" },
        { "proxy", "--http", "127.0.0.1:0", "--http", "127.0.0.1:0" },
        { "proxy", "--socks", "127.0.0.1" },
        { "proxy", "--http", "127.0.0.1:0", "--login", "/nonexistent" } }) do
        local result = run(identity, words)
        assert.matches("^fence: [^\n]+\n$", result.err)
        assert.equal("", result.out)
        assert.equal(125, result.code)
      end
    end)

    local function confined(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    for _, case in ipairs(passed) do
      confined(case[1], function()
        local result = run(identity, case[2])
        assert.equal("", result.err)
        assert.equal(case[3], result.out)
        assert.equal(0, result.code)
      end)
    end

    confined("a subcommand's name is a program behind --, and the first word only", function()
      local result = run(identity, { "--", "doctor" })
      assert.equal("fence: 'doctor' was not found\n", result.err)
      assert.equal(127, result.code)
      assert.equal(127, run(identity, { "-m", "doctor" }).code)
    end)

    confined("the command's streams are its own", function()
      local result = run(identity, { "-c", "cat; echo err >&2" }, { stdin = "a\0b\r\n" })
      assert.equal("a\0b\r\n", result.out)
      assert.equal("err\n", result.err)
      assert.equal(0, result.code)
    end)
  end)

  describe("the output lines as " .. identity, function()
    local server, shapes

    lazy_setup(function()
      server = origin.http("origin")
      local port = ":" .. server.port
      local clock, took = "%d%d:%d%d:%d%d", " %(%d+m?s%)$"
      shapes = {
        sandbox = "^%[fence%] sandbox: bwrap .+ sh %-c ",
        allowed = "^%[fence:filter%] Allowed by rule: good%.test" .. port ..
          " %(matched network%.allowedDomains%[0%]%)$",
        ok = "^%[fence:http%] " .. clock .. " ✓ GET     200 good%.test http://good%.test" .. port ..
          "/" .. took,
        unknown_tls = "^%[fence:filter%] No matching rule, denying: evil%.test:443$",
        allowed_gone = "^%[fence:filter%] Allowed by rule: gone%.test:1 %(matched .+%)$",
        unknown = "^%[fence:filter%] No matching rule, denying: evil%.test:80$",
        no = "^%[fence:http%] " .. clock .. " ✗ GET     403 evil%.test http://evil%.test/" .. took,
        tunnel = "^%[fence:http%] " .. clock ..
          " ✗ CONNECT 403 evil%.test https://evil%.test:443" .. took,
        by_rule = "^%[fence:filter%] Denied by rule: bad%.test:80 %(matched %-%-deny bad%.test%)$",
        bad = "^%[fence:http%] " .. clock .. " ✗ GET     403 bad%.test http://bad%.test/" .. took,
        broken = "^%[fence:http%] " .. clock .. " ! GET     502 gone%.test http://gone%.test:1/" ..
          took,
        ignore = "^%[fence%] ",
      }
    end)

    lazy_teardown(function()
      server:close()
    end)

    -- Asks for the urls in turn; returns the result, the names in `shapes` of fence's lines, and
    -- how often the command itself said "err": that may come a moment before the line it follows.
    local function lines_of(args, urls)
      local script = {}
      for index, url in ipairs(urls) do
        script[index] = ("curl -s -o /dev/null %s; echo out; echo err >&2; sleep 0.05"):format(url)
      end
      args = table.move({ "--deny", "bad.test" }, 1, 2, #args + 1, args)
      local result = fenced.run({
        as_user = identity, args = args, timeout = 15000,
        settings = fenced.settings({ "good.test", "gone.test", "bad.test" }),
        argv = { "sh", "-c", table.concat(script, "\n") },
      })
      local names, own = {}, 0
      for line in result.err:gmatch("([^\n]*)\n") do
        local found
        for name, shape in pairs(shapes) do
          if name ~= "ignore" and line:match(shape) then
            found = name
          end
        end
        if line == "err" then
          own = own + 1
        elseif found or not line:match(shapes.ignore) then
          names[#names + 1] = found or line
        end
      end
      return result, names, own
    end

    local all = { "sandbox", "allowed", "ok", "unknown", "no", "unknown_tls", "tunnel", "by_rule",
      "bad", "allowed_gone", "broken" }
    for _, case in ipairs({
      { "nothing without -m and -d", {}, {} },
      { "-m shows what was refused", { "-m" }, { "no", "tunnel", "bad", "broken" } },
      { "-d shows everything", { "-d" }, all },
      { "-m -d shows everything", { "-m", "-d" }, all },
    }) do
      it(case[1] .. ", on standard error alone", function()
        sandbox.require_sandbox(pending, identity)
        local result, names, own = lines_of(case[2], { server:url("/", "good.test"),
          "http://evil.test/", "https://evil.test/", "http://bad.test/", "http://gone.test:1/" })
        assert.same(case[3], names)
        assert.equal(5, own)
        assert.equal(("out\n"):rep(5), result.out)
        assert.equal(0, result.code)
      end)
    end

    it("the lines stay out of streams that the command has turned elsewhere", function()
      sandbox.require_sandbox(pending, identity)
      local result = fenced.run({ as_user = identity, args = { "-d" },
        argv = { "sh", "-c", "exec 2>&1; curl -s -o /dev/null http://evil.test/; echo err >&2" } })
      assert.equal("err\n", result.out)
      assert.matches("\n%[fence:http%] ", result.err)
    end)
  end)
end
