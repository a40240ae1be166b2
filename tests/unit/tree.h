/* SPDX-License-Identifier: Apache-2.0
 * tree.h - a tree of files for one test, written down as lines, below a folder of its own that
 * stands for "@" in the rows. Include it after <cmocka.h>. */
#ifndef FENCE_TESTS_TREE_H
#define FENCE_TESTS_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TREE_PATH 4096

/* Not below /tmp, where other sandboxes of the same user may watch over names that come. */
static char tree_root[] = "/var/tmp/fence-tree-XXXXXX";

/* "@" and what stands behind it, to an absolute path; everything else as it is. */
static inline void tree_expand(char *out, size_t cap, const char *text)
{
    size_t len = 0;

    for (; *text; text++) {
        len += (size_t)snprintf(out + len, cap - len, "%.*s", *text == '@' ? 32 : 1,
                                *text == '@' ? tree_root : text);
        assert_true(len < cap);
    }
    out[len] = '\0';
}

/* And back. */
static inline void tree_shorten(char *out, size_t cap, const char *text)
{
    size_t len = strlen(tree_root);
    bool below = strncmp(text, tree_root, len) == 0 && (text[len] == '/' || !text[len]);

    snprintf(out, cap, "%s%s", below ? "@" : "", below ? text + len : text);
}

static inline const char *tree_at(const char *text)
{
    static char paths[4][TREE_PATH];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    tree_expand(path, TREE_PATH, text);
    return path;
}

static inline void tree_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static inline void tree_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
}

/* "@/a/" a folder, "@/a" an empty file, "@/a = text" a file, "@/a -> b" a link. */
static inline void tree_add(const char *line)
{
    char path[TREE_PATH];
    char *text, *target;

    tree_expand(path, sizeof path, line);
    text = strstr(path, " = ");
    target = strstr(path, " -> ");
    if (text)
        *text = '\0';
    if (target)
        *target = '\0';
    tree_parents(path);
    if (target)
        assert_int_equal(symlink(target + 4, path), 0);
    else if (path[strlen(path) - 1] != '/')
        tree_write(path, text ? text + 3 : "");
}

/* Up to a NULL. */
static inline void tree_add_all(const char *const *lines)
{
    for (; *lines; lines++)
        tree_add(*lines);
}

static inline int tree_open_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    return kind == FTW_DNR ? chmod(path, 0700) : 0;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int kind,
                                  struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* Everything at or below `path`, which need not be there. */
static inline void tree_remove(const char *path)
{
    nftw(path, tree_open_one, 16, FTW_PHYS);
    nftw(path, tree_remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

static inline int tree_setup(void **state)
{
    (void)state;
    memcpy(tree_root + sizeof tree_root - 7, "XXXXXX", 6);
    return mkdtemp(tree_root) ? chmod(tree_root, 0755) : -1;
}

static inline int tree_teardown(void **state)
{
    (void)state;
    tree_remove(tree_root);
    return access(tree_root, F_OK) == 0 ? -1 : 0;
}

/* Runs a program with words that are expanded, up to a NULL; what it says but for errors is not
 * seen. */
static inline bool tree_run(const char *const *words)
{
    char texts[16][TREE_PATH];
    char *argv[17] = {0};
    int status = 0;
    pid_t child;

    for (size_t i = 0; words[i]; i++) {
        assert_true(i < 16);
        tree_expand(texts[i], sizeof texts[i], words[i]);
        argv[i] = texts[i];
    }
    child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 0);
        dup2(null, 1);
        setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
        setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
        setenv("GIT_AUTHOR_NAME", "a", 1);
        setenv("GIT_AUTHOR_EMAIL", "a@b", 1);
        setenv("GIT_COMMITTER_NAME", "a", 1);
        setenv("GIT_COMMITTER_EMAIL", "a@b", 1);
        setenv("GIT_ALLOW_PROTOCOL", "file", 1);
        setenv("GIT_CONFIG_COUNT", "2", 1); /* nothing in the background */
        setenv("GIT_CONFIG_KEY_0", "gc.auto", 1);
        setenv("GIT_CONFIG_VALUE_0", "0", 1);
        setenv("GIT_CONFIG_KEY_1", "maintenance.auto", 1);
        setenv("GIT_CONFIG_VALUE_1", "false", 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Calls `work` in a child that is an ordinary user; its answer has to fit in seven bits. */
static inline int tree_as_user(int (*work)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        if (geteuid() == 0 && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
            _exit(126);
        _exit(work());
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
