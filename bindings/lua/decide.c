/* SPDX-License-Identifier: Apache-2.0
 * decide.c - fence.decide(config, policy, request): what the proxy would decide, without one. */
#include <string.h>

#include "binding.h"

static fence_request_kind read_kind(const struct fields *fields)
{
    const char *kind = field_text(fields, "kind", true);

    for (int i = 0; request_kinds[i]; i++) {
        if (i != FENCE_EXEC && strcmp(kind, request_kinds[i]) == 0)
            return (fence_request_kind)i;
    }
    luaL_error(fields->lua, "%s: kind: 'connect', 'http', 'socks5' or 'local' expected, got '%s'",
               fields->function, kind);
    return FENCE_CONNECT;
}

int decide(lua_State *lua)
{
    static const char *const names[] = {"kind", "host",    "port",      "method", "scheme",
                                        "path", "headers", "addresses", NULL};
    fence_request request = FENCE_REQUEST_INIT;
    fence_config *config = config_at(lua, 1);
    fence_policy *policy = policy_or_nil_at(lua, 2);
    struct fields fields = fields_of(lua, 3, "fence.decide", names);
    fence_decision decision;
    int rc;

    request.kind = read_kind(&fields);
    request.host = field_text(&fields, "host", true);
    request.port = (uint16_t)field_integer(&fields, "port", 1, 65535);
    request.method = field_text(&fields, "method", false);
    request.scheme = field_text(&fields, "scheme", false);
    request.path = field_text(&fields, "path", false);
    request.headers = field_list(&fields, "headers");
    request.addresses = field_list(&fields, "addresses");
    rc = fence_decide(&decision, config, policy, &request);
    if (rc < 0)
        return luaL_error(lua, "fence.decide: a header is no \"Name: value\", or an address none");
    push_decision(lua, &decision);
    return 1;
}
