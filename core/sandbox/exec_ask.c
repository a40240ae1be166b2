/* SPDX-License-Identifier: Apache-2.0
 * exec_ask.c - see exec_ask.h. A question lies on the stack of the thread that waits for it; the
 * loop answers each, with the last ones when it leaves. */
#include "sandbox/exec_ask.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "policy/policy.h"
#include "proxy/ask.h"

struct question {
    struct list link; /* of watch.questions */
    char **argv;
    char cwd[PATH_MAX];
    pid_t pid;
    bool answered;
    fence_decision decision;
};

struct asked {        /* a person */
    struct list link; /* of watch.asked */
    struct exec_watch *watch;
    struct question *question;
    struct asker asker;
    uv_timer_t patience;
};

/* ---- the thread's ---- */

static char **list_words(const struct exec_said *said)
{
    char **argv = calloc(said->count + 1, sizeof *argv);

    for (size_t i = 0; argv && i < said->count; i++)
        argv[i] = (char *)said->words[i].text.bytes; /* each has its NUL */
    return argv;
}

static void read_cwd(char out[PATH_MAX], pid_t pid)
{
    char path[64];
    ssize_t len;

    snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
    len = readlink(path, out, PATH_MAX - 1);
    out[len < 0 ? 0 : len] = '\0';
}

static void wait_for_answer(struct exec_watch *watch, struct question *question)
{
    pthread_mutex_lock(&watch->lock);
    if (!watch->left) {
        list_append(&watch->questions, &question->link);
        watch->wake(watch->owner);
    }
    while (!question->answered && !watch->left)
        pthread_cond_wait(&watch->answered, &watch->lock);
    pthread_mutex_unlock(&watch->lock);
}

bool exec_ask(struct command_refusal *out, struct exec_watch *watch, const struct exec_said *said,
              pid_t pid)
{
    struct question question = {.pid = pid, .argv = list_words(said)};

    question.decision.verdict = FENCE_DENY;
    snprintf(question.decision.rule, sizeof question.decision.rule, "built-in");
    snprintf(question.decision.message, sizeof question.decision.message,
             "nobody is left to decide");
    list_init(&question.link);
    read_cwd(question.cwd, pid);
    if (question.argv)
        wait_for_answer(watch, &question);
    free(question.argv);
    if (question.decision.verdict == FENCE_ALLOW)
        return false;
    *out = (struct command_refusal){0};
    snprintf(out->rule, sizeof out->rule, "%s", question.decision.rule);
    snprintf(out->key, sizeof out->key, "%s", question.decision.rule);
    snprintf(out->message, sizeof out->message, "denied by %s%s%s", question.decision.rule,
             question.decision.message[0] ? ": " : "", question.decision.message);
    command_show(out->command, sizeof out->command, said->words, said->count);
    return true;
}

/* ---- the loop's ---- */

static void answer(struct exec_watch *watch, struct question *question, fence_verdict verdict)
{
    pthread_mutex_lock(&watch->lock);
    question->decision.verdict = verdict;
    question->answered = true;
    pthread_cond_broadcast(&watch->answered);
    pthread_mutex_unlock(&watch->lock);
}

static void on_closed(uv_handle_t *handle)
{
    free(CONTAINER_OF(handle, struct asked, patience));
}

/* A shell that finds a program in several folders of PATH tries each: the same words of the same
 * process have been answered. */
static bool was_refused(const struct exec_watch *watch, const struct question *question)
{
    const struct argv *refused = &watch->refused;
    size_t same = 0;

    if (watch->refused_pid != question->pid)
        return false;
    while (same < refused->count && question->argv[same] &&
           strcmp(question->argv[same], refused->items[same]) == 0)
        same++;
    return same == refused->count && !question->argv[same];
}

/* Without memory it is asked once more. */
static void remember_refused(struct exec_watch *watch, const struct question *question)
{
    int rc = 0;

    argv_deinit(&watch->refused);
    for (size_t i = 0; rc == 0 && question->argv[i]; i++)
        rc = argv_add(&watch->refused, question->argv[i]);
    watch->refused_pid = rc == 0 ? question->pid : 0;
}

