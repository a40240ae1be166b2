# SPDX-License-Identifier: Apache-2.0
"""cell.py - runs a program in namespaces of its own, ends it in the rudest ways, and looks at what
it leaves: every process, mount, socket and file there is its own, so that nothing else is counted.

Started as process 1 by cell.lua:  python3 cell.py UID GID RUNS SECONDS WAIT KILL -- PROGRAM [ARG...]

  RUNS     how often
  SECONDS  a random delay up to that, before the first signal; with a fixed seed
  WAIT     the program prints this line before the delay begins; "" does not wait
  KILL     WHO:SIGNAL, or several with commas between; WHO is fence (the program), outer (its
           child), init (the child of that) or command (the child of that); "" kills nobody

Prints "end STATUS", 128+n for a signal, once for each way a run has ended; "left ..." for all that
was there a second after it; and "runs N", how many runs have left something. Changes nothing outside: /tmp and /run are its own, too."""
import os
import random
import select
import signal
import sys
import time

STAY_S = 5  # the longest that anything may stay: it is a moment, but a busy machine has long ones


def children(pid):
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != b"Z":
            found.append(int(name))
    return found


def find(who, program):
    """The process so called, or None when it does not come."""
    until = time.monotonic() + 2
    while time.monotonic() < until:
        pid = program
        for _ in range(("fence", "outer", "init", "command").index(who)):
            below = children(pid)
            pid = below[0] if below else None
            if pid is None:
                break
        if pid is not None:
            return pid
        time.sleep(0.002)
    return None


def describe(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return file.read().replace(b"\0", b" ").decode("latin-1")[-100:]
    except OSError:
        return None


def processes():
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return {"process " + line for line in map(describe, (p for p in pids if p != 1)) if line}


def things():
    """Mounts, sockets and files, each as a line."""
    found = set()
    with open("/proc/self/mountinfo") as file:
        found |= {"mount " + line.strip() for line in file}
    with open("/proc/net/unix") as file:
        found |= {"socket " + line.strip() for line in file if not line.startswith("Num")}
    for top in ("/tmp", "/run", "/dev/shm", os.getcwd()):
        for folder, folders, files in os.walk(top):
            found |= {"file " + os.path.join(folder, name) for name in folders + files}
    return found


def start(argv, uid, gid):
    """Returns when it is the program: until then a signal would meet ourselves."""
    reading, writing = os.pipe()
    executed, still_here = os.pipe()  # closed by execve(2)
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.dup2(writing, 1)
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            os.execv(argv[0], argv)
        finally:
            os._exit(98)
    os.close(writing)
    os.close(still_here)
    os.read(executed, 1)
    os.close(executed)
    return pid, reading


def wait_for_line(fd, line):
    seen = b""
    while line not in seen:
        if not select.select([fd], [], [], 5)[0]:
            return False
        got = os.read(fd, 4096)
        if not got:
            return False
        seen += got
    return True


def reap(program, ends):
    """Reaps what has ended, and notes the end of the program."""
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            if pid == program:
                code = os.waitstatus_to_exitcode(status)
                ends.add(128 - code if code < 0 else code)
    except ChildProcessError:
        pass


def held(output):
    """Has somebody the other end of the program's standard output still open?"""
    try:
        while os.read(output, 65536):
            pass
        return set()
    except BlockingIOError:
        return {"output is held open"}


def run(argv, uid, gid, seconds, line, kills):
    """One run: its end, and what is left of it."""
    before, ends = things(), set()
    program, output = start(argv, uid, gid)
    if line and not wait_for_line(output, line.encode()):
        ends.add("in vain: it did not say " + line)
    time.sleep(random.random() * seconds)
    for kill in filter(None, kills.split(",")):
        who, name = kill.split(":")
        pid = find(who, program)
        if pid is None:
            ends.add("in vain: there was no " + who)
        else:
            os.kill(pid, getattr(signal, name))
    os.set_blocking(output, False)
    until = time.monotonic() + STAY_S
    while True:
        reap(program, ends)
        left = processes() | (things() - before) | held(output)
        if (not left and ends) or time.monotonic() > until:
            break
        time.sleep(0.005)
    os.close(output)
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return ends, left


def main():
    uid, gid, runs = map(int, sys.argv[1:4])
    random.seed(7)
    ends, left, untidy = set(), set(), 0
    for _ in range(runs):
        more_ends, more_left = run(sys.argv[8:], uid, gid, float(sys.argv[4]), *sys.argv[5:7])
        ends |= more_ends
        left |= more_left
        untidy += bool(more_left)
        time.sleep(0.02 if more_left else 0)
        reap(0, set())
    for end in sorted(map(str, ends)):
        print("end", end)
    for line in sorted(left):
        print("left", line)
    print("runs", untidy)


main()
