/* SPDX-License-Identifier: Apache-2.0
 * prepare.c - from settings and options to a launcher that runs. */
#include "sandbox/prepare.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "filter/config.h"
#include "sandbox/devices.h"
#include "sandbox/env.h"
#include "sandbox/files.h"
#include "sandbox/image.h"
#include "sandbox/owners.h"
#include "sandbox/rule_files.h"
#include "sandbox/socket_paths.h"
#include "sandbox/spelling.h"

extern char **environ;

/* A folder of its own at the same place, when it lies where the sandbox has an empty one. */
static const char *runtime_dir(const char *const *env)
{
    const char *dir = env_value(env, "XDG_RUNTIME_DIR");

    if (!dir || strncmp(dir, "/run/", 5) != 0 || strstr(dir, "/.") || strlen(dir) >= PATH_MAX)
        return NULL;
    return dir;
}

/* ---- the plan ---- */

static void on_notice(void *payload, const char *text)
{
    struct proxy *proxy = payload;

    events_notice(&proxy->events, "%s", text);
}

static int make_plan(struct prepared *out, struct proxy *proxy,
                     const fence_sandbox_options *options, fence_error *err)
{
    const char *home = env_value(options->env, "HOME");
    auto_socket_paths struct socket_paths sockets = {0};
    struct devices devices __attribute__((cleanup(devices_deinit))) = {0};
    auto_free char *here = getcwd(NULL, 0);
    auto_free char *cwd = here ? spelling_true(here) : NULL;
    struct plan_input in = {.cwd = cwd,
                            .runtime_dir = runtime_dir(options->env),
                            .ordinary_user = geteuid() != 0,
                            .deny_read = proxy->config->default_deny_read ||
                                         proxy->config->strict_deny_read};
    int rc;

    if (!cwd)
        return fail(err, -errno, "the current folder cannot be found: %s: change to another one",
                    strerror(errno));
    rc = files_resolve(&out->files, proxy->config, cwd, home, on_notice, proxy, err);
    if (rc == 0)
        rc = socket_paths_find(&sockets, proxy->config, cwd, home, on_notice, proxy, err);
    if (rc == 0)
        rc = devices_find(&devices, &proxy->config->devices, &proxy->events, err);
    if (rc < 0)
        return rc;
    in.devices = (const char *const *)devices.items;
    in.ndevices = devices.count;
    in.wishes = out->files.wishes;
    in.nwishes = out->files.nwishes;
    in.sockets = (const char *const *)sockets.items;
    in.nsockets = sockets.count;
    rc = plan_make(&out->plan, &in, err);
    if (rc == 0)
        rc = unix_sockets_new(&out->sockets, proxy, out->plan,
                              &(struct unix_sockets_input){
                                  .paths = in.sockets,
                                  .npaths = in.nsockets,
                                  .degrade = options->degrade,
                                  .which = launch_calls(proxy->config, proxy->policy),
                                  .argv = options->argv,
                                  .path = env_value(options->env, "PATH"),
                              },
                              err);
    return rc;
}

/* ---- the environment ---- */

static void tell_variable(void *context, struct str name, const char *how, const char *why)
{
    char shown[128];

    str_escape(shown, sizeof shown, name);
    events_debug(context, "environment: %s %s: %s", shown, how, why);
}

/* Where the host's own file stands at that path inside, too. */
static bool seen_inside(const struct plan *plan, const char *path)
{
    const struct mount *mount = plan_mount_at(plan, path);

    return mount && (mount->kind == MOUNT_READ_ONLY || mount->kind == MOUNT_READ_ONLY_TRY ||
                     mount->kind == MOUNT_WRITABLE);
}

/* Programs go on without a home folder, but some of them strangely. */
static void check_home(struct events *events, const struct plan *plan, const char *home)
{
    char canonical[PATH_MAX];

    if (home && (!realpath(home, canonical) || !seen_inside(plan, canonical)))
        events_debug(events, "environment: HOME is a folder that is not there inside: name another "
                             "in environment.set");
}

static bool writes_at(const struct plan *plan, const char *path)
{
    const struct mount *mount = plan_mount_at(plan, path);

    return mount && (mount->kind == MOUNT_WRITABLE || mount->kind == MOUNT_TMPFS);
}

/* Where npm's own cannot be written to, it gets one that is gone with the sandbox: never in a
 * folder that others may have prepared. */
