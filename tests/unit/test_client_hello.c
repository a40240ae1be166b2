/* SPDX-License-Identifier: Apache-2.0
 * test_client_hello.c - which name a ClientHello gives, and what is refused rather than guessed.
 *
 * Every message is put into records of several sizes; every stream is fed in one piece, cut at
 * every offset, and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "proto/client_hello.h"
#include "support/guard.h"
#include "support/hello.h"

#define B(literal) "" literal, sizeof(literal) - 1
#define MORE       CLIENT_HELLO_MORE
#define DONE       CLIENT_HELLO_DONE
#define NOT_TLS    CLIENT_HELLO_NOT_TLS
#define BAD        CLIENT_HELLO_MALFORMED

#define RECORD_MAX (1 << 14)

static const char LENGTHS[] = "the lengths in the ClientHello do not add up";
static const char TWO_NAMES[] = "the ClientHello has more than one server name";
static const char EMPTY_LIST[] = "the list of server names is empty";
static const char TWO_EXTENSIONS[] = "the ClientHello has two server_name extensions";
static const char UNKNOWN_VERSION[] = "a TLS record has an unknown version";
static const char TOO_LONG[] = "the ClientHello is too long";
static const char EMPTY_RECORD[] = "a TLS record is empty";
static const char OTHER_TYPE[] =
    "a TLS record of another type stands before the end of the ClientHello";

struct want {
    enum client_hello_status status;
    const char *text; /* DONE: the name, NULL for none; BAD: why */
    bool encrypted;
};

#define NAME(text)                                                                                 \
    {                                                                                              \
        DONE, text, false                                                                          \
    }
#define NO(why)                                                                                    \
    {                                                                                              \
        BAD, why, false                                                                            \
    }
#define BAD_LENGTHS NO(LENGTHS)
#define ONLY(status)                                                                               \
    {                                                                                              \
        status, NULL, false                                                                        \
    }

/* ---- feeding ---- */

static enum client_hello_status feed(struct client_hello *h, const char *bytes, size_t len,
                                     const char **why)
{
    char *copy = guard_copy(bytes, len);
    enum client_hello_status status = client_hello_feed(h, copy, len, why);

    guard_free(copy, len);
    return status;
}

static void check(const char *name, const char *how, size_t at, const struct client_hello *h,
                  enum client_hello_status status, const char *why, struct want want)
{
    const char *text = status == BAD ? why : NULL;

    if (status == DONE && h->has_name)
        text = h->host.text;
    if (status != want.status || (status == DONE && h->encrypted != want.encrypted) ||
        !text != !want.text || (text && strcmp(text, want.text) != 0))
        fail_msg("%s, %s %zu: status %d, '%s'", name, how, at, status, text ? text : "-");
    if (status == DONE && h->has_name && (h->host.is_addr || h->host.len != strlen(text)))
        fail_msg("%s, %s %zu: the host is not whole", name, how, at);
}

static void check_stream(const char *name, const char *bytes, size_t len, struct want want)
{
    struct client_hello by_bytes = {0};
    enum client_hello_status status = MORE;
    const char *why = NULL;

    for (size_t cut = 0; cut <= len; cut++) {
        struct client_hello h = {0};

        why = NULL;
        feed(&h, bytes, cut, &why);
        status = feed(&h, bytes + cut, len - cut, &why);
        check(name, "cut at", cut, &h, status, why, want);
    }
    why = NULL;
    status = MORE;
    for (size_t at = 0; at < len; at++)
        status = feed(&by_bytes, bytes + at, 1, &why);
    check(name, "byte by byte", len, &by_bytes, status, why, want);
}

static void check_message(const char *name, const char *message, size_t len, struct want want)
{
    static const size_t RECORDS[] = {RECORD_MAX, 1, 2, 5, 100};

    for (size_t i = 0; i < ARRAY_LEN(RECORDS); i++) {
        struct bytes stream;

        hello_to_records(&stream, message, len, RECORDS[i]);
        check_stream(name, stream.data, stream.len, want);
    }
}

/* ---- names ---- */

