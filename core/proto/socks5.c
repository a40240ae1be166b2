/* SPDX-License-Identifier: Apache-2.0
 * socks5.c - RFC 1928 and RFC 1929 as a parser: bytes in, one event out.
 *
 * CONNECT only. BIND and UDP ASSOCIATE are refused: both would open a way back in; so are Tor's
 * RESOLVE commands, which would look up what no rule has judged. No GSSAPI. What is wrong is
 * refused with the very byte that shows it: a command that is not known before its destination is
 * read. */
#include "proto/socks5.h"

#include <netinet/in.h>

#define VERSION        0x05 /* RFC 1928, sections 3, 4 and 6 */
#define LOGIN_VERSION  0x01 /* RFC 1929, section 2           */
#define METHOD_NONE    0x00
#define METHOD_LOGIN   0x02
#define METHOD_REFUSED 0xff
#define LOGIN_OK       0x00
#define LOGIN_WRONG    0x01
#define CONNECT        0x01

enum address_type { ADDRESS_V4 = 0x01, ADDRESS_NAME = 0x03, ADDRESS_V6 = 0x04 };

enum socks5_state {
    SOCKS_VERSION,
    SOCKS_METHOD_COUNT,
    SOCKS_METHODS,
    SOCKS_LOGIN_VERSION,
    SOCKS_USER_LEN,
    SOCKS_USER,
    SOCKS_PASSWORD_LEN,
    SOCKS_PASSWORD,
    SOCKS_LOGIN_READ, /* waits for socks5_login_judged() */
    SOCKS_REQUEST_VERSION,
    SOCKS_COMMAND,
    SOCKS_RESERVED,
    SOCKS_ADDRESS_TYPE,
    SOCKS_NAME_LEN,
    SOCKS_DESTINATION,
    SOCKS_PORT_HIGH,
    SOCKS_PORT_LOW,
    SOCKS_REQUEST_READ,
    SOCKS_REFUSED
};

void socks5_init(struct socks5 *s, bool login)
{
    *s = (struct socks5){.wants_login = login};
}

/* ---- answers ---- */

size_t socks5_write_reply(char out[SOCKS5_REPLY], uint8_t reply)
{
    memset(out, 0, SOCKS5_REPLY);
    out[0] = VERSION;
    out[1] = (char)reply;
    out[3] = ADDRESS_V4;
    return SOCKS5_REPLY;
}

/* The two-byte answers: to the greeting, and to name and password. */
static void answer(struct socks5 *s, uint8_t version, uint8_t code)
{
    s->answer[0] = (char)version;
    s->answer[1] = (char)code;
    s->answer_len = 2;
}

static enum socks5_status refuse(struct socks5 *s, const char *why)
{
    s->state = SOCKS_REFUSED;
    s->why = why;
    return SOCKS5_REFUSED;
}

static enum socks5_status refuse_method(struct socks5 *s, const char *why)
{
    answer(s, VERSION, METHOD_REFUSED);
    return refuse(s, why);
}

static enum socks5_status refuse_login(struct socks5 *s, const char *why)
{
    answer(s, LOGIN_VERSION, LOGIN_WRONG);
    return refuse(s, why);
}

static enum socks5_status refuse_request(struct socks5 *s, enum socks5_reply reply, const char *why)
{
    s->answer_len = (uint8_t)socks5_write_reply(s->answer, (uint8_t)reply);
    return refuse(s, why);
}

/* ---- steps ---- */

static enum socks5_status go(struct socks5 *s, enum socks5_state next)
{
    s->state = (uint8_t)next;
    return SOCKS5_MORE;
}

/* On to `next`, which reads `len` bytes. */
static enum socks5_status go_read(struct socks5 *s, enum socks5_state next, uint8_t len)
{
    s->left = len;
    return go(s, next);
}

static enum socks5_status method(struct socks5 *s, uint8_t byte)
{
    uint8_t wanted = s->wants_login ? METHOD_LOGIN : METHOD_NONE;

