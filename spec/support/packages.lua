-- SPDX-License-Identifier: Apache-2.0
-- packages.lua - a package of npm and one of pip, of one module each, and what a registry says of
-- them.

local json = require "spec.support.json"
local process = require "spec.support.process"
local users = require "spec.support.users"

local packages = {}

packages.wheel_name = "tiny-1.0-py3-none-any.whl"

-- A wheel is a zip with a module and its metadata.
local packer = [[
import io, sys, zipfile
wheel = io.BytesIO()
with zipfile.ZipFile(wheel, "w") as zip:
    zip.writestr("tiny.py", sys.stdin.read())
    zip.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    zip.writestr("tiny-1.0.dist-info/WHEEL",
                 "Wheel-Version: 1.0\nGenerator: spec\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    zip.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\n")
sys.stdout.buffer.write(wheel.getvalue())
]]

-- The bytes of a wheel whose module is `content`.
function packages.wheel(content)
  local result = process.run({ argv = { "/usr/bin/python3", "-c", packer }, stdin = content })
  assert(result.code == 0, result.err)
  return result.out
end

-- The page of an index that links to it.
function packages.wheel_page(url)
  return ('<a href="%s">%s</a>'):format(url, packages.wheel_name)
end

-- The package as npm wants it: a gzipped tar with everything in package/. `script` is run when it
-- has been unpacked.
function packages.npm(content, script)
  local folder, me = users.temp_dir(users.current()), users.current()
  assert(process.run({ argv = { "mkdir", folder .. "/package" } }).code == 0)
  users.write_file(me, folder .. "/package/package.json", json.encode({
    name = "tiny", version = "1.0.0", main = "index.js", scripts = { postinstall = script },
  }))
  users.write_file(me, folder .. "/package/index.js", content)
  local packed = process.run({ argv = { "tar", "-C", folder, "-cz", "package" } })
  assert(packed.code == 0, packed.err)
  return packed.out
end

-- What the registry says of the package with these bytes, which lies at `url`.
function packages.npm_about(bytes, url, script)
  local digest = process.run({ argv = { "sha1sum" }, stdin = bytes }).out:match("^%x+")
  return json.encode({
    name = "tiny", ["dist-tags"] = { latest = "1.0.0" },
    versions = { ["1.0.0"] = {
      name = "tiny", version = "1.0.0", main = "index.js", hasInstallScript = true,
      scripts = { postinstall = script }, dist = { tarball = url, shasum = digest },
    } },
  })
end

return packages
