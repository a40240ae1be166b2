/* SPDX-License-Identifier: Apache-2.0
 * exec_said_linux.c - see exec_said.h. Everything is copied first and looked at then. */
#include "sandbox/exec_said.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/unix_sockets_judge.h"

#define PAGE 4096 /* nothing is read beyond the end of one, which may not be there */

struct memory {
    const struct notify_call *call;
    uint64_t page; /* what `bytes` has: its address */
    bool has;
    char bytes[PAGE];
};

/* ---- the caller's memory ---- */

static const char *look(struct memory *memory, uint64_t at, size_t *left)
{
    uint64_t page = at / PAGE * PAGE;

    if (!memory->has || memory->page != page) {
        memory->has = notify_read(memory->call, page, memory->bytes, PAGE) == 0;
        memory->page = page;
    }
    *left = PAGE - (size_t)(at - page);
    return memory->has ? memory->bytes + (at - page) : NULL;
}

/* With its NUL. */
static int read_text(struct buf *out, struct memory *memory, uint64_t at)
{
    for (;;) {
        size_t left;
        const char *bytes = look(memory, at, &left);
        const char *end = bytes ? memchr(bytes, '\0', left) : NULL;
        size_t len = end ? (size_t)(end - bytes) + 1 : left;

        if (!bytes)
            return -EFAULT;
        if (buf_append(out, bytes, len) < 0)
            return out->error == -ENOMEM ? -ENOMEM : -E2BIG;
        if (end)
            return 0;
        at += len;
    }
}

static int read_path(char out[LIMIT_PATH], struct memory *memory, uint64_t at)
{
    auto_buf struct buf text = BUF_INIT(LIMIT_PATH + PAGE);
    int rc = read_text(&text, memory, at);

    if (rc == 0 && text.len <= LIMIT_PATH)
        memcpy(out, text.bytes, text.len);
    return rc == -E2BIG || (rc == 0 && text.len > LIMIT_PATH) ? -ENAMETOOLONG : rc;
}

/* A copy of one page more: words and the pointers to them would drive each other out. */
static int read_words(struct buf *out, const struct notify_call *call, uint64_t at)
{
    struct memory pointers = {.call = call}, texts = {.call = call};
    size_t width = call->narrow ? 4 : 8;

    for (; at != 0; at += width) {
        size_t left;
        const char *bytes = look(&pointers, at, &left);
        uint64_t to = 0;
        int rc;

        if (!bytes || left < width)
            return -EFAULT;
        memcpy(&to, bytes, width); /* of a little-endian machine, or of our own width */
        if (to == 0)
            return 0;
        rc = read_text(out, &texts, to);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- the file ---- */

static bool is_that(const struct exec_file *seen, const struct stat *st)
{
    return seen && seen->known && seen->dev == st->st_dev && seen->ino == st->st_ino &&
           seen->size == st->st_size;
}

/* `file` is an O_PATH descriptor. */
static void know(struct exec_file *out, int file, const struct exec_file *seen)
{
    char link[64];
    struct stat st;
    ssize_t len;
    auto_fd int fd = -1;

    if (fstat(file, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    if (is_that(seen, &st))
        *out = *seen;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    len = readlink(link, out->path, sizeof out->path - 1); /* a file may have several names */
    out->path[len < 0 ? 0 : len] = '\0';
    if (out->known)
        return;
    fd = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* one may execute what one may not read */
    len = fd < 0 ? -1 : pread(fd, out->head, sizeof out->head, 0);
    out->head_len = len < 0 ? 0 : (size_t)len;
    out->dev = st.st_dev;
    out->ino = st.st_ino;
    out->size = st.st_size;
    out->known = true;
}

/* By a descriptor, in words that unix_path_open() knows. Returns false where there is none. */
static bool name_file(char out[LIMIT_PATH], const char *path, int folder)
{
    static const char fds[] = "/dev/fd/";
    int len;

    if (strncmp(path, fds, sizeof fds - 1) == 0)
        len = snprintf(out, LIMIT_PATH, "/proc/self/fd/%s", path + sizeof fds - 1);
    else if (path[0] == '/' || (folder == AT_FDCWD && path[0] != '\0'))
        len = snprintf(out, LIMIT_PATH, "%s", path);
    else if (folder >= 0)
        len = snprintf(out, LIMIT_PATH, path[0] ? "/proc/self/fd/%d/%s" : "/proc/self/fd/%d%s",
                       folder, path);
    else
        return false;
    return len >= 0 && len < LIMIT_PATH;
}

static void find_file(struct exec_said *out, const struct notify_call *call)
{
    char path[LIMIT_PATH];
    auto_fd int fd =
        name_file(path, out->path, (int)call->arguments[0]) ? unix_path_open(call, path) : -1;

    if (fd >= 0)
        know(&out->file, fd, NULL);
}

/* ---- both ---- */

static int split(struct exec_said *said)
{
    struct str rest = buf_str(&said->bytes);
    size_t count = 0;

    for (size_t i = 0; i < rest.len; i++)
        count += rest.bytes[i] == '\0';
    said->words = calloc(count + 1, sizeof *said->words);
    if (!said->words)
        return -ENOMEM;
    while (said->count < count) {
        size_t end = str_find(rest, '\0');

        said->words[said->count++] = (struct shell_word){str_slice(rest, 0, end), true};
        rest = str_slice(rest, end + 1, rest.len);
    }
    return 0;
}

int exec_said_read(struct exec_said *out, const struct notify_call *call)
{
    struct memory memory = {.call = call};
    int rc;

    *out = (struct exec_said){.bytes = BUF_INIT(LIMIT_EXEC_BYTES)};
    rc = read_path(out->path, &memory, call->arguments[1]);
    if (rc == 0)
        rc = read_words(&out->bytes, call, call->arguments[2]);
    if (rc == 0)
        rc = split(out);
    if (rc == 0)
        find_file(out, call);
    return rc;
}

/* Up to the end of the file, or where it ends with a NUL: /proc gives all there is. */
static int read_all(struct buf *out, int fd)
{
    for (;;) {
        char *room = buf_reserve(out, 64 * 1024);
        ssize_t len;

        if (!room)
            return out->error == -ENOMEM ? -ENOMEM : -E2BIG;
        len = read(fd, room, 64 * 1024);
        if (len < 0)
            return -errno;
        if (len == 0)
            return 0;
        buf_commit(out, (size_t)len);
        if (len < 64 * 1024 && room[len - 1] == '\0')
            return 0;
    }
}

int exec_said_look(struct exec_said *out, pid_t pid, const struct exec_file *seen)
{
    struct notify_call process = {.tid = pid};
    auto_fd int file = notify_open(&process, "exe"), words = -1;
    char name[64];
    int rc;

    snprintf(name, sizeof name, "/proc/%d/cmdline", (int)pid);
    words = open(name, O_RDONLY | O_CLOEXEC);
    *out = (struct exec_said){.bytes = BUF_INIT(LIMIT_EXEC_BYTES + 64 * 1024)};
    if (words < 0)
        return -ESRCH; /* it was there a moment ago */
    rc = read_all(&out->bytes, words);
    if (rc == 0)
        rc = split(out);
    if (rc == 0 && file >= 0)
        know(&out->file, file, seen);
    return rc;
}

void exec_said_deinit(struct exec_said *said)
{
    buf_deinit(&said->bytes);
    free(take(&said->words));
    said->count = 0;
}
