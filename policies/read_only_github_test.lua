-- SPDX-License-Identifier: Apache-2.0
-- read_only_github_test.lua - what read_only_github.lua decides:
-- fence policy test policies/read_only_github.lua

local mine = "policy:read_only_github"
local unlisted = "this organisation of GitHub's is not on the list"
local changes = "changes something"

return {
  { name = "a repository", request = "GET http://github.com/lua/lua", expect = "allow",
    rule = mine },
  { name = "in any case", request = "HEAD http://github.com/Lua/lua", expect = "allow" },
  { name = "by the API", request = "GET http://api.github.com/repos/octocat/hello",
    expect = "allow" },
  { name = "a fetch", request = "POST http://github.com/lua/lua.git/git-upload-pack",
    expect = "allow" },
  { name = "a push", request = "POST http://github.com/lua/lua.git/git-receive-pack",
    expect = "deny", rule = mine, message = changes },
  { name = "the beginning of one",
    request = "GET http://github.com/lua/lua.git/info/refs?service=git-receive-pack",
    expect = "deny", message = changes },
  { name = "an issue", request = "POST http://github.com/lua/lua/issues",
    expect = "deny", message = changes },
  { name = "another organisation", request = "GET http://github.com/torvalds/linux",
    expect = "deny", rule = mine, message = unlisted },
  { name = "a way around", request = "GET http://github.com/lua/../torvalds/linux",
    expect = "deny", message = unlisted },
  { name = "downloads", connect = "codeload.github.com:443", expect = "allow", rule = mine },
  { name = "a clone", request = "GET https://github.com/lua/lua",
    expect = "deny", rule = mine, message = "cannot be read" },
  { name = "SSH", connect = "github.com:22", expect = "deny", rule = mine },
  { name = "it has no opinion on others", connect = "github.com.example.com:443",
    expect = "deny", message = "no rule allows" },

  test_nothing_else_than_reading = function(t)
    for _, method in ipairs({ "PUT", "PATCH", "DELETE", "POST" }) do
      local decision = t.request(method, "http://api.github.com/repos/lua/lua")
      assert(decision.verdict == "deny", method)
    end
  end,
}
