-- SPDX-License-Identifier: Apache-2.0
-- registries_spec.lua - policies/registries.lua: what it lets out, and what it does not.

local shipped = require "spec.support.shipped"

describe("policies/registries.lua", function()
  local s

  before_each(function() s = shipped.start("registries") end)
  after_each(function() s:stop() end)

  it("opens tunnels to registries that are read", function()
    for _, host in ipairs({ "registry.npmjs.org", "pypi.org", "files.pythonhosted.org",
                            "index.crates.io", "static.crates.io", "deb.debian.org" }) do
      s:opens(host, 443)
    end
  end)

  it("denies the hosts that publish, by every protocol", function()
    for _, host in ipairs({ "upload.pypi.org", "test.pypi.org", "crates.io",
                            "ssh.upload.debian.org" }) do
      s:refuses_tunnel(host, 443, "packages are installed here, not published: " .. host)
      s:refuses("GET", host, "/", "packages are installed here, not published: " .. host)
    end
  end)

  it("wants to read what is not in TLS", function()
    s:refuses_tunnel("deb.debian.org", 80, "a tunnel to deb.debian.org must be for port 443")
  end)

  it("lets plain HTTP read", function()
    s:passes("GET", "deb.debian.org", "/debian/dists/stable/InRelease")
    s:passes("HEAD", "deb.debian.org", "/debian/")
    for _, method in ipairs({ "POST", "PUT", "DELETE", "get" }) do
      s:refuses(method, "deb.debian.org", "/", method ..
        " to deb.debian.org: a registry is only read here")
    end
  end)

  it("denies a tunnel whose TLS names a publishing host", function()
    s:refuses_server_name("pypi.org", "upload.pypi.org")
  end)

  it("has no opinion on others", function()
    s:refuses_tunnel("evil.test", 443, "no rule allows evil.test")
    s:refuses("GET", "registry.npmjs.org.evil.test", "/", "no rule allows")
    s:passes("POST", "listed.test", "/")
    s:opens("listed.test", 22)
  end)
end)
