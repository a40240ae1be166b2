-- SPDX-License-Identifier: Apache-2.0
-- explain_spec.lua - `fence explain` and `fence policy check`: what they print, and their status.

local json = require "spec.support.json"
local process = require "spec.support.process"
local proxy = require "spec.support.proxy"
local users = require "spec.support.users"

local me = users.current()

local function fence(...)
  return process.run({ argv = { users.binary(me), ... } })
end

local function file(name, text)
  return users.write_file(me, users.temp_dir(me) .. "/" .. name, text)
end

local empty = file("empty.json", "{}")

local opened = file("opened.json", json.encode({
  network = { allowLocalOutbound = true, allowLocalOutboundPorts = { 5432 } },
}))

local commands = file("commands.json", json.encode({
  command = { deny = { "git push" } },
  ssh = { deniedHosts = { "evil.*" }, allowedCommands = { "ls" } },
}))

local policy = file("p.lua", [[
local fence = require "fence"
return {
  on_connect = function(req)
    if req.port == 22 then return fence.deny("no SSH") end
    if req.port == 25 then return fence.ask("send mail?") end
  end,
  on_exec = function(cmd)
    return cmd.argv[3] == "make" and fence.deny("nothing is made") or nil
  end,
  on_request = function(req)
    if req.method == "GET" then return fence.allow() end
    return req.headers["x"] and fence.allow() or nil
  end,
}
]])

-- name, the words, status, standard output, standard error
local rows = {
  { "a tunnel that nothing allows", { "good.test:443" }, 1,
    "denied: no rule allows good.test:443\nto change that: --allow good.test   or " ..
    '"network": {"allowedDomains": ["good.test"]}\n' },
  { "an allowed tunnel", { "--allow", "good.test", "good.test:443" }, 0,
    "allowed by --allow good.test\n" },
  { "an https URL", { "--allow", "good.test", "POST", "https://good.test/x" }, 0,
    "allowed by --allow good.test\n" },
  { "an http URL", { "--allow", "good.test:80", "GET", "http://good.test" }, 0,
    "allowed by --allow good.test:80\n" },
  { "IPv6", { "--allow", "fd00::1", "[fd00::1]:80" }, 0, "allowed by --allow fd00::1\n" },
  { "an address", { "--allow", "127.0.0.1", "127.0.0.1:80" }, 0,
    "allowed by --allow 127.0.0.1\n" },
  { "a service of this machine's that is opened", { "-s", opened, "127.0.0.1:5432" }, 0,
    "allowed by network.allowLocalOutboundPorts[0]\n" },
  { "the same by IPv6", { "-s", opened, "[::1]:5432" }, 0,
    "allowed by network.allowLocalOutboundPorts[0]\n" },
  { "the same by its name", { "-s", opened, "localhost:5432" }, 0,
    "allowed by network.allowLocalOutboundPorts[0]\n" },
  { "another one", { "-s", opened, "127.0.0.1:5433" }, 1, nil },
  { "an address that is not public", { "--allow", "*", "127.0.0.1:80" }, 1, nil },
  { "a policy that allows", { "--policy", policy, "GET", "http://good.test/?x" }, 0,
    "allowed by policy:p\n" },
  { "a policy without an opinion", { "--policy", policy, "PUT", "http://good.test/" }, 1, nil },
  { "a policy that denies", { "--allow", "good.test", "--policy", policy, "good.test:22" }, 1,
    "denied by policy:p: no SSH\n" },
  { "a policy that asks", { "--allow", "good.test", "--policy", policy, "good.test:25" }, 1,
    "asked about by policy:p: send mail?\n" },
  { "a command that a rule denies", { "-s", commands, "-c", "cd x && git -C y push" }, 1,
    'denied by command.deny[0]: "git -C y push" matches "git push"\n' ..
    'to change that: "command": {"allow": ["git -C y push"]}\n' },
  { "a command of the default list", { "-c", "timeout 5 reboot" }, 1,
    'denied by command.useDefaults: "reboot" matches "reboot"\n' ..
    'to change that: "command": {"allow": ["reboot"]}\n' },
  { "a command that passes", { "-s", commands, "-c", "git status" }, 0, "allowed\n" },
  { "ssh to a host that is denied", { "-s", commands, "-c", "ssh evil.test ls" }, 1,
    "denied by ssh.deniedHosts[0]: SSH blocked: the host is denied (host: evil.test)\n" },
  { "ssh with a command that is not allowed", { "-s", commands, "-c", "ssh good.test 'ls; rm x'" },
    1, "denied by ssh.allowedCommands: SSH command blocked: the command is not allowed (host: " ..
    "good.test, command: ls; rm x)\n" },
  { "ssh with one that is", { "-s", commands, "-c", "ssh good.test ls -l" }, 0, "allowed\n" },
  { "a command that a policy denies", { "--policy", policy, "-c", "make" }, 1,
    "denied by policy:p: nothing is made\n" },
  { "a command and more words", { "-c", "make", "x" }, 2, "",
    "fence: -c takes one string, and no further words: put them into it\n" },
  { "a malformed host", { "good..test:443" }, 1, nil },
  { "no port", { "good.test" }, 2, "", "fence: say which port: HOST:PORT\n" },
  { "no number", { "good.test:x" }, 2, "", "fence: the port is a number from 1 to 65535\n" },
  { "another scheme", { "GET", "ftp://good.test/" }, 2, "",
    "fence: a URL begins with http:// or https://\n" },
  { "nothing", {}, 2, "",
    "fence: fence explain HOST:PORT, METHOD URL, or -c COMMAND: see fence explain --help\n" },
  { "no such policy", { "--policy", "/nonexistent", "good.test:1" }, 2, "",
    "fence: /nonexistent: does not exist\n" },
}

