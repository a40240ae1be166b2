/* SPDX-License-Identifier: Apache-2.0
 * unix_sockets_linux.c - what the judgement of a sandbox's sockets needs, from its launch to its
 * last process; and the mailbox in which the threads leave what was refused.
 *
 * Counted: the loop has one part, and each thread one. The listener is closed with the last, when
 * nobody is left inside; the loop waits for that, so that nothing is left behind it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"
#include "filter/config.h"
#include "sandbox/bridge.h"
#include "sandbox/unix_sockets_judge.h"

#define CURE                                                                                       \
    "use Linux 5.14 or newer; --degrade=unix-sockets starts without, and the command can then "    \
    "connect to every socket of this machine that it sees"

#define EXEC_CURE                                                                                  \
    "use Linux 5.19 or newer; --degrade=exec starts without, and then command rules hold for the " \
    "command alone"

/* ---- counting ---- */

static void free_all(struct unix_sockets *sockets)
{
    for (size_t i = 0; i < sockets->nallowed; i++) {
        free(sockets->allowed[i].path);
        if (sockets->allowed[i].pinned >= 0)
            close(sockets->allowed[i].pinned);
    }
    free(sockets->allowed);
    if (sockets->execs)
        exec_watch_deinit(sockets->execs);
    free(sockets->execs);
    unix_inside_deinit(&sockets->inside);
    close_fd(&sockets->listener);
    close_fd(&sockets->notify.listener);
    close_fd(&sockets->netfilter);
    pthread_mutex_destroy(&sockets->lock);
    free(sockets);
}

void unix_sockets_ref(struct unix_sockets *sockets)
{
    pthread_mutex_lock(&sockets->lock);
    sockets->refs++;
    pthread_mutex_unlock(&sockets->lock);
}

void unix_sockets_unref(struct unix_sockets *sockets)
{
    bool last;

    pthread_mutex_lock(&sockets->lock);
    last = --sockets->refs == 0;
    pthread_mutex_unlock(&sockets->lock);
    if (last)
        free_all(sockets);
}

/* The loop learns of it, and nothing is touched after: unless it has given up waiting. */
static void on_ended(void *context)
{
    struct unix_sockets *sockets = context;
    bool last;

    pthread_mutex_lock(&sockets->lock);
    sockets->ended = true;
    last = --sockets->refs == 0;
    if (!sockets->closing)
        uv_async_send(&sockets->wake);
    pthread_mutex_unlock(&sockets->lock);
    if (last)
        free_all(sockets);
}

/* ---- end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct unix_sockets *sockets = handle->data;

    if (--sockets->handles == 0)
        unix_sockets_unref(sockets);
}

static void finish(struct unix_sockets *sockets)
{
    pthread_mutex_lock(&sockets->lock);
    sockets->closing = true;
    pthread_mutex_unlock(&sockets->lock);
    uv_close((uv_handle_t *)&sockets->wake, on_closed);
    uv_close((uv_handle_t *)&sockets->patience, on_closed);
    if (sockets->handles == 3)
        uv_close((uv_handle_t *)&sockets->first_call, on_closed);
}

static void on_impatient(uv_timer_t *patience)
{
    finish(patience->data);
}

static bool has_ended(struct unix_sockets *sockets)
{
    bool ended;

    pthread_mutex_lock(&sockets->lock);
    ended = sockets->ended;
    pthread_mutex_unlock(&sockets->lock);
    return ended;
}

void unix_sockets_close(struct unix_sockets *sockets)
{
    if (!sockets)
        return;
    sockets->left = true;
    if (sockets->execs)
        exec_watch_leave(sockets->execs);
    if (sockets->handles == 0)
        unix_sockets_unref(sockets);
    else if (!sockets->begun || has_ended(sockets))
        finish(sockets);
    else
        uv_timer_start(&sockets->patience, on_impatient, LIMIT_ABANDON_MS, 0);
}

/* ---- news ---- */

void unix_sockets_tell(struct unix_sockets *sockets, const struct unix_news *news)
{
    pthread_mutex_lock(&sockets->lock);
    if (sockets->nnews < ARRAY_LEN(sockets->news))
        sockets->news[sockets->nnews++] = *news;
    else
        sockets->unheard++;
    if (!sockets->closing)
        uv_async_send(&sockets->wake);
    pthread_mutex_unlock(&sockets->lock);
}

