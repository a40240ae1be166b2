/* SPDX-License-Identifier: Apache-2.0
 * domains_hash.c - eight bytes a step, from the end of a name to its beginning.
 *
 * A label is hashed as its words of eight bytes from the end, then what is left of it, perhaps
 * nothing. A word that is not full ends a label, so no two names are the same row of words. */
#include "filter/domains_hash.h"

#include <string.h>
#include <sys/random.h>

void domains_hash_init(struct domains_key *key)
{
    /* Without entropy the set is as right as with it, only no longer proof against floods. */
    if (getentropy(key, sizeof *key) != 0)
        *key = (struct domains_key){0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb};
}

/* Byte i of memory is bits 8i to 8i + 7; compilers make one load of it. */
static inline uint64_t load_word(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;

    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

/* The eight bytes before `end`, zeros standing for those before the beginning. */
static inline uint64_t word_before(const char *text, size_t len, size_t end)
{
    uint64_t word = 0;

    if (end >= 8)
        return load_word(text + end - 8);
    if (len >= 8)
        return load_word(text) << 8 * (7 - end) << 8; /* 64 at once is not defined */
    for (size_t i = 0; i < end; i++)
        word |= (uint64_t)(unsigned char)text[i] << 8 * (8 - end + i);
    return word;
}

/* The top bit of each byte that is '.', and of no other. */
static inline uint64_t find_dots(uint64_t word)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7f;
    uint64_t other = word ^ 0x2e2e2e2e2e2e2e2e;

    return ~(((other & low) + low) | other | low);
}

size_t domains_hash_suffixes(struct domains_suffix out[DOMAINS_LABELS],
                             const struct domains_key *key, const char *text, size_t len)
{
    uint64_t hash = key->start;
    size_t end = len, labels = 0;

    for (;;) {
        uint64_t word = word_before(text, len, end);
        uint64_t dots = find_dots(word);
        size_t left; /* bytes of the label that stand in `word` */

        if (dots == 0 && end >= 8) {
            hash = domains_hash_mix(hash ^ word, key->step);
            end -= 8;
            continue;
        }
        left = dots != 0 ? (size_t)__builtin_clzll(dots) / 8 : end;
        word = left == 0 ? 0 : word >> 8 * (8 - left);
        hash = domains_hash_mix(hash ^ word, key->step);
        end -= left;
        out[labels++] = (struct domains_suffix){hash, (uint8_t)end};
        if (end == 0 || labels == DOMAINS_LABELS)
            return labels;
        end--; /* the dot */
    }
}

uint64_t domains_hash_network(const struct domains_key *key, const struct cidr *network)
{
    const char *bytes = (const char *)network->base.bytes;
    uint64_t hash =
        domains_hash_mix(key->start ^ load_word(bytes), key->step ^ load_word(bytes + 8));

    return domains_hash_mix(hash ^ (uint64_t)(network->base.family << 8 | network->bits),
                            key->step);
}
