# SPDX-License-Identifier: Apache-2.0
"""clean.py - runs a program many times, kills some of the runs at a random moment, and says what is
left of them. Every orphan becomes a child of this process (prctl(2), PR_SET_CHILD_SUBREAPER), so
that none is missed, and none of somebody else's is counted.

  python3 clean.py RUNS KILLED_OF_THREE LONGEST SEED AT_ONCE -- PROGRAM [ARG...]

  KILLED_OF_THREE  how many of three runs get a SIGKILL, up to LONGEST seconds after their start
  AT_ONCE          how many runs there are at any time

The current folder is the project. Prints "end STATUS COUNT" for each way the runs have ended, and
"left ..." for each thing that was there five seconds later, and "key SERIAL" for each new key: the
kernel clears those away in its own time."""
import collections
import ctypes
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time

STAY_S = 5  # the longest that anything may stay: it is a moment, but a busy machine has long ones
PR_SET_CHILD_SUBREAPER = 36
OWN_PLACE = "OWN_PLACE" in os.environ  # network, /tmp and /run are nobody else's


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode("latin-1")
    except OSError:
        return ""


def project():
    """Every name, kind, mode, owner and content, as one number each. No times: a folder's own may
    change while nothing in it does."""
    found = set()
    for top, folders, files in os.walk("."):
        for name in folders + files:
            path = os.path.join(top, name)
            st = os.lstat(path)
            content = ""
            if os.path.islink(path):
                content = os.readlink(path)
            elif os.path.isfile(path):
                content = hashlib.sha256(read(path).encode("latin-1")).hexdigest()
            found.add("project %s %o %d %d %d %s" % (path, st.st_mode, st.st_uid, st.st_gid,
                                                     st.st_nlink, content))
    return found


def files():
    """Of this user; outside a place of our own, those of fence and bubblewrap by their names."""
    found = set()
    for top in ("/tmp", "/run", "/dev/shm", "/var/tmp", os.path.expanduser("~")):
        for name in os.listdir(top):
            path = os.path.join(top, name)
            try:
                ours = OWN_PLACE and top != "/var/tmp" or "fence." in name or "bwrap" in name
                if os.lstat(path).st_uid == os.getuid() and ours:
                    found.add("file " + path)
            except OSError:
                pass
    return found


def mounts():
    return {"mount " + line for line in read("/proc/self/mountinfo").splitlines()}


def objects():
    """Of System V, which has one table each; the owner is in the fifth or eighth column."""
    found = set()
    for name, column in ("shm", 7), ("sem", 4), ("msg", 7):
        for line in read("/proc/sysvipc/" + name).splitlines()[1:]:
            if line.split()[column] == str(os.getuid()):
                found.add("object %s %s" % (name, " ".join(line.split()[:2])))
    return found


def sockets():
    """Those with a name, and those that listen: what others do meanwhile is told by their names."""
    found = set()
    for line in read("/proc/net/unix").splitlines()[1:]:
        fields = line.split()
        if len(fields) > 7 and "fence" in fields[7]:
            found.add("socket " + fields[7])
    if OWN_PLACE:
        for table in "tcp", "tcp6", "udp", "udp6", "unix":
            found |= {"socket " + line for line in read("/proc/net/" + table).splitlines()[1:]}
    return found


def keys():
    return {line.split()[0] for line in read("/proc/keys").splitlines()}


def children():
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        fields = read("/proc/%s/stat" % name).rpartition(")")[2].split()
        if fields and int(fields[1]) == os.getpid() and fields[0] != "Z":
            found.add("process %s %s" % (name, read("/proc/%s/cmdline" % name).replace("\0", " ")))
    return found


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def everything():
    return files() | mounts() | objects() | sockets() | project()


def run(argv, delay, ends):
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, start_new_session=True)
    if delay is not None:
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
    out = child.stdout.read().decode("latin-1")  # whoever holds it open is waited for
    code = child.wait()
    ends["%d %s" % (128 - code if code < 0 else code, out.strip())] += 1


def main():
    runs, killed, longest, seed, at_once = (float(word) for word in sys.argv[1:6])
    argv = sys.argv[7:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    chance = random.Random(int(seed))
    delays = [chance.uniform(0, longest) if n % 3 < killed else None for n in range(int(runs))]
    ends = collections.Counter()
    before, keys_before = everything(), keys()

    def work():
        while delays:
            try:
                delay = delays.pop()
            except IndexError:
                return
            run(argv, delay, ends)

    workers = [threading.Thread(target=work) for _ in range(int(at_once))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ended = time.monotonic()
    left = None  # of what was there at first: who comes later is somebody else's
    while left is None or (left and time.monotonic() < ended + STAY_S):
        reap()
        now = (everything() ^ before) | children()
        left = now if left is None else left & now
        time.sleep(0.02)
    for line in sorted(left):
        print("left", line)
        if line.startswith("process "):
            os.kill(int(line.split()[1]), signal.SIGKILL)
    for key in sorted(keys() - keys_before):
        print("key", key)
    for end, count in sorted(ends.items()):
        print("end", end, count)


main()
