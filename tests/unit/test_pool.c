/* SPDX-License-Identifier: Apache-2.0
 * test_pool.c - which idle connection is given out, to whom, how many are kept and how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "proxy/pool.h"
#include "support/wire.h"

#define MOST 8

struct bench { /* a pool and its loop */
    uv_loop_t loop;
    uv_timer_t keeper; /* of the loop: what is idle does not keep it */
    struct pool pool;
    struct peer_buffer buffer;
    char room[1024];
    int far[4]; /* the origins' ends, in the order of keep() */
    size_t nfar;
};

static void begin(struct bench *b)
{
    b->buffer = (struct peer_buffer){.bytes = b->room, .size = sizeof b->room};
    b->nfar = 0;
    assert_int_equal(uv_loop_init(&b->loop), 0);
    uv_timer_init(&b->loop, &b->keeper);
    pool_init(&b->pool, &b->loop);
}

static void on_keeper(uv_timer_t *timer)
{
    (void)timer;
}

/* One turn of the loop. */
static void turn(struct bench *b)
{
    uv_timer_start(&b->keeper, on_keeper, 60000, 0);
    uv_run(&b->loop, UV_RUN_NOWAIT);
    uv_timer_stop(&b->keeper);
}

static void on_closed(struct peer *peer)
{
    free(peer);
}

/* The caller's, as pool_take() has given it out. */
static void drop(struct peer *peer)
{
    peer->on_closed = on_closed;
    peer_close(peer);
}

static void end(struct bench *b)
{
    pool_close(&b->pool);
    uv_close((uv_handle_t *)&b->keeper, NULL);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(b->pool.count, 0);
    assert_int_equal(uv_loop_close(&b->loop), 0); /* nothing is left on it */
    for (size_t i = 0; i < b->nfar; i++) {
        assert_true(wire_ended(b->far[i]));
        close(b->far[i]);
    }
}

static struct host named(const char *text)
{
    struct host host;

    assert_null(host_parse_bare(&host, str_of(text)));
    return host;
}

static struct peer *fresh(struct bench *b)
{
    assert_true(b->nfar < ARRAY_LEN(b->far));
    return wire_new(&b->loop, &b->buffer, &b->far[b->nfar++]);
}

static struct peer *keep(struct bench *b, const char *name, uint16_t port, size_t most)
{
    struct host host = named(name);
    struct peer *peer = fresh(b);

    pool_put(&b->pool, peer, &host, port, most);
    return peer;
}

static struct peer *claim(struct bench *b, const char *name, uint16_t port)
{
    struct host host = named(name);

    return pool_take(&b->pool, &host, port);
}

/* ---- to whom ---- */

static const struct {
    const char *name, *kept;
    uint16_t kept_port;
    const char *asked;
    uint16_t asked_port;
    bool given;
} rows[] = {
    {"the same origin", "a.test", 80, "a.test", 80, true},
    {"in another spelling", "A.Test.", 80, "a.test", 80, true},
    {"the same address", "2001:DB8::1", 80, "2001:db8:0::1", 80, true},
    {"another port", "a.test", 80, "a.test", 81, false},
    {"a port with the same low byte", "a.test", 80, "a.test", 80 + 256, false},
    {"another name", "a.test", 80, "b.test", 80, false},
    {"a name below it", "a.test", 80, "x.a.test", 80, false},
    {"the beginning of the name", "a.test", 80, "a.tes", 80, false},
    {"a name that begins so", "a.test", 80, "a.testing", 80, false},
    {"another address", "192.0.2.1", 80, "192.0.2.11", 80, false},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;
        struct peer *kept, *given;

        begin(&b);
        kept = keep(&b, rows[i].kept, rows[i].kept_port, MOST);
        given = claim(&b, rows[i].asked, rows[i].asked_port);
        if (given != (rows[i].given ? kept : NULL))
            fail_msg("%s: %s", rows[i].name, given ? "given out" : "not given out");
        assert_int_equal(b.pool.count, rows[i].given ? 0 : 1);
        if (given) {
            assert_null(claim(&b, rows[i].asked, rows[i].asked_port)); /* only once */
            assert_true(uv_has_ref(&given->io.handle));
            drop(given);
        }
        end(&b);
    }
}

/* All names share 64 buckets: some of these meet in one, and none is taken for another. */
static void test_buckets(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    keep(&b, "a.test", 80, MOST);
    for (unsigned i = 0; i < 20 * POOL_BUCKETS; i++) {
        char name[32];

        snprintf(name, sizeof name, "%c.test", 'b' + (int)(i % 20));
        assert_null(claim(&b, name, (uint16_t)(1 + i)));
    }
    assert_int_equal(b.pool.count, 1);
    end(&b);
}