static const char *npm_cache(const struct plan *plan, const char *const *base)
{
    const char *home = env_value(base, "HOME");
    const struct mount *dev = plan_mount_at(plan, "/dev/shm");
    const struct mount *tmp = plan_mount_at(plan, "/tmp");
    char canonical[PATH_MAX], own[PATH_MAX];

    if (env_value(base, "NPM_CONFIG_CACHE")) /* npm takes both spellings */
        return NULL;
    if (home && realpath(home, canonical) &&
        snprintf(own, sizeof own, "%s/.npm/_cacache", canonical) < (int)sizeof own &&
        writes_at(plan, own))
        return NULL;
    if (tmp && tmp->kind == MOUNT_TMPFS)
        return "/tmp/.npm";
    return dev && dev->kind == MOUNT_DEV ? "/dev/shm/.npm" : NULL;
}

/* Writes the descriptor of a file for inner. */
static int make_env(int *out, struct proxy *proxy, const struct plan *plan,
                    const fence_sandbox_options *options, fence_error *err)
{
    const char *program = options->program;
    struct env env;
    struct env_input in = {
        .base = options->env,
        .cwd = plan->cwd,
        .home = env_value(options->env, "HOME"),
        .config = proxy->config,
        .places = {proxy->config->http_port, proxy->config->socks_port, runtime_dir(options->env),
                   NULL, npm_cache(plan, options->env)},
        .context = &proxy->events,
    };

    if (!proxy->config->proxy_variables)
        in.places.http_port = in.places.socks_port = 0;
    if (program && seen_inside(plan, program))
        in.places.program = program;
    if (proxy->events.observer.on_event)
        in.told = tell_variable;
    if (env_make(&env, &in) < 0)
        return fail(err, -ENOMEM, "out of memory");
    if (in.told)
        check_home(&proxy->events, plan, env_value((const char *const *)env.items, "HOME"));
    *out = image_open_env(env.items, err);
    env_deinit(&env);
    return *out < 0 ? *out : 0;
}

/* ---- the second wall ---- */

/* None where the command may nest: no process behind Landlock can mount. */
static int make_wall(struct landlock *out, struct proxy *proxy,
                     const fence_sandbox_options *options, fence_error *err)
{
    fence_error why = {0};
    int rc;

    if (proxy->config->allow_nested)
        return 0;
    rc = landlock_open(out, &why);
    if (rc == 0)
        return landlock_allow_streams(out, options->stdio, err);
    if (rc != -ENOSYS)
        return fail(err, rc, "%s", why.message);
    if ((options->degrade & FENCE_LAYER_LANDLOCK) == 0)
        return fail(err, FENCE_ESANDBOX,
                    "no second wall around files: %s; --degrade=landlock starts without it",
                    why.message);
    events_notice(&proxy->events, "starting without a second wall around files: %s", why.message);
    return 0;
}

/* ---- all of it ---- */

static void prepared_cleanup(struct prepared *prepared)
{
    plan_free(prepared->plan);
    files_deinit(&prepared->files);
    inspect_ours_deinit(&prepared->ours);
    unix_sockets_close(prepared->sockets);
    if (prepared->env >= 0)
        close(prepared->env);
}

static int make_all(struct prepared *out, struct proxy *proxy, const fence_sandbox_options *options,
                    fence_error *err)
{
    int rc = make_plan(out, proxy, options, err);

    if (rc < 0 || !out->plan)
        return rc;
    rc = rule_files_check(out->plan, options->rule_files, err);
    if (rc == 0)
        rc = make_wall(&out->ours.wall, proxy, options, err);
    if (rc == 0)
        rc = inspect_places(&out->ours, out->plan, err);
    if (rc == 0 && !proxy->config->allow_other_owners)
        rc = owners_check(out->plan, out->ours.places, env_value(options->env, "SUDO_UID"), err);
    return rc == 0 ? make_env(&out->env, proxy, out->plan, options, err) : rc;
}

int prepare_sandbox(struct prepared *out, struct proxy *proxy, fence_launch *launch,
                    const fence_sandbox_options *given, unsigned sockets, fence_error *err)
{
    fence_sandbox_options options = *given;
    struct inner_order order = {.version = INNER_VERSION,
                                .ports = {proxy->config->http_port, proxy->config->socks_port},
                                .ignored_signals = options.ignored_signals,
                                .new_session = proxy->config->force_new_session,
                                .capture = 1,
                                .sockets = sockets};
    struct prepared made __attribute__((cleanup(prepared_cleanup))) = PREPARED_NOTHING;
    int rc;

    if (!options.env)
        options.env = (const char *const *)environ;
    rc = make_all(&made, proxy, &options, err);
    if (rc < 0)
        return rc;
    order.root_read_only = !plan_writable(made.plan, "/");
    rc = launch_finish(&made.launched, launch, made.plan, &order, &options, &proxy->events, err);
    if (rc < 0)
        return rc;
    unix_sockets_launched(made.sockets, launch_notify(launch));
    *out = made;
    made = (struct prepared)PREPARED_NOTHING;
    return 0;
}
