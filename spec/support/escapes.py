# SPDX-License-Identifier: Apache-2.0
# escapes.py - tries ways out of a sandbox, each in a child of its own, and prints "NUMBER\tOUTCOME":
# "ok", the name of an error, or a word of the attempt's own. The attempts are the rows of a spec.
#
# python3 -c TEXT prepare|list|run|judge WORLD JSON
#
# WORLD/out/N is what attempt N must not touch, WORLD/project/N where it may write, and where it is.
# What prepares it and what is looked at afterwards, both outside, are of the same kind.
import ctypes, errno, fcntl, glob, json, mmap, os, platform, resource, select, shutil, signal
import socket, stat, struct, subprocess, sys, textwrap, time, traceback
from os import O_CREAT, O_PATH, O_RDONLY, O_RDWR, O_TMPFILE, O_TRUNC, O_WRONLY

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
mode, world, order = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
INSIDE = order.get("inside", False)
X = order.get("extra", {})
SECRET = "fence-spec secret"
TEMPLATE = f"{world}/git" # a repository's .git
GIVEN = 9 # what was standard input: Python does not start with a folder there

NEWNS, NEWUSER, NEWUTS, NEWNET, NEWPID = 0x20000, 0x10000000, 0x4000000, 0x40000000, 0x20000000
BIND, REMOUNT, MOVE, REC, PRIVATE, DETACH = 0x1000, 0x20, 0x2000, 0x4000, 0x40000, 2

# On x86_64, and on the architectures that share one table.
NUMBERS = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280),
    "capset": (126, 91), "chroot": (161, 51), "clock_settime": (227, 112), "clone3": (435, 435),
    "delete_module": (176, 106), "fanotify_init": (300, 262), "finit_module": (313, 273),
    "fsopen": (430, 430), "fspick": (433, 433), "init_module": (175, 105),
    "io_uring_setup": (425, 425), "ioprio_set": (251, 30), "kcmp": (312, 272),
    "kexec_load": (246, 104), "keyctl": (250, 219), "mount_setattr": (442, 442),
    "move_mount": (429, 429), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "open_tree": (428, 428), "openat2": (437, 437), "perf_event_open": (298, 241),
    "personality": (135, 92), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424), "pivot_root": (155, 41), "process_madvise": (440, 440),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117),
    "quotactl": (179, 60), "reboot": (169, 142), "renameat2": (316, 276), "request_key": (249, 218),
    "setdomainname": (171, 162), "sethostname": (170, 161), "setns": (308, 268),
    "settimeofday": (164, 170), "swapoff": (168, 225), "swapon": (167, 224), "syslog": (103, 116),
    "unshare": (272, 97), "userfaultfd": (323, 282), "vhangup": (153, 58), "vmsplice": (278, 75),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None),
    "mq_open": (240, 180), "prlimit64": (302, 261), "migrate_pages": (256, 238),
    "sched_setattr": (314, 274), "process_mrelease": (448, 448), "fchmodat2": (452, 452),
    "mount": (165, 40), "umount2": (166, 39), "ioctl": (16, 29), "statmount": (457, 457),
}


class Outcome(Exception):
    """The attempt came to another end: a word for it."""


def need(condition, word="nothing"):
    if not condition:
        raise Outcome(word)
    return condition


def call(name, *arguments):
    number = NUMBERS[name][0 if platform.machine() == "x86_64" else 1]
    need(number, "ENOSYS")
    words = [ctypes.c_long(a) if isinstance(a, int) else a.encode() if isinstance(a, str) else a
             for a in arguments]
    rc = libc.syscall(number, *words)
    if rc < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return rc


def quietly(function, *arguments, **named):
    try:
        return function(*arguments, **named)
    except OSError:
        return None


def unshare(flags):
    """Outside, attempts are kept from doing harm by this; inside they go on without."""
    try:
        call("unshare", flags)
        if flags & NEWNS:
            call("mount", "none", "/", 0, REC | PRIVATE, 0)
    except OSError:
        if not INSIDE:
            raise


def mount(source, target, kind=0, flags=0, data=0):
    unshare(NEWNS)
    call("mount", source, target, kind, flags, data)


def first():
    """Process 1 of the sandbox; outside, another one of the same user's."""
    return 1 if INSIDE else os.getppid()


def write(path, text="x", flags=O_WRONLY | O_CREAT, dir_fd=None):
    fd = os.open(path, flags, 0o644, dir_fd=dir_fd)
    os.write(fd, text.encode())
    os.close(fd)


def has_secret(data):
    need(SECRET.encode() in data)


def read(path, dir_fd=None):
    fd = os.open(path, O_RDONLY, dir_fd=dir_fd)
    has_secret(os.read(fd, 4096))
    os.close(fd)


