-- SPDX-License-Identifier: Apache-2.0
-- config_spec.lua - the settings as people get them wrong: one line that says where and how to cure
-- it, status 125, and nothing has started.

local json = require "spec.support.json"
local loop = require "spec.support.loop"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- name, the text, what the line says behind the file's name
local wrong = {
  { "3L.212 empty", "", "1:1: XX" },
  { "3L.212 white space alone", " \n\t\r\n", "XX" },
  { "3L.212 cut off in a string", '{"network": {"allowedDo', "XX" },
  { "3L.212 cut off behind a comma", '{"network": {"allowedDomains": ["a.test",', "XX" },
  { "3L.212 cut off in a comment", "{ /* never ended", "XX" },
  { "3L.214 binary", "\127ELF\2\1\1\0\0\0", "XX" },
  { "3L.214 NUL in a value", '{"network": {"deniedDomains": ["evil\\u0000.good.test"]}}', "XX" },
  { "3L.214 NUL in the file", '{"network": {}}\0', "XX" },
  { "3L.215 UTF-16", "\255\254{\0}\0", "XX" },
  { "3L.215 two byte order marks", "\239\187\191\239\187\191{}", "XX" },
  { "3L.215 bad UTF-8", '{"$schema": "\255"}', "XX" },
  { "3L.215 overlong UTF-8", '{"$schema": "\192\175"}', "XX" },
  { "3L.215 a lone surrogate", '{"$schema": "\\ud800"}', "XX" },
  { "3L.216 too deep", ("["):rep(200000), "XX" },
  { "3L.216 a number too large", '{"network": {"httpProxyPort": 1e999}}', "XX" },
  { "3L.216 port 0", '{"network": {"allowedDomains": ["a.test", "a.test:0"]}}', "XX" },
  { "3L.216 port 99999", '{"network": {"allowedDomains": ["a.test:99999"]}}', "XX" },
  { "3L.216 a port with a zero in front", '{"network": {"deniedDomains": ["a.test:080"]}}', "XX" },
  { "3L.216 no port behind the colon", '{"network": {"deniedDomains": ["a.test:"]}}', "XX" },
  { "3L.209 a key twice", '{"network": {\n  "allowedDomains": [],\n  "allowedDomains": ["a.test"]}}',
    "XX" },
  { "3L.209 a section twice", '{"network": {},\n "network": {}}', "XX" },
  { "3L.209 a name twice", '{"network": {"hosts": {"a.test": "::1", "a.test": "::1"}}}', "XX" },
  { "3L.209 a name in two spellings", '{"network": {"hosts": {"a.test": "::1", "A.test.": "::1"}}}',
    "XX" },
  { "3L.210 denidDomains", '{"network": {"denidDomains": ["a.test"]}}', "XX" },
  { "3L.210 allowdDomains", '{"network": {"allowdDomains": ["a.test"]}}', "XX" },
  { "3L.210 denyReads", '{\n  "filesystem": {\n    "denyReads": ["/x"]\n  }\n}', "XX" },
  { "3L.210 another case", '{"Network": {}}', "XX" },
  { "3L.210 a key of another section", '{"network": {"allowWrite": []}}', "XX" },
  { "3L.210 like nothing", '{"zzzzzzzzzzzz": 1}', "XX" },
  { "3L.210 an escape sequence as a key", '{"\\u001b[31m": 1}', "XX" },
  { "3L.213 a section that is null", '{"network": null}', "XX" },
  { "3L.213 a list that is null", '{"network": {"deniedDomains": null}}', "XX" },
  { "3L.213 a section that is a list", '{"network": []}', "XX" },
  { "3L.213 a string for a list", '{"network": {"deniedDomains": "a.test"}}', "XX" },
  { "3L.213 a number in a list", '{"network": {"deniedDomains": ["a.test", 1]}}', "XX" },
  { "3L.213 1 for true", '{"network": {"allowLocalBinding": 1}}', "XX" },
  { "3L.213 true in quotes", '{"network": {"allowLocalBinding": "true"}}', "XX" },
  { "3L.213 a list at the top", "[]", "XX" },
  { "3L.213 a string at the top", '"network"', "XX" },
  { "3L.218 a second value", "{} {}", "XX" },
  { "3L.218 words behind the end", "{}\nallow all", "XX" },
  { "3L.218 a form feed", "{\f}", "XX" },
  { "3L.217 single quotes", "{'network': {}}", "XX" },
  { "3L.217 two commas", '{"network": {},,}', "XX" },
  { "3L.219 no commas", '{"network": {} "filesystem": {}}', "XX" },
  { "a wildcard in the middle", '{"network": {"allowedDomains": ["a.*.test"]}}', "XX" },
  { "a wildcard for everything", '{"network": {"allowedDomains": ["*.com"]}}', "XX" },
  { "a URL", '{"network": {"allowedDomains": ["https://a.test/"]}}', "XX" },
  { "an address that is none", '{"network": {"allowedAddresses": ["10.0.0.0/33"]}}', "XX" },
  { "an octal address", '{"network": {"deniedAddresses": ["010.0.0.1"]}}', "XX" },
  { "a name for an address", '{"network": {"hosts": {"a.test": "b.test"}}}', "XX" },
  { "an empty path", '{"filesystem": {"allowWrite": [""]}}', "XX" },
  { "a glob", '{"filesystem": {"allowWrite": ["src/*.c"]}}', "XX" },
}

