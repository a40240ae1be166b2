-- SPDX-License-Identifier: Apache-2.0
-- tty_spec.lua - programs that have the whole screen, jobs of a shell on both sides, pipelines, and
-- what the terminal is like when fence has ended. The single keys and signals: signals_spec.lua.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local terminal = require "spec.support.terminal"
local users = require "spec.support.users"

local shell = { "bash", "--norc", "-i" }

-- Starts a program, and says what it has left behind: at the terminal, as whoever starts fence.
local watcher = [=[
import fcntl, os, subprocess, sys, termios
def state():
    return {"modes": termios.tcgetattr(0), "group": os.tcgetpgrp(0) == os.getpgrp(),
            "flags": [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (0, 1, 2)]}
before = state()
code = subprocess.call(sys.argv[1:])
after = state()
changed = [name for name in before if before[name] != after[name]]
print("ended with", code, "changed:", *changed, flush=True)
print("read", repr(sys.stdin.readline()), flush=True)
]=]

-- Takes the terminal for a group of its own, as a shell's job does.
local thief = [[
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    print("taken", flush=True)
    signal.pause()
os.waitpid(child, 0)
]]

-- The shell sees fence stop, and a busy machine may need a moment more to stop the command, too.
local REST = "~0.2"

-- Counts the signals that it gets until a line comes.
local counter = [[
import signal, sys
counts = {}
def count(signum, frame):
    counts[signum] = counts.get(signum, 0) + 1
for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH, signal.SIGTERM):
    signal.signal(signum, count)
print("up", flush=True)
sys.stdin.readline()
print("counted", *("%s %d" % (signal.Signals(n).name, counts[n]) for n in sorted(counts)))
]]

local storm = {}
for index = 1, 200 do
  storm[index] = ("@%dx%d"):format(20 + index % 7, 60 + index % 40)
end