    s->offered |= byte == wanted;
    if (--s->left > 0)
        return SOCKS5_MORE;
    if (!s->offered)
        return refuse_method(s, s->wants_login ? "the client offers no name and password"
                                               : "the client does not offer to go without login");
    answer(s, VERSION, wanted);
    go(s, s->wants_login ? SOCKS_LOGIN_VERSION : SOCKS_REQUEST_VERSION);
    return SOCKS5_ANSWER;
}

static enum socks5_status user_len(struct socks5 *s, uint8_t byte)
{
    if (byte == 0)
        return refuse_login(s, "the user's name is empty");
    s->text_len = byte;
    return go_read(s, SOCKS_USER, byte);
}

static enum socks5_status password_len(struct socks5 *s, uint8_t byte)
{
    if (byte == 0)
        return refuse_login(s, "the password is empty");
    s->password_len = byte;
    return go_read(s, SOCKS_PASSWORD, byte);
}

static enum socks5_status password(struct socks5 *s, uint8_t byte)
{
    s->password[s->password_len - s->left] = (char)byte;
    if (--s->left > 0)
        return SOCKS5_MORE;
    go(s, SOCKS_LOGIN_READ);
    return SOCKS5_LOGIN;
}

static enum socks5_status destination_len(struct socks5 *s, enum socks5_state next, size_t len)
{
    s->text_len = (uint8_t)len;
    return go_read(s, next, s->text_len);
}

/* RFC 1928, section 5. */
static enum socks5_status address_type(struct socks5 *s, uint8_t byte)
{
    s->type = byte;
    switch (byte) {
    case ADDRESS_V4:
        return destination_len(s, SOCKS_DESTINATION, sizeof(struct in_addr));
    case ADDRESS_NAME:
        return go(s, SOCKS_NAME_LEN);
    case ADDRESS_V6:
        return destination_len(s, SOCKS_DESTINATION, sizeof(struct in6_addr));
    default:
        return refuse_request(s, SOCKS5_NO_SUCH_ADDRESS, "this type of address is not known");
    }
}

/* By way of a socket address: v4-mapped comes out as IPv4. */
static void take_address(struct socks5 *s)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    const struct sockaddr *sa = (const struct sockaddr *)&in6;

    if (s->type == ADDRESS_V4) {
        memcpy(&in.sin_addr, s->text, sizeof in.sin_addr);
        sa = (const struct sockaddr *)&in;
    } else {
        memcpy(&in6.sin6_addr, s->text, sizeof in6.sin6_addr);
    }
    s->host.is_addr = addr_from_sockaddr(&s->host.addr, NULL, sa);
    s->host.len = (uint8_t)addr_format(s->host.text, &s->host.addr);
}

static enum socks5_status destination_end(struct socks5 *s)
{
    const char *why;

    if (s->type != ADDRESS_NAME) {
        take_address(s);
        return go(s, SOCKS_PORT_HIGH);
    }
    why = host_parse_bare(&s->host, (struct str){s->text, s->text_len});
    return why ? refuse_request(s, SOCKS5_NOT_ALLOWED, why) : go(s, SOCKS_PORT_HIGH);
}

/* A byte of the user's name or of the destination. */
static enum socks5_status text(struct socks5 *s, uint8_t byte)
{
    s->text[s->text_len - s->left] = (char)byte;
    if (--s->left > 0)
        return SOCKS5_MORE;
    return s->state == SOCKS_USER ? go(s, SOCKS_PASSWORD_LEN) : destination_end(s);
}

static enum socks5_status port_low(struct socks5 *s, uint8_t byte)
{
    s->port = (uint16_t)(s->port | byte);
    if (s->port == 0)
        return refuse_request(s, SOCKS5_FAILED, "the port is 0");
    go(s, SOCKS_REQUEST_READ);
    return SOCKS5_REQUEST;
}

/* What a state that has ended says; MORE for all others. */
static enum socks5_status ended(const struct socks5 *s)
{
    if (s->state == SOCKS_LOGIN_READ)
        return SOCKS5_LOGIN;
    if (s->state == SOCKS_REQUEST_READ)
        return SOCKS5_REQUEST;
    return s->state == SOCKS_REFUSED ? SOCKS5_REFUSED : SOCKS5_MORE;
}

