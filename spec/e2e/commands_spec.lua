-- SPDX-License-Identifier: Apache-2.0
-- commands_spec.lua - command rules hold for whatever the command starts, by whatever way.

local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local here = debug.getinfo(1, "S").source:match("^@(.*)e2e/[^/]*$")

local deny = { "tool push", "echoer", "uname -r" }
local allow = { "tool push docs" }

local caller = [[
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv)
{
    int status;
    pid_t pid;
    if (argc < 3)
        return 1;
    if (argv[1][0] == 's' && posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ) != 0)
        return 126;
    if (argv[1][0] == 'v' && (pid = vfork()) == 0) {
        execvp(argv[2], argv + 2);
        _exit(126);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
]]

local descriptor = [[
import os, sys
kind, words = sys.argv[1], sys.argv[2:]
bytes = open(words[0], "rb").read()
try:
    if kind == "memfd":
        fd = os.memfd_create("x")
        os.write(fd, bytes)
        os.execve(fd, ["x"] + words[1:], os.environ)
    if kind == "fd":
        os.execve(os.open(words[0], os.O_RDONLY), ["x"] + words[1:], os.environ)
    if kind == "procfd":
        os.execv("/proc/self/fd/%d" % os.open(words[0], os.O_RDONLY), ["x"] + words[1:])
    if kind == "argv0":
        os.execv(words[0], ["x"] + words[1:])
    if kind == "thread":
        import threading
        threading.Thread(target=os.execv, args=(words[0], words)).start()
        threading.Event().wait(5)
except OSError as error:
    sys.exit(error.strerror)
]]

-- name, the command: @ stands for the tool and its words.
local ways = {
  { "a shell", { "sh", "-c", "@" } },
  { "a shell in a shell", { "sh", "-c", "bash -c '@'" } },
  { "env", { "sh", "-c", "env A=b @" } },
  { "xargs", { "sh", "-c", "echo @WORDS | xargs @TOOL" } },
  { "find -exec", { "sh", "-c", "find . -maxdepth 0 -exec @ \\;" } },
  { "timeout", { "sh", "-c", "timeout 10 @" } },
  { "a variable", { "sh", "-c", "p=@TOOL; $p @WORDS" } },
  { "eval of what is not known before", { "sh", "-c", "x=$(echo '@'); eval \"$x\"" } },
  { "make", { "make", "-s", "-f", "Makefile" } },
  { "Python's subprocess", { "python3", "-c",
    "import subprocess, sys; sys.exit(subprocess.run('@'.split()).returncode)" } },
  { "Python's os.system", { "python3", "-c", "import os, sys; sys.exit(os.system('@') >> 8)" } },
  { "node's child_process", { "node", "-e", [[
    const { spawnSync } = require("child_process");
    process.exit(spawnSync("@TOOL", "@WORDS".split(" ")).status ?? 99)]] }, tool = "node" },
  { "an npm script", { "npm", "run", "-s", "release" }, tool = "npm" },
  { "a git hook", { "git", "-c", "core.hooksPath=hooks", "-c", "user.name=x", "-c",
    "user.email=x@y", "commit", "-q", "--allow-empty", "-m", "x" }, git = true },
  { "posix_spawn", { "./caller", "s", "@TOOL", "@WORDS" } },
  { "vfork", { "./caller", "v", "@TOOL", "@WORDS" } },
  { "its path from another folder", { "sh", "-c", "cd /; @ABSOLUTE @WORDS" } },
  { "a script", { "sh", "-c", "./script" } },
  { "a link", { "sh", "-c", "ln -sf @ABSOLUTE other; ./other @WORDS" } },
  { "a hard link", { "sh", "-c", "ln -f @ABSOLUTE other; ./other @WORDS" } },
  { "a copy", { "sh", "-c", "cp @ABSOLUTE other; ./other @WORDS" } },
  { "a copy with something behind it",
    { "sh", "-c", "cp @ABSOLUTE other; echo >> other; ./other @WORDS" } },
  { "another first word", { "python3", "descriptor.py", "argv0", "@ABSOLUTE", "@WORDS" } },
  { "fexecve", { "python3", "descriptor.py", "fd", "@ABSOLUTE", "@WORDS" } },
  { "a memfd", { "python3", "descriptor.py", "memfd", "@ABSOLUTE", "@WORDS" } },
  { "/proc/self/fd", { "python3", "descriptor.py", "procfd", "@ABSOLUTE", "@WORDS" } },
  { "a thread", { "python3", "descriptor.py", "thread", "@ABSOLUTE", "@WORDS" } },
  { "the loader", { "sh", "-c", "$(echo /lib*/ld-linux-*.so.*) @ABSOLUTE @WORDS" } },
  { "a copy of the loader",
    { "sh", "-c", "cp /lib*/ld-linux-*.so.* loader; ./loader @ABSOLUTE @WORDS" } },
}

