/* SPDX-License-Identifier: Apache-2.0
 * sandbox.c - the life of one sandbox: started, questioned, released to run the command, reaped.
 *
 * Nothing here waits: bubblewrap starts while the host goes into its loop, and the conversation
 * with inner is two events there. The command runs only after every layer has been proved. */
#include "sandbox/sandbox_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/str.h"
#include "proxy/listener.h"
#include "proxy/session.h"
#include "sandbox/launcher.h"
#include "sandbox/prepare.h"
#include "sandbox/rule_files.h"
#include "sandbox/spawn.h"

#define TURNS 16 /* reads of what bubblewrap says, before others have theirs */

/* ---- end ---- */

static void sandbox_free(struct fence_sandbox *s)
{
    close_fd(&s->control);
    close_fd(&s->pidfd);
    close_fd(&s->output);
    close_fd(&s->command_pidfd);
    close_fd(&s->standard_error);
    close_fd(&s->env);
    remains_deinit(&s->remains);
    ports_close(s->ports);
    unix_sockets_close(s->sockets);
    inspect_ours_deinit(&s->ours);
    files_run_deinit(&s->files);
    plan_free(s->plan);
    run_report_deinit(&s->report);
    free(s->command);
    free(s);
}

static void on_part_gone(void *payload)
{
    struct fence_sandbox *s = payload;

    if (--s->handles == 0)
        sandbox_free(s);
}

/* A polled descriptor has to outlive its handle. */
static void on_handle_closed(uv_handle_t *handle)
{
    on_part_gone(handle->data);
}

static void close_handles(uv_handle_t *a, uv_handle_t *b)
{
    if (a->data) /* it was initialised */
        uv_close(a, on_handle_closed);
    if (b->data)
        uv_close(b, on_handle_closed);
}

/* Everything but the watch over the process, which is left when it has been reaped, and the timer
 * that may have to end it. */
static void sandbox_close(struct fence_sandbox *s)
{
    s->state = SANDBOX_CLOSING;
    run_report_deinit(&s->report);
    s->handles += files_run_close(&s->files, on_part_gone);
    list_remove(&s->link);
    for (size_t i = 0; i < INNER_LISTENERS; i++)
        listener_close(take(&s->listeners[i]));
    capture_run_close(&s->capture);
    ports_close(take(&s->ports));
    close_handles((uv_handle_t *)&s->control_poll, (uv_handle_t *)&s->output_poll);
}

/* ---- signals ---- */

static void on_grace_over(uv_timer_t *timer)
{
    struct fence_sandbox *s = timer->data;

    pidfd_kill(s->pidfd, SIGKILL);
}

static void on_unanswered(uv_timer_t *timer)
{
    struct fence_sandbox *s = timer->data;

    run_report_asked_too_long(&s->report);
}

/* --die-with-parent ends the rest. But bubblewrap's child, while it waits for its parent's word,
 * knows nothing of that yet and would wait for ever: until inner is there, it is inner that ends
 * it all, as it finds nobody to talk to. */
static int put_down(struct fence_sandbox *s)
{
    bool starting = s->state == SANDBOX_STARTING || s->state == SANDBOX_LOOKED_AT;

    run_report_deinit(&s->report);
    if (starting && s->control_poll.data) /* whatever inner still reports: it is not released */
        uv_poll_stop(&s->control_poll);
    if (s->state != SANDBOX_STARTING)
        return pidfd_kill(s->pidfd, SIGKILL);
    shutdown(s->control, SHUT_RDWR);
    uv_timer_start(&s->grace, on_grace_over, LIMIT_ABANDON_MS, 0);
    return 0;
}

void sandbox_close_all(struct list *sandboxes)
{
    LIST_EACH(link, sandboxes)
    {
        struct fence_sandbox *s = CONTAINER_OF(link, struct fence_sandbox, link);

        put_down(s);
        sandbox_close(s);
    }
}

int sandbox_check_rule_files(const fence_sandbox *sandbox, const char *const *rule_files,
                             fence_error *err)
{
    return rule_files_check(sandbox->plan, rule_files, err);
}

