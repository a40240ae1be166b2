-- luacheck's settings; tests/lint/lua.sh runs it over every Lua file.
std = "lua54"
max_line_length = 100

files["spec"] = { std = "+busted" }
files[".luacheckrc"] = { std = "+luacheckrc" }
