-- SPDX-License-Identifier: Apache-2.0
-- config_spec.lua - the settings as people get them wrong: one line that says where and how to cure
-- it, status 125, and nothing has started.

local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- name, the text, what the line says behind the file's name
local wrong = {
  { "3L.212 empty", "", "1:1: the configuration is empty: write {} for the restrictive default" },
  { "3L.212 white space alone", " \n\t\r\n",
    "1:1: the configuration is empty: write {} for the restrictive default" },
  { "3L.212 cut off in a string", '{"network": {"allowedDo',
    "1:14: the string is not closed on its line" },
  { "3L.212 cut off behind a comma", '{"network": {"allowedDomains": ["a.test",',
    "1:42: a value is missing here" },
  { "3L.212 cut off in a comment", "{ /* never ended",
    "1:3: the comment is not closed: end it with */" },
  { "3L.214 binary", "\127ELF\2\1\1\0\0\0",
    "1:1: a value is true, false, null, a number, or begins with \" [ or {" },
  { "3L.214 NUL in a value", '{"network": {"deniedDomains": ["evil\\u0000.good.test"]}}',
    "1:37: \\u0000 is not allowed: no name and no path holds a NUL" },
  { "3L.214 NUL in the file", '{"network": {}}\0',
    "1:16: something follows the end of the configuration" },
  { "3L.215 UTF-16", "\255\254{\0}\0", "1:1: this is UTF-16 or UTF-32: save the file as UTF-8" },
  { "3L.215 two byte order marks", "\239\187\191\239\187\191{}",
    "1:4: a value is true, false, null, a number, or begins with \" [ or {" },
  { "3L.215 bad UTF-8", '{"$schema": "\255"}', "1:14: this is not UTF-8: save the file as UTF-8" },
  { "3L.215 overlong UTF-8", '{"$schema": "\192\175"}',
    "1:14: this is not UTF-8: save the file as UTF-8" },
  { "3L.215 a lone surrogate", '{"$schema": "\\ud800"}',
    "1:14: this \\u escape is half of a surrogate pair" },
  { "3L.216 too deep", ("["):rep(200000),
    "1:33: this is nested too deeply: 32 levels are allowed" },
  { "3L.216 a number that no machine holds", '{"network": {"httpProxyPort": 1e999}}',
    "1:31: network.httpProxyPort: must be a port of the sandbox, 1024 to 65535 but not 3129; " ..
      "0 is 3128" },
  { "3L.216 port 0", '{"network": {"allowedDomains": ["a.test", "a.test:0"]}}',
    "1:43: network.allowedDomains[1]: 'a.test:0': write the port as a number from 1 to 65535, " ..
      "without leading zeros" },
  { "3L.216 port 99999", '{"network": {"allowedDomains": ["a.test:99999"]}}',
    "1:33: network.allowedDomains[0]: 'a.test:99999': write the port as a number from 1 to " ..
      "65535, without leading zeros" },
  { "3L.216 a port with a zero in front", '{"network": {"deniedDomains": ["a.test:080"]}}',
    "1:32: network.deniedDomains[0]: 'a.test:080': write the port as a number from 1 to " ..
      "65535, without leading zeros" },
  { "3L.216 no port behind the colon", '{"network": {"deniedDomains": ["a.test:"]}}',
    "1:32: network.deniedDomains[0]: 'a.test:': write the port as a number from 1 to 65535, " ..
      "without leading zeros" },
  { "3L.216 a string of 10 MB", '{"$schema": "' .. ("a"):rep(10000000) .. '"}',
    "1:13: the string is too long: 65536 bytes are allowed" },
  { "3L.216 a number of 10^5 digits", '{"network": {"httpProxyPort": ' .. ("1"):rep(100000) .. "}}",
    "1:31: the number is too long: 32 characters are allowed" },
  { "3L.209 a key twice", '{"network": {\n "allowedDomains": [],\n  "allowedDomains": ["a.test"]}}',
    "3:3: network.allowedDomains: this key stands here twice: remove one" },
  { "3L.209 a section twice", '{"network": {},\n "network": {}}',
    "2:2: network: this key stands here twice: remove one" },
  { "3L.209 a name twice", '{"network": {"hosts": {"a.test": "::1", "a.test": "::1"}}}',
    "1:41: network.hosts.a.test: this key stands here twice: remove one" },
  { "3L.209 a name in two spellings", '{"network": {"hosts": {"a.test": "::1", "A.test.": "::1"}}}',
    "1:14: network.hosts: 'a.test' stands here twice, in two spellings" },
  { "3L.210 denidDomains", '{"network": {"denidDomains": ["a.test"]}}',
    "1:14: network.denidDomains: unknown key 'denidDomains'; did you mean 'deniedDomains'?" },
  { "3L.210 allowdDomains", '{"network": {"allowdDomains": ["a.test"]}}',
    "1:14: network.allowdDomains: unknown key 'allowdDomains'; did you mean 'allowedDomains'?" },
  { "3L.210 denyReads", '{\n  "filesystem": {\n    "denyReads": ["/x"]\n  }\n}',
    "3:5: filesystem.denyReads: unknown key 'denyReads'; did you mean 'denyRead'?" },
  { "3L.210 another case", '{"Network": {}}',
    "1:2: Network: unknown key 'Network'; did you mean 'network'?" },
  { "3L.210 a key of another section", '{"network": {"allowWrite": []}}',
    "1:14: network.allowWrite: unknown key 'allowWrite'; did you mean 'filesystem.allowWrite'?" },
  { "a contradiction: one rule allowed and denied",
    '{"network": {"allowedDomains": ["a.test"], "deniedDomains": ["a.test"]}}',
    "1:62: network.deniedDomains[0]: network.allowedDomains[0] allows what this denies: " ..
    "remove one" },
  { "3L.210 like nothing", '{"zzzzzzzzzzzz": 1}', "1:2: zzzzzzzzzzzz: unknown key 'zzzzzzzzzzzz'" },
  { "3L.210 an escape sequence as a key", '{"\\u001b[31m": 1}',
    "1:2: \\x1b[31m: unknown key '\\x1b[31m'" },
  { "3L.213 a section that is null", '{"network": null}',
    "1:13: network: null is no value here: leave the key out" },
  { "3L.213 a list that is null", '{"network": {"deniedDomains": null}}',
    "1:31: network.deniedDomains: null is no value here: leave the key out" },
  { "3L.213 a section that is a list", '{"network": []}', "1:13: network: must be an object" },
  { "3L.213 a string for a list", '{"network": {"deniedDomains": "a.test"}}',
    "1:31: network.deniedDomains: must be a list of strings" },
  { "3L.213 a number in a list", '{"network": {"deniedDomains": ["a.test", 1]}}',
    "1:42: network.deniedDomains[1]: must be a string: this is a list of strings" },
  { "3L.213 1 for true", '{"network": {"allowLocalBinding": 1}}',
    "1:35: network.allowLocalBinding: must be true or false" },
  { "3L.213 true in quotes", '{"network": {"allowLocalBinding": "true"}}',
    "1:35: network.allowLocalBinding: must be true or false" },
  { "3L.213 a list at the top", "[]", "1:1: must be an object" },
  { "3L.213 a string at the top", '"network"', "1:1: must be an object" },
  { "3L.218 a second value", "{} {}", "1:4: something follows the end of the configuration" },
  { "3L.218 words behind the end", "{}\nallow all",
    "2:1: something follows the end of the configuration" },
  { "3L.218 a form feed", "{\f}", "1:2: a name in double quotes is missing here" },
  { "3L.217 single quotes", "{'network': {}}", "1:2: a name in double quotes is missing here" },
  { "3L.217 two commas", '{"network": {},,}', "1:16: a name in double quotes is missing here" },
  { "3L.219 no commas", '{"network": {} "filesystem": {}}', "1:16: a ',' or '}' is missing here" },
  { "a wildcard in the middle", '{"network": {"allowedDomains": ["a.*.test"]}}',
    "1:33: network.allowedDomains[0]: 'a.*.test': '*' stands alone or as the whole first " ..
      "label: *.example.com" },
  { "a wildcard for all of .com", '{"network": {"allowedDomains": ["*.com"]}}',
    "1:33: network.allowedDomains[0]: '*.com': '*.' needs two labels behind it: *.example.com" },
  { "a URL", '{"network": {"allowedDomains": ["https://a.test/"]}}',
    "1:33: network.allowedDomains[0]: 'https://a.test/': write the host without http://" },
  { "an address that is none", '{"network": {"allowedAddresses": ["10.0.0.0/33"]}}',
    "1:35: network.allowedAddresses[0]: '10.0.0.0/33': the number after '/' goes from 0 to 32 " ..
      "for IPv4, to 128 for IPv6" },
  { "an octal address", '{"network": {"deniedAddresses": ["010.0.0.1"]}}',
    "1:34: network.deniedAddresses[0]: '010.0.0.1': write a network as an IP address, '/' and " ..
      "the number of its fixed bits" },
  { "a name for an address", '{"network": {"hosts": {"a.test": "b.test"}}}',
    "1:24: network.hosts.a.test: must have an IP address as its value, such as \"10.1.2.3\" " ..
      "or \"fd00::1\"" },
  { "a check that is neither", '{"network": {"tlsNameCheck": "on"}}',
    '1:30: network.tlsNameCheck: must be "enforce" or "off"' },
  { "an answer for denied names that is neither", '{"network": {"deniedDns": "refused"}}',
    '1:27: network.deniedDns: must be "synthetic" or "nxdomain"' },
  { "a proxy's URL that is none", '{"network": {"upstreamProxy": "https://a.test"}}',
    "1:31: network.upstreamProxy: must begin with http://, socks5:// or socks5h://" },
  { "a password in a wrong URL", '{"network": {"upstreamProxy": "http://a:hush%@b.test"}}',
    "1:31: network.upstreamProxy: its name or password is too long, or has a '%' that is not " ..
      "followed by two digits" },
  { "an exception that is no host", '{"network": {"noProxy": ["http://a.test"]}}',
    "1:26: network.noProxy[0]: 'http://a.test': write the host without http://" },
  { "a negative time", '{"network": {"tunnelIdleSeconds": -1}}',
    "1:35: network.tunnelIdleSeconds: must be a whole number of seconds, 0 to 2592000" },
  { "half a second", '{"network": {"tunnelTotalSeconds": 0.5}}',
    "1:36: network.tunnelTotalSeconds: must be a whole number of seconds, 0 to 2592000" },
  { "a rule without a host", '{"network": {"rules": [{"action": "deny"}]}}',
    "1:24: network.rules[0]: \"host\" is missing; \"*\" is every host" },
  { "a misspelt condition", '{"network": {"rules": [{"host": "*", "action": "deny", "pth": "/"}]}}',
    "1:56: network.rules[0].pth: a rule has host, port, scheme, method, path, action and " ..
    "message, and nothing else" },
  { "no service's name", '{"macos": {"mach": {"lookup": ["a.test", "*.test"]}}}',
    "1:42: macos.mach.lookup[1]: '*.test': a service's name has up to 127 letters, digits, '.', " ..
      "'-', '_' and '@', and may end with '*'" },
  { "an empty policy", '{"policies": [""]}', "1:15: policies[0]: '': this is an empty path" },
  { "an empty path", '{"filesystem": {"allowWrite": [""]}}',
    "1:32: filesystem.allowWrite[0]: '': this is an empty path: the current folder is \".\"" },
}

