-- SPDX-License-Identifier: Apache-2.0
-- attempt.lua - a tree of files on the host, and many attempts on it by one command in a sandbox.
--
-- A sandbox for each attempt would be slow, and less like an attacker, who has many in one.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"

local attempt = {}

local source = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "attempt.py"

-- "@" in a text is the folder, "~/" at its beginning stays for fence.
function attempt.at(folder, text)
  return (text:gsub("@", folder))
end

local function placed(value, folder)
  if type(value) == "string" then
    return attempt.at(folder, value)
  elseif type(value) ~= "table" then
    return value
  end
  local copy = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do
    copy[key] = placed(item, folder)
  end
  return copy
end

-- Runs a shell script on the host as that user, in the folder; what it prints.
function attempt.host(identity, folder, script, env)
  local result = process.run({ argv = { "sh", "-euc", script }, as_user = identity, cwd = folder,
    env = env })
  if result.code ~= 0 then
    error(("%s\nended with %d: %s"):format(script, result.code, result.err), 2)
  end
  return result.out
end

-- What lies in the folder: a line for each, with kind, size, permissions, links and times.
function attempt.listing(identity, folder)
  return attempt.host(identity, folder,
    [[find . -printf '%y %m %n %P -> %l\n' -type f -printf '  %s %T@\n' | sort]])
end

-- The command line of the attempts, and their standard input. attempts: { { verb, arg..., outcome }
-- ... }, verbs as in attempt.py.
function attempt.command(folder, attempts)
  local file = assert(io.open(source, "rb"))
  local program = file:read("a")
  file:close()
  local words = {}
  for _, case in ipairs(attempts) do
    for i = 1, #case - 1 do
      words[#words + 1] = attempt.at(folder, case[i]) .. "\0"
    end
    words[#words + 1] = "\0"
  end
  return { "/usr/bin/python3", "-c", program }, table.concat(words)
end

-- The options of fenced.run() for them. options: the same; settings and args may say "@".
function attempt.options(identity, folder, options, attempts)
  local argv, stdin = attempt.command(folder, attempts)
  return { argv = argv, stdin = stdin, as_user = identity, env = options.env,
    cwd = attempt.at(folder, options.cwd or "@"), settings = placed(options.settings, folder),
    args = placed(options.args or {}, folder) }
end

-- One sandbox, all the attempts; compares what came of each with the last word of each, which may
-- be several with spaces between. Returns the result.
function attempt.all(identity, folder, options, attempts)
  local result = fenced.run(attempt.options(identity, folder, options, attempts))
  local wrong, index = {}, 0
  for line in result.out:gmatch("([^\n]*)\n") do
    index = index + 1
    local case = attempts[index]
    local expected = case and case[#case] or "nothing more"
    if not (" " .. expected .. " "):find(" " .. line .. " ", 1, true) and line ~= expected then
      wrong[#wrong + 1] = ("%s: %s, not %s"):format(
        table.concat(case or {}, " ", 1, math.max(#(case or {}) - 1, 0)), line, expected)
    end
  end
  if index ~= #attempts then
    wrong[#wrong + 1] = ("%d outcomes of %d, status %d"):format(index, #attempts, result.code)
  end
  if #wrong > 0 then
    error(table.concat(wrong, "\n") .. "\n" .. result.err, 2)
  end
  return result
end

return attempt
