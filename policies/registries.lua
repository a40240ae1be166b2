-- SPDX-License-Identifier: Apache-2.0
-- registries.lua - packages of npm, PyPI, crates.io and Debian: installed, never published.
--
--   fence --policy policies/registries.lua -- npm install
--
-- It needs no settings: what it allows need not stand in network.allowedDomains. Hosts that it does
-- not know it leaves to the settings and to other policies.
--
-- A request by plain HTTP can be read, so it must be GET or HEAD. A tunnel cannot: inside TLS fence
-- sees neither method nor path. There the host has to do:
--
--   PyPI        uploads have a host of their own, upload.pypi.org; it is denied, and the test
--               instance with it. What is left serves downloads.
--   crates.io   the index and the crates have hosts of their own. Publishing, and searching too, is
--               done at crates.io itself, which is therefore denied.
--   Debian      archives only serve; the upload queues are denied.
--   npm         CANNOT BE HELD: installing and publishing use the same host, and the registry tells
--               them apart by a login. Keep the token (~/.npmrc, NPM_TOKEN) out of the sandbox.
--
-- Also not held: what a package does once it is installed, and what the name of a package that is
-- asked for tells the registry.

local fence = require "fence"

local readable = fence.domains {
  "registry.npmjs.org",
  "pypi.org", "files.pythonhosted.org",
  "index.crates.io", "static.crates.io",
  "deb.debian.org", "security.debian.org", "ftp.debian.org",
}

local publishing = fence.domains {
  "upload.pypi.org", "test.pypi.org",
  "crates.io",
  "*.upload.debian.org",
}

local reads = { GET = true, HEAD = true }

return {
  name = "registries",

  -- Asked again about the server that a tunnel's TLS names, so none leads behind another's door.
  on_connect = function(req)
    if publishing:match(req.host) then
      return fence.deny("packages are installed here, not published: " .. req.host)
    elseif not readable:match(req.host) then
      return nil
    elseif req.port ~= 443 then -- without TLS it can be read, so it must be
      return fence.deny("a tunnel to " .. req.host .. " must be for port 443")
    end
    return fence.allow()
  end,

  on_request = function(req)
    if publishing:match(req.host) then
      return fence.deny("packages are installed here, not published: " .. req.host)
    elseif not readable:match(req.host) then
      return nil
    elseif not reads[req.method] then
      return fence.deny(req.method .. " to " .. req.host .. ": a registry is only read here")
    end
    return fence.allow()
  end,
}
