/* SPDX-License-Identifier: Apache-2.0
 * test_live.c - mounts in namespaces of another process, seen by its /proc/PID/root. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/time.h>

#include <cmocka.h>

#include "unit/tree.h"

#include "base/base.h"
#include "sandbox/live.h"
#include "support/descriptors.h"
#include "support/namespace.h"

#define MOST 4

static const char *const tree[] = {"@/file = text",    "@/folder/file = text", "@/folder/sub/file",
                                   "@/link -> folder", "@/other/file",         NULL};

/* ---- a process with namespaces of its own ---- */

static void write_to(pid_t pid, const char *name, const char *text)
{
    char path[64];
    int fd;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* 0 where namespaces are not allowed. */
static pid_t start(void)
{
    char map[64], answer = 'n';
    int ready[2];
    pid_t child;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        answer = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 ? 'y' : 'n';
        if (write(ready[1], &answer, 1) != 1 || answer == 'n')
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (read(ready[0], &answer, 1) != 1 || answer != 'y') {
        waitpid(child, NULL, 0);
        child = 0;
    }
    close(ready[0]);
    if (child > 0) {
        write_to(child, "setgroups", "deny");
        snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
        write_to(child, "uid_map", map);
        snprintf(map, sizeof map, "0 %u 1", (unsigned)getegid());
        write_to(child, "gid_map", map);
    }
    return child;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* ---- what it sees ---- */

static const char *inside(pid_t pid, const char *text)
{
    static char path[TREE_PATH];

    snprintf(path, sizeof path, "/proc/%d/root%s", (int)pid, tree_at(text));
    return path;
}

static int error_of_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static size_t entries(const char *path)
{
    DIR *stream = opendir(path);
    size_t count = 0;

    assert_non_null(stream);
    while (readdir(stream))
        count++;
    closedir(stream);
    return count - 2;
}

static const struct {
    const char *name;
    struct {
        enum mount_kind kind;
        const char *path;
    } mounts[MOST];
    size_t count;
    struct {
        const char *path;
        int read, write; /* errno */
    } expect[MOST];
} rows[] = {
    {"none", {{0}}, 0, {{"@/file", 0, 0}}},
    {"a file is read only",
     {{MOUNT_READ_ONLY, "@/file"}},
     1,
     {{"@/file", 0, EROFS}, {"@/folder/file", 0, 0}}},
    {"a folder is read only",
     {{MOUNT_READ_ONLY, "@/folder"}},
     1,
     {{"@/folder/file", 0, EROFS}, {"@/folder/sub/file", 0, EROFS}, {"@/file", 0, 0}}},
    {"writable within",
     {{MOUNT_READ_ONLY, "@/folder"}, {MOUNT_WRITABLE, "@/folder/sub"}},
     2,
     {{"@/folder/file", 0, EROFS}, {"@/folder/sub/file", 0, EROFS}}},
    {"read only within",
     {{MOUNT_WRITABLE, "@/folder"}, {MOUNT_READ_ONLY_TRY, "@/folder/sub"}},
     2,
     {{"@/folder/file", 0, 0}, {"@/folder/sub/file", 0, EROFS}}},
    {"a hidden file", {{MOUNT_HIDDEN_FILE, "@/file"}}, 1, {{"@/file", EACCES, EACCES}}},
    {"a hidden folder",
     {{MOUNT_HIDDEN_FOLDER, "@/folder"}},
     1,
     {{"@/folder/file", ENOENT, ENOENT}, {"@/file", 0, 0}}},
    {"a hidden file in what is read only",
     {{MOUNT_READ_ONLY, "@/folder"}, {MOUNT_HIDDEN_FILE, "@/folder/sub/file"}},
     2,
     {{"@/folder/file", 0, EROFS}, {"@/folder/sub/file", EACCES, EROFS}}},
    {"twice at one place",
     {{MOUNT_READ_ONLY, "@/file"}, {MOUNT_HIDDEN_FILE, "@/file"}},
     2,
     {{"@/file", EACCES, EACCES}}},
};

static void fill(struct mount *mounts, const struct mount **list, size_t row)
{
    for (size_t i = 0; i < rows[row].count; i++) {
        mounts[i] = (struct mount){.kind = rows[row].mounts[i].kind,
                                   .path = strdup(tree_at(rows[row].mounts[i].path))};
        list[i] = &mounts[i];
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
        struct mount mounts[MOST] = {0};
        const struct mount *list[MOST] = {0};
        size_t before = descriptors_open();
        fence_error err = {0};
        pid_t pid = start();

        fill(mounts, list, row);
        if (live_mount(pid, list, rows[row].count, &err) != 0)
            fail_msg("%s: %s", rows[row].name, err.message);
        for (size_t i = 0; i < MOST && rows[row].expect[i].path; i++) {
            const char *path = rows[row].expect[i].path;
            int reading = error_of_open(inside(pid, path), O_RDONLY);
            int writing = error_of_open(inside(pid, path), O_WRONLY);

            if (reading != rows[row].expect[i].read ||
                (writing != rows[row].expect[i].write && !(reading && writing)))
                fail_msg("%s: '%s': %s, %s", rows[row].name, path, strerror(reading),
                         strerror(writing));
            assert_int_equal(error_of_open(tree_at(path), O_RDWR), 0); /* as it was, outside */
        }
        for (size_t i = 0; i < rows[row].count; i++)
            free(mounts[i].path);
        end(pid);
        if (descriptors_open() != before)
            fail_msg("%s: a descriptor is left", rows[row].name);
        assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
    }
}

/* It no longer follows the mounts that it is a copy of: mountinfo of proc(5). */
static bool follows(pid_t pid)
{
    char path[64], line[4096];
    bool found = false;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/mountinfo", (int)pid);
    file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        found = found || strstr(line, " master:");
    fclose(file);
    return found;
}

static void test_part(void **state)
{
    size_t before = descriptors_open();

    (void)state;
    for (int wait = 0; wait < 2; wait++) {
        fence_error err = {0};
        pid_t pid = start();

        if (live_part(pid, wait, &err) != 0)
            fail_msg("%s", err.message);
        for (int i = 0; i < 2000 && follows(pid); i++)
            usleep(1000);
        assert_false(follows(pid));
        end(pid);
    }
    for (int i = 0; i < 2000 && descriptors_open() != before; i++)
        usleep(1000); /* the thread's */
    assert_int_equal(descriptors_open(), before);
    assert_true(live_part(getpid(), true, NULL) < 0); /* nobody enters what he is in */
}

static void test_hidden_folder(void **state)
{
    struct mount mount = {.kind = MOUNT_HIDDEN_FOLDER, .path = strdup(tree_at("@/folder"))};
    const struct mount *list[] = {&mount};
    pid_t pid = start();

    (void)state;
    assert_int_equal(live_mount(pid, list, 1, NULL), 0);
    assert_int_equal(entries(inside(pid, "@/folder")), 0);
    assert_int_equal(error_of_open(inside(pid, "@/folder/new"), O_WRONLY | O_CREAT), EROFS);
    assert_int_equal(entries(tree_at("@/folder")), 2);
    free(mount.path);
    end(pid);
}

/* ---- what cannot be ---- */

static const struct {
    const char *name;
    enum mount_kind kind;
    const char *path;
    int error;
    const char *says;
} refused[] = {
    {"nothing there", MOUNT_READ_ONLY, "@/nothing", ENOENT, "/nothing' cannot be closed in the"},
    {"142 a link", MOUNT_READ_ONLY, "@/link", ELOOP, "/link' cannot be closed"},
    {"142 through a link", MOUNT_READ_ONLY, "@/link/file", ELOOP, "/link/file' cannot be closed"},
    {"a folder over a file", MOUNT_HIDDEN_FOLDER, "@/file", EINVAL, "/file' cannot be closed"},
    {"a file over a folder", MOUNT_HIDDEN_FILE, "@/folder", EINVAL, "/folder' cannot be closed"},
    {"a kind for the launcher", MOUNT_DIR, "@/folder", EINVAL, "Invalid argument"},
    {"another one", MOUNT_TMPFS, "@/folder", EINVAL, "Invalid argument"},
    {"138 ESC ]0; in a path", MOUNT_READ_ONLY, "@/\x1b]0;", ENOENT, "/\\x1b]0;' cannot"},
};

/* Those before it are made. */
static void test_refused(void **state)
{
    struct mount first = {.kind = MOUNT_READ_ONLY, .path = strdup(tree_at("@/other"))};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct mount mount = {.kind = refused[i].kind, .path = strdup(tree_at(refused[i].path))};
        const struct mount *list[] = {&first, &mount};
        size_t before = descriptors_open();
        fence_error err = {0};
        pid_t pid = start();
        int rc = live_mount(pid, list, 2, &err);

        if (rc != -refused[i].error || err.code != rc || !strstr(err.message, refused[i].says))
            fail_msg("%s: %d '%s'", refused[i].name, rc, err.message);
        assert_int_equal(error_of_open(inside(pid, "@/other/file"), O_WRONLY), EROFS);
        free(mount.path);
        end(pid);
        assert_int_equal(descriptors_open(), before);
    }
    free(first.path);
}

static void test_nobody(void **state)
{
    struct mount mount = {.kind = MOUNT_READ_ONLY, .path = strdup(tree_at("@/file"))};
    const struct mount *list[] = {&mount};
    fence_error err = {0};
    pid_t pid = start();

    (void)state;
    end(pid);
    assert_int_equal(live_mount(pid, list, 1, &err), -ENOENT);
    assert_non_null(strstr(err.message, "cannot enter the sandbox to mount in it"));
    assert_int_equal(live_mount(pid, list, 0, NULL), 0);
    free(mount.path);
}

/* ---- while signals come ---- */

static volatile sig_atomic_t signals;

static void on_alarm(int number)
{
    (void)number;
    signals++;
}

static void test_signals(void **state)
{
    static struct mount mounts[1000];
    static const struct mount *list[ARRAY_LEN(mounts)];
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    fence_error err = {0};
    pid_t pid = start();
    int rc;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
        mounts[i] = (struct mount){.kind = MOUNT_READ_ONLY, .path = strdup(tree_at("@/file"))};
        list[i] = &mounts[i];
    }
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    rc = live_mount(pid, list, ARRAY_LEN(mounts), &err);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    if (rc != 0)
        fail_msg("%d: '%s'", rc, err.message);
    assert_true(signals > 0);
    end(pid);
    for (size_t i = 0; i < ARRAY_LEN(mounts); i++)
        free(mounts[i].path);
}

static int setup(void **state)
{
    if (tree_setup(state) != 0)
        return -1;
    tree_add_all(tree);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_part),
        cmocka_unit_test(test_hidden_folder), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nobody),        cmocka_unit_test(test_signals),
    };
    pid_t pid = start();

    if (pid == 0 && !namespace_required()) {
        print_message("no user namespaces here: skipped\n");
        return 0;
    }
    if (pid > 0)
        end(pid);
    return cmocka_run_group_tests(tests, setup, tree_teardown);
}