local function steps(...)
  local list = {}
  for _, part in ipairs({ ... }) do
    if type(part) == "table" then
      table.move(part, 1, #part, #list + 1, list)
    else
      list[#list + 1] = part
    end
  end
  return list
end

-- name, the program that must be there, the words with FENCE in them, the steps, the status
local screens = {
  { "vi writes a file", "vi", { "FENCE", "vi", "-u", "NONE", "file" },
    { "=file", ">ityped\\x1b", "~0.1", ">:wq\\r" }, 0, "typed\n" },
  { "vi follows the window", "vi", { "FENCE", "vi", "-u", "NONE", "file" },
    { "=file", "@33x77", "~0.2", ">:set lines? columns?\\r", "=lines=33", "=columns=77", ">\\r",
      ">:q\\r" }, 0 },
  { "vi, Ctrl-Z, fg", "vi", shell, { "=ready> ", ">FENCE vi -u NONE file; echo st''atus $?\\r",
    '="file"', ">ityped\\x1b", "~0.1", ">\\x1a", "=Stopped", "=ready> ", REST, ">echo out''side\\r",
    "=outside", "=ready> ", ">fg\\r", "=typed", ">:wq\\r", "=ready> ", ">exit 7\\r" }, 7,
    "typed\n" },
  { "vi, :!, and a shell from it", "vi", { "FENCE", "vi", "-u", "NONE", "file" },
    { "=file", ">:!echo in''side\\r", "=inside", ">\\r", "~0.1", ">:q\\r" }, 0 },
  { "vi in the background, fg", "vi", shell, { "=ready> ", ">FENCE vi -u NONE file &\\r",
    "=ready> ", "~0.3", ">fg\\r", '="file"', ">ityped\\x1b", "~0.1", ">:wq\\r", "=ready> ",
    ">exit 3\\r" }, 3, "typed\n" },
  { "less, to the end and out", "less", { "FENCE", "less", "lines" },
    { "=line 1", ">G", "=line 1000", ">/line 50$\\r", "~0.1", ">q" }, 0 },
  { "less at the end of a pipeline", "less", shell, { "=ready> ", ">cat lines | FENCE less\\r",
    "=line 1", ">G", "=line 1000", ">q", "=ready> ", ">exit 2\\r" }, 2 },
  { "less behind fence", "less", shell, { "=ready> ", ">FENCE cat lines | less\\r",
    "=line 1", "~0.2", ">G", "=line 1000", ">q", "=ready> ", ">exit 2\\r" }, 2 },
  { "less, Ctrl-Z, fg", "less", shell, { "=ready> ", ">FENCE less lines\\r", "=line 1", "~0.3",
    ">\\x1a", "=Stopped", "=ready> ", "~0.5", ">fg\\r", "=line 1", ">q", "=ready> ",
    ">exit 2\\r" }, 2 },
  { "top", "top", { "FENCE", "top", "-d", "0.1" }, { "=PID", "=top", "@30x100", "~0.2", ">q" }, 0 },
  { "htop", "htop", { "FENCE", "htop", "-d", "1" }, { "=PID", "~0.3", ">q" }, 0 },
  { "nano", "nano", { "FENCE", "nano", "-I", "file" },
    { "=GNU nano", ">typed", "~0.1", ">\\x0f", "~0.1", ">\\r", "~0.2", ">\\x18" }, 0, "typed\n" },
  { "fence in tmux", "tmux", { "tmux", "-S", "socket", "-f", "/dev/null", "new-session",
    "FENCE vi -u NONE file; rm -f socket" }, { "=file", "@30x90", ">ityped\\x1b", "~0.7",
    ">:set lines?\\r", "=lines=29", ">:wq\\r", "=exited" }, 0, "typed\n" },
  { "tmux in fence", "tmux", { "FENCE", "tmux", "-f", "/dev/null", "new-session",
    "PS1='ready> ' bash --norc" },
    { "=ready>", ">echo in''side\\r", "=inside", "=ready>", ">exit\\r", "=exited" }, 0 },
}

-- At a terminal that prints no more than text: name, the words, the steps, the status.
local jobs = {
  { "Ctrl-C is one signal, each time", { "FENCE", "python3", "-c", counter }, { "=up", ">\\x03",
    "~0.1", ">\\x03", "~0.1", ">\\x03", "~0.1", ">\\r", "=counted SIGINT 3\r" }, 0 },
  { "Ctrl-\\ and a new size are one signal each", { "FENCE", "python3", "-c", counter }, { "=up",
    ">\\x1c", "~0.1", "@31x71", "~0.1", ">\\r", "=counted SIGQUIT 1 SIGWINCH 1\r" }, 0 },
  { "a reader in the background is stopped, and goes on", shell, { "=ready> ",
    ">FENCE cat &\\r", "=ready> ", "~0.3", ">jobs\\r", "=Stopped", "=ready> ", REST, ">fg\\r",
    "~0.1", ">typed\\r", "=typed\r\ntyped", ">\\x04", "=ready> ", ">exit 3\\r" }, 3 },
  { "a writer in the background under tostop", shell, { "=ready> ", ">stty tostop\\r", "=ready> ",
    ">FENCE echo typ''ed &\\r", "=ready> ", "~0.3", ">jobs\\r", "=Stopped", "=ready> ", REST,
    ">fg\\r", "=typed\r", "=ready> ", ">exit 3\\r" }, 3 },
  { "bg brings no reader on", shell, { "=ready> ", ">FENCE cat &\\r", "=ready> ", "~0.3",
    ">bg\\r", "~0.3", ">jobs\\r", "=Stopped", "=ready> ", REST, ">kill %1\\r", "~0.3", ">jobs\\r",
    "=ready> ", ">fg; exit 3\\r" }, 3 },
  { "stopped and resumed three times", shell, steps({ "=ready> ", ">FENCE cat\\r", "~0.2" },
    { ">\\x1a", "=Stopped", "=ready> ", REST, ">fg\\r", "~0.1", ">one\\r", "=one\r\none" },
    { ">\\x1a", "=Stopped", "=ready> ", REST, ">fg\\r", "~0.1", ">two\\r", "=two\r\ntwo" },
    { ">\\x1a", "=Stopped", "=ready> ", REST, ">fg\\r", "~0.1", ">three\\r", "=three\r\nthree" },
    { ">\\x04", "=ready> ", ">exit 3\\r" }), 3 },
  { "jobs of a shell inside", { "FENCE", "bash", "--norc", "-i" }, { "=ready> ", ">cat\\r", "~0.1",
    ">\\x1a", "=Stopped", "=ready> ", REST, ">sleep 30 &\\r", "=ready> ", ">jobs\\r",
    "=cat", "=sleep 30", "=ready> ", ">fg %1\\r", "~0.1", ">typed\\r", "=typed\r\ntyped",
    ">\\x04", "=ready> ",
    ">bg %2; kill %2; wait; exit 4\\r" }, 4 },
  { "a pipeline is one job", shell, { "=ready> ", ">yes | FENCE cat | FENCE cat >/dev/null\\r",
    "~0.3", ">\\x1a", "=Stopped", "=ready> ", REST, ">fg\\r", "~0.2", ">\\x03", "=ready> ",
    ">echo ${PIPESTATUS[*]}\\r", "=130\r", "=ready> ", ">exit 3\\r" }, 3 },
  { "3I.180 a storm of sizes", { "FENCE", "python3", "-c", counter }, steps("=up", storm, "~0.1",
    ">\\r", "=counted SIGWINCH"), 0 },
  { "3I.180 100 MB of output", { "FENCE", "sh", "-c", "head -c 100000000 /dev/zero; echo end" },
    { "*100000000", "=end" }, 0 },
  { "3I.180 the reader is gone in the middle of it", { "FENCE", "sh", "-c",
    "trap 'exit 129' HUP; yes; exit 129" }, { "*100000", "!" }, 129 },
}

-- What is started, with FENCE in it, the steps before it ends, how it ends. Each is followed by a
-- line that is typed, and that must be the caller's.
local remains = {
  { "nothing", { "FENCE", "true" }, {}, "0" },
  { "raw mode", { "FENCE", "sh", "-c", "stty raw -echo" }, {}, "0" },
  { "raw mode of one that was killed", { "FENCE", "sh", "-c", "stty raw -echo; kill -9 $$" }, {},
    "137" },
  { "no echo, other keys, another speed", { "FENCE", "sh", "-c",
    "stty -echo -icanon -isig intr ^X 9600" }, {}, "0" },
  { "O_NONBLOCK", { "FENCE", "python3", "-c", "import os\nfor fd in 0, 1, 2:\n" ..
    "    os.set_blocking(fd, False)" }, {}, "0" },
  { "another group in front, killed", { "FENCE", "python3", "-c", thief },
    { "=taken", ">\\x03" }, "0" },
  { "another group in front, and fence killed off by SIGTERM", { "sh", "-c",
    'exec 3<&0; "$0" "$@" <&3 & fence=$!; sleep 0.4; kill $fence; wait $fence', "FENCE", "python3",
    "-c", thief }, {}, "143" },
  { "a job of a shell inside, in front as its shell dies", { "FENCE", "bash", "--norc", "-i" },
    { "=ready> ", ">sh -c 'kill -9 $PPID; exec sleep 30'\\r" }, "137" },
  { "a reader that is left behind", { "FENCE", "sh", "-c",
    "exec 3<&0; (setsid sh -c 'read line <&3; read line <&3' &) ; exit 4" }, {}, "4" },
  { "vi that is killed", { "FENCE", "sh", "-c", "(sleep 0.4; kill -9 $$) & exec vi -u NONE x" },
    {}, "137" },
}

-- bash's words with $0 for fence, what it prints
local pipelines = {
  { "yes | fence head -1", [[yes | "$0" head -1; echo ${PIPESTATUS[*]}]], "y\n141 0\n" },
  { "fence yes | fence head -1", [["$0" yes | "$0" head -1; echo ${PIPESTATUS[*]}]], "y\n141 0\n" },
  { "three of them", [[seq 5 | "$0" cat | "$0" sed s/3/x/ | "$0" tail -3; echo ${PIPESTATUS[*]}]],
    "x\n4\n5\n0 0 0 0\n" },
  { "in the background", [["$0" sh -c 'sleep 0.1; echo in; exit 5' & wait $!; echo $?]],
    "in\n5\n" },
  { "in a substitution", [[echo "[$("$0" echo in)]" <("$0" true | cat) | sed 's, /.*,,']],
    "[in]\n" },
  { "standard input closed", [["$0" cat <&-; echo $?]], "0\n" },
  { "a full device", [["$0" echo x >/dev/full; echo $?]], nil },
  { "no zombie, no child is left", [["$0" yes | head -1 >/dev/null; for i in 1 2 3; do "$0" true
    done; ps -o stat= --ppid $$ | grep -c Z]], "0\n" },
}

local function with_fence(words, fence)
  local list = {}
  for index, word in ipairs(words) do
    list[index] = word:gsub("FENCE", { FENCE = fence .. " --allow-write ." })
  end
  return list
end

-- An argv: FENCE as a word of its own becomes several.
local function argv_with(words, fence)
  local list = {}
  for _, word in ipairs(words) do
    if word == "FENCE" then
      table.move({ fence, "--allow-write", ".", "--" }, 1, 4, #list + 1, list)
    else
      list[#list + 1] = with_fence({ word }, fence)[1]
    end
  end
  return list
end

for _, identity in ipairs(users.identities()) do
  describe("a terminal as " .. identity, function()
    local lines = {}
    for number = 1, 1000 do
      lines[number] = ("line %d\n"):format(number)
    end

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn(users.binary(identity))
      end)
    end

    local function play(fence, words, what, env)
      local where = users.temp_dir(identity)
      users.write_file(identity, where .. "/lines", table.concat(lines))
      local result = terminal.run({ argv = argv_with(words, fence), steps = with_fence(what, fence),
        as_user = identity, cwd = where, env = env })
      assert.equal("", result.err .. (result.code == 99 and result.out:sub(-3000) or ""))
      return result, where
    end

    for _, case in ipairs(screens) do
      local name, program, words, what, status, written = table.unpack(case, 1, 6)

      row(name, function(fence)
        if process.run({ argv = { "sh", "-c", "command -v " .. program } }).code ~= 0 then
          return pending(program .. " is not installed")
        end
        local result, where = play(fence, words, what, { TERM = "xterm", LESS = "",
          SHELL = "/bin/sh" })
        assert.equal(status, result.code)
        assert.equal(written, fenced.read_file(where .. "/file"))
      end)
    end

    for _, case in ipairs(jobs) do
      row(case[1], function(fence)
        assert.equal(case[4], play(fence, case[2], case[3]).code)
      end)
    end

    for _, case in ipairs(remains) do
      row("3I.177 after " .. case[1], function(fence)
        local words = { "/usr/bin/python3", "-c", watcher }
        table.move(case[2], 1, #case[2], #words + 1, words)
        local result = play(fence, words, steps(case[3], "=ended with " .. case[4] .. " changed:\r",
          ">for the caller\\r", "=read 'for the caller\\n'"))
        assert.equal(0, result.code)
      end)
    end

    for _, case in ipairs(pipelines) do
      row("3M.237 " .. case[1], function(fence)
        local result = process.run({ as_user = identity, timeout = 15000,
          argv = { "bash", "--norc", "-c", case[2], fence } })
        assert.is_false(result.held)
        if case[3] then
          assert.equal("", result.err)
          assert.equal(case[3], result.out)
        else
          assert.matches("No space left on device", result.err)
          assert.not_equal("0\n", result.out)
        end
      end)
    end
  end)
end
