/* SPDX-License-Identifier: Apache-2.0
 * sandbox.c - the life of one sandbox: started, questioned, released to run the command, reaped.
 *
 * Nothing here waits: bubblewrap starts while the host goes into its loop, and the conversation
 * with inner is two events there. The command runs only after every layer has been proved. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "proxy/listener.h"
#include "sandbox/bridge.h"
#include "sandbox/inspect.h"
#include "sandbox/launcher.h"
#include "sandbox/prepare.h"
#include "sandbox/spawn.h"

enum sandbox_state {
    SANDBOX_STARTING,  /* inner is awaited                                */
    SANDBOX_LOOKED_AT, /* it is there, its place is proved, its report is awaited */
    SANDBOX_RELEASED,  /* inner may execute the command                   */
    SANDBOX_RUNNING,   /* it has, or it said why it could not             */
    SANDBOX_CLOSING    /* reported; late callbacks end here               */
};

struct fence_sandbox {
    struct proxy *proxy;
    struct list link; /* of the engine's sandboxes */
    enum sandbox_state state;
    unsigned handles;
    fence_exit_cb on_exit;
    void *payload;

    struct plan *plan;
    struct inspect_ours ours;  /* our own namespaces */
    pid_t command_pid;         /* inner's, and the command's later */
    struct listener *listener; /* NULL until inner has handed its socket out */
    char *command;             /* argv[0]                                    */
    int standard_error;
    int control, pidfd, output; /* inner's ear, bubblewrap, its words */
    int command_pidfd;          /* -1 until inner has reported        */
    uv_poll_t control_poll, pid_poll, output_poll;
    uv_timer_t grace;

    fence_error error; /* why it failed; code 0 otherwise            */
    int failed_status;
    int ended_by;                     /* the signal that ended it before the command ran; or 0 */
    char words[LIMIT_SANDBOX_OUTPUT]; /* what bubblewrap said */
    size_t nwords;
};

/* ---- end ---- */

static void sandbox_free(struct fence_sandbox *s)
{
    plan_free(s->plan);
    free(s->command);
    free(s);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct fence_sandbox *s = handle->data;

    if (--s->handles > 0)
        return;
    close_fd(&s->control); /* a polled descriptor outlives its handle */
    close_fd(&s->pidfd);
    close_fd(&s->output);
    close_fd(&s->command_pidfd);
    close_fd(&s->standard_error);
    sandbox_free(s);
}

static void sandbox_close(struct fence_sandbox *s)
{
    uv_handle_t *handles[] = {(uv_handle_t *)&s->control_poll, (uv_handle_t *)&s->pid_poll,
                              (uv_handle_t *)&s->output_poll, (uv_handle_t *)&s->grace};

    if (s->state == SANDBOX_CLOSING)
        return;
    s->state = SANDBOX_CLOSING;
    list_remove(&s->link);
    listener_close(take(&s->listener));
    for (size_t i = 0; i < ARRAY_LEN(handles); i++)
        uv_close(handles[i], on_handle_closed);
}

void sandbox_close_all(struct list *sandboxes)
{
    LIST_EACH(link, sandboxes)
    {
        struct fence_sandbox *s = CONTAINER_OF(link, struct fence_sandbox, link);

        pidfd_kill(s->pidfd, SIGKILL);
        sandbox_close(s);
    }
}

/* ---- signals ---- */

static bool starting(const struct fence_sandbox *s)
{
    return s->state == SANDBOX_STARTING || s->state == SANDBOX_LOOKED_AT;
}

int sandbox_kill(fence_sandbox *s, int signum)
{
    if (starting(s) && s->ended_by == 0)
        s->ended_by = signum;
    if (signum == SIGKILL || starting(s)) /* --die-with-parent ends the rest */
        return pidfd_kill(s->pidfd, SIGKILL);
    return pidfd_kill(s->command_pidfd, signum);
}

static void on_grace_over(uv_timer_t *timer)
{
    sandbox_kill(timer->data, SIGKILL);
}

