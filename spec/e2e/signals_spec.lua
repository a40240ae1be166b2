-- SPDX-License-Identifier: Apache-2.0
-- signals_spec.lua - the keys of a terminal and the signals of others: they mean for a command in
-- the sandbox what they mean outside.

local loop = require "spec.support.loop"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local terminal = require "spec.support.terminal"
local users = require "spec.support.users"

-- Says that it is up, then lives until a signal ends it, for 30 s at the most.
local idle = "echo up; i=0; while [ $i -lt 600 ]; do sleep 0.05; i=$((i + 1)); done"

-- name, what the command does first, the signals fence gets, the status, what it printed
local sent = {
  { "SIGTERM ends it", "", { "sigterm" }, 143, "" },
  { "SIGHUP ends it", "", { "sighup" }, 129, "" },
  { "SIGINT ends it", "", { "sigint" }, 130, "" },
  { "SIGQUIT ends it", "", { "sigquit" }, 131, "" },
  { "SIGUSR1 ends it", "", { "sigusr1" }, 138, "" },
  { "SIGUSR2 ends it", "", { "sigusr2" }, 140, "" },
  { "SIGTERM runs its trap", "trap 'echo caught; exit 7' TERM;", { "sigterm" }, 7, "caught\n" },
  { "SIGHUP runs its trap", "trap 'echo caught; exit 8' HUP;", { "sighup" }, 8, "caught\n" },
  { "SIGINT runs its trap", "trap 'echo caught; exit 9' INT;", { "sigint" }, 9, "caught\n" },
  { "SIGUSR1 runs its trap, and it goes on", "trap 'echo one' USR1; trap 'exit 4' TERM;",
    { "sigusr1", "sigusr1", "sigusr1", "sigterm" }, 4, "one\none\none\n" },
  { "a second SIGTERM kills what ignores it", "trap '' TERM;", { "sigterm", "sigterm" }, 137, "" },
  { "a SIGINT kills what ignored SIGTERM", "trap '' TERM INT;", { "sigterm", "sigint" }, 137, "" },
  { "a SIGTERM kills what ignored SIGHUP", "trap '' TERM HUP;", { "sighup", "sigterm" }, 137, "" },
  { "SIGUSR1 is no request to end", "trap '' USR1;", { "sigusr1", "sigusr1", "sigterm" }, 143, "" },
  { "SIGKILL ends both", "", { "sigkill" }, 137, "" },
  { "SIGSEGV in fence ends both", "", { "sigsegv" }, 139, "" },
  { "SIGABRT in fence ends both", "", { "sigabrt" }, 134, "" },
  { "SIGALRM in fence ends both", "", { "sigalrm" }, 142, "" },
  { "SIGPIPE is nothing to fence", "", { "sigpipe", "sigterm" }, 143, "" },
  { "SIGSTOP and SIGCONT are no end", "", { "sigstop", "sigcont", "sigterm" }, 143, "" },
}

