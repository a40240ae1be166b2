/* SPDX-License-Identifier: Apache-2.0
 * site.h - an engine that listens, its observer, and a server of the test's beside it. Include it
 * behind <cmocka.h>. */
#ifndef FENCE_TESTS_SITE_H
#define FENCE_TESTS_SITE_H

#include "support/sockets.h"

static const char settings[] =
    "{\"network\": {\"allowedDomains\": [\"good.test\", \"localhost\", \"*.wild.test\", "
    "\"198.51.100.7\"],"
    " \"deniedDomains\": [\"bad.wild.test\"], \"hosts\": {\"good.test\": \"127.0.0.1\"}}}";

static inline fence_config *load(void)
{
    fence_config *config;
    fence_error err = {0};

    if (fence_config_parse(&config, "test", settings, sizeof settings - 1, NULL, 0, &err) != 0)
        fail_msg("%s", err.message);
    return config;
}

/* ---- an engine that listens, and its observer ---- */

struct site {
    fence *engine;
    int port;          /* the proxy's                           */
    int server, there; /* a server of the test's, and its port  */
    unsigned seen[FENCE_EVENT_DEBUG + 1];
    uint64_t last_seq;
    bool stop; /* at the first decision */

    fence_ask *ask; /* the last question; the test answers it */
    char question[200];
    unsigned questions;
};

static inline void observe(const fence_event *event, void *payload)
{
    struct site *site = payload;

    assert_int_equal(event->seq, site->last_seq + 1);
    site->last_seq = event->seq;
    site->seen[event->kind]++;
    if (site->stop && event->kind == FENCE_EVENT_DECISION)
        fence_stop(site->engine);
}

static inline void keep_question(fence_ask *question, const fence_request *request,
                                 const char *message, void *payload)
{
    struct site *site = payload;

    assert_non_null(request->host);
    site->ask = question;
    site->questions++;
    snprintf(site->question, sizeof site->question, "%s", message);
}

static inline void open_site(struct site *site)
{
    fence_config *config = load();
    fence_observer observer = {.on_event = observe, .payload = site, .on_ask = keep_question};
    fence_error err = {0};

    *site = (struct site){0};
    assert_int_equal(fence_new(&site->engine, config, &observer, &err), 0);
    fence_config_unref(config); /* the engine has its own reference */
    assert_int_equal(fence_port(site->engine, FENCE_PROTOCOL_HTTP), 0);
    if (fence_listen(site->engine, FENCE_PROTOCOL_HTTP, "127.0.0.1:0", &err) != 0)
        fail_msg("%s", err.message);
    site->port = fence_port(site->engine, FENCE_PROTOCOL_HTTP);
    assert_true(site->port > 0);
    site->server = sockets_listen(&site->there);
    assert_true(site->server >= 0);
}

static inline void close_site(struct site *site)
{
    fence_close(site->engine);
    close(site->server);
}

/* "@" is the port of the test's server. */
static inline int ask(const struct site *site, const char *request)
{
    char text[512];
    size_t len = 0;
    int client = sockets_connect(site->port);

    for (; *request; request++)
        len += (size_t)(*request == '@' ? snprintf(text + len, sizeof text - len, "%d", site->there)
                                        : snprintf(text + len, sizeof text - len, "%c", *request));
    assert_true(client >= 0);
    assert_true(sockets_send(client, text));
    return client;
}

#define CONNECT_GOOD "CONNECT good.test:@ HTTP/1.1\r\nHost: good.test:@\r\n\r\n"
#define GET_GOOD     "GET http://good.test:@/ HTTP/1.1\r\nHost: good.test:@\r\n\r\n"
#define GET_EVIL     "GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n"

#endif
