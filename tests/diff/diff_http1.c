/* SPDX-License-Identifier: Apache-2.0
 * diff_http1.c - the request heads of core/proto against those of llhttp, Node's parser.
 *
 * Whatever llhttp refuses we refuse, and what both accept means the same to both. Every exception
 * stands in differences.c: one that does not, and a row that no sample shows any more, fail. The
 * corpus is the same in every run. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "diff/compare.h"

#define SEED          UINT64_C(0x66656e6365)
#define ROUNDS        40000
#define SEEDS_MAX     256
#define TABLE_VERSION 8 /* of llhttp: the rows were found with it, others may lack some */

struct seeds {
    size_t count;
    struct sample samples[SEEDS_MAX];
};

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* What the fuzzer keeps, in the order of the names: the generator must not depend on the disk. */
static void load_folder(struct seeds *seeds, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_visible, alphasort);

    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        struct sample *seed = &seeds->samples[seeds->count++];
        char path[4096];
        FILE *file;

        assert_true(seeds->count < SEEDS_MAX);
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        file = fopen(path, "rb");
        assert_non_null(file);
        seed->len = fread(seed->bytes, 1, SAMPLE_CAP / 2, file);
        fclose(file);
        free(entries[i]);
    }
    free(entries);
}

static void load_seeds(struct seeds *seeds)
{
    load_folder(seeds, FENCE_TESTS "/fuzz/corpus/fuzz_http1_request");
    load_folder(seeds, FENCE_TESTS "/fuzz/corpus/fuzz_http1_scan");
    for (size_t i = 0; corpus_by_hand(&seeds->samples[seeds->count], i); i++) {
        seeds->count++;
        assert_true(seeds->count < SEEDS_MAX);
    }
}

/* Each byte of the head replaced by each of the 256, and each of them put before it. */
static void sweep(struct comparison *c, struct sample *head)
{
    for (size_t at = 0; at < head->len; at++) {
        char old = head->bytes[at];

        for (int byte = 0; byte < 256; byte++) {
            head->bytes[at] = (char)byte;
            compare(c, head);
        }
        head->bytes[at] = old;
        sample_insert(head, at, STR("?"));
        for (int byte = 0; byte < 256; byte++) {
            head->bytes[at] = (char)byte;
            compare(c, head);
        }
        sample_remove(head, at, 1);
    }
}

static void mutate(struct comparison *c, const struct sample *seed, struct dice *dice)
{
    struct sample sample;

    sample_set(&sample, (struct str){seed->bytes, seed->len});
    corpus_mutate(&sample, dice);
    compare(c, &sample);
}

static void run_corpus(struct comparison *c)
{
    struct seeds *seeds = calloc(1, sizeof *seeds);
    struct dice dice = {SEED};
    struct sample sample;

    assert_non_null(seeds);
    load_seeds(seeds);
    for (size_t i = 0; i < seeds->count; i++)
        compare(c, &seeds->samples[i]);
    for (size_t i = 0; corpus_to_sweep(&sample, i); i++)
        sweep(c, &sample);
    for (size_t i = 0; i < ROUNDS; i++) {
        corpus_generate(&sample, &dice);
        compare(c, &sample);
        mutate(c, &sample, &dice);
        mutate(c, &seeds->samples[dice_roll(&dice, seeds->count)], &dice);
    }
    free(seeds);
}

static size_t stale_rows(const struct comparison *c)
{
    size_t stale = 0;

    for (size_t i = 0; i < ndifferences && theirs_version() == TABLE_VERSION; i++) {
        if (c->seen[i] == 0) {
            print_error("no sample shows this row any more: \"%s\"\n", differences[i].key);
            stale++;
        }
    }
    return stale;
}

static void test_against_llhttp(void **state)
{
    struct comparison *c = comparison_new();
    size_t stale;

    (void)state;
    run_corpus(c);
    stale = stale_rows(c);
    print_message("%zu heads: both accept %zu, both refuse %zu; %zu differ, but in no row\n",
                  c->samples, c->both_accept, c->both_refuse, c->findings);
    assert_true(c->both_accept > c->samples / 10);
    assert_int_equal(c->findings, 0);
    assert_int_equal(stale, 0);
    comparison_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_llhttp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
