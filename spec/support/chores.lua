-- SPDX-License-Identifier: Apache-2.0
-- chores.lua - what a project has done in a day, as small programs and scripts of bash with what
-- they print: life_spec.lua runs them.
--
-- Nothing here reaches the network, and nothing writes outside the folder it is started in.

local chores = { programs = {} }

chores.programs.configure = [[
#!/bin/sh
set -e
echo "checking for a compiler..."
cc=${CC:-cc}
echo 'int main(void) { return 0; }' >conftest.c
$cc -o conftest conftest.c && ./conftest
rm -f conftest conftest.c
sed -e "s|@CC@|$cc|" Makefile.in >Makefile
echo '#define ANSWER 42' >config.h
]]

chores.programs["Makefile.in"] = [[
CC = @CC@
program: main.o part.o
	$(CC) -o $@ main.o part.o
main.o part.o: config.h
install: program
	mkdir -p $(DESTDIR)/bin && cp program $(DESTDIR)/bin/
clean:
	rm -f *.o program
]]

chores.programs["main.c"] = [[
#include <stdio.h>
int part(void);
int main(void) { return printf("%d\n", part()) < 0; }
]]

chores.programs["part.c"] = '#include "config.h"\nint part(void) { return ANSWER; }\n'

-- 20,000 files in 100 folders, most of them further links as a compiler's cache has them (a new
-- file costs some machines a millisecond); looked at, renamed and removed again.
chores.programs["tree.py"] = [[
import os, shutil
for folder in range(100):
    top = "target/debug/incremental/part-%d" % folder
    os.makedirs(top)
    for name in range(200):
        if name % 20 == 0:
            first = "%s/%d.o" % (top, name)
            with open(first, "wb") as file:
                file.write(b"x" * 100)
        else:
            os.link(first, "%s/%d.o" % (top, name))
print(sum(os.lstat(os.path.join(top, name)).st_size
          for top, _, names in os.walk("target") for name in names))
os.rename("target", "moved")
shutil.rmtree("moved")
print(os.listdir("."))
]]

-- With a write-ahead log, whose index is shared memory of two processes.
chores.programs["database.py"] = [[
import os, sqlite3
first = sqlite3.connect("data.db", timeout=10)
print(first.execute("pragma journal_mode=wal").fetchone()[0])
first.execute("create table t (n integer)")
first.close()
pid = os.fork()
base = sqlite3.connect("data.db", timeout=10, isolation_level=None)
for n in range(200):
    base.execute("begin immediate")
    base.execute("insert into t values (?)", (n,))
    base.execute("commit")
if pid == 0:
    os._exit(0)
print(os.waitpid(pid, 0)[1])
print(*base.execute("select count(*), sum(n) from t").fetchone())
print(base.execute("pragma integrity_check").fetchone()[0])
]]

chores.programs["paths.py"] = [[
import os
name = "d" * 250
depth = 0
while depth < 20:  # 5,000 bytes, more than PATH_MAX
    os.mkdir(name)
    os.chdir(name)
    depth += 1
with open("f" * 255, "w") as file:
    file.write("deep")
print(os.path.getsize("f" * 255))
for _ in range(20):
    os.chdir("..")
whole = os.getcwd()
while len(whole) + 251 < 4094:
    whole += "/" + name
whole += "/" + "g" * (4095 - len(whole) - 1)  # as long as a path can be, without its NUL
open(whole, "w").close()
print(len(whole), os.path.exists(whole))
try:
    open(whole + "g", "w")
except OSError as error:
    print(error.strerror)
]]

chores.programs["names.py"] = [[
import os
names = [b"-rf", b" ", b"a b", b"line\nend", b"tab\t", b"\x1b]0;title\x07", b"\xff\xfe", b"$(id)",
         b"`id`", b"'\"", b"*", b"~", b"#", b"%s", b"\\", "ü→\u202e".encode(), b"...", b"CON"]
for name in names:
    with open(name, "wb") as file:
        file.write(name)
    os.rename(name, name + b"~")
    os.link(name + b"~", name)
assert sorted(os.listdir(b".")) == sorted(names + [name + b"~" for name in names])
assert all(open(name, "rb").read() == name for name in names)
print(len(names))
]]

chores.programs["files.py"] = [[
import mmap, os
fd = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o640)
os.write(fd, b"first")
os.link("/proc/self/fd/%d" % fd, "named", src_dir_fd=os.open("/", 0), follow_symlinks=True)
os.posix_fallocate(fd, 0, 65536)
with mmap.mmap(fd, 65536) as memory:
    memory[0:5] = b"again"
    memory.flush()
os.fsync(fd)
print(open("named", "rb").read(5), oct(os.stat("named").st_mode), os.stat("named").st_nlink)
copy = os.open("copy", os.O_CREAT | os.O_WRONLY)
print(os.copy_file_range(fd, copy, 65536, 0, 0))
os.setxattr("named", "user.note", b"kept")
print(os.getxattr("named", "user.note"))
os.truncate("copy", 1 << 40)  # sparse
print(os.stat("copy").st_size, os.stat("copy").st_blocks < 1000)
os.remove("copy")
os.replace("named", "renamed")
print(os.lockf(fd, os.F_TLOCK, 0), os.listdir("."))
]]

