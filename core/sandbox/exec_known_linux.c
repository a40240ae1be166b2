/* SPDX-License-Identifier: Apache-2.0
 * exec_known_linux.c - programs known again by their first bytes. Of an ELF file these are its
 * tables, with sizes, places and mostly a build's number: no two programs share them. Of other
 * files the size counts, too. Whoever changes them has made another program, which is not what a
 * rule is about. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "filter/shell_wrappers.h"
#include "sandbox/exec_judge.h"

/* Where the loaders are, which need not be in PATH: one for each kind of program. */
static const char *const loaders[] = {
    "/lib64/ld-linux-x86-64.so.2",     "/lib/ld-linux.so.2",       "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-linux-armhf.so.3",        "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1",
    "/lib/ld-linux-riscv64-lp64d.so.1"};

static const char *const boxes[] = {"busybox", "toybox", "coreutils"};

static bool is_elf(const char *head, size_t len)
{
    return len >= 64 && memcmp(head, "\177ELF", 4) == 0;
}

static bool is_there(const struct exec_known *known, struct str name)
{
    for (size_t i = 0; i < known->count; i++) {
        if (str_equal(known->list[i].name, name))
            return true;
    }
    return false;
}

/* A file of another name is many programs: busybox as "reboot", systemctl as "shutdown". */
static bool has_name(int fd, struct str name)
{
    char link[64], path[LIMIT_PATH];
    ssize_t len;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path);
    return len > 0 && (size_t)len < sizeof path &&
           (shell_holds_programs(name) ||
            str_equal(str_base_name((struct str){path, (size_t)len}), name));
}

static bool add(struct exec_known *known, const char *path, struct str name)
{
    auto_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct exec_known_program *program = &known->list[known->count];
    struct stat st;
    ssize_t len;

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
        return false;
    len = has_name(fd, name) ? pread(fd, program->head, sizeof program->head, 0) : 0;
    if (len <= 0)
        return true; /* this is the one that PATH means, and it cannot be known again */
    program->name = name;
    program->size = st.st_size;
    program->len = (size_t)len;
    known->count++;
    return true;
}

static void look_up(struct exec_known *known, struct str name, const char *path)
{
    struct str rest = str_of(path);

    if (is_there(known, name) || known->count == LIMIT_EXEC_KNOWN)
        return;
    while (rest.len > 0) {
        size_t end = str_find(rest, ':');
        char full[LIMIT_PATH];
        int len = snprintf(full, sizeof full, STR_FMT "/" STR_FMT, STR_ARG(str_slice(rest, 0, end)),
                           STR_ARG(name));

        if (full[0] == '/' && len > 0 && (size_t)len < sizeof full && add(known, full, name))
            return;
        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
    }
}

int exec_known_find(struct exec_known *out, const struct fence_config *config, const char *path)
{
    const struct command_rules *deny = &config->commands.deny;
    size_t defaults = config->commands.use_defaults ? ncommand_defaults : 0;

    out->count = 0;
    out->list = calloc(LIMIT_EXEC_KNOWN, sizeof *out->list);
    if (!out->list)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(loaders) && out->count < LIMIT_EXEC_KNOWN; i++)
        add(out, loaders[i], str_base_name(str_of(loaders[i])));
    for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
        look_up(out, str_of(boxes[i]), path);
    if (config->ssh.allowed_hosts.count + config->ssh.denied_hosts.count > 0)
        look_up(out, STR("ssh"), path);
    for (size_t i = 0; i < deny->count; i++)
        look_up(out, deny->list[i].tokens[0], path);
    for (size_t i = 0; i < defaults; i++)
        look_up(out, command_defaults[i].tokens[0], path);
    return 0;
}

void exec_known_deinit(struct exec_known *known)
{
    free(take(&known->list));
    known->count = 0;
}

struct str exec_known_name(const struct exec_known *known, const struct exec_file *file)
{
    for (size_t i = 0; i < known->count && file->known; i++) {
        const struct exec_known_program *program = &known->list[i];
        bool elf = is_elf(program->head, program->len);

        if (file->head_len == program->len && (elf || file->size == program->size) &&
            memcmp(file->head, program->head, program->len) == 0)
            return program->name;
    }
    return STR("");
}
