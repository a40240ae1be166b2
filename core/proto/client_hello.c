/* SPDX-License-Identifier: Apache-2.0
 * client_hello.c - two machines, one in the other: records give bytes, bytes make up fields.
 *
 * All lengths must add up exactly: where two readers could differ on the name, there is none. It
 * does not look into key shares, versions or any other extension, and refuses no repeated one but
 * server_name: that would take memory, and no other names a host. */
#include "proto/client_hello.h"

enum hello_state {
    HELLO_START, /* no byte of the message yet */

    HELLO_TYPE, /* numbers, big-endian */
    HELLO_LENGTH,
    HELLO_SESSION_LENGTH,
    HELLO_SUITES_LENGTH,
    HELLO_COMPRESSION_LENGTH,
    HELLO_EXTENSIONS_LENGTH,
    HELLO_EXTENSION_TYPE,
    HELLO_EXTENSION_LENGTH,
    HELLO_LIST_LENGTH,
    HELLO_NAME_TYPE,
    HELLO_NAME_LENGTH,

    HELLO_NAME, /* runs of bytes; all but the name are skipped */
    HELLO_VERSION_AND_RANDOM,
    HELLO_SESSION,
    HELLO_SUITES,
    HELLO_COMPRESSION,
    HELLO_EXTENSION,

    HELLO_DONE, /* ends */
    HELLO_NOT_TLS,
    HELLO_MALFORMED
};

enum header_byte { /* of a record: RFC 8446, section 5.1 */
                   HEADER_TYPE,
                   HEADER_MAJOR,
                   HEADER_MINOR,
                   HEADER_LENGTH,
                   HEADER_LENGTH_LOW
};

/* RFC 8446, sections 5.1 and 4, and B.3.1 */
#define RECORD_HEADER  (HEADER_LENGTH_LOW + 1)
#define RECORD_MAX     (1 << 14)
#define CONTENT_FIRST  20 /* change_cipher_spec                 */
#define CONTENT_HELLO  22 /* handshake                          */
#define CONTENT_LAST   24 /* heartbeat; RFC 6520, section 3     */
#define ALERT_LENGTH   2  /* RFC 8446, section 6; a change of ciphers has 1 */
#define VERSION_MAJOR  3  /* SSL 3.0 to TLS 1.3                 */
#define MESSAGE_HEADER 4
#define TYPE_HELLO     1
#define VERSION_LENGTH 2
#define RANDOM_LENGTH  32
#define SESSION_MAX    32

#define EXTENSION_SERVER_NAME 0      /* RFC 6066, section 1.1 */
#define EXTENSION_ECH         0xfe0d /* encrypted_client_hello: RFC 9849, section 5 */
#define NAME_HOST             0      /* RFC 6066, section 3 */
#define NAME_HEADER           3      /* type and length of one name */
#define LIST_HEADER           2

static const char LENGTHS[] = "the lengths in the ClientHello do not add up";
static const char TOO_LONG[] = "the ClientHello is too long";
static const char EMPTY_LIST[] = "the list of server names is empty";

static void refuse(struct client_hello *h, const char *why)
{
    h->state = HELLO_MALFORMED;
    h->why = why;
}

/* ---- fields: RFC 8446, section 4.1.2 ---- */

/* `state` is what comes next, and has `len` bytes, which must be there. */
static void begin(struct client_hello *h, enum hello_state state, uint32_t len)
{
    if (len > h->hello) {
        refuse(h, LENGTHS);
        return;
    }
    h->state = (uint8_t)state;
    h->hello -= len;
    h->left = len;
    h->value = 0;
}

/* The same, or the end where nothing is left: extensions may be missing, and end somewhere. */
static void begin_or_end(struct client_hello *h, enum hello_state state, uint32_t len)
{
    if (h->hello == 0)
        h->state = HELLO_DONE;
    else
        begin(h, state, len);
}

static void begin_checked(struct client_hello *h, enum hello_state state, bool ok)
{
    if (ok)
        begin(h, state, h->value);
    else
        refuse(h, LENGTHS);
}

static void type_known(struct client_hello *h)
{
    if (h->value == TYPE_HELLO)
        begin(h, HELLO_LENGTH, MESSAGE_HEADER - 1);
    else
        h->state = HELLO_NOT_TLS; /* no server takes this for the beginning of TLS */
}

static void length_known(struct client_hello *h)
{
    if (h->value > LIMIT_CLIENT_HELLO - RECORD_HEADER - MESSAGE_HEADER) {
        refuse(h, TOO_LONG);
        return;
    }
    h->hello = h->value;
    begin(h, HELLO_VERSION_AND_RANDOM, VERSION_LENGTH + RANDOM_LENGTH);
}

