-- SPDX-License-Identifier: Apache-2.0
-- users.lua - who a spec runs as: root and an ordinary user when started by root, else the caller.
--
-- Root and others take different paths through namespaces and permissions, so most end-to-end specs
-- run as every identity. Makes the system user fence-test once, and fence-other where a spec wants
-- two, and leaves them; everything else lies in one folder of /var/tmp (a sandbox hides /tmp) that
-- is removed at the end.

local uv = require "luv"

local users = {}

local test_user, stranger = "fence-test", "fence-other"
local top -- /var/tmp/fence-spec-XXXXXX
local homes, binaries = {}, {}
local fresh = 0

-- Runs a line of shell; further arguments are quoted. Returns whether it worked, and its output.
local function shell(line, ...)
  local words = { line }
  for index, word in ipairs({ ... }) do
    words[index + 1] = "'" .. word:gsub("'", "'\\''") .. "'"
  end
  local pipe = assert(io.popen("exec 2>&1; " .. table.concat(words, " ")))
  local out = pipe:read("a")
  return pipe:close(), out
end

local function lookup(name)
  local found, line = shell("getent passwd", name)
  if found then
    local uid, gid = line:match("^[^:]*:[^:]*:(%d+):(%d+):")
    return { uid = tonumber(uid), gid = tonumber(gid) }
  end
end

local function make_user(name)
  if lookup(name) then
    return
  end
  local _, why = shell("useradd --system --user-group --no-create-home --home-dir /nonexistent " ..
    "--shell /usr/sbin/nologin", name)
  if not lookup(name) then -- another spec may have been faster, and useradd then fails
    error("cannot make the user " .. name .. ": " .. why, 0)
  end
end

local passwd = uv.os_get_passwd()

-- The name of whoever runs the specs.
function users.current()
  return passwd.username
end

-- The names to run a spec as.
function users.identities()
  if passwd.uid ~= 0 then
    return { passwd.username }
  end
  make_user(test_user)
  return { passwd.username, test_user }
end

-- An ordinary user beside those of identities(); nil where nobody can be made.
function users.stranger()
  if passwd.uid == 0 then
    make_user(stranger)
    return stranger
  end
end

-- Its numbers: { uid =, gid = }.
function users.ids(identity)
  if identity == passwd.username then
    return { uid = passwd.uid, gid = passwd.gid }
  end
  return assert(lookup(identity), "no user " .. identity)
end

local function make_folder(path, identity)
  local ids = users.ids(identity)
  assert(uv.fs_mkdir(path, tonumber("700", 8)))
  assert(uv.fs_chown(path, ids.uid, ids.gid))
  return path
end

-- A new empty folder of that user, for nobody else, outside /tmp.
function users.temp_dir(identity)
  if not top then
    shell("find /var/tmp -maxdepth 1 -name 'fence-spec-*' -mmin +1440 -exec rm -rf -- {} +")
    top = assert(uv.fs_mkdtemp("/var/tmp/fence-spec-XXXXXX"))
    assert(uv.fs_chmod(top, tonumber("711", 8)))
  end
  fresh = fresh + 1
  return make_folder(("%s/%d-%s"):format(top, fresh, identity), identity)
end

-- The folder that is the user's HOME in a spec: the same for the whole run, empty at first.
function users.home(identity)
  homes[identity] = homes[identity] or users.temp_dir(identity)
  return homes[identity]
end

-- Writes a file that belongs to the user; returns its path.
function users.write_file(identity, path, text, mode)
  local ids = users.ids(identity)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  assert(uv.fs_chmod(path, tonumber(mode or "600", 8)))
  assert(uv.fs_chown(path, ids.uid, ids.gid))
  return path
end

-- The fence under test where that user can execute it. A build folder may lie below a home that
-- others cannot enter, so another user gets a copy; the program needs no file beside it.
function users.binary(identity)
  local built = os.getenv("FENCE_BINARY")
  if identity == passwd.username then
    return built
  end
  if not binaries[identity] then
    local copy = users.temp_dir(identity) .. "/fence"
    assert(uv.fs_copyfile(built, copy))
    assert(uv.fs_chmod(copy, tonumber("755", 8)))
    binaries[identity] = copy
  end
  return binaries[identity]
end

-- Removes everything again; the helper calls it when busted ends.
function users.cleanup()
  if top then
    shell("rm -rf --one-file-system --", top)
    top, homes, binaries = nil, {}, {}
  end
end

return users
