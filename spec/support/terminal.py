# SPDX-License-Identifier: Apache-2.0
"""terminal.py - plays a person at a terminal: waits for text, types keys, and passes on how the
program ended. No shell and no terminal emulation: what the program writes is compared as bytes.

  python3 terminal.py SECONDS STEP... -- PROGRAM [ARG...]

  STEP   =TEXT     wait until TEXT has come, after what the steps before have used up
         >KEYS     type; with Python's escapes: \\x03 is Ctrl-C, \\r is Enter
         @ROWSxCOLS  change the size of the window
         ~SECONDS  do nothing
         -SECONDS  do not even read
         *BYTES    read so many, at least, and forget them
         !         hang up: close the window

Prints all the program wrote. Exits with its status, 128+n for a signal; 99 when the time was up."""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time


class Terminal:
    def __init__(self, argv, seconds):
        self.deadline = time.monotonic() + seconds
        self.seen = bytearray()
        self.used = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test run in the background
                signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # ignores both
                os.execvp(argv[0], argv)
            finally:
                os._exit(98)

    def left(self):
        return self.deadline - time.monotonic()

    def pump(self, seconds):
        """Reads what is there; False at the end."""
        if self.fd is None:
            return False
        if not select.select([self.fd], [], [], max(0, min(seconds, self.left())))[0]:
            return True
        try:
            got = os.read(self.fd, 65536)
        except OSError:  # EIO: the last one has closed its side
            got = b""
        self.seen += got
        return got != b""

    def wait_for(self, text):
        while True:
            at = self.seen.find(text, self.used)
            if at >= 0:
                self.used = at + len(text)
                return
            if self.left() <= 0 or not self.pump(0.5):
                self.fail("waited in vain for %r" % text)

    def forget(self, count):
        count -= len(self.seen)
        while count > 0:
            self.seen.clear()
            if self.left() <= 0 or not self.pump(0.5):
                self.fail("%d bytes were missing" % count)
            count -= len(self.seen)
        self.used = len(self.seen) + count  # what came beyond is kept

    def rest(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.left() > 0 and self.pump(until - time.monotonic()):
            pass

    def fail(self, why):
        sys.stdout.buffer.write(self.seen)
        sys.stdout.flush()
        sys.stderr.write(why + "\n")
        os.kill(self.pid, signal.SIGKILL)
        sys.exit(99)

    def play(self, step):
        kind, text = step[0], step[1:]
        if kind == "=":
            self.wait_for(text.encode())
        elif kind == ">":
            os.write(self.fd, text.encode("latin-1").decode("unicode_escape").encode("latin-1"))
        elif kind == "@":
            rows, columns = text.split("x")
            size = struct.pack("HHHH", int(rows), int(columns), 0, 0)
            fcntl.ioctl(self.fd, termios.TIOCSWINSZ, size)
        elif kind == "~":
            self.rest(float(text))
        elif kind == "-":
            time.sleep(float(text))
        elif kind == "*":
            self.forget(int(text))
        elif kind == "!":
            os.close(self.fd)
            self.fd = None
        else:
            self.fail("no such step: " + step)

    def finish(self):
        while self.left() > 0:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.fd is not None and select.select([self.fd], [], [], 0)[0]:
                    if not self.pump(0):
                        break
                sys.stdout.buffer.write(self.seen)
                sys.stdout.flush()
                code = os.waitstatus_to_exitcode(status)
                sys.exit(128 - code if code < 0 else code)
            if not self.pump(0.02):
                time.sleep(0.005)
        self.fail("the program did not end")


def main():
    words = sys.argv[2:]
    end = words.index("--")
    terminal = Terminal(words[end + 1:], float(sys.argv[1]))
    for step in words[:end]:
        terminal.play(step)
    terminal.finish()


main()
