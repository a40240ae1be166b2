-- SPDX-License-Identifier: Apache-2.0
-- slow_dns_spec.lua - name servers that take their time: fence gives up after five seconds and
-- serves everybody else meanwhile.
--
-- All labs run at the same time, or these few rows would take half a minute.

local doors = require "spec.support.doors"
local lab = require "spec.support.lab"
local loop = require "spec.support.loop"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local deadline_s, late_s = 5, 3 -- `late_s`: what a busy machine may add
local soon_s = 2                -- whoever waits behind a look-up that hangs waits longer

-- The C library alone would wait for 20 s
local before = 'printf "nameserver $LAB_DNS\\noptions timeout:20 attempts:1\\n" ' ..
  '>"$LAB_DIR/resolv.conf"'

local sizes = { sandbox = 200, proxy = 12 }

-- The requests of a row: for each host by each door, after some seconds.
local function make_row(hosts, wait)
  local row = doors.requests(hosts)
  for _, request in ipairs(row) do
    request.wait = wait
  end
  return row
end

-- name -> the requests of a row: `hanging` many names that are never answered, the slow ones, and
-- beside them what must not notice.
local function make_rows(hanging)
  local rows = {
    never = {},
    same = make_row({ "hang.good.test" }, 0.8),
    wrongid = make_row({ "wrongid.good.test" }, 0.8),
    drip = make_row({ "drip.good.test" }, 0.8),
    slow = make_row({ "slow.good.test" }, 0.8),
    others = make_row({ "good.test", "a.good.test", "192.31.196.10" }, 1.5),
    denied = make_row({ "evil.test" }, 1.5),
    after = make_row({ "six.good.test", "good.test" }, deadline_s + 1),
  }
  for index = 1, hanging do
    rows.never[index] = {
      to = ("%d.hang.good.test"):format(index), door = doors.names[index % #doors.names + 1],
      -- In half a second: the lab's name server would lose some of a single burst
      wait = 0.5 * index / hanging,
    }
  end
  return rows
end

local runs = {} -- "sandbox as root" -> { rows =, result =, seconds = }

local function run_one(identity, way)
  local run, requests = { rows = make_rows(sizes[way]) }, {}
  for _, row in pairs(run.rows) do
    table.move(row, 1, #row, #requests + 1, requests)
  end
  run.result = doors.ask(requests, {
    settings = { network = { allowedDomains = { "good.test", "*.good.test", "192.31.196.10" } } },
    way = way, client = "together", before = before, as_user = identity, timeout = 40000,
  })
  runs[way .. " as " .. identity] = run
end

local function run_all()
  local left = 0
  for _, identity in ipairs(users.identities()) do
    for way in pairs(sizes) do
      left = left + 1
      loop.task(function()
        run_one(identity, way)
        left = left - 1
      end)
    end
  end
  loop.wait(function() return left == 0 end, 45000)
end

for _, identity in ipairs(users.identities()) do
  for way, hanging in pairs(sizes) do
    describe(("slow names, in the %s as %s:"):format(way, identity), function()
      local function row(name, fn)
        it(name, function()
          sandbox.require_sandbox(pending, identity)
          if not next(runs) then
            run_all()
          end
          local run = assert(runs[way .. " as " .. identity], "the run failed")
          fn(run.rows, run.result)
        end)
      end

      local function expect(requests, answer, from, to)
        for _, request in ipairs(requests) do
          local what = ("%s by the door %s: %s in %s s"):format(request.to, request.door,
            request.answer, request.seconds)
          assert.equal(doors.expected(answer, request.door), request.answer, what)
          assert.is_true(request.seconds >= from and request.seconds <= to, what)
        end
      end

      row(("3D.92 %d names that are never answered end at the deadline"):format(hanging),
        function(rows, result)
          expect(rows.never, "504 dns_timeout", deadline_s - 0.2, deadline_s + late_s)
          local asked = 0
          for _, name in ipairs(lab.names(result)) do
            asked = asked + (name:match("^%d+%.hang%.good%.test$") and 1 or 0)
          end
          assert.is_true(asked > 0.9 * hanging, asked .. " questions") -- UDP may lose some
        end)

      row("3D.92 3M.241 others are served meanwhile", function(rows)
        expect(rows.others, "200 GOOD", 0, soon_s)
        expect(rows.denied, "403 http_request_denied", 0, soon_s)
      end)

      row("3D.92 and after", function(rows)
        expect(rows.after, "200 GOOD", 0, soon_s)
      end)

      row("3D.92 those that wait for one name end together", function(rows, result)
        expect(rows.same, "504 dns_timeout", deadline_s - 0.2, deadline_s + late_s)
        assert.equal(2, doors.count(result.dns, "hang.good.test")) -- A and AAAA
      end)

      row("3D.93 an answer to another question is none", function(rows)
        expect(rows.wrongid, "504 dns_timeout", deadline_s - 0.2, deadline_s + late_s)
      end)

      row("3D.93 one byte a second over TCP", function(rows)
        expect(rows.drip, "504 dns_timeout", deadline_s - 0.2, deadline_s + late_s)
      end)

      row("an answer after two seconds is one", function(rows)
        expect(rows.slow, "200 GOOD", 1.8, 2 + late_s)
      end)

      row("and the lab saw nothing else", function(_, result)
        assert.equal("", result.rest)
        assert.equal("", result.err)
        assert.equal(0, result.code)
        assert.same({ "GOOD" }, lab.servers(result))
        assert.same({}, result.hostsvc)
        assert.same({ "tcp 192.31.196.10 80", "tcp 192.31.196.53 53", "tcp 2620:4f:8000::10 80",
          "udp 192.31.196.53 53" }, doors.places(result))
      end)
    end)
  end
end
