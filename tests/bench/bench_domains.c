/* SPDX-License-Identifier: Apache-2.0
 * bench_domains.c - what a domain set costs: to build, to keep, to ask.
 *
 *     bench_domains [--json]
 *
 * Every look-up waits for the one before it, and a round asks for so many hosts that a large set
 * is out of the cache when it is asked again: these are latencies, not a loop's throughput. Each
 * figure is the median of several rounds. Not run by ctest: it measures, it does not judge. */
#include <stdio.h>
#include <time.h>

#include "base/base.h"
#include "filter/domains.h"

#define ROUNDS 7
#define HOSTS  131072 /* times four cache lines each: more than most caches hold */
#define SCAN   1000   /* the size at which a linear scan is measured for comparison */
#define RULE   96     /* room for "*.", a name and a port */

/* clang-format off */
#define ASK_MAP(XX)           \
    XX(EXACT,    "exact")     \
    XX(WILDCARD, "wildcard")  \
    XX(MISS,     "miss")      \
    XX(MIXED,    "mixed")
/* clang-format on */

enum ask {
#define XX(name, text) ASK_##name,
    ASK_MAP(XX) ASKS
#undef XX
};

static const char *const ASK_TEXT[ASKS] = {
#define XX(name, text) text,
    ASK_MAP(XX)
#undef XX
};

struct rule {
    char name[RULE]; /* without "*." and port */
    uint16_t port;
    bool wildcard;
};

struct question { /* one cache line, so that the questions do not crowd the set out of the cache */
    uint16_t port;
    uint8_t len;
    char text[61];
};

struct figures {
    size_t rules;
    double length;                             /* of a rule as written, on average */
    double build_ms, bytes, ns[ASKS], scan_ns; /* scan_ns is 0 where it was not measured */
};

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545f4914f6cdd1d >> 16;
}