static void test_names(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t len;
        struct want want;
    } ROWS[] = {
        {"a name", B("good.test"), NAME("good.test")},
        {"99 upper case", B("GOOD.Test"), NAME("good.test")},
        {"an A-label", B("xn--bcher-kva.test"), NAME("xn--bcher-kva.test")},
        {"one byte", B("a"), NAME("a")},
        {"99 final dot", B("good.test."), NO("the server name has a final dot")},
        {"a dot alone", B("."), NO("the server name has a final dot")},
        {"99 NUL", B("good.test\0.evil.test"),
         NO("a host name holds letters, digits, '-', '_' and '.' only")},
        {"IPv4", B("192.0.2.1"), NO("the server name is an address")},
        {"octal IPv4", B("0177.0.0.1"), NO("write an IPv4 address as four decimal numbers")},
        {"IPv6", B("::1"), NO("write an IPv6 address in brackets")},
        {"IPv6 in brackets", B("[::1]"), NO("the server name is an address")},
        {"a port", B("good.test:443"), NO("write an IPv6 address in brackets")},
        {"UTF-8", B("b\xc3\xbc.test"), NO("write an international name in its xn-- form")},
        {"a pattern", B("*.good.test"), NO("a host holds no '*': patterns are for rules")},
        {"an empty label", B("good..test"), NO("a host name has no empty labels")},
        {"empty", B(""), NO("the server name is empty")},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct bytes extensions = {0}, hello;

        hello_add_name(&extensions, ROWS[i].bytes, ROWS[i].len);
        hello_build(&hello, extensions.data, extensions.len);
        check_message(ROWS[i].name, hello.data, hello.len, ROWS[i].want);
    }
}

static void test_longest_name(void **state)
{
    char name[LIMIT_HOST + 2] = {0};
    struct bytes extensions = {0}, hello;

    (void)state;
    for (size_t i = 0; i <= LIMIT_HOST; i++)
        name[i] = i % 2 ? '.' : 'a';
    hello_add_name(&extensions, name, LIMIT_HOST + 1);
    hello_build(&hello, extensions.data, extensions.len);
    check_message("too long", hello.data, hello.len,
                  (struct want)NO("the server name is too long"));
    name[LIMIT_HOST] = '\0';
    extensions.len = 0;
    hello_add_name(&extensions, name, LIMIT_HOST);
    hello_build(&hello, extensions.data, extensions.len);
    check_message("the longest", hello.data, hello.len, (struct want)NAME(name));
}

/* ---- extensions ---- */

#define GOOD "\0\0\0\x0e\0\x0c\0\0\x09good.test"
#define EVIL                                                                                       \
    "\0\0\0\x0e\0\x0c\0\0\x09"                                                                     \
    "evil.test" /* \x09e were one byte */
#define ECH   "\xfe\x0d\0\x02xx"
#define OTHER "\x0a\x0a\0\0\0\x2b\0\x03\x02\x03\x04"

static void test_extensions(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t len;
        struct want want;
    } ROWS[] = {
        {"99 none at all", NULL, 0, NAME(NULL)},
        {"99 an empty block", B(""), NAME(NULL)},
        {"99 others alone", B(OTHER), NAME(NULL)},
        {"the name first", B(GOOD OTHER), NAME("good.test")},
        {"the name last", B(OTHER GOOD), NAME("good.test")},
        {"99 encrypted, outer name", B(GOOD ECH), {DONE, "good.test", true}},
        {"encrypted comes first", B(ECH GOOD), {DONE, "good.test", true}},
        {"encrypted, no outer name", B(ECH), {DONE, NULL, true}},
        {"another extension that holds a name", B("\0\x01\0\x12" GOOD), NAME(NULL)},
        {"two extensions", B(GOOD OTHER EVIL), NO(TWO_EXTENSIONS)},
        {"two equal extensions", B(GOOD GOOD), NO(TWO_EXTENSIONS)},
        {"99 two names",
         B("\0\0\0\x1a\0\x18\0\0\x09good.test\0\0\x09"
           "evil.test"),
         NO(TWO_NAMES)},
        {"a name and another type", B("\0\0\0\x12\0\x10\0\0\x09good.test\x01\0\x01x"),
         NO(TWO_NAMES)},
        {"a byte behind the name", B("\0\0\0\x0f\0\x0d\0\0\x09good.testx"), NO(TWO_NAMES)},
        {"another type of name", B("\0\0\0\x0e\0\x0c\x01\0\x09good.test"),
         NO("the server name is of an unknown type")},
        {"empty extension", B("\0\0\0\0"), NO(EMPTY_LIST)},
        {"half a list length", B("\0\0\0\x01\0"), NO(EMPTY_LIST)},
        {"empty list", B("\0\0\0\x02\0\0"), NO(EMPTY_LIST)},
        {"empty list, bytes behind", B("\0\0\0\x03\0\0\0"), BAD_LENGTHS},
        {"list too short for a name", B("\0\0\0\x04\0\x02\0\0"), BAD_LENGTHS},
        {"list short of a byte", B("\0\0\0\x0e\0\x0b\0\0\x09good.test"), BAD_LENGTHS},
        {"list over the extension", B("\0\0\0\x0e\0\x0d\0\0\x09good.testx"), BAD_LENGTHS},
        {"name over the list", B("\0\0\0\x0e\0\x0c\0\0\x0agood.testx"), BAD_LENGTHS},
        {"server_name over the block", B("\0\0\0\x0f\0\x0d\0\0\x0agood.test"), BAD_LENGTHS},
        {"extension over the block", B(GOOD "\0\x2b\0\x04\x02\x03\x04"), BAD_LENGTHS},
        {"half an extension header", B(GOOD "\0\x2b\0"), BAD_LENGTHS},
        {"half an extension type", B(GOOD "\0"), BAD_LENGTHS},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct bytes hello;

        hello_build(&hello, ROWS[i].bytes, ROWS[i].len);
        check_message(ROWS[i].name, hello.data, hello.len, ROWS[i].want);
    }
}

