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

# what -> numbers of calls, and where it matters which argument has which bit, or is which number
CALLS = {
    "user-namespaces": [((clone, unshare), 0, NEWUSER), ((435,), None, 0)],  # clone3: no arguments
    "landlock": [((444, 445, 446), None, 0)],
    "seccomp-notify": [((seccomp,), 1, NEW_LISTENER)],
    "live-mounts": [((428, 429), None, 0)],
    "netfilter": [(({"x86_64": 41}.get(machine, 198),), 2, ("is", 12))],   # NETLINK_NETFILTER
    "pktinfo": [(({"x86_64": 54}.get(machine, 208),), 2, ("is", 8))],      # IP_PKTINFO
    "inotify": [({"x86_64": (254, 294)}.get(machine, (26, 27)), None, 0)],
}

LOAD, EQUAL, BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000

def one(number, argument, bit, error):
    if argument is None:
        return [(EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE | error)]
    test = (EQUAL, 0, 1, bit[1]) if isinstance(bit, tuple) else (BIT, 0, 1, bit)
    return [(EQUAL, 0, 4, number), (LOAD, 0, 0, 16 + 8 * argument), test,
            (RETURN, 0, 0, REFUSE | error), (RETURN, 0, 0, ALLOW)]

program = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, arch), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, 0)]
words = sys.argv[1:]
end = words.index("--")
for word in words[:end]:
    what, name = word.split(":")
    for numbers, argument, bit in CALLS[what]:
        for number in numbers:
            refused = "ENOSYS" if number == 435 else name
            program += one(number, argument, bit, getattr(errno, refused))
program.append((RETURN, 0, 0, ALLOW))
code = b"".join(struct.pack("HBBI", *line) for line in program)

class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.c_char_p)]

libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(len(program), code)), 0, 0) == 0, ctypes.get_errno()
os.execvp(words[end + 1], words[end + 1:])
