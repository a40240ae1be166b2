/* SPDX-License-Identifier: Apache-2.0
 * socks5.h - RFC 1928 and the login of RFC 1929 as a parser: bytes in, one message out.
 *
 * CONNECT only. BIND and UDP ASSOCIATE are refused: both would open a way back in. A name is
 * brought into its normal form here, and a number that only getaddrinfo(3) takes for an address is
 * none. */
#ifndef FENCE_PROTO_SOCKS5_H
#define FENCE_PROTO_SOCKS5_H

#include "base/host.h"

#define SOCKS4_VERSION 4
#define SOCKS5_VERSION 5

#define SOCKS5_TEXT 255 /* what a length of one byte can say */

#define SOCKS5_NO_LOGIN  0x00 /* methods, RFC 1928 section 3 */
#define SOCKS5_BY_LOGIN  0x02
#define SOCKS5_NO_METHOD 0xff

#define SOCKS5_SUCCEEDED   0x00 /* replies, RFC 1928 section 6 */
#define SOCKS5_FAILURE     0x01
#define SOCKS5_NOT_ALLOWED 0x02
#define SOCKS5_BAD_COMMAND 0x07
#define SOCKS5_BAD_ADDRESS 0x08

enum socks5_status {
    SOCKS5_MORE,     /* all eaten; the message goes on                                       */
    SOCKS5_METHODS,  /* a greeting: call socks5_choose(), answer, and feed on                */
    SOCKS5_LOGIN,    /* a name and a password: answer, and feed on if they are right         */
    SOCKS5_REQUEST,  /* `host` and `port` are set; what follows belongs to the tunnel        */
    SOCKS5_MALFORMED /* `why` and `reply` are set, or SOCKS5_SUCCEEDED for no reply at all  */
};

struct socks5 { /* zero to begin; the results first, the rest is the parser's own */
    struct host host;
    uint16_t port;
    uint8_t reply;
    const char *why; /* static, no full stop */

    uint8_t state;
    uint8_t left; /* bytes of the field being read */
    uint8_t type; /* of the address                */
    uint8_t user_len, text_len;
    bool offers_none, offers_login;
    char user[SOCKS5_TEXT];
    char text[SOCKS5_TEXT]; /* a password, a name or an address */
};

/* Eats from `bytes` up to the end of one message. Any split of the input gives the same result. */
enum socks5_status socks5_feed(struct socks5 *s, const char *bytes, size_t len, size_t *used);

/* After METHODS: the method to answer with, SOCKS5_NO_METHOD when the client offers none that will
 * do. What comes next depends on it. */
uint8_t socks5_choose(struct socks5 *s, bool login_required);

/* After LOGIN; they point into `s`. */
struct str socks5_user(const struct socks5 *s);
struct str socks5_password(const struct socks5 *s);

/* The answers. Each returns its length. The bound address is always 0.0.0.0:0: which one this
 * machine uses is nobody's business. */
#define SOCKS5_METHOD       2
#define SOCKS5_LOGIN_ANSWER 2
#define SOCKS5_REPLY        10
size_t socks5_write_method(char out[SOCKS5_METHOD], uint8_t method);
size_t socks5_write_login(char out[SOCKS5_LOGIN_ANSWER], bool right);
size_t socks5_write_reply(char out[SOCKS5_REPLY], uint8_t reply);

#endif
