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
#include <sys/sysmacros.h>

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

static void test_refusal(void **state)
{
    static const struct {
        const char *name, *path;
        mode_t mode;
        unsigned major, minor;
        const char *begins; /* NULL: it is shown */
    } kinds[] = {
        {"KVM", "/dev/kvm", S_IFCHR, 10, 232, NULL},
        {"a GPU", "/dev/dri/renderD128", S_IFCHR, 226, 128, NULL},
        {"an enclave", "/dev/sgx_enclave", S_IFCHR, 10, 125, NULL},
        {"a disk", "/dev/sda", S_IFBLK, 8, 0, "is a disk"},
        {"a disk's commands", "/dev/sg0", S_IFCHR, 21, 0, "is a disk"},
        {"the same by another name", "/dev/changer", S_IFCHR, 21, 3, "is a disk"},
        {"the same, of the block layer", "/dev/bsg/0:0:0:0", S_IFCHR, 243, 0, "is a disk"},
        {"a controller", "/dev/nvme0", S_IFCHR, 240, 0, "is a disk"},
        {"a namespace of one", "/dev/ng0n1", S_IFCHR, 241, 0, "is a disk"},
        {"raw", "/dev/raw/raw1", S_IFCHR, 162, 1, "is a disk"},
        {"memory", "/dev/mem", S_IFCHR, 1, 1, "is this machine's memory"},
        {"memory by another name", "/dev/x", S_IFCHR, 1, 2, "is this machine's memory"},
        {"ports", "/dev/port", S_IFCHR, 1, 4, "is this machine's memory"},
        {"a terminal", "/dev/pts/3", S_IFCHR, 136, 3, "is another terminal"},
        {"a socket", "/dev/log", S_IFSOCK, 0, 0, "is no device"},
        {"elsewhere", "/devices/x", S_IFCHR, 10, 1, "leads out of /dev"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *why =
            devices_refusal(kinds[i].path, kinds[i].mode, makedev(kinds[i].major, kinds[i].minor));

        if (!why != !kinds[i].begins ||
            (why && strncmp(why, kinds[i].begins, strlen(kinds[i].begins)) != 0))
            fail_msg("%s: %s", kinds[i].name, why ? why : "shown");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_refusal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
