-- SPDX-License-Identifier: Apache-2.0
-- dns_spec.lua - which questions leave the machine, and what comes of the answers: in the lab, by
-- every door, in the sandbox and beside `fence proxy`.
--
-- What a name server can do by taking its time is slow_dns_spec.lua's.

local doors = require "spec.support.doors"
local lab = require "spec.support.lab"
local users = require "spec.support.users"

local denied = "403 http_request_denied"
local label = ("a"):rep(63) -- as many bytes as fit into one

-- Only good.test and what is below it: anything else must not even be asked for.
local some_names = { network = { allowedDomains = { "good.test", "*.good.test" } } }

-- `asked`: the name in the questions; none where it is missing
local names = {
  { "3A.1 a name that is not listed", "evil.test", denied },
  { "3A.1 a name that is not listed, with a port", "evil.test:443", denied },
  { "3A.3 upper case", "GOOD.TEST", "200 GOOD", asked = "good.test" },
  { "3A.3 mixed case", "GoOd.TeSt:8080", "200 GOOD", asked = "good.test" },
  { "3A.3 mixed case below it", "A.gOOd.test.", "200 GOOD", asked = "a.good.test" },
  { "3A.15 a number alone", "0", "400 http_request_error" },
  { "3A.26 localhost, not listed", "localhost", denied },
  { "3D.90 data in a name that is not listed", "c2vjcmv0.attacker.test", denied },
  { "3D.90 the same as an encoder writes it", "C2VjcmV0LWtleQ.attacker.test", denied },
  { "3D.91 data below a listed name is a residual", label .. ".good.test", "200 GOOD",
    asked = label .. ".good.test" },
  { "3D.95 a name of one label", "good", denied },
  { "3D.93 NXDOMAIN", "nx.good.test", "502 dns_error", asked = "nx.good.test" },
  { "3D.93 SERVFAIL", "servfail.good.test", "502 dns_error", asked = "servfail.good.test" },
  { "3D.93 truncated, whole over TCP", "truncated.good.test", "200 GOOD",
    asked = "truncated.good.test" },
  { "3D.93 64 addresses", "many.good.test", "200 GOOD", asked = "many.good.test" },
  { "3D.93 an alias of itself", "loop.good.test", "502 dns_error", asked = "loop.good.test" },
  { "3D.93 an alias of the empty name", "nameless.good.test", "502 dns_error",
    asked = "nameless.good.test" },
  { "3A.33 an answer for another name", "stranger.good.test", "502 dns_error",
    asked = "stranger.good.test" },
  { "and a good one after all of these", "good.test", "200 GOOD", asked = "good.test" },
}

local function authorities(rows)
  local list = {}
  for index, row in ipairs(rows) do
    list[index] = row[2]
  end
  return list
end

