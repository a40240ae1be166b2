-- SPDX-License-Identifier: Apache-2.0
-- write_spec.lua - what the command can write: what the settings and --allow-write name, and a /tmp
-- of its own; nothing else, whoever it runs as.
--
-- A sandbox that failed must not harm the machine: what is tried is undone, or harmless.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- For each path: "PATH made", or its error's name. Makes a file, appends to it where there is one.
local writer = [[
import errno, sys
for path in sys.argv[1:]:
    try:
        with open(path, "ab") as file:
            file.write(b"written inside\n")
        print(path, "made")
    except OSError as error:
        print(path, errno.errorcode[error.errno])
]]

local function names(folder)
  local found = {}
  local scan = uv.fs_scandir(folder)
  while scan do
    local name = uv.fs_scandir_next(scan)
    if not name then
      break
    end
    found[#found + 1] = name
  end
  table.sort(found)
  return found
end

for _, identity in ipairs(users.identities()) do
  describe("writing as " .. identity, function()
    local folder
    local file = ("fence-spec-%d-%s"):format(uv.os_getpid(), identity)

    before_each(function()
      folder = users.temp_dir(identity)
      for _, name in ipairs({ "here", "open", "closed" }) do
        assert(process.run({ argv = { "mkdir", folder .. "/" .. name }, as_user = identity }).code
          == 0)
      end
    end)

    -- Runs the writer; returns path -> outcome, and the whole result.
    local function write(paths, options)
      options = options or {}
      options.argv = table.move(paths, 1, #paths, 4, { python, "-c", writer })
      options.as_user = identity
      options.cwd = options.cwd or folder .. "/here"
      local result = fenced.run(options)
      local outcomes = {}
      for path, outcome in result.out:gmatch("(%S+) (%u+)\n") do
        outcomes[path] = outcome
      end
      for path in result.out:gmatch("(%S+) made\n") do
        outcomes[path] = "made"
      end
      return outcomes, result
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { python, "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local closed = {
      { "3F.108 /", "/" }, { "3F.108 /etc", "/etc/" }, { "3F.108 /usr", "/usr/" },
      { "3F.108 /usr/local/bin", "/usr/local/bin/" }, { "3F.108 /opt", "/opt/" },
      { "3F.108 /root", "/root/" }, { "3F.108 /var/lib", "/var/lib/" },
      { "3F.136 /var/tmp", "/var/tmp/" }, { "3F.136 /var/lock", "/var/lock/" },
      { "3G.163 /proc", "/proc/" }, { "3G.163 /sys", "/sys/" },
      { "3G.163 the cgroups", "/sys/fs/cgroup/" },
      { "3F.119 /etc by /proc", "/proc/self/root/etc/" },
      { "3F.119 /etc by its parent", "/proc/1/root/etc/" },
    }
    for _, case in ipairs(closed) do
      local name, path = table.unpack(case)

      row("fails in " .. name, function()
        local outcomes, result = write({ path .. file })
        local made = fenced.exists(path .. file)
        os.remove(path .. file)
        assert.not_equal("made", outcomes[path .. file], result.err)
        assert.is_not_nil(outcomes[path .. file], result.err)
        assert.is_false(made)
      end)
    end

    local shared = { -- writable inside, and private
      { "/tmp", "/tmp/" }, { "3F.136 /dev/shm", "/dev/shm/" }, { "/run", "/run/" },
    }
    for _, case in ipairs(shared) do
      local name, path = table.unpack(case)

      row("reaches no other " .. name, function()
        -- In /run only root can make one; there, what the system has put there has to do
        pcall(users.write_file, users.current(), path .. file .. ".host", "host", "666")
        assert.is_true(#names(path) > 0)
        local result = fenced.run({
          argv = { "sh", "-c", "ls -A " .. path .. "; echo inside > " .. path .. file },
          as_user = identity,
        })
        os.remove(path .. file .. ".host")
        assert.equal("", result.out)
        assert.equal("", result.err)
        assert.equal(0, result.code)
        assert.is_false(fenced.exists(path .. file))
      end)
    end

    row("fails in $HOME, the current folder, and in files there", function()
      local home = users.home(identity)
      local present = folder .. "/here/present"
      users.write_file(identity, present, "as it was\n")
      local paths = { home .. "/" .. file, folder .. "/here/" .. file, present, file }
      local outcomes, result = write(paths)
      for _, path in ipairs(paths) do
        assert.equal("EROFS", outcomes[path], result.err)
      end
      assert.equal("as it was\n", fenced.read_file(present))
      assert.is_false(fenced.exists(paths[1]) or fenced.exists(paths[2]))
    end)

    row("3G.163 does not even open the kernel's settings", function()
      local opener = "import os, sys\nfor path in sys.argv[1:]:\n" ..
        " try: os.open(path, os.O_WRONLY); print(path)\n except OSError: pass\nprint('end')"
      local result = fenced.run({
        argv = { python, "-c", opener, "/proc/sys/kernel/hostname", "/proc/sysrq-trigger",
          "/proc/sys/kernel/core_pattern", "/proc/sys/net/ipv4/ip_forward" },
        as_user = identity,
      })
      assert.equal("end\n", result.out, result.err)
    end)

    local ways = {
      { "--allow-write", function(path) return { args = { "--allow-write", path } } end },
      { "filesystem.allowWrite", function(path)
        return { settings = { filesystem = { allowWrite = { path } } } }
      end },
    }
    for _, case in ipairs(ways) do
      local way, options_for = table.unpack(case)

      row(way .. " opens a folder and nothing beside it", function()
        local outcomes, result = write(
          { folder .. "/open/new", folder .. "/closed/new", folder .. "/new", file },
          options_for(folder .. "/open"))
        assert.same({
          [folder .. "/open/new"] = "made", [folder .. "/closed/new"] = "EROFS",
          [folder .. "/new"] = "EROFS", [file] = "EROFS",
        }, outcomes, result.err)
        assert.equal("written inside\n", fenced.read_file(folder .. "/open/new"))
        assert.same({ "closed", "here", "open" }, names(folder))
        assert.equal(users.ids(identity).uid, uv.fs_stat(folder .. "/open/new").uid)
      end)

      row(way .. " opens a file and nothing beside it", function()
        local path = users.write_file(identity, folder .. "/open/one", "")
        users.write_file(identity, folder .. "/open/other", "")
        local outcomes = write({ path, folder .. "/open/other" }, options_for(path))
        assert.equal("made", outcomes[path])
        assert.equal("EROFS", outcomes[folder .. "/open/other"])
        assert.equal("written inside\n", fenced.read_file(path))
      end)

      row(way .. " opens what a relative path names", function()
        assert.equal("made", write({ "new" }, options_for("."))["new"])
        assert.equal("written inside\n", fenced.read_file(folder .. "/here/new"))
      end)

      row(way .. " opens what ~ names", function()
        local home = users.home(identity)
        uv.fs_mkdir(home .. "/cache", tonumber("755", 8))
        local ids = users.ids(identity)
        uv.fs_chown(home .. "/cache", ids.uid, ids.gid)
        local path = ("%s/cache/%s"):format(home, way)
        local outcomes = write({ path, home .. "/new" }, options_for("~/cache"))
        assert.equal("made", outcomes[path])
        assert.equal("EROFS", outcomes[home .. "/new"])
      end)

      row(way .. " opens where a link leads, under both names", function()
        assert(uv.fs_symlink(folder .. "/open", folder .. "/here/link"))
        local outcomes = write({ folder .. "/here/link/a", folder .. "/open/b",
          folder .. "/here/c" }, options_for(folder .. "/here/link"))
        assert.same({
          [folder .. "/here/link/a"] = "made", [folder .. "/open/b"] = "made",
          [folder .. "/here/c"] = "EROFS",
        }, outcomes)
      end)

      row(way .. " passes over what is not there, and says so", function()
        local options = options_for(folder .. "/absent")
        options.args = table.move(options.args or {}, 1, 2, 2, { "-m" })
        local outcomes, result = write({ folder .. "/absent/new" }, options)
        assert.equal("ENOENT", outcomes[folder .. "/absent/new"])
        assert.is_truthy(result.err:find("absent", 1, true))
        assert.is_false(fenced.exists(folder .. "/absent"))
      end)
    end

    local mounts = { -- $1 is a file in /etc
      { "mounting / again", "mount -o remount,rw,bind / && touch $1" },
      { "mounting over /etc", "mount -t tmpfs none /etc && touch $1" },
      { "unmounting /proc/sys", "umount -l /proc/sys" },
      { "more namespaces", "unshare -rm sh -c 'mount -o remount,rw,bind / && touch $1' sh $1" },
    }
    for _, case in ipairs(mounts) do
      local name, script = table.unpack(case)

      row("3F.135 is not opened by " .. name, function()
        local path = "/etc/" .. file
        local result = fenced.run({
          argv = { "sh", "-c", '[ "$(readlink /proc/self/ns/mnt)" != "$2" ] || exit 0; ' .. script,
            "sh", path, uv.fs_readlink("/proc/self/ns/mnt") },
          as_user = identity,
        })
        local made = os.remove(path)
        assert.not_equal(0, result.code)
        assert.is_nil(made)
      end)
    end
  end)
end