/* One at a time: an observer may take long, and the threads must not wait for it. */
static bool next_news(struct unix_news *out, struct unix_sockets *sockets)
{
    bool found;

    pthread_mutex_lock(&sockets->lock);
    found = sockets->nnews > 0;
    if (found) {
        *out = sockets->news[0];
        sockets->nnews--;
        memmove(sockets->news, sockets->news + 1, sockets->nnews * sizeof *sockets->news);
    } else if (sockets->unheard > 0) {
        found = true;
        out->kind = NEWS_UNIX;
        snprintf(out->text, sizeof out->text, "%lu more were refused", sockets->unheard);
        sockets->unheard = 0;
    }
    pthread_mutex_unlock(&sockets->lock);
    return found;
}

static void show(struct unix_sockets *sockets, const struct unix_news *news)
{
    struct events *events = &sockets->proxy->events;

    switch (news->kind) {
    case NEWS_UNIX:
        events_unix(events, news->text);
        return;
    case NEWS_ALERT:
        events_alert(events, "%s", news->text);
        return;
    case NEWS_DEBUG:
        events_debug(events, "sandbox: %s", news->text);
        return;
    case NEWS_EXEC:
    case NEWS_EXEC_DENIED:
        sockets->proxy->denied += news->kind == NEWS_EXEC_DENIED;
        events_exec(events, news->text, news->kind == NEWS_EXEC_DENIED);
        return;
    }
}

static void on_wake(uv_async_t *wake)
{
    struct unix_sockets *sockets = wake->data;
    struct unix_news news;

    for (size_t i = 0; i <= LIMIT_NEWS && next_news(&news, sockets); i++) {
        show(sockets, &news);
    }
    if (sockets->execs)
        exec_watch_turn(sockets->execs);
    if (sockets->left && !uv_is_closing((uv_handle_t *)wake) && has_ended(sockets))
        finish(sockets);
}

/* ---- beginning ---- */

/* Where the command can write, it could put another socket of the host into the place (mv). */
static int add_allowed(struct unix_sockets *sockets, const struct plan *plan, const char *path,
                       fence_error *err)
{
    struct unix_allowed *allowed = &sockets->allowed[sockets->nallowed];
    auto_fd int file = unix_path_listed(path);
    char shown[256];
    struct stat st;

    str_escape(shown, sizeof shown, str_of(path));
    if (file < 0 || fstat(file, &st) < 0)
        return fail(err, file < 0 ? file : -errno,
                    "network.allowUnixSockets: '%s' cannot be looked at: %s", shown,
                    strerror(file < 0 ? -file : errno));
    if (!S_ISSOCK(st.st_mode))
        return fail(err, FENCE_ECONFIG, "network.allowUnixSockets: '%s' is no socket", shown);
    allowed->path = strdup(path);
    if (!allowed->path)
        return fail(err, -ENOMEM, "out of memory");
    allowed->pinned = plan_writable(plan, path) ? take_fd(&file) : -1;
    sockets->nallowed++;
    return 0;
}

static int fill(struct unix_sockets *sockets, struct proxy *proxy, const struct plan *plan,
                const struct unix_sockets_input *in, fence_error *err)
{
    int rc = 0;

    sockets->proxy = proxy;
    sockets->degrade = in->degrade;
    sockets->observed = events_wanted(&proxy->events, FENCE_EVENT_UNIX);
    sockets->hinted = !events_wanted(&proxy->events, FENCE_EVENT_ALERT);
    sockets->listener = sockets->notify.listener = sockets->netfilter = -1;
    sockets->refs = 1;
    sockets->closing = true; /* there is no handle yet */
    pthread_mutex_init(&sockets->lock, NULL);
    sockets->allowed = calloc(in->npaths + 1, sizeof *sockets->allowed);
    if (!sockets->allowed)
        return fail(err, -ENOMEM, "out of memory");
    unix_inside_begin(&sockets->inside, plan);
    for (size_t i = 0; rc == 0 && i < in->npaths; i++)
        rc = add_allowed(sockets, plan, in->paths[i], err);
    if (rc == 0 && (in->which & NOTIFY_EXECS))
        rc = unix_sockets_watch_execs(sockets, in, err);
    return rc;
}

