/* SPDX-License-Identifier: Apache-2.0
 * test_freeze.c - processes that stand still, and what they have open. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "sandbox/freeze.h"
#include "sandbox/held.h"

/* ---- processes of ours ---- */

struct helper {
    pid_t pid;
    int to, from; /* it answers each byte with one */
};

static char read_byte(int fd)
{
    char byte = '!';

    return read(fd, &byte, 1) == 1 ? byte : '!';
}

static void write_byte(int fd, char byte)
{
    if (write(fd, &byte, 1) != 1)
        _exit(1);
}

/* In a child: `work` once, and then an answer to every byte. */
static struct helper start(void (*work)(const char *), const char *word)
{
    struct helper helper;
    int to[2], from[2];

    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    helper = (struct helper){.pid = fork(), .to = to[1], .from = from[0]};
    assert_true(helper.pid >= 0);
    if (helper.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(to[1]);
        close(from[0]);
        work(word);
        for (write_byte(from[1], 'r'); read_byte(to[0]) != '!';)
            write_byte(from[1], 'a');
        _exit(0);
    }
    close(to[0]);
    close(from[1]);
    assert_int_equal(read_byte(helper.from), 'r');
    return helper;
}

static void end(struct helper *helper)
{
    kill(helper->pid, SIGKILL);
    waitpid(helper->pid, NULL, 0);
    close(helper->to);
    close(helper->from);
}

static char state_of(pid_t pid)
{
    char path[64], line[512];
    const char *behind;
    ssize_t len;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    len = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    close(fd);
    line[len > 0 ? len : 0] = '\0';
    behind = strrchr(line, ')');
    return behind && behind[1] ? behind[2] : '-';
}

static bool has(const struct frozen *frozen, pid_t pid)
{
    for (size_t i = 0; i < frozen->count; i++) {
        if (frozen->pids[i] == pid)
            return true;
    }
    return false;
}

static void nothing(const char *word)
{
    (void)word;
}

/* ---- standing still ---- */

static pid_t
    *shared; /* what a child of a child has to say: [0] its number, [1] that it shall end */

static void fork_another(const char *word)
{
    (void)word;
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        __atomic_store_n(&shared[0], getpid(), __ATOMIC_SEQ_CST);
        for (;;)
            pause();
    }
    while (!__atomic_load_n(&shared[0], __ATOMIC_SEQ_CST))
        sched_yield();
}

static void test_all(void **state)
{
    struct helper one, two;
    struct frozen frozen;

    (void)state;
    shared[0] = 0;
    one = start(nothing, "");
    two = start(fork_another, "");
    assert_int_equal(freeze(&frozen, getpid()), 0);
    assert_int_equal(frozen.count, 3);
    assert_false(has(&frozen, getpid()));
    assert_int_equal(state_of(one.pid), 'T');
    assert_int_equal(state_of(two.pid), 'T');
    assert_int_equal(state_of(shared[0]), 'T');
    for (size_t i = 0; i < frozen.count; i++) /* parents first */
        assert_true(frozen.pids[i] != shared[0] || i == 2 || frozen.pids[i - 1] == two.pid);
    write_byte(one.to, 'x');
    assert_int_equal(poll(&(struct pollfd){.fd = one.from, .events = POLLIN}, 1, 0), 0);
    thaw(&frozen);
    assert_null(frozen.pids);
    assert_int_equal(frozen.count, 0);
    assert_int_equal(read_byte(one.from), 'a');
    write_byte(two.to, 'x');
    assert_int_equal(read_byte(two.from), 'a');
    assert_int_not_equal(state_of(shared[0]), 'T');
    end(&one);
    end(&two);
}

/* The first one goes on, and what is beside it. */
static void test_below(void **state)
{
    struct helper one, two;
    struct frozen frozen;

    (void)state;
    shared[0] = 0;
    one = start(nothing, "");
    two = start(fork_another, "");
    assert_int_equal(freeze(&frozen, two.pid), 0);
    assert_int_equal(frozen.count, 1);
    assert_int_equal(frozen.pids[0], shared[0]);
    write_byte(one.to, 'x');
    assert_int_equal(read_byte(one.from), 'a');
    write_byte(two.to, 'x');
    assert_int_equal(read_byte(two.from), 'a');
    thaw(&frozen);
    end(&one);
    end(&two);
}

