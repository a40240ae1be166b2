/* SPDX-License-Identifier: Apache-2.0
 * socks5_client.c - an answer is gathered byte by byte until its length is known and reached. */
#include "proto/socks5_client.h"

#define SOCKS5_VERSION  5
#define SOCKS5_NO_LOGIN 0x00 /* methods, RFC 1928 section 3 */
#define SOCKS5_BY_LOGIN 0x02
#define SUCCEEDED       0x00 /* a reply, RFC 1928 section 6 */
#define COMMAND_CONNECT 1
#define LOGIN_VERSION   1
#define TYPE_IPV4       1
#define TYPE_NAME       3
#define TYPE_IPV6       4

enum state { METHOD, LOGIN, REPLY, OPEN };

int socks5_client_greet(struct buf *out, const struct socks5_client *client)
{
    static const char none[] = {SOCKS5_VERSION, 1, SOCKS5_NO_LOGIN};
    static const char both[] = {SOCKS5_VERSION, 2, SOCKS5_NO_LOGIN, SOCKS5_BY_LOGIN};

    return client->user.len > 0 ? buf_append(out, both, sizeof both)
                                : buf_append(out, none, sizeof none);
}

static void put_byte(struct buf *out, uint8_t byte)
{
    buf_append(out, &byte, 1);
}

static void put_counted(struct buf *out, struct str text)
{
    put_byte(out, (uint8_t)text.len);
    buf_append_str(out, text);
}

static enum socks5_client_status say_login(struct socks5_client *client, struct buf *out)
{
    client->state = LOGIN;
    put_byte(out, LOGIN_VERSION);
    put_counted(out, client->user);
    put_counted(out, client->password);
    return SOCKS5_CLIENT_SAY;
}

static enum socks5_client_status say_request(struct socks5_client *client, struct buf *out)
{
    const struct host *host = client->host;
    static const char head[] = {SOCKS5_VERSION, COMMAND_CONNECT, 0};

    client->state = REPLY;
    buf_append(out, head, sizeof head);
    if (host->is_addr) {
        put_byte(out, host->addr.family == 4 ? TYPE_IPV4 : TYPE_IPV6);
        buf_append(out, host->addr.bytes, host->addr.family == 4 ? 4 : 16);
    } else {
        put_byte(out, TYPE_NAME);
        put_counted(out, host_str(host));
    }
    put_byte(out, (uint8_t)(client->port >> 8));
    put_byte(out, (uint8_t)client->port);
    return SOCKS5_CLIENT_SAY;
}

/* How long the answer is, as far as that can be told; 0: it cannot be one. */
static size_t wanted(const struct socks5_client *client)
{
    if (client->state != REPLY)
        return 2;
    if (client->have < 5)
        return 5;
    switch (client->answer[3]) {
    case TYPE_IPV4:
        return 4 + 4 + 2;
    case TYPE_IPV6:
        return 4 + 16 + 2;
    case TYPE_NAME:
        return 4 + 1 + client->answer[4] + 2u;
    default:
        return 0;
    }
}

static enum socks5_client_status understand(struct socks5_client *client, struct buf *out)
{
    const uint8_t *answer = client->answer;

    switch ((enum state)client->state) {
    case METHOD:
        if (answer[0] != SOCKS5_VERSION)
            return SOCKS5_CLIENT_MALFORMED;
        if (answer[1] == SOCKS5_NO_LOGIN)
            return say_request(client, out);
        if (answer[1] == SOCKS5_BY_LOGIN && client->user.len > 0)
            return say_login(client, out);
        return SOCKS5_CLIENT_LOGIN;
    case LOGIN:
        return answer[1] == 0 ? say_request(client, out) : SOCKS5_CLIENT_LOGIN;
    case REPLY:
        client->reply = answer[1];
        if (answer[0] != SOCKS5_VERSION)
            return SOCKS5_CLIENT_MALFORMED;
        client->state = OPEN;
        return answer[1] == SUCCEEDED ? SOCKS5_CLIENT_READY : SOCKS5_CLIENT_REFUSED;
    case OPEN:
        break;
    }
    return SOCKS5_CLIENT_MALFORMED;
}

enum socks5_client_status socks5_client_feed(struct socks5_client *client, const char *bytes,
                                             size_t len, size_t *used, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        size_t want;

        client->answer[client->have++] = (uint8_t)bytes[i];
        want = wanted(client);
        if (want == 0)
            return SOCKS5_CLIENT_MALFORMED;
        if (client->have < want)
            continue;
        client->have = 0;
        *used = i + 1;
        return understand(client, out);
    }
    *used = len;
    return SOCKS5_CLIENT_MORE;
}
