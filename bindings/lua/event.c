/* SPDX-License-Identifier: Apache-2.0
 * event.c - decisions, requests and events as tables. What C has as NULL or "" is nil. */
#include "binding.h"

const char *const request_kinds[] = {[FENCE_CONNECT] = "connect",
                                     [FENCE_HTTP] = "http",
                                     [FENCE_SOCKS5] = "socks5",
                                     [FENCE_EXEC] = "exec",
                                     [FENCE_LOCAL] = "local",
                                     [FENCE_CAPTURE] = "capture",
                                     NULL};

static void set_text(lua_State *lua, const char *name, const char *text)
{
    if (!text || !text[0])
        return;
    lua_pushstring(lua, text);
    lua_setfield(lua, -2, name);
}

static void set_integer(lua_State *lua, const char *name, lua_Integer value)
{
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, name);
}

static const char *reason_token(fence_reason reason)
{
    switch (reason) {
#define XX(name, token, http, socks)                                                               \
    case FENCE_REASON_##name:                                                                      \
        return token;
        FENCE_REASON_MAP(XX)
#undef XX
    }
    return NULL;
}

void push_decision(lua_State *lua, const fence_decision *decision)
{
    static const char *const verdicts[] = {
        [FENCE_PASS] = "pass", [FENCE_ALLOW] = "allow", [FENCE_DENY] = "deny", [FENCE_ASK] = "ask"};

    lua_createtable(lua, 0, 5);
    set_text(lua, "verdict", verdicts[decision->verdict]);
    set_text(lua, "reason", reason_token(decision->reason));
    set_text(lua, "rule", decision->rule);
    set_text(lua, "message", decision->message);
    set_text(lua, "cure", decision->cure);
}

void push_request(lua_State *lua, const fence_request *request)
{
    lua_createtable(lua, 0, 6);
    set_text(lua, "kind", request_kinds[request->kind]);
    set_text(lua, "host", request->host);
    if (request->port != 0)
        set_integer(lua, "port", request->port);
    set_text(lua, "method", request->method);
    set_text(lua, "scheme", request->scheme);
    set_text(lua, "path", request->path);
    if (!request->argv)
        return;
    lua_newtable(lua);
    for (int i = 0; request->argv[i]; i++) {
        lua_pushstring(lua, request->argv[i]);
        lua_rawseti(lua, -2, i + 1);
    }
    lua_setfield(lua, -2, "argv");
}

/* The fields that only one kind of event has. */
static void set_particulars(lua_State *lua, const fence_event *event)
{
    switch (event->kind) {
    case FENCE_EVENT_RESPONSE:
        set_integer(lua, "status", event->status);
        set_integer(lua, "duration_us", (lua_Integer)event->duration_us);
        break;
    case FENCE_EVENT_CLOSE:
        set_integer(lua, "duration_us", (lua_Integer)event->duration_us);
        set_integer(lua, "bytes_sent", (lua_Integer)event->bytes_sent);
        set_integer(lua, "bytes_received", (lua_Integer)event->bytes_received);
        break;
    case FENCE_EVENT_TLS:
        set_text(lua, "server_name", event->server_name);
        lua_pushboolean(lua, event->hello_encrypted);
        lua_setfield(lua, -2, "hello_encrypted");
        break;
    case FENCE_EVENT_NOTICE:
    case FENCE_EVENT_DEBUG:
    case FENCE_EVENT_ALERT:
    case FENCE_EVENT_SUMMARY:
    case FENCE_EVENT_UNIX:
    case FENCE_EVENT_EXEC:
        set_text(lua, "text", event->text);
        break;
    case FENCE_EVENT_DECISION:
        break;
    }
}

void push_event(lua_State *lua, const fence_event *event)
{
    static const char *const kinds[] = {
        [FENCE_EVENT_DECISION] = "decision", [FENCE_EVENT_RESPONSE] = "response",
        [FENCE_EVENT_TLS] = "tls",           [FENCE_EVENT_CLOSE] = "close",
        [FENCE_EVENT_NOTICE] = "notice",     [FENCE_EVENT_DEBUG] = "debug",
        [FENCE_EVENT_ALERT] = "alert",       [FENCE_EVENT_SUMMARY] = "summary",

        [FENCE_EVENT_UNIX] = "unix",         [FENCE_EVENT_EXEC] = "exec"};

    lua_createtable(lua, 0, 10);
    set_text(lua, "kind", kinds[event->kind]);
    set_integer(lua, "seq", (lua_Integer)event->seq);
    set_integer(lua, "time_us", event->time_us);
    if (event->session)
        set_integer(lua, "session", (lua_Integer)event->session);
    if (event->request) {
        push_request(lua, event->request);
        lua_setfield(lua, -2, "request");
    }
    if (event->decision) {
        push_decision(lua, event->decision);
        lua_setfield(lua, -2, "decision");
    }
    if (event->program)
        set_text(lua, "program", event->program);
    set_particulars(lua, event);
}
