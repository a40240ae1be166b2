-- SPDX-License-Identifier: Apache-2.0
-- addresses_spec.lua - which addresses are dialled, whatever name led to them: in the lab, by every
-- door, in the sandbox and beside `fence proxy`.
--
-- Each way asks for all rows in one run of the lab; its logs are judged as a whole, for a packet
-- that should not be there belongs to no row.

local doors = require "spec.support.doors"
local lab = require "spec.support.lab"
local users = require "spec.support.users"

local prohibited = "403 destination_ip_prohibited"

-- Every host is allowed by name: what is refused is refused for its address.
local every_name = { network = { allowedDomains = { "*" } } }

local literals = {
  { "a public address", "192.31.196.10", "200 GOOD" },
  { "a public address in IPv6", "[2620:4f:8000::10]", "200 GOOD" },
  { "a public address, v4-mapped", "[::ffff:192.31.196.11]", "200 EVIL" },
  { "3A.15 0.0.0.0", "0.0.0.0", prohibited },
  { "3A.15 ::", "[::]", prohibited },
  { "3A.16 v4-mapped loopback", "[::ffff:127.0.0.1]", prohibited },
  { "3A.16 v4-mapped loopback in hex", "[::ffff:7f00:1]", prohibited },
  { "3A.16 v4-compatible loopback", "[::127.0.0.1]", prohibited },
  { "3A.16 v4-translated loopback", "[::ffff:0:127.0.0.1]", prohibited },
  { "3A.17 NAT64 of loopback", "[64:ff9b::7f00:1]", prohibited },
  { "3A.17 local NAT64", "[64:ff9b:1::c01f:c40a]", prohibited },
  { "3A.17 6to4 of loopback", "[2002:7f00:1::]", prohibited },
  { "3A.17 6to4 of metadata", "[2002:a9fe:a9fe::]", prohibited },
  { "3A.17 Teredo", "[2001:0:c01f:c40a::1]", prohibited },
  { "3A.17 ISATAP of loopback", "[2620:4f:8000::5efe:7f00:1]", prohibited },
  { "3A.18 loopback", "127.0.0.1", prohibited },
  { "3A.18 loopback, another one", "127.9.9.9", prohibited },
  { "3A.18 ::1", "[::1]", prohibited },
  { "3A.18 this network", "0.1.2.3", prohibited },
  { "3A.18 private", "10.9.9.9", prohibited },
  { "3A.18 private 172.16", "172.16.0.1", prohibited },
  { "3A.18 private 192.168", "192.168.0.1", prohibited },
  { "3A.18 shared", "100.64.0.1", prohibited },
  { "3A.18 link-local", "169.254.1.1", prohibited },
  { "3A.18 protocol assignments", "192.0.0.1", prohibited },
  { "3A.18 documentation", "203.0.113.10", prohibited },
  { "3A.18 benchmarking", "198.18.0.1", prohibited },
  { "3A.18 multicast", "224.0.0.1", prohibited },
  { "3A.18 reserved", "240.0.0.1", prohibited },
  { "3A.18 broadcast", "255.255.255.255", prohibited },
  { "3A.18 unique local", "[fc00::1]", prohibited },
  { "3A.18 link-local in IPv6", "[fe80::1]", prohibited },
  { "3A.18 site-local", "[fec0::1]", prohibited },
  { "3A.18 multicast in IPv6", "[ff02::1]", prohibited },
  { "3A.18 documentation in IPv6", "[2001:db8::1]", prohibited },
  { "3A.28 metadata", "169.254.169.254", prohibited },
  { "3A.28 metadata of Alibaba", "100.100.100.200", prohibited },
  { "3A.28 metadata of Azure", "168.63.129.16", prohibited },
  { "3A.28 metadata of Oracle", "192.0.0.192", prohibited },
  { "3A.28 metadata of AWS in IPv6", "[fd00:ec2::254]", prohibited },
  { "3A.28 metadata of Google in IPv6", "[fd20:ce::254]", prohibited },
  { "3A.28 metadata of Oracle in IPv6", "[fd00:c1::a9fe:a9fe]", prohibited },
  { "3A.29 the machine's own address", "192.31.196.1", prohibited },
  { "3A.29 the machine's own in IPv6", "[2620:4f:8000::1]", prohibited },
}