static void on_waited_enough(uv_timer_t *timer);

/* Before it runs there is nobody to send it to. */
int sandbox_kill(fence_sandbox *s, int signum)
{
    bool starting = s->state == SANDBOX_STARTING || s->state == SANDBOX_LOOKED_AT;

    if (signum < 0 || signum > 64)
        return -EINVAL;
    if (signum == 0)
        return pidfd_kill(s->pidfd, 0);
    if (s->last_words.data) { /* there is nobody left but us */
        uv_timer_start(&s->grace, on_waited_enough, 0, 0);
        return 0;
    }
    if (starting && s->ended_by == 0)
        s->ended_by = signum;
    if (signum == SIGKILL || starting)
        return put_down(s);
    if (signum == SIGCONT && s->own_terminal)
        return pidfd_kill_group(s->command_pidfd, s->command_pid, signum);
    return pidfd_kill(s->command_pidfd, signum);
}

int sandbox_terminate(fence_sandbox *s, int signum)
{
    if (s->state != SANDBOX_STARTING)
        uv_timer_start(&s->grace, on_grace_over, LIMIT_KILL_GRACE_MS, 0);
    return sandbox_kill(s, signum);
}

/* ---- what went wrong ---- */

void sandbox_fail(struct fence_sandbox *s, int status, const fence_error *error)
{
    if (s->error.code == 0) {
        s->error = *error;
        s->failed_status = status;
    }
    put_down(s);
}

/* ---- bubblewrap ---- */

/* What does not fit is read all the same, as nobody may block on this pipe; but never without end:
 * others have their turn, too. */
static void take_words(struct fence_sandbox *s)
{
    char rest[4096];
    ssize_t len = 1;

    for (int turns = 0; turns < TURNS && (len > 0 || (len < 0 && errno == EINTR)); turns++) {
        size_t room = sizeof s->words - 1 - s->nwords;

        len = room > 0 ? read(s->output, s->words + s->nwords, room)
                       : read(s->output, rest, sizeof rest);
        if (len > 0 && room > 0)
            s->nwords += (size_t)len;
    }
    if (len == 0 && s->output_poll.data)
        uv_poll_stop(&s->output_poll);
}

static void on_output(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    take_words(poll->data);
}

/* What its end means, where the command's own status does not say it all. */
static void judge_end(struct fence_sandbox *s, fence_exit *result)
{
    bool started = s->state == SANDBOX_RELEASED;

    if (s->ended_by != 0 && (s->error.code == 0 || !started)) { /* errors came of that */
        result->status = 128 + s->ended_by;
        return;
    }
    if (s->error.code == 0 && !started) {
        s->words[s->nwords] = '\0';
        bubblewrap.explain(&s->error, s->words, getenv("FENCE_SANDBOX") != NULL);
        s->failed_status = 125;
    } else if (s->error.code == 0 && s->reaped < 0) {
        fail(&s->error, s->reaped,
             "the command has ended, but somebody else took its exit status: leave SIGCHLD at its "
             "default, and wait(2) for no child but your own");
        s->failed_status = 125;
    }
    result->error = s->error;
    if (s->error.code != 0)
        result->status = s->failed_status;
}

/* Nothing of it is left, or will not go. */
static void report_end(struct fence_sandbox *s)
{
    fence_exit result = {.status = s->status};

    close_handles((uv_handle_t *)&s->pid_poll, (uv_handle_t *)&s->grace);
    if (s->remains.poll.data)
        uv_close((uv_handle_t *)&s->remains.poll, on_handle_closed);
    if (s->last_words.data)
        uv_close((uv_handle_t *)&s->last_words, on_handle_closed);
    if (s->state == SANDBOX_CLOSING)
        return; /* nobody asks any more */
    take_words(s);
    if (s->state == SANDBOX_RELEASED)
        sandbox_take_outcome(s);
    files_run_finish(&s->files, s->plan->cwd);
    judge_end(s, &result);
    run_report_end(&s->report, result.status);
    if (s->on_exit)
        s->on_exit(s, &result, s->payload);
    sandbox_close(s);
}

