/* SPDX-License-Identifier: Apache-2.0
 * config_read_ports.c - ports from JSON, and what can be said of the section "network" only when
 * all of it has been read. */
#include <cjson/cJSON.h>

#include "filter/config_reader.h"

/* One that a file has, and what it extends, stands in the list once. */
static int add_port(struct reader *r, struct config_ports *list, uint16_t port, uint32_t index)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] != port)
            continue;
        if (list->places[i].source == r->at)
            return fail_here(r, false, ": stands in the list twice: leave one out");
        return 0;
    }
    if (list->count == LIMIT_LOCAL_PORTS)
        return fail_here(r, false, ": is one of more than %d ports", LIMIT_LOCAL_PORTS);
    list->places[list->count] = (struct config_place){(uint32_t)r->at, index};
    list->items[list->count++] = port;
    return 0;
}

static int read_port(struct reader *r, const cJSON *item, struct config_ports *list, uint32_t index)
{
    double number = cJSON_IsNumber(item) ? item->valuedouble : -1;
    uint16_t port;

    if (!(number >= 1 && number <= 65535) || number != (uint16_t)number)
        return fail_here(r, false, ": must be a port, 1 to 65535");
    port = (uint16_t)number;
    return add_port(r, list, port, index);
}

int read_ports(struct reader *r, const cJSON *value, size_t field)
{
    struct config_ports *list = (void *)((char *)r->config + field);
    uint32_t index = 0;
    const cJSON *item;

    if (cJSON_GetArraySize(value) > LIMIT_LOCAL_PORTS)
        return fail_here(r, true, ": has more than %d ports", LIMIT_LOCAL_PORTS);
    if (!list->items)
        list->items = calloc(LIMIT_LOCAL_PORTS, sizeof *list->items);
    if (!list->places)
        list->places = calloc(LIMIT_LOCAL_PORTS, sizeof *list->places);
    if (!list->items || !list->places)
        return fail_memory(r);
    cJSON_ArrayForEach(item, value)
    {
        int rc;

        r->path[r->depth++] = (struct jsonc_step){NULL, index};
        rc = read_port(r, item, list, index++);
        if (rc < 0)
            return rc;
        r->depth--;
    }
    return 0;
}

int read_proxy_port(struct reader *r, const cJSON *value, size_t field)
{
    uint16_t *port = (void *)((char *)r->config + field);
    double number = cJSON_IsNumber(value) ? value->valuedouble : -1;

    if (number == 0)
        *port = field == offsetof(struct fence_config, http_port) ? CONFIG_HTTP_PORT
                                                                  : CONFIG_SOCKS_PORT;
    else if (number >= 1024 && number <= 65535 && number == (uint16_t)number &&
             number != CONFIG_CAPTURE_PORT)
        *port = (uint16_t)number;
    else
        return fail_here(r, false,
                         ": must be a port of the sandbox, 1024 to 65535 but not 3129; 0 is %d",
                         field == offsetof(struct fence_config, http_port) ? CONFIG_HTTP_PORT
                                                                           : CONFIG_SOCKS_PORT);
    return 0;
}

/* Without a word about network.allowLocalOutbound, what network.allowLocalBinding says holds: the
 * ancestor's default. */
int check_local_ports(struct reader *r)
{
    struct fence_config *config = r->config;
    const cJSON *binding = reader_look_up(r, "network", "allowLocalBinding");
    const cJSON *open = reader_look_up(r, "network", "allowLocalOutbound");

    if (config->local_outbound && config->local_ports.count == 0)
        return fail_here(r, true,
                         ": opens nothing by itself: add the ports of this machine's services, "
                         "\"allowLocalOutboundPorts\": [5432]");
    config->local_outbound = config->local_outbound || (!open && cJSON_IsTrue(binding));
    if (config->local_outbound)
        return 0;
    if (config->local_ports.count > 0 && !open) {
        reader_look_up(r, "network", "allowLocalOutboundPorts");
        return fail_here(r, true, ": opens nothing without \"allowLocalOutbound\": true");
    }
    config->local_ports.count = 0;
    return 0;
}

/* An entry of network.allowLocalOutboundPorts, as the place that errors are about. */
static void go_to_port(struct reader *r, const struct config_place *place)
{
    r->at = place->source;
    r->path[0] = (struct jsonc_step){"network", 0};
    r->path[1] = (struct jsonc_step){"allowLocalOutboundPorts", 0};
    r->path[2] = (struct jsonc_step){NULL, place->index};
    r->depth = 3;
}

int check_proxy_ports(struct reader *r)
{
    const struct fence_config *c = r->config;

    if (c->http_port == c->socks_port) {
        if (c->socks_port == CONFIG_SOCKS_PORT)
            reader_look_up(r, "network", "httpProxyPort");
        else
            reader_look_up(r, "network", "socksProxyPort");
        return fail_here(r, false, ": the other proxy listens there: choose another");
    }
    for (size_t i = 0; i < c->local_ports.count; i++) {
        uint16_t port = c->local_ports.items[i];

        go_to_port(r, &c->local_ports.places[i]);
        if (port == c->http_port || port == c->socks_port || port == CONFIG_CAPTURE_PORT)
            return fail_here(r, false, ": fence itself listens there: leave it out");
    }
    return 0;
}

int check_default_action(struct reader *r)
{
    if (r->config->default_action != DEFAULT_PROXY || r->config->upstream.kind != UPSTREAM_NONE)
        return 0;
    reader_look_up(r, "network", "defaultAction");
    return fail_here(r, false,
                     ": \"proxy\" is the one of network.upstreamProxy, which is not there");
}
