/* SPDX-License-Identifier: Apache-2.0
 * exec_watch.c - see exec_watch.h. The thread that receives a call judges it by the settings, and
 * answers at once what is denied; what passes is executed under its eyes while another one
 * receives. */
#include "sandbox/exec_watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/exec_ask.h"
#include "sandbox/exec_trace.h"
#include "sandbox/unix_sockets_judge.h"

struct execution {
    struct exec_watch *watch;
    struct notify_call *call;
    struct exec_said said;
    struct exec_rules *rules;
    pid_t caller;     /* 0: nobody has asked who it is */
    char program[64]; /* its name                      */
    bool told;        /* a refusal was */
};

/* ---- telling ---- */

/* Six system calls, for what is told alone. What is denied only when it has been executed has its
 * new name by then. */
static void know_caller(struct execution *e, pid_t tid)
{
    if (e->caller == 0)
        e->caller = unix_read_process(e->program, (int)tid);
}

/* A shell tries each folder of PATH: the same words of the same process are told of once. */
static bool is_repeated(struct exec_watch *watch, pid_t caller, const char *command)
{
    bool repeated;

    pthread_mutex_lock(&watch->lock);
    repeated = watch->last_caller == caller && strcmp(watch->last_command, command) == 0;
    watch->last_caller = caller;
    snprintf(watch->last_command, sizeof watch->last_command, "%s", command);
    pthread_mutex_unlock(&watch->lock);
    return repeated;
}

static bool is_first(struct exec_watch *watch)
{
    bool first;

    pthread_mutex_lock(&watch->lock);
    first = !watch->told;
    watch->told = true;
    pthread_mutex_unlock(&watch->lock);
    return first;
}

static void tell_denied(const struct execution *e, const struct command_refusal *refusal)
{
    struct exec_news news = {.denied = true};
    char name[128], rule[sizeof refusal->rule * 2], line[LIMIT_NEWS_TEXT - 200];

    if (is_repeated(e->watch, e->caller, refusal->command))
        return;
    str_escape(name, sizeof name, str_of(e->program));
    str_escape(rule, sizeof rule, str_of(refusal->rule));
    if (refusal->message[0])
        snprintf(line, sizeof line, "%s (%s:%d): %.240s", refusal->command, name, (int)e->caller,
                 refusal->message);
    else
        snprintf(line, sizeof line, "%s (%s:%d) matches \"%s\"", refusal->command, name,
                 (int)e->caller, rule);
    snprintf(news.text, sizeof news.text, "✗ %.500s", line);
    e->watch->tell(e->watch->owner, &news);
    if (!is_first(e->watch))
        return;
    news.alert = true;
    snprintf(news.text, sizeof news.text,
             "%.400s, of %s: it was not executed; others are reported with -m", line, refusal->key);
    e->watch->tell(e->watch->owner, &news);
}

static void tell_passed(const struct execution *e)
{
    struct exec_news news = {.denied = false};
    char name[128], command[160];

    if (!e->watch->observed)
        return;
    str_escape(name, sizeof name, str_of(e->program));
    command_show(command, sizeof command, e->said.words, e->said.count);
    snprintf(news.text, sizeof news.text, "✓ %s (%s:%d)", command, name, (int)e->caller);
    e->watch->tell(e->watch->owner, &news);
}

/* ---- what came of it ---- */

static bool is_same(const struct exec_said *a, const struct exec_said *b)
{
    return a->file.known && b->file.known && a->file.dev == b->file.dev &&
           a->file.ino == b->file.ino && str_equal(buf_str(&a->bytes), buf_str(&b->bytes));
}

/* An exec_check. */
static bool check(void *payload, pid_t pid)
{
    struct execution *e = payload;
    struct command_refusal refusal;
    struct exec_said now;
    bool denied = exec_said_look(&now, pid, &e->said.file) < 0;

    if (denied) {
        refusal = (struct command_refusal){.rule = "built-in", .key = "built-in"};
        snprintf(refusal.message, sizeof refusal.message, "what it became cannot be looked at");
        command_show(refusal.command, sizeof refusal.command, e->said.words, e->said.count);
    } else if (!is_same(&e->said, &now)) {
        denied = exec_refuses(&refusal, e->rules->config, &e->rules->known, &now);
        if (!denied && e->rules->asks && !exec_is_script_of(&e->said, &now))
            denied = exec_ask(&refusal, e->watch, &now, pid);
    }
    if (denied) {
        know_caller(e, pid);
        tell_denied(e, &refusal);
    }
    e->told = denied;
    exec_said_deinit(&now);
    return !denied;
}

