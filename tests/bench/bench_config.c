/* SPDX-License-Identifier: Apache-2.0
 * bench_config.c - how long 100,000 domain rules take from JSON text to a compiled configuration:
 * the strict pass alone, then everything. Reads no file: the disk is not measured. */
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "filter/config.h"
#include "filter/jsonc.h"

#define RULES  100000
#define ROUNDS 15

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Names as block lists hold them: every tenth a wildcard, one rule a line. */
static void write_rules(struct buf *out)
{
    buf_append_text(out, "{\n  // many rules\n  \"network\": {\"allowedDomains\": [\n");
    for (unsigned i = 0; i < RULES; i++)
        buf_printf(out, "    \"%shost-%u.zone%u.example.com\",\n", i % 10 ? "" : "*.", i, i % 97);
    buf_append_text(out, "  ]}\n}\n");
}

/* The best of the rounds: the machine may be busy with other things. */
static double bench_normalize(struct str text)
{
    double best = 1e9;
    char *copy = malloc(text.len);
    struct jsonc_error why;

    for (int i = 0; i < ROUNDS; i++) {
        double start;

        memcpy(copy, text.bytes, text.len);
        start = now_ms();
        if (!jsonc_normalize(copy, text.len, &why))
            exit(1);
        best = now_ms() - start < best ? now_ms() - start : best;
    }
    free(copy);
    return best;
}

static double bench_parse(struct str text)
{
    double best = 1e9;

    for (int i = 0; i < ROUNDS; i++) {
        double start = now_ms();
        fence_config *config = NULL;
        fence_error err;

        if (fence_config_parse(&config, "bench", text.bytes, text.len, NULL, 0, &err) < 0) {
            fprintf(stderr, "%s\n", err.message);
            exit(1);
        }
        best = now_ms() - start < best ? now_ms() - start : best;
        fence_config_unref(config);
    }
    return best;
}

int main(void)
{
    auto_buf struct buf text = BUF_INIT(64 * 1024 * 1024);
    double normalize, parse;

    write_rules(&text);
    if (text.error)
        return 1;
    normalize = bench_normalize(buf_str(&text));
    parse = bench_parse(buf_str(&text));
    printf("%d rules, %.1f MB of JSON\n", RULES, (double)text.len / 1e6);
    printf("jsonc_normalize     %6.2f ms  %.0f MB/s\n", normalize,
           (double)text.len / 1e3 / normalize);
    printf("fence_config_parse  %6.2f ms\n", parse);
    return 0;
}
