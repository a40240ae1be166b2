-- SPDX-License-Identifier: Apache-2.0
-- registries_test.lua - what registries.lua decides: fence policy test policies/registries.lua

local mine = "policy:registries"

return {
  { name = "npm is read", request = "GET http://registry.npmjs.org/left-pad",
    expect = "allow", rule = mine },
  { name = "so is PyPI, inside TLS", connect = "pypi.org:443", expect = "allow", rule = mine },
  { name = "the head of an archive", request = "HEAD http://deb.debian.org/debian/",
    expect = "allow", rule = mine },
  { name = "nothing is written", request = "PUT http://registry.npmjs.org/left-pad",
    headers = { ["user-agent"] = "npm/10.9.0" },
    expect = "deny", rule = mine, message = "a registry is only read here" },
  { name = "a tunnel is for TLS", connect = "pypi.org:80",
    expect = "deny", rule = mine, message = "must be for port 443" },
  { name = "an upload to PyPI", connect = "upload.pypi.org:443",
    expect = "deny", rule = mine, message = "installed here, not published" },
  { name = "crates.io itself", request = "GET http://crates.io/api/v1/crates",
    expect = "deny", rule = mine },
  { name = "the index of the crates", connect = "index.crates.io:443", expect = "allow" },
  { name = "an upload queue", connect = "ssh.upload.debian.org:22", expect = "deny", rule = mine },
  { name = "it has no opinion on others", connect = "example.com:443",
    expect = "deny", message = "no rule allows example.com:443" },
  { name = "a registry that leads inside", connect = "pypi.org:443", addresses = { "10.0.0.1" },
    expect = "deny", rule = "built-in" },
  { name = "and one that does not", connect = "pypi.org:443", addresses = { "151.101.0.223" },
    expect = "allow", rule = mine },
}
