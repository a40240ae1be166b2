-- SPDX-License-Identifier: Apache-2.0
-- files_spec.lua - the settings of filesystem: what they open, close and hide, by every way to a
-- file, and whose word counts where two speak of one path.

local attempt = require "spec.support.attempt"
local fenced = require "spec.support.fenced"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- "@" is the folder, "@/here" the current one. "out" lies beside it.
local tree = [[
mkdir -p here/open/deep here/secrets/inner here/a/b/c out/open
for file in here/file here/secret.pem here/open/file here/open/deep/file here/secrets/key \
  here/secrets/inner/key here/a/x.pem here/a/b/y.pem here/a/b/c/z.pem here/a/b/notes out/file \
  out/open/file; do echo "text of $file" >$file; done
]]

-- By every way, a file that cannot be read. "ENXIO EACCES": any of them.
local function unreadable(path)
  return {
    { "read", path, "EACCES" }, { "pathfd", path, "EACCES" }, { "size", path, "ok 0" },
    { "read", "/proc/self/root" .. path, "EACCES" }, { "read", "/proc/1/root" .. path, "EACCES" },
    { "write", path, "EACCES" }, { "chmod", path, "EROFS EPERM" },
    { "utime", path, "EROFS EPERM" }, { "truncate", path, "EINVAL EACCES" },
    { "unlink", path, "EBUSY EROFS" }, { "rename", path, path .. ".away", "EBUSY EROFS" },
    { "link", path, path .. ".twin", "EXDEV EROFS" }, { "create", path, "EEXIST" },
  }
end

local function hidden(path)
  return {
    { "list", path, "ok" }, { "list", "/proc/self/root" .. path, "ok" },
    { "read", path .. "/key", "ENOENT" }, { "read", path .. "/inner/key", "ENOENT" },
    { "create", path .. "/new", "EROFS EACCES" }, { "chmod", path, "EROFS EPERM" },
    { "rmdir", path, "EBUSY EROFS" }, { "rename", path, path .. ".away", "EBUSY EROFS" },
  }
end

