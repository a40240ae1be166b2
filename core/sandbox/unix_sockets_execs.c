/* SPDX-License-Identifier: Apache-2.0
 * unix_sockets_execs.c - the watch over execve(2) hears by the same listener, and tells by the same
 * loop, as the judge of sockets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sandbox/unix_sockets_judge.h"

static void exec_wake(void *owner)
{
    struct unix_sockets *sockets = owner;

    pthread_mutex_lock(&sockets->lock);
    if (!sockets->closing)
        uv_async_send(&sockets->wake);
    pthread_mutex_unlock(&sockets->lock);
}

static void exec_tell(void *owner, const struct exec_news *told)
{
    struct unix_news news = {.kind = told->alert    ? NEWS_ALERT
                                     : told->denied ? NEWS_EXEC_DENIED
                                                    : NEWS_EXEC};

    memcpy(news.text, told->text, sizeof news.text);
    unix_sockets_tell(owner, &news);
}

int unix_sockets_watch_execs(struct unix_sockets *sockets, const struct unix_sockets_input *in,
                             fence_error *err)
{
    auto_free struct exec_watch *watch = calloc(1, sizeof *watch);

    if (!watch || exec_watch_init(watch, sockets->proxy, in->path, in->argv) < 0)
        return fail(err, -ENOMEM, "out of memory");
    watch->wake = exec_wake;
    watch->tell = exec_tell;
    watch->owner = sockets;
    sockets->execs = take(&watch);
    return 0;
}