static void settle(struct asked *asked, fence_verdict verdict, const char *how)
{
    struct question *question = asked->question;
    char message[sizeof question->decision.message];

    snprintf(message, sizeof message, "%.140s%s%s", question->decision.message,
             how[0] && question->decision.message[0] ? ": " : "", how);
    memcpy(question->decision.message, message, sizeof message);
    if (verdict != FENCE_ALLOW)
        remember_refused(asked->watch, question);
    list_remove(&asked->link);
    asker_leave(&asked->asker);
    answer(asked->watch, question, verdict);
    uv_close((uv_handle_t *)&asked->patience, on_closed);
}

static void on_answered(struct asker *asker, const struct fence_ask *ask, fence_verdict verdict)
{
    (void)ask;
    settle(CONTAINER_OF(asker, struct asked, asker), verdict,
           verdict == FENCE_ALLOW ? "" : "the answer was no");
}

static void on_impatient(uv_timer_t *patience)
{
    settle(CONTAINER_OF(patience, struct asked, patience), FENCE_DENY, "nobody answered in time");
}

static void ask_person(struct exec_watch *watch, struct question *question)
{
    struct asked *asked = was_refused(watch, question) ? NULL : calloc(1, sizeof *asked);
    fence_request shown = FENCE_REQUEST_INIT;

    if (!asked) {
        answer(watch, question, FENCE_DENY);
        return;
    }
    asked->watch = watch;
    asked->question = question;
    asker_init(&asked->asker);
    asked->asker.on_answered = on_answered;
    uv_timer_init(watch->proxy->loop, &asked->patience);
    uv_timer_start(&asked->patience, on_impatient, LIMIT_ASK_MS, 0);
    list_append(&watch->asked, &asked->link);
    shown.kind = FENCE_EXEC;
    shown.host = "";
    shown.argv = (const char *const *)question->argv;
    switch (asks_ask(&watch->proxy->asks, &asked->asker, &shown, &question->decision)) {
    case ASK_WAITS:
        return;
    case ASK_NOBODY:
        settle(asked, FENCE_DENY, "nobody is there to be asked");
        return;
    case ASK_TOO_MANY:
        settle(asked, FENCE_DENY, "too many questions wait");
        return;
    }
}

static void judge(struct exec_watch *watch, struct question *question)
{
    struct policy_command command = {(const char *const *)question->argv, question->cwd,
                                     question->pid};
    struct policy_request log = {.time_us = events_now_us(),
                                 .log = events_policy_line,
                                 .log_payload = &watch->proxy->events};
    fence_policy *policy;
    enum policy_answer said = POLICY_NO_OPINION;

    if (watch->proxy->policy) {
        policy = fence_policy_ref(watch->proxy->policy); /* what it logs may replace it */
        said = policy_exec(policy, &command, &log, &question->decision);
        fence_policy_unref(policy);
    }
    switch (said) {
    case POLICY_NO_OPINION:
    case POLICY_ALLOW:
        answer(watch, question, FENCE_ALLOW);
        return;
    case POLICY_ASK:
        ask_person(watch, question);
        return;
    case POLICY_DENY:
        answer(watch, question, FENCE_DENY);
        return;
    }
}

static struct question *next(struct exec_watch *watch)
{
    struct question *question = NULL;

    pthread_mutex_lock(&watch->lock);
    if (!list_empty(&watch->questions) && !watch->left) {
        question = CONTAINER_OF(watch->questions.next, struct question, link);
        list_remove(&question->link);
    }
    pthread_mutex_unlock(&watch->lock);
    return question;
}

void exec_watch_turn(struct exec_watch *watch)
{
    struct question *question;

    for (unsigned i = 0; i < LIMIT_EXEC_THREADS && (question = next(watch)); i++)
        judge(watch, question);
}

void exec_watch_leave(struct exec_watch *watch)
{
    LIST_EACH(link, &watch->asked)
    settle(CONTAINER_OF(link, struct asked, link), FENCE_DENY, "the run ends");
    pthread_mutex_lock(&watch->lock);
    watch->left = true;
    list_init(&watch->questions);
    pthread_cond_broadcast(&watch->answered);
    pthread_mutex_unlock(&watch->lock);
}
