/* SPDX-License-Identifier: Apache-2.0
 * client_hello.c - a state for each field, a byte at a time; what is of no interest is counted and
 * skipped. Every length has to add up: what two readers could see differently is malformed. */
#include "proto/client_hello.h"

#define RECORD_HANDSHAKE 22        /* RFC 8446, section 5.1 */
#define RECORD_MAX       (1 << 14) /* RFC 8446, section 5.1 */
#define CLIENT_HELLO     1         /* RFC 8446, section 4   */
#define EXT_SERVER_NAME  0         /* RFC 6066, section 1.1 */
#define EXT_ECH          0xfe0d    /* RFC 9849              */
#define NAME_HOST        0         /* RFC 6066, section 3   */
#define FIXED_PART       (2 + 32)  /* version and random    */
#define SESSION_ID_MAX   32

enum state {
    MESSAGE_TYPE,
    MESSAGE_LENGTH,
    FIXED,
    SESSION_ID_LENGTH,
    SESSION_ID,
    SUITES_LENGTH,
    SUITES,
    COMPRESSION_LENGTH,
    COMPRESSION,
    BLOCK_LENGTH,
    EXTENSION_TYPE,
    EXTENSION_LENGTH,
    EXTENSION,
    LIST_LENGTH,
    NAME_TYPE,
    NAME_LENGTH,
    NAME,
    END
};

/* How many bytes the number has that a state reads; 0: it reads none. */
static const uint8_t widths[] = {
    [MESSAGE_TYPE] = 1,       [MESSAGE_LENGTH] = 3, [SESSION_ID_LENGTH] = 1, [SUITES_LENGTH] = 2,
    [COMPRESSION_LENGTH] = 1, [BLOCK_LENGTH] = 2,   [EXTENSION_TYPE] = 2,    [EXTENSION_LENGTH] = 2,
    [LIST_LENGTH] = 2,        [NAME_TYPE] = 1,      [NAME_LENGTH] = 2,       [END] = 0,
};

static const char lengths_differ[] = "the lengths in the ClientHello do not add up";

static const char *enter(struct client_hello *h, enum state state);

/* Reads over `len` bytes, and then enters `state`'s successor: see skipped(). */
static const char *skip(struct client_hello *h, enum state state, uint32_t len)
{
    h->state = (uint8_t)state;
    h->skip = len;
    return len == 0 ? enter(h, state + 1) : NULL;
}

static const char *enter_extension(struct client_hello *h)
{
    return h->block_left == 0 ? enter(h, END) : enter(h, EXTENSION_TYPE);
}

static const char *enter(struct client_hello *h, enum state state)
{
    if (state == BLOCK_LENGTH && h->body_left == 0)
        state = END; /* a hello without extensions */
    if (state == END && h->body_left > 0)
        return lengths_differ;
    if (state == LIST_LENGTH) /* behind an extension that was skipped */
        return enter_extension(h);
    h->state = (uint8_t)state;
    h->need = widths[state];
    h->value = 0;
    return NULL;
}

/* ---- numbers ---- */

static const char *take_extension_length(struct client_hello *h, uint32_t type)
{
    h->data_left = h->value;
    if (h->data_left > h->block_left)
        return lengths_differ;
    h->encrypted = h->encrypted || type == EXT_ECH;
    if (type != EXT_SERVER_NAME)
        return skip(h, EXTENSION, h->data_left);
    if (h->name_seen)
        return "the ClientHello has two server names";
    h->name_seen = true;
    h->state = LIST_LENGTH;
    h->need = widths[LIST_LENGTH];
    h->value = 0;
    return NULL;
}

static const char *take_name_length(struct client_hello *h)
{
    if (h->value != h->data_left) /* one name, and nothing behind it */
        return h->value < h->data_left ? "the ClientHello has two server names" : lengths_differ;
    if (h->value == 0 || h->value > LIMIT_HOST)
        return "the ClientHello's server name is no host name";
    h->state = NAME;
    return NULL;
}

