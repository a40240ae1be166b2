/* SPDX-License-Identifier: Apache-2.0
 * hello.h - builds a TLS ClientHello around the extensions a test gives, and cuts it into records.
 */
#ifndef FENCE_TESTS_SUPPORT_HELLO_H
#define FENCE_TESTS_SUPPORT_HELLO_H

#include <stdint.h>
#include <string.h>

#include "support/require.h"

struct bytes {
    size_t len;
    char data[8 * 1024];
};

static inline void bytes_add(struct bytes *b, const void *bytes, size_t len)
{
    require(len <= sizeof b->data - b->len);
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
}

/* A number of `size` bytes, big-endian. */
static inline void bytes_add_number(struct bytes *b, size_t value, size_t size)
{
    while (size-- > 0) {
        char byte = (char)(value >> 8 * size);

        bytes_add(b, &byte, 1);
    }
}

/* The message with its header and those extensions; without even their length when NULL. */
static inline void hello_build(struct bytes *hello, const char *extensions, size_t len)
{
    static const char FIXED[2 + 32] = "\x03\x03random";
    static const char MIDDLE[] = "\x02ID\0\x02\x13\x01\x01";

    hello->len = 0;
    bytes_add_number(hello, 1, 1);
    bytes_add_number(hello, sizeof FIXED + sizeof MIDDLE + (extensions ? 2 + len : 0), 3);
    bytes_add(hello, FIXED, sizeof FIXED);
    bytes_add(hello, MIDDLE, sizeof MIDDLE);
    if (extensions) {
        bytes_add_number(hello, len, 2);
        bytes_add(hello, extensions, len);
    }
}

/* A server_name extension with that one name: RFC 6066, section 3. */
static inline void hello_add_name(struct bytes *b, const char *name, size_t len)
{
    bytes_add_number(b, 0, 2);
    bytes_add_number(b, len + 5, 2);
    bytes_add_number(b, len + 3, 2);
    bytes_add_number(b, 0, 1);
    bytes_add_number(b, len, 2);
    bytes_add(b, name, len);
}

/* The message in records of `record` bytes each: RFC 8446, section 5.1. */
static inline void hello_to_records(struct bytes *stream, const char *message, size_t len,
                                    size_t record)
{
    stream->len = 0;
    for (size_t at = 0; at < len; at += record) {
        size_t n = len - at < record ? len - at : record;

        bytes_add(stream, "\x16\x03\x01", 3);
        bytes_add_number(stream, n, 2);
        bytes_add(stream, message + at, n);
    }
}

#endif
