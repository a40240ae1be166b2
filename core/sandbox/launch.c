/* SPDX-License-Identifier: Apache-2.0
 * launch.c - see launch.h. No shell anywhere: the command's arguments reach it as they were given.
 * The launcher has no environment of its own: what the command gets travels past it (inner.h). */
#include "sandbox/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <termios.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "policy/policy.h"
#include "sandbox/bridge.h"
#include "sandbox/image.h"
#include "sandbox/launcher_find.h"
#include "sandbox/notify.h"
#include "sandbox/unix_sockets.h"

extern char **environ;

/* The descriptors that the launcher inherits. TERMINAL: if it has one. */
enum { IMAGE, CONTROL, FILTER, OPTIONS, TERMINAL, KEPT };

struct fence_launch {
    fence_config *config;
    int keep[KEPT];
    int control, options, output; /* our ends                                       */
    int words;                    /* the launcher's, of what it says                */
    int pidfd;                    /* -1 until it is started                         */
    struct argv argv;
    size_t command; /* where it begins in `argv` */
    int stdio[3];
    int terminal; /* the caller's number of it, or 0 */
    unsigned degrade;
    unsigned calls; /* that are to wait: NOTIFY_* */
    bool asks;
    struct spawn_notify notify;
};

/* ---- what it inherits ---- */

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

