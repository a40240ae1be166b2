-- SPDX-License-Identifier: Apache-2.0
-- ask_spec.lua - a policy's question at the terminal: asked there and nowhere else, answered by a
-- person and by nothing that the command writes or reads.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local terminal = require "spec.support.terminal"
local users = require "spec.support.users"

local settings = { network = { hosts = { ["good.test"] = "127.0.0.1" } } }
local policy = [[
local fence = require "fence"
return { on_request = function(req) return fence.ask("send " .. req.method .. "?") end }
]]
-- nothing listens on port 1 of the host: 502 is what was let through
local get = "curl -s -o /dev/null -w '%{http_code}\\n' http://good.test:1/"
local words = "[fence:ask] send GET? [y]es once, [a]lways in this run, [N]o, ne[v]er"
local question = "=" .. words

for _, identity in ipairs(users.identities()) do
  describe("fence.ask as " .. identity .. ":", function()
    local function argv(script, ...)
      local folder = users.temp_dir(identity)
      local path = users.write_file(identity, folder .. "/p.lua", policy)
      return fenced.argv({ as_user = identity, settings = settings,
        args = { "--policy", path, ... }, argv = { "sh", "-c", script } })
    end

    -- name, the script, the steps, what the screen shows of it
    for _, row in ipairs({
      { "yes", get, { question, ">y\\n", "=502" } },
      { "yes is for once", get .. "; " .. get, { question, ">y\\n", "=502", question, ">n\\n",
        "=403" } },
      { "always", get .. "; " .. get, { question, ">a\\n", "=502", "=502" } },
      { "no", get, { question, ">n\\n", "=403" } },
      { "Enter is no", get, { question, ">\\n", "=403" } },
      { "the end of the input is no", get, { question, ">\\x04", "=403" } },
      { "another word is no", get, { question, ">sure\\n", "=403" } },
      { "never", get .. "; " .. get, { question, ">v\\n", "=403", "=403" } },
      { "what was typed before is no answer", "sleep 0.3; " .. get,
        { ">y\\n", question, ">n\\n", "=403" } },
      { "a program that has the whole terminal", "stty -icanon; " .. get,
        { "=nobody was asked, as a program inside has the whole terminal: send GET?", "=403" } },
      { "the command's own job gets the terminal back", get .. "; read word; echo got $word",
        { question, ">y\\n", "=502", ">hello\\n", "=got hello" } },
      { "a job of a shell inside", "bash -ic '" .. get:gsub("'", "'\\''") .. "; exit' 2>/dev/null",
        { question, ">y\\n", "=502" } },
      { "3I.181 a question that the command prints is answered to the command alone",
        "echo '" .. words .. ": '; read word; echo got $word; " .. get,
        { question, ">y\\n", "=got y", question, ">n\\n", "=403" } },
      { "3I.181 an answer that the command prints is none",
        get .. " & sleep 0.3; echo y >/dev/tty; wait",
        { question, "~0.6", ">n\\n", "=403" } },
      { "3I.181 nor is one that it would type",
        get .. " & sleep 0.3; python3 -c 'import fcntl, termios; " ..
        'fcntl.ioctl(0, termios.TIOCSTI, b"y")\' 2>&1 | tail -1 >/tmp/said; wait; cat /tmp/said',
        { question, "~0.8", ">n\\n", "=403", "=PermissionError" } },
      { "Ctrl-C at a question is the command's", "trap 'echo caught' INT; " .. get .. "; exit 0",
        { question, ">\\x03", "=caught" } },
    }) do
      for _, option in ipairs({ false, "--clean-tty" }) do
        it(row[1] .. (option and ", at a terminal of its own" or ""), function()
          local result = terminal.run({ argv = argv(row[2], option or nil), steps = row[3],
            as_user = identity })
          assert.equal(0, result.code, result.err .. result.out)
        end)
      end
    end

    -- name, the steps, the status
    for _, row in ipairs({
      { "yes", { "=run sh?", ">y\\n", "=ran" }, 0 },
      { "no", { "=run sh?", ">n\\n",
        "=fence: the command is denied by policy:e, as the answer was no: run sh?" }, 126 },
      { "never", { "=run sh?", ">v\\n", "=as the answer was no: run sh?" }, 126 },
      { "Ctrl-C", { "=run sh?", ">\\x03" }, 130 },
      { "nobody in time", { "=run sh?", "=nobody has answered: no",
        "=as the answer was no: run sh?" }, 126 },
    }) do
      it("before the command starts: " .. row[1], function()
        local folder = users.temp_dir(identity)
        local path = users.write_file(identity, folder .. "/e.lua", [[
          local fence = require "fence"
          return {
            on_exec = function(cmd) return fence.ask("run " .. cmd.argv[1] .. "?") end,
            on_start = function() fence.log("info", "told of a start") end,
            on_exit = function() fence.log("info", "told of the end") end,
          }]])
        local result = terminal.run({ as_user = identity, steps = row[2],
          argv = fenced.argv({ as_user = identity, settings = settings,
            args = { "-m", "--policy", path, "--ask-timeout", row[1]:find("time") and "1" or "30" },
            argv = { "sh", "-c", "echo ran" } }) })
        assert.equal(row[3], result.code, result.err .. result.out)
        local told = row[3] == 0
        for _, word in ipairs({ "told of a start", "told of the end", "ran\r\n" }) do
          assert.equal(told, result.out:find(word, 1, true) ~= nil, word .. "\n" .. result.out)
        end
      end)
    end

    it("no answer in time is no", function()
      local result = terminal.run({ argv = argv(get, "--ask-timeout", "1"), as_user = identity,
        steps = { question, "=[fence:ask] nobody has answered: no", "=403" } })
      assert.equal(0, result.code, result.err .. result.out)
    end)

    it("without a terminal nobody is asked", function()
      local result = process.run({ as_user = identity,
        argv = argv("curl -s http://good.test:1/") })
      assert.is_truthy(result.out:find("nobody is there to be asked: send GET?", 1, true),
        result.out .. result.err)
    end)
  end)
end
