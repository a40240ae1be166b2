/* SPDX-License-Identifier: Apache-2.0
 * sandbox_talk.c - what inner says, and what it is told: the command runs only after every layer
 * has been proved. */
#include <string.h>

#include "base/error.h"
#include "sandbox/launch.h"
#include "sandbox/live.h"
#include "sandbox/notify.h"
#include "sandbox/quota.h"
#include "sandbox/sandbox_private.h"
#include "sandbox/spawn.h"

void sandbox_take_outcome(struct fence_sandbox *s)
{
    struct inner_report said;

    while (s->error.code == 0 && bridge_receive_outcome(s->control, &said) == 1) {
        if (said.step != INNER_STOPPED)
            s->failed_status = bridge_explain_outcome(&said, s->command, &s->error);
    }
}

/* One of them at a time: whoever is told may stop with it. What is no stop waits for the end, as
 * without a terminal. Process 1, which the command could make say anything, gains nothing by it.
 */
static void hear_stop(struct fence_sandbox *s)
{
    struct inner_report said;
    int rc = bridge_receive_outcome(s->control, &said);

    if (rc == 1 && said.step != INNER_STOPPED)
        s->failed_status = bridge_explain_outcome(&said, s->command, &s->error);
    if (rc == 0 || s->error.code != 0)
        uv_poll_stop(&s->control_poll);
    else if (rc == 1 && s->on_stopped)
        s->on_stopped(s, s->payload);
}

/* What the launcher was spared. */
static int mount_the_rest(const struct fence_sandbox *s, fence_error *err)
{
    auto_free const struct mount **list = calloc(s->plan->nmounts, sizeof(void *));
    size_t count = 0;

    if (!list)
        return fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < s->plan->nmounts; i++) {
        if (s->plan->mounts[i].live)
            list[count++] = &s->plan->mounts[i];
    }
    return live_mount(s->command_pid, list, count, err);
}

/* Neither can pass on its number to another: nobody but us, or its end, lets inner go. */
static int hold_on(struct fence_sandbox *s, pid_t first, fence_error *err)
{
    int rc = remains_hold(&s->remains, first);

    s->command_pidfd = pidfd_of(s->command_pid);
    if (rc == 0 && s->command_pidfd < 0)
        rc = s->command_pidfd;
    return rc < 0 ? fail(err, rc, "cannot hold on to the command: %s", strerror(-rc)) : 0;
}

/* inner is there: the first look falls into the time that it needs for its own work. */
static int look(struct fence_sandbox *s, pid_t pid, fence_error *err)
{
    bool follows = false;
    pid_t first;
    int rc = inspect_rights(pid, &s->ours, &first, err);

    s->command_pid = pid;
    if (rc == 0)
        rc = hold_on(s, first, err);
    if (rc < 0)
        return rc;
    /* It costs a fortieth of a start: where nothing is watched, nothing of ours depends on it. */
    if (s->files.guard && quota_lower(pid) < 0)
        events_debug(&s->proxy->events,
                     "sandbox: the limits of inotify could not be lowered in it");
    files_run_ready(&s->files, first);
    rc = mount_the_rest(s, err);
    if (rc == 0)
        rc = inspect_place(pid, &s->ours, s->plan, &follows, err);
    if (rc == 0 && follows) /* without the second wall such a mount could be written to */
        rc = live_part(pid, s->ours.wall.ruleset < 0, err);
    return rc < 0 ? rc : unix_sockets_look(s->sockets, pid, err);
}

/* Without it there are the proxy's own ports, and no other way out than before. */
static void capture(struct fence_sandbox *s, struct bridge_report *report)
{
    fence_error why = {0};

    if (capture_run_open(&s->capture, s->proxy, s->sockets, report->fds + INNER_LISTENERS,
                         report->said.capture, s->command_pid, &why) < 0)
        events_notice(&s->proxy->events, "programs that know of no proxy reach nothing: %s",
                      why.message);
}

/* Lets the command run. What inner says after this, if anything, is read when all has ended: to
 * hear at once that the command runs would take the processor from it. */
