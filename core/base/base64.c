/* SPDX-License-Identifier: Apache-2.0
 * base64.c - three bytes to four digits, with padding. */
#include "base/base64.h"

size_t base64_encode(char *out, struct str in)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = 0;

    for (size_t i = 0; i < in.len; i += 3) {
        size_t left = in.len - i;
        uint32_t word = (uint32_t)(uint8_t)in.bytes[i] << 16;

        if (left > 1)
            word |= (uint32_t)(uint8_t)in.bytes[i + 1] << 8;
        if (left > 2)
            word |= (uint8_t)in.bytes[i + 2];
        out[len++] = digits[word >> 18];
        out[len++] = digits[word >> 12 & 63];
        out[len++] = left > 1 ? digits[word >> 6 & 63] : '=';
        out[len++] = left > 2 ? digits[word & 63] : '=';
    }
    return len;
}
