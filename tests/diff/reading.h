/* SPDX-License-Identifier: Apache-2.0
 * reading.h - what one parser makes of the bytes of a request head, as text that can be compared.
 *
 * ours.c asks core/proto, theirs.c asks llhttp; neither knows of the other. */
#ifndef FENCE_TESTS_DIFF_READING_H
#define FENCE_TESTS_DIFF_READING_H

#include "base/str.h"

#define SAMPLE_CAP (20 * 1024) /* over LIMIT_HTTP_HEAD, to meet it */
#define FACT_CAP   (2 * SAMPLE_CAP)

enum fact {
    FACT_USED, /* bytes up to and with the empty line       */
    FACT_METHOD,
    FACT_TARGET,  /* host:port path, the host in normal form   */
    FACT_VERSION, /* the minor one                             */
    FACT_BODY,    /* none, length=N, chunked                   */
    FACT_PERSIST, /* keep or close                             */
    FACT_FIELDS,  /* name:value of each, without outer blanks  */
    FACT_COUNT
};

struct reading {
    bool accepted;
    char why[128]; /* of a refusal */
    char fact[FACT_COUNT][FACT_CAP];
};

void read_ours(struct reading *out, struct str bytes);
void read_theirs(struct reading *out, struct str bytes);

/* Does llhttp know this method, and as one of HTTP? */
bool theirs_knows_method(struct str method);

/* Major version of llhttp. */
int theirs_version(void);

#endif