static const struct kind {
    unsigned call, layer;
    const char *what, *cure;
} kinds[] = {
    {NOTIFY_CONNECTS, FENCE_LAYER_UNIX_SOCKETS, "Unix sockets are", CURE},
    {NOTIFY_EXECS, FENCE_LAYER_EXEC, "what the command executes is", EXEC_CURE},
};

/* Takes from `which` what cannot wait here, if that can be done without. */
static int leave_out(unsigned *which, struct proxy *proxy, unsigned degrade, fence_error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct kind *kind = &kinds[i];
        const char *missing = *which & kind->call ? notify_missing(kind->call) : NULL;

        if (!missing)
            continue;
        if (!(degrade & kind->layer))
            return fail(err, FENCE_ESANDBOX, "%s not judged here (%s): %s", kind->what, missing,
                        kind->cure);
        events_notice(&proxy->events, "%s not judged: %s", kind->what, missing);
        *which &= ~kind->call;
    }
    return 0;
}

int unix_sockets_new(struct unix_sockets **out, struct proxy *proxy, const struct plan *plan,
                     const struct unix_sockets_input *given, fence_error *err)
{
    struct unix_sockets_input in = *given;
    struct unix_sockets *sockets;
    int rc = leave_out(&in.which, proxy, in.degrade, err);

    *out = NULL;
    if (rc < 0 || in.which == 0)
        return rc;
    sockets = calloc(1, sizeof *sockets);
    if (!sockets)
        return fail(err, -ENOMEM, "out of memory");
    rc = fill(sockets, proxy, plan, &in, err);
    if (rc < 0)
        unix_sockets_unref(sockets);
    else
        *out = sockets;
    return rc;
}

void unix_sockets_launched(struct unix_sockets *sockets, struct spawn_notify *notify)
{
    if (!sockets)
        return;
    sockets->notify = *notify;
    notify->listener = -1;
}

void unix_sockets_arm(struct unix_sockets *sockets, pid_t pid)
{
    if (sockets && sockets->execs)
        exec_watch_arm(sockets->execs, pid);
}

int unix_sockets_rules(struct unix_sockets *sockets)
{
    return sockets && sockets->execs ? exec_watch_rules(sockets->execs) : 0;
}

static const char *reason(const struct spawn_notify *notify)
{
    return notify->error == -EEXIST ? "another program answers system calls in this container"
                                    : strerror(-notify->error);
}

int unix_sockets_explain(const struct spawn_notify *notify, fence_error *err)
{
    const struct kind *kind = &kinds[notify->which & NOTIFY_CONNECTS ? 0 : 1];

    return fail(err, FENCE_ESANDBOX, "%s not judged here (%s): %s", kind->what, reason(notify),
                kind->cure);
}

/* Without a thread nobody answers: with the listener gone the calls fail, and do not wait. */
static void give_up(struct unix_sockets *sockets, int rc)
{
    events_alert(&sockets->proxy->events, "no connection can be made in the sandbox: %s",
                 strerror(-rc));
    on_ended(sockets);
    close(take_fd(&sockets->listener));
}

static short poll_now(struct pollfd *fd)
{
    return poll(fd, 1, 0) > 0 ? (short)(fd->revents & POLLIN) : 0;
}

/* Most commands are over before they connect to anything: they need no thread. */
static void on_first_call(uv_poll_t *handle, int status, int events)
{
    struct unix_sockets *sockets = handle->data;
    struct notify_handler handler = {unix_connect, on_ended, sockets};
    struct pollfd listener = {sockets->listener, POLLIN, 0};
    int rc;

    (void)status;
    (void)events; /* libuv calls an end that is reported alone readable */
    uv_poll_stop(handle);
    if (poll_now(&listener) == 0)
        return; /* nobody is left inside */
    sockets->begun = true;
    if (sockets->before)
        sockets->before(sockets->before_payload);
    unix_sockets_ref(sockets);
    rc = notify_start(sockets->listener, &handler);
    if (rc < 0)
        give_up(sockets, rc);
}