static void on_waited_enough(uv_timer_t *timer)
{
    report_end(timer->data);
}

static bool is_ours(const struct fence_sandbox *s, const struct listener *listener)
{
    for (size_t i = 0; i < INNER_LISTENERS; i++) {
        if (s->listeners[i] == listener)
            return true;
    }
    return capture_run_has(&s->capture, listener) || ports_have(s->ports, listener);
}

static bool owes(const struct fence_sandbox *s)
{
    LIST_EACH(link, &s->proxy->sessions)
    {
        const struct session *session = CONTAINER_OF(link, struct session, link);

        if (session->listener && is_ours(s, session->listener) && session_owes(session))
            return true;
    }
    return false;
}

static void on_polled(uv_check_t *check)
{
    if (!owes(check->data))
        report_end(check->data);
}

/* No process of it is left. Outside a fence the kernel still delivers what such processes have
 * written; here we do. Whoever was killed has nothing more to say. */
static void hear_out(struct fence_sandbox *s)
{
    bool killed = s->reaped < 0 || s->status == 128 + SIGKILL;

    if (killed || s->error.code != 0 || s->state != SANDBOX_RELEASED || !owes(s)) {
        report_end(s);
        return;
    }
    uv_check_init(s->proxy->loop, &s->last_words);
    s->last_words.data = s;
    s->handles++;
    uv_check_start(&s->last_words, on_polled);
    uv_timer_start(&s->grace, on_waited_enough, LIMIT_LAST_WORDS_MS, 0);
}

static void on_gone(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    hear_out(poll->data);
}

static void on_process(uv_poll_t *poll, int status, int events)
{
    struct fence_sandbox *s = poll->data;

    (void)status;
    (void)events;
    s->reaped = spawn_reap(&s->status, s->pidfd);
    if (s->reaped == 0)
        return;
    uv_poll_stop(poll);
    if (remains_await(&s->remains, s->proxy->loop, on_gone, s)) {
        s->handles++;
        uv_timer_start(&s->grace, on_waited_enough, LIMIT_ABANDON_MS, 0);
    } else {
        hear_out(s);
    }
}

/* ---- beginning ---- */

static int watch(struct fence_sandbox *s, uv_poll_t *poll, int fd, uv_poll_cb callback,
                 fence_error *err)
{
    int rc = uv_poll_init(s->proxy->loop, poll, fd);

    if (rc < 0)
        return fail(err, rc, "cannot watch over the sandbox: %s", uv_strerror(rc));
    poll->data = s;
    s->handles++;
    uv_poll_start(poll, UV_READABLE | UV_DISCONNECT, callback);
    return 0;
}

static int finish(struct fence_sandbox *s, fence_launch *launch,
                  const fence_sandbox_options *options, fence_error *err)
{
    struct prepared started = PREPARED_NOTHING;
    int rc = prepare_sandbox(&started, s->proxy, launch, options, ports_sockets(s->ports), err);

    s->plan = started.plan;
    s->sockets = started.sockets;
    s->files.files = started.files;
    s->degrade = options->degrade;
    s->ours = started.ours;
    s->env = started.env;
    s->control = started.launched.control;
    s->pidfd = started.launched.pidfd;
    s->output = started.launched.output;
    return rc;
}

