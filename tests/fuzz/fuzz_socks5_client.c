/* SPDX-License-Identifier: Apache-2.0
 * fuzz_socks5_client.c - a SOCKS5 server that answers anything: any split gives the same end, which
 * is the one that RFC 1928 tells, and what we said is what our own server side understands.
 *
 * The first byte chooses the host and whether there is a login; the rest is the server's. */
#include "base/base.h"
#include "proto/socks5.h"
#include "proto/socks5_client.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define ROOM 4096
#define PORT 443

struct result {
    enum socks5_client_status status;
    size_t used;
    uint8_t reply;
    struct buf said;
};

static bool goes_on(enum socks5_client_status status)
{
    return status == SOCKS5_CLIENT_MORE || status == SOCKS5_CLIENT_SAY;
}

static void feed(struct result *r, struct socks5_client *client, const char *bytes, size_t len)
{
    size_t used = 0, before = r->said.len;
    char *copy = malloc(len); /* of its own, so that a byte too far is seen */

    require(copy);
    memcpy(copy, bytes, len);
    r->status = socks5_client_feed(client, copy, len, &used, &r->said);
    free(copy);
    require(used <= len && (r->status != SOCKS5_CLIENT_MORE || used == len));
    require((r->status == SOCKS5_CLIENT_SAY) == (r->said.len > before));
    r->used += used;
}

static struct result talk(struct socks5_client client, const char *bytes, size_t len, size_t piece)
{
    struct result r = {.status = SOCKS5_CLIENT_MORE, .said = BUF_INIT(ROOM)};

    require(socks5_client_greet(&r.said, &client) == 0);
    while (goes_on(r.status) && r.used < len) {
        size_t left = len - r.used;

        feed(&r, &client, bytes + r.used, left < piece ? left : piece);
    }
    if (r.status == SOCKS5_CLIENT_SAY)
        r.status = SOCKS5_CLIENT_MORE;
    r.reply = client.reply;
    return r;
}

/* RFC 1928, section 6, in one piece. */
static enum socks5_client_status judge_reply(const uint8_t *reply, size_t len, size_t *end)
{
    if (len < 5)
        return SOCKS5_CLIENT_MORE;
    if (reply[3] != 1 && reply[3] != 3 && reply[3] != 4)
        return SOCKS5_CLIENT_MALFORMED;
    *end = 4 + (reply[3] == 1 ? 4u : reply[3] == 4 ? 16u : 1u + reply[4]) + 2;
    if (len < *end)
        return SOCKS5_CLIENT_MORE;
    if (reply[0] != 5)
        return SOCKS5_CLIENT_MALFORMED;
    return reply[1] == 0 ? SOCKS5_CLIENT_READY : SOCKS5_CLIENT_REFUSED;
}

/* The whole conversation, in one piece; `end` counts only when it is READY. */
static enum socks5_client_status judge(const uint8_t *bytes, size_t len, bool login, size_t *end)
{
    size_t at = 2;
    enum socks5_client_status status;

    if (len < 2)
        return SOCKS5_CLIENT_MORE;
    if (bytes[0] != 5)
        return SOCKS5_CLIENT_MALFORMED;
    if (bytes[1] == 2 && login) {
        at = 4;
        if (len < 4)
            return SOCKS5_CLIENT_MORE;
        if (bytes[3] != 0)
            return SOCKS5_CLIENT_LOGIN;
    } else if (bytes[1] != 0) {
        return SOCKS5_CLIENT_LOGIN;
    }
    status = judge_reply(bytes + at, len - at, end);
    *end += at;
    return status;
}

/* What we said, read by the other side of the protocol, leads to the host and port meant. */
static void check_said(const struct result *r, const struct socks5_client *client, bool by_login)
{
    struct socks5 server;
    enum socks5_status status = SOCKS5_ANSWER;

    socks5_init(&server, by_login);
    for (size_t at = 0, used; status == SOCKS5_ANSWER; at += used) {
        status = socks5_feed(&server, r->said.bytes + at, r->said.len - at, &used);
        if (status == SOCKS5_LOGIN)
            status = socks5_login_judged(
                &server, socks5_login_equal(&server, client->user, client->password));
        require(status != SOCKS5_REFUSED);
        require(status != SOCKS5_REQUEST || at + used == r->said.len);
    }
    require(status == SOCKS5_REQUEST && server.port == PORT);
    require(str_equal(host_str(&server.host), host_str(client->host)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const HOSTS[] = {"good.test", "192.0.2.1", "2001:db8::1", "a"};
    struct host host;
    struct socks5_client client = {.host = &host, .port = PORT};
    enum socks5_client_status expected;
    bool login = len > 0 && (bytes[0] & 4) != 0;
    struct result whole;
    size_t end = 0;

    if (len < 2 || len > ROOM)
        return 0;
    require(!host_parse_bare(&host, str_of(HOSTS[bytes[0] & 3])));
    if (login)
        client.user = STR("user"), client.password = STR("pass");
    bytes++, len--;
    expected = judge(bytes, len, login, &end);
    whole = talk(client, (const char *)bytes, len, len);
    require(whole.status == expected && !whole.said.error);
    require(expected != SOCKS5_CLIENT_READY || whole.used == end);
    if (expected == SOCKS5_CLIENT_READY || expected == SOCKS5_CLIENT_REFUSED)
        check_said(&whole, &client, bytes[1] == 2);
    for (size_t piece = 1; piece < len; piece += 1 + piece / 4) {
        struct result cut = talk(client, (const char *)bytes, len, piece);

        require(cut.status == whole.status && cut.reply == whole.reply);
        require(cut.status == SOCKS5_CLIENT_MALFORMED || cut.used == whole.used);
        require(str_equal(buf_str(&cut.said), buf_str(&whole.said)));
        buf_deinit(&cut.said);
    }
    buf_deinit(&whole.said);
    return 0;
}
