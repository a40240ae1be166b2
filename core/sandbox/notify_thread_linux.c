/* SPDX-License-Identifier: Apache-2.0
 * notify_thread_linux.c - the threads that receive the calls, one at a time: there is one, unless a
 * call takes time. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/limits.h"
#include "sandbox/notify.h"

#define NOTIFY_STACK                                                                               \
    (256 * 1024) /* two commands with their files, and a script that is read, lie on it */

/* Whoever has the turn waits for the next call; the others wait for the turn. */
struct notify_crew {
    int listener;
    struct notify_handler handler;
    pthread_mutex_t turn;
    atomic_uint threads, waiting;
    bool over; /* nobody is left under the filter */
};

/* Poll says POLLHUP when nobody is left under the filter, 5.9. Returns whether there is a call. */
static bool receive(struct notify_crew *crew, struct notify_call *call)
{
    struct pollfd listener = {crew->listener, POLLIN, 0};

    if (poll(&listener, 1, -1) < 0)
        crew->over = errno != EINTR;
    else if (!(listener.revents & POLLIN))
        crew->over = listener.revents != 0;
    else if (notify_receive(call, crew->listener) == 0)
        return true;
    return false;
}

static void leave(struct notify_crew *crew)
{
    if (atomic_fetch_sub(&crew->threads, 1) > 1)
        return;
    crew->handler.ended(crew->handler.context);
    pthread_mutex_destroy(&crew->turn);
    free(crew);
}

static void *answer_calls(void *argument)
{
    struct notify_crew *crew = argument;
    struct notify_call call;
    bool over;

    for (;;) {
        bool has_turn = true;

        atomic_fetch_add(&crew->waiting, 1);
        pthread_mutex_lock(&crew->turn);
        atomic_fetch_sub(&crew->waiting, 1);
        if (!crew->over && receive(crew, &call)) {
            call.crew = crew;
            crew->handler.answer(crew->handler.context, &call);
            has_turn = call.crew != NULL;
        }
        if (!has_turn)
            continue;
        over = crew->over;
        pthread_mutex_unlock(&crew->turn);
        if (over)
            break;
    }
    leave(crew);
    return NULL;
}

static int begin_thread(struct notify_crew *crew)
{
    int rc;

    atomic_fetch_add(&crew->threads, 1);
    rc = notify_thread(answer_calls, crew);
    if (rc < 0)
        atomic_fetch_sub(&crew->threads, 1);
    return rc;
}

/* Without a thread that takes it, the turn is kept: others wait, but nothing is lost. */
void notify_hand_over(struct notify_call *call)
{
    struct notify_crew *crew = call->crew;

    if (!crew || (atomic_load(&crew->waiting) == 0 &&
                  (atomic_load(&crew->threads) >= LIMIT_EXEC_THREADS || begin_thread(crew) < 0)))
        return;
    call->crew = NULL;
    pthread_mutex_unlock(&crew->turn);
}

int notify_thread(void *(*work)(void *), void *argument)
{
    pthread_attr_t attributes;
    struct sigaction child;
    sigset_t all, before;
    pthread_t thread;
    int rc = pthread_attr_init(&attributes);

    if (rc != 0)
        return -rc;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, NOTIFY_STACK);
    sigfillset(&all);
    /* What is traced sends one for each stop. To whom it is blocked it is not ignored, and the
     * kernel would wake the loop for it. */
    sigaction(SIGCHLD, NULL, &child);
    if (child.sa_handler == SIG_DFL)
        sigdelset(&all, SIGCHLD);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the new thread begins with this one's */
    rc = pthread_create(&thread, &attributes, work, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -rc;
}

int notify_start(int listener, const struct notify_handler *handler)
{
    struct notify_crew *crew = calloc(1, sizeof *crew);
    int rc;

    if (!crew)
        return -ENOMEM;
    crew->listener = listener;
    crew->handler = *handler;
    pthread_mutex_init(&crew->turn, NULL);
    notify_begin(listener);
    rc = begin_thread(crew);
    if (rc == 0)
        return 0;
    pthread_mutex_destroy(&crew->turn);
    free(crew);
    return rc;
}
