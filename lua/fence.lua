-- SPDX-License-Identifier: Apache-2.0
-- fence.lua - what `require "fence"` gives a policy, above the functions of the engine, which come
-- as the argument: small words that policies would otherwise write again and again.
--
-- Compiled into the library. It runs where the policy runs, with the same limits.

local fence = ...

-- GET, HEAD and OPTIONS change nothing on the server: RFC 9110, section 9.2.1. What a tunnel
-- carries nobody knows.
local reads = { GET = true, HEAD = true, OPTIONS = true }

function fence.is_read(req)
  return reads[req.method or ""] or false
end

-- A matcher that matches where one of others does: fence.any(domains, glob, ...):match(x, ...)
function fence.any(...)
  local matchers = { ... }
  for index, matcher in ipairs(matchers) do
    if type(matcher) ~= "userdata" and type(matcher) ~= "table" then
      error("fence.any: number " .. index .. " is no matcher, but a " .. type(matcher), 2)
    end
  end
  local any = {}

  function any.match(_, ...)
    for _, matcher in ipairs(matchers) do
      if matcher:match(...) then
        return true
      end
    end
    return false
  end

  return any
end

return fence
