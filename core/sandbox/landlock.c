/* SPDX-License-Identifier: Apache-2.0
 * landlock.c - which rights the second wall takes away, and where a plan gives them back. Asks no
 * kernel.
 *
 * Only rights that write: everything may be read. EXECUTE, READ_FILE and READ_DIR would stand in
 * the same table once a plan hides something. */
#include "sandbox/landlock.h"

#include "base/base.h"

/* Where a right is given back. */
enum {
    FILES = 1,   /* a file that is a writable mount by itself, a stream open for writing */
    FOLDERS = 2, /* beneath a writable folder                                            */
    DEV = 4,     /* beneath /dev                                                         */
    PROC = 8,    /* beneath /proc: nothing is made or removed there                      */
    STREAMS = 16 /* a stream, whatever it is open for                                    */
};

#define EVERYWHERE (FILES | FOLDERS | DEV | PROC)
#define IN_FOLDERS (FOLDERS | DEV)
#define RIGHT(bit) (UINT64_C(1) << (bit))

/* The numbers are the kernel's: older headers have not all of them. */
static const struct {
    const char *name; /* after LANDLOCK_ACCESS_FS_ */
    uint64_t right;
    int abi; /* that it came with */
    unsigned where;
} rights[] = {
    {"WRITE_FILE", RIGHT(1), 1, EVERYWHERE},
    {"REMOVE_DIR", RIGHT(4), 1, IN_FOLDERS},
    {"REMOVE_FILE", RIGHT(5), 1, IN_FOLDERS},
    {"MAKE_CHAR", RIGHT(6), 1, IN_FOLDERS}, /* a whiteout is one, and everybody's to make */
    {"MAKE_DIR", RIGHT(7), 1, IN_FOLDERS},
    {"MAKE_REG", RIGHT(8), 1, IN_FOLDERS},
    {"MAKE_SOCK", RIGHT(9), 1, IN_FOLDERS},
    {"MAKE_FIFO", RIGHT(10), 1, IN_FOLDERS},
    {"MAKE_BLOCK", RIGHT(11), 1, 0}, /* nobody inside has the capability: inner's proof, inner.c */
    {"MAKE_SYM", RIGHT(12), 1, IN_FOLDERS},
    {"REFER", RIGHT(13), 2, IN_FOLDERS}, /* renames and links from folder to folder */
    {"TRUNCATE", RIGHT(14), 3, EVERYWHERE},
    {"IOCTL_DEV", RIGHT(15), 5, DEV | STREAMS}, /* other mounts have no devices */
};

/* No abstract Unix socket outside can be connected to: the network namespace says so already. The
 * other scope, signals, is not used: a program that stops itself by kill(0, SIGTSTP), as editors do
 * on Ctrl-Z, would leave fence running in front of a terminal that nobody reads. */
#define SCOPE_ABSTRACT_UNIX_SOCKET RIGHT(0)
#define SCOPE_ABI                  6

/* The attempt that proves the wall is no news for the audit log. */
#define LOG_SAME_EXEC_OFF 1u
#define LOG_ABI           7

static uint64_t rights_of(int abi, unsigned where)
{
    uint64_t found = 0;

    for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
        if (rights[i].abi <= abi && (rights[i].where & where) != 0)
            found |= rights[i].right;
    }
    return found;
}

uint64_t landlock_handled(int abi)
{
    uint64_t all = 0;

    for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
        if (rights[i].abi <= abi)
            all |= rights[i].right;
    }
    return all;
}

uint64_t landlock_scoped(int abi)
{
    return abi >= SCOPE_ABI ? SCOPE_ABSTRACT_UNIX_SOCKET : 0;
}

uint64_t landlock_allowed(int abi, enum mount_kind kind, bool folder)
{
    switch (kind) {
    case MOUNT_WRITABLE:
    case MOUNT_TMPFS:
    case MOUNT_DIR:
        return rights_of(abi, folder ? FOLDERS : FILES);
    case MOUNT_DEV:
        return rights_of(abi, DEV);
    case MOUNT_PROC:
        return rights_of(abi, PROC);
    case MOUNT_DEVICE: /* the rule of /dev is its own */
    case MOUNT_READ_ONLY:
    case MOUNT_READ_ONLY_TRY:
    case MOUNT_EMPTY:
    case MOUNT_LINK:
    case MOUNT_HIDDEN_FILE:
    case MOUNT_HIDDEN_FOLDER:
        return 0;
    }
    return 0;
}

uint64_t landlock_allowed_stream(int abi, bool writable)
{
    return rights_of(abi, writable ? FILES | STREAMS : STREAMS);
}

uint32_t landlock_flags(int abi)
{
    return abi >= LOG_ABI ? LOG_SAME_EXEC_OFF : 0;
}
