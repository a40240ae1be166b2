-- SPDX-License-Identifier: Apache-2.0
-- files_spec.lua - the settings of filesystem: what they open, close and hide, by every way to a
-- file, and whose word counts where two speak of one path.

local uv = require "luv"
local attempt = require "spec.support.attempt"
local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
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
  { "allowWrite by a pattern", { allowWrite = { "@/here/o*", "@/here/**/b" } }, {
      { "create", "@/here/open/new", "ok" }, { "create", "@/here/new", "EROFS" },
      { "create", "@/here/a/b/new", "ok" }, { "create", "@/here/a/new", "EROFS" } } },
  { "allowWrite twice, nested, and through a link", { allowWrite = { "@/here/open", "@/here/open",
    "@/here/open/deep", "@/here/way" } }, { { "create", "@/here/open/new", "ok" },
      { "create", "@/here/open/deep/new", "ok" }, { "create", "@/out/open/new", "ok" },
      { "create", "@/here/way/new2", "ok" }, { "create", "@/out/new", "EROFS" },
      { "rename", "@/here/open/new", "@/here/open/deep/moved", "EXDEV ok" } },
    make = "ln -s ../out/open here/way" },
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
      { "list", ".", "ok" }, { "read", "@/here/file", "ENOENT" }, { "read", "@/out/file", "ENOENT" },
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
  end)
end
local _ = { uv, process }
