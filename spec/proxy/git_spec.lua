-- SPDX-License-Identifier: Apache-2.0
-- git_spec.lua - git's own HTTP protocol through `fence proxy`: clone, fetch and push, with answers
-- and uploads in chunks, over HTTP, HTTPS and SOCKS5.
--
-- git in the sandbox: see e2e/git_spec.lua, and e2e/socks_spec.lua for its way over SSH.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local https = require "spec.support.https"
local process = require "spec.support.process"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

-- FOLDER [PEM]: prints its port, then a line for each request: method, target, framing.
local server = [[
import http.server, os, ssl, subprocess, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        length, coding = self.headers["Content-Length"], self.headers["Transfer-Encoding"]
        framing = "chunked" if coding else "length" if length else "none"
        print(self.command, self.path, framing, flush=True)
        body = self.chunks() if coding else self.rfile.read(int(length or 0))
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": sys.argv[1], "PATH_INFO": path,
            "GIT_HTTP_EXPORT_ALL": "1", "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers["Content-Type"] or "", "REMOTE_USER": "somebody",
            "HTTP_CONTENT_ENCODING": self.headers["Content-Encoding"] or "",
            "GIT_PROTOCOL": self.headers["Git-Protocol"] or "", "HOME": sys.argv[1],
        }
        out = subprocess.run(["git", "http-backend"], input=body, env=environment,
                             stdout=subprocess.PIPE).stdout
        head, _, body = out.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = dict(fields).get("Status", "200 OK")
        self.send_response(int(status.split(" ")[0]))
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(body), 10000):
            piece = body[at:at + 10000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    do_POST = do_GET

    def chunks(self):
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, *_):
        pass

httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True,
                                       do_handshake_on_connect=False)
print(httpd.server_port, flush=True)
httpd.serve_forever()
]]

-- Nobody's settings, nobody's prompts, and a name for commits. Uploads of more than 64 KiB have no
-- length.
local environment = {
  GIT_CONFIG_GLOBAL = "/dev/null", GIT_CONFIG_NOSYSTEM = "1", GIT_TERMINAL_PROMPT = "0",
  GIT_AUTHOR_NAME = "A", GIT_AUTHOR_EMAIL = "a@good.test",
  GIT_COMMITTER_NAME = "C", GIT_COMMITTER_EMAIL = "c@good.test",
}
local options = { "-c", "http.postBuffer=65536", "-c", "core.compression=0" }

describe("git's own HTTP", function()
  local me = users.current()
  local w, folder, secure, ca, fresh = nil, nil, nil, nil, 0

  local function git(arguments)
    local argv = table.move(options, 1, #options, 2, { "git" })
    table.move(arguments, 1, #arguments, #argv + 1, argv)
    return process.run({ argv = argv, env = environment, cwd = folder })
  end

  local function must(arguments)
    local result = git(arguments)
    assert(result.code == 0, result.err)
    return (result.out:gsub("\n$", ""))
  end

  local function serve(...)
    local child = process.start({ argv = { "/usr/bin/python3", "-c", server, ... } })
    local line, why = child:read_line()
    return { child = child, port = tonumber((assert(line, why))),
             close = function() child:stop() end }
  end

  -- A commit in FOLDER/NAME, with a blob of 300 KB that does not shrink.
  local function commit(name)
    users.write_file(me, ("%s/%s/blob"):format(folder, name), assert(uv.random(300000)))
    must({ "-C", name, "add", "blob" })
    must({ "-C", name, "commit", "-q", "-m", "another" })
    return must({ "-C", name, "rev-parse", "HEAD" })
  end

  local function row(name, fn)
    it(name, function()
      fenced.require_tool(pending, { "git", "http-backend", "-h" })
      fn()
    end)
  end

  lazy_setup(function()
    folder = users.temp_dir(me)
    must({ "init", "-q", "--bare", "-b", "main", "served/project.git" })
    must({ "clone", "-q", "served/project.git", "first" })
    commit("first")
    must({ "-C", "first", "push", "-q", "origin", "HEAD:main" })
    local pem
    pem, ca = https.make_certificate(users.temp_dir(me), { "good.test" })
    secure = serve(folder .. "/served", pem)
    w = wire.start({ door = "both", origin = serve(folder .. "/served") })
  end)
  lazy_teardown(function()
    secure:close()
    w:stop()
  end)

  for _, way in ipairs({ { "absolute form", "http", "http" }, { "SOCKS5", "socks5h", "http" },
                         { "CONNECT", "http", "https" }, { "SOCKS5", "socks5h", "https" } }) do
    local name, door, scheme = table.unpack(way)

    local function remote(host)
      local site = scheme == "http" and w.origin or secure
      return ("%s://%s:%d/project.git"):format(scheme, host, site.port), site
    end

    local function through(...)
      return { "-c", ("http.proxy=%s://127.0.0.1:%d"):format(door, w.proxy.port),
               "-c", "http.sslCAInfo=" .. ca, ... }
    end

    row(("clones, pushes and fetches %s by %s"):format(scheme, name), function()
      local url, site = remote("good.test")
      fresh = fresh + 1
      local one, other = "one" .. fresh, "other" .. fresh
      must(through("clone", "-q", url, one))
      must(through("clone", "-q", url, other))
      local head = commit(one)
      must(through("-C", one, "push", "-q", "origin", "HEAD:main"))
      must(through("-C", other, "pull", "-q"))
      assert.equal(head, must({ "-C", other, "rev-parse", "HEAD" }))
      assert.equal(head, must({ "--git-dir", "served/project.git", "rev-parse", "main" }))
      must({ "-C", other, "fsck", "--strict" })
      assert.matches("POST /project.git/git%-receive%-pack chunked\n", site.child.stdout:peek())
    end)

    row(("is refused a name that is not allowed, %s by %s"):format(scheme, name), function()
      local url, site = remote("evil.test")
      local before = #site.child.stdout:peek()
      local result = git(through("ls-remote", url))
      assert.equal(128, result.code)
      assert.matches(door == "http" and "403" or "evil.test. %(2%)", result.err)
      assert.equal(before, #site.child.stdout:peek())
    end)
  end
end)
