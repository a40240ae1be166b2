-- SPDX-License-Identifier: Apache-2.0
-- clean_tty_spec.lua - --clean-tty: what of a command's codes reaches the terminal, and that the
-- terminal of its own is one like any other. Without the option: tty_spec.lua, signals_spec.lua.

local fenced = require "spec.support.fenced"
local loop = require "spec.support.loop"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local terminal = require "spec.support.terminal"
local users = require "spec.support.users"

local shell = { "bash", "--norc", "-i" }
local REST = "~0.2" -- as in tty_spec.lua

-- name, what is printed, what of it must not come, what is shown instead
local codes = {
  { "OSC 52, the clipboard", "\27]52;c;cm0gLXJmIH4=\7", "\27]52", "ab" },
  { "OSC 52, asked for", "\27]52;c;?\27\\", "\27]52", "ab" },
  { "OSC 0, the title", "\27]0;root@host\7", "\27]0", "ab" },
  { "OSC 8, a link", "\27]8;;http://evil.test/\27\\shown\27]8;;\27\\", "evil", "ashownb" },
  { "OSC 10, a colour asked for", "\27]10;?\27\\", "\27]10", "ab" },
  { "DECRQSS, which answers", "\27P$qm\27\\", "\27P", "ab" },
  { "a title asked for", "\27[21t", "\27[21t", "ab" },
  { "bracketed paste, off", "\27[?2004l", "\27[?2004l", "ab" },
  { "a printer", "\27[5i", "\27[5i", "ab" },
  { "C1 as a byte", "\155]52;c;eA==\7", "\155", "a]52;c;eA==\7b" },
  { "C1 as UTF-8", "\194\15752;c;eA==\7", "\194\157", "a52;c;eA==\7b" },
  { "APC", "\27_Gi=1;AAAA\27\\", "\27_", "ab" },
}

-- name, what is printed: it comes as it is, and what puts it back behind it
local harmless = {
  { "colours", "\27[1;31mred\27[0m", "" },
  { "colours that are left on", "\27[1;31mred", "\27[m" },
  { "the screen", "\27[?1049h\27[2J\27[3;4Hx\27[?25l", "\27[?25h\27[?1049l" },
  { "a mouse", "\27[?1000;1006h", "\27[?1000l\27[?1006l" },
  { "bracketed paste of its own", "\27[?2004h?\27[?2004l", "" },
  { "UTF-8", "\195\169\226\130\172\240\159\152\128", "" },
}

-- Counts signals until a line comes: as in tty_spec.lua.
local counter = [[
import os, signal, sys
counts = {}
def count(signum, frame):
    counts[signum] = counts.get(signum, 0) + 1
for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH, signal.SIGTERM):
    signal.signal(signum, count)
print("up", flush=True)
sys.stdin.readline()
if "size" in sys.argv:
    counts = {}
    print("size", *os.get_terminal_size())
print("counted", *("%s %d" % (signal.Signals(n).name, counts[n]) for n in sorted(counts)))
]]

-- A shell that has just forked may miss a key: see core/decisions.md. This one has no child.
local naps = "python3 -c 'import sys, time; print(\"u\" + \"p\", file=sys.stderr, flush=True); " ..
  "time.sleep(%s); print(\"do\" + \"ne\")'"

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