/* ---- messages ---- */

#define FIXED  "\x03\x03" /* version and random */ "0123456789abcdef0123456789abcdef"
#define SUITES "\0\x02\x13\x01"

static void test_messages(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t len;
        struct want want;
    } ROWS[] = {
        {"the shortest", B("\x01\0\0\x29" FIXED "\0" SUITES "\x01\0"), NAME(NULL)},
        {"what follows is not read", B("\x01\0\0\x29" FIXED "\0" SUITES "\x01\0\x02\0\0\x01x"),
         NAME(NULL)},
        {"short of a byte", B("\x01\0\0\x29" FIXED "\0" SUITES "\x01"), ONLY(MORE)},
        {"a ServerHello", B("\x02\0\0\x29" FIXED), ONLY(NOT_TLS)},
        {"a HelloRequest", B("\0\0\0\0"), ONLY(NOT_TLS)},
        {"no body", B("\x01\0\0\0"), BAD_LENGTHS},
        {"half a random", B("\x01\0\0\x21" FIXED), BAD_LENGTHS},
        {"ends after the random", B("\x01\0\0\x22" FIXED), BAD_LENGTHS},
        {"session over the hello", B("\x01\0\0\x24" FIXED "\x02x"), BAD_LENGTHS},
        {"session of 33 bytes", B("\x01\0\0\x60" FIXED "\x21x"), BAD_LENGTHS},
        {"no cipher suites", B("\x01\0\0\x60" FIXED "\0\0\0"), BAD_LENGTHS},
        {"half a cipher suite", B("\x01\0\0\x60" FIXED "\0\0\x03"), BAD_LENGTHS},
        {"suites over the hello", B("\x01\0\0\x29" FIXED "\0\0\x06"), BAD_LENGTHS},
        {"no compression", B("\x01\0\0\x60" FIXED "\0" SUITES "\0"), BAD_LENGTHS},
        {"ends after the suites", B("\x01\0\0\x27" FIXED "\0" SUITES), BAD_LENGTHS},
        {"half an extensions length", B("\x01\0\0\x2a" FIXED "\0" SUITES "\x01\0\0"), BAD_LENGTHS},
        {"extensions over the hello", B("\x01\0\0\x2b" FIXED "\0" SUITES "\x01\0\0\x01"),
         BAD_LENGTHS},
        {"a byte behind the extensions", B("\x01\0\0\x2c" FIXED "\0" SUITES "\x01\0\0\0x"),
         BAD_LENGTHS},
        {"16 MiB", B("\x01\xff\xff\xff"), NO(TOO_LONG)},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        check_message(ROWS[i].name, ROWS[i].bytes, ROWS[i].len, ROWS[i].want);
}

/* ---- records ---- */

#define HALF "\x16\x03\x01\0\x05\x01\0\0\x29\x03" /* a record that begins a hello */

