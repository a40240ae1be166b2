-- SPDX-License-Identifier: Apache-2.0
-- read_only_github_spec.lua - policies/read_only_github.lua: reading, by organisation where fence
-- can see it.

local shipped = require "spec.support.shipped"

describe("policies/read_only_github.lua", function()
  local s

  before_each(function() s = shipped.start("read_only_github") end)
  after_each(function() s:stop() end)

  it("lets the organisations be read", function()
    s:passes("GET", "github.com", "/lua/lua")
    s:passes("HEAD", "github.com", "/Lua/lua/tree/master")
    s:passes("GET", "api.github.com", "/repos/octocat/hello")
    s:passes("GET", "api.github.com", "/orgs/lua/")
    s:passes("GET", "github.com", "/lua/lua/blob/master/.gitignore?plain=1%20")
    s:passes("GET", "raw.githubusercontent.com", "/lua/lua/master/lua.c")
    s:passes("GET", "github.com", "/lua/lua.git/info/refs?service=git-upload-pack")
    s:passes("POST", "github.com", "/lua/lua.git/git-upload-pack")
  end)

  it("denies others, and paths that a server could read as others", function()
    for _, path in ipairs({ "/", "/other/lua", "/luax/lua", "/lua/../other/x", "//other/lua",
                            "/lua/./", "/lua/..", "/lua//", "/lua/%2e%2e/other/x",
                            "/%6cua/lua" }) do
      s:refuses("GET", "github.com", path, "this organisation of GitHub's is not on the list")
    end
    for _, path in ipairs({ "/lua/lua", "/user", "/repos/other/x", "/reposx/lua" }) do
      s:refuses("GET", "api.github.com", path, "this organisation of GitHub's is not on the list")
    end
  end)

  it("denies what changes something", function()
    for _, row in ipairs({ { "POST", "/lua/lua/issues" }, { "PUT", "/lua/lua" },
                           { "POST", "/lua/lua.git/git-receive-pack" },
                           { "GET", "/lua/lua.git/info/refs?service=git-receive-pack" },
                           { "GET", "/lua/lua.git/info/refs?service=git-%72eceive-pack" } }) do
      s:refuses(row[1], "github.com", row[2], "GitHub is read-only here")
    end
  end)

  it("opens tunnels for downloads alone", function()
    s:opens("codeload.github.com", 443)
    s:opens("raw.githubusercontent.com", 443)
    for _, host in ipairs({ "github.com", "api.github.com", "uploads.github.com",
                            "gist.githubusercontent.com" }) do
      s:refuses_tunnel(host, 443, "a tunnel to " .. host .. ":443 cannot be read")
    end
    s:refuses_tunnel("codeload.github.com", 22, "codeload.github.com:22 cannot be read")
    s:refuses_server_name("codeload.github.com", "github.com")
  end)

  it("has no opinion on others", function()
    s:refuses_tunnel("github.com.evil.test", 443, "no rule allows github.com.evil.test")
    s:passes("POST", "listed.test", "/")
    s:opens("listed.test", 22)
  end)
end)
