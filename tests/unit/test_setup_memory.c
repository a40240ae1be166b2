/* SPDX-License-Identifier: Apache-2.0
 * test_setup_memory.c - settings, an engine, its listeners and a sandbox, where the first
 * allocation fails, then the second, and so on: an error that says so, and nothing is left. */
#include <errno.h>
#include <fcntl.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/descriptors.h"
#include "support/memory.h"
#include "support/run.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define MOST                                                                                       \
    20000 /* allocations of one step: the more files there are here, the more of a sandbox */
#define MANY                                                                                       \
    100         /* allocations of a sandbox, which has 2,000 and takes 10 ms: then not each one    \
                 */
#define SOME 20 /* one in so many failed sandboxes is followed by another: they take time */

static const char settings[] =
    "// what there is of each kind\n"
    "{\"extends\": \"default-deny\",\n"
    " \"network\": {\"allowedDomains\": [\"good.test\", \"*.wild.test:443\", \"198.51.100.7\"],\n"
    " \"deniedDomains\": [\"bad.wild.test\", \"*.worse.test\",],\n"
    " \"allowedAddresses\": [\"10.0.0.0/8\"], \"deniedAddresses\": [\"192.0.2.0/24\"],\n"
    " \"hosts\": {\"good.test\": \"127.0.0.1\", \"other.test\": \"::1\"},\n"
    " \"upstreamProxy\": \"environment\", \"noProxy\": [\"near.test\"],\n"
    " \"tunnelIdleSeconds\": 5, \"tlsNameCheck\": \"enforce\", \"deniedDns\": \"nxdomain\"},\n"
    " \"environment\": {\"allow\": [\"LD_BIND_NOW\"], \"deny\": [\"*_TOKEN\"],\n"
    " \"set\": {\"A\": \"1\", \"LD_LIBRARY_PATH\": \"/nonexistent\"}},\n"
    " \"filesystem\": {\"allowWrite\": [\".\", \"/tmp\", \"~/none\"]}}\n";

static const fence_setting extra[] = {
    {"--allow", "network.allowedDomains", "more.test"},
    {"--deny", "network.deniedDomains", "less.test"},
    {"--allow-write", "filesystem.allowWrite", "/tmp"},
};

/* What the steps after the settings begin with, and what they leave. */
struct stage {
    fence_config *config;
    fence *engine;
    int ends[2];
    size_t descriptors; /* that are open when nothing is under way */
    char path[64];      /* of the settings, and of a Unix socket */
};

/* ---- the steps: each returns 0, or the error that it tells ---- */

static int parse(struct stage *stage, fence_error *err)
{
    return fence_config_parse(&stage->config, "test", settings, sizeof settings - 1, extra,
                              LEN(extra), err);
}

static int load(struct stage *stage, fence_error *err)
{
    return fence_config_load(&stage->config, stage->path, extra, LEN(extra), err);
}

static int make(struct stage *stage, fence_error *err)
{
    return fence_new(&stage->engine, stage->config, NULL, err);
}

static int listen_tcp(struct stage *stage, fence_error *err)
{
    return fence_listen(stage->engine, FENCE_PROTOCOL_AUTO, "127.0.0.1:0", err);
}

static int listen_unix(struct stage *stage, fence_error *err)
{
    char address[80];

    snprintf(address, sizeof address, "unix:%s.socket", stage->path);
    return fence_listen(stage->engine, FENCE_PROTOCOL_AUTO, address, err);
}

static int login(struct stage *stage, fence_error *err)
{
    return fence_require_login(stage->engine, "me", "secret", err);
}

static void on_ready(fence *engine, int fd, void *payload)
{
    (void)engine;
    (void)fd;
    (void)payload;
}

static int watch(struct stage *stage, fence_error *err)
{
    return fence_watch(stage->engine, stage->ends[0], on_ready, NULL, err);
}

/* From the plan to the end of the command. */
static int run_true(struct stage *stage, fence_error *err)
{
    static const char *const argv[] = {"true", NULL};
    static const char *const env[] = {
        "PATH=/usr/bin:/bin", "HOME=/", "TMPDIR=/x", "LD_BIND_NOW=1", "JAVA_TOOL_OPTIONS=-Xmx1g -x",
        "NODE_OPTIONS=-r x",  NULL};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    struct run run = {.engine = stage->engine};
    int rc;

    options.argv = argv;
    options.env = env;
    options.program = "/usr/bin/fence";
    rc = fence_spawn(&run.sandbox, stage->engine, &options, on_exit_of, &run, err);
    if (rc < 0)
        return rc;
    until_exit(&run);
    *err = run.result.error;
    assert_int_equal(run.result.status, err->code == 0 ? 0 : 125);
    return err->code;
}