/* A socket, and no pipe: to write to one that nobody reads would be a signal. */
static int open_options(fence_launch *launch, fence_error *err)
{
    static const struct timeval patience = {LIMIT_ABANDON_MS / 1000, 0};
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    launch->options = ends[0];
    launch->keep[OPTIONS] = ends[1];
    setsockopt(launch->options, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return 0;
}

static int open_words(fence_launch *launch, fence_error *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    launch->output = ends[0];
    launch->words = ends[1];
    fcntl(launch->output, F_SETFL, O_NONBLOCK);
    return 0;
}

static int open_control(fence_launch *launch, fence_error *err)
{
    int ends[2];
    int rc = bridge_open(ends, err);

    if (rc < 0)
        return rc;
    launch->control = ends[0];
    launch->keep[CONTROL] = ends[1];
    return 0;
}

static int open_terminal(fence_launch *launch, fence_error *err)
{
    struct termios mode;

    if (launch->terminal == 0)
        return 0;
    if (tcgetattr(launch->terminal, &mode) < 0)
        return fail(err, -errno, "descriptor %d cannot be the command's terminal: %s",
                    launch->terminal, strerror(errno));
    launch->keep[TERMINAL] = fcntl(launch->terminal, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return launch->keep[TERMINAL] < 0
               ? fail(err, -errno, "cannot keep a descriptor for the sandbox: %s", strerror(errno))
               : 0;
}

static int open_all(fence_launch *launch, fence_error *err)
{
    int rc = open_control(launch, err);

    if (rc == 0)
        rc = open_options(launch, err);
    if (rc == 0)
        rc = open_words(launch, err);
    if (rc == 0)
        rc = launch->keep[IMAGE] = image_open(err);
    if (rc >= 0)
        rc = launch->keep[FILTER] = image_open_filter(launch->config->allow_nested, err);
    for (size_t i = 0; i < TERMINAL && rc >= 0; i++)
        rc = above_streams(&launch->keep[i], err);
    return rc < 0 ? rc : open_terminal(launch, err);
}

static int make_argv(fence_launch *launch, const char *const *command, fence_error *err)
{
    struct argv *out = &launch->argv;
    const int *keep = launch->keep;
    char helper[32], ear[32];
    int rc = bubblewrap.begin(out, keep[FILTER], keep[OPTIONS]);

    snprintf(helper, sizeof helper, "/proc/self/fd/%d", keep[IMAGE]);
    snprintf(ear, sizeof ear, keep[TERMINAL] < 0 ? "%d" : "%d,%d", keep[CONTROL], keep[TERMINAL]);
    if (rc == 0)
        rc = argv_add(out, helper);
    if (rc == 0)
        rc = argv_add(out, ear);
    launch->command = out->count;
    for (; *command && rc == 0; command++)
        rc = argv_add(out, *command);
    return rc < 0 ? fail(err, rc, "out of memory") : 0;
}

/* ---- the start ---- */

static void close_inherited(fence_launch *launch)
{
    close_fd(&launch->words);
    for (size_t i = 0; i < KEPT; i++)
        close_fd(&launch->keep[i]);
}

static int start(fence_launch *launch, const char *path, const int stdio[3], fence_error *err)
{
    static char *const nothing[] = {NULL};
    struct spawn what = {.path = path,
                         .argv = launch->argv.items,
                         .env = nothing,
                         .stdio = {stdio[0], stdio[1], launch->words},
                         .keep = launch->keep,
                         .nkeep = launch->keep[TERMINAL] < 0 ? TERMINAL : KEPT,
                         .notify = launch->asks ? &launch->notify : NULL};
    int rc = spawn_start(&launch->pidfd, &what, err);

    if (rc < 0 && launch->asks && launch->notify.error != 0)
        return unix_sockets_explain(&launch->notify, err);
    if (rc == 0) /* from here on its end of everything closes with it */
        close_inherited(launch);
    return rc;
}

static const char *const *environment(const fence_sandbox_options *options)
{
    return options->env ? options->env : (const char *const *)environ;
}

unsigned launch_calls(const fence_config *config, const fence_policy *policy)
{
    return (config->all_unix_sockets ? 0 : NOTIFY_CONNECTS) |
           (config->commands.held || policy_wants_execs(policy) ? NOTIFY_EXECS : 0);
}

unsigned launch_calls_missing(unsigned calls)
{
    static const unsigned kinds[] = {NOTIFY_CONNECTS, NOTIFY_EXECS};
    unsigned missing = 0;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        missing |= (calls & kinds[i]) && notify_missing(kinds[i]) ? kinds[i] : 0;
    return missing;
}

/* All that would wait can be done without. */
static bool is_optional(unsigned which, unsigned degrade)
{
    unsigned layers = (which & NOTIFY_CONNECTS ? FENCE_LAYER_UNIX_SOCKETS : 0) |
                      (which & NOTIFY_EXECS ? FENCE_LAYER_EXEC : 0);

    return (layers & ~degrade) == 0;
}

static int begin(fence_launch *launch, const fence_policy *policy,
                 const fence_sandbox_options *options, fence_error *err)
{
    char path[PATH_MAX];
    int rc = check_streams(options->stdio, err);

    launch->calls = launch_calls(launch->config, policy);
    launch->notify.which = launch->calls & ~launch_calls_missing(launch->calls);
    launch->notify.listener = -1;
    launch->asks = launch->notify.which != 0;
    launch->degrade = options->degrade;
    launch->terminal = options->terminal;
    launch->notify.optional = is_optional(launch->notify.which, options->degrade);
    memcpy(launch->stdio, options->stdio, sizeof launch->stdio);
    if (rc == 0)
        rc = open_all(launch, err);
    launch->notify.via = launch->keep[CONTROL];
    launch->notify.from = launch->control;
    if (rc == 0)
        rc = make_argv(launch, options->argv, err);
    if (rc == 0 && launcher_find_certain(path, environment(options), launch->config))
        rc = start(launch, path, options->stdio, err);
    return rc;
}

int launch_begin(fence_launch **out, fence_config *config, const fence_policy *policy,
                 const fence_sandbox_options *options, fence_error *err)
{
    fence_launch *launch = calloc(1, sizeof *launch);
    int rc;

    if (!launch)
        return fail(err, -ENOMEM, "out of memory");
    launch->config = fence_config_ref(config);
    launch->control = launch->options = launch->output = launch->words = launch->pidfd = -1;
    for (size_t i = 0; i < KEPT; i++)
        launch->keep[i] = -1;
    rc = begin(launch, policy, options, err);
    if (rc < 0)
        launch_free(launch);
    else
        *out = launch;
    return rc;
}

/* ---- what it has to do ---- */

static bool has_command(const fence_launch *launch, const char *const *command)
{
    char *const *ours = launch->argv.items + launch->command;

    while (*ours && *command && strcmp(*ours, *command) == 0) {
        ours++;
        command++;
    }
    return !*ours && !*command;
}

bool launch_is_for(const fence_launch *launch, const fence_config *config,
                   const fence_policy *policy, const fence_sandbox_options *options)
{
    return launch->config == config && launch->calls == launch_calls(config, policy) &&
           launch->degrade == options->degrade && launch->terminal == options->terminal &&
           memcmp(launch->stdio, options->stdio, sizeof launch->stdio) == 0 &&
           has_command(launch, options->argv);
}

struct spawn_notify *launch_notify(fence_launch *launch)
{
    return launch->asks ? &launch->notify : NULL;
}

static void tell_words(struct buf *line, const struct argv *argv, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        char shown[256];

        str_escape(shown, sizeof shown, str_of(argv->items[i]));
        buf_printf(line, line->len > 0 ? " %s" : "%s", shown);
    }
}

/* Under -d people want to see, and try by hand, what is run: with the options in their place. */
static void announce(struct events *events, const struct argv *argv, const struct argv *options)
{
    auto_buf struct buf line = BUF_INIT(LIMIT_SANDBOX_OUTPUT);
    size_t at = 0;

    if (!events_wanted(events, FENCE_EVENT_DEBUG))
        return;
    while (at < argv->count && strcmp(argv->items[at], bubblewrap.options_word) != 0)
        at++;
    tell_words(&line, argv, 0, at);
    tell_words(&line, options, 0, options->count);
    tell_words(&line, argv, at + 2, argv->count);
    events_debug(events, "sandbox: " STR_FMT, STR_ARG(buf_str(&line)));
}

/* Each word with its NUL. NULL without memory. */
static char *join(const struct argv *options, size_t *len)
{
    char *joined, *at;

    *len = 0;
    for (size_t i = 0; i < options->count; i++)
        *len += strlen(options->items[i]) + 1;
    joined = at = malloc(*len + 1); /* there may be none */
    for (size_t i = 0; joined && i < options->count; i++)
        at = stpcpy(at, options->items[i]) + 1;
    return joined;
}

static int send_options(int to, const struct argv *options, fence_error *err)
{
    size_t len, done = 0;
    auto_free char *joined = join(options, &len);

    if (!joined)
        return fail(err, -ENOMEM, "out of memory");
    while (done < len) {
        ssize_t sent = send(to, joined + done, len - done, MSG_NOSIGNAL);

        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
            return 0; /* it has ended, and its own words say why */
        if (sent < 0 && errno == EAGAIN)
            return fail(err, FENCE_ESANDBOX,
                        "bubblewrap has not read its options in %d seconds: start again, or open "
                        "fewer paths",
                        LIMIT_ABANDON_MS / 1000);
        if (sent < 0 && errno != EINTR)
            return fail(err, -errno, "bubblewrap does not take its options: %s", strerror(errno));
        done += sent > 0 ? (size_t)sent : 0;
    }
    shutdown(to, SHUT_WR);
    return 0;
}

static int tell(fence_launch *launch, const struct plan *plan, const struct inner_order *order,
                struct events *events, fence_error *err)
{
    struct argv options = {0};
    int rc = bubblewrap.render(&options, plan);

    if (rc < 0)
        fail(err, rc, "out of memory");
    else
        announce(events, &launch->argv, &options);
    if (rc == 0)
        rc = bridge_send_order(launch->control, order, err);
    if (rc == 0)
        rc = send_options(launch->options, &options, err);
    argv_deinit(&options);
    return rc;
}

int launch_finish(struct launched *out, fence_launch *launch, const struct plan *plan,
                  const struct inner_order *order, const fence_sandbox_options *options,
                  struct events *events, fence_error *err)
{
    char path[PATH_MAX];
    int rc = 0;

    if (launch->pidfd < 0)
        rc = launcher_find(path, environment(options), plan, err);
    if (launch->pidfd < 0 && rc == 0)
        rc = start(launch, path, options->stdio, err);
    if (rc == 0)
        rc = tell(launch, plan, order, events, err);
    if (rc < 0)
        return rc;
    out->control = take_fd(&launch->control);
    out->pidfd = take_fd(&launch->pidfd);
    out->output = take_fd(&launch->output);
    return 0;
}

/* It waits for its options, or has just been told: there is no child of its own to be left behind.
 */
void launch_free(fence_launch *launch)
{
    if (!launch)
        return;
    if (launch->pidfd >= 0)
        spawn_end(launch->pidfd);
    close_fd(&launch->pidfd);
    close_fd(&launch->control);
    close_fd(&launch->options);
    close_fd(&launch->output);
    close_fd(&launch->notify.listener);
    close_inherited(launch);
    argv_deinit(&launch->argv);
    fence_config_unref(launch->config);
    free(launch);
}