-- Host processes whose command line holds `mark`. Those of the sandbox are seen from here as well.
local function processes(mark)
  local found = {}
  for name in io.popen("ls /proc"):lines() do
    local file = name:match("^%d+$") and io.open("/proc/" .. name .. "/cmdline", "rb")
    local line = file and file:read("a") or ""
    if file then
      file:close()
    end
    if line:find(mark, 1, true) then
      found[#found + 1] = line:gsub("%z", " ")
    end
  end
  return found
end

for _, identity in ipairs(users.identities()) do
  describe("signals as " .. identity, function()
    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn(users.binary(identity))
      end)
    end

    for index, case in ipairs(sent) do
      local name, first, signals, status, printed = table.unpack(case, 1, 5)

      row("3M.225 " .. name, function(fence)
        if signals[1] == "sigsegv" and (os.getenv("FENCE_SANITIZED") or "") ~= "" then
          return pending("a sanitizer takes this signal for itself")
        end
        local mark = ("signals-%d-%d"):format(process.start({ argv = { "true" } }).pid, index)
        local child = process.start({ as_user = identity,
          argv = { fence, "sh", "-c", first .. idle, mark } })
        assert.equal("up", child:read_line("stdout"))
        for number, signal in ipairs(signals) do
          if number > 1 then
            loop.sleep(150) -- the one before has arrived, and has not ended it
            assert.is_true(child:running())
          end
          child:kill(signal)
        end
        local ended = loop.now()
        local result = child:wait(5000)
        assert.is_true(loop.now() - ended < 1500)
        assert.equal("", result.err)
        assert.equal(printed, result.out)
        assert.equal(status, result.code)
        loop.wait(function() return #processes(mark) == 0 end, 1000)
        assert.same({}, processes(mark))
      end)
    end

    for _, signal in ipairs({ "HUP", "INT", "QUIT", "TERM", "USR1", "PIPE" }) do
      row(("SIG%s stays ignored for the command, as nohup wants"):format(signal), function(fence)
        local result = process.run({ as_user = identity, argv = { "sh", "-c",
          ([[trap '' %s; exec "$0" sh -c 'kill -%s $$; echo alive']]):format(signal, signal),
          fence } })
        assert.equal("alive\n", result.out)
        assert.equal(0, result.code)
      end)
    end

    row("nohup keeps fence and the command alive", function(fence)
      local child = process.start({ as_user = identity,
        argv = { "nohup", fence, "sh", "-c", "echo up; sleep 0.3; echo on" } })
      assert.equal("up", child:read_line("stdout"))
      child:kill("sighup")
      local result = child:wait(5000)
      assert.equal("on\n", result.out)
      assert.equal(0, result.code)
    end)

    row("no signal is blocked or ignored in the sandbox", function(fence)
      local result = process.run({ as_user = identity,
        argv = { fence, "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status" } })
      assert.equal("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", result.out)
    end)

    -- name, bash's line with $0 for fence, what it prints
    for _, case in ipairs({
      { "fence yes | head -1 ends", [["$0" yes | head -1; echo ${PIPESTATUS[*]}]], "y\n141 0\n" },
      { "yes | fence cat | head -1 ends", [[yes | "$0" cat | head -1; echo ${PIPESTATUS[*]}]],
        "y\n141 141 0\n" },
      { "fence yes into a full device",
        [["$0" yes 2>&1 >/dev/full | wc -l; echo ${PIPESTATUS[0]}]], "1\n1\n" },
      { "yes | fence true ends", [[yes | "$0" true; echo ${PIPESTATUS[*]}]], "141 0\n" },
      { "a closed standard input is the end", [["$0" cat </dev/null; echo $?]], "0\n" },
      { "64 MiB pass unchanged", [[head -c 67108864 /dev/urandom | tee >(md5sum >&2) | ]] ..
        [["$0" cat | md5sum]] },
    }) do
      row("3M.237 " .. case[1], function(fence)
        local result = process.run({ as_user = identity, timeout = 15000,
          argv = { "bash", "-c", case[2], fence } })
        assert.equal(case[3] or result.err, result.out)
        assert.is_true(#result.out > 0)
      end)
    end

    local shell = { "bash", "--norc", "-i" }
    -- At a terminal. name, the command line with FENCE in it, the steps, the status
    for _, case in ipairs({
      { "Ctrl-C kills the command", { "FENCE", "sh", "-c", "echo up; exec sleep 30" },
        { "=up", ">\\x03" }, 130 },
      { "Ctrl-C runs the trap to its end", { "FENCE", "bash", "-c",
        "trap 'sleep 0.3; echo tidy; exit 9' INT; echo up; while :; do sleep 0.05; done" },
        { "=up", ">\\x03", "=tidy" }, 9 },
      { "Ctrl-C is the command's own affair, however often", { "FENCE", "sh", "-c",
        "trap '' INT; echo up; sleep 1; echo alive; exit 3" },
        { "=up", ">\\x03", "~0.2", ">\\x03", "~0.2", ">\\x03", "=alive" }, 3 },
      { "Ctrl-\\ quits the command", { "FENCE", "sh", "-c", "ulimit -c 0; echo up; exec sleep 30" },
        { "=up", ">\\x1c" }, 131 },
      { "Ctrl-D ends its input", { "FENCE", "cat" }, { ">hello\\r", "=hello\r\nhello", ">\\x04" },
        0 },
      { "Ctrl-Z stops it and fg goes on", shell, {
        "=ready> ", ">FENCE sh -c 'echo up; sleep 1; echo do''ne'\\r", "=up\r", ">\\x1a",
        "=Stopped", "=ready> ", "~1.2", ">fg\\r", "=done\r", "=ready> ", ">exit 6\\r" }, 6 },
      { "Ctrl-Z, then bg", shell, {
        "=ready> ", ">FENCE sh -c 'echo up; sleep 0.5; echo do''ne'\\r", "=up\r", ">\\x1a",
        "=Stopped", "=ready> ", ">bg\\r", "=done\r", ">wait; echo status $?\\r", "=status 0\r",
        ">exit 0\\r" }, 0 },
      { "Ctrl-Z, then kill", shell, {
        "=ready> ", ">FENCE sh -c 'echo up; sleep 30'\\r", "=up\r", ">\\x1a", "=Stopped",
        "=ready> ", ">kill %1; sleep 0.3\\r", "=Exit 143", ">exit 0\\r" }, 0 },
      { "a job in the background", shell, {
        "=ready> ", ">FENCE sh -c 'sleep 0.3; echo do''ne; exit 5' &\\r", "=ready> ", "=done\r",
        ">wait %1; echo status $?\\r", "=status 5\r", ">exit 0\\r" }, 0 },
      { "job control inside", { "FENCE", "bash", "--norc", "-i" }, {
        "=ready> ", ">sleep 30\\r", "~0.3", ">\\x03", "=ready> ", ">sleep 30\\r", "~0.3", ">\\x1a",
        "=Stopped", "=ready> ", ">kill %1; sleep 0.1\\r", "=Terminated", ">exit 4\\r" }, 4 },
      { "a line of fence while a shell inside has the terminal", shell, {
        "=ready> ", ">FENCE -m bash --norc -i\\r", "=ready> ", ">stty tostop\\r", "=ready> ",
        ">curl -s -m 5 -o /dev/null -w 'co''de %{http_code}' evil.test | cat\\r", "=[fence:http]",
        "=code 403", ">exit 4\\r", "=ready> ", ">exit $?\\r" }, 4 },
      { "the size of the window", { "FENCE", "bash", "-c",
        "trap 'stty size; exit 0' WINCH; echo up; while :; do sleep 0.05; done" },
        { "=up", "@33x77", "=33 77" }, 0 },
      { "a window that is closed", { "FENCE", "sh", "-c", "echo up; exec sleep 30" },
        { "=up", "!" }, 129 },
      { "a window that is closed, and a trap", { "FENCE", "bash", "-c",
        "trap 'exit 8' HUP; echo up; while :; do sleep 0.05; done" }, { "=up", "!" }, 8 },
    }) do
      local name, argv, steps, status = table.unpack(case, 1, 4)

      row("at a terminal: " .. name, function(fence)
        local function with_fence(words)
          local list = {}
          for index, word in ipairs(words) do
            list[index] = word:gsub("FENCE", (fence:gsub("%%", "%%%%")))
          end
          return list
        end
        local result = terminal.run({ argv = with_fence(argv), steps = with_fence(steps),
          as_user = identity })
        assert.equal("", result.err .. (result.code == 99 and result.out or ""))
        assert.equal(status, result.code)
        assert.is_nil(result.out:find("no job control", 1, true))
      end)
    end
  end)
end