def out(*argv, **options):
    """What a program prints; its failure is an outcome."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=8, **options)
    need(done.returncode == 0, "failed")
    return done.stdout


def shell(line, *arguments):
    return out("bash", "--norc", "-c", line, "bash", *arguments)


def as_user_namespace():
    """A user namespace in which this process is root."""
    uid, gid = os.getuid(), os.getgid()
    call("unshare", NEWUSER | NEWNS)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"0 {uid} 1")
    write("/proc/self/gid_map", f"0 {gid} 1")


def dial(where, family=socket.AF_UNIX, kind=socket.SOCK_STREAM):
    """Connects, and is greeted."""
    s = socket.socket(family, kind)
    s.settimeout(2)
    s.connect(where)
    if kind == socket.SOCK_DGRAM:
        s.send(b"x")
    need(s.recv(64), "silence")


def by_proxy(method, host, port):
    """A service of the host as the proxy is asked for it; outside there is none between."""
    if not INSIDE:
        dial((host.strip("[]"), port), socket.AF_INET6 if ":" in host else socket.AF_INET)
        return
    s = socket.create_connection(("127.0.0.1", 3128), 3)
    target = f"{host}:{port}" if method == "CONNECT" else f"http://{host}:{port}/"
    s.sendall(f"{method} {target} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    status = s.recv(4096).decode(errors="replace").split(" ")[1]
    need(status == "200", status)


def by_socks(host, port):
    if not INSIDE:
        dial((host, port), socket.AF_INET)
        return
    s = socket.create_connection(("127.0.0.1", 1080), 3)
    s.sendall(b"\5\1\0")
    s.recv(2)
    s.sendall(b"\5\1\0\1" + socket.inet_aton(host) + struct.pack(">H", port))
    need(s.recv(64)[1] == 0, "refused")


# ---- what the host reads later ----

def evil(canary, name="evil"):
    """A program that leaves a trace, and its path."""
    write(name, f"#!/bin/sh\n: >'{canary}'\n")
    os.chmod(name, 0o755)
    return os.path.abspath(name)


def plant(path, text="evil\n"):
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    write(path, text, O_WRONLY | O_CREAT | O_TRUNC)


def replace_by_all_means(path):
    """Of a file that is there: whatever gets "evil" into it, or another one into its place."""
    folder = os.path.dirname(path) or "."
    ways = [lambda: plant(path), lambda: write(path, "evil", O_WRONLY | os.O_APPEND),
            lambda: os.truncate(path, 0), lambda: (plant("x1"), os.rename("x1", path)),
            lambda: (plant("x2"), call("renameat2", -100, "x2", -100, path, 2)),
            lambda: (os.unlink(path), plant(path)), lambda: os.symlink("x3", path),
            lambda: (os.link(path, "x4"), plant("x4")),
            lambda: (os.rename(path, "x5"), plant(path)),
            lambda: folder not in (".", "..") and (os.rename(folder, "x6"), plant(path)),
            lambda: folder not in (".", "..") and (shutil.rmtree(folder), plant(path)),
            lambda: os.chmod(path, 0o777)]
    for way in ways:
        quietly(way)


def is_planted(path):
    need(os.path.lexists(path))


def is_changed(path, text="as it was\n"):
    need(not os.path.isfile(path) or os.path.islink(path) or open(path).read() != text
         or os.stat(path).st_mode & 0o022)


def make_repository(path, *settings):
    out("git", "init", "-q", path)
    for name, value in zip(settings[::2], settings[1::2]):
        out("git", "-C", path, "config", name, value)
    out("git", "-C", path, "-c", "user.name=n", "-c", "user.email=e", "commit", "-q",
        "--allow-empty", "-m", "one")


def repository(path=".", *settings):
    """What prepares the attempts takes a copy of one that git has made."""
    os.makedirs(path, exist_ok=True)
    if mode != "prepare":
        make_repository(path, *settings)
        return
    shutil.copytree(TEMPLATE, f"{path}/.git", symlinks=True)
    for name, value in zip(settings[::2], settings[1::2]):
        out("git", "-C", path, "config", name, value)


def victim(canary, *folders):
    """What somebody does next in these folders; does the program leave its trace?"""
    for folder in folders or (".",):
        for words in (["status"], ["-c", "user.name=n", "-c", "user.email=e", "commit", "-q",
                                   "--allow-empty", "-m", "two"]):
            subprocess.run(["git"] + words, cwd=folder, capture_output=True, timeout=9)
            if os.path.exists(canary):
                return
    if os.path.lexists(".bashrc"): # the one file of HOME that this shell reads
        shell_starts()
    need(os.path.exists(canary))


def shell_starts():
    subprocess.run(["bash", "-i", "-c", ":"], env={"HOME": os.getcwd(), "PATH": os.environ["PATH"]},
                   capture_output=True, stdin=subprocess.DEVNULL, start_new_session=True, timeout=9)


# ---- the attempts ----

def compiled(codes):
    return [(number, compile(textwrap.dedent(code), f"attempt {number}", "exec"))
            for number, code in codes if code]


def outcome(code, number):
    names = dict(globals())
    names.update(V=f"{world}/out/{number}", F=f"{world}/out/{number}/f",
                 D=f"{world}/out/{number}/d", P=f"{world}/project/{number}",
                 CANARY=f"{world}/out/{number}/canary")
    try:
        os.chdir(names["P"])
        exec(code, names)
        return "ok"
    except Outcome as word:
        return str(word)
    except (TimeoutError, subprocess.TimeoutExpired):
        return "timeout"
    except OSError as error:
        return errno.errorcode.get(error.errno, repr(error))
    except BaseException as error:
        print(f"attempt {number}: {traceback.format_exc()}", file=sys.stderr)
        return f"{type(error).__name__}: {error}".replace("\n", " ")


def begin(code, number):
    """Returns the child that tries it, and where it will say what came of it."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        signal.alarm(10)
        os.write(writing, outcome(code, number).encode())
        os._exit(0)
    os.close(writing)
    return pid, reading


