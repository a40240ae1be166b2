/* SPDX-License-Identifier: Apache-2.0
 * fuzz_glob.c - a pattern, a line feed and a text: the automaton says what trying every way says.
 */
#include "base/base.h"
#include "filter/glob.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* As the words of glob.h say, and exponential. */
static bool tried(struct str pattern, struct str text)
{
    struct str more = str_slice(pattern, pattern.len > 0, pattern.len);
    struct str rest = str_slice(text, text.len > 0, text.len);
    bool deep = str_has_prefix(pattern, STR("**"));

    if (pattern.len == 0)
        return text.len == 0;
    if (pattern.bytes[0] == '*')
        return tried(deep ? str_slice(more, 1, more.len) : more, text) ||
               (text.len > 0 && (deep || text.bytes[0] != '/') && tried(pattern, rest));
    return text.len > 0 &&
           (pattern.bytes[0] == text.bytes[0] ||
            (pattern.bytes[0] == '?' && text.bytes[0] != '/')) &&
           tried(more, rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str input = {(const char *)bytes, len};
    size_t line = str_find(input, '\n');
    struct str pattern = str_slice(input, 0, line);
    struct str text = str_slice(input, line < len ? line + 1 : len, len);
    bool matches = glob_match(pattern, text);

    if (pattern.len <= 10 && text.len <= 20)
        require(matches == tried(pattern, text));
    return 0;
}
