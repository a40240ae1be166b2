/* SPDX-License-Identifier: Apache-2.0
 * fuzz_base64.c - what is encoded decodes to itself, and what decodes strictly is what encoding
 * gives. The program itself never decodes: the decoder is this file's. */
#include "base/base.h"
#include "base/base64.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (ascii_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648, section 4, with its padding, and with zeros in the bits that carry nothing (3.5).
 * `out` has room for three bytes of every four. Returns the length, or -1. */
static ssize_t decode(char *out, struct str in)
{
    size_t pad = str_has_suffix(in, STR("==")) ? 2 : str_has_suffix(in, STR("=")) ? 1 : 0;
    size_t digits = in.len - pad, len = 0;
    uint32_t word = 0;
    unsigned bits = 0;

    if (in.len % 4 != 0)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        int value = value_of(in.bytes[i]);

        if (value < 0)
            return -1;
        word = (word << 6 | (uint32_t)value) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[len++] = (char)(word >> bits);
        }
    }
    return (word & ((1u << bits) - 1)) == 0 && bits == 2 * pad ? (ssize_t)len : -1;
}

/* Both in memory of just the length promised, so that a byte too many is seen. */
static void check_encoding(struct str in)
{
    size_t len = BASE64_LEN(in.len);
    auto_free char *text = malloc(len), *back = malloc(len / 4 * 3);

    require((text && back) || len == 0);
    require(base64_encode(text, in) == len);
    require(decode(back, (struct str){text, len}) == (ssize_t)in.len);
    require(in.len == 0 || memcmp(back, in.bytes, in.len) == 0);
}

static void check_decoding(struct str text)
{
    auto_free char *bytes = malloc(text.len / 4 * 3 + 1), *again = malloc(text.len + 1);
    ssize_t len;

    require(bytes && again);
    len = decode(bytes, text);
    if (len < 0)
        return;
    require(base64_encode(again, (struct str){bytes, (size_t)len}) == text.len);
    require(memcmp(again, text.bytes, text.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str in = {(const char *)bytes, len};

    check_encoding(in);
    check_decoding(in);
    return 0;
}
