/* SPDX-License-Identifier: Apache-2.0
 * exec_trace_linux.c - see exec_trace.h.
 *
 * The caller waits for the host where signals do not wake it (notify_missing()). PTRACE_INTERRUPT,
 * sent there, stops a caller whose execve(2) failed, in its own program again; one that succeeds
 * stops at the event before. A tracer is a thread, and so are those it waits for
 * (__WNOTHREAD). */
#include "sandbox/exec_trace.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128 /* linux/ptrace.h */
#endif

static bool is_event(int status, int event)
{
    return status >> 8 == (SIGTRAP | event << 8);
}

/* The signal that it was about to get, if that is what has stopped it. */
static long signal_of(int status)
{
    return status >> 16 == 0 ? WSTOPSIG(status) : 0;
}

/* Of a thread that is not the first of its process the number changes with the execve(2), and where
 * another one of them executes before, it is gone without a word: ECHILD. */
static pid_t wait_for_stop(int *status)
{
    pid_t pid;

    do
        pid = waitpid(-1, status, __WALL | __WNOTHREAD);
    while (pid < 0 && errno == EINTR);
    return pid > 0 && WIFSTOPPED(*status) ? pid : -1;
}

static void end(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    while (wait_for_stop(&status) == pid) /* it dies of the signal as soon as it goes on */
        ptrace(PTRACE_CONT, pid, 0, 0);
}

/* The caller and we take turns. The kernel has woken us where it runs (notify_begin()); to stay
 * there saves waking a processor that idles, twice, which is dear in a virtual machine
 * (tests/bench/README.md). Where it cannot be had, the kernel chooses. */
static void stay_here(cpu_set_t *before)
{
    int here = sched_getcpu();
    cpu_set_t one;

    CPU_ZERO(&one);
    if (here >= 0)
        CPU_SET(here, &one);
    if (sched_getaffinity(0, sizeof *before, before) < 0)
        CPU_ZERO(before);
    else
        sched_setaffinity(0, sizeof one, &one);
}

static void go_anywhere(const cpu_set_t *before)
{
    sched_setaffinity(0, sizeof *before, before);
}

static void trace(const struct notify_call *call, exec_check check, void *payload)
{
    int status;
    pid_t pid;

    if (ptrace(PTRACE_SEIZE, call->tid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0) {
        notify_answer(call, EACCES);
        return;
    }
    /* Before it goes on: one that has failed already would execute again, and wait for us there. */
    ptrace(PTRACE_INTERRUPT, call->tid, 0, 0);
    notify_continue(
        call); /* if it has gone meanwhile, we see its end; another of its number stops */
    pid = wait_for_stop(&status);
    if (pid < 0)
        return;
    if (is_event(status, PTRACE_EVENT_EXEC) && !check(payload, pid))
        end(pid);
    else
        ptrace(PTRACE_DETACH, pid, 0, signal_of(status));
}

void exec_trace(const struct notify_call *call, exec_check check, void *payload)
{
    cpu_set_t before;

    stay_here(&before);
    trace(call, check, payload);
    go_anywhere(&before);
}
