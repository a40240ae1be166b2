/* SPDX-License-Identifier: Apache-2.0
 * config_of.h - settings written in a test, which are right. Include it behind <cmocka.h>. */
#ifndef FENCE_TESTS_CONFIG_OF_H
#define FENCE_TESTS_CONFIG_OF_H

#include <fence/fence.h>
#include <string.h>

/* The caller's, to be given back by fence_config_unref(). */
static inline fence_config *config_of(const char *json)
{
    fence_config *config = NULL;
    fence_error err = {0};

    if (fence_config_parse(&config, "test", json, strlen(json), NULL, 0, &err) != 0)
        fail_msg("%s", err.message);
    return config;
}

#endif