static int release(struct fence_sandbox *s, struct bridge_report *report, fence_error *err)
{
    static const fence_protocol protocols[] = {FENCE_PROTOCOL_HTTP, FENCE_PROTOCOL_SOCKS5};
    int rc = 0;

    _Static_assert(ARRAY_LEN(protocols) == INNER_LISTENERS, "each listener has its protocol");
    if (report->nfds == 0 || report->pid != s->command_pid)
        return fail(err, FENCE_ESANDBOX, "the sandbox's helper kept its sockets to itself");
    for (size_t i = 0; i < INNER_LISTENERS && rc == 0; i++)
        rc =
            listener_adopt(&s->listeners[i], s->proxy, protocols[i], take_fd(&report->fds[i]), err);
    if (rc == 0)
        rc = ports_open_inside(s->ports, err);
    if (rc == 0)
        capture(s, report);
    unix_sockets_arm(s->sockets, s->command_pid);
    if (rc == 0)
        rc = bridge_send_go(s->control, s->standard_error, s->env, &s->ours.wall, err);
    landlock_close(&s->ours.wall);
    close_fd(&s->standard_error);
    close_fd(&s->env);
    if (!s->own_terminal)
        uv_poll_stop(&s->control_poll);
    uv_timer_stop(&s->grace);
    uv_poll_stop(&s->output_poll); /* bubblewrap only waits from here on: no need to wake for it */
    return rc;
}

static int take_step(struct fence_sandbox *s, struct bridge_report *report, fence_error *err)
{
    int rc;

    if (s->state == SANDBOX_STARTING && report->said.step == INNER_HERE) {
        rc = look(s, report->pid, err);
        if (rc == 0)
            s->state = SANDBOX_LOOKED_AT;
    } else if (s->state == SANDBOX_LOOKED_AT && report->said.step == INNER_SOCKETS) {
        rc = ports_take_sockets(s->ports, report->fds, &report->nfds, err);
    } else if (s->state == SANDBOX_LOOKED_AT && report->said.step == INNER_READY) {
        rc = release(s, report, err);
        if (rc == 0)
            s->state = SANDBOX_RELEASED;
    } else {
        rc = bridge_explain(&report->said, err);
    }
    return rc;
}

/* Returns true when there may be another one. */
static bool take_report(struct fence_sandbox *s)
{
    struct bridge_report report;
    fence_error error = {0};
    int rc;

    if (s->state == SANDBOX_LOOKED_AT && run_report_waits(&s->report)) {
        uv_poll_stop(&s->control_poll); /* inner, too, waits for the answer */
        return false;
    }
    rc = bridge_receive_report(s->control, &report, &error);
    if (rc == -EAGAIN)
        return false;
    if (rc == 0) {
        uv_poll_stop(&s->control_poll); /* bubblewrap's own end will tell why */
        return false;
    }
    if (rc == 1) {
        rc = take_step(s, &report, &error);
        bridge_close_fds(&report);
    }
    if (rc < 0)
        sandbox_fail(s, 125, &error);
    return rc == 0 && s->state == SANDBOX_LOOKED_AT;
}

void sandbox_on_control(uv_poll_t *poll, int status, int events)
{
    struct fence_sandbox *s = poll->data;

    (void)status;
    (void)events;
    switch (s->state) {
    case SANDBOX_STARTING:
    case SANDBOX_LOOKED_AT:
        while (take_report(s))
            ;
        return;
    case SANDBOX_RELEASED:
        hear_stop(s);
        return;
    case SANDBOX_CLOSING:
        return;
    }
}

void sandbox_rules_changed(struct list *sandboxes)
{
    LIST_EACH(link, sandboxes)
    {
        struct fence_sandbox *s = CONTAINER_OF(link, struct fence_sandbox, link);
        unsigned calls = launch_calls(s->proxy->config, s->proxy->policy);
        bool hold = unix_sockets_rules(s->sockets) == 0 && unix_sockets_see_execs(s->sockets);

        if ((calls & NOTIFY_EXECS) && !hold)
            events_alert(&s->proxy->events,
                         "the new command rules do not hold for the command that "
                         "runs: start it again");
    }
}