-- `asked`: whether the name server is, once for each request.
local names = {
  { "an allowed name", "good.test", "200 GOOD", asked = true },
  { "a name with IPv6 alone", "six.good.test", "200 GOOD", asked = true },
  { "3A.26 localhost", "localhost", prohibited },
  { "3A.26 localhost with a final dot", "localhost.", prohibited },
  { "3A.26 a name below localhost", "a.localhost", "502 dns_error", asked = true },
  { "3A.26 ip6-localhost", "ip6-localhost", prohibited },
  { "3A.26 the machine's own name", (require "luv").os_gethostname(), prohibited },
  { "3A.26 a name of multicast DNS", "x.local", "502 dns_error", asked = true },
  { "3A.26 a name of /etc/hosts", "hosts.good.test", prohibited },
  { "3A.27 loopback", "lo.good.test", prohibited, asked = true },
  { "3A.27 loopback in IPv6", "lo6.good.test", prohibited, asked = true },
  { "3A.27 loopback, v4-mapped", "mapped.good.test", prohibited, asked = true },
  { "3A.27 loopback by NAT64", "nat64.good.test", prohibited, asked = true },
  { "3A.15 0.0.0.0 by name", "zero.good.test", prohibited, asked = true },
  { "3A.15 :: by name", "zero6.good.test", prohibited, asked = true },
  { "3A.28 metadata by name", "meta.good.test", prohibited, asked = true },
  { "3A.29 the machine's own by name", "self.good.test", prohibited, asked = true },
  { "3A.29 its own in IPv6 by name", "self6.good.test", prohibited, asked = true },
  { "3A.30 private by name", "priv.good.test", prohibited, asked = true },
  { "3A.18 documentation by name", "doc.good.test", prohibited, asked = true },
  { "3A.33 an alias of a public name", "alias.good.test", "200 GOOD", asked = true },
  { "3A.33 an alias of a private name", "cname.good.test", prohibited, asked = true },
  { "3A.32 a public address and ::1", "mixed.good.test", "200 GOOD", asked = true },
  { "3A.32 one good address and 63 bad ones", "many.good.test", "200 GOOD" },
  { "3A.32 a refusing one, then a bad one", "fallback.good.test", "502 connection_refused",
    asked = true },
  { "3A.32 a refusing one, then a good one", "retry.good.test", "200 GOOD", asked = true },
}

-- What the settings open, and only that: the same doors, the other way round.
local opening = {
  network = {
    allowedDomains = { "*.good.test", "localhost", "127.0.0.1:8080", "[::1]:8080",
      "169.254.0.0/16" },
    allowedAddresses = { "10.0.0.0/8", "192.31.196.1/32", "203.0.113.0/24", "169.254.0.0/16" },
  },
}
local opened = {
  { "3A.26 localhost at a listed port", "localhost:8080", "200 HOSTSVC" },
  { "3A.26 localhost at another port", "localhost:80", prohibited },
  { "3A.27 loopback by name, its port listed", "lo.good.test:8080", "200 HOSTSVC" },
  { "3A.27 loopback by name, another port", "lo.good.test:80", prohibited },
  { "3A.28 metadata, by a network alone", "meta.good.test", prohibited },
  { "3A.28 metadata as it stands, by a network alone", "169.254.169.254", prohibited },
  { "3A.29 its own address, listed", "self.good.test", "200 HOSTSVC" },
  { "3A.29 its own in IPv6, not listed", "self6.good.test", prohibited },
  { "3A.30 private by name, its network listed", "priv.good.test", "200 PRIVATE" },
  { "3A.30 private as it stands, allowed by no name", "10.9.9.9", "403 http_request_denied" },
  { "3A.33 an alias of a private name, listed", "cname.good.test", "200 PRIVATE" },
  { "3A.18 documentation, listed", "doc.good.test", "200 GOOD" },
}

