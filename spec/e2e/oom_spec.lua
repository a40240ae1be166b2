-- SPDX-License-Identifier: Apache-2.0
-- oom_spec.lua - a command that takes more memory than there is: its end is its own, and nothing is
-- left of the sandbox. (That the kernel kills fence instead is kill_spec.lua's SIGKILL.)

local uv = require "luv"
local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"
local hungry = "x = bytearray(400 << 20); print('fed')"
local limit = 64 << 20

local function write(path, text)
  local file = io.open(path, "r+") -- which makes none: a folder may be no cgroup
  return file ~= nil and (file:write(text) and file:close()) == true
end

-- A cgroup with a limit for memory, of version 2 or 1; nil where none can be made.
local function make_group()
  local name = ("/fence-spec-%d"):format(uv.os_getpid())
  for _, kind in ipairs({ { "/sys/fs/cgroup", "memory.max" },
    { "/sys/fs/cgroup/memory", "memory.limit_in_bytes" } }) do
    local folder = kind[1] .. name
    if uv.fs_mkdir(folder, tonumber("755", 8)) then
      if write(folder .. "/" .. kind[2], tostring(limit)) then
        write(folder .. "/memory.swap.max", "0")
        return folder
      end
      uv.fs_rmdir(folder)
    end
  end
end

for _, identity in ipairs(users.identities()) do
  describe("a command that wants too much memory, as " .. identity, function()
    it("3M.228 is told so by its limit", function()
      sandbox.require_sandbox(pending, identity)
      local result = fenced.run({ as_user = identity, timeout = 20000,
        argv = { "sh", "-c", 'ulimit -v 100000; exec "$0" -c "$1"', python, hungry } })
      assert.equal(1, result.code, result.err)
      assert.equal("", result.out)
      assert.matches("MemoryError", result.err)
    end)

    it("3M.228 is killed by the kernel", function()
      sandbox.require_sandbox(pending, identity)
      local group = make_group()
      if not group then
        pending("no cgroup with a limit for memory can be made here")
        return
      end
      local argv = fenced.argv({ as_user = identity, argv = { python, "-c", hungry } })
      if identity ~= users.current() then -- only root may enter the group
        argv = table.move(argv, 1, #argv, 5, { "runuser", "-u", identity, "--" })
      end
      local result = process.run({ timeout = 20000, cwd = "/", argv = table.move(argv, 1, #argv, 5,
        { "sh", "-c", 'echo $$ >"$0"/cgroup.procs; exec "$@"', group }) })
      for _ = 1, 100 do -- a process that is gone leaves it a moment later
        if uv.fs_rmdir(group) then
          break
        end
        uv.sleep(20)
      end
      assert.is_false(fenced.exists(group)) -- nobody is left in it
      assert.equal("", result.out)
      assert.equal(137, result.code, result.err)
      assert.equal("", result.err)
    end)
  end)
end