static void test_records(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t len;
        struct want want;
    } ROWS[] = {
        {"nothing", B(""), ONLY(MORE)},
        {"one byte", B("\x16"), ONLY(MORE)},
        {"half a hello", B(HALF), ONLY(MORE)},
        {"an unknown minor version", B("\x16\x03\x7f\0\x05\x01"), ONLY(MORE)},
        {"99 an SSLv2 hello", B("\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10"), ONLY(NOT_TLS)},
        {"HTTP", B("G"), ONLY(NOT_TLS)},
        {"SSH", B("SSH-2.0-x\r\n"), ONLY(NOT_TLS)},
        {"NUL", B("\0"), ONLY(NOT_TLS)},
        {"the byte under the types", B("\x13"), ONLY(NOT_TLS)},
        {"the byte over the types", B("\x19"), ONLY(NOT_TLS)},
        {"change_cipher_spec first", B("\x14\x03\x03\0\x01\x01" HALF), NO(OTHER_TYPE)},
        {"an empty one first", B("\x14\x03\x03\0\0" HALF), NO(EMPTY_RECORD)},
        {"an alert of three bytes", B("\x15\x03\x01\0\x03\x01\0\0" HALF), ONLY(NOT_TLS)},
        {"half an alert", B("\x15\x03\x01\0"), ONLY(MORE)},
        {"random bytes that begin like an alert", B("\x15\x9a"), ONLY(NOT_TLS)},
        {"an alert first", B("\x15\x03\x01\0\x02\x01\0" HALF), NO(OTHER_TYPE)},
        {"application data first", B("\x17\x03\x03\0\x20"), ONLY(NOT_TLS)},
        {"a heartbeat first", B("\x18\x03\x03\0\x20"), ONLY(NOT_TLS)},
        {"an alert between", B(HALF "\x15\x03\x01\0\x02\x01\0"), NO(OTHER_TYPE)},
        {"change_cipher_spec between", B(HALF "\x14"), NO(OTHER_TYPE)},
        {"HTTP between", B(HALF "GET"), NO(OTHER_TYPE)},
        {"SSL 2", B("\x16\x02"), ONLY(NOT_TLS)},
        {"DTLS", B("\x16\xfe\xfd"), ONLY(NOT_TLS)},
        {"another version between", B(HALF "\x16\x04"), NO(UNKNOWN_VERSION)},
        {"empty", B("\x16\x03\x01\0\0" HALF), NO(EMPTY_RECORD)},
        {"empty between", B(HALF "\x16\x03\x01\0\0"), NO(EMPTY_RECORD)},
        {"of 2^14 bytes", B("\x16\x03\x01\x40\0\x01"), ONLY(MORE)},
        {"over 2^14 bytes", B("\x16\x03\x01\x40\x01"), ONLY(NOT_TLS)},
        {"over 2^14 bytes between", B(HALF "\x16\x03\x01\x40\x01"), NO("a TLS record is too long")},
        {"another message", B("\x16\x03\x01\0\x05\x02"), ONLY(NOT_TLS)},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        check_stream(ROWS[i].name, ROWS[i].bytes, ROWS[i].len, ROWS[i].want);
}

/* ---- what a real client sends ---- */

