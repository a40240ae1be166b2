/* SPDX-License-Identifier: Apache-2.0
 * config_upstream.c - the upstream proxy of the settings, or the one that this process's own
 * environment names (https_proxy before HTTPS_PROXY, then all_proxy and ALL_PROXY, as with curl).
 */
#include <errno.h>

#include "filter/config_build.h"

static const char *first_set(const char *const *names)
{
    for (; *names; names++) {
        const char *value = getenv(*names);

        if (value && value[0] != '\0')
            return value;
    }
    return NULL;
}

static int use_environment(struct fence_config *config, const char **why)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                        NULL};
    const char *url = first_set(names);

    if (!url) {
        *why =
            "neither https_proxy, HTTPS_PROXY, all_proxy nor ALL_PROXY is set in the environment: "
            "set one, or write the proxy's URL";
        return -EINVAL;
    }
    config->no_proxy_from_environment = true;
    *why = upstream_parse(&config->upstream, str_of(url));
    return *why ? -EINVAL : 0;
}

int config_set_upstream(struct fence_config *config, struct str text, const char **why)
{
    config->upstream = (struct upstream){.kind = UPSTREAM_NONE}; /* what is extended may name one */
    config->no_proxy_from_environment = false;
    if (text.len == 0)
        return 0;
    if (str_equal(text, STR("environment")))
        return use_environment(config, why);
    *why = upstream_parse(&config->upstream, text);
    return *why ? -EINVAL : 0;
}

/* Of NO_PROXY, "example.com" and ".example.com" both mean the name and what lies below it. What
 * fence cannot understand is passed over: other programs read it in other ways. */
static int add_exception(struct fence_config *config, struct str entry)
{
    uint32_t index = config->no_proxy.parts.total;
    char wildcard[LIMIT_HOST + 3] = "*.";
    const char *why;
    int rc;

    if (str_has_prefix(entry, STR(".")))
        entry = str_slice(entry, 1, entry.len);
    rc = domains_add(config->no_proxy.set, entry, index, &why);
    if (rc == -ENOMEM || entry.len > LIMIT_HOST)
        return rc == -ENOMEM ? rc : 0;
    memcpy(wildcard + 2, entry.bytes, entry.len);
    rc = domains_add(config->no_proxy.set, (struct str){wildcard, entry.len + 2}, index, &why);
    return rc == -ENOMEM ? rc : 0;
}

int config_finish_upstream(struct fence_config *config)
{
    static const char *const names[] = {"no_proxy", "NO_PROXY", NULL};
    const char *text = config->no_proxy_from_environment ? first_set(names) : NULL;
    struct str rest = str_of(text ? text : "");

    while (rest.len > 0) {
        size_t end = str_find(rest, ',');
        struct str entry = str_trim(str_slice(rest, 0, end));

        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
        if (entry.len > 0 && add_exception(config, entry) < 0)
            return -ENOMEM;
    }
    return 0;
}
