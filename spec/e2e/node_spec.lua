-- SPDX-License-Identifier: Apache-2.0
-- node_spec.lua - Node.js in the sandbox: fetch() and http.get() through the proxy where Node knows
-- NODE_USE_ENV_PROXY, and nothing at all where it does not.

local fenced = require "spec.support.fenced"
local https = require "spec.support.https"
local node = require "spec.support.node"
local origin = require "spec.support.origin"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local page = ("not text: \0\255\r\n"):rep(50000)

-- Both print "STATUS\n" and the body; a failure's code or words go to standard error, status 1.
local clients = {
  { "fetch()", [[
    fetch(process.argv[1], { signal: AbortSignal.timeout(10000) }).then(async (answer) => {
      process.stdout.write(answer.status + "\n");
      process.stdout.write(Buffer.from(await answer.arrayBuffer()));
    }).catch((error) => {
      for (let why = error; why; why = why.cause)
        process.stderr.write(`${why.code ?? ""} ${why.message}\n`);
      process.exitCode = 1;
    });]] },
  { "http.get()", [[
    const url = process.argv[1];
    require(url.split(":")[0]).get(url, { timeout: 10000 }, (answer) => {
      process.stdout.write(answer.statusCode + "\n");
      answer.pipe(process.stdout);
    }).on("error", (error) => {
      process.stderr.write(`${error.code} ${error.message}`);
      process.exitCode = 1;
    });]] },
}

for _, identity in ipairs(users.identities()) do
  describe("node as " .. identity, function()
    local plain, secure

    lazy_setup(function()
      plain = origin.http("plain", function() return origin.response("200 OK", page) end)
      local served = users.temp_dir(users.current())
      users.write_file(users.current(), served .. "/page", page)
      secure = https.start({ names = { "good.test" }, folder = served, as_user = identity })
    end)

    lazy_teardown(function()
      plain:close()
      secure:close()
    end)

    before_each(function()
      plain.requests, plain.connections = {}, 0
    end)

    local function run(argv, options)
      options = options or {}
      return fenced.run({
        argv = options.no_exceptions and fenced.without_no_proxy(argv) or argv,
        settings = options.settings or fenced.settings({ "good.test" }),
        env = { NODE_EXTRA_CA_CERTS = secure.ca_file },
        as_user = identity,
      })
    end

    -- With a Node.js that knows the variable. Only a download that fails may leave these out.
    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "npm", "--version" })
        sandbox.require_sandbox(pending, identity)
        local path, why = node.fetch(identity)
        if not path then
          pending(why)
        end
        fn(path)
      end)
    end

    for _, pair in ipairs(clients) do
      local client, source = table.unpack(pair)

      local function get(path, url, options)
        return run({ path, "-e", source, url }, options)
      end

      row(client .. " brings the bytes of an allowed name, asked for once", function(path)
        local result = get(path, plain:url("/page", "good.test"))
        assert.equal("", result.err)
        assert.equal(0, result.code)
        assert.is_true(result.out == "200\n" .. page)
        assert.equal(1, #plain.requests)
        assert.equal("GET /page HTTP/1.1", plain.requests[1].line)
        assert.equal("good.test:" .. plain.port, plain.requests[1].headers.host)
      end)

      row(client .. " brings the bytes of an allowed name through a tunnel", function(path)
        local before = #secure:requests()
        local result = get(path, ("https://good.test:%d/page"):format(secure.port))
        assert.equal("", result.err)
        assert.equal(0, result.code)
        assert.is_true(result.out == "200\n" .. page)
        assert.equal(before + 1, #secure:wait_requests(before + 1, 2000))
      end)

      local refused = {
        { "3A.1 a name that is not allowed", "evil.test" },
        { "3A.26 localhost, allowed but not opened", "localhost", { "localhost" } },
        { "a loopback address behind a pinned name", "127.0.0.1" },
      }
      for _, case in ipairs(refused) do
        local name, host, allowed = table.unpack(case)

        row(name .. " gets 403 by " .. client, function(path)
          for _, url in ipairs({ plain:url("/", host), "https://" .. host .. "/" }) do
            local result = get(path, url, {
              no_exceptions = true,
              settings = allowed and { network = { allowedDomains = allowed } },
            })
            -- A refused CONNECT is an exception, whose words tell the status
            assert.matches("403", result.out .. result.err, url)
          end
          assert.equal(0, plain.connections)
        end)
      end

      it("3J.189 " .. client .. " that knows no proxy reaches nothing here", function()
        fenced.require_tool(pending, { "node", "--version" })
        sandbox.require_sandbox(pending, identity)
        local before = #secure:requests()
        for _, host in ipairs({ "localhost", "127.0.0.1", "[::1]" }) do
          for _, url in ipairs({ plain:url("/", host), ("https://%s:%d/"):format(host,
            secure.port) }) do
            local result = run({ "env", "-u", "NODE_USE_ENV_PROXY", "node", "-e", source, url })
            assert.equal(1, result.code, url)
            assert.equal("", result.out)
          end
        end
        assert.equal(0, plain.connections)
        assert.equal(before, #secure:requests())
      end)
    end
  end)
end
