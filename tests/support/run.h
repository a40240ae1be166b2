/* SPDX-License-Identifier: Apache-2.0
 * run.h - a command in a sandbox of an engine, and what becomes of it. Include it behind
 * <cmocka.h>. */
#ifndef FENCE_TESTS_RUN_H
#define FENCE_TESTS_RUN_H

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "support/sockets.h"

struct run {
    fence *engine;
    fence_sandbox *sandbox;
    int out; /* what the command writes; -1: nobody reads */
    unsigned exits;
    fence_exit result;
    struct run *next; /* is spawned when this one has ended */
};

static inline void spawn(struct run *run, const char *const *argv);

static inline void on_exit_of(fence_sandbox *sandbox, const fence_exit *result, void *payload)
{
    static const char *const exit_9[] = {"sh", "-c", "exit 9", NULL};
    struct run *run = payload;

    assert_ptr_equal(sandbox, run->sandbox);
    fence_kill(sandbox, SIGTERM); /* it is gone, and may still be spoken to */
    run->exits++;
    run->result = *result;
    if (run->next)
        spawn(run->next, exit_9);
}

static inline fence *open_engine(const char *json)
{
    fence_config *config;
    fence_error err = {0};
    fence *engine = NULL;

    if (fence_config_parse(&config, "test", json, strlen(json), NULL, 0, &err) != 0 ||
        fence_new(&engine, config, NULL, &err) != 0)
        fail_msg("%s", err.message);
    fence_config_unref(config);
    return engine;
}

static inline void spawn(struct run *run, const char *const *argv)
{
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    fence_error err = {0};
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    fcntl(ends[1], F_SETFL, 0);
    options.argv = argv;
    options.stdio[1] = ends[1];
    run->out = ends[0];
    if (fence_spawn(&run->sandbox, run->engine, &options, on_exit_of, run, &err) != 0)
        fail_msg("%s: %s", argv[0], err.message);
    close(ends[1]);
    assert_int_equal(run->exits, 0); /* later, never from within */
}

static inline void until_exit(struct run *run)
{
    long until = sockets_now() + 2 * SOCKETS_PATIENCE;

    while (run->exits == 0 && sockets_now() < until)
        sockets_turn(run->engine, -1);
    assert_int_equal(run->exits, 1);
}

/* Reads what is left, and closes. */
static inline void output(struct run *run, char *text, size_t cap)
{
    ssize_t len = read(run->out, text, cap - 1);

    text[len > 0 ? len : 0] = '\0';
    close(run->out);
}

static inline bool no_child_left(void)
{
    return waitpid(-1, NULL, __WALL | WNOHANG) == -1 && errno == ECHILD;
}

/* Can this machine make a sandbox? It says why not. */
static inline bool run_possible(void)
{
    static const char *const argv[] = {"true", NULL};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    struct run run = {.engine = open_engine("{}"), .result = {.status = -1}};

    signal(SIGPIPE, SIG_IGN);
    options.argv = argv;
    if (fence_spawn(&run.sandbox, run.engine, &options, on_exit_of, &run, &run.result.error) == 0)
        fence_run(run.engine);
    fence_close(run.engine);
    if (run.result.status != 0)
        print_message("no sandbox on this machine: %s\n", run.result.error.message);
    return run.result.status == 0;
}

#endif
