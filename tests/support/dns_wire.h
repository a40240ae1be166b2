/* SPDX-License-Identifier: Apache-2.0
 * dns_wire.h - questions to a name service, and what its answers say, in words. */
#ifndef FENCE_TESTS_DNS_WIRE_H
#define FENCE_TESTS_DNS_WIRE_H

#include <stdio.h>
#include <string.h>

#include "base/addr.h"

#define DNS_WIRE_QUESTION 512
#define DNS_WIRE_SHOWN    300

enum { DNS_WIRE_A = 1, DNS_WIRE_PTR = 12, DNS_WIRE_AAAA = 28 };

/* One question of class IN. Returns its length. */
static inline size_t dns_wire_ask(char out[DNS_WIRE_QUESTION], unsigned id, const char *name,
                                  unsigned type)
{
    size_t len = 12;

    memset(out, 0, len);
    out[0] = (char)(id >> 8);
    out[1] = (char)id;
    out[2] = out[5] = 1;
    for (size_t label = strcspn(name, "."); *name;
         name += label + (name[label] == '.'), label = strcspn(name, ".")) {
        out[len++] = (char)label;
        memcpy(out + len, name, label);
        len += label;
    }
    memcpy(out + len, (char[]){0, (char)(type >> 8), (char)type, 0, 1}, 5);
    return len + 5;
}

/* An answer's id. */
static inline unsigned dns_wire_id(const char *answer)
{
    return (unsigned)(uint8_t)answer[0] << 8 | (uint8_t)answer[1];
}

/* The data of its one record, with the TTL before it: "30 198.18.0.1", "30 good.test". */
static inline void dns_wire_record(char out[DNS_WIRE_SHOWN], const uint8_t *record, size_t len)
{
    size_t n = (size_t)sprintf(out, "%u ", record[8] << 8 | record[9]);
    struct addr addr = {.family = record[3] == DNS_WIRE_A ? 4 : 6};

    if (record[3] != DNS_WIRE_PTR) {
        memcpy(addr.bytes, record + 12, len - 12 < 16 ? len - 12 : 16);
        addr_format(out + n, &addr);
        return;
    }
    for (size_t at = 12; at < len && record[at] != 0; at += 1u + record[at])
        n += (size_t)sprintf(out + n, "%s%.*s", at > 12 ? "." : "", record[at],
                             (const char *)record + at + 1);
}

/* What an answer says: "nothing" where it says that there is no such record, a record, or an
 * error's name. `asked`: the question's length. */
static inline void dns_wire_show(char out[DNS_WIRE_SHOWN], const char *answer, size_t len,
                                 size_t asked)
{
    static const char *const codes[16] = {"nothing", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP"};

    if (len < 12)
        strcpy(out, len == 0 ? "" : "short");
    else if (answer[7] == 0)
        strcpy(out, codes[answer[3] & 15] ? codes[answer[3] & 15] : "another code");
    else
        dns_wire_record(out, (const uint8_t *)answer + asked, len - asked);
}

#endif