static void extensions_known(struct client_hello *h)
{
    if (h->value == h->hello)
        begin_or_end(h, HELLO_EXTENSION_TYPE, sizeof h->extension);
    else
        refuse(h, LENGTHS);
}

static void extension_type_known(struct client_hello *h)
{
    h->extension = (uint16_t)h->value;
    h->encrypted = h->encrypted || h->extension == EXTENSION_ECH;
    begin(h, HELLO_EXTENSION_LENGTH, sizeof h->extension);
}

static void extension_length_known(struct client_hello *h)
{
    if (h->extension != EXTENSION_SERVER_NAME) {
        begin(h, HELLO_EXTENSION, h->value);
    } else if (h->seen_name) {
        refuse(h, "the ClientHello has two server_name extensions");
    } else if (h->value > h->hello) {
        refuse(h, LENGTHS);
    } else if (h->value < LIST_HEADER) { /* empty: only a server answers like that */
        refuse(h, EMPTY_LIST);
    } else {
        h->seen_name = true;
        h->room = (uint16_t)(h->value - LIST_HEADER);
        begin(h, HELLO_LIST_LENGTH, LIST_HEADER);
    }
}

/* ---- the name: RFC 6066, section 3 ---- */

static void list_known(struct client_hello *h)
{
    if (h->value == 0 && h->room == 0)
        refuse(h, EMPTY_LIST);
    else if (h->value != h->room || h->room < NAME_HEADER)
        refuse(h, LENGTHS);
    else
        begin(h, HELLO_NAME_TYPE, 1);
}

static void name_type_known(struct client_hello *h)
{
    if (h->value == NAME_HOST)
        begin(h, HELLO_NAME_LENGTH, NAME_HEADER - 1);
    else
        refuse(h, "the server name is of an unknown type");
}

static void name_length_known(struct client_hello *h)
{
    h->room = (uint16_t)(h->room - NAME_HEADER);
    if (h->value > h->room)
        refuse(h, LENGTHS);
    else if (h->value < h->room)
        refuse(h, "the ClientHello has more than one server name");
    else if (h->value == 0)
        refuse(h, "the server name is empty");
    else if (h->value > LIMIT_HOST)
        refuse(h, "the server name is too long");
    else
        begin(h, HELLO_NAME, h->value);
}

static void name_known(struct client_hello *h)
{
    struct str name = host_str(&h->host);
    struct host host = {0};
    const char *why = host_parse(&host, name);

    if (name.bytes[name.len - 1] == '.')
        why = "the server name has a final dot";
    else if (!why && host.is_addr)
        why = "the server name is an address";
    if (why) {
        refuse(h, why);
        return;
    }
    h->host = host;
    h->has_name = true;
    begin_or_end(h, HELLO_EXTENSION_TYPE, sizeof h->extension);
}

/* ---- bytes to fields ---- */

/* A field has been read to its end: what does it say, and what comes next? */
static void advance(struct client_hello *h)
{
    switch ((enum hello_state)h->state) {
    case HELLO_START:
        h->hello = MESSAGE_HEADER;
        begin(h, HELLO_TYPE, 1);
        return;
    case HELLO_TYPE:
        type_known(h);
        return;
    case HELLO_LENGTH:
        length_known(h);
        return;
    case HELLO_VERSION_AND_RANDOM:
        begin(h, HELLO_SESSION_LENGTH, 1);
        return;
    case HELLO_SESSION_LENGTH:
        begin_checked(h, HELLO_SESSION, h->value <= SESSION_MAX);
        return;
    case HELLO_SESSION:
        begin(h, HELLO_SUITES_LENGTH, 2);
        return;
    case HELLO_SUITES_LENGTH:
        begin_checked(h, HELLO_SUITES, h->value > 0 && h->value % 2 == 0);
        return;
    case HELLO_SUITES:
        begin(h, HELLO_COMPRESSION_LENGTH, 1);
        return;
    case HELLO_COMPRESSION_LENGTH:
        begin_checked(h, HELLO_COMPRESSION, h->value > 0);
        return;
    case HELLO_COMPRESSION:
        begin_or_end(h, HELLO_EXTENSIONS_LENGTH, 2);
        return;
    case HELLO_EXTENSIONS_LENGTH:
        extensions_known(h);
        return;
    case HELLO_EXTENSION_TYPE:
        extension_type_known(h);
        return;
    case HELLO_EXTENSION_LENGTH:
        extension_length_known(h);
        return;
    case HELLO_EXTENSION:
        begin_or_end(h, HELLO_EXTENSION_TYPE, sizeof h->extension);
        return;
    case HELLO_LIST_LENGTH:
        list_known(h);
        return;
    case HELLO_NAME_TYPE:
        name_type_known(h);
        return;
    case HELLO_NAME_LENGTH:
        name_length_known(h);
        return;
    case HELLO_NAME:
        name_known(h);
        return;
    case HELLO_DONE:
    case HELLO_NOT_TLS:
    case HELLO_MALFORMED:
        return;
    }
}

