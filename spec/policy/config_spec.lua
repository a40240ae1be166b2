-- SPDX-License-Identifier: Apache-2.0
-- config_spec.lua - fence.config: what the settings have for policies, as these find it.

local json = require "spec.support.json"
local policies = require "spec.support.policies"
local process = require "spec.support.process"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local me = users.current()

describe("fence.config:", function()
  -- Writes what it finds as text, with types.
  local show = [[
    local function show(value)
      if type(value) == "table" then
        local keys = {}
        for key in pairs(value) do keys[#keys + 1] = key end
        table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
        for index, key in ipairs(keys) do keys[index] = tostring(key) .. "=" .. show(value[key]) end
        return "{" .. table.concat(keys, " ") .. "}"
      end
      return (math.type(value) or type(value)):sub(1, 3) .. ":" .. tostring(value)
    end
    return { on_start = function() fence.log("info", show(fence.config)) end }
  ]]

  -- name, "policy" in the settings (nil: no such key), what is found
  for _, row in ipairs({
    { "absent", nil, "{policy={}}" },
    { "empty", "{}", "{policy={}}" },
    { "text", '{"a": "b", "ä": ""}', "{policy={a=str:b \xc3\xa4=str:}}" },
    { "numbers", '{"i": 3, "n": -7, "f": 0.5, "e": 1e3, "big": 1e300}',
      "{policy={big=flo:1e+300 e=int:1000 f=flo:0.5 i=int:3 n=int:-7}}" },
    { "truth", '{"t": true, "f": false}', "{policy={f=boo:false t=boo:true}}" },
    { "null is nothing", '{"a": null, "b": 1}', "{policy={b=int:1}}" },
    { "lists", '{"a": [1, "x", true], "b": []}', "{policy={a={1=int:1 2=str:x 3=boo:true} b={}}}" },
    { "a null in a list is a hole", '{"a": [1, null, 3]}', "{policy={a={1=int:1 3=int:3}}}" },
    { "lists in lists", '{"a": [[1, [2]], []]}', "{policy={a={1={1=int:1 2={1=int:2}} 2={}}}}" },
    { "objects", '{"a": {"b": {"c": "d"}, "e": {}}}', "{policy={a={b={c=str:d} e={}}}}" },
    { "comments and commas", '{"a": 1, /* why */ "b": [2,],}',
      "{policy={a=int:1 b={1=int:2}}}" },
  }) do
    it(row[1], function()
      local settings = users.temp_dir(me) .. "/fence.json"
      users.write_file(me, settings, row[2] and ('{"policy": %s}'):format(row[2]) or "{}")
      local args = policies.arguments({ show })
      local argv = { users.binary(me), "--settings", settings }
      table.move(args, 1, #args, #argv + 1, argv)
      table.move({ "--", "true" }, 1, 2, #argv + 1, argv)
      local result = process.run({ argv = argv })
      assert.equal(("[fence] info: policy p: %s\n"):format(row[3]:gsub("[\x80-\xff]",
        function(byte) return ("\\x%02x"):format(byte:byte()) end)),
        (result.err:gsub("[\x80-\xff]", function(byte) return ("\\x%02x"):format(byte:byte()) end)))
      assert.equal(0, result.code)
    end)
  end

  -- "policy" in the settings, the end of what is said of it
  for text, why in pairs({
    ["[]"] = "policy", ["1"] = "policy", ['{"a": 1, "a": 2}'] = "a",
  }) do
    it(text .. " is an error in the settings", function()
      local settings = users.temp_dir(me) .. "/fence.json"
      users.write_file(me, settings, ('{"policy": %s}'):format(text))
      local result = process.run({ argv = { users.binary(me), "--settings", settings, "--",
        "true" } })
      assert.equal(125, result.code)
      assert.is_truthy(result.err:find(settings .. ":1:", 1, true), result.err)
      assert.is_truthy(result.err:find(why, 1, true), result.err)
    end)
  end

  it("each policy has a copy of its own", function()
    local result = policies.run({
      [[fence.config.policy.a.b = "changed"; fence.config.policy.c = 1
        return { on_start = function() fence.log("info", fence.config.policy.a.b) end }]],
      [[return { on_start = function()
        fence.log("info", fence.config.policy.a.b .. " " .. tostring(fence.config.policy.c))
      end }]],
    }, { "true" }, { policy = { a = { b = "as it was" } } })
    assert.equal("[fence] info: policy p: changed\n[fence] info: policy q: as it was nil\n",
      result.err)
  end)

  it("is there in every hook and under `fence proxy`", function()
    local w = policies.start({ [[return { on_request = function()
      return fence.deny(fence.config.policy.words[2])
    end }]] }, { policy = { words = json.list({ "a", "b c" }) } })
    local body = w:ask(wire.get()).body
    assert.is_truthy(body:find("fence: b c (policy:p)", 1, true), body)
    w:stop()
  end)
end)