/* ---- one call ---- */

/* on_exec was asked about the command before there was a sandbox. */
static bool is_the_command(const struct execution *e)
{
    const struct argv *words = &e->watch->words;
    size_t same = 0;

    if (e->caller != e->watch->command || words->count != e->said.count)
        return false;
    while (same < words->count && str_equal(str_of(words->items[same]), e->said.words[same].text))
        same++;
    return same == words->count;
}

/* Others are answered meanwhile: a person may be asked, and a file system may be slow. */
static void execute(struct execution *e)
{
    struct command_refusal refusal;

    notify_hand_over(e->call);
    if (e->rules->asks || e->watch->observed)
        know_caller(e, e->call->tid);
    if (e->rules->asks && !is_the_command(e) && exec_ask(&refusal, e->watch, &e->said, e->caller)) {
        tell_denied(e, &refusal);
        notify_answer(e->call, EACCES);
        return;
    }
    exec_trace(e->call, check, e);
    if (!e->told)
        tell_passed(e);
}

/* Returns false where nothing is judged yet. */
static bool take_rules(struct execution *e)
{
    struct exec_watch *watch = e->watch;

    pthread_mutex_lock(&watch->lock);
    if (watch->armed)
        e->rules = exec_rules_ref(watch->rules);
    pthread_mutex_unlock(&watch->lock);
    return e->rules != NULL;
}

static void judge(struct execution *e)
{
    struct command_refusal refusal;
    int rc = exec_said_read(&e->said, e->call);

    if (rc < 0) {
        notify_answer(e->call, -rc);
    } else if (exec_refuses(&refusal, e->rules->config, &e->rules->known, &e->said)) {
        know_caller(e, e->call->tid);
        tell_denied(e, &refusal);
        notify_answer(e->call, EACCES);
    } else {
        execute(e);
    }
    exec_said_deinit(&e->said);
}

void exec_watch_answer(struct exec_watch *watch, struct notify_call *call)
{
    struct execution e = {.watch = watch, .call = call};

    if (take_rules(&e))
        judge(&e);
    else /* not yet the command's */
        notify_continue(call);
    exec_rules_unref(e.rules);
}

/* ---- beginning and end ---- */

static void release(struct exec_watch *watch)
{
    argv_deinit(&watch->words);
    argv_deinit(&watch->refused);
    exec_rules_unref(watch->rules);
    free(watch->path);
}

int exec_watch_init(struct exec_watch *watch, struct proxy *proxy, const char *path,
                    const char *const *argv)
{
    int rc = 0;

    *watch = (struct exec_watch){.proxy = proxy, .path = strdup(path ? path : "")};
    watch->rules = watch->path ? exec_rules_new(proxy, watch->path) : NULL;
    for (size_t i = 0; rc == 0 && argv[i]; i++)
        rc = argv_add(&watch->words, argv[i]);
    if (rc < 0 || !watch->rules) {
        release(watch);
        return -ENOMEM;
    }
    watch->observed = events_wanted(&proxy->events, FENCE_EVENT_DEBUG);
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->answered, NULL);
    list_init(&watch->questions);
    list_init(&watch->asked);
    return 0;
}

void exec_watch_deinit(struct exec_watch *watch)
{
    pthread_mutex_destroy(&watch->lock);
    pthread_cond_destroy(&watch->answered);
    release(watch);
}

void exec_watch_arm(struct exec_watch *watch, pid_t pid)
{
    pthread_mutex_lock(&watch->lock);
    watch->command = pid;
    watch->armed = true;
    pthread_mutex_unlock(&watch->lock);
}

int exec_watch_rules(struct exec_watch *watch)
{
    struct exec_rules *rules = exec_rules_new(watch->proxy, watch->path), *before;

    if (!rules)
        return -ENOMEM;
    pthread_mutex_lock(&watch->lock);
    before = watch->rules;
    watch->rules = rules;
    pthread_mutex_unlock(&watch->lock);
    exec_rules_unref(before);
    return 0;
}
