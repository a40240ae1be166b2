/* SPDX-License-Identifier: Apache-2.0
 * connect_32.c - connects by the 32-bit entry of x86: `connect_32 connect|socketcall PATH...`.
 * Built with -m32 -static; prints the errno for each path, or "ok". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SYS_SOCKETCALL 102
#define SYS_CONNECT_32 362

static long call(long number, long a, long b, long c)
{
    long rc;

    __asm__ volatile("int $0x80" : "=a"(rc) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return rc;
}

int main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        struct sockaddr_un to = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); /* the C library's own way */
        long words[3] = {fd, (long)&to, sizeof to};
        long rc;

        if (fd < 0) /* no socket by socketcall(2) in the sandbox */
            fd = (int)call(359, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        words[0] = fd;
        snprintf(to.sun_path, sizeof to.sun_path, "%s", argv[i]);
        if (strcmp(argv[1], "socketcall") == 0)
            rc = call(SYS_SOCKETCALL, 3, (long)words, 0);
        else
            rc = call(SYS_CONNECT_32, fd, (long)&to, sizeof to);
        printf("%s\n", rc == 0 ? "ok" : strerrorname_np((int)-rc));
        close(fd);
    }
    return 0;
}