-- name, the program that must be there, the words, the steps, the status, what is in "file" then
local screens = {
  { "vi writes a file", "vi", { "FENCE", "vi", "-u", "NONE", "file" },
    { "=\27[?1049h", "=file", ">ityped\\x1b", "~0.1", ">:wq\\r", "=\27[?1049l" }, 0, "typed\n" },
  { "vi follows the window", "vi", { "FENCE", "vi", "-u", "NONE", "file" },
    { "=file", "@33x77", "~0.2", ">:set lines? columns?\\r", "=lines=33", "=columns=77", ">\\r",
      ">:q\\r" }, 0 },
  { "vi, Ctrl-Z, fg", "vi", shell, { "=ready> ", ">FENCE vi -u NONE file\\r", "=[New",
    ">ityped\\x1b", "~0.1", ">\\x1a", "=Stopped", "=ready> ", ">echo out''side\\r", "=outside",
    "=ready> ", ">fg\\r", "=typed", ">:wq\\r", "=ready> ", ">exit 7\\r" }, 7, "typed\n" },
  { "vi in the background, fg", "vi", shell, { "=ready> ", ">FENCE vi -u NONE file &\\r",
    "=ready> ", "~0.5", ">jobs\\r", "=Stopped", "=ready> ", ">fg\\r", "=[New", ">ityped\\x1b",
    "~0.1", ">:wq\\r", "=ready> ", ">exit 3\\r" }, 3, "typed\n" },
  { "vi that is killed leaves no screen", "vi", { "FENCE", "sh", "-c",
    "(sleep 0.4; kill -9 $$) & exec vi -u NONE x" }, { "=\27[?1049h", "=\27[?1049l" }, 137 },
  { "less, to the end and out", "less", { "FENCE", "less", "lines" },
    { "=line 1", ">G", "=line 1000", ">/line 50$\\r", "~0.1", ">q" }, 0 },
  { "less at the end of a pipeline", "less", shell, { "=ready> ", ">cat lines | FENCE less\\r",
    "=line 1", ">G", "=line 1000", ">q", "=ready> ", ">exit 2\\r" }, 2 },
  { "less behind fence", "less", shell, { "=ready> ", ">FENCE cat lines | less\\r",
    "=line 1", "~0.2", ">G", "=line 1000", ">q", "=ready> ", ">exit 2\\r" }, 2 },
  { "tmux in fence", "tmux", { "FENCE", "tmux", "-f", "/dev/null", "new-session",
    "PS1='ready> ' bash --norc" },
    { "=ready>", ">echo in''side\\r", "=inside", "=ready>", ">exit\\r", "=exited" }, 0 },
}