static uint64_t random_below(uint64_t *state, uint64_t n)
{
    return random_next(state) % n;
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* nobody waits here: others do not count */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *must(void *pointer)
{
    if (!pointer) {
        fprintf(stderr, "bench_domains: out of memory\n");
        exit(1);
    }
    return pointer;
}

/* ---- rules and hosts ---- */

static char *put_label(char *out, uint64_t *state)
{
    static const char letters[] = "etaoinshrdlcumwfgypbvk0123456789";
    size_t len = 3 + random_below(state, 10);

    for (size_t i = 0; i < len; i++)
        *out++ = letters[random_below(state, 32)];
    *out++ = '.';
    return out;
}

static void make_name(char *out, uint64_t *state, size_t labels)
{
    static const char *const ends[] = {"com", "net", "org", "io", "dev", "co.uk", "info", "de"};

    for (size_t i = 1; i < labels; i++)
        out = put_label(out, state);
    snprintf(out, 8, "%s", ends[random_below(state, ARRAY_LEN(ends))]);
}

static struct rule *make_rules(size_t n, uint64_t *state)
{
    static const uint16_t ports[] = {443, 80, 8443, 22};
    struct rule *rules = must(calloc(n, sizeof *rules));

    for (size_t i = 0; i < n; i++) {
        make_name(rules[i].name, state, 2 + random_below(state, 6) / 2 % 3);
        rules[i].wildcard = i % 3 == 0;
        rules[i].port = i % 16 == 5 ? ports[random_below(state, 4)] : 0;
    }
    return rules;
}

static void make_question(struct question *q, enum ask ask, const struct rule *rules, size_t n,
                          uint64_t *state)
{
    char name[2 * RULE], *end = name;
    const struct rule *rule;
    struct host host;

    if (ask == ASK_MIXED)
        ask = (enum ask)random_below(state, ASK_MIXED);
    do
        rule = &rules[random_below(state, n)];
    while (rule->wildcard != (ask == ASK_WILDCARD));
    if (ask == ASK_WILDCARD)
        end = put_label(end, state);
    if (ask == ASK_MISS)
        make_name(name, state, 3 + random_below(state, 2));
    else
        snprintf(end, RULE, "%s", rule->name);
    q->port = rule->port != 0 ? rule->port : 443;
    q->len = (uint8_t)strlen(name);
    if (q->len >= sizeof q->text || host_parse(&host, str_of(name)))
        abort();
    memcpy(q->text, host.text, q->len + 1u);
}

/* ---- measuring ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

static struct domains *build(const struct str *lines, size_t n)
{
    struct domains *set = must(domains_new(n));
    const char *why = "";

    for (size_t i = 0; i < n; i++) {
        if (domains_add(set, lines[i], (uint32_t)i, &why) < 0) {
            fprintf(stderr, "bench_domains: '" STR_FMT "': %s\n", STR_ARG(lines[i]), why);
            exit(1);
        }
    }
    if (domains_compile(set) < 0)
        must(NULL);
    return set;
}

/* The rules as a configuration has them: one text, a slice for each. */
static struct str *make_lines(char *text, const struct rule *rules, size_t n)
{
    struct str *lines = must(calloc(n, sizeof *lines));

    for (size_t i = 0; i < n; i++) {
        char port[8] = "";
        int len;

        if (rules[i].port != 0)
            snprintf(port, sizeof port, ":%u", (unsigned)rules[i].port);
        len = snprintf(text, RULE, "%s%.80s%s", rules[i].wildcard ? "*." : "", rules[i].name, port);
        lines[i] = (struct str){text, (size_t)len};
        text += len;
    }
    return lines;
}

static struct domains *measure_build(struct figures *out, const struct rule *rules, size_t n)
{
    char *text = must(malloc(n * RULE));
    struct str *lines = make_lines(text, rules, n);
    struct domains *set = NULL;
    double times[ROUNDS];

    for (size_t round = 0; round < ROUNDS; round++) {
        double start;

        domains_free(set);
        start = now_ns();
        set = build(lines, n);
        times[round] = now_ns() - start;
    }
    out->build_ms = median(times) / 1e6;
    out->rules = domains_count(set);
    out->bytes = (double)domains_memory(set) / (double)domains_count(set);
    out->length = (double)(lines[n - 1].bytes + lines[n - 1].len - text) / (double)n;
    free(lines);
    free(text);
    return set;
}

/* What host_parse() would have left behind. */
static void load_host(struct host *out, const struct question *q)
{
    out->is_addr = false;
    out->len = q->len;
    memcpy(out->text, q->text, sizeof q->text);
}

/* The hidden zero makes each look-up wait for the last. The questions are fetched ahead: a host
 * that is looked up has just been parsed. */
static double measure_match(const struct domains *set, const struct question *questions,
                            size_t *found)
{
    double start = now_ns();
    uint64_t zero = 0;
    struct host host;

    *found = 0;
    for (size_t i = 0; i < HOSTS; i++) {
        const struct question *q = &questions[i + zero];
        uint64_t rule;

        __builtin_prefetch(&questions[i + 8 < HOSTS ? i + 8 : i]);
        load_host(&host, q);
        rule = domains_match(set, &host, q->port);
        *found += rule != DOMAINS_NO_RULE;
        __asm__ volatile("" : "+r"(rule));
        zero = rule >> 32;
    }
    return (now_ns() - start) / HOSTS;
}

static bool scan(const struct rule *rules, size_t n, const struct question *q)
{
    for (size_t i = 0; i < n; i++) {
        struct str name = str_of(rules[i].name), host = {q->text, q->len};

        if (rules[i].port != 0 && rules[i].port != q->port)
            continue;
        if (!rules[i].wildcard && str_equal(name, host))
            return true;
        if (rules[i].wildcard && host.len > name.len && str_has_suffix(host, name) &&
            host.bytes[host.len - name.len - 1] == '.')
            return true;
    }
    return false;
}

static double measure_scan(const struct rule *rules, size_t n, const struct question *hosts)
{
    size_t count = HOSTS / 16, found = 0;
    double start = now_ns();

    for (size_t i = 0; i < count; i++)
        found += scan(rules, n, &hosts[i]);
    __asm__ volatile("" : : "r"(found));
    return (now_ns() - start) / (double)count;
}

static void measure(struct figures *out, size_t n, struct question *hosts)
{
    uint64_t state = 0x9e3779b97f4a7c15 ^ n;
    struct rule *rules = make_rules(n, &state);
    struct domains *set = measure_build(out, rules, n);

    for (size_t ask = 0; ask < ASKS; ask++) {
        double times[ROUNDS];
        size_t found;

        for (size_t i = 0; i < HOSTS; i++)
            make_question(&hosts[i], (enum ask)ask, rules, n, &state);
        for (size_t round = 0; round < ROUNDS; round++)
            times[round] = measure_match(set, hosts, &found);
        out->ns[ask] = median(times);
        if (ask < ASK_MISS && found != HOSTS) {
            fprintf(stderr, "bench_domains: %s: only %zu of %d found\n", ASK_TEXT[ask], found,
                    HOSTS);
            exit(1);
        }
    }
    out->scan_ns = n == SCAN ? measure_scan(rules, n, hosts) : 0;
    domains_free(set);
    free(rules);
}

/* ---- telling ---- */

static void print_row(const struct figures *f)
{
    printf("%9zu %7.1f %9.2f %11.1f", f->rules, f->length, f->build_ms, f->bytes);
    for (size_t ask = 0; ask < ASKS; ask++)
        printf(" %12.0f", f->ns[ask]);
    if (f->scan_ns > 0)
        printf("   linear scan: %.0f ns, %.0f times", f->scan_ns, f->scan_ns / f->ns[ASK_MIXED]);
    printf("\n");
}

static void print_json(const struct figures *f)
{
    printf("{\"rules\": %zu, \"length\": %.1f, \"build_ms\": %.3f, \"bytes_per_rule\": %.1f",
           f->rules, f->length, f->build_ms, f->bytes);
    for (size_t ask = 0; ask < ASKS; ask++)
        printf(", \"%s_ns\": %.1f", ASK_TEXT[ask], f->ns[ask]);
    if (f->scan_ns > 0)
        printf(", \"scan_ns\": %.1f", f->scan_ns);
    printf("}\n");
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {10, SCAN, 100000, 1000000};
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    struct question *hosts = must(calloc(HOSTS, sizeof *hosts));

    if (!json) {
        printf("%9s %7s %9s %11s", "rules", "length", "build ms", "bytes/rule");
        for (size_t ask = 0; ask < ASKS; ask++)
            printf(" %12s", ASK_TEXT[ask]);
        printf("   (ns a look-up: exact and wildcard are hits)\n");
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct figures figures = {0};

        measure(&figures, sizes[i], hosts);
        (json ? print_json : print_row)(&figures);
        fflush(stdout);
    }
    free(hosts);
    return 0;
}
