/* SPDX-License-Identifier: Apache-2.0
 * cmd_doctor.c - `fence doctor`: what this machine lacks for a sandbox, and the cure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/signals.h"
#include "cli/text.h"
#include "cli/utf8.h"

#define EXIT_COMPLETE 0
#define EXIT_DEGRADED 1

static const struct layer {
    unsigned bit;
    const char *name;
} layers[] = {
#define XX(id, text) {FENCE_LAYER_##id, text},
    FENCE_LAYER_MAP(XX)
#undef XX
};

static const char *const states[] = {
    [FENCE_FEATURE_OK] = "ok", [FENCE_FEATURE_NOTE] = "note", [FENCE_FEATURE_MISSING] = "missing"};

/* The names of the layers in `bits`, each between `quote`s, with commas. */
static void print_layers(unsigned bits, const char *quote)
{
    const char *comma = "";

    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        if (!(bits & layers[i].bit))
            continue;
        printf("%s%s%s%s", comma, quote, layers[i].name, quote);
        comma = ",";
    }
}

/* ---- lines ---- */

static void print_feature(const fence_feature *feature, void *payload)
{
    (void)payload;
    printf("%-8s %-18s %s", states[feature->state], feature->name, feature->used_for);
    if (feature->detail[0])
        fputs(": ", stdout);
    utf8_print(stdout, feature->detail);
    if (feature->cure)
        printf("\n%-8s %-18s cure: %s", "", "", feature->cure);
    putchar('\n');
    fflush(stdout); /* the next one may take a while */
}

static void print_sum(int found)
{
    if (found < 0) {
        puts("no sandbox can be made here: fence would run nothing");
    } else if (found == 0) {
        puts("a sandbox can be made, with every layer");
    } else {
        fputs("a sandbox can be made, but not with every layer; to start without: fence --degrade=",
              stdout);
        print_layers((unsigned)found, "");
        putchar('\n');
    }
}

static int doctor_lines(void)
{
    int found = fence_probe(print_feature, NULL);

    print_sum(found);
    return found;
}

/* ---- JSON ---- */

static void print_feature_json(const fence_feature *feature, void *payload)
{
    const char **comma = payload;

    printf("%s{\"name\":\"%s\",\"usedFor\":\"%s\",\"state\":\"%s\",\"layers\":[", *comma,
           feature->name, feature->used_for, states[feature->state]);
    *comma = ",";
    print_layers(feature->layers, "\"");
    fputs("],\"detail\":", stdout);
    utf8_print_json(stdout, feature->detail);
    fputs(",\"cure\":", stdout);
    if (feature->cure)
        utf8_print_json(stdout, feature->cure);
    else
        fputs("null", stdout);
    putchar('}');
}

static int doctor_json(void)
{
    const char *comma = "";
    int found;

    fputs("{\"features\":[", stdout);
    found = fence_probe(print_feature_json, &comma);
    fputs("],\"missing\":[", stdout);
    print_layers(found > 0 ? (unsigned)found : 0, "\"");
    printf("],\"sandbox\":\"%s\"}\n", found < 0 ? "none" : found == 0 ? "complete" : "degraded");
    return found;
}

int cmd_doctor(char **argv)
{
    int found;

    if (argv[0] && !argv[1] && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0))
        return text_help_doctor();
    if (argv[0] && (argv[1] || strcmp(argv[0], "--json") != 0)) {
        print_error("fence doctor takes --json and nothing else; fence -- doctor runs a program of "
                    "that name");
        return EXIT_FENCE;
    }
    signals_settle();
    found = argv[0] ? doctor_json() : doctor_lines();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        print_error("cannot write to standard output");
        return EXIT_FENCE;
    }
    if (found < 0)
        return EXIT_FENCE;
    return found == 0 ? EXIT_COMPLETE : EXIT_DEGRADED;
}
