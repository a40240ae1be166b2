/* SPDX-License-Identifier: Apache-2.0
 * prepare.c - from settings and options to a launcher that runs. No shell anywhere: the command's
 * arguments reach it as they were given. */
#include "sandbox/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"
#include "filter/config.h"
#include "sandbox/bridge.h"
#include "sandbox/cures.h"
#include "sandbox/env.h"
#include "sandbox/files.h"
#include "sandbox/image.h"
#include "sandbox/paths.h"
#include "sandbox/rule_files.h"
#include "sandbox/sandbox.h"
#include "sandbox/spawn.h"

extern char **environ;

static const char *env_value(const char *const *env, const char *name)
{
    size_t len = strlen(name);

    for (; *env; env++) {
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return *env + len + 1;
    }
    return NULL;
}

/* A folder of its own at the same place, when it lies where the sandbox has an empty one. */
static const char *runtime_dir(const char *const *env)
{
    const char *dir = env_value(env, "XDG_RUNTIME_DIR");

    if (!dir || strncmp(dir, "/run/", 5) != 0 || strstr(dir, "/.") || strlen(dir) >= PATH_MAX)
        return NULL;
    return dir;
}

/* ---- the plan ---- */

struct paths {
    char **items;
    size_t count;
};

static void paths_cleanup(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
}
#define auto_paths __attribute__((cleanup(paths_cleanup)))

static void on_notice(void *payload, const char *text)
{
    struct proxy *proxy = payload;

    events_notice(&proxy->events, "%s", text);
}

/* The sockets of network.allowUnixSockets. One that does not exist is passed over, as the ancestor
 * does, but not in silence. */
static int find_sockets(struct paths *out, struct proxy *proxy, const char *cwd, const char *home,
                        fence_error *err)
{
    const struct config_texts *written = &proxy->config->unix_sockets;

    for (size_t i = 0; i < written->count; i++) {
        fence_error why = {0};
        int rc = paths_find(&out->items, &out->count, written->items[i], cwd, home, &why);

        if (rc == -ENOENT)
            events_notice(&proxy->events, "network.allowUnixSockets: %s: passed over", why.message);
        else if (rc < 0)
            return fail(err, rc, "network.allowUnixSockets: %s", why.message);
    }
    return 0;
}