/* OpenSSL 3.0: s_client -servername good.test -alpn h2,http/1.1 */
static void test_openssl(void **state)
{
    /* clang-format off */
    static const unsigned char HELLO[] = {
        0x16, 0x03, 0x01, 0x01, 0x48, 0x01, 0x00, 0x01, 0x44, 0x03, 0x03, 0x71, 0x99, 0xdc, 0x00,
        0x3b, 0xbe, 0xf0, 0x55, 0x6d, 0x87, 0x22, 0xe4, 0xc8, 0x01, 0x95, 0x73, 0x21, 0x40, 0x24,
        0xa7, 0x94, 0x0f, 0x82, 0xe0, 0xc9, 0xa0, 0xc3, 0x9e, 0x28, 0xf9, 0x37, 0x3f, 0x20, 0x0c,
        0x4f, 0xae, 0xc1, 0x1d, 0x6f, 0x22, 0x12, 0x3c, 0xac, 0x03, 0xe8, 0x24, 0xaf, 0x56, 0xe7,
        0x74, 0x86, 0x9f, 0xa6, 0x4a, 0x42, 0x6a, 0x50, 0x08, 0x6a, 0x21, 0x32, 0x2c, 0x55, 0x86,
        0x65, 0x00, 0x3e, 0x13, 0x02, 0x13, 0x03, 0x13, 0x01, 0xc0, 0x2c, 0xc0, 0x30, 0x00, 0x9f,
        0xcc, 0xa9, 0xcc, 0xa8, 0xcc, 0xaa, 0xc0, 0x2b, 0xc0, 0x2f, 0x00, 0x9e, 0xc0, 0x24, 0xc0,
        0x28, 0x00, 0x6b, 0xc0, 0x23, 0xc0, 0x27, 0x00, 0x67, 0xc0, 0x0a, 0xc0, 0x14, 0x00, 0x39,
        0xc0, 0x09, 0xc0, 0x13, 0x00, 0x33, 0x00, 0x9d, 0x00, 0x9c, 0x00, 0x3d, 0x00, 0x3c, 0x00,
        0x35, 0x00, 0x2f, 0x00, 0xff, 0x01, 0x00, 0x00, 0xbd, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x0c,
        0x00, 0x00, 0x09, 0x67, 0x6f, 0x6f, 0x64, 0x2e, 0x74, 0x65, 0x73, 0x74, 0x00, 0x0b, 0x00,
        0x04, 0x03, 0x00, 0x01, 0x02, 0x00, 0x0a, 0x00, 0x16, 0x00, 0x14, 0x00, 0x1d, 0x00, 0x17,
        0x00, 0x1e, 0x00, 0x19, 0x00, 0x18, 0x01, 0x00, 0x01, 0x01, 0x01, 0x02, 0x01, 0x03, 0x01,
        0x04, 0x00, 0x23, 0x00, 0x00, 0x00, 0x10, 0x00, 0x0e, 0x00, 0x0c, 0x02, 0x68, 0x32, 0x08,
        0x68, 0x74, 0x74, 0x70, 0x2f, 0x31, 0x2e, 0x31, 0x00, 0x16, 0x00, 0x00, 0x00, 0x17, 0x00,
        0x00, 0x00, 0x0d, 0x00, 0x2a, 0x00, 0x28, 0x04, 0x03, 0x05, 0x03, 0x06, 0x03, 0x08, 0x07,
        0x08, 0x08, 0x08, 0x09, 0x08, 0x0a, 0x08, 0x0b, 0x08, 0x04, 0x08, 0x05, 0x08, 0x06, 0x04,
        0x01, 0x05, 0x01, 0x06, 0x01, 0x03, 0x03, 0x03, 0x01, 0x03, 0x02, 0x04, 0x02, 0x05, 0x02,
        0x06, 0x02, 0x00, 0x2b, 0x00, 0x09, 0x08, 0x03, 0x04, 0x03, 0x03, 0x03, 0x02, 0x03, 0x01,
        0x00, 0x2d, 0x00, 0x02, 0x01, 0x01, 0x00, 0x33, 0x00, 0x26, 0x00, 0x24, 0x00, 0x1d, 0x00,
        0x20, 0x2a, 0x3d, 0xb1, 0x5b, 0xd1, 0x0d, 0xf8, 0xbc, 0xcf, 0x27, 0xd4, 0x37, 0x5d, 0x85,
        0x12, 0x46, 0x58, 0xda, 0x73, 0x4c, 0x8a, 0xa3, 0xdb, 0x54, 0x8d, 0xbe, 0x70, 0x72, 0x89,
        0x99, 0x29, 0x2b,
    };
    /* clang-format on */
    const char *record = (const char *)HELLO;

    (void)state;
    check_stream("openssl", record, sizeof HELLO, (struct want)NAME("good.test"));
    check_message("openssl", record + 5, sizeof HELLO - 5, (struct want)NAME("good.test"));
}

/* ---- limits ---- */

/* A hello of `total` bytes with its records of RECORD_MAX: one extension pads it, and the name is
 * the last. The caller frees it. */
static char *long_stream(size_t total)
{
    size_t records = (total + RECORD_MAX + 4) / (RECORD_MAX + 5), len = total - 5 * records;
    size_t fixed = 4 + 34 + 1 + 4 + 2 + 2 + 4 + sizeof GOOD - 1, at = 0;
    struct bytes head = {0};
    char *stream = calloc(1, total + RECORD_MAX), *message = calloc(1, len);

    assert_true(stream && message);
    bytes_add_number(&head, 1, 1);
    bytes_add_number(&head, len - 4, 3);
    bytes_add(&head, B(FIXED "\0" SUITES "\x01\0"));
    bytes_add_number(&head, len - 4 - 34 - 1 - 4 - 2 - 2, 2);
    bytes_add_number(&head, 21, 2);
    bytes_add_number(&head, len - fixed, 2);
    memcpy(message, head.data, head.len);
    memcpy(message + len - (sizeof GOOD - 1), GOOD, sizeof GOOD - 1);
    for (size_t from = 0; from < len; from += RECORD_MAX) {
        size_t n = len - from < RECORD_MAX ? len - from : RECORD_MAX;
        struct bytes record;

        hello_to_records(&record, "", 1, 1); /* the header alone is used */
        record.data[3] = (char)(n >> 8);
        record.data[4] = (char)n;
        memcpy(stream + at, record.data, 5);
        memcpy(stream + at + 5, message + from, n);
        at += 5 + n;
    }
    assert_int_equal(at, total);
    free(message);
    return stream;
}

