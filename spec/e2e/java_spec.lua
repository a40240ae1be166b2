-- SPDX-License-Identifier: Apache-2.0
-- java_spec.lua - Java in the sandbox: it looks at no proxy variable, so JAVA_TOOL_OPTIONS leads it
-- to the proxy. Runs where a JDK is installed, which no other test needs.

local fenced = require "spec.support.fenced"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local source = [[
import java.net.*;

public class Get {
    public static void main(String[] words) throws Exception {
        HttpURLConnection c = (HttpURLConnection) new URL(words[0]).openConnection();
        c.setConnectTimeout(10000);
        c.setReadTimeout(10000);
        System.out.println(c.getResponseCode());
        if (c.getResponseCode() == 200)
            System.out.write(c.getInputStream().readAllBytes());
        System.out.flush();
    }
}
]]

local function has_jdk()
  local found, result = pcall(process.run, { argv = { "javac", "-version" } })
  return found and result.code == 0
end

for _, identity in ipairs(users.identities()) do
  describe("java as " .. identity, function()
    local plain, file

    lazy_setup(function()
      plain = origin.http("plain")
      file = users.write_file(identity, users.temp_dir(identity) .. "/Get.java", source)
    end)
    lazy_teardown(function() plain:close() end)
    before_each(function() plain.connections = 0 end)

    local function row(name, fn)
      it(name, function()
        if not has_jdk() then
          pending("no JDK is installed")
        end
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function get(host, options)
      options = options or {}
      local settings = fenced.settings({ "good.test" })
      settings.environment = options.environment
      return fenced.run({
        argv = { "java", file, plain:url("/page", host) }, settings = settings,
        as_user = identity, env = options.env, timeout = 60000,
      })
    end

    row("3J.189 brings what an allowed name serves, and says what it was told", function()
      local own = { JAVA_TOOL_OPTIONS = "-Xmx128m -javaagent:/x.jar" }
      local result = get("good.test", { env = own })
      assert.equal("200\nplain", result.out, result.err)
      assert.matches("Picked up JAVA_TOOL_OPTIONS: -Xmx128m -Dhttp.proxyHost=127.0.0.1", result.err,
        1, true)
    end)

    row("3A.1 gets 403 for a name that is not allowed", function()
      local result = get("evil.test")
      assert.equal("403\n", result.out, result.err)
      assert.equal(0, plain.connections)
    end)

    row("3J.189 is captured where the settings take the options away", function()
      local without = { environment = { deny = { "JAVA_TOOL_OPTIONS" } } }
      local result = get("evil.test", without)
      assert.equal("403\n", result.out, result.err)
      assert.is_nil(result.err:find("Picked up", 1, true))
      assert.equal(0, plain.connections)
      result = get("good.test", without)
      assert.equal("200\nplain", result.out, result.err)
    end)
  end)
end
