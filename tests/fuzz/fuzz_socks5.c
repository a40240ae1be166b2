/* SPDX-License-Identifier: Apache-2.0
 * fuzz_socks5.c - a SOCKS5 client, with and without a login: any split gives the same conversation,
 * and a request that is taken leads to a host that reads back as itself. */
#include "base/base.h"
#include "proto/socks5.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define ROOM 4096

struct result {
    enum socks5_status status;
    size_t used, said;
    char answers[2 * 2 + SOCKS5_REPLY];
    struct socks5 socks;
};

/* What every event promises; says what to do next. */
static void settle(struct result *r)
{
    struct socks5 *s = &r->socks;

    if (r->status == SOCKS5_LOGIN) {
        require(s->text_len > 0 && s->password_len > 0);
        r->status = socks5_login_judged(s, socks5_login_equal(s, STR("user"), STR("pass")));
    }
    if (r->status == SOCKS5_ANSWER || r->status == SOCKS5_REFUSED) {
        require(s->answer_len <= sizeof r->answers - r->said);
        memcpy(r->answers + r->said, s->answer, s->answer_len);
        r->said += s->answer_len;
    }
    require((r->status == SOCKS5_REFUSED) == (s->why != NULL));
    if (r->status == SOCKS5_ANSWER)
        r->status = SOCKS5_MORE;
}

static struct result talk(const char *bytes, size_t len, bool login, size_t piece)
{
    struct result r = {.status = SOCKS5_MORE};

    socks5_init(&r.socks, login);
    while (r.status == SOCKS5_MORE && r.used < len) {
        size_t left = len - r.used, n = left < piece ? left : piece, used;
        char *copy = malloc(n); /* of its own, so that a byte too far is seen */

        require(copy);
        memcpy(copy, bytes + r.used, n);
        r.status = socks5_feed(&r.socks, copy, n, &used);
        require(used <= n && (r.status != SOCKS5_MORE || used == n));
        r.used += used;
        free(copy);
        settle(&r);
    }
    return r;
}

static void check_request(const struct socks5 *s)
{
    struct host again;

    require(s->port > 0 && s->host.len > 0 && s->host.text[s->host.len] == '\0');
    require(strlen(s->host.text) == s->host.len);
    require(!host_parse_bare(&again, host_str(&s->host)));
    require(str_equal(host_str(&again), host_str(&s->host)));
    require(again.is_addr == s->host.is_addr && addr_equal(&again.addr, &s->host.addr));
}

static void try_splits(const char *bytes, size_t len, bool login)
{
    struct result whole = talk(bytes, len, login, len);

    for (size_t piece = 1; piece < len; piece += 1 + piece / 4) {
        struct result cut = talk(bytes, len, login, piece);

        require(cut.status == whole.status && cut.used == whole.used && cut.said == whole.said);
        require(memcmp(cut.answers, whole.answers, whole.said) == 0);
        require(cut.socks.why == whole.socks.why && cut.socks.port == whole.socks.port);
        require(str_equal(host_str(&cut.socks.host), host_str(&whole.socks.host)));
    }
    if (whole.status == SOCKS5_REQUEST)
        check_request(&whole.socks);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0 || len > ROOM)
        return 0;
    try_splits((const char *)bytes, len, false);
    try_splits((const char *)bytes, len, true);
    return 0;
}