def finish(pid, reading):
    said = os.read(reading, 4096).decode() # children of the attempt may hold it open longer
    os.close(reading)
    status = os.waitpid(pid, 0)[1]
    return said or f"signal {os.WTERMSIG(status)}"


def attempts(codes):
    """Some at once; yields (number, outcome)."""
    codes, running, poll = compiled(codes), {}, select.poll()
    while codes or running:
        while codes and len(running) < 4:
            number, code = codes.pop(0)
            pid, reading = begin(code, number)
            running[reading] = (number, pid)
            poll.register(reading, select.POLLIN | select.POLLHUP)
        for reading, _ in poll.poll(12000):
            number, pid = running.pop(reading)
            poll.unregister(reading)
            yield number, finish(pid, reading)


def run():
    for number, word in attempts((number, code) for number, code, *_ in order["rows"]):
        print(f"{number}\t{word}", flush=True)


def late(*_):
    raise TimeoutError


def work(codes, said):
    """All of them in this process, which ends."""
    status = 1
    try:
        signal.signal(signal.SIGALRM, late)
        for number, code in codes:
            signal.alarm(10)
            word = outcome(code, number)
            signal.alarm(0)
            said(number, word)
        status = 0
    finally:
        os._exit(status)


def by_workers(codes, said):
    """What runs outside and does no harm has no child for each. Calls said(number, outcome)."""
    codes, workers = compiled(codes), []
    for index in range(4):
        workers.append(os.fork() or work(codes[index::4], said))
    if any([os.waitpid(pid, 0)[1] for pid in workers]):
        sys.exit(f"not everything was done to {mode}")


def judge():
    def said(number, word):
        os.write(1, f"{number}\t{word}\n".encode())

    by_workers([(number, host) for number, *_, host in order["rows"]], said)


# ---- the world around them ----

def prepare():
    for number, _, setup, _ in order["rows"]:
        place = f"{world}/out/{number}"
        os.makedirs(f"{place}/d")
        os.makedirs(f"{place}/e")
        os.makedirs(f"{world}/project/{number}")
        for name in ("f", "d/g"):
            write(f"{place}/{name}", SECRET + "\n")
            os.chmod(f"{place}/{name}", 0o600)
        os.mkfifo(f"{place}/p")

    def said(number, word):
        if word != "ok":
            os.write(2, f"what attempt {number} needs: {word}\n".encode())
            os._exit(1)

    setups = [(number, setup) for number, _, setup, _ in order["rows"]]
    if any("repository(" in setup for _, setup in setups):
        make_repository(f"{world}/repository")
        os.rename(f"{world}/repository/.git", TEMPLATE)
    by_workers(setups, said)


def list_all():
    """All that an attempt could have changed of what it must not touch."""
    for folder, folders, files in os.walk(f"{world}/out"):
        folders.sort()
        for path in [folder] + [f"{folder}/{name}" for name in sorted(files)]:
            st = os.lstat(path)
            text = open(path).read() if stat.S_ISREG(st.st_mode) else ""
            extra = os.listxattr(path, follow_symlinks=False)
            print(path, oct(st.st_mode), st.st_uid, st.st_gid, st.st_nlink, st.st_mtime_ns,
                  st.st_ctime_ns, extra, text)


{"prepare": prepare, "list": list_all, "run": run, "judge": judge}[mode]()