for _, identity in ipairs(users.identities()) do
  describe("command rules as " .. identity .. ":", function()
    local folder

    local function write(name, text)
      return users.write_file(identity, folder .. "/" .. name, text)
    end

    local function build(name, source)
      local result = process.run({ cwd = ".",
        argv = { "cc", "-O1", "-pthread", "-o", folder .. "/" .. name, source } })
      assert.equal(0, result.code, result.err)
    end

    lazy_setup(function()
      folder = users.temp_dir(identity)
      build("tool", here .. "support/exec_race.c")
      build("race", here .. "support/exec_race.c")
      build("caller", write("caller.c", caller))
      write("descriptor.py", descriptor)
      process.run({ argv = { "chmod", "-R", "a+rwX", folder } })
    end)

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function settings(more)
      local it = { command = { deny = json.list(deny), allow = json.list(allow) },
        filesystem = { allowWrite = json.list({ folder }) } }
      for key, value in pairs(more or {}) do
        it.command[key] = value
      end
      return it
    end

    -- PATH is searched for what rules name.
    local function run(argv, options)
      options = options or {}
      if argv[1] == "sh" and argv[2] == "-c" then -- a file, of which nothing is known
        argv = { "sh", write("run", argv[3]) }
      end
      return fenced.run({ argv = argv, as_user = identity, cwd = folder, timeout = 60000,
        args = options.args or { "-m" }, settings = options.settings or settings(),
        env = { PATH = folder .. ":/usr/bin:/bin:/usr/sbin:/sbin" } })
    end

    local function fill(text, words)
      local absolute = folder .. "/tool"
      return (text:gsub("@ABSOLUTE", absolute):gsub("@WORDS", words):gsub("@TOOL", "tool")
        :gsub("@", "tool " .. words))
    end

    local function command_of(way, words)
      local argv = {}
      for _, word in ipairs(way[2]) do
        if word == "@WORDS" then
          for one in words:gmatch("%S+") do
            argv[#argv + 1] = one
          end
        else
          argv[#argv + 1] = fill(word, words)
        end
      end
      write("Makefile", "all:\n\t" .. fill("@", words) .. "\n")
      write("package.json", json.encode({ scripts = { release = fill("@", words) } }))
      write("script", "#!" .. folder .. "/tool " .. words:match("%S+") .. "\n")
      write("hooks/pre-commit", "#!/bin/sh\n" .. fill("@", words) .. "\n")
      for _, name in ipairs({ "/script", "/hooks/pre-commit" }) do
        process.run({ argv = { "chmod", "a+rx", folder .. name } })
      end
      return argv
    end

    local function prepare(way)
      if way.tool then
        fenced.require_tool(pending, { way.tool, "--version" })
      end
      process.run({ argv = { "mkdir", "-p", "-m", "777", folder .. "/hooks" } })
      if way.git and not fenced.exists(folder .. "/.git") then
        process.run({ argv = { "git", "init", "-q", folder }, as_user = identity })
      end
    end

    for _, way in ipairs(ways) do
      row("by " .. way[1], function()
        prepare(way)
        local result = run(command_of(way, "push"))
        assert.not_equal(42, result.code, result.err)
        assert.matches("%[fence:exec%] [%d:]+ ✗ [^\n]* %([^\n]+:%d+%) matches \"tool push\"\n",
          result.err)
        result = run(command_of(way, "pull"))
        assert.equal(0, result.code, result.err)
        assert.not_matches("%[fence:exec%]", result.err)
      end)
    end

    row("by busybox, and by its applets under any name", function()
      fenced.require_tool(pending, { "busybox", "true" })
      local result = run({ "sh", "-c", [[
        busybox uname -r; echo $?; cp $(command -v busybox) box; ./box uname -r; echo $?
        ln -sf box uname; ./uname -r; echo $?; busybox busybox uname -r; echo $?
        busybox uname >/dev/null; echo $?; rm uname]] })
      assert.equal("126\n126\n126\n126\n0\n", result.out, result.err)
      local _, lines = result.err:gsub("✗", "")
      assert.equal(4, lines, result.err)
    end)

    row("what is allowed more closely passes", function()
      local result = run({ "sh", "-c", "tool push docs" })
      assert.equal(42, result.code, result.err)
      assert.equal("", result.err)
    end)

    row("before the start nothing is executed at all", function()
      for _, argv in ipairs({ { "tool", "push" }, { folder .. "/tool", "push" } }) do
        local result = run(argv)
        assert.equal(126, result.code)
        assert.matches("^fence: command blocked by sandbox command policy: \"[^\"]*tool push\" " ..
          "matches \"tool push\"\n$", result.err)
      end
    end)

    row("the default list is for the command alone, unless it is asked for", function()
      local result = run({ "dd", "if=/dev/null" }, { settings = { network = {} } })
      assert.equal(126, result.code)
      assert.matches("command blocked by default sandbox command policy: \"dd if=/dev/null\" " ..
        "matches \"dd if=\"\n", result.err)
      local script = { "python3", "-c",
        "import subprocess as s; print(s.run(['dd', 'if=/dev/null'], stderr=s.PIPE).returncode)" }
      assert.equal("0\n", run(script, { settings = { network = {} } }).out)
      result = run(script, { settings = { command = { useDefaults = true } } })
      assert.matches("✗ dd if=/dev/null %(python3:%d+%) matches \"dd if=\"\n", result.err)
      assert.equal("0\n", run(script, { settings = settings({ useDefaults = false }) }).out)
    end)

    row("without -m the first one is told, and how many there were is not hidden", function()
      local result = run({ "sh", "-c", "tool push; tool push; uname -r; echo end" }, { args = {} })
      assert.equal("end\n", result.out)
      local line = "%[fence%] tool push %(sh:%d+%) matches \"tool push\", of " ..
        "command%.deny%[0%]: it was not executed; others are reported with %-m\n"
      local _, lines = result.err:gsub(line, "")
      assert.equal(1, lines, result.err)
    end)

    row("with -d what passes is shown, too", function()
      local result = run({ "sh", "-c", "tool pull; true" }, { args = { "-d" } })
      assert.matches("%[fence:exec%] [%d:]+ ✓ tool pull %(sh:%d+%)\n", result.err)
    end)

    for _, how in ipairs({ "word", "pointer", "path" }) do
      row("a " .. how .. " that is changed after it was judged executes nothing denied", function()
        process.run({ argv = { "cp", folder .. "/tool", folder .. "/echoer" } })
        process.run({ argv = { "ln", "-sf", "/bin/false", folder .. "/tool.push" } })
        local result = run({ "./race", how, folder .. "/tool", "150" },
          { args = {}, settings = how == "path" and {
            command = { deny = json.list({ "false" }) },
            filesystem = { allowWrite = json.list({ folder }) } } or nil })
        local pushed, other = result.out:match("^(%d+) (%d+)\n$")
        assert.equal("0", pushed, result.err)
        assert.is_true(tonumber(other) > 0, result.out .. result.err)
      end)
    end

    row("programs that fail, and signals, are as they would be", function()
      local result = run({ "sh", "-c", [[
        nowhere; echo $?
        /etc/passwd; echo $?
        sh -c 'kill -TERM $$'; echo $?
        sh -c 'trap "echo trapped" TERM; kill -TERM $$'
        true & wait $!; echo $?
        (exec -a other sleep 0) 2>/dev/null || (exec sleep 0); echo $?]] })
      assert.equal("127\n126\n143\ntrapped\n0\n0\n", result.out, result.err)
    end)

    row("a flood of denied commands leaves others alone", function()
      local result = run({ "sh", "-c", [[
        flood() { i=0; while [ $i -lt 200 ]; do uname -r; i=$((i+1)); done; }
        for i in 1 2 3 4 5 6 7 8; do flood & done
        curl -sS -o /dev/null -w '%{http_code}\n' http://denied.test/; wait; echo end]] },
        { args = {} })
      assert.equal("403\nend\n", result.out)
    end)

    row("many at once, as make does", function()
      local lines = { "all:" }
      for i = 1, 60 do
        lines[1] = lines[1] .. " t" .. i
        lines[#lines + 1] = ("t%d:\n\t@sh -c 'tool pull && env true'"):format(i)
      end
      write("Makefile", table.concat(lines, "\n") .. "\n")
      local result = run({ "make", "-j8" })
      assert.equal(0, result.code, result.err)
      assert.equal("", result.err)
    end)

    row("on_exec is asked for each", function()
      local policy = users.write_file(identity, users.temp_dir(identity) .. "/p.lua", [[
        local fence = require "fence"
        local asked = 0
        return { name = "p", on_exec = function(cmd)
          asked = asked + 1
          if cmd.argv[1] == "uname" then
            return fence.deny(("number %d of %s in %s"):format(asked, math.type(cmd.pid), cmd.cwd))
          end
        end }]])
      local result = run({ "sh", "-c", "id -u >/dev/null; uname; echo $?" },
        { args = { "-m", "--policy", policy }, settings = { network = {} } })
      assert.equal("126\n", result.out, result.err)
      assert.matches("✗ uname %(sh:%d+%): denied by policy:p: number %d of integer in [^\n]+\n",
        result.err)
    end)
  end)
end
