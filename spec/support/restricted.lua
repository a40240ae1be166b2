-- SPDX-License-Identifier: Apache-2.0
-- restricted.lua - a program on a machine that lacks something. Each function takes a command line
-- and returns one that runs it there, as root or not.

local users = require "spec.support.users"

local restricted = {}

local source = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "refuse.py"

-- Takes further words behind bubblewrap's options: they become the sandbox's first program.
local first = 'n=$#; while [ $n -gt 0 ]; do a=$1; shift; n=$((n - 1)); set -- "$@" "$a"; ' ..
  '[ "$a$found" = -- ] && found=1 && set -- "$@" %s; done; exec /usr/bin/bwrap "$@"'

local function read_source()
  local file = assert(io.open(source, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function before(words, argv)
  return table.move(argv, 1, #argv, #words + 1, words)
end

-- The kernel refuses some calls: "landlock:ENOSYS" and the like, see refuse.py.
function restricted.refusing(what, argv)
  -- as text: the checkout may lie where the user cannot read it
  return before({ "/usr/bin/python3", "-c", read_source(), what, "--" }, argv)
end

-- In a user namespace of root's own, behind a line of shell; `options` for unshare(1).
function restricted.behind(options, line, argv)
  return before({ "unshare", "-Ur" .. options, "sh", "-c", line .. '; exec "$0" "$@"' }, argv)
end

-- No further user namespace may be made.
function restricted.without_namespaces(argv)
  return restricted.behind("", "echo 0 >/proc/sys/user/max_user_namespaces", argv)
end

-- A part of /proc is covered, as container engines do.
function restricted.with_masked_proc(argv)
  return restricted.behind("m", "mount --bind /dev/null /proc/version", argv)
end

-- PATH has the folders of `path` alone.
function restricted.with_path(path, argv)
  return before({ "env", "PATH=" .. path }, argv)
end

-- A shell script stands in for bubblewrap.
function restricted.with_bwrap(identity, script, argv)
  local folder = users.temp_dir(identity)
  users.write_file(identity, folder .. "/bwrap", "#!/bin/sh\n" .. script .. "\n", "755")
  return restricted.with_path(folder .. ":/usr/bin:/bin", argv)
end

-- The kernel refuses some calls in the sandbox alone, from its first program on.
function restricted.refusing_inside(identity, what, argv)
  local path = users.write_file(identity, users.temp_dir(identity) .. "/refuse.py", read_source())
  return restricted.with_bwrap(identity,
    first:format("/usr/bin/python3 " .. path .. " " .. what .. " --"), argv)
end

return restricted
