/* SPDX-License-Identifier: Apache-2.0
 * test_image.c - the embedded helper and the system call filter: nobody can write to them; the
 * helper runs. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/filter.h"
#include "sandbox/image.h"

static int open_filter(fence_error *err)
{
    return image_open_filter(false, err);
}

static int open_nested_filter(fence_error *err)
{
    return image_open_filter(true, err);
}

static int open_by(int (*open_it)(fence_error *err))
{
    fence_error err = {0};
    int fd = open_it(&err);

    if (fd < 0)
        fail_msg("%s", err.message);
    return fd;
}

static int open_image(void)
{
    return open_by(image_open);
}

static void test_content(void **state)
{
    char magic[4] = {0};
    struct stat st;
    int fd = open_image();

    (void)state;
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(st.st_size > 4096 && st.st_size < 4 * 1024 * 1024);
    assert_int_equal(pread(fd, magic, sizeof magic, 0), sizeof magic);
    assert_memory_equal(magic, "\177ELF", 4);
    close(fd);
}

/* Each tries to change the file, and returns 0 when it could. */
static int try_write(int fd)
{
    return pwrite(fd, "x", 1, 0) == 1 ? 0 : -errno;
}

static int try_append(int fd)
{
    return pwrite(fd, "x", 1, lseek(fd, 0, SEEK_END)) == 1 ? 0 : -errno;
}

static int try_truncate(int fd)
{
    return ftruncate(fd, 0) == 0 ? 0 : -errno;
}

static int try_grow(int fd)
{
    return ftruncate(fd, 1 << 24) == 0 ? 0 : -errno;
}

static int try_punch(int fd)
{
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0 ? 0 : -errno;
}

static int try_map(int fd)
{
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (map == MAP_FAILED)
        return -errno;
    munmap(map, 4096);
    return 0;
}

static int try_reopen(int fd)
{
    char path[32];
    int again, rc;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    again = open(path, O_RDWR | O_CLOEXEC);
    if (again < 0)
        return -errno;
    rc = try_write(again);
    close(again);
    return rc;
}

static int try_unseal(int fd)
{
    return fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0 ? 0 : -errno;
}

static void test_sealed(void **state)
{
    static const struct {
        const char *name;
        int (*attempt)(int fd);
    } rows[] = {
        {"write", try_write},
        {"append", try_append},
        {"truncate", try_truncate},
        {"grow", try_grow},
        {"punch a hole", try_punch},
        {"map shared and writable", try_map},
        {"reopen by /proc", try_reopen},
        {"another seal", try_unseal},
    };
    static int (*const opens[])(fence_error * err) = {image_open, open_filter, open_nested_filter};

    (void)state;
    for (size_t o = 0; o < ARRAY_LEN(opens); o++) {
        int fd = open_by(opens[o]);

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            if (rows[i].attempt(fd) == 0)
                fail_msg("%s: possible", rows[i].name);
        }
        close(fd);
    }
}

/* bubblewrap reads it from where it stands to its end. */
static void test_filter(void **state)
{
    char closed[16 * 1024], nested[16 * 1024];
    int a = open_by(open_filter), b = open_by(open_nested_filter);
    ssize_t closed_size = read(a, closed, sizeof closed);
    ssize_t nested_size = read(b, nested, sizeof nested);

    (void)state;
    assert_int_equal(fcntl(a, F_GETFD), FD_CLOEXEC);
    assert_int_equal(closed_size, filter_closed_size);
    assert_memory_equal(closed, filter_closed, filter_closed_size);
    assert_int_equal(nested_size, filter_nested_size);
    assert_memory_equal(nested, filter_nested, filter_nested_size);
    assert_true(nested_size < closed_size);
    close(a);
    close(b);
}

/* Without its arguments it says 125, and it is inner that says so: exec failed is 99 here. */
static void test_executable(void **state)
{
    int fd = open_image(), status;
    char path[32];
    pid_t pid;

    (void)state;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    pid = fork();
    if (pid == 0) {
        execl(path, "fence-inner", (char *)NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 125);
    close(fd);
}

/* As inner.h says it: offsets, a 0, and what they lead to. */
static void test_environment(void **state)
{
    char a[] = "A=1", empty[] = "", b[] = "B=x=y \n";
    char *lists[][4] = {{NULL}, {a, NULL}, {a, empty, b, NULL}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        fence_error err = {0};
        int fd = image_open_env(lists[i], &err);
        struct stat st;
        const char *bytes;
        const uintptr_t *offsets;
        size_t n = 0;

        assert_true(fd >= 0);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_int_equal(write(fd, "x", 1), -1);
        assert_int_equal(fstat(fd, &st), 0);
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        assert_true(bytes != MAP_FAILED);
        offsets = (const uintptr_t *)(const void *)bytes;
        for (; lists[i][n]; n++) {
            assert_true(offsets[n] + strlen(lists[i][n]) < (size_t)st.st_size);
            assert_string_equal(bytes + offsets[n], lists[i][n]);
        }
        assert_int_equal(offsets[n], 0);
        munmap((void *)(uintptr_t)bytes, (size_t)st.st_size);
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment), cmocka_unit_test(test_content),
        cmocka_unit_test(test_sealed),      cmocka_unit_test(test_filter),
        cmocka_unit_test(test_executable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
