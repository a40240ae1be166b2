/* SPDX-License-Identifier: Apache-2.0
 * test_unix_socket.c - what stands at a path before somebody listens there, and afterwards. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "proxy/unix_socket.h"
#include "support/descriptors.h"
#include "support/sockets.h"

#define LONGEST 107

static char folder[] = "/tmp/fence-unix-XXXXXX"; /* made once, before the tests */

/* ---- what stands there ---- */

enum what { NOTHING, LEFT_BEHIND, SERVED, FILE_THERE, FOLDER_THERE, LINK_TO_LEFT_BEHIND, OTHERS };

static int open_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(at.sun_path, path, strlen(path) + 1);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Returns a descriptor to be closed, or -1. */
static int prepare(enum what what, const char *path)
{
    char other[sizeof folder + 8];
    int fd;

    snprintf(other, sizeof other, "%s/other", folder);
    switch (what) {
    case NOTHING:
        return -1;
    case LEFT_BEHIND:
        close(open_at(path));
        return -1;
    case SERVED:
        fd = open_at(path);
        assert_int_equal(listen(fd, 1), 0);
        return fd;
    case FILE_THERE:
        fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        assert_int_equal(write(fd, "mine", 4), 4);
        return fd;
    case FOLDER_THERE:
        assert_int_equal(mkdir(path, 0700), 0);
        return -1;
    case LINK_TO_LEFT_BEHIND:
        close(open_at(other));
        assert_int_equal(symlink(other, path), 0);
        return -1;
    case OTHERS:
        close(open_at(path));
        assert_int_equal(lchown(path, 65534, 65534), 0);
        return -1;
    }
    return -1;
}

static void clear(const char *path)
{
    char other[sizeof folder + 8];

    snprintf(other, sizeof other, "%s/other", folder);
    remove(path);
    remove(other);
}

/* ---- binding ---- */

static const struct {
    const char *name;
    enum what what;
    int rc;
    const char *cure; /* a part of it; NULL: none */
} rows[] = {
    {"a path that is free", NOTHING, 0, NULL},
    {"a socket that nobody serves", LEFT_BEHIND, 0, NULL},
    {"a socket that is served", SERVED, -EADDRINUSE, "somebody serves it"},
    {"a file", FILE_THERE, -EADDRINUSE, "no socket of yours"},
    {"a folder", FOLDER_THERE, -EADDRINUSE, "no socket of yours"},
    {"a link to a socket that nobody serves", LINK_TO_LEFT_BEHIND, -EADDRINUSE, "no socket"},
    {"another user's socket that nobody serves", OTHERS, -EADDRINUSE, "no socket of yours"},
};

static int bind_at(uv_loop_t *loop, uv_pipe_t *pipe, const char *path, const char **cure)
{
    assert_int_equal(uv_pipe_init(loop, pipe, 0), 0);
    return unix_socket_bind(pipe, path, cure);
}

static void check(size_t i, const char *path)
{
    struct stat before = {0}, after = {0};
    const char *cure = NULL;
    int fd = prepare(rows[i].what, path), rc;
    uv_loop_t loop;
    uv_pipe_t pipe;

    lstat(path, &before);
    assert_int_equal(uv_loop_init(&loop), 0);
    rc = bind_at(&loop, &pipe, path, &cure);
    if (rc != rows[i].rc)
        fail_msg("%s: %s", rows[i].name, strerror(-rc));
    if ((cure != NULL) != (rows[i].cure != NULL) || (cure && !strstr(cure, rows[i].cure)))
        fail_msg("%s: cure '%s'", rows[i].name, cure ? cure : "");
    if (lstat(path, &after) < 0)
        fail_msg("%s: nothing is there", rows[i].name);
    if (rc == 0 && after.st_mode != (S_IFSOCK | 0600))
        fail_msg("%s: mode %o", rows[i].name, after.st_mode);
    if (rc < 0 && (after.st_ino != before.st_ino || after.st_mode != before.st_mode ||
                   after.st_size != before.st_size))
        fail_msg("%s: it was touched", rows[i].name);
    uv_close((uv_handle_t *)&pipe, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    if ((lstat(path, &after) == 0) != (rc < 0))
        fail_msg("%s: %s", rows[i].name, rc < 0 ? "it is gone" : "it was left behind");
    if (fd >= 0)
        close(fd);
}

static void test_rows(void **state)
{
    char path[sizeof folder + 8];
    size_t before;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0); /* the first one opens what all share */
    assert_int_equal(uv_loop_close(&loop), 0);
    before = descriptors_open();
    snprintf(path, sizeof path, "%s/socket", folder);
    umask(0); /* whatever it is, the mode is 0600 */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].what == OTHERS && geteuid() != 0) {
            print_message("%s: only root can make one\n", rows[i].name);
            continue;
        }
        check(i, path);
        clear(path);
    }
    assert_int_equal(descriptors_open(), before);
}

static const struct {
    const char *name;
    size_t len;
    int rc;
} lengths[] = {
    {"no path", 0, -EINVAL},
    {"the longest path", LONGEST, 0},
    {"one byte more", LONGEST + 1, -EINVAL},
    {"much too long", 4000, -EINVAL},
};

static void test_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char path[4096] = "";
        const char *cure = NULL;
        uv_loop_t loop;
        uv_pipe_t pipe;
        int rc;

        if (lengths[i].len > 0) {
            size_t len = (size_t)snprintf(path, sizeof path, "%s/", folder);

            memset(path + len, 'p', lengths[i].len - len);
        }
        assert_int_equal(uv_loop_init(&loop), 0);
        rc = bind_at(&loop, &pipe, path, &cure);
        if (rc != lengths[i].rc || (cure != NULL) != (rc < 0))
            fail_msg("%s: %s", lengths[i].name, strerror(-rc));
        if ((access(path, F_OK) == 0) != (rc == 0))
            fail_msg("%s: another path", lengths[i].name);
        uv_close((uv_handle_t *)&pipe, NULL);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&loop), 0);
    }
}

/* ---- who is there ---- */

static bool is_ours(uv_loop_t *loop, int fd)
{
    uv_pipe_t pipe;
    bool ours;

    assert_int_equal(uv_pipe_init(loop, &pipe, 0), 0);
    assert_int_equal(uv_pipe_open(&pipe, fd), 0);
    ours = unix_socket_is_ours((uv_handle_t *)&pipe);
    uv_close((uv_handle_t *)&pipe, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    return ours;
}

/* A TCP socket tells of nobody, so that it is nobody's. */
static void test_is_ours(void **state)
{
    int ends[2], port, listener = sockets_listen(&port);
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_true(is_ours(&loop, ends[0]));
    close(ends[1]);
    assert_true(listener >= 0);
    assert_false(is_ours(&loop, sockets_connect(port)));
    close(listener);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_is_ours),
    };
    int status;

    if (!mkdtemp(folder))
        return 1;
    status = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(folder) != 0 || status; /* and nothing was left in it */
}