local function authorities(rows)
  local list = {}
  for index, row in ipairs(rows) do
    list[index] = row[2]
  end
  return list
end

-- Registers a row's `it` for every row of a table, all answered by one run, and one more for what
-- the lab saw. `check(result)` is for that.
-- options: title, rows, settings; client as doors.ask(), doors as doors.requests()
local function ask_all(identity, way, options, check)
  local rows, title, result = options.rows, options.title, nil
  local requests = doors.requests(authorities(rows), options.doors)

  local function run()
    lab.require_lab(pending, identity)
    result = result or doors.ask(requests, {
      settings = options.settings, way = way, client = options.client, as_user = identity,
    })
  end

  for index, row in ipairs(rows) do
    it(("%s (%s)"):format(row[1], title), function()
      run()
      for _, request in ipairs(doors.at(requests, index)) do
        assert.equal(doors.expected(row[3], request.door), request.answer, doors.told(request))
      end
    end)
  end

  it("and the lab saw nothing else: " .. title, function()
    run()
    assert.equal("", result.rest)
    assert.equal("", result.err)
    check(result)
  end)
end

for _, identity in ipairs(users.identities()) do
  for _, way in ipairs({ "sandbox", "proxy" }) do
    describe(("addresses, in the %s as %s:"):format(way, identity), function()
      local function check_literals(result)
        assert.same({}, result.dns)
        assert.same({ "EVIL", "GOOD" }, lab.servers(result))
        assert.same({}, result.hostsvc)
        assert.same({ "tcp 192.31.196.10 80", "tcp 192.31.196.11 80", "tcp 2620:4f:8000::10 80" },
          doors.places(result))
      end

      ask_all(identity, way, {
        title = "literals", rows = literals, settings = every_name,
      }, check_literals)

      ask_all(identity, way, {
        title = "literals where SOCKS5 has a name", rows = literals, settings = every_name,
        client = "raw", doors = { "socks_text" },
      }, check_literals)

      ask_all(identity, way, {
        title = "names", rows = names, settings = every_name,
      }, function(result)
        for _, row in ipairs(names) do
          -- a failure is not remembered
          local times = row[3]:find("dns_error", 1, true) and #doors.names or 1
          local questions = row[2] ~= "many.good.test" and (row.asked and 2 * times or 0)
          if questions then
            assert.equal(questions, doors.count(result.dns, row[2]), row[2])
          end
        end
        assert.same({ "GOOD" }, lab.servers(result))
        assert.same({}, result.hostsvc)
        assert.same({ "tcp 192.31.196.10 80", "tcp 192.31.196.12 80", "tcp 192.31.196.53 53",
          "tcp 2620:4f:8000::10 80", "udp 192.31.196.53 53" }, doors.places(result))
      end)

      ask_all(identity, way, {
        title = "what the settings open", rows = opened, settings = opening,
      }, function(result)
        assert.same({ "GOOD", "HOSTSVC", "PRIVATE" }, lab.servers(result))
        assert.equal(0, doors.count(result.access, "METADATA"))
        local hosts, expected = {}, {}
        for _, line in ipairs(result.access) do
          hosts[#hosts + 1] = line:match("^PRIVATE %S+ request GET / (.*)$")
        end
        -- 3A.33: the name goes on as it was asked for, never the alias
        for index in ipairs(doors.names) do
          expected[index], expected[#doors.names + index] = "priv.good.test", "cname.good.test"
        end
        assert.same(expected, hosts)
        for _, line in ipairs(result.hostsvc) do
          local place = line:match("^HOSTSVC (%S+) connect")
          assert.is_true(not place or place:match(":8080$") ~= nil or place == "192.31.196.1:80",
            line)
        end
      end)
    end)
  end

  describe("addresses as " .. identity .. ":", function()
    local function ask(list, options)
      lab.require_lab(pending, identity)
      options.as_user = identity
      local requests = doors.requests(list)
      return doors.ask(requests, options), requests
    end

    it("3A.28 metadata is reached only where its very address is written", function()
      local result, requests = ask({ "meta.good.test", "lo.good.test" }, { settings = {
        network = {
          allowedDomains = { "*.good.test" }, allowedAddresses = { "169.254.169.254/32" },
        },
      } })
      for index, expected in ipairs({ "200 METADATA", prohibited }) do
        for _, request in ipairs(doors.at(requests, index)) do
          assert.equal(doors.expected(expected, request.door), request.answer, doors.told(request))
        end
      end
      assert.same({ "METADATA" }, lab.servers(result))
    end)

    it("3A.33 a name that rebinds is judged and dialled by one and the same answer", function()
      local list = { "rebind.good.test", "rebind.good.test", "rebind.good.test" }
      local result, requests = ask(list, { settings = every_name, client = "raw" })
      for _, request in ipairs(requests) do
        assert.equal("200 GOOD", request.answer) -- the first answer is remembered, as it was judged
      end
      assert.equal(2, #result.dns) -- A and AAAA, once
      assert.same({}, result.hostsvc)
      assert.is_true(doors.count(result.access, "GOOD") >= 2)
    end)

    it("3A.29 an address that becomes the machine's own is refused from then on", function()
      if users.ids(identity).uid ~= 0 then
        return -- nobody else may give the machine an address
      end
      local script = doors.shell .. [[
        by_all_doors http://192.31.196.10/
        ip address add 192.31.196.10/32 dev lo
        by_all_doors http://192.31.196.10/
        ip address del 192.31.196.10/32 dev lo
        by_all_doors http://192.31.196.10/]]
      lab.require_lab(pending, identity)
      local result = lab.run({ as_user = identity, argv = doors.argv({
        argv = { "sh", "-c", script }, settings = every_name, way = "proxy", as_user = identity,
      }) })
      assert.equal("200 200 200 403 403 2 200 200 200 ", result.out)
      assert.equal(2 * #doors.names * 2, doors.count(result.access, "GOOD")) -- connect, request
    end)

    for _, listen in ipairs({ "127.0.0.1:0", "0.0.0.0:0" }) do
      it("3A.60 the proxy itself is refused, whatever the settings open: " .. listen, function()
        lab.require_lab(pending, identity)
        local script = doors.shell .. [[
          for host in 127.0.0.1 lo.good.test 192.31.196.1 self.good.test; do
            for at in $port 8080; do
              by_all_doors "http://$host:$at/"
            done
          done]]
        local result = lab.run({ as_user = identity, argv = doors.argv({
          argv = { "sh", "-c", script }, way = "proxy", listen = listen, as_user = identity,
          args = { "-d" }, settings = { network = {
            allowedDomains = { "*.good.test", "127.0.0.0/8", "192.31.196.1" },
          } },
        }) })
        local own, other = "403 403 2 ", "200 200 200 "
        local everywhere = listen == "0.0.0.0:0"
        local outside = everywhere and own or "502 502 5 " -- nobody listens there
        assert.equal((own .. other):rep(2) .. (outside .. other):rep(2), result.out)
        -- connect, request
        assert.equal(4 * #doors.names * 2, doors.count(result.hostsvc, "HOSTSVC"))
        local _, refused = result.err:gsub("Denied by rule: %S+ %(matched built%-in%)", "")
        assert.equal((everywhere and 4 or 2) * #doors.names, refused)
        assert.is_nil(result.err:find("No matching rule", 1, true))
      end)
    end
  end)
end
