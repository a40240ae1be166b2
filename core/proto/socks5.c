/* SPDX-License-Identifier: Apache-2.0
 * socks5.c - a state for each field, a byte at a time: messages have at most 513 bytes, and so no
 * split of them is special. */
#include "proto/socks5.h"

#define LOGIN_VERSION   1 /* RFC 1929, section 2 */
#define COMMAND_CONNECT 1
#define TYPE_IPV4       1
#define TYPE_NAME       3
#define TYPE_IPV6       4

enum state {
    GREETING_VERSION,
    GREETING_COUNT,
    GREETING_METHODS,
    GREETED, /* socks5_choose() is awaited */
    LOGIN_VERSION_BYTE,
    LOGIN_USER_LEN,
    LOGIN_USER,
    LOGIN_PASSWORD_LEN,
    LOGIN_PASSWORD,
    REQUEST_VERSION,
    REQUEST_COMMAND,
    REQUEST_RESERVED,
    REQUEST_TYPE,
    REQUEST_NAME_LEN,
    REQUEST_ADDRESS,
    REQUEST_PORT_HIGH,
    REQUEST_PORT_LOW,
    ENDED
};

static enum socks5_status malformed(struct socks5 *s, uint8_t reply, const char *why)
{
    s->state = ENDED;
    s->reply = reply;
    s->why = why;
    return SOCKS5_MALFORMED;
}

static enum socks5_status next(struct socks5 *s, enum state state)
{
    s->state = state;
    return SOCKS5_MORE;
}

/* ---- greeting and login ---- */

static enum socks5_status greeting(struct socks5 *s, uint8_t byte)
{
    switch ((enum state)s->state) {
    case GREETING_VERSION:
        if (byte != SOCKS5_VERSION)
            return malformed(s, SOCKS5_SUCCEEDED, "this is not SOCKS version 5");
        return next(s, GREETING_COUNT);
    case GREETING_COUNT:
        if (byte == 0)
            return malformed(s, SOCKS5_SUCCEEDED, "the greeting offers no method");
        s->left = byte;
        return next(s, GREETING_METHODS);
    default:
        s->offers_none = s->offers_none || byte == SOCKS5_NO_LOGIN;
        s->offers_login = s->offers_login || byte == SOCKS5_BY_LOGIN;
        if (--s->left > 0)
            return SOCKS5_MORE;
        s->state = GREETED;
        return SOCKS5_METHODS;
    }
}

static enum socks5_status login(struct socks5 *s, uint8_t byte)
{
    static const char empty[] = "a name and a password have at least one byte";

    switch ((enum state)s->state) {
    case LOGIN_VERSION_BYTE:
        if (byte != LOGIN_VERSION)
            return malformed(s, SOCKS5_SUCCEEDED, "this is not version 1 of the login");
        return next(s, LOGIN_USER_LEN);
    case LOGIN_USER_LEN:
    case LOGIN_PASSWORD_LEN:
        if (byte == 0)
            return malformed(s, SOCKS5_SUCCEEDED, empty);
        s->left = byte;
        return next(s, s->state == LOGIN_USER_LEN ? LOGIN_USER : LOGIN_PASSWORD);
    case LOGIN_USER:
        s->user[s->user_len++] = (char)byte;
        return --s->left > 0 ? SOCKS5_MORE : next(s, LOGIN_PASSWORD_LEN);
    default:
        s->text[s->text_len++] = (char)byte;
        if (--s->left > 0)
            return SOCKS5_MORE;
        s->state = REQUEST_VERSION;
        return SOCKS5_LOGIN;
    }
}

/* ---- request ---- */

static enum socks5_status take_type(struct socks5 *s, uint8_t byte)
{
    s->type = byte;
    switch (byte) {
    case TYPE_IPV4:
        s->left = 4;
        return next(s, REQUEST_ADDRESS);
    case TYPE_IPV6:
        s->left = 16;
        return next(s, REQUEST_ADDRESS);
    case TYPE_NAME:
        return next(s, REQUEST_NAME_LEN);
    default:
        return malformed(s, SOCKS5_BAD_ADDRESS, "an address is IPv4, IPv6 or a name");
    }
}

static enum socks5_status request_head(struct socks5 *s, uint8_t byte)
{
    switch ((enum state)s->state) {
    case REQUEST_VERSION:
        s->text_len = 0;
        if (byte != SOCKS5_VERSION)
            return malformed(s, SOCKS5_FAILURE, "the request is not of SOCKS version 5");
        return next(s, REQUEST_COMMAND);
    case REQUEST_COMMAND:
        if (byte != COMMAND_CONNECT)
            return malformed(s, SOCKS5_BAD_COMMAND, "the only command is CONNECT");
        return next(s, REQUEST_RESERVED);
    case REQUEST_RESERVED:
        if (byte != 0)
            return malformed(s, SOCKS5_FAILURE, "the reserved byte is not zero");
        return next(s, REQUEST_TYPE);
    default:
        return take_type(s, byte);
    }
}