static bool is_over(const struct client_hello *h)
{
    return h->state >= HELLO_DONE;
}

/* Takes `len` bytes of a record, at least one; returns how many of them the field had room for. */
static size_t eat_field(struct client_hello *h, const char *bytes, size_t len)
{
    size_t n = len < h->left ? len : h->left;

    if (h->state == HELLO_NAME) {
        memcpy(h->host.text + h->host.len, bytes, n);
        h->host.len = (uint8_t)(h->host.len + n);
    } else if (h->state < HELLO_NAME) {
        n = 1;
        h->value = h->value << 8 | (unsigned char)bytes[0];
    }
    h->left -= (uint32_t)n;
    h->record = (uint16_t)(h->record - n);
    while (h->left == 0 && !is_over(h))
        advance(h);
    return n;
}

/* ---- records: RFC 8446, section 5.1 ---- */

static const char OTHER_TYPE[] =
    "a TLS record of another type stands before the end of the ClientHello";

static void content_type(struct client_hello *h, unsigned char type)
{
    if (h->state != HELLO_START) {
        if (type != CONTENT_HELLO)
            refuse(h, OTHER_TYPE);
        return;
    }
    h->value = type; /* while there is no field yet */
    if (type < CONTENT_FIRST || type > CONTENT_LAST)
        h->state = HELLO_NOT_TLS;
}

/* An alert or a change of ciphers before the hello is refused: some servers pass over it, and would
 * read the hello behind it. They are that short; what else begins like this is not TLS. */
static void first_record_known(struct client_hello *h)
{
    if (h->value == CONTENT_HELLO && h->record > 0 && h->record <= RECORD_MAX)
        advance(h);
    else if (h->record == 0)
        refuse(h, "a TLS record is empty");
    else if (h->value != CONTENT_HELLO && h->record <= ALERT_LENGTH)
        refuse(h, OTHER_TYPE);
    else
        h->state = HELLO_NOT_TLS;
}

static void record_known(struct client_hello *h)
{
    h->header = 0;
    if (h->state == HELLO_START)
        first_record_known(h);
    else if (h->record == 0)
        refuse(h, "a TLS record is empty");
    else if (h->record > RECORD_MAX)
        refuse(h, "a TLS record is too long");
}

/* The minor version is ignored, as it must be (RFC 8446, section 5.1); another major version is a
 * record of nobody's. */
static void eat_header(struct client_hello *h, char c)
{
    unsigned char byte = (unsigned char)c;

    switch ((enum header_byte)h->header++) {
    case HEADER_TYPE:
        content_type(h, byte);
        return;
    case HEADER_MAJOR:
        if (byte != VERSION_MAJOR && h->state == HELLO_START)
            h->state = HELLO_NOT_TLS;
        else if (byte != VERSION_MAJOR)
            refuse(h, "a TLS record has an unknown version");
        return;
    case HEADER_MINOR:
        return;
    case HEADER_LENGTH:
        h->record = byte;
        return;
    case HEADER_LENGTH_LOW:
        h->record = (uint16_t)(h->record << 8 | byte);
        record_known(h);
        return;
    }
}

static enum client_hello_status status_of(const struct client_hello *h)
{
    if (!is_over(h))
        return CLIENT_HELLO_MORE;
    if (h->state == HELLO_DONE)
        return CLIENT_HELLO_DONE;
    return h->state == HELLO_NOT_TLS ? CLIENT_HELLO_NOT_TLS : CLIENT_HELLO_MALFORMED;
}

/* What fills LIMIT_CLIENT_HELLO without an end is refused with its last byte, not with the next:
 * whoever holds that much back need not wait for more. */
enum client_hello_status client_hello_feed(struct client_hello *h, const char *bytes, size_t len,
                                           const char **why)
{
    size_t room = LIMIT_CLIENT_HELLO - h->total, i = 0;

    if (len < room)
        room = len;
    while (i < room && !is_over(h)) {
        size_t left = room - i;

        if (h->header > HEADER_TYPE || h->record == 0)
            eat_header(h, bytes[i++]);
        else
            i += eat_field(h, bytes + i, left < h->record ? left : h->record);
    }
    h->total += (uint32_t)i;
    if (!is_over(h) && h->total == LIMIT_CLIENT_HELLO)
        refuse(h, TOO_LONG);
    if (h->state == HELLO_MALFORMED)
        *why = h->why;
    return status_of(h);
}
