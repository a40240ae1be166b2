-- SPDX-License-Identifier: Apache-2.0
-- tls.lua - ClientHello messages as bytes (RFC 8446, section 4.1.2), right ones and others.
--
-- Enough for whoever reads the server's name; no server would finish a handshake with one.

local tls = {}

tls.access_denied = "\21\3\1\0\2\2\49" -- a fatal alert

function tls.extension(kind, data)
  return string.pack(">I2s2", kind, data)
end

-- The extension of RFC 6066, section 3, with these names, or none at all.
function tls.server_names(...)
  local list = {}
  for index, name in ipairs({ ... }) do
    list[index] = string.pack(">Bs2", 0, name)
  end
  return tls.extension(0, string.pack(">s2", table.concat(list)))
end

-- The bytes of a message in records with `most` bytes each; one for all when not said.
function tls.records(message, most)
  local parts = {}
  most = most or #message
  for at = 1, #message, most do
    parts[#parts + 1] = string.pack(">BBBs2", 22, 3, 1, message:sub(at, at + most - 1))
  end
  return table.concat(parts)
end

function tls.message(extensions)
  local body = "\3\3" .. ("r"):rep(32) .. "\0" .. string.pack(">s2", "\19\1\19\2") .. "\1\0" ..
    string.pack(">s2", extensions)
  return "\1" .. string.pack(">I3", #body) .. body
end

-- A ClientHello that asks for `name`, or for nobody; `most` as in records().
function tls.hello(name, most)
  local other = tls.extension(43, "\2\3\4") -- supported_versions
  return tls.records(tls.message((name and tls.server_names(name) or "") .. other), most)
end

return tls