static void test_the_latest_first(void **state)
{
    struct peer *older, *later;
    struct bench b;

    (void)state;
    begin(&b);
    older = keep(&b, "a.test", 80, MOST);
    later = keep(&b, "a.test", 80, MOST);
    assert_ptr_equal(claim(&b, "a.test", 80), later);
    assert_ptr_equal(claim(&b, "a.test", 80), older);
    drop(older);
    drop(later);
    end(&b);
}

/* ---- how many ---- */

static void test_most(void **state)
{
    struct peer *second, *third;
    struct bench b;

    (void)state;
    begin(&b);
    keep(&b, "none.test", 80, 0);
    assert_int_equal(b.pool.count, 0);
    keep(&b, "first.test", 80, 2);
    second = keep(&b, "second.test", 80, 2);
    third = keep(&b, "third.test", 80, 2);
    assert_int_equal(b.pool.count, 2);
    assert_null(claim(&b, "first.test", 80)); /* the oldest had to go */
    assert_ptr_equal(claim(&b, "second.test", 80), second);
    assert_ptr_equal(claim(&b, "third.test", 80), third);
    drop(second);
    drop(third);
    end(&b);
}

static void test_not_kept(void **state)
{
    struct host host = named("a.test");
    struct bench b;

    (void)state;
    for (int ended = 0; ended <= 1; ended++) {
        struct peer *peer;

        begin(&b);
        peer = fresh(&b);
        peer->read_ended = ended;
        if (!ended) {
            static char much[4 * 1024 * 1024]; /* more than the socket takes */

            assert_int_equal(peer_write(peer, much, sizeof much), 1);
        }
        pool_put(&b.pool, peer, &host, 80, MOST);
        assert_int_equal(b.pool.count, 0);
        turn(&b);
        while (recv(b.far[0], b.room, sizeof b.room, 0) > 0)
            ; /* what was written before the end */
        end(&b);
    }
}

/* ---- what an idle one may not do ---- */

static const struct {
    const char *name, *said; /* NULL: the end */
    bool seen;               /* by the loop, before anybody asks */
} noises[] = {
    {"bytes, and the loop sees them", "HTTP/1.1 200 OK\r\n\r\n", true},
    {"bytes that the loop has not seen", "HTTP/1.1 200 OK\r\n\r\n", false},
    {"one byte", "H", false},
    {"the end, and the loop sees it", NULL, true},
    {"an end that the loop has not seen", NULL, false},
};

static void test_noise(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(noises); i++) {
        struct peer *quiet, *given;
        struct bench b;

        begin(&b);
        quiet = keep(&b, "a.test", 80, MOST);
        keep(&b, "a.test", 80, MOST);
        if (noises[i].said)
            wire_say(b.far[1], noises[i].said, strlen(noises[i].said));
        else
            shutdown(b.far[1], SHUT_WR);
        if (noises[i].seen) {
            turn(&b);
            assert_int_equal(b.pool.count, 1);
        }
        given = claim(&b, "a.test", 80);
        if (given != quiet)
            fail_msg("%s: %s", noises[i].name, given ? "given out" : "the other one is gone");
        assert_int_equal(b.pool.count, 0);
        drop(given);
        end(&b);
    }
}

/* ---- how long ---- */

/* Waiting ones do not keep the loop; the first is closed when it is old, the second not yet. */
static void test_age(void **state)
{
    struct bench b;
    struct peer *younger;

    (void)state;
    begin(&b);
    b.loop.time -= LIMIT_POOL_IDLE_MS; /* so long ago; a turn looks at the clock anew */
    keep(&b, "a.test", 80, MOST);
    uv_update_time(&b.loop);
    younger = keep(&b, "a.test", 80, MOST);
    assert_int_equal(uv_run(&b.loop, UV_RUN_DEFAULT), 0); /* and nobody waits for them */
    assert_int_equal(b.pool.count, 2);
    turn(&b);
    assert_int_equal(b.pool.count, 1);
    assert_true(wire_ended(b.far[0]));
    assert_false(wire_ended(b.far[1]));
    assert_true(uv_is_active((uv_handle_t *)&b.pool.timer)); /* for the second */
    assert_ptr_equal(claim(&b, "a.test", 80), younger);
    drop(younger);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_the_latest_first),
        cmocka_unit_test(test_most),
        cmocka_unit_test(test_not_kept),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_age),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