static const char *take_number(struct client_hello *h)
{
    uint32_t value = h->value;

    switch ((enum state)h->state) {
    case MESSAGE_TYPE:
        return enter(h, MESSAGE_LENGTH);
    case MESSAGE_LENGTH:
        h->body_left = value;
        if (value < FIXED_PART || value > LIMIT_CLIENT_HELLO)
            return "the ClientHello is too short or too long";
        return skip(h, FIXED, FIXED_PART);
    case SESSION_ID_LENGTH:
        return value > SESSION_ID_MAX ? lengths_differ : skip(h, SESSION_ID, value);
    case SUITES_LENGTH:
        return value < 2 || value % 2 != 0 ? lengths_differ : skip(h, SUITES, value);
    case COMPRESSION_LENGTH:
        return value == 0 ? lengths_differ : skip(h, COMPRESSION, value);
    case BLOCK_LENGTH:
        h->block_left = value;
        return value != h->body_left ? lengths_differ : enter_extension(h);
    case EXTENSION_TYPE:
        h->skip = value; /* until the length is known */
        return enter(h, EXTENSION_LENGTH);
    case EXTENSION_LENGTH:
        return take_extension_length(h, h->skip);
    case LIST_LENGTH:
        return value != h->data_left ? lengths_differ : enter(h, NAME_TYPE);
    case NAME_TYPE:
        return value != NAME_HOST ? "the ClientHello's server name is of an unknown kind"
                                  : enter(h, NAME_LENGTH);
    case NAME_LENGTH:
        return take_name_length(h);
    default:
        return lengths_differ;
    }
}

/* ---- bytes ---- */

static const char *take_name(struct client_hello *h)
{
    struct str text = {h->text, h->text_len};

    if (str_has_suffix(text, STR(".")) || host_parse(&h->name, text) || h->name.is_addr)
        return "the ClientHello's server name is no host name";
    h->has_name = true;
    return enter_extension(h);
}

/* Every byte behind the message's own length counts, at each level that it lies in. */
static bool count(struct client_hello *h)
{
    if (h->state <= MESSAGE_LENGTH)
        return true;
    if (h->body_left == 0)
        return false;
    h->body_left--;
    if (h->state > BLOCK_LENGTH) {
        if (h->block_left == 0)
            return false;
        h->block_left--;
    }
    if (h->state > EXTENSION_LENGTH) {
        if (h->data_left == 0)
            return false;
        h->data_left--;
    }
    return true;
}

static const char *take_byte(struct client_hello *h, uint8_t byte)
{
    if (!count(h))
        return lengths_differ;
    if (h->state == NAME) {
        h->text[h->text_len++] = (char)byte;
        return h->data_left == 0 ? take_name(h) : NULL;
    }
    if (h->need > 0) {
        h->value = h->value << 8 | byte;
        return --h->need == 0 ? take_number(h) : NULL;
    }
    return --h->skip == 0 ? enter(h, (enum state)h->state + 1) : NULL;
}

/* ---- records ---- */

/* The first two bytes decide whether this is TLS at all; after that, it has to stay so. */
static enum client_hello_status take_header(struct client_hello *h, uint8_t byte, const char **why)
{
    bool first = !h->begun;
    uint32_t len;

    h->header[h->header_len++] = byte;
    if ((h->header_len == 1 && byte != RECORD_HANDSHAKE) || (h->header_len == 2 && byte != 3)) {
        *why = "the ClientHello is broken off by another TLS record";
        return first ? CLIENT_HELLO_NOT_TLS : CLIENT_HELLO_MALFORMED;
    }
    if (h->header_len < sizeof h->header)
        return CLIENT_HELLO_MORE;
    len = (uint32_t)h->header[3] << 8 | h->header[4];
    if (len == 0 || len > RECORD_MAX) {
        *why = "a TLS record is empty or too long";
        return CLIENT_HELLO_MALFORMED;
    }
    if (first)
        enter(h, MESSAGE_TYPE);
    h->begun = true;
    h->header_len = 0;
    h->record_left = (uint16_t)len;
    return CLIENT_HELLO_MORE;
}

enum client_hello_status client_hello_feed(struct client_hello *h, const char *bytes, size_t len,
                                           const char **why)
{
    for (size_t i = 0; i < len; i++) {
        if (h->record_left == 0) {
            enum client_hello_status status = take_header(h, (uint8_t)bytes[i], why);

            if (status != CLIENT_HELLO_MORE)
                return status;
            continue;
        }
        h->record_left--;
        if (h->state == MESSAGE_TYPE && (uint8_t)bytes[i] != CLIENT_HELLO)
            return CLIENT_HELLO_NOT_TLS; /* no TLS server answers this: it is something else */
        *why = take_byte(h, (uint8_t)bytes[i]);
        if (*why)
            return CLIENT_HELLO_MALFORMED;
        if (h->state == END)
            return CLIENT_HELLO_DONE;
    }
    return CLIENT_HELLO_MORE;
}
