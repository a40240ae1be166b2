/* SPDX-License-Identifier: Apache-2.0
 * client_hello.h - the server name of a TLS ClientHello (RFC 8446, section 4.1.2; RFC 6066, section
 * 3), read from the first bytes of a tunnel as they go by.
 *
 * Nothing is decrypted, changed or kept but the name: whoever calls holds the bytes back until the
 * name is judged, LIMIT_CLIENT_HELLO of them at most. Only the first hello is read: after a
 * HelloRetryRequest the client may not change its name (RFC 8446, section 4.1.2). */
#ifndef FENCE_PROTO_CLIENT_HELLO_H
#define FENCE_PROTO_CLIENT_HELLO_H

#include "base/host.h"

enum client_hello_status {
    CLIENT_HELLO_MORE, /* all eaten; the hello goes on                                     */
    CLIENT_HELLO_DONE, /* the hello ended; bytes after it are not looked at                 */

    /* No ClientHello begins like this: not a record of TLS, or one with another message. One in
     * 65,536 streams of random bytes begins like a record. It may still be TLS to a lenient server:
     * an SSLv2 hello is (RFC 5246, appendix E.2), and has no room for a name. */
    CLIENT_HELLO_NOT_TLS,

    CLIENT_HELLO_MALFORMED /* it begins like TLS, and can be read in no way or in two */
};

struct client_hello {   /* zero to begin */
    bool has_name;      /* on DONE: `host` is set                                          */
    bool encrypted;     /* on DONE: with encrypted_client_hello, `host` is the outer name  */
    struct host host;   /* a name in normal form, never an address                         */
    bool seen_name;     /* from here on the fields are the parser's own                    */
    uint8_t state;      /* which field is being read                                       */
    uint8_t header;     /* bytes read of a record's header                                 */
    uint16_t record;    /* bytes left of the record                                        */
    uint16_t extension; /* type of the extension                                           */
    uint16_t room;      /* of the server_name extension, behind the field                  */
    uint32_t left;      /* bytes left of the field                                         */
    uint32_t value;     /* of the field, when it is a number                               */
    uint32_t hello;     /* bytes of the message behind the field                           */
    uint32_t total;     /* bytes eaten                                                     */
    const char *why;
};

/* Takes the next bytes of the client's. Any split of them gives the same result, and so does any
 * fragmentation of the message over records (RFC 8446, section 5.1). The result is final once it is
 * not MORE: later bytes do not change it. With MALFORMED, `*why` becomes a static sentence without
 * a full stop; it is untouched otherwise. */
enum client_hello_status client_hello_feed(struct client_hello *h, const char *bytes, size_t len,
                                           const char **why);

#endif