static int make_plan(struct prepared *out, struct proxy *proxy, const char *const *env,
                     unsigned degrade, fence_error *err)
{
    const char *home = env_value(env, "HOME");
    auto_paths struct paths sockets = {0};
    auto_free char *cwd = getcwd(NULL, 0);
    struct plan_input in = {.cwd = cwd,
                            .runtime_dir = runtime_dir(env),
                            .ordinary_user = geteuid() != 0,
                            .deny_read = proxy->config->default_deny_read ||
                                         proxy->config->strict_deny_read};
    int rc;

    if (!cwd)
        return fail(err, -errno, "the current folder cannot be found: %s: change to another one",
                    strerror(errno));
    rc = files_resolve(&out->files, proxy->config, cwd, home, on_notice, proxy, err);
    if (rc == 0)
        rc = find_sockets(&sockets, proxy, cwd, home, err);
    if (rc < 0)
        return rc;
    in.wishes = out->files.wishes;
    in.nwishes = out->files.nwishes;
    in.sockets = (const char *const *)sockets.items;
    in.nsockets = sockets.count;
    rc = plan_make(&out->plan, &in, err);
    if (rc == 0)
        rc = unix_sockets_new(&out->sockets, proxy, out->plan, in.sockets, in.nsockets, degrade,
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

static int make_env(struct env *out, struct proxy *proxy, const struct plan *plan,
                    const fence_sandbox_options *options, fence_error *err)
{
    const char *program = options->program;
    struct env_input in = {
        .base = options->env,
        .home = env_value(options->env, "HOME"),
        .config = proxy->config,
        .places = {CONFIG_HTTP_PORT, CONFIG_SOCKS_PORT, runtime_dir(options->env), NULL},
        .context = &proxy->events,
    };

    if (program && seen_inside(plan, program))
        in.places.program = program;
    if (proxy->events.observer.on_event)
        in.told = tell_variable;
    if (env_make(out, &in) < 0)
        return fail(err, -ENOMEM, "out of memory");
    if (in.told)
        check_home(&proxy->events, plan, env_value((const char *const *)out->items, "HOME"));
    return 0;
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

/* ---- the launch ---- */

/* Variables that the launcher hands on without having started with them. "--" is its last word. */
static int add_late(struct argv *out, char *const *late)
{
    int rc = 0;

    if (!late || !*late)
        return 0;
    free(out->items[--out->count]);
    out->items[out->count] = NULL;
    for (; *late && rc == 0; late++) {
        auto_free char *name = strndup(*late, strcspn(*late, "="));

        rc = name ? argv_add(out, "--setenv") : -ENOMEM;
        if (rc == 0)
            rc = argv_add(out, name);
        if (rc == 0)
            rc = argv_add(out, *late + strlen(name) + 1);
    }
    return rc == 0 ? argv_add(out, "--") : rc;
}

enum { IMAGE, CONTROL, FILTER, KEPT }; /* the descriptors that the launcher inherits */

static int make_argv(struct argv *out, const struct plan *plan, char *const *late,
                     const int keep[KEPT], const char *const *command, fence_error *err)
{
    char helper[32], ear[16];
    int rc = bubblewrap.render(out, plan, keep[FILTER], err);

    if (rc < 0)
        return rc;
    snprintf(helper, sizeof helper, "/proc/self/fd/%d", keep[IMAGE]);
    snprintf(ear, sizeof ear, "%d", keep[CONTROL]);
    rc = add_late(out, late);
    if (rc == 0)
        rc = argv_add(out, helper);
    if (rc == 0)
        rc = argv_add(out, ear);
    for (; *command && rc == 0; command++)
        rc = argv_add(out, *command);
    return rc < 0 ? fail(err, rc, "out of memory") : 0;
}

/* Under -d people want to see, and try by hand, what is run. */
static void announce(struct events *events, const struct argv *argv)
{
    auto_buf struct buf line = BUF_INIT(LIMIT_SANDBOX_OUTPUT);

    if (!events_wanted(events, FENCE_EVENT_DEBUG))
        return;
    for (size_t i = 0; i < argv->count; i++) {
        char shown[256];

        str_escape(shown, sizeof shown, str_of(argv->items[i]));
        buf_printf(&line, i > 0 ? " %s" : "%s", shown);
    }
    events_debug(events, "sandbox: " STR_FMT, STR_ARG(buf_str(&line)));
}

/* Is `path` below the current folder, and no file of root's? Then it came with the project. */
static bool came_along(const char *path, const char *cwd)
{
    size_t len = strlen(cwd);
    struct stat st;

    return strncmp(path, cwd, len) == 0 && path[len] == '/' &&
           (stat(path, &st) < 0 || st.st_uid != 0);
}

struct launcher_path {
    const struct plan *plan;
    char canonical[PATH_MAX];
};

/* The launcher runs outside: it must be none that a command has left in a folder it may write to,
 * for the next run to find (an active virtual environment stands first in PATH), and none of the
 * project's own. Where all of / is writable there is no such folder to look for. */
static bool trusted(const char *found, void *context)
{
    struct launcher_path *at = context;
    const struct mount *over = NULL;

    if (realpath(found, at->canonical))
        over = plan_mount_at(at->plan, at->canonical);
    if (!over || came_along(at->canonical, at->plan->cwd))
        return false;
    return over->kind != MOUNT_WRITABLE || at->plan->mounts[0].kind == MOUNT_WRITABLE;
}

static int find_launcher(struct launcher_path *out, const char *const *env, fence_error *err)
{
    const char *path = env_value(env, "PATH");
    char found[PATH_MAX];

    if (!path)
        path = "/usr/local/bin:/usr/bin:/bin";
    if (spawn_find(found, sizeof found, bubblewrap.program, path, trusted, out))
        return 0;
    if (spawn_find(found, sizeof found, bubblewrap.program, path, NULL, NULL))
        return fail(err, FENCE_ESANDBOX,
                    "the only bwrap in PATH is one that commands may write to, or that came with "
                    "the current folder: install the package bubblewrap");
    return fail(err, FENCE_ESANDBOX, "bubblewrap is missing: " CURE_INSTALL);
}

int prepare_find_launcher(char out[PATH_MAX], const struct plan *plan, fence_error *err)
{
    struct launcher_path path = {.plan = plan};
    int rc = find_launcher(&path, (const char *const *)environ, err);

    if (rc == 0)
        memcpy(out, path.canonical, PATH_MAX);
    return rc;
}

static int launch(struct prepared *out, const struct argv *argv, char **env, const int keep[KEPT],
                  const fence_sandbox_options *options, fence_error *err)
{
    struct spawn_notify *notify = unix_sockets_notify(out->sockets);
    struct spawn what = {
        .argv = argv->items, .env = env, .keep = keep, .nkeep = KEPT, .notify = notify};
    struct launcher_path path = {.plan = out->plan};
    int words[2];
    auto_fd int reading = -1, writing = -1;
    int rc = find_launcher(&path, options->env, err);

    if (rc < 0)
        return rc;
    if (pipe2(words, O_CLOEXEC) < 0)
        return fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    reading = words[0];
    writing = words[1];
    fcntl(reading, F_SETFL, O_NONBLOCK);
    what.path = path.canonical;
    what.stdio[0] = options->stdio[0];
    what.stdio[1] = options->stdio[1];
    what.stdio[2] = writing;
    if (notify)
        notify->via = keep[CONTROL];
    rc = spawn_start(&out->pidfd, &what, err);
    if (rc == 0)
        out->output = take_fd(&reading);
    return rc < 0 && notify && notify->error != 0 ? unix_sockets_explain(notify, err) : rc;
}

/* A folder leads to the host's own mounts: around what is hidden, and to modes and times. */
static int check_streams(const int stdio[3], fence_error *err)
{
    static const char *const names[] = {"input", "output", "error"};
    struct stat st;

    for (int i = 0; i < 3; i++) {
        if (fstat(stdio[i], &st) == 0 && S_ISDIR(st.st_mode))
            return fail(err, FENCE_ESANDBOX,
                        "standard %s is a folder, which leads around the sandbox: redirect it from "
                        "or to a file, or /dev/null",
                        names[i]);
    }
    return 0;
}

/* The command's streams are made in their place: what goes along with them lies above. */
static int above_streams(int *fd, fence_error *err)
{
    int higher;

    if (*fd > STDERR_FILENO)
        return 0;
    higher = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (higher < 0)
        return fail(err, -errno, "cannot keep a descriptor for the sandbox: %s", strerror(errno));
    close(*fd);
    *fd = higher;
    return 0;
}

static void argv_cleanup(struct argv *argv)
{
    argv_deinit(argv);
}

static void env_cleanup(struct env *env)
{
    env_deinit(env);
}

static void prepared_cleanup(struct prepared *prepared)
{
    plan_free(prepared->plan);
    files_deinit(&prepared->files);
    landlock_close(&prepared->wall);
    unix_sockets_close(prepared->sockets);
}

int prepare_sandbox(struct prepared *out, struct proxy *proxy, const fence_sandbox_options *given,
                    unsigned sockets, fence_error *err)
{
    fence_sandbox_options options = *given;
    struct inner_order order = {.version = INNER_VERSION,
                                .ports = {CONFIG_HTTP_PORT, CONFIG_SOCKS_PORT}};
    struct argv argv __attribute__((cleanup(argv_cleanup))) = {0};
    struct env env __attribute__((cleanup(env_cleanup))) = {0};
    struct prepared made
        __attribute__((cleanup(prepared_cleanup))) = {.control = -1, .wall = {.ruleset = -1}};
    int ends[2], keep[KEPT], rc;
    auto_fd int ours = -1, theirs = -1, image = -1, filter = -1;

    if (!options.env)
        options.env = (const char *const *)environ;
    rc = check_streams(options.stdio, err);
    if (rc == 0)
        rc = make_plan(&made, proxy, options.env, options.degrade, err);
    if (rc == 0)
        rc = rule_files_check(made.plan, options.rule_files, err);
    if (rc == 0)
        rc = make_env(&env, proxy, made.plan, &options, err);
    if (rc == 0)
        rc = make_wall(&made.wall, proxy, &options, err);
    if (rc < 0)
        return rc;
    image = image_open(err);
    if (image < 0)
        return image;
    filter = image_open_filter(proxy->config->allow_nested, err);
    if (filter < 0)
        return filter;
    rc = bridge_open(ends, err);
    if (rc < 0)
        return rc;
    ours = ends[0];
    theirs = ends[1];
    rc = above_streams(&image, err);
    if (rc == 0)
        rc = above_streams(&theirs, err);
    if (rc == 0)
        rc = above_streams(&filter, err);
    if (rc < 0)
        return rc;
    keep[IMAGE] = image;
    keep[CONTROL] = theirs;
    keep[FILTER] = filter;
    order.ignored_signals = options.ignored_signals;
    order.sockets = sockets;
    order.root_read_only = !plan_writable(made.plan, "/");
    rc = bridge_send_order(ours, &order, err);
    if (rc == 0)
        rc = make_argv(&argv, made.plan, env.late, keep, options.argv, err);
    if (rc < 0)
        return rc;
    announce(&proxy->events, &argv);
    rc = launch(&made, &argv, env.items, keep, &options, err);
    if (rc < 0)
        return rc;
    made.control = take_fd(&ours);
    *out = made;
    made = (struct prepared){.control = -1, .wall = {.ruleset = -1}};
    return 0;
}
