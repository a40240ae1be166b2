/* SPDX-License-Identifier: Apache-2.0
 * reload.c - new rules are loaded and checked first, and then take the place of the old ones. */
#include "cli/reload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cli/watch.h"

#define SETTLE_NS 50000000L /* editors and `git checkout` write several files in a row */

struct watching { /* files that are added one after the other */
    struct watch *watch;
    int rc; /* the first that went wrong */
};

static void watch_one(const char *file, void *payload)
{
    struct watching *watching = payload;
    int rc = watch_add(watching->watch, file, NULL);

    if (watching->rc == 0)
        watching->rc = rc;
}

/* The settings, what they extend, the policies, and what lies beside a policy and may be required
 * by it. What can be watched is, whatever cannot. */
static int watch_files(struct reloader *reloader, const struct rules *rules, fence_error *err)
{
    struct watching settings = {.watch = reloader->watch};
    char path[PATH_ROOM];
    int rc, added;

    watch_begin(reloader->watch);
    if (rules->settings[0])
        fence_config_follow(rules->settings, watch_one, &settings);
    rc = settings.rc;
    for (size_t i = 0; rules->config && rules_policy_path(path, rules, reloader->options, i) > 0;
         i++) {
        added = watch_add(reloader->watch, path, ".lua");
        if (rc == 0)
            rc = added;
    }
    watch_end(reloader->watch);
    if (rc == 0)
        return 0;
    err->code = rc;
    snprintf(err->message, sizeof err->message, "the settings and policies cannot be watched: %s%s",
             fence_strerror(rc), rc == -ENOSPC ? ": raise fs.inotify.max_user_watches" : "");
    return rc;
}

static void say_once(struct reloader *reloader, const char *error)
{
    if (strcmp(reloader->said, error) != 0)
        print_error("%s; the rules stay as they were", error);
    snprintf(reloader->said, sizeof reloader->said, "%s", error);
}

/* Rules that the command could change are not taken. */
static int out_of_reach(const struct reloader *reloader, const struct rules *rules,
                        fence_error *err)
{
    char **files;
    int rc;

    if (!reloader->sandbox || !*reloader->sandbox)
        return 0;
    files = rules_files(rules, reloader->options, err);
    if (!files)
        return -1;
    rc = fence_check_rule_files(*reloader->sandbox, (const char *const *)files, err);
    rules_files_free(files);
    return rc;
}

void reloader_reload(struct reloader *reloader)
{
    struct rules rules;
    fence_error err = {0};

    if (rules_load_again(&rules, reloader->settings, reloader->options, &err) < 0 ||
        out_of_reach(reloader, &rules, &err) < 0) {
        say_once(reloader, err.message);
        /* what is wrong may be a file that the settings name only now */
        if (reloader->watch)
            watch_files(reloader, &rules, &err);
    } else {
        fence_reload(reloader->engine, rules.config, rules.policy);
        print_error("the rules were loaded again");
        reloader->said[0] = '\0';
        if (reloader->watch && watch_files(reloader, &rules, &err) < 0)
            print_error("%s", err.message);
    }
    rules_unload(&rules);
}

static void on_change(fence *engine, int fd, void *payload)
{
    struct reloader *reloader = payload;
    struct itimerspec soon = {.it_value.tv_nsec = SETTLE_NS};

    (void)engine;
    (void)fd;
    if (watch_take(reloader->watch))
        timerfd_settime(reloader->settled, 0, &soon, NULL);
}

static void on_settled(fence *engine, int fd, void *payload)
{
    uint64_t times;

    (void)engine;
    if (read(fd, &times, sizeof times) == sizeof times)
        reloader_reload(payload);
}

static int start_watching(struct reloader *reloader, const struct rules *rules, fence_error *err)
{
    int rc = watch_new(&reloader->watch);

    if (rc == 0) {
        reloader->settled = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        rc = reloader->settled < 0 ? -errno : 0;
    }
    if (rc < 0) {
        err->code = rc;
        snprintf(err->message, sizeof err->message, "--watch: %s%s", fence_strerror(rc),
                 rc == -EMFILE ? ": raise fs.inotify.max_user_instances or ulimit -n" : "");
        return rc;
    }
    rc = watch_files(reloader, rules, err);
    if (rc == 0)
        rc = fence_watch(reloader->engine, watch_fd(reloader->watch), on_change, reloader, err);
    if (rc == 0)
        rc = fence_watch(reloader->engine, reloader->settled, on_settled, reloader, err);
    return rc;
}

int reloader_start(struct reloader *reloader, fence *engine, const struct options *options,
                   const struct rules *rules, fence_sandbox *const *sandbox, fence_error *err)
{
    *reloader =
        (struct reloader){.engine = engine, .options = options, .settled = -1, .sandbox = sandbox};
    memcpy(reloader->settings, rules->settings, sizeof reloader->settings);
    return options->watch ? start_watching(reloader, rules, err) : 0;
}

void reloader_stop(struct reloader *reloader)
{
    watch_free(reloader->watch);
    if (reloader->settled >= 0)
        close(reloader->settled);
}
