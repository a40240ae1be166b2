-- SPDX-License-Identifier: Apache-2.0
-- json.lua - a Lua value as JSON text, for configurations.
--
-- Writes only. A table with [1] is a list; an empty one is an object unless it came from
-- json.list(); keys are sorted, so that the same table is the same text. json.null is null.

local json = { null = setmetatable({}, { __name = "json.null" }) }

local list_mt = { __name = "json.list" }
local text_mt = { __name = "json.text" }

-- Marks a table as a list, which an empty one cannot show by itself.
function json.list(items)
  return setmetatable(items or {}, list_mt)
end

-- Marks what is JSON already.
function json.text(text)
  return setmetatable({ text = text }, text_mt)
end

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quote(text)
  return '"' .. text:gsub('[%c"\\\127]', function(byte)
    return escapes[byte] or ("\\u%04x"):format(byte:byte())
  end) .. '"'
end

local encode

local function encode_list(items)
  local parts = {}
  for index, value in ipairs(items) do
    parts[index] = encode(value)
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function encode_object(object)
  local keys, parts = {}, {}
  for key in pairs(object) do
    assert(type(key) == "string", "a table is either a list or has string keys")
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for index, key in ipairs(keys) do
    parts[index] = quote(key) .. ":" .. encode(object[key])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value)
  local kind = type(value)
  if value == json.null then
    return "null"
  elseif getmetatable(value) == text_mt then
    return value.text
  elseif kind == "string" then
    return quote(value)
  elseif math.type(value) == "integer" or kind == "boolean" then
    return tostring(value)
  elseif kind == "number" then
    return ("%.17g"):format(value)
  elseif kind == "table" and (getmetatable(value) == list_mt or value[1] ~= nil) then
    return encode_list(value)
  elseif kind == "table" then
    return encode_object(value)
  end
  error("cannot write a " .. kind .. " as JSON")
end

json.encode = encode

return json
