/* SPDX-License-Identifier: Apache-2.0
 * probe_trial.c - a sandbox for trial, by the public API: bubblewrap with the very options of every
 * run, proved before its command starts. Whatever the kernel is said to have, this is what counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/launcher_find.h"
#include "sandbox/plan.h"
#include "sandbox/probe.h"
#include "sandbox/spawn.h"

extern char **environ;

#define ALL_LAYERS (FENCE_LAYER_LANDLOCK | FENCE_LAYER_UNIX_SOCKETS | FENCE_LAYER_WATCH)

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000;
}

/* ---- the launcher ---- */

static void plan_cleanup(struct plan **plan)
{
    plan_free(*plan);
}

static int find(char path[PATH_MAX], fence_error *err)
{
    struct plan *plan __attribute__((cleanup(plan_cleanup))) = NULL;
    auto_free char *cwd = getcwd(NULL, 0);
    struct plan_input in = {.cwd = cwd ? cwd : "/"};
    int rc = plan_make(&plan, &in, err);

    return rc < 0 ? rc : launcher_find(path, (const char *const *)environ, plan, err);
}

/* Reads until the end, or for LIMIT_PROBE_MS: a program that is no bubblewrap may do anything. */
static size_t read_words(int fd, char *text, size_t cap)
{
    long until = now_ms() + LIMIT_PROBE_MS, left;
    size_t len = 0;
    ssize_t got = 1;

    while (got > 0 && len < cap && (left = until - now_ms()) > 0) {
        struct pollfd ready = {fd, POLLIN, 0};

        if (poll(&ready, 1, (int)left) <= 0)
            break;
        got = read(fd, text + len, cap - len);
        len += got > 0 ? (size_t)got : 0;
    }
    return len;
}

/* `path --version`: what it says, which may be nothing. Returns its length, or a negative code. */
static ssize_t ask_version(const char *path, char *text, size_t cap, fence_error *err)
{
    char *argv[] = {(char *)(uintptr_t)path, (char[]){"--version"}, NULL};
    struct spawn what = {.path = path, .argv = argv, .env = environ};
    auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    auto_fd int reading = -1, writing = -1, pidfd = -1;
    size_t len;
    int ends[2], rc;

    if (null < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return fail(err, -errno, "its version cannot be asked for: %s", strerror(errno));
    reading = ends[0];
    writing = ends[1];
    what.stdio[0] = what.stdio[2] = null;
    what.stdio[1] = writing;
    rc = spawn_start(&pidfd, &what, err);
    if (rc < 0)
        return rc;
    close(take_fd(&writing));
    len = read_words(reading, text, cap);
    spawn_end(pidfd);
    return (ssize_t)len;
}

/* "bubblewrap 0.8.0" and a line's end. */
static int read_version(struct machine *out, const char *path)
{
    char text[256];
    ssize_t len = ask_version(path, text, sizeof text, &out->launcher);
    struct str said = {text, len > 0 ? (size_t)len : 0}, name = STR("bubblewrap ");

    if (len < 0)
        return (int)len;
    if (!str_has_prefix(said, name))
        return fail(&out->launcher, FENCE_ESANDBOX,
                    "%.300s does not say that it is bubblewrap, when asked with --version: put the "
                    "real one before it in PATH",
                    out->bwrap);
    said = str_slice(said, name.len, said.len);
    str_escape(out->version, sizeof out->version, str_slice(said, 0, str_find(said, '\n')));
    return 0;
}

/* ---- the sandbox ---- */

struct trial {
    bool over;
    fence_exit result;
};

static void on_exit_of_trial(fence_sandbox *sandbox, const fence_exit *result, void *payload)
{
    struct trial *trial = payload;

    (void)sandbox;
    trial->over = true;
    trial->result = *result;
}

/* Until the command has ended, or LIMIT_PROBE_MS have passed. */
static void run_for_a_while(fence *engine, const struct trial *trial)
{
    long until = now_ms() + LIMIT_PROBE_MS, left;

    while (!trial->over && (left = until - now_ms()) > 0) {
        struct pollfd ready = {fence_fd(engine), POLLIN, 0};
        int timeout = fence_timeout(engine);

        poll(&ready, 1, timeout >= 0 && timeout < left ? timeout : (int)left);
        fence_step(engine);
    }
}

static int try_in(fence *engine, const fence_sandbox_options *options, fence_error *err)
{
    struct trial trial = {0};
    fence_sandbox *sandbox;
    int rc = fence_spawn(&sandbox, engine, options, on_exit_of_trial, &trial, err);

    if (rc < 0)
        return rc;
    run_for_a_while(engine, &trial);
    if (!trial.over)
        return fail(err, FENCE_ESANDBOX,
                    "bubblewrap was started, and no sandbox was there after %d seconds: is bwrap "
                    "really bubblewrap?",
                    LIMIT_PROBE_MS / 1000);
    if (trial.result.status == 125 && trial.result.error.code != 0) {
        *err = trial.result.error;
        return err->code;
    }
    return 0; /* a command that is not found was looked for inside */
}

/* Leaves `err` with code 0 when there was a sandbox. */
static void try_sandbox(fence_error *err, unsigned degrade)
{
    const char *const argv[] = {"true", NULL};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    fence_config *config = NULL;
    fence *engine = NULL;

    options.argv = argv;
    options.degrade = degrade;
    for (int i = 0; i < 3; i++)
        options.stdio[i] = null;
    if (null < 0)
        fail(err, -errno, "/dev/null cannot be opened: %s", strerror(errno));
    else if (fence_config_load(&config, NULL, NULL, 0, err) == 0 &&
             fence_new(&engine, config, NULL, err) == 0 && try_in(engine, &options, err) == 0)
        err->code = 0;
    fence_close(engine);
    fence_config_unref(config);
}

void probe_sandbox(struct machine *out)
{
    char path[PATH_MAX];

    if (find(path, &out->launcher) == 0) {
        str_escape(out->bwrap, sizeof out->bwrap, str_of(path));
        read_version(out, path);
    }
    try_sandbox(&out->complete, 0);
    if (out->complete.code != 0 && out->launcher.code == 0)
        try_sandbox(&out->sandbox, ALL_LAYERS);
    else
        out->sandbox = out->complete;
}
