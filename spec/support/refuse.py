# SPDX-License-Identifier: Apache-2.0
# refuse.py - becomes a program for which the kernel refuses some calls, as older kernels and the
# filters of containers do.
#
#   refuse.py WHAT:ERRNO... -- PROGRAM [ARGUMENT...]
import ctypes, errno, os, platform, struct, sys

machine = platform.machine()
arch = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}[machine]
clone, unshare, seccomp = {"x86_64": (56, 272, 317)}.get(machine, (220, 97, 277))
NEWUSER, NEWNET, NEW_LISTENER = 0x10000000, 0x40000000, 8

LOAD, EQUAL, BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000

socket = 41 if machine == "x86_64" else 198
NETLINK = (EQUAL, 0, 16)

# what -> numbers of calls, and what their arguments must be for it: (how, number, value)
CALLS = {
    "user-namespaces": [((clone, unshare), [(BIT, 0, NEWUSER)]), ((435,), [])],  # 435: clone3
    "landlock": [((444, 445, 446), [])],
    "seccomp-notify": [((seccomp,), [(BIT, 1, NEW_LISTENER)])],
    "live-mounts": [((428, 429), [])],
    "inotify": [({"x86_64": (254, 294)}.get(machine, (26, 27)), [])],
    "netfilter": [((socket,), [NETLINK, (EQUAL, 2, 12)])],
    "netlink": [((socket,), [NETLINK])],
    "pktinfo": [(({"x86_64": 54}.get(machine, 208),), [(EQUAL, 2, 8)])],  # IP_PKTINFO
}

# A test that fails leads behind the refusal, where the number is loaded again.
def one(number, tests, error):
    left = 2 * len(tests) + 1
    lines = [(EQUAL, 0, left, number)]
    for how, argument, value in tests:
        left -= 2
        lines += [(LOAD, 0, 0, 16 + 8 * argument), (how, 0, left, value)]
    return lines + [(RETURN, 0, 0, REFUSE | error), (LOAD, 0, 0, 0)]

program = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, arch), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, 0)]
words = sys.argv[1:]
end = words.index("--")
for word in words[:end]:
    what, name = word.split(":")
    for numbers, tests in CALLS[what]:
        for number in numbers:
            refused = "ENOSYS" if number == 435 else name
            program += one(number, tests, getattr(errno, refused))
program.append((RETURN, 0, 0, ALLOW))
code = b"".join(struct.pack("HBBI", *line) for line in program)

class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.c_char_p)]

libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(len(program), code)), 0, 0) == 0, ctypes.get_errno()
os.execvp(words[end + 1], words[end + 1:])