static int start(struct unix_sockets *sockets, int control)
{
    int rc = 0;

    sockets->listener = take_fd(&sockets->notify.listener);
    if (sockets->listener < 0)
        rc = bridge_receive_listener(control, &sockets->listener);
    if (rc < 0)
        return rc;
    rc = uv_async_init(sockets->proxy->loop, &sockets->wake, on_wake);
    if (rc < 0)
        return rc;
    uv_timer_init(sockets->proxy->loop, &sockets->patience);
    rc = uv_poll_init(sockets->proxy->loop, &sockets->first_call, sockets->listener);
    sockets->wake.data = sockets->patience.data = sockets->first_call.data = sockets;
    sockets->handles = rc < 0 ? 2 : 3;
    sockets->closing = false;
    uv_unref((uv_handle_t *)&sockets->wake); /* they keep no loop running */
    if (rc < 0)
        return rc;
    uv_unref((uv_handle_t *)&sockets->first_call);
    return uv_poll_start(&sockets->first_call, UV_READABLE | UV_DISCONNECT, on_first_call);
}

/* The sandbox around this one answers, or somebody else, or nobody can: for which `degrade` was
 * given. */
static int begin_without(struct unix_sockets *sockets, fence_error *err)
{
    struct events *events = &sockets->proxy->events;
    bool outer = sockets->notify.error == -EBUSY;

    if (sockets->execs && outer && !(sockets->degrade & FENCE_LAYER_EXEC))
        return fail(
            err, FENCE_ESANDBOX,
            "what is executed in a sandbox within a sandbox can be judged by the outer one alone: "
            "write command rules there, or --degrade=exec, and they hold for the command alone");
    if (outer)
        events_debug(events, "Unix sockets are judged by the sandbox around this one");
    else if (sockets->notify.which & NOTIFY_CONNECTS)
        events_notice(events, "Unix sockets are not judged: %s", reason(&sockets->notify));
    if (sockets->execs)
        events_notice(events, "what the command executes is not judged: %s",
                      outer ? "a sandbox around this one answers" : reason(&sockets->notify));
    return 0;
}

int unix_sockets_begin(struct unix_sockets *sockets, int control, fence_error *err)
{
    int rc;

    if (!sockets)
        return 0;
    if (sockets->notify.error != 0)
        return begin_without(sockets, err);
    rc = start(sockets, control);
    return rc < 0 ? fail(err, rc, "cannot judge the sandbox's calls: %s", strerror(-rc)) : 0;
}

bool unix_sockets_see_execs(const struct unix_sockets *sockets)
{
    return sockets && sockets->execs && sockets->listener >= 0;
}

bool unix_sockets_ask(const struct unix_sockets *sockets)
{
    return sockets && sockets->notify.error == 0;
}

bool unix_sockets_sees(const struct unix_sockets *sockets)
{
    return sockets && sockets->listener >= 0 && (sockets->notify.which & NOTIFY_CONNECTS);
}

void unix_sockets_before(struct unix_sockets *sockets, void (*begin)(void *payload), void *payload)
{
    sockets->before = begin;
    sockets->before_payload = payload;
    if (begin && sockets->begun) /* a launcher that is a script may connect(2) to nscd */
        begin(payload);
}

void unix_sockets_lead(struct unix_sockets *sockets, int netfilter, bool ipv6)
{
    pthread_mutex_lock(&sockets->lock);
    sockets->netfilter = netfilter;
    sockets->ipv6 = ipv6;
    sockets->lead = LEAD_NOT_YET;
    pthread_mutex_unlock(&sockets->lock);
}

int unix_sockets_look(struct unix_sockets *sockets, pid_t pid, fence_error *err)
{
    int rc = sockets ? unix_inside_look(&sockets->inside, pid) : 0;

    if (rc < 0)
        return fail(err, rc, "cannot look at the sandbox's namespaces: %s", strerror(-rc));
    if (!sockets)
        return 0;
    atomic_store_explicit(&sockets->looked, true, memory_order_release);
    return 0;
}
