/* SPDX-License-Identifier: Apache-2.0
 * env_pattern.c - what stands between two stars is taken where it comes first: no other place could
 * leave more room for the rest, so nothing is ever tried twice. */
#include "filter/env_pattern.h"

const char *env_pattern_check(struct str pattern)
{
    size_t stars = 0;

    if (pattern.len == 0)
        return "this is empty";
    if (pattern.len > LIMIT_ENV_PATTERN)
        return "this is longer than 256 bytes";
    for (size_t i = 0; i < pattern.len; i++) {
        unsigned char byte = (unsigned char)pattern.bytes[i];

        if (byte == '=')
            return "a variable's name has no '=': values are given in environment.set";
        if (byte <= ' ' || byte == 0x7f)
            return "a variable's name has no spaces and no control characters";
        if (byte == '?' || byte == '[')
            return "only * stands for other letters here";
        stars += byte == '*';
    }
    if (stars == pattern.len)
        return "this names every variable: environment.inherit says whether they pass";
    return NULL;
}

bool env_pattern_is_name(struct str pattern)
{
    return str_find(pattern, '*') == pattern.len;
}

bool env_pattern_match(struct str pattern, struct str name)
{
    size_t star = str_find(pattern, '*');

    if (star == pattern.len)
        return str_equal(pattern, name);
    if (!str_has_prefix(name, str_slice(pattern, 0, star)))
        return false;
    for (;;) {
        const char *found;

        name = str_slice(name, star, name.len);
        pattern = str_slice(pattern, star + 1, pattern.len);
        star = str_find(pattern, '*');
        if (star == pattern.len)
            return str_has_suffix(name, pattern);
        found = memmem(name.bytes, name.len, pattern.bytes, star);
        if (!found)
            return false;
        name = str_slice(name, (size_t)(found - name.bytes), name.len);
    }
}
