/* SPDX-License-Identifier: Apache-2.0
 * unix_sockets_judge.h - what the files unix_sockets*.c share. All of it belongs to the thread that
 * answers, but for what stands under the lock. */
#ifndef FENCE_SANDBOX_UNIX_SOCKETS_JUDGE_H
#define FENCE_SANDBOX_UNIX_SOCKETS_JUDGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <uv.h>

#include "base/limits.h"
#include "sandbox/callers.h"
#include "sandbox/exec_watch.h"
#include "sandbox/notify.h"
#include "sandbox/unix_sockets.h"

/* ---- what is the sandbox's own: unix_sockets_inside_linux.c ---- */

#define UNIX_INSIDE_EMPTY 2 /* /tmp and /run */

struct unix_inside {
    ino_t net, owner, pids;           /* namespaces: the network, its user namespace, processes */
    ino_t ours;                       /* of processes, in which we are                          */
    bool planned[UNIX_INSIDE_EMPTY];  /* file systems of the sandbox's own there */
    dev_t outside[UNIX_INSIDE_EMPTY]; /* what the host has there                 */
    dev_t empty[UNIX_INSIDE_EMPTY];   /* what the sandbox has there; 0: the same */
    uint64_t cookie;                  /* of the network namespace; 0: not known yet             */

    /* Socket files that were found to be of the sandbox. Held open: so their numbers are not given
     * to others. */
    struct {
        int fd; /* 0: none */
        dev_t dev;
        ino_t ino;
    } known[LIMIT_KNOWN_SOCKETS];
    unsigned next;
};

/* What can be known before there is a sandbox. */
void unix_inside_begin(struct unix_inside *inside, const struct plan *plan);

/* Process `pid` waits in the sandbox. Returns 0 or -errno. */
int unix_inside_look(struct unix_inside *inside, pid_t pid);
void unix_inside_deinit(struct unix_inside *inside);

/* Was this socket made in the sandbox's network namespace, or in one below it? Those that came from
 * outside, as the command's standard input, say, were not. */
bool unix_inside_net(struct unix_inside *inside, int fd);

/* Was the socket that is bound to this file made in the sandbox? */
bool unix_inside_bound(struct unix_inside *inside, int file, const struct stat *st);

/* ---- a path: unix_sockets_path_linux.c ---- */

/* What `path` is to the caller: an O_PATH descriptor, or -errno. It decides nothing: the judgement
 * is of the file that was found, and that very file is connected to. */
int unix_path_open(const struct notify_call *call, const char *path);

/* The same for a path of the settings: without following a link. */
int unix_path_listed(const char *path);

/* ---- a connect: unix_sockets_connect_linux.c ---- */

struct unix_allowed {
    char *path;
    int pinned; /* the file as it was at the start, where the command could change the path; or -1
                 */
};

struct unix_news {
    enum {
        NEWS_UNIX,        /* a socket could not be connected to    */
        NEWS_ALERT,       /* has to be known, asked or not         */
        NEWS_DEBUG,       /* how it is done                        */
        NEWS_EXEC,        /* a command was executed                */
        NEWS_EXEC_DENIED, /* or not                                */
    } kind;
    char text[LIMIT_NEWS_TEXT];
};

struct unix_sockets {
    struct proxy *proxy; /* the loop's */
    struct spawn_notify notify;
    uv_timer_t patience;           /* with those inside that do not end            */
    uv_poll_t first_call;          /* of the listener, until there is a thread    */
    void (*before)(void *payload); /* what is done first, then; or NULL */
    void *before_payload;
    bool begun;            /* there was one                                */
    unsigned handles;      /* of the loop: these, and `wake`               */
    unsigned degrade;      /* fence_layer bits                             */
    bool left;             /* unix_sockets_close() was called              */
    bool observed, hinted; /* is anybody told; is it said that there is no direct way out */
    int listener;
    struct unix_allowed *allowed;
    size_t nallowed;
    struct exec_watch *execs;  /* or NULL: none waits                  */
    struct unix_inside inside; /* the loop's until `looked` */
    atomic_bool looked;

    pthread_mutex_t lock;
    unsigned refs; /* the loop's, and one for each thread */
    unsigned blocked;
    bool ended, closing;
    struct unix_news news[LIMIT_NEWS];
    size_t nnews;
    unsigned long unheard;
    struct callers callers; /* of TCP connections */

    enum lead {                /* how connections to the outside get to their listener            */
                LEAD_NOWHERE,  /* they are not captured                                           */
                LEAD_NOT_YET,  /* by rules, once there is one                                     */
                LEAD_BY_RULES, /* of the kernel's                                                 */
                LEAD_BY_CONNECTING /* we connect them there */
    } lead;
    int netfilter; /* for the rules; -1: none */
    bool ipv6;
    uv_async_t wake; /* of the loop, until `closing` */
};

/* Begins the watch over execve(2): unix_sockets_execs.c. Returns 0 or -ENOMEM with `err`. */
int unix_sockets_watch_execs(struct unix_sockets *sockets, const struct unix_sockets_input *in,
                             fence_error *err);

/* For struct notify_handler; `context` is a struct unix_sockets. */
void unix_connect(void *context, struct notify_call *call);

/* A socket of TCP is about to be connected: unix_sockets_tcp_linux.c. `to` becomes what it is to be
 * connected to. */
void unix_tcp_prepare(struct unix_sockets *sockets, int fd, int tid, struct sockaddr_storage *to,
                      socklen_t *len);

/* The process that thread `tid` is of, and its name: threads have names of their own. proc(5),
 * comm;
 * "" when it has gone. */
int unix_read_process(char out[64], int tid);

void unix_sockets_ref(struct unix_sockets *sockets);
void unix_sockets_unref(struct unix_sockets *sockets);

/* Leaves a line for the loop. */
void unix_sockets_tell(struct unix_sockets *sockets, const struct unix_news *news);

#endif