static void test_limit(void **state)
{
    static const struct {
        const char *name;
        size_t len;
        struct want want;
    } ROWS[] = {
        {"post-quantum", 2048, NAME("good.test")},
        {"one under the limit", LIMIT_CLIENT_HELLO - 1, NAME("good.test")},
        {"99 64 KiB", LIMIT_CLIENT_HELLO, NAME("good.test")},
        {"one over", LIMIT_CLIENT_HELLO + 1, NO(TOO_LONG)},
    };
    static const size_t PIECES[] = {SIZE_MAX, 4096, 7, 1};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS) * ARRAY_LEN(PIECES); i++) {
        size_t len = ROWS[i / ARRAY_LEN(PIECES)].len, piece = PIECES[i % ARRAY_LEN(PIECES)];
        char *stream = long_stream(len);
        struct client_hello h = {0};
        enum client_hello_status status = MORE;
        const char *why = NULL;

        for (size_t at = 0; at < len && status == MORE; at += piece < len ? piece : len) {
            size_t left = len - at;

            status = client_hello_feed(&h, stream + at, left < piece ? left : piece, &why);
        }
        check(ROWS[i / ARRAY_LEN(PIECES)].name, "by", piece, &h, status, why,
              ROWS[i / ARRAY_LEN(PIECES)].want);
        free(stream);
    }
}

/* Records of one byte: their headers count, since somebody holds them too. */
static void test_limit_counts_headers(void **state)
{
    static const char RECORD[] = "\x16\x03\x01\0\x01s";
    struct client_hello h = {0};
    struct bytes stream;
    const char *why = NULL;
    size_t total;
    enum client_hello_status status = MORE;

    (void)state;
    hello_to_records(&stream, B("\x01\0\xf0\0" FIXED "\0\xe0\0"), RECORD_MAX);
    for (size_t at = 0; at < stream.len; at++)
        status = client_hello_feed(&h, stream.data + at, 1, &why);
    for (total = stream.len; status == MORE && total < 2 * LIMIT_CLIENT_HELLO; total++)
        status =
            client_hello_feed(&h, &RECORD[(total - stream.len) % (sizeof RECORD - 1)], 1, &why);
    assert_int_equal(status, BAD);
    assert_string_equal(why, TOO_LONG);
    assert_int_equal(total, LIMIT_CLIENT_HELLO);
}

static void test_end_is_final(void **state)
{
    struct client_hello h = {0};
    const char *why = NULL;
    struct bytes hello, stream;

    (void)state;
    hello_build(&hello, B(GOOD));
    hello_to_records(&stream, hello.data, hello.len, RECORD_MAX);
    assert_int_equal(client_hello_feed(&h, stream.data, stream.len, &why), DONE);
    assert_int_equal(client_hello_feed(&h, B("GET"), &why), DONE);
    assert_string_equal(h.host.text, "good.test");
    assert_null(why);

    h = (struct client_hello){0};
    assert_int_equal(client_hello_feed(&h, B("G"), &why), NOT_TLS);
    assert_int_equal(client_hello_feed(&h, stream.data, stream.len, &why), NOT_TLS);
    assert_null(why);

    h = (struct client_hello){0};
    assert_int_equal(client_hello_feed(&h, B("\x15\x03\x01\0\x02"), &why), BAD);
    why = NULL;
    assert_int_equal(client_hello_feed(&h, stream.data, stream.len, &why), BAD);
    assert_string_equal(why, OTHER_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),        cmocka_unit_test(test_longest_name),
        cmocka_unit_test(test_extensions),   cmocka_unit_test(test_messages),
        cmocka_unit_test(test_records),      cmocka_unit_test(test_openssl),
        cmocka_unit_test(test_limit),        cmocka_unit_test(test_limit_counts_headers),
        cmocka_unit_test(test_end_is_final),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
