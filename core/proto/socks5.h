/* SPDX-License-Identifier: Apache-2.0
 * socks5.h - SOCKS version 5 (RFC 1928) with name and password (RFC 1929), as its server reads it.
 *
 *   socks5_init
 *   socks5_feed -> SOCKS5_ANSWER     send the answer, feed on
 *               -> SOCKS5_LOGIN      socks5_login_equal, socks5_login_judged; send the answer
 *               -> SOCKS5_REQUEST    decide and dial; socks5_write_reply; the rest is the tunnel's
 *               -> SOCKS5_REFUSED    send the answer, if there is one; close
 *
 * CONNECT only. The host comes out in the one normal form of host.h: a name that is an IP address
 * in text is that address, and so is an address in bytes. */
#ifndef FENCE_PROTO_SOCKS5_H
#define FENCE_PROTO_SOCKS5_H

#include "base/host.h"
#include "base/limits.h"
#include "base/str.h"

#define SOCKS5_REPLY 10 /* bytes of a reply with an IPv4 address: RFC 1928, section 6 */

enum socks5_reply { /* those that a parser can know; the others are in the table of reasons */
                    SOCKS5_SUCCEEDED = 0x00,
                    SOCKS5_FAILED = 0x01,
                    SOCKS5_NOT_ALLOWED = 0x02,
                    SOCKS5_NO_SUCH_COMMAND = 0x07,
                    SOCKS5_NO_SUCH_ADDRESS = 0x08
};

enum socks5_status {
    SOCKS5_MORE,    /* all eaten; the message goes on                               */
    SOCKS5_ANSWER,  /* the greeting ended: send `answer`, which names the method    */
    SOCKS5_LOGIN,   /* name and password are there; nothing is eaten until judged   */
    SOCKS5_REQUEST, /* `host` and `port` are set; bytes after `used` are the tunnel's */
    SOCKS5_REFUSED  /* `answer`, if any, then close; `why` is for people            */
};

struct socks5 {
    /* results */
    char answer[SOCKS5_REPLY]; /* what to send; answer_len is 0 when that is nothing         */
    uint8_t answer_len;
    const char *why; /* with SOCKS5_REFUSED: a static sentence without a full stop */
    struct host host;
    uint16_t port; /* 1 to 65535 */

    /* the parser's own */
    uint8_t state;
    bool wants_login, offered;
    uint8_t left; /* bytes of the current list or text that are still to come */
    uint8_t type; /* ATYP                                                     */
    uint8_t text_len, password_len;
    char text[LIMIT_SOCKS_TEXT]; /* the user's name; then the destination */
    char password[LIMIT_SOCKS_TEXT];
};

/* To begin. With `login`, method 0x02 is the only one that is taken, and 0x00 without. */
void socks5_init(struct socks5 *s, bool login);

/* Eats up to the end of one message: the greeting (RFC 1928, section 3), name and password
 * (RFC 1929, section 2) or the request (RFC 1928, section 4). Any split of the input gives the same
 * result. A byte that is refused is not eaten. LOGIN, REQUEST and REFUSED are said again, with
 * *used 0, when it is fed once more. */
enum socks5_status socks5_feed(struct socks5 *s, const char *bytes, size_t len, size_t *used);

/* After SOCKS5_LOGIN: are both what they should be? Takes as long for a wrong one as for the right
 * one, wherever they differ. An empty `name` or `password` is never equal. */
bool socks5_login_equal(const struct socks5 *s, struct str name, struct str password);

/* After SOCKS5_LOGIN: forgets name and password and sets `answer` (RFC 1929, section 2). ANSWER
 * when it is `ok`, so feed on; REFUSED when it is not. REFUSED, too, at any other time. */
enum socks5_status socks5_login_judged(struct socks5 *s, bool ok);

/* The reply to a request (RFC 1928, section 6): SOCKS5_SUCCEEDED or what reason_socks_reply() says.
 * The bound address is 0.0.0.0:0 in any case: it is none of the client's business. Returns the
 * length. */
size_t socks5_write_reply(char out[SOCKS5_REPLY], uint8_t reply);

#endif
