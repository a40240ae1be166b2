/* SPDX-License-Identifier: Apache-2.0
 * compare.c - what differs must be in the table, and must be for the reason that stands there. */
#include "diff/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/http1.h"
#include "support/guard.h"
#include "support/require.h"

#define FINDINGS_SHOWN 20

static const char *const FACTS[FACT_COUNT] = {
    [FACT_USED] = "used",       [FACT_METHOD] = "method", [FACT_TARGET] = "target",
    [FACT_VERSION] = "version", [FACT_BODY] = "body",     [FACT_PERSIST] = "persist",
    [FACT_FIELDS] = "fields",
};

static const char *const PARTINGS[] = {
    [WE_REFUSE] = "we refuse, llhttp accepts",
    [THEY_REFUSE] = "llhttp refuses, we accept",
    [FACT_DIFFERS] = "both accept, and read (ours/llhttp's)",
};

struct comparison *comparison_new(void)
{
    struct comparison *c = calloc(1, sizeof *c);
    char *zeros = calloc(1, SAMPLE_CAP);

    require(c && zeros);
    c->arena = guard_copy(zeros, SAMPLE_CAP);
    free(zeros);
    c->seen = calloc(ndifferences, sizeof *c->seen);
    require(c->seen);
    return c;
}

void comparison_free(struct comparison *c)
{
    guard_free(c->arena, SAMPLE_CAP);
    free(c->seen);
    free(c);
}

/* ---- findings ---- */

static void report(struct comparison *c, const struct sample *sample, const char *what,
                   const char *key)
{
    char text[2000];

    if (++c->findings > FINDINGS_SHOWN)
        return;
    str_escape(text, sizeof text, (struct str){sample->bytes, sample->len});
    print_error("%s: \"%s\"\n    %s\n", what, key, text);
}

static void meet(struct comparison *c, const struct sample *sample, enum parting parting,
                 const char *key)
{
    size_t row = difference_find(parting, key);

    if (row < ndifferences)
        c->seen[row]++;
    else
        report(c, sample, PARTINGS[parting], key);
}

/* ---- reading ---- */

/* Both parsers want one whole head: what lacks its end gets it. */
static void read_both(struct comparison *c, const struct sample *sample, struct reading *ours,
                      struct reading *theirs)
{
    struct str end = STR("\r\n\r\n"), bytes = {c->arena + SAMPLE_CAP - sample->len, sample->len};
    struct http1_scan scan = {0};
    size_t used;

    if (http1_scan_head(&scan, sample->bytes, sample->len, &used) == HTTP1_SCAN_MORE) {
        bytes = (struct str){bytes.bytes - end.len, bytes.len + end.len};
        memcpy(c->arena + SAMPLE_CAP - end.len, end.bytes, end.len);
    }
    memcpy(c->arena + SAMPLE_CAP - bytes.len, sample->bytes, sample->len);
    read_ours(ours, bytes);
    read_theirs(theirs, bytes);
}

/* Takes away the two things that we accept and llhttp does not: a method that it does not know
 * becomes POST, a HTAB becomes SP. */
static void cure(struct sample *sample)
{
    struct str bytes = {sample->bytes, sample->len};
    size_t at = str_has_prefix(bytes, STR("\r\n")) ? 2 : 0;
    size_t end = at + str_find(str_slice(bytes, at, bytes.len), ' ');

    if (!theirs_knows_method(str_slice(bytes, at, end))) {
        sample_remove(sample, at, end - at);
        sample_insert(sample, at, STR("POST"));
    }
    for (size_t i = at; i < sample->len; i++) {
        if (sample->bytes[i] == '\t')
            sample->bytes[i] = ' ';
    }
}

/* Whether the two find the same in it once it is cured, HTTP/1.0's persistence aside. */
static bool agree_when_cured(struct comparison *c, const struct sample *sample)
{
    struct sample cured;
    bool agree;

    sample_set(&cured, (struct str){sample->bytes, sample->len});
    cure(&cured);
    read_both(c, &cured, &c->cured_ours, &c->cured_theirs);
    agree = c->cured_ours.accepted && c->cured_theirs.accepted;
    for (size_t i = 0; i < FACT_COUNT && agree; i++)
        agree = strcmp(c->cured_ours.fact[i], c->cured_theirs.fact[i]) == 0 ||
                (i == FACT_PERSIST && strcmp(c->cured_ours.fact[FACT_VERSION], "0") == 0);
    return agree;
}

/* ---- comparing ---- */

/* Why the two differ in a fact, as far as the table knows a cause. */
static const char *cause(struct comparison *c, const struct sample *sample, enum fact fact)
{
    if (fact == FACT_PERSIST && strcmp(c->ours.fact[FACT_VERSION], "0") == 0)
        return ", HTTP/1.0";
    return agree_when_cured(c, sample) ? ", HTAB" : "";
}

static void compare_facts(struct comparison *c, const struct sample *sample)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        const char *ours = c->ours.fact[i], *theirs = c->theirs.fact[i];
        char key[256];

        if (strcmp(ours, theirs) == 0)
            continue;
        snprintf(key, sizeof key, "%s: %.80s/%.80s%s", FACTS[i], ours, theirs,
                 cause(c, sample, (enum fact)i));
        meet(c, sample, FACT_DIFFERS, key);
    }
}

void compare(struct comparison *c, const struct sample *sample)
{
    c->samples++;
    read_both(c, sample, &c->ours, &c->theirs);
    if (c->ours.accepted && c->theirs.accepted) {
        c->both_accept++;
        compare_facts(c, sample);
    } else if (c->theirs.accepted) {
        meet(c, sample, WE_REFUSE, c->ours.why);
    } else if (c->ours.accepted) {
        meet(c, sample, THEY_REFUSE, c->theirs.why);
        if (!agree_when_cured(c, sample))
            report(c, sample, "llhttp refuses, we accept, and the row does not tell why",
                   c->theirs.why);
    } else {
        c->both_refuse++;
    }
}