int sandbox_terminate(fence_sandbox *s, int signum)
{
    uv_timer_start(&s->grace, on_grace_over, LIMIT_KILL_GRACE_MS, 0);
    return sandbox_kill(s, signum);
}

/* ---- what went wrong ---- */

/* Keeps the first error: the others follow from it. */
static void sandbox_fail(struct fence_sandbox *s, int status, const fence_error *error)
{
    if (s->error.code == 0) {
        s->error = *error;
        s->failed_status = status;
    }
    pidfd_kill(s->pidfd, SIGKILL);
}

static void explain_exec(struct fence_sandbox *s, int error)
{
    char shown[256];
    struct stat st;
    bool hidden = error == ENOENT && strchr(s->command, '/') && stat(s->command, &st) == 0;

    str_escape(shown, sizeof shown, str_of(s->command));
    if (hidden)
        fail(&s->error, -error,
             "'%s' cannot be seen in the sandbox, or the interpreter it names: /tmp and /run are "
             "empty there; add --allow-write for its folder, or move it",
             shown);
    else if (error == ENOENT)
        fail(&s->error, -error, "'%s' was not found", shown);
    else
        fail(&s->error, -error, "'%s' cannot be executed: %s", shown, strerror(error));
    s->failed_status = error == ENOENT ? 127 : 126;
}

/* ---- the conversation with inner ---- */

static void take_outcome(struct fence_sandbox *s)
{
    int error, rc = bridge_receive_outcome(s->control, &error);

    if (rc == -EAGAIN)
        return;
    s->state = SANDBOX_RUNNING;
    uv_poll_stop(&s->control_poll);
    if (rc == 1)
        explain_exec(s, error);
}

/* inner is there: the first look falls into the time that it needs for its own work. */
static int look(struct fence_sandbox *s, pid_t pid, fence_error *err)
{
    s->command_pid = pid;
    s->command_pidfd = pidfd_of(pid);
    if (s->command_pidfd < 0)
        return fail(err, s->command_pidfd, "cannot hold on to the command: %s",
                    strerror(-s->command_pidfd));
    return inspect_place(pid, &s->ours, s->plan, err);
}

/* Proves the rest of the sandbox and lets the command run. */
static int release(struct fence_sandbox *s, int *listening, pid_t pid, fence_error *err)
{
    int rc;

    if (*listening < 0 || pid != s->command_pid)
        return fail(err, FENCE_ESANDBOX, "the sandbox's helper kept its socket to itself");
    rc = inspect_rights(pid, err);
    if (rc == 0)
        rc = listener_adopt(&s->listener, s->proxy, take_fd(listening), err);
    if (rc == 0)
        rc = bridge_send_go(s->control, s->standard_error, err);
    close_fd(&s->standard_error);
    return rc;
}

static int take_step(struct fence_sandbox *s, const struct inner_report *report, int *listening,
                     pid_t pid, fence_error *err)
{
    int rc;

    if (s->state == SANDBOX_STARTING && report->step == INNER_HERE) {
        rc = look(s, pid, err);
        if (rc == 0)
            s->state = SANDBOX_LOOKED_AT;
    } else if (s->state == SANDBOX_LOOKED_AT && report->step == INNER_READY) {
        rc = release(s, listening, pid, err);
        if (rc == 0)
            s->state = SANDBOX_RELEASED;
    } else {
        rc = bridge_explain(report, err);
    }
    return rc;
}

/* Returns true when there may be another one. */
static bool take_report(struct fence_sandbox *s)
{
    struct inner_report report;
    fence_error error = {0};
    auto_fd int listening = -1;
    pid_t pid;
    int rc = bridge_receive_report(s->control, &report, &listening, &pid, &error);

    if (rc == -EAGAIN)
        return false;
    if (rc == 0) {
        uv_poll_stop(&s->control_poll); /* bubblewrap's own end will tell why */
        return false;
    }
    if (rc == 1)
        rc = take_step(s, &report, &listening, pid, &error);
    if (rc < 0)
        sandbox_fail(s, 125, &error);
    return rc == 0 && s->state == SANDBOX_LOOKED_AT;
}