-- At a terminal that prints no more than text: name, the words, the steps, the status.
local jobs = {
  { "3I.180 Ctrl-C three times is three signals", { "FENCE", "python3", "-c", counter }, { "=up",
    ">\\x03", "~0.1", ">\\x03", "~0.1", ">\\x03", "~0.1", ">\\r", "=counted SIGINT 3\r" },
    0 },
  { "3I.180 Ctrl-C ends the command", { "FENCE", "cat" }, { ">up\\r", "=up\r\nup", ">\\x03" },
    130 },
  { "Ctrl-C before the command runs", { "sh", "-c", "exec FENCE -d sleep 30" },
    { "=bwrap", ">\\x03" }, 130 },
  { "Ctrl-Z before the command runs", shell, { "=ready> ", ">FENCE -d cat\\r", "=bwrap",
    ">\\x1a", "=Stopped", "=ready> ", ">fg\\r", "~0.2", ">typed\\r", "=typed\r\ntyped",
    ">\\x04", "=ready> ", ">exit 3\\r" }, 3 },
  { "Ctrl-\\ is one signal", { "FENCE", "python3", "-c", counter }, { "=up", ">\\x1c", "~0.1",
    ">\\r", "=counted SIGQUIT 1\r" }, 0 },
  { "Ctrl-D ends its input", { "FENCE", "cat" }, { ">hello\\r", "=hello\r\nhello", ">\\x04" }, 0 },
  { "3I.180 a storm of sizes", { "FENCE", "python3", "-c", counter, "size" }, steps("=up", storm,
    "@31x71", "~0.2", ">\\r", "=size 71 31\r"), 0 },
  { "3I.180 Ctrl-Z stops all of it, and fg goes on", shell, { "=ready> ",
    ">FENCE " .. naps:format(1) .. "\\r", "=up\r", ">\\x1a", "=Stopped", "=ready> ", "~1.2",
    ">echo out''side\\r", "=outside", "=ready> ", ">fg\\r", "=done\r", "=ready> ",
    ">exit 6\\r" }, 6 },
  { "3I.180 stopped and resumed three times", shell, steps({ "=ready> ",
    ">FENCE sh -c 'echo u''p; exec cat'\\r", "=up\r" },
    { ">\\x1a", "=Stopped", "=ready> ", REST, ">fg\\r", "~0.1", ">one\\r", "=one\r\none" },
    { ">\\x1a", "=Stopped", "=ready> ", REST, ">fg\\r", "~0.1", ">two\\r", "=two\r\ntwo" },
    { ">\\x1a", "=Stopped", "=ready> ", REST, ">fg\\r", "~0.1", ">three\\r", "=three\r\nthree" },
    { ">\\x04", "=ready> ", ">exit 3\\r" }), 3 },
  { "Ctrl-Z, another size, fg", shell, { "=ready> ",
    ">FENCE sh -c 'echo u''p; read x; stty size'\\r", "=up", ">\\x1a", "=Stopped", "=ready> ",
    "@31x71", ">fg\\r", "~0.1", ">\\r", "=31 71", "=ready> ", ">exit 3\\r" }, 3 },
  { "Ctrl-Z, then bg", shell, { "=ready> ", ">FENCE " .. naps:format(0.5) .. "\\r", "=up\r",
    ">\\x1a", "=Stopped", "=ready> ", ">bg\\r", "=done\r", ">wait; echo status $?\\r",
    "=status 0\r", ">exit 0\\r" }, 0 },
  { "Ctrl-Z, then kill", shell, { "=ready> ", ">FENCE " .. naps:format(30) .. "\\r", "=up\r",
    ">\\x1a", "=Stopped", "=ready> ", ">kill %1; sleep 0.3\\r", "=Exit 143", ">exit 0\\r" }, 0 },
  { "stopped from outside, and fg", shell, { "=ready> ",
    ">(sleep 0.6; pkill -STOP -P $$ -x fence) & FENCE cat\\r", "=Stopped", "=ready> ",
    ">fg\\r", "~0.1", ">two\\r", "=two\r\ntwo", ">\\x04", "=ready> ", ">exit 3\\r" }, 3 },
  { "a command that stops itself", shell, { "=ready> ",
    ">FENCE sh -c 'kill -STOP $$; echo do''ne'\\r", "=Stopped", "=ready> ", ">fg\\r", "=done\r",
    "=ready> ", ">exit 3\\r" }, 3 },
  { "in the background, and fg", shell, { "=ready> ", ">FENCE cat &\\r", "=ready> ", "~0.3",
    ">jobs\\r", "=Running", "=ready> ", ">fg\\r", "~0.1", ">typed\\r", "=typed\r\ntyped",
    ">\\x04", "=ready> ", ">exit 3\\r" }, 3 },
  { "a job in the background", shell, { "=ready> ", ">FENCE sh -c 'echo do''ne; exit 5' &\\r",
    "=done\r", ">wait %1; echo status $?\\r", "=status 5\r", ">exit 0\\r" }, 0 },
  { "a writer in the background under tostop", shell, { "=ready> ", ">stty tostop\\r", "=ready> ",
    ">FENCE echo typ''ed &\\r", "=ready> ", "~0.3", ">jobs\\r", "=Stopped", "=ready> ", REST,
    ">fg\\r", "=typed\r", "=ready> ", ">exit 3\\r" }, 3 },
  { "jobs of a shell inside", { "FENCE", "bash", "--norc", "-i" }, { "=ready> ", ">cat\\r", "~0.1",
    ">\\x1a", "=Stopped", "=ready> ", ">sleep 30 &\\r", "=ready> ", ">jobs\\r", "=cat",
    "=sleep 30", "=ready> ", ">fg %1\\r", "~0.1", ">typed\\r", "=typed\r\ntyped", ">\\x04",
    "=ready> ", ">bg %2; kill %2; wait; exit 4\\r" }, 4 },
  { "a pipeline is one job", shell, { "=ready> ", ">yes | FENCE cat >/dev/null\\r", "~0.3",
    ">\\x1a", "=Stopped", "=ready> ", REST, ">fg\\r", "~0.2", ">\\x03", "=ready> ",
    ">echo ${PIPESTATUS[*]}\\r", "=130\r", "=ready> ", ">exit 3\\r" }, 3 },
  { "Ctrl-C in front of a pipe", shell, { "=ready> ", ">FENCE " .. naps:format(30) ..
    " | cat\\r", "=up", ">\\x03", "=ready> ", ">echo ${PIPESTATUS[*]}\\r", "=130 130\r",
    "=ready> ", ">exit 3\\r" }, 3 },
  { "Ctrl-Z in front of a pipe, and fg", shell, { "=ready> ", ">FENCE " .. naps:format(1) ..
    " | cat\\r", "=up", ">\\x1a", "=Stopped", "=ready> ", "~1.2", ">echo out''side\\r",
    "=outside", "=ready> ", ">fg\\r", "=done\r", "=ready> ", ">exit 3\\r" }, 3 },
  { "3I.180 a window that is closed", { "FENCE", "sh", "-c", "echo up; exec sleep 30" },
    { "=up", "!" }, 129 },
  { "3I.180 a window that is closed, and a trap", { "FENCE", "bash", "-c",
    "trap 'exit 8' HUP; echo up; while :; do sleep 0.05; done" }, { "=up", "!" }, 8 },
  { "3I.180 100 MB of output", { "FENCE", "sh", "-c",
    "head -c 100000000 /dev/zero | tr '\\0' x; echo end" }, { "*100000000", "=end" }, 0 },
  { "3I.180 Ctrl-C while nobody reads", { "FENCE", "yes" }, { "*100000", "-0.3", ">\\x03" }, 130 },
  { "3I.180 nobody reads for a while at the end", { "FENCE", "sh", "-c",
    "head -c 100000 /dev/zero | tr '\\0' x; echo end" }, { "-1", "*100000", "=end" }, 0 },
  { "3I.180 the reader is gone in the middle of it", { "FENCE", "sh", "-c",
    "trap 'exit 129' HUP; yes; exit 129" }, { "*100000", "!" }, 129 },
  { "streams elsewhere stay as they are", { "sh", "-c",
    "FENCE printf 'a\\033]0;x\\007b' >out; cat out | od -An -c; FENCE cat <lines | tail -1" },
    { "=a 033   ]   0   ;   x  \\a   b", "=line 1000" }, 0 },
  { "/dev/tty is cleaned as well", { "FENCE", "sh", "-c",
    "exec >out 2>&1; printf 'a\\033]0;x\\007b\\033[7n' >/dev/tty" }, { "=ab", "=1 OSC (title)" },
    0 },
  { "a terminal of another session is cleaned as well", { "setsid", "-w", "FENCE", "printf",
    "a\\033]0;x\\007b" }, { "=ab", "=1 OSC (title)" }, 0 },
  { "no descriptor of another terminal is inside", { "FENCE", "sh", "-c",
    "readlink /proc/self/fd/* | sort | uniq -c | grep -c pts; ls /proc/self/fd | wc -l" },
    { "=1\r", "=4\r" }, 0 },
  { "what was dropped is told", { "FENCE", "printf",
    "\\033]0;x\\007\\033]52;c;\\007\\033]8;;\\007\\033P\\033\\\\\\033[5i" }, {
    "=[fence] --clean-tty kept from the terminal: 3 OSC (clipboard, title, links), 1 DCS, 1 other"
    }, 0 },
}