/* What lies in `text`, in normal form; or why it is no host. */
static const char *read_host(struct socks5 *s)
{
    struct addr addr = {.family = s->type == TYPE_IPV4 ? 4 : 6};
    char text[ADDR_TEXT];
    size_t len;

    if (s->type == TYPE_NAME)
        return host_parse_bare(&s->host, (struct str){s->text, s->text_len});
    memcpy(addr.bytes, s->text, s->text_len);
    len = addr_format(text, &addr);
    return host_parse_bare(&s->host, (struct str){text, len}); /* folds a v4-mapped one */
}

static enum socks5_status request_end(struct socks5 *s, uint8_t byte)
{
    const char *why;

    s->port = (uint16_t)(s->port << 8 | byte);
    if (s->state == REQUEST_PORT_HIGH)
        return next(s, REQUEST_PORT_LOW);
    why = read_host(s);
    if (why)
        return malformed(s, SOCKS5_NOT_ALLOWED, why);
    if (s->port == 0)
        return malformed(s, SOCKS5_NOT_ALLOWED, "port 0 cannot be reached");
    s->state = ENDED;
    return SOCKS5_REQUEST;
}

static enum socks5_status request_address(struct socks5 *s, uint8_t byte)
{
    if (s->state == REQUEST_NAME_LEN) {
        if (byte == 0)
            return malformed(s, SOCKS5_NOT_ALLOWED, "a host name has at least one byte");
        s->left = byte;
        return next(s, REQUEST_ADDRESS);
    }
    s->text[s->text_len++] = (char)byte;
    return --s->left > 0 ? SOCKS5_MORE : next(s, REQUEST_PORT_HIGH);
}

/* ---- all of it ---- */

static enum socks5_status step(struct socks5 *s, uint8_t byte)
{
    switch ((enum state)s->state) {
    case GREETING_VERSION:
    case GREETING_COUNT:
    case GREETING_METHODS:
        return greeting(s, byte);
    case LOGIN_VERSION_BYTE:
    case LOGIN_USER_LEN:
    case LOGIN_USER:
    case LOGIN_PASSWORD_LEN:
    case LOGIN_PASSWORD:
        return login(s, byte);
    case REQUEST_VERSION:
    case REQUEST_COMMAND:
    case REQUEST_RESERVED:
    case REQUEST_TYPE:
        return request_head(s, byte);
    case REQUEST_NAME_LEN:
    case REQUEST_ADDRESS:
        return request_address(s, byte);
    case REQUEST_PORT_HIGH:
    case REQUEST_PORT_LOW:
        return request_end(s, byte);
    case GREETED:
    case ENDED:
        break;
    }
    return malformed(s, SOCKS5_FAILURE, "bytes came where none were awaited");
}

enum socks5_status socks5_feed(struct socks5 *s, const char *bytes, size_t len, size_t *used)
{
    enum socks5_status status = SOCKS5_MORE;
    size_t i = 0;

    while (i < len && status == SOCKS5_MORE)
        status = step(s, (uint8_t)bytes[i++]);
    *used = i;
    return status;
}

uint8_t socks5_choose(struct socks5 *s, bool login_required)
{
    if (login_required ? !s->offers_login : !s->offers_none) {
        s->state = ENDED;
        return SOCKS5_NO_METHOD;
    }
    s->state = login_required ? LOGIN_VERSION_BYTE : REQUEST_VERSION;
    return login_required ? SOCKS5_BY_LOGIN : SOCKS5_NO_LOGIN;
}

struct str socks5_user(const struct socks5 *s)
{
    return (struct str){s->user, s->user_len};
}

struct str socks5_password(const struct socks5 *s)
{
    return (struct str){s->text, s->text_len};
}

/* ---- answers ---- */

size_t socks5_write_method(char out[SOCKS5_METHOD], uint8_t method)
{
    out[0] = SOCKS5_VERSION;
    out[1] = (char)method;
    return SOCKS5_METHOD;
}

size_t socks5_write_login(char out[SOCKS5_LOGIN_ANSWER], bool right)
{
    out[0] = LOGIN_VERSION;
    out[1] = right ? 0 : 1;
    return SOCKS5_LOGIN_ANSWER;
}

size_t socks5_write_reply(char out[SOCKS5_REPLY], uint8_t reply)
{
    memset(out, 0, SOCKS5_REPLY);
    out[0] = SOCKS5_VERSION;
    out[1] = (char)reply;
    out[3] = TYPE_IPV4;
    return SOCKS5_REPLY;
}