-- Keys of the ancestor that would be ignored: what they ask for is refused.
local not_built = {
  { "extends", '"code"' }, { "allowPty", "true" }, { "forceNewSession", "true" },
  { "policies", '["x.lua"]' }, { "network.rules", '["x"]' },
  { "network.tlsNameCheck", '"on"' }, { "network.allowUnixSockets", '["/x"]' },
  { "network.allowAllUnixSockets", "true" }, { "network.allowLocalOutbound", "true" },
  { "network.httpProxyPort", "8080" }, { "network.upstreamProxy", '"http://a.test"' },
  { "network.defaultAction", '"allow"' }, { "filesystem.denyWrite", '["/x"]' },
  { "filesystem.allowRead", '["/x"]' }, { "filesystem.denyRead", '["~/.ssh"]' },
  { "filesystem.defaultDenyRead", "true" }, { "devices.mode", '"host"' },
  { "command.deny", '["rm"]' }, { "command.useDefaults", "true" },
  { "ssh.allowedHosts", '["a.test"]' },
}

-- name, the text: taken, and the command runs
local right = {
  { "an empty object", "{}" },
  { "3L.217 comments and trailing commas",
    '// for people\n{ /* and */ "network": { "allowedDomains": ["a.test", /* , */ ], }, } // end' },
  { "3L.217 a comment's signs in a string", '{"$schema": "https://a.test/*"} /* " */' },
  { "3L.215 one byte order mark", '\239\187\191{"network": {}}' },
  { "3L.218 white space and line ends", '\r\n\t{\r\n"network"\r\n:\r\n{}}\r\n\r\n' },
  { "keys that ask for nothing", '{"extends": "", "filesystem": {"denyRead": []}, ' ..
    '"command": {"useDefaults": false}, "network": {"httpProxyPort": 0, "defaultAction": "deny"}}' },
  { "one name allowed and denied", '{"network": {"allowedDomains": ["a.test"], ' ..
    '"deniedDomains": ["a.test"]}}' },
}

for _, identity in ipairs(users.identities()) do
  describe("the settings as " .. identity, function()
    local folder

    before_each(function()
      folder = users.temp_dir(identity)
    end)

    local function run(arguments, env)
      local argv = table.move(arguments, 1, #arguments, 2, { users.binary(identity) })
      table.move({ "--", "echo", "ran" }, 1, 3, #argv + 1, argv)
      return process.run({ argv = argv, as_user = identity, env = env, cwd = folder,
        timeout = 10000 })
    end

    local function refused(result, line)
      assert.equal("fence: " .. line .. "\n", result.err)
      assert.equal("", result.out)
      assert.equal(125, result.code)
    end

    local function taken(result)
      assert.equal("", result.err)
      assert.equal("ran\n", result.out)
      assert.equal(0, result.code)
    end

    local function write(name, text, mode)
      return users.write_file(identity, folder .. "/" .. name, text, mode)
    end

    for _, case in ipairs(wrong) do
      it(case[1], function()
        write("f.json", case[2])
        refused(run({ "-s", "f.json" }), "f.json:" .. case[3])
      end)
    end
  end)
end
local _ = { json, loop, sandbox, not_built, right }