static void test_none(void **state)
{
    struct frozen frozen;
    struct helper one = start(nothing, "");

    (void)state;
    assert_int_equal(freeze(&frozen, one.pid), 0);
    assert_int_equal(frozen.count, 0);
    thaw(&frozen);
    kill(one.pid, SIGKILL); /* and is not waited for: a zombie stands still by itself */
    assert_int_equal(waitid(P_PID, (id_t)one.pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    assert_int_equal(freeze(&frozen, getpid()), 0);
    thaw(&frozen);
    end(&one);
    assert_int_equal(freeze(&frozen, one.pid), 0); /* gone */
    thaw(&frozen);
    thaw(&frozen);
}

/* One that forks and ends, again and again: each is a moment old. It is stopped, or that is told.
 */
static void run_away(const char *word)
{
    pid_t first = getpid();

    (void)word;
    for (pid_t child = fork(); child == 0; child = fork()) {
        if (__atomic_load_n(&shared[1], __ATOMIC_SEQ_CST))
            _exit(0);
    }
    if (getpid() != first)
        _exit(0);
}

static void test_running_away(void **state)
{
    struct helper one;
    struct frozen frozen;
    int rc;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    shared[1] = 0;
    one = start(run_away, "");
    rc = freeze(&frozen, getpid());
    if (rc != 0)
        assert_int_equal(rc, -EAGAIN);
    for (size_t i = 0; rc == 0 && i < frozen.count; i++)
        assert_null(strchr("RS", state_of(frozen.pids[i])));
    __atomic_store_n(&shared[1], 1, __ATOMIC_SEQ_CST);
    thaw(&frozen);
    end(&one);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* ---- parents ---- */

static void rename_self(const char *word)
{
    prctl(PR_SET_NAME, word);
}

static void test_parent(void **state)
{
    static const char *const names[] = {"plain", ") S 1 (", "a) R 1 1", "\n) Z 0", "((("};

    (void)state;
    assert_int_equal(process_parent(getpid()), getppid());
    assert_int_equal(process_parent(0), 0);
    assert_int_equal(process_parent(INT32_MAX), 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct helper one = start(rename_self, names[i]);

        if (process_parent(one.pid) != getpid())
            fail_msg("'%s': %d", names[i], (int)process_parent(one.pid));
        end(&one);
        assert_int_equal(process_parent(one.pid), 0);
    }
}

/* ---- what is open ---- */

static char folder[] = "/tmp/fence-freeze-XXXXXX";
static char file[64];
static pthread_barrier_t barrier;

static void open_to_read(const char *path)
{
    open(path, O_RDONLY);
}

static void open_to_write(const char *path)
{
    open(path, O_WRONLY);
}

static void open_for_both(const char *path)
{
    open(path, O_RDWR);
}

static void open_and_close(const char *path)
{
    close(open(path, O_RDWR));
}

static void open_as_path(const char *path)
{
    open(path, O_PATH);
}

static void open_many(const char *path)
{
    for (int i = 0; i < 200; i++)
        open("/dev/null", O_RDONLY);
    open(path, O_WRONLY);
}

static void go_into(const char *path)
{
    if (chdir(path) < 0)
        _exit(1);
}

static void *thread_alone(void *path)
{
    unshare(CLONE_FILES | CLONE_FS);
    open(path, O_WRONLY);
    pthread_barrier_wait(&barrier);
    for (;;)
        pause();
    return NULL;
}

/* Returns when the thread has done what it does with `path`. */
static void in_thread(void *(*run)(void *path), const char *path)
{
    pthread_t thread;

    pthread_barrier_init(&barrier, NULL, 2);
    if (pthread_create(&thread, NULL, run, (void *)(uintptr_t)path))
        _exit(1);
    pthread_barrier_wait(&barrier);
}

/* It has descriptors of its own, which those of the process do not show. */
static void open_in_thread(const char *path)
{
    in_thread(thread_alone, path);
}

static void *thread_in_folder(void *path)
{
    unshare(CLONE_FS);
    go_into(path);
    pthread_barrier_wait(&barrier);
    for (;;)
        pause();
    return NULL;
}

static void go_into_in_thread(const char *path)
{
    in_thread(thread_in_folder, path);
}

static void map(const char *path, int flags, int protection, int sharing)
{
    int fd = open(path, flags);

    if (fd < 0 || truncate(path, 4096) < 0 ||
        mmap(NULL, 4096, protection, sharing, fd, 0) == MAP_FAILED)
        _exit(1);
    close(fd);
}

static void map_shared(const char *path)
{
    map(path, O_RDWR, PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void map_private(const char *path)
{
    map(path, O_RDONLY, PROT_READ, MAP_PRIVATE);
}

static const struct {
    const char *name;
    void (*work)(const char *);
    const char *path; /* that is opened; the same is asked for */
    bool reading, writing;
} open_rows[] = {
    {"nothing", nothing, file, false, false},
    {"closed again", open_and_close, file, false, false},
    {"to be read", open_to_read, file, true, false},
    {"to be written", open_to_write, file, true, true},
    {"for both", open_for_both, file, true, true},
    {"as a path, which can be opened again", open_as_path, file, true, true},
    {"one of many", open_many, file, true, true},
    {"a folder, by which one writes in it", open_to_read, folder, true, true},
    {"the current folder", go_into, folder, true, true},
    {"in a thread with descriptors of its own", open_in_thread, file, true, true},
    {"in memory that is shared, and closed", map_shared, file, true, true},
    {"in memory of its own, and closed", map_private, file, true, false},
    {"the folder of a file that is open", open_to_write, folder, false, false},
    {"the current folder of a thread", go_into_in_thread, folder, true, true},
};

static void test_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(open_rows); i++) {
        struct helper one = start(open_rows[i].work, open_rows[i].path);
        struct frozen frozen;

        assert_int_equal(freeze(&frozen, getpid()), 0);
        if (frozen_holds(&frozen, open_rows[i].path, HELD_AT_ALL) != open_rows[i].reading)
            fail_msg("%s: reading", open_rows[i].name);
        if (frozen_holds(&frozen, open_rows[i].path, HELD_FOR_WRITING) != open_rows[i].writing)
            fail_msg("%s: writing", open_rows[i].name);
        assert_int_equal(frozen_holds(&frozen, __FILE__ ".none", HELD_AT_ALL), 0);
        thaw(&frozen);
        end(&one);
    }
}

static void *outlive(void *unused)
{
    char byte = 'r';

    (void)unused;
    while (state_of(getpid()) != 'Z')
        sched_yield();
    if (write(shared[3], &byte, 1) != 1)
        _exit(1);
    for (;;)
        pause();
    return NULL;
}

/* Its first thread has ended, and with it what /proc/PID/fd shows; another one has it open. */
static void test_open_without_leader(void **state)
{
    struct frozen frozen;
    int ready[2];
    pid_t child;

    (void)state;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    shared[3] = ready[1];
    child = fork();
    if (child == 0) {
        pthread_t thread;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        open_to_write(file);
        if (pthread_create(&thread, NULL, outlive, NULL))
            _exit(1);
        syscall(SYS_exit, 0);
    }
    assert_true(child > 0);
    assert_int_equal(read_byte(ready[0]), 'r');
    assert_int_equal(freeze(&frozen, getpid()), 0);
    assert_int_equal(frozen_holds(&frozen, file, HELD_FOR_WRITING), 1);
    thaw(&frozen);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
}

/* One that nobody waits for has nothing open any more: of no consequence, even where its
 * /proc/PID/fd is closed to us. */
static void test_gone(void **state)
{
    struct helper one = start(open_to_write, file);
    struct frozen frozen;

    (void)state;
    assert_int_equal(freeze(&frozen, getpid()), 0);
    assert_int_equal(frozen_holds(&frozen, file, HELD_AT_ALL), 1);
    kill(one.pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)one.pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    assert_int_equal(frozen_holds(&frozen, file, HELD_AT_ALL), 0);
    end(&one);
    assert_int_equal(frozen_holds(&frozen, file, HELD_AT_ALL), 0);
    free(frozen.pids); /* the number may be another's by now */
}

static int setup(void **state)
{
    (void)state;
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || !mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/file", folder);
    return close(creat(file, 0600));
}

static int teardown(void **state)
{
    (void)state;
    return unlink(file) || rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_running_away),
        cmocka_unit_test(test_parent),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_open_without_leader),
        cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