static enum socks5_status step(struct socks5 *s, uint8_t byte)
{
    switch ((enum socks5_state)s->state) {
    case SOCKS_VERSION: /* version 4, HTTP and TLS would not understand an answer */
        return byte == VERSION ? go(s, SOCKS_METHOD_COUNT) : refuse(s, "this is not SOCKS5");
    case SOCKS_METHOD_COUNT:
        return byte > 0 ? go_read(s, SOCKS_METHODS, byte)
                        : refuse_method(s, "the client offers no method at all");
    case SOCKS_METHODS:
        return method(s, byte);
    case SOCKS_LOGIN_VERSION:
        return byte == LOGIN_VERSION ? go(s, SOCKS_USER_LEN)
                                     : refuse_login(s, "the version of the login is not 1");
    case SOCKS_USER_LEN:
        return user_len(s, byte);
    case SOCKS_PASSWORD_LEN:
        return password_len(s, byte);
    case SOCKS_PASSWORD:
        return password(s, byte);
    case SOCKS_REQUEST_VERSION:
        return byte == VERSION ? go(s, SOCKS_COMMAND)
                               : refuse_request(s, SOCKS5_FAILED, "the request is not SOCKS5");
    case SOCKS_COMMAND:
        return byte == CONNECT ? go(s, SOCKS_RESERVED)
                               : refuse_request(s, SOCKS5_NO_SUCH_COMMAND,
                                                "the only SOCKS command here is CONNECT");
    case SOCKS_RESERVED:
        return byte == 0 ? go(s, SOCKS_ADDRESS_TYPE)
                         : refuse_request(s, SOCKS5_FAILED, "the reserved byte is not 0");
    case SOCKS_ADDRESS_TYPE:
        return address_type(s, byte);
    case SOCKS_NAME_LEN:
        return byte > 0 ? destination_len(s, SOCKS_DESTINATION, byte)
                        : refuse_request(s, SOCKS5_NOT_ALLOWED, "the host is empty");
    case SOCKS_USER:
    case SOCKS_DESTINATION:
        return text(s, byte);
    case SOCKS_PORT_HIGH:
        s->port = (uint16_t)(byte << 8);
        return go(s, SOCKS_PORT_LOW);
    case SOCKS_PORT_LOW:
        return port_low(s, byte);
    case SOCKS_LOGIN_READ:
    case SOCKS_REQUEST_READ:
    case SOCKS_REFUSED:
        break;
    }
    return ended(s);
}

enum socks5_status socks5_feed(struct socks5 *s, const char *bytes, size_t len, size_t *used)
{
    enum socks5_status status = ended(s);
    size_t i = 0;

    if (status == SOCKS5_MORE)
        s->answer_len = 0; /* that of the message before */
    while (status == SOCKS5_MORE && i < len) {
        status = step(s, (uint8_t)bytes[i]);
        i += status != SOCKS5_REFUSED;
    }
    *used = i;
    return status;
}

/* ---- name and password ---- */

/* Not 0 when they differ. The time depends on the length of what the client sent and on nothing
 * else; volatile, so that no compiler finds a way to stop early. */
static unsigned differ(struct str sent, struct str secret)
{
    volatile unsigned bits = sent.len != secret.len || secret.len == 0;

    if (secret.len == 0)
        return bits;
    for (size_t i = 0; i < sent.len; i++) {
        size_t at = i < secret.len ? i : 0;

        bits |= (unsigned char)(sent.bytes[i] ^ secret.bytes[at]);
    }
    return bits;
}

bool socks5_login_equal(const struct socks5 *s, struct str name, struct str password)
{
    unsigned bits = differ((struct str){s->text, s->text_len}, name);

    bits |= differ((struct str){s->password, s->password_len}, password);
    return bits == 0 && s->state == SOCKS_LOGIN_READ;
}

enum socks5_status socks5_login_judged(struct socks5 *s, bool ok)
{
    bool asked = s->state == SOCKS_LOGIN_READ;

    memset(s->text, 0, sizeof s->text);
    memset(s->password, 0, sizeof s->password);
    if (!asked || !ok)
        return refuse_login(s, "name or password is wrong");
    answer(s, LOGIN_VERSION, LOGIN_OK);
    go(s, SOCKS_REQUEST_VERSION);
    return SOCKS5_ANSWER;
}
