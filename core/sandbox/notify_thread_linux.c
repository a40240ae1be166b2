/* SPDX-License-Identifier: Apache-2.0
 * notify_thread_linux.c - the thread that receives the calls, one at a time. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/base.h"
#include "sandbox/notify.h"

#define NOTIFY_STACK (128 * 1024) /* a path of 4 KiB and a message of 4 KiB lie on it */

struct notify_thread {
    int listener;
    struct notify_handler handler;
};

/* Poll says POLLHUP when nobody is left under the filter, 5.9. */
static void *answer_calls(void *argument)
{
    struct notify_thread t = *(struct notify_thread *)argument;
    struct pollfd listener = {t.listener, POLLIN, 0};
    struct notify_call call;

    free(argument);
    notify_begin(t.listener);
    for (;;) {
        if (poll(&listener, 1, -1) < 0 && errno != EINTR)
            break;
        if (!(listener.revents & POLLIN) && listener.revents)
            break;
        if ((listener.revents & POLLIN) && notify_receive(&call, t.listener) == 0)
            t.handler.answer(t.handler.context, &call);
    }
    t.handler.ended(t.handler.context);
    return NULL;
}

int notify_thread(void *(*work)(void *), void *argument)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    int rc = pthread_attr_init(&attributes);

    if (rc != 0)
        return -rc;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, NOTIFY_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the new thread begins with this one's */
    rc = pthread_create(&thread, &attributes, work, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -rc;
}

int notify_start(int listener, const struct notify_handler *handler)
{
    struct notify_thread *t = malloc(sizeof *t);
    int rc;

    if (!t)
        return -ENOMEM;
    *t = (struct notify_thread){listener, *handler};
    rc = notify_thread(answer_calls, t);
    if (rc < 0)
        free(t);
    return rc;
}