/* Starts it; there is nothing on the loop yet. */
static int launch(struct fence_sandbox *s, const fence_sandbox_options *options, fence_error *err)
{
    fence_launch *ours = NULL;
    int rc;

    s->command = strdup(options->argv[0]);
    if (!s->command)
        return fail(err, -ENOMEM, "out of memory");
    s->standard_error = fcntl(options->stdio[2], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (s->standard_error < 0)
        return fail(err, -errno, "descriptor %d cannot be the command's standard error: %s",
                    options->stdio[2], strerror(errno));
    rc = ports_open(&s->ports, s->proxy, options->ports, err);
    if (rc == 0 && !options->launch)
        rc = launch_begin(&ours, s->proxy->config, s->proxy->policy, options, err);
    if (rc == 0)
        rc = finish(s, ours ? ours : options->launch, options, err);
    launch_free(ours);
    return rc;
}

static void on_guard_end(void *payload, const fence_error *why)
{
    sandbox_fail(payload, 125, why);
}

static void on_start_too_long(uv_timer_t *timer)
{
    struct fence_sandbox *s = timer->data;
    fence_error error;

    fail(&error, FENCE_ESANDBOX,
         "the sandbox has not come up in %d seconds: start again; with -d you see the command that "
         "makes it",
         LIMIT_START_MS / 1000);
    sandbox_fail(s, 125, &error);
}

/* It is running: what fails from here on is reported when it has ended. */
static void attend(struct fence_sandbox *s)
{
    fence_error error = {0};
    int rc;

    uv_timer_init(s->proxy->loop, &s->grace);
    s->grace.data = s;
    s->handles++;
    rc = unix_sockets_begin(s->sockets, s->control, &error);
    s->ours.more_filters = unix_sockets_ask(s->sockets);
    if (rc == 0)
        rc = inspect_ours(&s->ours, &error);
    if (rc == 0)
        rc = files_run_start(&s->files, s->proxy, s->plan, s->degrade, on_guard_end, s, &error);
    if (rc == 0)
        rc = watch(s, &s->control_poll, s->control, sandbox_on_control, &error);
    if (rc == 0)
        rc = watch(s, &s->output_poll, s->output, on_output, &error);
    if (rc < 0)
        sandbox_fail(s, 125, &error);
    else
        uv_timer_start(&s->grace, on_start_too_long, LIMIT_START_MS, 0);
}

/* A person has said whether the command may run. */
static void on_settled(struct run_report *report, const fence_error *refusal)
{
    struct fence_sandbox *s = CONTAINER_OF(report, struct fence_sandbox, report);

    uv_timer_start(&s->grace, on_start_too_long, LIMIT_START_MS, 0);
    if (refusal)
        sandbox_fail(s, 126, refusal);
    else if (s->state == SANDBOX_LOOKED_AT)
        uv_poll_start(&s->control_poll, UV_READABLE | UV_DISCONNECT, sandbox_on_control);
}

static void ask(struct fence_sandbox *s)
{
    if (!run_report_waits(&s->report))
        return;
    s->report.on_settled = on_settled;
    uv_timer_start(&s->grace, on_unanswered, LIMIT_ASK_MS, 0);
    run_report_ask(&s->report);
}

int sandbox_start(fence_sandbox **out, struct proxy *proxy, struct list *sandboxes,
                  const fence_sandbox_options *options, fence_exit_cb on_exit, void *payload,
                  fence_error *err)
{
    struct fence_sandbox *s = calloc(1, sizeof *s);
    int rc;

    if (!s)
        return fail(err, -ENOMEM, "out of memory");
    s->proxy = proxy;
    s->on_exit = on_exit;
    s->on_stopped = options->on_stopped;
    s->own_terminal = options->terminal != 0;
    s->payload = payload;
    s->control = s->pidfd = s->output = s->standard_error = s->env = s->command_pidfd = -1;
    s->ours.wall.ruleset = s->remains.pidfd = -1;
    rc = run_report_start(&s->report, proxy, options->argv, err);
    if (rc == 0)
        rc = launch(s, options, err);
    if (rc == 0)
        rc = watch(s, &s->pid_poll, s->pidfd, on_process, err);
    if (rc < 0) {
        if (s->pidfd >= 0) { /* as put_down() does it, without a loop */
            struct pollfd process = {s->pidfd, POLLIN, 0};

            shutdown(s->control, SHUT_RDWR);
            poll(&process, 1, LIMIT_ABANDON_MS);
            spawn_end(s->pidfd);
        }
        sandbox_free(s);
        return rc;
    }
    attend(s);
    list_append(sandboxes, &s->link);
    *out = s;
    if (s->error.code == 0)
        ask(s);
    return 0;
}