static void on_control(uv_poll_t *poll, int status, int events)
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
        take_outcome(s);
        return;
    case SANDBOX_RUNNING:
    case SANDBOX_CLOSING:
        return;
    }
}

/* ---- bubblewrap ---- */

static void take_words(struct fence_sandbox *s)
{
    char rest[512];
    ssize_t len;

    do { /* what does not fit is read all the same: nobody may block on this pipe */
        size_t room = sizeof s->words - 1 - s->nwords;

        len = room > 0 ? read(s->output, s->words + s->nwords, room)
                       : read(s->output, rest, sizeof rest);
        if (len > 0 && room > 0)
            s->nwords += (size_t)len;
    } while (len > 0 || (len < 0 && errno == EINTR));
    if (len == 0)
        uv_poll_stop(&s->output_poll);
}

static void on_output(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    take_words(poll->data);
}

static void on_process(uv_poll_t *poll, int status, int events)
{
    struct fence_sandbox *s = poll->data;
    fence_exit result = {0};

    (void)status;
    (void)events;
    if (!spawn_reap(&result.status, s->pidfd))
        return;
    uv_poll_stop(&s->pid_poll);
    take_words(s);
    if (s->state == SANDBOX_RELEASED) /* its last word may still wait */
        take_outcome(s);
    if (starting(s) && s->ended_by != 0) {
        result.status = 128 + s->ended_by;
    } else if (starting(s) && s->error.code == 0) {
        s->words[s->nwords] = '\0';
        bubblewrap.explain(&s->error, s->words);
        s->failed_status = 125;
    }
    result.error = s->error;
    if (s->error.code != 0)
        result.status = s->failed_status;
    s->on_exit(s, &result, s->payload);
    sandbox_close(s);
}

/* ---- beginning ---- */

static void watch(struct fence_sandbox *s, uv_poll_t *poll, int fd, uv_poll_cb callback)
{
    uv_poll_init(s->proxy->loop, poll, fd);
    poll->data = s;
    s->handles++;
    uv_poll_start(poll, UV_READABLE | UV_DISCONNECT, callback);
}

int sandbox_start(fence_sandbox **out, struct proxy *proxy, struct list *sandboxes,
                  const fence_sandbox_options *options, fence_exit_cb on_exit, void *payload,
                  fence_error *err)
{
    struct fence_sandbox *s = calloc(1, sizeof *s);
    struct prepared started = {.control = -1, .pidfd = -1, .output = -1};
    fence_error unseen = {0};
    int rc;

    if (!s)
        return fail(err, -ENOMEM, "out of memory");
    s->command = strdup(options->argv[0]);
    s->standard_error = dup(options->stdio[2]);
    rc = s->command && s->standard_error >= 0 ? prepare_sandbox(&started, proxy, options, err)
                                              : fail(err, -errno, "%s", strerror(errno));
    if (rc < 0) {
        close_fd(&s->standard_error);
        sandbox_free(s);
        return rc;
    }
    s->proxy = proxy;
    s->on_exit = on_exit;
    s->payload = payload;
    s->plan = started.plan;
    s->control = started.control;
    s->pidfd = started.pidfd;
    s->output = started.output;
    s->command_pidfd = -1;
    rc = inspect_ours(&s->ours, &unseen);
    if (rc < 0)
        sandbox_fail(s, 125, &unseen); /* it is running: its end is reported like any other */
    watch(s, &s->control_poll, s->control, on_control);
    watch(s, &s->pid_poll, s->pidfd, on_process);
    watch(s, &s->output_poll, s->output, on_output);
    uv_timer_init(proxy->loop, &s->grace);
    s->grace.data = s;
    s->handles++;
    list_append(sandboxes, &s->link);
    *out = s;
    return 0;
}