-- name, the text: taken, and the command runs
local right = {
  { "an empty object", "{}" },
  { "3L.217 comments and trailing commas",
    '// for people\n{ /* and */ "network": { "allowedDomains": ["a.test", /* , */ ], }, } // end' },
  { "3L.217 a comment's signs in a string", '{"$schema": "https://a.test/*"} /* " */' },
  { "3L.215 one byte order mark", '\239\187\191{"network": {}}' },
  { "3L.218 white space and line ends", '\r\n\t{\r\n"network"\r\n:\r\n{}}\r\n\r\n' },
  { "keys that ask for nothing", '{"extends": "", "filesystem": {"denyRead": []}, "command": ' ..
    '{"useDefaults": false}, "network": {"httpProxyPort": 0, "defaultAction": "deny"}}' },
  { "a proxy of the network's, and what passes it by", '{"network": {"upstreamProxy": ' ..
    '"http://a:b@10.0.0.1:3128/", "noProxy": ["*.a.test", "10.0.0.0/8"], ' ..
    '"tunnelIdleSeconds": 60, "tunnelTotalSeconds": 0, "tlsNameCheck": "enforce"}}' },
  { "denied names that are not there", '{"network": {"deniedDns": "nxdomain"}}' },
  { "what is about macOS", '{"allowPty": true, "network": {"allowLocalBinding": true}, ' ..
    '"macos": {"mach": {"lookup": ["com.apple.trustd.agent"], "register": ["org.test.*"]}}}' },
  { "rules", '{"network": {"rules": [{"host": "*.a.test", "port": [80, "8000-8999"], ' ..
    '"scheme": "http", "method": "GET", "path": "/pub/**", "action": "allow"}, ' ..
    '{"host": "x.a.test", "action": "deny", "message": "ask Ann"}]}}' },
  { "a name denied below an allowed wildcard", '{"network": {"allowedDomains": ["*.a.test"], ' ..
    '"deniedDomains": ["x.a.test"]}}' },
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

    it("policies, which lie beside them", function()
      local sub = folder .. "/sub"
      process.run({ argv = { "mkdir", "-p", sub }, as_user = identity })
      users.write_file(identity, sub .. "/p.lua", "return {}")
      write("sub/f.json", '{"policies": ["p.lua", "' .. sub .. '/p.lua"]}')
      taken(run({ "-s", "sub/f.json" }))
      write("sub/f.json", '{"policies": ["p.lua", "none.lua"]}')
      refused(run({ "-s", "sub/f.json" }), "sub/none.lua: does not exist")
    end)

    for _, case in ipairs(right) do
      it(case[1] .. ": taken", function()
        sandbox.require_sandbox(pending, identity)
        taken(run({ "-s", write("f.json", case[2]) }))
      end)
    end

    -- name, what to make of the path f, the line behind "'f' "
    for _, case in ipairs({
      { "missing", "", "does not exist" },
      { "a folder", "mkdir f", "is a folder: name the file in it" },
      { "a FIFO", "mkfifo f", "is a pipe: write the settings to a regular file" },
      { "a FIFO with a writer", "mkfifo f; sh -c 'exec 2>/dev/null 3<>f; sleep 1' >/dev/null &",
        "is a pipe: write the settings to a regular file" },
      { "a link to nothing", "ln -s nothing f", "does not exist" },
      { "a link to itself", "ln -s f f", "cannot be read: Too many levels of symbolic links" },
      { "a device", "ln -s /dev/zero f", "is a device: name a regular file" },
      { "100 MB", "truncate -s 100M f", "has more than 64 MiB" },
      { "unreadable", "echo {} >f; chmod 0 f", "cannot be read: Permission denied", true },
      { "in a folder that is closed", "mkdir d; echo {} >d/f; ln -s d/f f; chmod 0 d",
        "cannot be read: Permission denied", true },
    }) do
      local name, script, line, denied = table.unpack(case, 1, 4)

      it("3L.212 a settings file that is " .. name, function()
        local make = { "sh", "-c", script }
        local made = process.run({ argv = make, as_user = identity, cwd = folder })
        assert.equal("", made.err)
        if denied and users.ids(identity).uid == 0 then
          sandbox.require_sandbox(pending, identity)
          taken(run({ "-s", "f" })) -- root reads what it likes
        else
          refused(run({ "-s", "f" }), "'f' " .. line)
        end
      end)
    end

    for _, case in ipairs({
      { "--allow", "a.*.test" }, { "--allow", "a.test:0" }, { "--allow", "a.test:99999" },
      { "--deny", "https://a.test/" }, { "--allow", "" }, { "--allow-write", "" },
    }) do
      it(("%s '%s' is refused by its name"):format(case[1], case[2]), function()
        local result = run(case)
        assert.matches("^fence: %-%-[a-z-]+[^\n]+'" .. case[2]:gsub("%p", "%%%0") .. "'[^\n]+\n$",
          result.err)
        assert.equal("", result.out)
        assert.equal(125, result.code)
      end)
    end

    -- Files that are found are told apart by the error in each. name, the environment, the files,
    -- the line. HOME and XDG_CONFIG_HOME are below the folder unless they say otherwise.
    local both = "stands beside another settings file: remove one of them"
    local absolute = ": set it to an absolute path without '..'"
    for _, case in ipairs({
      { "XDG before HOME", { "x/fence/fence.json", "h/.fence.json" }, "x/fence/fence.json" },
      { "XDG as JSONC", { "x/fence/fence.jsonc", "h/.fence.json" }, "x/fence/fence.jsonc" },
      { "HOME where XDG has none", { "h/.fence.json" }, "h/.fence.json" },
      { "HOME as JSONC", { "h/.fence.jsonc" }, "h/.fence.jsonc" },
      { "~/.config is not XDG_CONFIG_HOME", { "h/.config/fence/fence.json" }, nil },
      { "~/.config where XDG is unset", { "h/.config/fence/fence.json", "h/.fence.json" },
        "h/.config/fence/fence.json", { XDG_CONFIG_HOME = false } },
      { "~/.config where XDG is empty", { "h/.config/fence/fence.json" },
        "h/.config/fence/fence.json", { XDG_CONFIG_HOME = "" } },
      { "the project's file is not read", { "fence.json", "fence.jsonc" }, nil },
      { "none where HOME is unset", { "h/.fence.json" }, nil, { HOME = false } },
      { "both in XDG", { "x/fence/fence.json", "x/fence/fence.jsonc" }, "x/fence/fence.jsonc", {},
        both },
      { "both in HOME", { "h/.fence.json", "h/.fence.jsonc" }, "h/.fence.json", {}, both },
      { "3L.223 a relative XDG", {}, nil, { XDG_CONFIG_HOME = "x" },
        "XDG_CONFIG_HOME='x' is not an absolute path" .. absolute },
      { "3L.223 XDG with ..", {}, nil, { XDG_CONFIG_HOME = "/tmp/../etc" },
        "XDG_CONFIG_HOME='/tmp/../etc' has a '..' in it" .. absolute },
      { "3L.223 a relative HOME", {}, nil, { HOME = "." },
        "HOME='.' is not an absolute path" .. absolute },
    }) do
      local name, files, read, env, why = table.unpack(case, 1, 5)

      it("finds the settings: " .. name, function()
        process.run({ as_user = identity, cwd = folder,
          argv = { "mkdir", "-p", "x/fence", "h/.config/fence" } })
        for _, file in ipairs(files) do
          write(file, '{"not a key": "' .. file .. '"}')
        end
        local values = { HOME = folder .. "/h", XDG_CONFIG_HOME = folder .. "/x" }
        for variable, value in pairs(env or {}) do
          values[variable] = value
        end
        local path = read and folder .. "/" .. read
        if why then
          refused(run({}, values), path and ("'%s' %s"):format(path, why) or why)
        elseif path then
          refused(run({}, values), path .. ":1:2: not a key: unknown key 'not a key'")
        else
          sandbox.require_sandbox(pending, identity)
          taken(run({}, values))
        end
        if #files > 0 then -- a file that is named is the only one that counts
          sandbox.require_sandbox(pending, identity)
          taken(run({ "-s", write("named.json", "{}") }, values))
        end
      end)
    end

    it("3L.221 a project's file opens nothing", function()
      sandbox.require_sandbox(pending, identity)
      write("fence.json", '{"filesystem": {"allowWrite": ["."]}}')
      local result = process.run({ argv = { users.binary(identity), "touch", "new" },
        as_user = identity, cwd = folder })
      assert.matches("Read%-only file system", result.err)
      assert.equal(1, result.code)
    end)

    it("3L.222 settings that change during the run change nothing", function()
      sandbox.require_sandbox(pending, identity)
      local path = write("f.json", "{}")
      local child = process.start({ as_user = identity, cwd = folder, stdin = true,
        argv = { users.binary(identity), "-s", path, "sh", "-c",
          "echo up; read line; curl -s -o /dev/null -w '%{http_code}' http://a.test/" } })
      assert.equal("up", child:read_line("stdout"))
      write("f.json", '{"network": {"allowedDomains": ["*"], "hosts": {"a.test": "127.0.0.1"}}}')
      child:write("\n")
      local result = child:wait(10000)
      assert.equal("403", result.out)
      assert.equal("", result.err)
    end)
  end)
end