static const struct step_row {
    const char *name;
    int (*step)(struct stage *stage, fence_error *err);
    bool on_config, on_engine; /* what is there before it */
} steps[] = {
    {"fence_config_parse", parse, false, false},
    {"fence_config_load", load, false, false},
    {"fence_new", make, true, false},
    {"fence_listen, TCP", listen_tcp, true, true},
    {"fence_listen, Unix", listen_unix, true, true},
    {"fence_require_login", login, true, true},
    {"fence_watch", watch, true, true},
    {"a sandbox", run_true, true, true},
};

/* ---- a run ---- */

static void prepare(struct stage *stage, const struct step_row *row)
{
    fence_error err = {0};

    if (row->on_config && parse(stage, &err) < 0)
        fail_msg("%s: %s", row->name, err.message);
    if (row->on_engine && make(stage, &err) < 0)
        fail_msg("%s: %s", row->name, err.message);
}

static void clear(struct stage *stage)
{
    fence_close(stage->engine);
    stage->engine = NULL;
    stage->config = fence_config_unref(stage->config);
}

/* A step that has failed has left all as it was: it can be done again. */
static void expect_again(struct stage *stage, const struct step_row *row, size_t n)
{
    fence_error err = {0};

    if (row->step(stage, &err) != 0)
        fail_msg("%s, allocation %zu: fails once more: %s", row->name, n, err.message);
}

/* Returns whether an allocation has failed. */
static bool run(struct stage *stage, const struct step_row *row, size_t n, bool all_after)
{
    fence_error err = {0};
    bool failed;
    int rc;

    prepare(stage, row);
    memory_fail(n, all_after);
    rc = row->step(stage, &err);
    failed = memory_failed();
    if (!failed && rc != 0)
        fail_msg("%s: %s", row->name, err.message);
    if (rc != 0 && (rc != -ENOMEM || !strstr(err.message, "memory")))
        fail_msg("%s, allocation %zu: %d, '%s'", row->name, n, rc, err.message);
    if (rc != 0 && (row->step != run_true || n % SOME == 0))
        expect_again(stage, row, n);
    clear(stage);
    return failed;
}

/* How many stay open: the thread of a sandbox that is gone closes the last ones a moment later. */
static size_t settled(void)
{
    struct timespec while_ = {.tv_nsec = 50000000};
    size_t before, now = descriptors_open();

    do {
        before = now;
        nanosleep(&while_, NULL);
        now = descriptors_open();
    } while (now != before);
    return now;
}

/* The same, when it is known; what that thread has allocated it frees then. */
static void await(size_t live, size_t descriptors)
{
    struct timespec moment = {.tv_nsec = 1000000};

    for (int i = 0; i < 2000 && (descriptors_open() != descriptors || memory.live != live); i++)
        nanosleep(&moment, NULL);
}

static void test_each_allocation(struct stage *stage, const struct step_row *row, bool all_after)
{
    size_t live = memory.live, descriptors = stage->descriptors, n = 1;

    while (run(stage, row, n, all_after)) {
        await(live, descriptors);
        if (memory.live != live)
            fail_msg("%s, allocation %zu: %zu blocks are left", row->name, n, memory.live - live);
        if (descriptors_open() != descriptors)
            fail_msg("%s, allocation %zu: %zu descriptors instead of %zu", row->name, n,
                     descriptors_open(), descriptors);
        assert_true(no_child_left());
        assert_true(n < MOST);
        n += row->step == run_true && n > MANY ? (all_after ? 11 : 7) : 1;
    }
    assert_true(n > 1); /* or nothing was tested */
}

static void test_steps(void **state)
{
    struct stage stage = {.path = "/tmp/fence-memory-XXXXXX"};
    bool sandboxed = run_possible(); /* libuv keeps some things from its first loop on */
    int file = mkstemp(stage.path);

    (void)state;
    assert_int_equal(write(file, settings, sizeof settings - 1), sizeof settings - 1);
    close(file);
    assert_int_equal(pipe2(stage.ends, O_CLOEXEC), 0);
    stage.descriptors = settled();
    for (const struct step_row *row = steps; row < steps + LEN(steps); row++) {
        if (row->step == run_true && !sandboxed)
            continue;
        test_each_allocation(&stage, row, false);
        test_each_allocation(&stage, row, true);
    }
    close(stage.ends[0]);
    close(stage.ends[1]);
    unlink(stage.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
    };

    memory_begin();
    signal(SIGPIPE, SIG_IGN); /* as the header asks */
    setenv("https_proxy", "http://me:secret@127.0.0.1:3128", 1);
    setenv("no_proxy", "localhost, .example.com", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