-- What the caller's terminal is like afterwards: as in tty_spec.lua.
local watcher = [=[
import os, subprocess, sys, termios
def state():
    return termios.tcgetattr(0), os.tcgetpgrp(0) == os.getpgrp(), os.get_blocking(0)
before = state()
code = subprocess.call(sys.argv[1:])
print("ended with", code, "changed" if before != state() else "as before", flush=True)
print("read", repr(sys.stdin.readline()), flush=True)
]=]
local remains = {
  { "nothing", { "FENCE", "true" }, "0" },
  { "raw mode", { "FENCE", "sh", "-c", "stty raw -echo" }, "0" },
  { "one that was killed", { "FENCE", "sh", "-c", "stty raw -echo; kill -9 $$" }, "137" },
  { "one that cannot be run", { "FENCE", "/nonexistent" }, "127" },
  { "SIGTERM to fence", { "sh", "-c",
    'exec 3<&0; "$0" "$@" <&3 & fence=$!; sleep 0.4; kill $fence; wait $fence', "FENCE", "sleep",
    "30" }, "143" },
}

-- 3I.179: what fence itself shows of what others have chosen: requests, and a policy's words.
local evil = "\27]0;evil\7\155\194\155"
local requests = {
  ("GET http://good.test/a%s HTTP/1.1\r\nHost: good.test\r\n\r\n"):format(evil),
  ("GET http://e%svil.test/ HTTP/1.1\r\nHost: e%svil.test\r\n\r\n"):format(evil, evil),
  ("CONNECT e%svil.test:443 HTTP/1.1\r\n\r\n"):format(evil),
  "GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\nX-Evil: \155\194\155a\r\n\r\n",
}
local talker = [[
local fence = require "fence"
return { on_request = function(req)
  fence.log("info", "logged" .. req.headers["x-evil"] .. "\27]0;evil\7")
  return fence.deny("denied\27]0;evil\7")
end }
]]
local asker = [[
import socket, sys
for request in sys.argv[1:]:
    client = socket.create_connection(("127.0.0.1", 3128))
    client.sendall(request.encode("ascii").decode("unicode_escape").encode("latin-1"))
    client.shutdown(socket.SHUT_WR)
    while client.recv(4096):
        pass
]]

