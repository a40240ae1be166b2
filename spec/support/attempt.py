# SPDX-License-Identifier: Apache-2.0
"""attempt.py - tries one thing after another with files, and says what came of each: a line "ok" with
what was got, or the error's name. Reads "VERB\\0ARGUMENT\\0...\\0\\0" for each from standard input."""
import errno
import os
import sys


def read(path):
    with open(path, "rb") as file:
        return file.read(100).decode("latin-1").strip().replace("\n", "|")


def write(path):
    with open(path, "ab") as file:
        file.write(b"written inside\n")


def create(path):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644))


def pathfd(path):
    fd = os.open(path, os.O_PATH)
    return read("/proc/self/fd/%d" % fd)


VERBS = {
    "read": read,
    "write": write,
    "create": create,
    "pathfd": pathfd,
    "list": lambda path: ",".join(sorted(os.listdir(path))),
    "size": lambda path: str(os.lstat(path).st_size),
    "chmod": lambda path: os.chmod(path, 0o777),
    "chdir": os.chdir,
    "truncate": lambda path: os.truncate(path, 0),
    "utime": lambda path: os.utime(path),
    "unlink": os.unlink,
    "rmdir": os.rmdir,
    "mkdir": os.mkdir,
    "mkdirs": lambda path: os.makedirs(path, exist_ok=True),
    "rename": os.rename,
    "link": os.link,
    "symlink": os.symlink,
    "readlink": os.readlink,
    "setxattr": lambda path: os.setxattr(path, "user.fence", b"1"),
    "exec": lambda path: str(os.spawnv(os.P_WAIT, path, [path])),
}


def main():
    for line in sys.stdin.buffer.read().split(b"\0\0"):
        verb, *arguments = os.fsdecode(line).split("\0")
        if not verb:
            continue
        try:
            got = VERBS[verb](*arguments)
            print("ok " + got if got else "ok")
        except OSError as error:
            print(errno.errorcode[error.errno])


main()