local function all(...)
  local list = {}
  for _, part in ipairs({ ... }) do
    if type(part[1]) == "table" then
      table.move(part, 1, #part, #list + 1, list)
    else
      list[#list + 1] = part
    end
  end
  return list
end

-- name, filesystem, attempts; further: make (on the host, behind the tree), cwd, notice
local rows = {
  { "denyRead of a file", { denyRead = { "@/here/file" } }, all(unreadable("@/here/file"),
    { "read", "@/here/a/b/notes", "ok text of here/a/b/notes" }) },
  { "denyRead of a file in a folder that is open", { denyRead = { "@/here/file" },
    allowWrite = { "@/here" } }, all(unreadable("@/here/file"), { "write", "@/here/new", "ok" }) },
  { "denyRead of a folder", { denyRead = { "@/here/secrets" } }, hidden("@/here/secrets") },
  { "denyRead of a folder in one that is open", { denyRead = { "@/here/secrets" },
    allowWrite = { "@/here" } }, all(hidden("@/here/secrets"),
    { "symlink", "@/here/secrets/key", "@/here/link", "ok" },
    { "read", "@/here/link", "ENOENT" }) },
  { "denyRead with a slash, or all below, means the folder", { denyRead = { "@/here/secrets/",
    "@/here/a/**" } }, all(hidden("@/here/secrets"), { "list", "@/here/a", "ok" }) },
  { "denyRead below the current folder, relative", { denyRead = { "file", "./secrets",
    "open/../open/file" } }, all(unreadable("@/here/file"), hidden("@/here/secrets"),
    { "read", "@/here/open/file", "EACCES" }), cwd = "@/here" },
  { "denyRead of ~", { denyRead = { "~/private", "~/f*" } },
    { { "list", "~/private", "ok" }, { "read", "~/free", "EACCES" },
      { "read", "~/other", "ok other" } },
    make = "mkdir -p ~/private; echo x >~/private/key; echo free >~/free; echo other >~/other" },
  { "denyRead by * at one depth", { denyRead = { "@/here/*.pem" }, allowWrite = { "@/here" } },
    all(unreadable("@/here/secret.pem"), { "read", "@/here/a/x.pem", "ok text of here/a/x.pem" }) },
  { "denyRead by ** at every depth", { denyRead = { "@/here/**/*.pem" } },
    { { "read", "@/here/secret.pem", "EACCES" }, { "read", "@/here/a/x.pem", "EACCES" },
      { "read", "@/here/a/b/c/z.pem", "EACCES" },
      { "read", "@/here/a/b/notes", "ok text of here/a/b/notes" } } },
  { "denyRead by ? and []", { denyRead = { "@/here/a/?.pem", "@/here/a/b/[!a-m]*" } },
    { { "read", "@/here/a/x.pem", "EACCES" }, { "read", "@/here/a/b/y.pem", "EACCES" },
      { "read", "@/here/a/b/notes", "EACCES" }, { "read", "@/here/a/b/c/z.pem",
        "ok text of here/a/b/c/z.pem" }, { "read", "@/here/secret.pem",
        "ok text of here/secret.pem" } } },
  { "denyRead of hidden names by *", { denyRead = { "@/here/*env" } },
    { { "read", "@/here/.env", "EACCES" }, { "read", "@/here/file", "ok text of here/file" } },
    make = "echo x >here/.env" },
  { "allowRead inside denyRead", { denyRead = { "@/here/secrets" },
    allowRead = { "@/here/secrets/inner" } }, { { "read", "@/here/secrets/key", "ENOENT" },
      { "read", "@/here/secrets/inner/key", "ok text of here/secrets/inner/key" },
      { "list", "@/here/secrets", "ok inner" },
      { "create", "@/here/secrets/inner/new", "EROFS" } } },
  { "denyRead inside allowRead inside denyRead", { denyRead = { "@/here/a", "@/here/a/b/c" },
    allowRead = { "@/here/a/b" } }, { { "list", "@/here/a", "ok b" },
      { "list", "@/here/a/b", "ok c,notes,y.pem" }, { "list", "@/here/a/b/c", "ok" } } },
  { "deny wins at the same path", { denyRead = { "@/here/secrets", "@/here/file" },
    allowRead = { "@/here/secrets", "@/here/file" }, allowWrite = { "@/here/file",
      "@/here/secrets", "@/here/open" }, denyWrite = { "@/here/open" } },
    all(unreadable("@/here/file"), hidden("@/here/secrets"),
      { "create", "@/here/open/new", "EROFS" }, { "write", "@/here/open/file", "EROFS" }) },
  { "allowWrite inside denyRead", { denyRead = { "@/here/secrets" },
    allowWrite = { "@/here/secrets/inner" } }, { { "read", "@/here/secrets/key", "ENOENT" },
      { "create", "@/here/secrets/inner/new", "ok" }, { "create", "@/here/secrets/new",
        "EROFS EACCES" } } },
  { "denyWrite inside allowWrite, by every way", { allowWrite = { "@/here" },
    denyWrite = { "@/here/open", "@/here/file", "@/here/a/**/*.pem" } }, {
      { "write", "@/here/file", "EROFS" }, { "read", "@/here/file", "ok text of here/file" },
      { "truncate", "@/here/file", "EROFS" }, { "unlink", "@/here/file", "EBUSY" },
      { "rename", "@/here/file", "@/here/file2", "EBUSY" }, { "chmod", "@/here/file", "EROFS" },
      { "link", "@/here/file", "@/here/twin", "EXDEV" },
      { "create", "@/here/open/new", "EROFS" }, { "unlink", "@/here/open/deep/file", "EROFS" },
      { "rename", "@/here/open", "@/here/open2", "EBUSY" }, { "rmdir", "@/here/open", "EBUSY" },
      { "create", "/proc/self/root@/here/open/new", "EROFS" },
      { "write", "@/here/a/x.pem", "EROFS" }, { "write", "@/here/a/b/c/z.pem", "EROFS" },
      { "write", "@/here/a/b/notes", "ok" }, { "rename", "@/here/a", "@/here/a2", "EBUSY" },
      { "rename", "@/here/a/b", "@/here/a/b2", "EBUSY" },
      { "rename", "@/here/a/b/c", "@/here/c2", "EBUSY EXDEV" } } },
  { "denyWrite stays, whatever opens something below it", { allowWrite = { "@/here",
    "@/here/open/deep" }, denyWrite = { "@/here/open" } }, {
      { "create", "@/here/open/deep/new", "EROFS" }, { "create", "@/here/new", "ok" } } },
  { "denyRead and allowRead at one path below what is denied", { denyRead = { "@/here/open",
    "@/here/open/deep" }, allowRead = { "@/here/open/deep" } }, {
      { "read", "@/here/open/deep/file", "ENOENT EACCES" } } },
  { "denyWrite of a file that is allowed by its own name", { allowWrite = { "@/here/file",
    "@/here/a/b/notes" }, denyWrite = { "@/here/file" } }, {
      { "write", "@/here/file", "EROFS" }, { "write", "@/here/a/b/notes", "ok" } } },
  { "denyWrite of its folder", { allowWrite = { "@/here/a/b/notes", "@/here/a/x.pem" },
    denyWrite = { "@/here/a/b" } }, {
      { "write", "@/here/a/b/notes", "EROFS" }, { "write", "@/here/a/x.pem", "ok" } } },
  { "the same behind another denied one in it", { allowWrite = { "@/here", "@/here/a/b/c" },
    denyWrite = { "@/here/a", "@/here/a/b/notes" } }, {
      { "create", "@/here/a/b/c/new", "EROFS" }, { "create", "@/here/a/new", "EROFS" },
      { "create", "@/here/new", "ok" } } },
  { "allowWrite by a pattern", { allowWrite = { "@/here/o*", "@/here/**/b" } }, {
      { "create", "@/here/open/new", "ok" }, { "create", "@/here/new", "EROFS" },
      { "create", "@/here/a/b/new", "ok" }, { "create", "@/here/a/new", "EROFS" } } },
  { "allowWrite twice, nested, and through a link", { allowWrite = { "@/here/open", "@/here/open",
    "@/here/open/deep", "@/here/way" } }, { { "create", "@/here/open/new", "ok" },
      { "create", "@/here/open/deep/new", "ok" }, { "create", "@/out/open/new", "ok" },
      { "create", "@/here/way/new2", "ok" }, { "create", "@/out/new", "EROFS" },
      { "rename", "@/here/open/new", "@/here/open/deep/moved", "EXDEV ok" } },
    make = "ln -s ../out/open here/way" },
  { "what is hidden keeps its place: the next run would read it elsewhere", {
    allowWrite = { "@/here" }, denyRead = { "@/here/secrets/inner", "@/here/a/b/c/*.pem" } }, {
      { "rename", "@/here/secrets", "@/here/s2", "EBUSY" },
      { "rename", "@/here/a", "@/here/a2", "EBUSY" }, { "rename", "@/here/a/b", "@/here/b2",
        "EBUSY EXDEV" }, { "rename", "@/here/a/b/c", "@/here/a/b/c2", "EBUSY" },
      { "rename", "@/here/open", "@/here/open2", "ok" } } },
  { "what is closed keeps its place in a folder that is open in another one", {
    allowWrite = { "@/here", "@/here/a", "@/here/a/b", "@/here/secrets" },
    denyWrite = { "@/here/a/b/c" }, denyRead = { "@/here/secrets/key" } }, {
      { "rename", "@/here/a", "@/here/a2", "EBUSY" },
      { "rename", "@/here/a/b", "@/here/a/b2", "EBUSY" },
      { "rename", "@/here/secrets", "@/here/s2", "EBUSY" },
      { "create", "@/here/a/b/new", "ok" }, { "create", "@/here/a/new", "ok" } } },
  { "a folder where something denied may come keeps its place", { allowWrite = { "@/here" },
    denyWrite = { "@/here/open/lock", "@/here/a/b/*/none" }, denyRead = { "@/here/secrets/new" } },
    { { "rename", "@/here/open", "@/here/o2", "EBUSY" }, { "rename", "@/here/a", "@/here/a2",
      "EBUSY" }, { "rename", "@/here/a/b", "@/here/a/b2", "EBUSY" }, { "rename", "@/here/secrets",
      "@/here/s2", "EBUSY" }, { "rename", "@/here/open/deep", "@/here/open/d2", "ok" },
      { "create", "@/here/open/free", "ok" } } },
  { "what is missing is passed over", { allowWrite = { "@/here/none", "@/here/open" },
    allowRead = { "@/nothing" } }, { { "create", "@/here/open/new", "ok" },
      { "create", "@/here/none", "EROFS" } },
    notice = { "filesystem%.allowWrite: '[^\n]*/here/none' does not exist: passed over",
      "filesystem%.allowRead: '[^\n]*/nothing' does not exist: passed over" } },
  { "denyRead of the current folder", { denyRead = { "@/here" } }, {
      { "list", ".", "ok" }, { "list", "@/here", "ok" }, { "read", "file", "ENOENT" },
      { "read", "@/here/file", "ENOENT" }, { "create", "@/here/new", "EROFS EACCES" } },
    cwd = "@/here" },
  { "denyRead of a folder that holds the current one", { denyRead = { "@" } }, {
      { "list", ".", "ok" }, { "read", "@/here/file", "ENOENT" }, { "read", "@/out/file",
        "ENOENT" },
      { "list", "..", "ok here" } }, cwd = "@/here" },
  { "denyRead of a folder that holds the current one, which is open", { denyRead = { "@" },
    allowWrite = { "@/here" } }, { { "read", "@/here/file", "ok text of here/file" },
      { "create", "new", "ok" }, { "read", "@/out/file", "ENOENT" }, { "list", "..", "ok here" } },
    cwd = "@/here" },
  { "denyRead of what a link leads to", { denyRead = { "@/here/link", "@/here/folder" },
    allowWrite = { "@/here" } }, all({ { "read", "@/here/link", "EACCES" },
      { "read", "@/out/file", "EACCES" }, { "list", "@/out/open", "ok" },
      { "list", "@/here/folder", "ok" }, { "unlink", "@/here/link", "ok" } }),
    make = "ln -s ../out/file here/link; ln -s ../out/open here/folder" },
  { "denyRead of links that lead nowhere, or round in circles, by a pattern", {
    denyRead = { "@/here/*.link" }, allowWrite = { "@/here" } }, {
      { "read", "@/here/file", "ok text of here/file" } },
    make = "ln -s none here/a.link; ln -s b.link here/c.link; ln -s c.link here/b.link" },
  { "denyRead of a file with two names hides both where both are named", {
    denyRead = { "@/here/file", "@/here/twin" } }, { { "read", "@/here/file", "EACCES" },
      { "read", "@/here/twin", "EACCES" } }, make = "ln here/file here/twin" },
  { "names with spaces, quotes, newlines and letters of other tongues", {
    denyRead = { "@/here/a b'\"\nc", "@/here/ünï", "@/here/\\x" } }, {
      { "read", "@/here/a b'\"\nc", "EACCES" }, { "read", "@/here/ünï", "EACCES" },
      { "read", "@/here/\\x", "EACCES" } },
    make = [[printf x >"here/a b'\"
c"; echo x >here/ünï; echo x >'here/\x']] },
  { "a special file is hidden like any other", { denyRead = { "@/here/pipe" } }, {
      { "read", "@/here/pipe", "EACCES" } }, make = "mkfifo here/pipe" },
  { "a folder of nobody's is hidden, and its inside", { denyRead = { "@/here/secrets/inner" } }, {
      { "list", "@/here/secrets/inner", "ok" }, { "read", "@/here/secrets/inner/key", "ENOENT" } },
    make = "chmod 000 here/secrets/inner" },
  { "allowExecute shows what is hidden", { denyRead = { "@/here/open" },
    allowExecute = { "@/here/open/tool" } }, { { "exec", "@/here/open/tool", "ok 7" },
      { "list", "@/here/open", "ok tool" } },
    make = "printf '#!/bin/sh\\nexit 7\\n' >here/open/tool; chmod 755 here/open/tool" },
}

-- name, filesystem, what stands in the line
local wrong = {
  { "the other user's home", { denyRead = { "~root/x" } }, "filesystem%.denyRead" },
  { "an empty text", { denyRead = { "" } }, "filesystem%.denyRead" },
  { "no list", { denyWrite = "x" }, "filesystem%.denyWrite" },
  { "a number", { allowRead = { 7 } }, "filesystem%.allowRead" },
  { "a loop of links", { denyRead = { "@/loop" } }, "filesystem%.denyRead: '[^\n]*/loop'" },
  { "a loop of links to be written", { allowWrite = { "@/loop/x" } }, "filesystem%.allowWrite" },
  { "/proc to be written", { allowWrite = { "/proc" } }, "'/proc' cannot be made writable" },
  { "/dev to be written", { allowWrite = { "/dev/shm" } }, "'/dev/shm' cannot be made writable" },
  { "a name that is too long", { denyRead = { "@/" .. ("x"):rep(300) } }, "filesystem%.denyRead" },
  { "a path that is too long", { denyRead = { ("/x"):rep(3000) } }, "filesystem%.denyRead" },
}

for _, identity in ipairs(users.identities()) do
  describe("files as " .. identity, function()
    local folder

    before_each(function()
      folder = users.temp_dir(identity)
      attempt.host(identity, folder, tree)
    end)

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "/usr/bin/python3", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function at_home(attempts)
      local list = {}
      for index, case in ipairs(attempts) do
        list[index] = { table.unpack(case) }
        list[index][2] = case[2]:gsub("^~", users.home(identity))
      end
      return list
    end

    for _, case in ipairs(rows) do
      row(case[1], function()
        if case.make then
          attempt.host(identity, folder, case.make)
        end
        local result = attempt.all(identity, folder, {
          settings = { filesystem = case[2] }, cwd = case.cwd, args = { "-m" },
        }, at_home(case[3]))
        for _, text in ipairs(case.notice or {}) do
          assert.matches(text, result.err)
        end
        assert.equal(0, result.code)
        assert.equal("text of here/file\n", fenced.read_file(folder .. "/here/file"))
        assert.equal("text of here/secrets/key\n", fenced.read_file(folder .. "/here/secrets/key"))
      end)
    end

    for _, case in ipairs(wrong) do
      it("125 with one line: " .. case[1], function()
        attempt.host(identity, folder, "ln -s loop loop")
        local result = fenced.run(attempt.options(identity, folder,
          { settings = { filesystem = case[2] } }, { { "list", ".", "" } }))
        assert.matches("^fence: [^\n]*" .. case[3] .. "[^\n]*\n$", result.err)
        assert.equal("", result.out)
        assert.equal(125, result.code)
      end)
    end

    local function run(argv, filesystem, options)
      options = options or {}
      return fenced.run({ argv = argv, as_user = identity, cwd = folder .. "/here",
        settings = { filesystem = filesystem }, args = options.args, env = options.env })
    end

    row("--deny-read and --deny-write do what the settings do, and win", function()
      local result = attempt.all(identity, folder, {
        settings = { filesystem = { allowRead = { "@/here/secrets" }, allowWrite = { "@/here" } } },
        args = { "--deny-read", "@/here/secrets", "--deny-read=@/here/*.pem", "--deny-write",
          "@/here/open", "--deny-write", "@/here/a/**/notes" },
      }, all(hidden("@/here/secrets"), { "read", "@/here/secret.pem", "EACCES" },
        { "create", "@/here/open/new", "EROFS" }, { "write", "@/here/a/b/notes", "EROFS" },
        { "create", "@/here/new", "ok" }))
      assert.equal(0, result.code)
      for _, name in ipairs({ "--deny-read", "--deny-write" }) do
        result = run({ "true" }, {}, { args = { name, "" } })
        assert.equal("fence: " .. name .. ": '': this is empty\n", result.err)
        assert.equal(125, result.code)
      end
    end)

    row("3D.119 a hidden or protected file with hard links is told of at the start", function()
      attempt.host(identity, folder, "ln here/file here/twin; : >here/.bashrc; " ..
        "ln here/.bashrc out/rc")
      local result = run({ "true" }, { denyRead = { folder .. "/here/file" },
        allowWrite = { folder .. "/here" } }, { args = { "-m" } })
      assert.matches("here/file' has hard links: it can be read by another name that is not closed",
        result.err)
      assert.matches("here/%.bashrc' has hard links: it can be written by another name", result.err)
    end)

    row("defaultDenyRead: programs run, and the home folder is not there", function()
      attempt.host(identity, folder, "mkdir home; echo x >home/key; mkdir -p home/.local/bin; " ..
        "printf '#!/bin/sh\\necho tool\\n' >home/.local/bin/tool; chmod 755 home/.local/bin/tool")
      local result = run({ "sh", "-c", [[
ls -A ~; cat ~/key; ~/.local/bin/tool; git --version; /usr/bin/python3 -c 'print(6*7)'
curl --version
ls -A /var /home /root /srv /mnt; ls /etc/passwd; cat file; echo x >file; touch /var/x /x
id -u; pwd]] },
        { defaultDenyRead = true, allowRead = { "." } }, { env = { HOME = folder .. "/home" } })
      assert.matches("^%.local\ntool\ngit version [^\n]+\n42\ncurl ", result.out, result.err)
      assert.is_truthy(result.out:find("/etc/passwd\ntext of here/file\n" ..
        users.ids(identity).uid .. "\n" .. folder .. "/here\n", 1, true), result.out .. result.err)
      assert.is_nil(result.out:match("/root:\n[^\n/]"), result.out)
      assert.equal("text of here/file\n", fenced.read_file(folder .. "/here/file"))
    end)

    row("defaultDenyRead: what is opened can be written, what is denied in it is hidden", function()
      attempt.all(identity, folder, { cwd = "@/here", settings = { filesystem = {
        defaultDenyRead = true, allowWrite = { "." }, denyRead = { "secrets",
          "/usr/share/dict" } } } },
        all(hidden("@/here/secrets"), { "create", "@/here/new", "ok" }, { "list", "@", "ok here" },
          { "read", "@/out/file", "ENOENT" }, { "create", "@/new", "EROFS" },
          { "list", "/var/log", "ENOENT" }, { "list", "/home", "ENOENT" },
          { "read", "/proc/self/root@/out/file", "ENOENT" },
          { "read", "/proc/1/root@/out/file", "ENOENT EACCES" }))
    end)

    row("strictDenyRead: nothing but what is listed", function()
      local result = run({ "sh", "-c", "true" }, { strictDenyRead = true })
      assert.not_equal(0, result.code)
      assert.matches("^fence: [^\n]+\n$", result.err)
      result = run({ "sh", "-c", "ls -A / | xargs; ls /etc; cat file; " ..
        "/usr/bin/python3 -c 'print(7)'" },
        { strictDenyRead = true, allowRead = { "/usr", "/lib*", "/bin", "/etc/passwd", "." } })
      assert.is_nil(result.out:match("^[^\n]*root"), result.out)
      assert.matches("\npasswd\ntext of here/file\n7\n$", result.out, result.err)
      assert.equal("", result.err)
    end)

    for _, count in ipairs({ 60, 1100 }) do
      row(("more matches than the launcher takes well: %d"):format(count), function()
        attempt.host(identity, folder, ("mkdir here/many; cd here/many; for i in $(seq %d); do " ..
          "echo x >$i.key; done; mkdir d; echo x >d/last.key"):format(count))
        local result = run({ "/usr/bin/python3", "-c", [[
import glob
def can(path, mode):
    try:
        open(path, mode).close()
        return True
    except OSError:
        return False
names = glob.glob("many/**/*.key", recursive=True)
print(len(names), sum(can(n, "r") for n in names), sum(can(n, "a") for n in names),
      can("many/y", "w"))
]] }, { denyRead = { "many/**/*.key" }, allowWrite = { "." } })
        assert.equal(("%d 0 0 True\n"):format(count + 1), result.out, result.err)
      end)
    end

    row("more mounts than are sensible: one line", function()
      attempt.host(identity, folder, "mkdir here/many; cd here/many; seq 4200 | xargs touch")
      local result = run({ "true" }, { denyRead = { "many/*" } })
      assert.matches("^fence: the sandbox would need more than %d+ mounts[^\n]+\n$", result.err)
      assert.equal(125, result.code)
    end)

    row("3F.141 a tree of 20,000 files is looked through for 300 patterns", function()
      attempt.host(identity, folder, [[cd here/open; seq -f d%g 200 | xargs mkdir
seq 200 | while read i; do seq -f d$i/%g 100; done | xargs touch; echo x >d77/last.key
echo own >d200/.bashrc]])
      local patterns = { "**/*.key" }
      for i = 1, 299 do
        patterns[i + 1] = ("**/secret%d.*"):format(i)
      end
      local result = run({ "sh", "-c", "cat open/d77/last.key; " ..
        "echo evil >open/d200/.bashrc; exit 0" },
        { denyRead = patterns, allowWrite = { "." } })
      assert.equal(0, result.code)
      assert.equal("", result.out)
      assert.equal("own\n", fenced.read_file(folder .. "/here/open/d200/.bashrc"))
    end)

    row("nothing is left on the host of what is hidden, protected or missing", function()
      local before = attempt.listing(identity, folder)
      run({ "true" }, { denyRead = { "secrets", "file", "none", "no/ne", "**/*.pem" },
        denyWrite = { "open", "nothing", "a/**/nope" }, allowWrite = { ".", "gone" },
        allowRead = { "missing" } })
      assert.equal(before, attempt.listing(identity, folder))
    end)
  end)
end
