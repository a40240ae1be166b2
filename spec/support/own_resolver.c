/* SPDX-License-Identifier: Apache-2.0
 * own_resolver.c - `own_resolver NAME PORT`: asks 8.8.8.8 for the name's address by UDP, as static
 * programs with a resolver of their own do, connects there, and prints what an HTTP server says.
 *
 * Status 2: nobody answers. 3: there is no such name. 4: it does not connect. 5: it is cut off. Of
 * 64 bits with the C library (-static); of 32 bits without one and its headers, which machines of
 * 64 bits mostly do not have (-m32 -static -nostdlib -ffreestanding -fno-pie
 * -fno-stack-protector). */
struct place {
    unsigned short family;
    unsigned char port[2], address[4], zero[8];
};

enum { AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2, HEADER = 12, PATIENCE_S = 10 };

#ifdef __i386__
static long call(long number, long a, const void *b, long c)
{
    long rc;

    __asm__ volatile("int $0x80" : "=a"(rc) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return rc;
}

static int socket(int family, int type, int protocol)
{
    return (int)call(359, family, (const void *)type, protocol);
}

static int connect(int fd, const void *to, unsigned len)
{
    return (int)call(362, fd, to, (long)len);
}

static long write(int fd, const void *bytes, unsigned long len)
{
    return call(4, fd, bytes, (long)len);
}

static long read(int fd, void *bytes, unsigned long len)
{
    return call(3, fd, bytes, (long)len);
}

static void alarm(unsigned seconds)
{
    call(27, (long)seconds, 0, 0);
}

__asm__(".globl _start\n_start:\n mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n"
        " push %eax\n call begin\n");
#else
int socket(int family, int type, int protocol);
int connect(int fd, const void *to, unsigned len);
long write(int fd, const void *bytes, unsigned long len);
long read(int fd, void *bytes, unsigned long len);
unsigned alarm(unsigned seconds);
#endif

static struct place to = {AF_INET, {0, 53}, {8, 8, 8, 8}, {0}};
static unsigned char message[512] = {0x12, 0x34, 1, 0, 0, 1};
static char text[4096];

/* The question for its IPv4 address; its length. */
static unsigned long write_question(const char *name)
{
    unsigned long at = HEADER, label = at++;

    for (; *name; name++) {
        if (*name == '.') {
            label = at++;
            continue;
        }
        message[at++] = (unsigned char)*name;
        message[label]++;
    }
    message[at++] = 0;
    message[at + 1] = message[at + 3] = 1; /* A, IN */
    return at + 4;
}

/* The last four bytes of an answer with one record. */
static int resolve(const char *name)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    unsigned long len = write_question(name);
    long got;

    if (connect(fd, &to, sizeof to) < 0 || write(fd, message, len) != (long)len)
        return 2;
    got = read(fd, message, sizeof message);
    if (got < HEADER)
        return 2;
    if (message[3] % 16 != 0 || message[7] == 0 || got < HEADER + 4)
        return 3;
    for (int i = 0; i < 4; i++)
        to.address[i] = message[got - 4 + i];
    return 0;
}

static int fetch(void)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    long got;

    if (connect(fd, &to, sizeof to) < 0)
        return 4;
    write(fd, request, sizeof request - 1);
    while ((got = read(fd, text, sizeof text)) > 0)
        write(1, text, (unsigned long)got);
    return got < 0 ? 5 : 0;
}

int main(int argc, char **argv)
{
    unsigned port = 0;
    int rc;

    if (argc != 3)
        return 1;
    for (const char *digit = argv[2]; *digit; digit++)
        port = port * 10 + (unsigned)(*digit - '0');
    alarm(PATIENCE_S);
    rc = resolve(argv[1]);
    if (rc != 0)
        return rc;
    to.port[0] = (unsigned char)(port >> 8);
    to.port[1] = (unsigned char)port;
    return fetch();
}

#ifdef __i386__
__attribute__((used)) static void begin(char **stack)
{
    call(1, main((int)(long)stack[0], stack + 1), 0, 0);
}
#endif
