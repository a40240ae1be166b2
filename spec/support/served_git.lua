-- SPDX-License-Identifier: Apache-2.0
-- served_git.lua - a git repository for a plain file server (git's "dumb" protocol): to have run
-- `git update-server-info` is all that it needs. Made on the host, by whoever runs the specs.

local process = require "spec.support.process"
local users = require "spec.support.users"

local served_git = {}

-- Nobody's settings, nobody's prompts, and a name for commits.
served_git.environment = {
  GIT_CONFIG_GLOBAL = "/dev/null", GIT_CONFIG_NOSYSTEM = "1", GIT_TERMINAL_PROMPT = "0",
  GIT_AUTHOR_NAME = "A", GIT_AUTHOR_EMAIL = "a@good.test",
  GIT_COMMITTER_NAME = "C", GIT_COMMITTER_EMAIL = "c@good.test",
}

-- git in `folder`; what it says.
function served_git.git(folder, ...)
  local result = process.run({ argv = { "git", "-C", folder, ... }, env = served_git.environment })
  assert(result.code == 0, result.err)
  return (result.out:gsub("\n$", ""))
end

-- Makes TOP/served/project.git for the server, and a clone beside it, whose path it returns.
function served_git.make(top)
  local clone = top .. "/clone"
  served_git.git(top, "init", "-q", "--bare", "-b", "main", "served/project.git")
  served_git.git(top, "init", "-q", "-b", "main", "clone")
  served_git.git(clone, "remote", "add", "origin", top .. "/served/project.git")
  return clone
end

-- Commits a file in that clone, and serves it; the commit's name.
function served_git.commit(clone, name, text)
  users.write_file(users.current(), clone .. "/" .. name, text, "644")
  served_git.git(clone, "add", name)
  served_git.git(clone, "commit", "-q", "-m", "adds " .. name)
  served_git.git(clone, "push", "-q", "origin", "HEAD:main")
  served_git.git(clone .. "/../served/project.git", "update-server-info")
  return served_git.git(clone, "rev-parse", "HEAD")
end

return served_git
