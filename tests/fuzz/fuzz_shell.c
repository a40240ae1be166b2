/* SPDX-License-Identifier: Apache-2.0
 * fuzz_shell.c - a script: what it and its wrappers would execute is readable, whole words hold no
 * NUL, there are no more than allowed, and a second reading says the same. */
#include <errno.h>

#include "base/base.h"
#include "base/limits.h"
#include "filter/shell_wrappers.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct seen {
    uint64_t hash; /* FNV-1a of every word: reads each byte, as a sanitizer watches */
    size_t commands;
};

static void hash_byte(struct seen *seen, unsigned char byte)
{
    seen->hash = (seen->hash ^ byte) * 0x100000001b3;
}

static int on_found(void *payload, const struct shell_word *words, size_t count)
{
    struct seen *seen = payload;

    require(count > 0 && count <= LIMIT_SHELL_WORDS);
    for (size_t i = 0; i < count; i++) {
        require(str_find(words[i].text, '\0') == words[i].text.len);
        for (size_t j = 0; j < words[i].text.len; j++)
            hash_byte(seen, (unsigned char)words[i].text.bytes[j]);
        hash_byte(seen, words[i].whole ? 1 : 2);
    }
    hash_byte(seen, 3);
    seen->commands++;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str script = {(const char *)bytes, len};
    struct seen first = {0xcbf29ce484222325, 0}, second = first, plain = first;
    int rc = shell_walk(script, on_found, &first);

    require(rc == 0 || rc == -E2BIG);
    require(shell_walk(script, on_found, &second) == rc);
    require(first.hash == second.hash && first.commands == second.commands);
    require(shell_read(script, on_found, &plain) == 0 || rc != 0);
    require(rc != 0 || plain.commands <= first.commands);
    return 0;
}
