/* SPDX-License-Identifier: Apache-2.0
 * exec_watch.h - each execve(2) in a sandbox is judged by command.*, ssh.* and on_exec, where the
 * user has written any of them. What is denied fails with EACCES. */
#ifndef FENCE_SANDBOX_EXEC_WATCH_H
#define FENCE_SANDBOX_EXEC_WATCH_H

#include <pthread.h>

#include "sandbox/exec_rules.h"
#include "sandbox/launcher.h"

struct exec_news { /* one was judged */
    bool denied;
    bool alert; /* the first one that was denied */
    char text[LIMIT_NEWS_TEXT];
};

struct exec_watch {
    struct proxy *proxy; /* the loop's */
    char *path;          /* where programs are found */
    struct argv words;   /* of the command, which on_exec has been asked about */

    pthread_mutex_t lock;
    pthread_cond_t answered;
    struct exec_rules *rules;
    bool observed, told; /* is anybody shown what passes; was one denied */
    bool armed, left;
    pid_t last_caller; /* of the last refusal that was told */
    char last_command[sizeof((struct command_refusal *)0)->command];
    pid_t command;         /* inner's process, and the command's */
    struct list questions; /* for on_exec, of threads that wait */
    struct list asked;     /* those that a person has to answer; the loop's */
    struct argv refused; /* the words that a person refused last, and whose they were; the loop's */
    pid_t refused_pid;

    void (*wake)(void *owner); /* has exec_watch_turn() called, on the loop */
    void (*tell)(void *owner, const struct exec_news *news);
    void *owner;
};

/* `path`: where programs are found, or NULL; `argv`: the command, copied. Returns 0 or -ENOMEM. */
int exec_watch_init(struct exec_watch *watch, struct proxy *proxy, const char *path,
                    const char *const *argv);
void exec_watch_deinit(struct exec_watch *watch); /* no thread is left */

/* ---- the loop's ---- */

/* The command is about to begin, as process `pid`: until then there are the launcher and inner,
 * which execute what they are told. */
void exec_watch_arm(struct exec_watch *watch, pid_t pid);

/* There are other rules. Returns 0, or -ENOMEM: those from before stay. */
int exec_watch_rules(struct exec_watch *watch);

/* Answers threads that wait for on_exec. */
void exec_watch_turn(struct exec_watch *watch);

/* on_exec is asked no more: what would need it is denied. */
void exec_watch_leave(struct exec_watch *watch);

/* ---- of the thread that receives the calls ---- */

/* Answers the call. */
void exec_watch_answer(struct exec_watch *watch, struct notify_call *call);

#endif
