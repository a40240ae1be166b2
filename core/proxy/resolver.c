/* SPDX-License-Identifier: Apache-2.0
 * resolver.c - threads in getaddrinfo(3), and the mailbox in which they, or the embedder,
 * leave their answers.
 *
 * The mailbox is counted: whoever comes last, the loop or an abandoned thread, frees it. A thread
 * touches nothing but its own look-up and the mailbox. */
#include "proxy/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "proxy/name_cache.h"

#define LOOKUP_STACK                                                                               \
    (512 * 1024) /* NSS modules of directory services want more than the minimum                   \
                  */

struct mailbox {
    pthread_mutex_t lock;
    unsigned refs;        /* the resolver's and one for each thread              */
    struct list finished; /* lookups                                             */
    uv_async_t *wake;     /* NULL once the resolver is closing                   */
};

struct fence_question {   /* a look-up under way */
    struct list running;  /* of resolver.running: the loop's side only      */
    struct list waiting;  /* questions: the loop's side only                */
    struct list finished; /* of mailbox.finished                            */
    struct mailbox *mailbox;
    struct answer answer; /* the thread's until it is in mailbox.finished   */
    char name[LIMIT_HOST + 1];
};

struct resolver {
    uv_async_t wake;
    struct mailbox *mailbox;
    struct name_cache cache;
    struct list running;      /* lookups                                       */
    unsigned asked;           /* abandoned ones count until they have finished */
    fence_resolve_cb resolve; /* of the embedder; or NULL */
    void *payload;
};

/* Called with the lock held; leaves without it. */
static void mailbox_leave(struct mailbox *mailbox)
{
    bool last = --mailbox->refs == 0;

    pthread_mutex_unlock(&mailbox->lock);
    if (!last)
        return;
    LIST_EACH(link, &mailbox->finished)
    free(CONTAINER_OF(link, struct fence_question, finished));
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

static void answer_add(struct answer *answer, const struct sockaddr *sa)
{
    struct addr addr;
    uint16_t port;

    if (answer->count == LIMIT_ADDRESSES || !addr_from_sockaddr(&addr, &port, sa))
        return;
    for (size_t i = 0; i < answer->count; i++) {
        if (addr_equal(&answer->addrs[i], &addr))
            return;
    }
    answer->addrs[answer->count++] = addr;
}

/* The resolver's state belongs to the thread (resolver(3)): here, names are complete as they are,
 * and the host's search list gets no question that nobody asked. */
static void search_nothing(void)
{
    if (res_init() == 0)
        _res.options &= ~(unsigned long)(RES_DNSRCH | RES_DEFNAMES);
}

/* The loop's from here on. */
static void deliver(struct fence_question *lookup)
{
    struct mailbox *mailbox = lookup->mailbox;

    pthread_mutex_lock(&mailbox->lock);
    list_append(&mailbox->finished, &lookup->finished);
    if (mailbox->wake)
        uv_async_send(mailbox->wake);
    mailbox_leave(mailbox);
}

static void *lookup_thread(void *argument)
{
    struct fence_question *lookup = argument;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int rc;

    search_nothing();
    rc = getaddrinfo(lookup->name, NULL, &hints, &list);
    for (struct addrinfo *at = rc == 0 ? list : NULL; at; at = at->ai_next)
        answer_add(&lookup->answer, at->ai_addr);
    if (rc == 0)
        freeaddrinfo(list);
    lookup->answer.status = rc == 0 && lookup->answer.count == 0 ? EAI_NONAME : rc;

    deliver(lookup);
    return NULL;
}

void resolver_replace(struct resolver *resolver, fence_resolve_cb resolve, void *payload)
{
    resolver->resolve = resolve;
    resolver->payload = payload;
}

int resolver_answer(fence_question *question, const char *const *addresses, size_t count)
{
    struct answer *answer = &question->answer;
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++) {
        struct sockaddr_storage at;
        struct addr addr;

        rc = addr_parse(&addr, str_of(addresses[i])) ? 0 : -EINVAL;
        if (rc == 0) {
            addr_to_sockaddr(&at, &addr, 0);
            answer_add(answer, (struct sockaddr *)&at);
        }
    }
    answer->status = rc < 0 || answer->count == 0 ? EAI_NONAME : 0;
    deliver(question);
    return rc;
}

