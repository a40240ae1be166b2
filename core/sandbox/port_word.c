/* SPDX-License-Identifier: Apache-2.0
 * port_word.c - see port_word.h. */
#include "sandbox/port_word.h"

#include "base/error.h"
#include "base/host.h"

const char *port_word_parse(struct port_word *out, struct str text)
{
    static const char shape[] = "write 3000, 127.0.0.1:3000 or [::1]:3000";
    struct host host;
    const char *why;

    out->alone = str_find(text, ':') == text.len && str_find(text, '.') == text.len;
    out->addr = (struct addr){4, {127, 0, 0, 1}};
    if (out->alone)
        return host_parse_port(&out->port, text);
    why = host_parse_authority(&host, &out->port, text, 0);
    if (why)
        return why;
    out->addr = host.addr;
    return host.is_addr ? NULL : shape;
}

bool port_word_has(const struct port_word *known, size_t count, const struct port_word *word)
{
    for (size_t i = 0; i < count; i++) {
        if (known[i].port == word->port && addr_equal(&known[i].addr, &word->addr))
            return true;
    }
    return false;
}

const char *port_word_taken(const struct port_word *word, const struct fence_config *config,
                            const struct port_word *known, size_t count)
{
    if (word->port == config->http_port || word->port == config->socks_port)
        return "the command finds fence's own proxy at this port: choose another";
    for (size_t i = 0; i < config->local_ports.count; i++) {
        if (config->local_ports.items[i] == word->port)
            return "network.allowLocalOutboundPorts has this port lead out: choose another";
    }
    return port_word_has(known, count, word) ? "it was given twice: leave one out" : NULL;
}

int port_word_fail(fence_error *err, int code, const char *text, const char *why)
{
    char shown[128];

    str_escape(shown, sizeof shown, str_of(text));
    return fail(err, code, "port '%s': %s", shown, why);
}