chores.programs["workers.py"] = [[
import multiprocessing, multiprocessing.shared_memory, sys
def square(n):
    return n * n
def fill(name, queue, lock):
    memory = multiprocessing.shared_memory.SharedMemory(name)
    with lock:
        memory.buf[0] += 1
    memory.close()
    queue.put("filled")
if __name__ == "__main__":
    for method in sys.argv[1:]:
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            print(method, sum(pool.map(square, range(100))))
    memory = multiprocessing.shared_memory.SharedMemory(create=True, size=4096)
    queue, lock = context.Queue(), context.Lock()
    helpers = [context.Process(target=fill, args=(memory.name, queue, lock)) for _ in range(3)]
    for helper in helpers:
        helper.start()
    print(*(queue.get() for _ in helpers))
    for helper in helpers:
        helper.join()
    print(memory.buf[0], [helper.exitcode for helper in helpers])
    memory.unlink()
    with context.Manager() as manager:
        shared = manager.dict(a=1)
        print(shared["a"])
]]

chores.programs["sockets.py"] = [[
import os, socket, threading
server = socket.socket(socket.AF_UNIX)
server.bind("server.sock")
server.listen()
def serve():
    client, _ = server.accept()
    client.sendall(client.recv(100).upper())
    client.close()
threading.Thread(target=serve).start()
client = socket.socket(socket.AF_UNIX)
client.connect("server.sock")
client.sendall(b"by a path")
print(client.recv(100))
web = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(web.getsockname())
accepted, _ = web.accept()
accepted.sendall(b"by loopback")
print(client.recv(100))
os.remove("server.sock")
]]

-- name, the script, what it prints
chores.rows = {
  { "configure, make, make install", [[
sh ./configure >log; make -s -j2; ./program; make -s DESTDIR=root install; root/bin/program
touch part.c; make -s; make -s clean; ls *.o 2>/dev/null || echo clean]], "42\n42\nclean\n" },
  { "a tree of 20,000 files", "mkdir t; cd t; python3 ../tree.py", "2000000\n[]\n" },
  { "a database of two processes", "python3 database.py; ls data.db*",
    "wal\n0\n400 39800\nok\ndata.db\n" },
  { "tar, with links, modes and times", [[
mkdir -p a/b; echo x >a/b/file; ln a/b/file a/hard; ln -s b/file a/soft; chmod 751 a/b/file
touch -d @86400 a/b/file; mkfifo a/fifo; truncate -s 1M a/sparse; tar -cSzf a.tgz a; mv a old
tar -xzf a.tgz; stat -c '%n %F %a %h %Y' a/b/file; readlink a/soft; [ a/hard -ef a/b/file ]
stat -c %F a/fifo; diff -r --exclude=fifo a old && rm -r a old a.tgz]],
    "a/b/file regular file 751 2 86400\nb/file\nfifo\n" },
  { "paths as long as they get", "mkdir p; cd p; python3 ../paths.py; cd ..; rm -r p",
    "4\n4095 True\nFile name too long\n" },
  { "names of every kind", "mkdir odd; cd odd; python3 ../names.py; cd ..; rm -r odd", "18\n" },
  { "links, holes, maps, attributes, locks", "mkdir f; cd f; python3 ../files.py",
    "b'again' 0o100640 1\n65536\nb'kept'\n1099511627776 True\nNone ['renamed']\n" },
  { "sed -i, mktemp, install, find, xargs", [[
echo one >f; chmod 640 f; sed -i s/one/two/ f; cat f; stat -c %a f
t=$(mktemp -p .); echo t >"$t"; rm "$t"; d=$(mktemp -d); echo y >"$d/y"; mv "$d/y" .; cat y
install -m 755 -D f bin/deep/f; find bin -type f -print0 | xargs -0 ls; cp -a bin copy; rm -r bin
mv -T copy bin; printf '#!/bin/sh\necho script\n' >run; chmod +x run; ./run; umask; ls -d f y]],
    "two\n640\ny\nbin/deep/f\nscript\n0022\nf\ny\n" },
  { "flock, one after the other", [[
for i in 1 2 3 4; do flock lock sh -c 'read n <n; sleep 0.02; echo $((n + 1)) >n' & done 2>&1
wait; cat n; flock lock sh -c 'flock -n lock true || echo taken']], "4\ntaken\n" },
  { "FIFOs", [[mkfifo a b; sed s/x/y/ <a >b & echo x >a & cat b; wait; rm a b]], "y\n" },
  { "processes of Python", "python3 workers.py fork spawn",
    "fork 328350\nspawn 328350\nfilled filled filled\n3 [0, 0, 0]\n1\n" },
  { "sockets of its own", "python3 sockets.py", "b'BY A PATH'\nb'by loopback'\n" },
  { "a file that is being watched", [[
mkfifo seen; touch log; tail -n +1 -s 0.1 -f log >seen & exec 3<seen
for i in 1 2 3; do echo $i >>log; read -r line <&3; echo "$line"; done; kill $!; wait $! || :]],
    "1\n2\n3\n" },
}

return chores
