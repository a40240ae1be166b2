/* SPDX-License-Identifier: Apache-2.0
 * rules_json.h - network.rules written in a test: conditions, rules of them, settings of those. */
#ifndef FENCE_TESTS_RULES_JSON_H
#define FENCE_TESTS_RULES_JSON_H

#include <fence/fence.h>
#include <stdio.h>

#define ALLOW(conditions) "{" conditions ", \"action\": \"allow\"}"
#define DENY(conditions)  "{" conditions ", \"action\": \"deny\"}"
#define HOST(host)        "\"host\": \"" host "\""
#define GOOD              HOST("good.test")
#define METHOD(method)    "\"method\": \"" method "\""
#define PATH(path)        "\"path\": \"" path "\""
#define HTTP              "\"scheme\": \"http\""
#define HTTPS             "\"scheme\": \"https\""
#define EVERY             ALLOW(HOST("*"))

/* Reads settings with these members of "network", of under 1,000 bytes. */
static inline int rules_json_parse(fence_config **out, const char *network, fence_error *err)
{
    char json[1024];
    int len = snprintf(json, sizeof json, "{\"network\": {%s}}", network);

    return fence_config_parse(out, "x", json, (size_t)len, NULL, 0, err);
}

#endif