describe("fence explain", function()
  for _, row in ipairs(rows) do
    it(row[1], function()
      local words = { "-s", empty }
      table.move(row[2], 1, #row[2], row[2][1] == "-s" and 1 or 3, words)
      local result = fence("explain", table.unpack(words))
      assert.equal(row[3], result.code, result.err)
      assert.equal(row[4] or result.out, result.out)
      assert.equal(row[5] or "", result.err)
      if not row[4] and row[3] < 2 then
        assert.matches(row[3] == 0 and "^allowed" or "^denied", result.out)
      end
    end)
  end

  it("3K.208 says what the proxy does", function()
    local settings = { network = { allowedDomains = { "good.test", "*.b.test:443" },
      deniedDomains = { "x.b.test" },
      rules = { { host = "c.test", path = "/a", action = "allow" } },
      hosts = { ["good.test"] = "127.0.0.1", ["a.b.test"] = "127.0.0.1",
                ["x.b.test"] = "127.0.0.1", ["c.test"] = "127.0.0.1" } } }
    local path = file("some.json", json.encode(settings))
    local server = proxy.start({ config = settings, args = { "--policy", policy } })
    for _, host in ipairs({ "good.test", "a.b.test", "x.b.test", "c.test" }) do
      for _, request in ipairs({ { "GET", "/a/b" }, { "PUT", "/a/../b" }, { "PUT", "/a" } }) do
        local result = fence("explain", "-s", path, "--policy", policy, request[1],
          "http://" .. host .. ":1" .. request[2])
        local answer = server:request(("%s http://%s:1%s HTTP/1.1\r\nHost: %s:1\r\n\r\n")
          :format(request[1], host, request[2], host))
        -- nobody listens at port 1: what passes is 502
        assert.equal(result.code == 0 and 502 or 403, answer.status, host .. request[2])
      end
      for _, port in ipairs({ 22, 443 }) do
        local result = fence("explain", "-s", path, "--policy", policy, host .. ":" .. port)
        local _, answer = server:tunnel(host .. ":" .. port, 5000)
        assert.equal(result.code == 0, answer.status ~= 403, host .. ":" .. port)
      end
    end
    server:stop()
  end)
end)

describe("fence policy check", function()
  it("has nothing to say of what is right", function()
    local result = fence("policy", "check", policy, policy)
    assert.same({ 0, "", "" }, { result.code, result.out, result.err })
  end)

  it("names each that is wrong", function()
    local wrong = file("wrong.lua", "return {\n  on_conect = 1 }")
    local result = fence("policy", "check", wrong, policy, "/nonexistent")
    assert.equal(125, result.code)
    assert.equal(("fence: %s: a policy has no 'on_conect'; did you mean 'on_connect'?\n" ..
      "fence: /nonexistent: does not exist\n"):format(wrong), result.err)
  end)

  it("needs a file", function()
    assert.equal(125, fence("policy", "check").code)
    assert.equal(125, fence("policy").code)
    assert.equal(0, fence("policy", "--help").code)
  end)
end)
