/* SPDX-License-Identifier: Apache-2.0
 * own_terminal_private.h - the terminal of a command's own, as its two files share it. */
#ifndef FENCE_CLI_OWN_TERMINAL_PRIVATE_H
#define FENCE_CLI_OWN_TERMINAL_PRIVATE_H

#include <pthread.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#include "cli/clean_text.h"
#include "cli/own_terminal.h"

#define OWN_KEYS     4096        /* as many as the kernel keeps of a line            */
#define OWN_OUTPUT   (16 * 1024) /* the kernel gives 4 KiB at once                   */
#define OWN_TURNS    16          /* of that, before others may have the lock         */
#define OWN_STALL_MS 10000       /* at the end: a terminal that takes nothing so long is left */
#define OWN_REST_MS  1000        /* at the end: somebody still has it open who should be gone */
#define OWN_SHOW_MS  200         /* before a stop or a question; as PRINT_END_MS     */

struct own_terminal {
    int outer;         /* the user's, opened for us alone; -1: gone         */
    int edges;         /* epoll(7): there are keys, which may be for others */
    int master, slave; /* of the command's; -1: closed                      */
    int wake;          /* eventfd(2)                                        */
    pthread_t thread;
    bool started;

    pthread_mutex_t lock;  /* for all below, and for `outer` and `master` once started */
    bool shared;           /* standard output is a pipe: keys are for whoever reads it */
    struct termios before; /* the user's, while `raw`                                  */
    bool raw;              /* his terminal passes on each key, as we have set it       */
    unsigned holds;
    bool there;   /* somebody is in front of the command's */
    bool asked;   /* for SIGTTOU                           */
    bool allowed; /* to print from the background          */
    bool ending, ended;
    struct clean_text text;
    char keys[OWN_KEYS];
    size_t nkeys;
    char output[OWN_OUTPUT + CLEAN_TEXT_ROOM];
    size_t at, noutput; /* what of it is left to show */
};

/* Whether this process group is in front of the user's terminal; also where that is not ours. */
bool own_in_front(const struct own_terminal *own);

/* Makes the user's terminal ours to read, once it is; gives it back. */
void own_take_keys(struct own_terminal *own);
void own_give_back(struct own_terminal *own);
void own_copy_size(struct own_terminal *own);

void own_tell(struct own_terminal *own); /* has the thread look */

/* The thread. */
void *own_pump(void *own);

/* Shows what there is, as far as the terminal takes it at once. Returns whether it got on. */
bool own_show(struct own_terminal *own);

#endif
