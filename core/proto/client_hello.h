/* SPDX-License-Identifier: Apache-2.0
 * client_hello.h - the server name of a TLS ClientHello (RFC 8446, section 4.1.2; RFC 6066,
 * section 3), read as it passes by: nothing is decrypted, kept or changed. */
#ifndef FENCE_PROTO_CLIENT_HELLO_H
#define FENCE_PROTO_CLIENT_HELLO_H

#include "base/host.h"

enum client_hello_status {
    CLIENT_HELLO_MORE,     /* it goes on                                           */
    CLIENT_HELLO_DONE,     /* the results are there                                */
    CLIENT_HELLO_NOT_TLS,  /* the bytes do not begin a TLS handshake               */
    CLIENT_HELLO_MALFORMED /* they do, and then break its rules                    */
};

struct client_hello { /* zero to begin; the results first, the rest is the parser's own */
    bool has_name;
    bool encrypted; /* there is an encrypted hello inside: `name` is the outer one (ECH) */
    struct host name;

    uint8_t header[5], header_len; /* of a record                       */
    uint16_t record_left;
    uint8_t state, need; /* bytes of `value` still to come    */
    uint32_t value, skip;
    uint32_t body_left;             /* of the handshake message          */
    uint32_t block_left, data_left; /* of the extensions, and of the one */
    bool begun, name_seen;
    uint8_t text_len;
    char text[LIMIT_HOST];
};

/* Reads on. Any split of the bytes, over calls or over TLS records, gives the same result. `why` is
 * set with MALFORMED: a static sentence. After anything but MORE it is not to be called again. */
enum client_hello_status client_hello_feed(struct client_hello *hello, const char *bytes,
                                           size_t len, const char **why);

#endif
