-- SPDX-License-Identifier: Apache-2.0
-- reload_spec.lua - rules that are loaded again while they decide: on SIGHUP and with --watch. What
-- cannot be loaded changes nothing, and what is under way goes on.

local uv = require "luv"
local http = require "spec.support.http"
local json = require "spec.support.json"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local proxy = require "spec.support.proxy"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local patience_ms = 10000
local me = users.current()

local again = "fence: the rules were loaded again"
local stay = "; the rules stay as they were"

local allow = 'return { on_request = function() return require("fence").allow() end }'
local deny = 'return { on_request = function() return require("fence").deny("shut") end }'

describe("reload:", function()
  local folder, server, child, p

  before_each(function()
    folder = users.temp_dir(me)
    server = origin.http("good")
  end)

  after_each(function()
    server:close()
    if child and child:running() then
      child:kill("sigterm")
      assert.equal(0, child:wait(patience_ms).code)
    end
    child = nil
  end)

  local function write(name, text, mode)
    return users.write_file(me, folder .. "/" .. name, text, mode)
  end

  -- Settings that lead good.test to the origin, and allow it or not.
  local function settings(allowed, more)
    local value = { network = { hosts = { ["good.test"] = "127.0.0.1" },
                                allowedDomains = json.list(allowed and { "good.test" } or {}) } }
    for key, item in pairs(more or {}) do
      value[key] = item
    end
    return json.encode(value)
  end

  -- `path`: of the settings, in the folder.
  local function start(path, ...)
    child = process.start({ argv = { users.binary(me), "proxy", "--http", "127.0.0.1:0",
      "--settings", folder .. "/" .. path, ... } })
    local line = assert(child:read_line("stderr", patience_ms))
    local port = assert(line:match(":(%d+)$"), line)
    p = setmetatable({ child = child, port = tonumber(port) }, proxy)
  end

  local function next_line()
    return assert(child:read_line("stderr", patience_ms))
  end

  local function status()
    local request = wire.get("/", "good.test:" .. server.port)
    return assert(p:request(request, { timeout = patience_ms })).status
  end

  -- Each way to have rules loaded again: the name, the arguments, what makes fence look.
  local ways = {
    { "SIGHUP", {}, function() child:kill("sighup") end },
    { "--watch", { "--watch" }, function() end },
  }

  for _, way in ipairs(ways) do
    local look = way[3]

    describe(way[1] .. ":", function()
      -- Changes something, and waits for what is said of it.
      local function changed(line, status_after)
        look()
        assert.equal(line, next_line())
        assert.equal(status_after, status())
      end

      it("settings written in place", function()
        write("fence.json", settings(false))
        start("fence.json", table.unpack(way[2]))
        assert.equal(403, status())
        for _, allowed in ipairs({ true, false, true }) do
          write("fence.json", settings(allowed))
          changed(again, allowed and 200 or 403)
        end
      end)

      it("settings put in place of the old ones", function()
        write("fence.json", settings(false))
        start("fence.json", table.unpack(way[2]))
        for _, allowed in ipairs({ true, false, true }) do
          write("new", settings(allowed))
          assert(uv.fs_rename(folder .. "/new", folder .. "/fence.json"))
          changed(again, allowed and 200 or 403)
        end
      end)

      it("a link that leads elsewhere", function()
        assert(uv.fs_mkdir(folder .. "/one", tonumber("700", 8)))
        assert(uv.fs_mkdir(folder .. "/two", tonumber("700", 8)))
        write("one/fence.json", settings(false))
        write("two/fence.json", settings(true))
        assert(uv.fs_symlink("one/fence.json", folder .. "/fence.json"))
        start("fence.json", table.unpack(way[2]))
        assert.equal(403, status())
        assert(uv.fs_symlink("two/fence.json", folder .. "/new"))
        assert(uv.fs_rename(folder .. "/new", folder .. "/fence.json"))
        changed(again, 200)
        write("two/fence.json", settings(false)) -- and where it leads now
        changed(again, 403)
      end)

      it("a policy, and a module that it requires", function()
        write("fence.json", settings(false))
        write("rules.lua", deny)
        local path = write("p.lua", 'return require "rules"')
        start("fence.json", "--policy", path, table.unpack(way[2]))
        assert.equal(403, status())
        write("rules.lua", allow)
        changed(again, 200)
        write("p.lua", deny)
        changed(again, 403)
      end)

      it("what the settings extend", function()
        write("base.json", settings(false))
        write("fence.json", '{"extends": "./base.json"}')
        start("fence.json", table.unpack(way[2]))
        assert.equal(403, status())
        write("base.json", settings(true))
        changed(again, 200)
        write("base.json", '{"network": ')
        changed(("fence: %s/base.json:1:13: a value is missing here%s"):format(folder, stay), 200)
        write("base.json", settings(false))
        changed(again, 403)
      end)

      it("what the settings extend only now, and what comes late", function()
        write("fence.json", settings(false))
        start("fence.json", table.unpack(way[2]))
        write("fence.json", '{"extends": "./late.json"}')
        changed(("fence: %s/fence.json:1:13: extends: '%s/late.json' does not exist%s"):format(
          folder, folder, stay), 403)
        write("late.json", settings(true))
        changed(again, 200)
      end)

      it("a policy that the settings name only now, and that comes late", function()
        assert(uv.fs_mkdir(folder .. "/policies", tonumber("700", 8)))
        write("fence.json", settings(false))
        start("fence.json", table.unpack(way[2]))
        write("fence.json", settings(false, { policies = { "policies/late.lua" } }))
        changed(("fence: %s/policies/late.lua: does not exist%s"):format(folder, stay), 403)
        write("policies/late.lua", allow)
        changed(again, 200)
      end)

      -- name, what becomes of the settings or the policy, how the line begins, and what has to be
      -- done before they can be written again
      local function unlink(name)
        assert(uv.fs_unlink(folder .. "/" .. name))
      end
      local rows = {
        { "broken JSON", function() write("fence.json", '{"network": ') end,
          "DIR/fence.json:1:13: " },
        { "a misspelt key", function() write("fence.json", '{"netwrok": {}}') end,
          "DIR/fence.json:1:2: " },
        { "empty settings", function() write("fence.json", "") end, "DIR/fence.json:1:1: " },
        { "settings that are gone", function() unlink("fence.json") end,
          "'DIR/fence.json' does not exist" },
        { "a FIFO in place of the settings", function()
            assert(os.execute("mkfifo " .. folder .. "/new"))
            assert(uv.fs_rename(folder .. "/new", folder .. "/fence.json"))
          end, "'DIR/fence.json' is a pipe: write the settings to a regular file",
          function() unlink("fence.json") end },
        { "a folder in place of the settings", function()
            unlink("fence.json")
            assert(uv.fs_mkdir(folder .. "/new", tonumber("700", 8)))
            assert(uv.fs_rename(folder .. "/new", folder .. "/fence.json"))
          end, "'DIR/fence.json' is a folder: name the file in it",
          function() assert(uv.fs_rmdir(folder .. "/fence.json")) end },
        { "a policy with a syntax error", function() write("p.lua", "return {") end,
          "DIR/p.lua:1: " },
        { "a policy with a misspelt hook",
          function() write("p.lua", "return { on_conect = function() end }") end,
          "DIR/p.lua: a policy has no 'on_conect'" },
        { "a policy that loops", function() write("p.lua", "while true do end") end,
          "DIR/p.lua: it took too " },
        { "an empty policy", function() write("p.lua", "") end,
          "DIR/p.lua: a policy returns a table of hooks, not a nil" },
        { "a policy of 2 MiB", function() write("p.lua", ("-"):rep(2 * 1024 * 1024)) end,
          "DIR/p.lua: has 1 MiB or more" },
        { "a policy that is gone", function() unlink("p.lua") end, "DIR/p.lua: does not exist" },
        { "a FIFO in place of the policy", function()
            assert(os.execute("mkfifo " .. folder .. "/new"))
            assert(uv.fs_rename(folder .. "/new", folder .. "/p.lua"))
          end, "DIR/p.lua: is no regular file", function() unlink("p.lua") end },
        { "3K.205 a policy that others may write",
          function() assert(uv.fs_chmod(folder .. "/p.lua", tonumber("666", 8))) end,
          "DIR/p.lua: can be written by others: chmod go-w it" },
      }
      if users.ids(me).uid == 0 then
        rows[#rows + 1] = { "3K.205 a policy of another user",
          function() assert(uv.fs_chown(folder .. "/p.lua", 65534, 65534)) end,
          "DIR/p.lua: belongs to another user, who could change what it decides" }
      end

      for _, row in ipairs(rows) do
        it(row[1] .. " changes nothing and is said once", function()
          write("fence.json", settings(false))
          local path = write("p.lua", allow)
          start("fence.json", "--policy", path, table.unpack(way[2]))
          assert.equal(200, status())
          row[2]()
          look()
          local line, start_of = next_line(), "fence: " .. row[3]:gsub("DIR", folder)
          assert.equal(start_of, line:sub(1, #start_of))
          assert.equal(stay, line:sub(-#stay))
          for _ = 1, 2 do -- the same once more is no news
            child:kill("sighup")
            assert.equal(200, status())
            assert.equal(200, status())
          end
          if row[4] then
            row[4]()
          end
          write("fence.json", settings(true))
          write("p.lua", deny)
          look()
          repeat -- between the two, one of them may have been seen alone
            line = next_line()
          until line == again
          while status() ~= 403 do
            assert.equal(again, next_line())
          end
        end)
      end
    end)
  end

  it("without SIGHUP or --watch nothing is loaded again", function()
    write("fence.json", settings(false))
    start("fence.json", "--watch") -- shows when there was time enough
    local watching = child
    start("fence.json")
    write("fence.json", settings(true))
    assert.equal(again, watching:read_line("stderr", patience_ms))
    assert.equal(403, status())
    watching:kill("sigterm")
    assert.equal(0, watching:wait(patience_ms).code)
    child:kill("sighup")
    assert.equal(again, next_line())
    assert.equal(200, status())
  end)

  it("3E.106 a tunnel that is up stays up", function()
    local echo = origin.echo()
    write("fence.json", settings(true))
    start("fence.json")
    local client = assert(p:tunnel("good.test:" .. echo.port, patience_ms))
    client:send("one")
    assert.equal("one", client:read(3, patience_ms))
    write("fence.json", settings(false))
    child:kill("sighup")
    assert.equal(again, next_line())
    local refused, response = p:tunnel("good.test:" .. echo.port, patience_ms)
    assert.is_nil(refused)
    assert.equal(403, response.status)
    client:send("two")
    assert.equal("two", client:read(3, patience_ms))
    client:shutdown()
    assert.equal("", (client:read_all(patience_ms)))
    client:close()
    echo:close()
  end)

  it("an answer that is under way is finished, and the next request is judged anew", function()
    local go = false
    local slow = origin.http("slow", function()
      loop.wait(function() return go end, patience_ms)
      return origin.response("200 OK", "slow")
    end)
    write("fence.json", settings(true))
    start("fence.json")
    local client = p:connect()
    local request = wire.get("/", "good.test:" .. slow.port)
    client:send(request)
    loop.wait(function() return #slow.requests == 1 end, patience_ms)
    write("fence.json", settings(false))
    child:kill("sighup")
    assert.equal(again, next_line())
    go = true
    assert.equal("slow", http.read_response(client, patience_ms).body)
    client:send(request)
    assert.equal(403, http.read_response(client, patience_ms).status)
    client:close()
    slow:close()
  end)

  it("200 requests while it is loaded ten times: each gets one of the two answers", function()
    write("fence.json", settings(true))
    start("fence.json")
    local counts, done = { [200] = 0, [403] = 0 }, 0
    for _ = 1, 10 do
      loop.task(function()
        local client = p:connect()
        for _ = 1, 20 do
          client:send(wire.get("/", "good.test:" .. server.port))
          local response = assert(http.read_response(client, patience_ms))
          assert(response.status ~= 200 or response.body == "good", response.body)
          counts[response.status] = counts[response.status] + 1
          done = done + 1
        end
        client:close()
      end)
    end
    for round = 1, 10 do
      loop.wait(function() return done >= round * 18 end, patience_ms)
      write("fence.json", settings(round % 2 == 0))
      child:kill("sighup")
      assert.equal(again, next_line())
    end
    loop.wait(function() return done == 200 end, patience_ms)
    assert.equal(200, counts[200] + counts[403])
    assert.is_true(counts[200] > 0 and counts[403] > 0)
    assert.equal(200, status())
  end)

  it("a run with --watch: a rule that is opened while the command runs", function()
    write("fence.json", settings(false))
    local run = process.start({ stdin = true, argv = {
      users.binary(me), "--watch", "--settings", folder .. "/fence.json", "--", "sh", "-c",
      ("while read word; do curl -s -o /dev/null -w '%%{http_code}\\n' http://good.test:%d/; done")
        :format(server.port) } })
    for index, allowed in ipairs({ false, true, false }) do
      if index > 1 then
        write("fence.json", settings(allowed))
        assert.equal(again, run:read_line("stderr", patience_ms))
      end
      run:write("go\n")
      assert.equal(allowed and "200" or "403", run:read_line("stdout", patience_ms))
    end
    run:close_stdin()
    assert.equal(0, run:wait(patience_ms).code)
  end)
end)
