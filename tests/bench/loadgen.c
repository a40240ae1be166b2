/* SPDX-License-Identifier: Apache-2.0
 * loadgen.c - load for a forward proxy on loopback, and the origin behind it: options and report.
 *
 *   loadgen origin  -p PORT                         until standard input ends
 *   loadgen connect -p PROXY -t NAME:PORT [...]     tunnels: open, one byte there and back, close
 *   loadgen socks   -p PROXY -t NAME:PORT [...]     the same by SOCKS5, with a name
 *   loadgen http    -p PROXY -t NAME:PORT [...]     GETs of 1 KiB on connections that are kept
 *   loadgen bulk    -p PROXY -t NAME:PORT [...]     bytes down tunnels
 *   loadgen idle    -p PROXY -t NAME:PORT [...]     open tunnels, say so, hold until input ends
 *
 *   -n CLIENTS  at once (1)   -d SECONDS (2)   -x connect|socks|relay  how the proxy is asked
 *
 * Each client waits for its answer before it asks again. One thread, one JSON object on standard
 * output. The origin needs no option beside its port: the first byte of a connection tells it what
 * to be. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "bench/loadgen.h"
#include "bench/loopback.h"

static const char *const modes[] = {"connect", "socks", "http", "bulk", "idle", "origin"};
static const char *const vias[] = {"connect", "socks", "relay"};

void tally_add(struct loadgen_tally *tally, uint64_t ns)
{
    unsigned power;

    if (ns < HISTOGRAM_STEPS) {
        tally->histogram[ns]++;
        return;
    }
    power = 63U - (unsigned)__builtin_clzll(ns); /* at least 5: HISTOGRAM_STEPS is 2 to the 5th */
    tally->histogram[(power - 4) * HISTOGRAM_STEPS + ((ns >> (power - 5)) & 31)]++;
}

/* The latency that `share` of them do not exceed, in microseconds. */
static double percentile(const struct loadgen_tally *tally, double share)
{
    double left = share * (double)tally->ops;

    for (unsigned i = 0; i < HISTOGRAM_SIZE && tally->ops > 0; i++) {
        left -= (double)tally->histogram[i];
        if (left > 0)
            continue;
        if (i < HISTOGRAM_STEPS)
            return i / 1e3;
        return (double)((HISTOGRAM_STEPS + i % HISTOGRAM_STEPS + 1ULL)
                        << (i / HISTOGRAM_STEPS - 1)) /
               1e3;
    }
    return 0;
}

void tally_print(const struct loadgen_tally *tally, const struct loadgen_options *options)
{
    printf(
        "{\"mode\": \"%s\", \"clients\": %u, \"ops\": %llu, \"errors\": %llu, \"stalled\": %llu, "
        "\"connections\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"p50_us\": %.1f, "
        "\"p99_us\": %.1f}\n",
        options->mode_name, options->clients, (unsigned long long)tally->ops,
        (unsigned long long)tally->errors, (unsigned long long)tally->stalled,
        (unsigned long long)tally->connections, (unsigned long long)tally->bytes, tally->seconds,
        percentile(tally, 0.5), percentile(tally, 0.99));
    fflush(stdout);
}

static int find_word(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; word && i < n; i++)
        if (strcmp(word, words[i]) == 0)
            return (int)i;
    return -1;
}

/* 0 when it is not a number from 1 to max. */
static unsigned read_number(const char *text, unsigned max)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    return end == text || *end || value > max ? 0 : (unsigned)value;
}

/* Splits NAME:PORT in place. */
static bool read_target(struct loadgen_options *options, char *text)
{
    char *colon = strrchr(text, ':');

    if (!colon)
        return false;
    *colon = 0;
    options->target = text;
    options->target_port = (uint16_t)read_number(colon + 1, UINT16_MAX);
    return options->target_port > 0;
}

static bool read_options(struct loadgen_options *options, int argc, char **argv)
{
    int letter, via;

    while ((letter = getopt(argc, argv, "p:t:n:d:x:")) != -1) {
        switch (letter) {
        case 'p':
            options->port = (uint16_t)read_number(optarg, UINT16_MAX);
            break;
        case 't':
            if (!read_target(options, optarg))
                return false;
            break;
        case 'n':
            options->clients = read_number(optarg, LOADGEN_CLIENTS);
            break;
        case 'd':
            options->seconds = read_number(optarg, LOADGEN_SECONDS);
            break;
        case 'x':
            via = find_word(optarg, vias, ARRAY_LEN(vias));
            if (via < 0)
                return false;
            options->via = (enum loadgen_via)via;
            break;
        default:
            return false;
        }
    }
    return optind == argc && options->port > 0 && options->clients > 0 && options->seconds > 0;
}

int main(int argc, char **argv)
{
    struct loadgen_options options = {.clients = 1, .seconds = 2};
    int mode = find_word(argv[1], modes, ARRAY_LEN(modes));
    bool origin = mode == (int)ARRAY_LEN(modes) - 1;

    if (mode >= 0) {
        options.mode = origin ? LOADGEN_CONNECT : (enum loadgen_mode)mode;
        options.mode_name = modes[mode];
        options.via = options.mode == LOADGEN_SOCKS ? LOADGEN_VIA_SOCKS : LOADGEN_VIA_CONNECT;
        optind = 2;
    }
    if (mode < 0 || !read_options(&options, argc, argv) || (!origin && !options.target)) {
        fprintf(stderr, "usage: loadgen connect|socks|http|bulk|idle -p PROXY -t NAME:PORT "
                        "[-n CLIENTS] [-d SECONDS] [-x connect|socks|relay]\n"
                        "       loadgen origin -p PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    loopback_raise_limit();
    return origin ? origin_run(&options) : clients_run(&options);
}
