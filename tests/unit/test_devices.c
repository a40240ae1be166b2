/* SPDX-License-Identifier: Apache-2.0
 * test_devices.c - which devices of /dev a sandbox gets. Of what every machine has; what only some
 * have: spec/e2e/devices_spec.lua. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sandbox/devices.h"

static void on_event(const fence_event *event, void *payload)
{
    snprintf(payload, 200, "%s", event->text);
}

static const struct {
    const char *name, *path, *notice, *error;
} rows[] = {
    {"its own already", "/dev/null", "", ""},
    {"not there", "/dev/none-such", "devices.allow: '/dev/none-such' does not exist: passed over",
     ""},
    {"a folder without devices", "/dev/shm", "", ""},
    {"another terminal", "/dev/pts/ptmx", "",
     "devices.allow: '/dev/pts/ptmx' is another terminal, into which could be typed: leave it out"},
    {"terminals, by their folder", "/dev/pts", "", ""},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char path[64], *items[] = {path}, said[200] = "";
        struct config_texts written = {items, 1};
        struct events events = {.observer = {.on_event = on_event, .payload = said}};
        struct devices devices = {0};
        fence_error err = {0, ""};
        struct stat st;

        snprintf(path, sizeof path, "%s", rows[i].path);
        if (!rows[i].notice[0] && lstat(path, &st) < 0)
            continue; /* a container's /dev */
        assert_int_equal(devices_find(&devices, &written, &events, &err),
                         rows[i].error[0] ? FENCE_ECONFIG : 0);
        if (strcmp(said, rows[i].notice) != 0 || strcmp(err.message, rows[i].error) != 0 ||
            devices.count != 0)
            fail_msg("%s: %zu '%s' '%s'", rows[i].name, devices.count, said, err.message);
        devices_deinit(&devices);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
