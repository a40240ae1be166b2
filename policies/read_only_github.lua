-- SPDX-License-Identifier: Apache-2.0
-- read_only_github.lua - GitHub is read, and only what belongs to some organisations.
--
--   fence --policy policies/read_only_github.lua -- ./build.sh
--
-- Copy it and write your own organisations below. It needs no settings; hosts that are not GitHub's
-- it leaves to the settings and to other policies.
--
-- Both promises hold where fence can read the request: plain HTTP, which is what a client speaks to
-- a proxy or mirror that adds TLS itself. GitHub's own servers answer in TLS alone, and inside a
-- tunnel fence sees neither organisation nor method. So of tunnels it allows by host:
--
--   downloads   hosts that take no changes: read-only holds, the organisations DO NOT. Whoever is
--               in the sandbox can read any public repository there.
--   the rest    github.com, api.github.com, uploads, gists: a push looks like a fetch, so they are
--               denied. `git clone` is one of those: fetch an archive from codeload.github.com.
--
-- Set `trust_tunnels` to allow those as well, and then keep tokens out of the sandbox: without a
-- login nothing can be changed. Not held either way: a tunnel to an address instead of a name is
-- not known to be GitHub's; the settings deny it unless they list it.

local fence = require "fence"

local organisations = { ["octocat"] = true, ["lua"] = true } -- in lower case
local trust_tunnels = false

local github = fence.domains {
  "github.com", "*.github.com", "*.githubusercontent.com",
}
local downloads = fence.domains {
  "codeload.github.com", "raw.githubusercontent.com", "objects.githubusercontent.com",
  "release-assets.githubusercontent.com",
}

-- "/lua/lua/tree" belongs to "lua", and at the API "/repos/lua/lua" does. nil where that is not
-- plain to see: a server may undo escapes and dots, and would then find another.
local function owner_of(req)
  local path = req.path:lower()
  local whole = path:gsub("/$", "") .. "/"
  for _, sign in ipairs({ "%", "\\", "//", "/./", "/../" }) do
    if whole:find(sign, 1, true) then
      return nil
    end
  end
  if req.host == "api.github.com" then
    path = path:match("^/repos(/.*)") or path:match("^/orgs(/.*)") or ""
  end
  return path:match("^/([^/]+)")
end

-- git fetches with a POST that changes nothing, and a push begins with a GET that says so.
local function reads(req)
  if req.path:sub(-10) == "/info/refs" and req.query ~= "service=git-upload-pack" then
    return false
  end
  return req.method == "GET" or req.method == "HEAD"
    or (req.method == "POST" and req.path:sub(-16) == "/git-upload-pack")
end

return {
  name = "read_only_github",

  on_connect = function(req)
    if not github:match(req.host) then
      return nil
    elseif req.port == 443 and (trust_tunnels or downloads:match(req.host)) then
      return fence.allow()
    end
    return fence.deny("GitHub is read-only here, and a tunnel to " .. req.host .. ":" .. req.port
      .. " cannot be read; archives are at codeload.github.com")
  end,

  on_request = function(req)
    if not github:match(req.host) then
      return nil
    elseif not reads(req) then
      return fence.deny("GitHub is read-only here: " .. req.method .. " changes something")
    elseif not organisations[owner_of(req) or ""] then
      return fence.deny("this organisation of GitHub's is not on the list")
    end
    return fence.allow()
  end,
}
