/* SPDX-License-Identifier: Apache-2.0
 * test_exec_trace.c - an execve(2) that goes on under our eyes. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/exec_said.h"
#include "sandbox/exec_trace.h"
#include "support/notified.h"

struct seen {
    int checks;
    pid_t pid;
    char word[64]; /* the last */
    bool passes;
};

static bool check(void *payload, pid_t pid)
{
    struct seen *seen = payload;
    struct exec_said said;

    seen->checks++;
    seen->pid = pid;
    assert_int_equal(exec_said_look(&said, pid, NULL), 0);
    assert_true(said.count > 0);
    snprintf(seen->word, sizeof seen->word, "%.*s", STR_ARG(said.words[said.count - 1].text));
    exec_said_deinit(&said);
    return seen->passes;
}

/* Whoever is traced by its parent's process is gone for the parent once it was waited for; in a
 * sandbox nobody's child is ours. So one more stands between: it ends as its child does. */
static int (*inner_work)(void);

static int in_a_child(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(inner_work());
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static struct side start(int (*work)(void))
{
    inner_work = work;
    return start_under(NOTIFY_EXECS, in_a_child);
}

struct tracing {
    const struct notify_call *call;
    struct seen *seen;
};

static void *trace_there(void *argument)
{
    struct tracing *tracing = argument;

    exec_trace(tracing->call, check, tracing->seen);
    return NULL;
}

/* By a thread that is no parent. */
static void trace(const struct notify_call *call, struct seen *seen)
{
    struct tracing tracing = {call, seen};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, trace_there, &tracing), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static int executes(void)
{
    execl("/bin/sh", "sh", "-c", "exit 7", NULL);
    return errno;
}

static int fails(void)
{
    execl("/nowhere/program", "program", NULL);
    return errno == ENOENT ? 9 : 10;
}

static int no_program(void)
{
    execl("/etc/passwd", "passwd", NULL);
    return errno == EACCES ? 9 : 10;
}

static void *execute_there(void *argument)
{
    executes();
    return argument;
}

/* A thread that is not the first: the process has its number afterwards. */
static int by_a_thread(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, execute_there, NULL);
    pthread_join(thread, NULL);
    return 8;
}

/* A signal that waits is not lost when the call fails. */
static void on_signal(int number)
{
    (void)number;
    _exit(11);
}

static int with_a_signal(void)
{
    sigset_t set;

    signal(SIGUSR1, on_signal);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    execl("/nowhere/program", "program", NULL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    return 12;
}

static const struct {
    const char *name;
    int (*work)(void);
    bool passes;
    int checks, status; /* of the child; 128 and the signal that ended it */
} rows[] = {
    {"it executes", executes, true, 1, 7},
    {"it is not to be", executes, false, 1, 128 + SIGKILL},
    {"it fails", fails, true, 0, 9},
    {"it fails otherwise", no_program, true, 0, 9},
    {"another thread executes", by_a_thread, true, 1, 7},
    {"another thread, and is not to", by_a_thread, false, 1, 128 + SIGKILL},
    {"it fails with a signal under way", with_a_signal, true, 0, 11},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct side side = start(rows[i].work);
        struct notify_call call = next(&side);
        struct seen seen = {.passes = rows[i].passes};
        pid_t pid = notify_process(call.tid);
        int status;

        trace(&call, &seen);
        status = end(&side);
        if (status != rows[i].status || seen.checks != rows[i].checks)
            fail_msg("%s: %d checks, status %d", rows[i].name, seen.checks, status);
        if (seen.checks > 0 && (seen.pid != pid || strcmp(seen.word, "exit 7") != 0))
            fail_msg("%s: %d is '%s'", rows[i].name, (int)seen.pid, seen.word);
    }
}

/* The words are changed after they were read: what is checked is what the kernel took. */
static const char *changing[] = {"sh", "-c", "exit 7", NULL};

static int with_words(void)
{
    execv("/bin/sh", (char **)changing);
    return 8;
}

static void test_changed(void **state)
{
    struct side side = start(with_words);
    struct notify_call call = next(&side);
    struct seen seen = {.passes = false};
    struct exec_said before;
    const char *other = "exit 8";
    char path[64];
    int memory;

    (void)state;
    notify_decode(&call);
    assert_int_equal(exec_said_read(&before, &call), 0);
    assert_true(str_equal(before.words[2].text, STR("exit 7")));
    exec_said_deinit(&before);
    snprintf(path, sizeof path, "/proc/%d/mem", (int)call.tid);
    memory = open(path, O_RDWR);
    assert_int_equal(pwrite(memory, &other, sizeof other, (off_t)(uintptr_t)&changing[2]),
                     sizeof other);
    close(memory);
    trace(&call, &seen);
    assert_string_equal(seen.word, "exit 8");
    assert_int_equal(end(&side), 128 + SIGKILL);
}

/* The caller is gone before it is answered. */
static void test_gone(void **state)
{
    struct side side = start(executes);
    struct notify_call call = next(&side);
    struct seen seen = {.passes = true};

    (void)state;
    kill(call.tid, SIGKILL);
    trace(&call, &seen);
    assert_int_equal(end(&side), 128 + SIGKILL);
    assert_int_equal(seen.checks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
