/* SPDX-License-Identifier: Apache-2.0
 * test_events.c - numbers without gaps, the time, texts that are cut and none that nobody hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "proxy/events.h"

struct heard {
    unsigned count;
    fence_event last;
    size_t text_len;
    char text[8192];
};

static void hear(const fence_event *event, void *payload)
{
    struct heard *heard = payload;

    heard->count++;
    heard->last = *event;
    heard->text_len = event->text ? strlen(event->text) : 0;
    assert_true(heard->text_len < sizeof heard->text);
    memcpy(heard->text, event->text ? event->text : "", heard->text_len + 1);
}

static void test_numbers_and_time(void **state)
{
    struct heard heard = {0};
    struct events events = {.observer = {.on_event = hear, .payload = &heard}};
    int64_t before = (int64_t)time(NULL) * 1000000;

    (void)state;
    for (uint64_t i = 1; i <= 5; i++) {
        fence_event event = {.kind = FENCE_EVENT_CLOSE, .session = 7};

        if (i % 2 == 0)
            events_notice(&events, "number %d", (int)i);
        else
            events_emit(&events, &event);
        assert_int_equal(heard.last.seq, i);
        assert_true(heard.last.time_us >= before);
        assert_true(heard.last.time_us < before + 60 * INT64_C(1000000));
    }
    assert_int_equal(heard.count, 5);
    assert_int_equal(heard.last.session, 7);
}

/* Otherwise an observer that comes later would see a gap. */
static void test_nobody_hears(void **state)
{
    struct events events = {0};
    fence_event event = {.kind = FENCE_EVENT_CLOSE};

    (void)state;
    events_emit(&events, &event);
    events_notice(&events, "%s", "nobody");
    events_debug(&events, "%s", "nobody");
    assert_int_equal(events.seq, 0);
    assert_int_equal(event.seq, 0);
}

static void test_texts(void **state)
{
    static char long_text[6000];
    static const struct {
        const char *name;
        size_t len, shown;
    } rows[] = {
        {"empty", 0, 0},
        {"a line", 40, 40},
        {"one byte below the bound", 4094, 4094},
        {"at the bound", 4095, 4095},
        {"one byte too long", 4096, 4095},
        {"much too long", sizeof long_text - 1, 4095},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct heard heard = {0};
        struct events events = {.observer = {.on_event = hear, .payload = &heard}};

        memset(long_text, 'x', sizeof long_text);
        long_text[rows[i].len] = '\0';
        events_notice(&events, "%s", long_text);
        if (heard.last.kind != FENCE_EVENT_NOTICE || heard.text_len != rows[i].shown)
            fail_msg("%s: %zu bytes", rows[i].name, heard.text_len);
        events_debug(&events, "%s", long_text);
        if (heard.last.kind != FENCE_EVENT_DEBUG || heard.text_len != rows[i].shown)
            fail_msg("%s: %zu bytes under -d", rows[i].name, heard.text_len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_and_time),
        cmocka_unit_test(test_nobody_hears),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