-- An argv: FENCE as a word of its own becomes several; within a word it is text.
local function argv_with(words, fence)
  local list = {}
  for _, word in ipairs(words) do
    if word == "FENCE" then
      table.move({ fence, "--clean-tty", "--allow-write", ".", "--" }, 1, 5, #list + 1, list)
    else
      list[#list + 1] = word:gsub("FENCE", { FENCE = fence .. " --clean-tty --allow-write ." })
    end
  end
  return list
end

-- printf's word for these bytes
local function octal(bytes)
  return (bytes:gsub(".", function(byte) return ("\\%03o"):format(byte:byte()) end))
end

for _, identity in ipairs(users.identities()) do
  describe("--clean-tty as " .. identity, function()
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
      local typed = {}
      for index, step in ipairs(what) do
        typed[index] = step:gsub("FENCE", { FENCE = fence .. " --clean-tty --allow-write ." })
      end
      local result = terminal.run({ argv = argv_with(words, fence), steps = typed,
        as_user = identity, cwd = where, env = env })
      assert.equal("", result.err .. (result.code == 99 and result.out:sub(-3000) or ""))
      return result, where
    end

    local function printed(fence, option, bytes)
      local argv = { fence, option, "--", "printf", octal("<a" .. bytes .. "b>") }
      local result = terminal.run({ argv = argv, steps = {}, as_user = identity })
      assert.equal("", result.err)
      assert.equal(0, result.code, result.out)
      return result.out
    end

    for _, case in ipairs(codes) do
      row("3I.178 " .. case[1], function(fence)
        local plain = printed(fence, "-m", case[2])
        assert.is_truthy(plain:find("<a" .. case[2] .. "b>", 1, true), plain)
        local clean = printed(fence, "--clean-tty", case[2])
        assert.is_nil(clean:find(case[3], 1, true), clean)
        assert.is_truthy(clean:find("<" .. case[4] .. ">", 1, true), clean)
      end)
    end

    for _, case in ipairs(harmless) do
      row("what passes: " .. case[1], function(fence)
        assert.equal("<a" .. case[2] .. "b>" .. case[3],
          printed(fence, "--clean-tty", case[2]))
      end)
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
      row("the terminal after " .. case[1], function(fence)
        local words = { "/usr/bin/python3", "-c", watcher }
        table.move(case[2], 1, #case[2], #words + 1, words)
        local result = play(fence, words, { "=ended with " .. case[3] .. " as before\r",
          ">for the caller\\r", "=read 'for the caller\\n'" })
        assert.equal(0, result.code)
      end)
    end

    row("3I.180 nothing is left behind a window that is closed", function(fence)
      local mark = "clean-tty-" .. users.temp_dir(identity):match("[^/]*$") .. math.random(1e9)
      local result = play(fence, { "FENCE", "bash", "-c",
        "trap '' HUP; (exec -a $0 sleep 29) & setsid bash -c 'exec -a $0 sleep 28' $0 & " ..
        "echo up; exec cat", mark }, { "=up", "!" })
      -- a read that waits when the window goes is an error, and a later one the end of the input
      assert.is_true(result.code == 0 or result.code == 1, result.code)
      assert.is_true(loop.wait(function()
        return process.run({ argv = { "pgrep", "-f", mark } }).code == 1
      end, 2000))
    end)

    row("3I.179 fence's own lines hold no code of others", function(fence)
      local policy = users.write_file(identity, users.temp_dir(identity) .. "/p.lua", talker)
      local argv = { fence, "-d", "--policy", policy, "--", "python3", "-c", asker }
      for _, request in ipairs(requests) do
        argv[#argv + 1] = request:gsub("[^ -~]", function(byte)
          return ("\\x%02x"):format(byte:byte())
        end)
      end
      local result = process.run({ as_user = identity, argv = argv })
      assert.equal(0, result.code, result.err)
      assert.is_nil(result.err:find("[%z\1-\9\11-\31\127]"), result.err)
      assert.is_nil(result.err:find("\155", 1, true), result.err)
      for _, shown in ipairs({ "logged\\x9b\\xc2\\x9ba\\x1b]0;evil\\x07", "denied\\x1b]0;evil\\x07",
        "400" }) do
        assert.is_truthy(result.err:find(shown, 1, true), result.err)
      end
    end)

    row("without any terminal it changes nothing", function(fence)
      local result = process.run({ as_user = identity,
        argv = { fence, "--clean-tty", "printf", "a\\033]0;x\\007b" } })
      assert.equal("a\27]0;x\7b", result.out)
      assert.equal("", result.err)
    end)
  end)
end
