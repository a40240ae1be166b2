/* SPDX-License-Identifier: Apache-2.0
 * domains_hash.h - the hash of a domain set: one pass over a name, backwards, gives the hash of
 * every suffix of it that begins with a label.
 *
 * Keyed, because block lists are written by strangers: with a known hash, a list could be made of
 * names that all fall on one place. Hashes are never stored nor shown outside the process. */
#ifndef FENCE_FILTER_DOMAINS_HASH_H
#define FENCE_FILTER_DOMAINS_HASH_H

#include "base/addr.h"
#include "base/base.h"
#include "base/limits.h"

#define DOMAINS_LABELS ((LIMIT_HOST + 1) / 2) /* that fit in a name */

struct domains_key { /* of one set */
    uint64_t start, step, slot;
};

struct domains_suffix {
    uint64_t hash;
    uint8_t from; /* where in the name it begins */
};

void domains_hash_init(struct domains_key *key);

/* The suffix of d labels goes to out[d - 1]; returns how many there are. `text` is a name in normal
 * form and not empty. */
size_t domains_hash_suffixes(struct domains_suffix out[DOMAINS_LABELS],
                             const struct domains_key *key, const char *text, size_t len);

uint64_t domains_hash_network(const struct domains_key *key, const struct cidr *network);

/* Both halves of the product, folded: every bit of either factor reaches every bit. */
static inline uint64_t domains_hash_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

/* The end of a hash: `extra` is whatever else tells keys apart. */
static inline uint64_t domains_hash_slot(const struct domains_key *key, uint64_t hash,
                                         uint32_t extra)
{
    return domains_hash_mix(hash ^ key->start, key->slot ^ extra);
}

#endif
