/* SPDX-License-Identifier: Apache-2.0
 * exec_said.h - what an execve(2) names, and what came of it: the file, and the words. */
#ifndef FENCE_SANDBOX_EXEC_SAID_H
#define FENCE_SANDBOX_EXEC_SAID_H

#include <sys/stat.h>

#include "base/buf.h"
#include "base/limits.h"
#include "filter/shell.h"
#include "sandbox/notify.h"

#define EXEC_HEAD 1024 /* of a file: an ELF's own tables, a script's interpreter */

struct exec_file {
    bool known; /* the rest is */
    dev_t dev;
    ino_t ino;
    off_t size;
    char head[EXEC_HEAD];
    size_t head_len;
    char path[LIMIT_PATH]; /* without links, as far as we can tell; "" else */
};

struct exec_said {
    char path[LIMIT_PATH]; /* as the caller wrote it; "" for a descriptor alone */
    struct buf bytes;      /* of the words, a NUL behind each                   */
    struct shell_word *words;
    size_t count;
    struct exec_file file;
};

/* Reads a call's path, words and file. Returns 0 or -errno for the caller: -EFAULT, -ENAMETOOLONG,
 * -E2BIG beyond LIMIT_EXEC_BYTES, -ENOMEM. A file that cannot be found from here is not known. */
int exec_said_read(struct exec_said *out, const struct notify_call *call);

/* The same of process `pid`, which has executed and done nothing yet: /proc/PID/exe and cmdline.
 * `seen`: a file that is known, and not looked into once more if it is this one; or NULL. */
int exec_said_look(struct exec_said *out, pid_t pid, const struct exec_file *seen);

void exec_said_deinit(struct exec_said *said);

#endif
