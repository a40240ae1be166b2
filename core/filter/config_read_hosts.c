/* SPDX-License-Identifier: Apache-2.0
 * config_read_hosts.c - network.hosts from JSON: names and their addresses, kept sorted. */
#include <cjson/cJSON.h>

#include "filter/config_reader.h"

/* Two spellings of one name, after sorting. */
static int check_pins(struct reader *r, const struct config_pin *pins, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (config_compare_pins(&pins[i - 1], &pins[i]) == 0)
            return fail_here(r, true, ": '%.120s' stands here twice, in two spellings",
                             pins[i].name.text);
    }
    return 0;
}

static int read_pins(struct reader *r, const cJSON *object, struct config_pin *pins)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, object)
    {
        const char *why = NULL;

        r->path[r->depth++] = (struct jsonc_step){item->string, 0};
        if (!cJSON_IsString(item))
            return fail_type(r, item, "an IP address as a string");
        why = config_parse_pin(pins++, str_of(item->string), str_of(item->valuestring));
        if (why)
            return fail_here(r, true, ": %s", why);
        r->depth--;
    }
    return 0;
}

/* Both are sorted; of one name, the line of `over` stays. Returns how many there are in `out`. */
static size_t merge(struct config_pin *out, const struct config_pin *under, size_t nunder,
                    const struct config_pin *over, size_t nover)
{
    size_t count = 0, u = 0, o = 0;

    while (u < nunder || o < nover) {
        int order = u == nunder ? 1 : o == nover ? -1 : config_compare_pins(&under[u], &over[o]);

        u += order <= 0;
        out[count++] = order < 0 ? under[u - 1] : over[o++];
    }
    return count;
}

int read_hosts(struct reader *r, const cJSON *value)
{
    struct fence_config *config = r->config;
    size_t count = (size_t)cJSON_GetArraySize(value);
    auto_free struct config_pin *pins = NULL, *all = NULL;
    int rc = check_duplicates(r, value);

    if (rc < 0)
        return rc;
    if (count + config->npins > LIMIT_PINS)
        return fail_here(r, true, ": has more than %d lines", LIMIT_PINS);
    pins = calloc(count + 1, sizeof *pins);
    all = calloc(count + config->npins + 1, sizeof *all);
    if (!pins || !all)
        return fail_memory(r);
    rc = read_pins(r, value, pins);
    if (rc < 0)
        return rc;
    qsort(pins, count, sizeof *pins, config_compare_pins);
    rc = check_pins(r, pins, count);
    if (rc < 0)
        return rc;
    config->npins = merge(all, config->pins, config->npins, pins, count);
    free(config->pins);
    config->pins = take(&all);
    return 0;
}