-- The keys of a table, sorted.
local function sorted_keys(set)
  local list = {}
  for key in pairs(set) do
    list[#list + 1] = key
  end
  table.sort(list)
  return list
end

local function asked_names(rows)
  local set = {}
  for _, row in ipairs(rows) do
    set[row.asked or "good.test"] = true
  end
  return sorted_keys(set)
end

-- The Host fields that servers must see: what is inside a tunnel is the client's own, by SOCKS5
-- too; in a plain request it is the name in the form in which it was judged.
local function expected_hosts(rows)
  local set = {}
  for _, row in ipairs(rows) do
    if row[3] == "200 GOOD" then
      local port = row[2]:match(":%d+$")
      set[port and row[2] or row[2] .. ":80"] = true
      set[row.asked .. (port or "")] = true
    end
  end
  return sorted_keys(set)
end

local function hosts_seen(result)
  local set = {}
  for _, line in ipairs(result.access) do
    local host = line:match(" request GET / (.*)$")
    if host then
      set[host] = true
    end
  end
  return sorted_keys(set)
end

-- The machine asks a name server of its own making: `lines` is its resolv.conf.
local function resolv_conf(lines)
  return ('printf "%s\\n" >"$LAB_DIR/resolv.conf"'):format(lines:gsub("\n", "\\n"))
end

local searching = "nameserver $LAB_DNS\nsearch evil.test\noptions ndots:5 timeout:5 attempts:1"

for _, identity in ipairs(users.identities()) do
  for _, way in ipairs({ "sandbox", "proxy" }) do
    describe(("questions, in the %s as %s:"):format(way, identity), function()
      local requests, result = doors.requests(authorities(names)), nil

      local function run()
        lab.require_lab(pending, identity)
        result = result or doors.ask(requests, {
          settings = some_names, way = way, client = "raw", args = { "-d" }, as_user = identity,
        })
      end

      for index, row in ipairs(names) do
        it(row[1], function()
          run()
          for _, request in ipairs(doors.at(requests, index)) do
            assert.equal(doors.expected(row[3], request.door), request.answer, doors.told(request))
          end
        end)
      end

      it("3A.1 3D.90 nobody was asked for, and nothing dialled, but what is allowed", function()
        run()
        assert.same(asked_names(names), lab.names(result))
        assert.same({ "GOOD" }, lab.servers(result))
        assert.same({}, result.hostsvc)
        assert.same({ "tcp 192.31.196.10 80", "tcp 192.31.196.10 8080", "tcp 192.31.196.53 53",
          "udp 192.31.196.53 53" }, doors.places(result))
      end)

      it("3A.3 one form of a name goes to the log, the name server and the server", function()
        run()
        assert.is_nil(result.err:find("GOOD.TEST", 1, true))
        assert.is_nil(result.err:find("GoOd", 1, true))
        assert.is_truthy(result.err:find("Allowed by rule: good.test:8080", 1, true))
        assert.is_truthy(result.err:find("denying: evil.test:443", 1, true))
        assert.same(expected_hosts(names), hosts_seen(result))
      end)
    end)
  end

  describe("questions as " .. identity .. ":", function()
    local function ask(list, options)
      lab.require_lab(pending, identity)
      options.as_user = identity
      local requests = doors.requests(list)
      return doors.ask(requests, options), requests
    end

    for _, way in ipairs({ "sandbox", "proxy" }) do
      it("3D.95 the machine's search list gets no question, in the " .. way, function()
        local settings = { network = { allowedDomains = { "*" } } }
        local list = { "good.test", "a.b.good.test", "nx.good.test", "good" }
        local result, requests = ask(list, {
          settings = settings, way = way, before = resolv_conf(searching),
        })
        local answers = { "200 GOOD", "200 GOOD", "502 dns_error", "502 dns_error" }
        for _, request in ipairs(requests) do
          local expected = doors.expected(answers[request.index], request.door)
          assert.equal(expected, request.answer, doors.told(request))
        end
        assert.same({ "a.b.good.test", "good", "good.test", "nx.good.test" }, lab.names(result))
        assert.same({ "GOOD" }, lab.servers(result))
      end)

      it("3D.97 what failed before the network was there works after, in the " .. way, function()
        local shared = users.temp_dir(identity)
        -- Nobody listens at the first one: EAI_AGAIN at once
        local before = resolv_conf("nameserver 127.0.0.1") .. ([[

          { until [ -e %s/go ]; do sleep 0.02; done
            %s
            : >%s/done; } &]]):format(shared, resolv_conf("nameserver $LAB_DNS"), shared)
        local script = doors.shell .. ([[
          by_all_doors http://good.test/
          : >%s/go
          until [ -e %s/done ]; do sleep 0.02; done
          by_all_doors http://good.test/]]):format(shared, shared)
        lab.require_lab(pending, identity)
        local result = lab.run({ as_user = identity, argv = doors.argv({
          argv = { "sh", "-c", script }, way = way, before = before, as_user = identity,
          settings = {
            network = { allowedDomains = { "good.test" } },
            filesystem = { allowWrite = { shared } },
          },
        }) })
        assert.equal("502 502 4 200 200 200 ", result.out)
        assert.same({ "good.test" }, lab.names(result))
        assert.equal(#doors.names * 2, doors.count(result.access, "GOOD")) -- connect, request
      end)
    end

    it("3D.95 nor that of fence's environment", function()
      local result, requests = ask({ "nx.good.test" }, {
        settings = some_names, before = "export LOCALDOMAIN=evil.test RES_OPTIONS=ndots:9",
      })
      for _, request in ipairs(requests) do
        local expected = doors.expected("502 dns_error", request.door)
        assert.equal(expected, request.answer, doors.told(request))
      end
      assert.same({ "nx.good.test" }, lab.names(result))
    end)

    it("3D.95 that search list is a way out for everybody else", function()
      lab.require_lab(pending, identity)
      local result = lab.run({ as_user = identity, argv = { "sh", "-c",
        resolv_conf(searching) .. "; getent ahosts nx.good.test" } })
      assert.matches("192.31.196.11", result.out, 1, true)
      assert.same({ "nx.good.test.evil.test" }, lab.names(result))
    end)

    it("3A.62 an https URL in a plain request is refused with a hint, and not asked for", function()
      lab.require_lab(pending, identity)
      local wrong = { to = "https://good.test/", door = "plain" }
      local right = {
        { to = "good.test:443", door = "tunnel", scheme = "https://" },
        { to = "good.test:443", door = "socks", scheme = "https://" },
      }
      local result = doors.ask({ wrong }, {
        settings = some_names, client = "raw", as_user = identity,
      })
      assert.equal("400 http_request_error", wrong.answer)
      assert.matches("CONNECT", wrong.bytes, 1, true)
      assert.same({}, result.dns)
      assert.same({}, lab.servers(result))
      -- and its cure is one, as is the door that has no such form
      result = doors.ask(right, { settings = some_names, as_user = identity })
      for _, request in ipairs(right) do
        assert.equal("200 GOOD", request.answer, doors.told(request))
      end
      assert.same({ "tcp 192.31.196.10 443", "udp 192.31.196.53 53" }, doors.places(result))
    end)
  end)
end