static void lookup_finish(struct resolver *resolver, struct fence_question *lookup)
{
    const struct answer *answer = &lookup->answer;

    resolver->asked--;
    list_remove(&lookup->running);
    if (answer->status == 0)
        name_cache_add(&resolver->cache, lookup->name, answer->addrs, answer->count,
                       uv_now(resolver->wake.loop));
    /* Each answer may ask or forget others: take the first until there is none. */
    while (!list_empty(&lookup->waiting)) {
        struct question *question = CONTAINER_OF(lookup->waiting.next, struct question, link);

        list_remove(&question->link);
        question->on_answer(question, &lookup->answer);
    }
    free(lookup);
}

static void on_wake(uv_async_t *wake)
{
    struct resolver *resolver = CONTAINER_OF(wake, struct resolver, wake);
    struct list finished;

    list_init(&finished);
    pthread_mutex_lock(&resolver->mailbox->lock);
    LIST_EACH(link, &resolver->mailbox->finished)
    {
        list_remove(link);
        list_append(&finished, link);
    }
    pthread_mutex_unlock(&resolver->mailbox->lock);
    while (!list_empty(&finished)) {
        struct fence_question *lookup =
            CONTAINER_OF(finished.next, struct fence_question, finished);

        list_remove(&lookup->finished);
        lookup_finish(resolver, lookup);
    }
}

int resolver_new(struct resolver **out, uv_loop_t *loop)
{
    auto_free struct resolver *resolver = calloc(1, sizeof *resolver);
    auto_free struct mailbox *mailbox = calloc(1, sizeof *mailbox);
    int rc;

    if (!resolver || !mailbox)
        return -ENOMEM;
    rc = uv_async_init(loop, &resolver->wake, on_wake);
    if (rc < 0)
        return rc;
    uv_unref((uv_handle_t *)&resolver->wake);
    list_init(&resolver->running);
    list_init(&mailbox->finished);
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->refs = 1;
    mailbox->wake = &resolver->wake;
    resolver->mailbox = take(&mailbox);
    *out = take(&resolver);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct resolver *resolver = CONTAINER_OF(handle, struct resolver, wake);

    name_cache_deinit(&resolver->cache);
    free(resolver);
}

void resolver_close(struct resolver *resolver)
{
    if (!resolver)
        return;
    pthread_mutex_lock(&resolver->mailbox->lock);
    resolver->mailbox->wake = NULL;
    mailbox_leave(resolver->mailbox);
    uv_close((uv_handle_t *)&resolver->wake, on_closed);
}

/* Starts a detached thread with every signal blocked: they are the program's, not ours. */
static int start_thread(struct fence_question *lookup)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    int rc;

    rc = pthread_attr_init(&attr);
    if (rc != 0)
        return -rc;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, LOOKUP_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread, &attr, lookup_thread, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return -rc;
}

static int lookup_start(struct fence_question **out, struct resolver *resolver, const char *name)
{
    auto_free struct fence_question *lookup = calloc(1, sizeof *lookup);
    int rc;

    if (!lookup)
        return -ENOMEM;
    memcpy(lookup->name, name, strlen(name) + 1);
    list_init(&lookup->waiting);
    list_init(&lookup->finished);
    lookup->mailbox = resolver->mailbox;
    pthread_mutex_lock(&resolver->mailbox->lock);
    resolver->mailbox->refs++;
    pthread_mutex_unlock(&resolver->mailbox->lock);
    list_append(&resolver->running, &lookup->running);
    rc = resolver->resolve ? 0 : start_thread(lookup);
    if (rc < 0) {
        list_remove(&lookup->running);
        pthread_mutex_lock(&resolver->mailbox->lock);
        mailbox_leave(resolver->mailbox);
        return rc;
    }
    resolver->asked++;
    *out = take(&lookup);
    return 0;
}

const struct addr *resolver_recall(struct resolver *resolver, size_t *count, const char *name)
{
    return name_cache_find(&resolver->cache, count, name, uv_now(resolver->wake.loop));
}

int resolver_ask(struct resolver *resolver, struct question *question, const char *name)
{
    struct fence_question *lookup = NULL;
    bool started;
    int rc;

    list_init(&question->link);
    LIST_EACH(link, &resolver->running)
    {
        struct fence_question *running = CONTAINER_OF(link, struct fence_question, running);

        if (strcmp(running->name, name) == 0)
            lookup = running;
    }
    if (!lookup && resolver->asked >= LIMIT_LOOKUPS)
        return UV_EAGAIN;
    started = !lookup;
    if (started) {
        rc = lookup_start(&lookup, resolver, name);
        if (rc < 0)
            return rc;
    }
    list_append(&lookup->waiting, &question->link);
    if (started && resolver->resolve) /* its answer comes through the mailbox, never from here */
        resolver->resolve(lookup, lookup->name, resolver->payload);
    return 0;
}

void resolver_forget(struct question *question)
{
    list_remove(&question->link);
}
