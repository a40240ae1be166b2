/* SPDX-License-Identifier: Apache-2.0
 * loadgen.h - the parts of the load generator: what it was asked, what it counted, the words it
 * speaks, the clients and the origin. */
#ifndef FENCE_BENCH_LOADGEN_H
#define FENCE_BENCH_LOADGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOADGEN_CLIENTS 10000        /* at once                                            */
#define LOADGEN_SECONDS 120          /* of one run                                         */
#define LOADGEN_ERRORS  1000         /* a run with more of them measures nothing           */
#define LOADGEN_STALL_S 1            /* what takes longer counts as stalled                */
#define LOADGEN_BODY    1024         /* of the origin's answer                             */
#define LOADGEN_CHUNK   (256 * 1024) /* sent or discarded at once by a bulk stream  */

/* The first byte tells the origin what it shall be: 'G' of a GET makes it a web server. The others
 * begin no request of HTTP, as fence looks for one in what is captured. */
#define LOADGEN_ASK_ECHO "e"
#define LOADGEN_ASK_BULK "b"
#define LOADGEN_ASK_SINK "s" /* reads until the end, and ends then */

enum loadgen_mode { LOADGEN_CONNECT, LOADGEN_SOCKS, LOADGEN_HTTP, LOADGEN_BULK, LOADGEN_IDLE };

enum loadgen_via {
    LOADGEN_VIA_CONNECT, /* CONNECT, or the absolute form of a GET */
    LOADGEN_VIA_SOCKS,   /* SOCKS5, no authentication, an address that is a name */
    LOADGEN_VIA_RELAY    /* no word to the proxy: it knows where to go */
};

struct loadgen_options {
    enum loadgen_mode mode;
    enum loadgen_via via;
    const char *mode_name;
    const char *target; /* the name to ask for */
    uint16_t target_port;
    uint16_t port; /* of the proxy; of the origin itself in its own mode */
    unsigned clients, seconds;
};

/* Latencies by size, 32 steps for each power of two: 3 % is near enough, and memory is bounded. */
#define HISTOGRAM_STEPS 32
#define HISTOGRAM_SIZE  (HISTOGRAM_STEPS * 60)

struct loadgen_tally {
    uint64_t ops, errors, stalled, connections, bytes;
    double seconds;
    uint64_t histogram[HISTOGRAM_SIZE]; /* nanoseconds */
};

void tally_add(struct loadgen_tally *tally, uint64_t ns);
void tally_print(const struct loadgen_tally *tally, const struct loadgen_options *options);

struct wire {
    char tunnel[600], get[600]; /* LIMIT_HOST twice, and the words around */
    size_t tunnel_len, get_len;
};

struct wire_answer {
    size_t head;   /* bytes of it, with the empty line */
    uint64_t body; /* bytes of it, when sized          */
    bool sized, lasting;
};

/* False when the name is too long for its protocol. */
bool wire_init(struct wire *wire, const struct loadgen_options *options);
/* Each returns 1 when all is there and well, 0 when more is needed, -1 when it is not a yes. */
int wire_greeting(const char *in, size_t len);
int wire_socks_reply(const char *in, size_t len);
int wire_http(struct wire_answer *out, const char *in, size_t len);

/* Both return an exit status, having said on standard error what failed. */
int clients_run(const struct loadgen_options *options);
int origin_run(const struct loadgen_options *options);

#endif
