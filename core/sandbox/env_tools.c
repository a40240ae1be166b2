/* SPDX-License-Identifier: Apache-2.0
 * env_tools.c - see env_tools.h. Most programs look at HTTP_PROXY and its kin. Those that do not,
 * or that prefer a file of their own over it, are told in their own words. */
#include "sandbox/env_tools.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LOOPBACK   "127.0.0.1"
#define EXCEPTIONS "localhost,127.0.0.1,::1"

enum value {
    VALUE_HTTP,    /* http://127.0.0.1:3128    */
    VALUE_SOCKS,   /* socks5h://127.0.0.1:1080 */
    VALUE_ADDRESS, /* 127.0.0.1:3128           */
    VALUE_EXCEPTIONS,
    VALUE_ON,
    VALUE_JAVA,
    VALUE_SSH,      /* where fence can be run inside */
    VALUE_WITH_SSH, /* "true", there                 */
    VALUE_RUNTIME,
    VALUE_NPM_CACHE
};

static const struct {
    const char *name;
    enum value value;
    bool always; /* it has nothing to do with the proxy */
} tools[] = {
    {"HTTP_PROXY", VALUE_HTTP, false},
    {"HTTPS_PROXY", VALUE_HTTP, false},
    {"http_proxy", VALUE_HTTP, false}, /* curl: in small letters only, as CGI has the other */
    {"https_proxy", VALUE_HTTP, false},
    {"ALL_PROXY", VALUE_SOCKS, false}, /* curl and its kin, for what is not HTTP: FTP, telnet */
    {"all_proxy", VALUE_SOCKS, false},
    {"NO_PROXY", VALUE_EXCEPTIONS, false},
    {"no_proxy", VALUE_EXCEPTIONS, false},
    {"NODE_USE_ENV_PROXY", VALUE_ON, false}, /* Node's fetch looks at no variable without it    */
    {"npm_config_proxy", VALUE_HTTP, false}, /* or npm and pnpm use that of ~/.npmrc            */
    {"npm_config_https_proxy", VALUE_HTTP, false}, /* the same */
    {"npm_config_noproxy", VALUE_EXCEPTIONS, false},
    {"YARN_HTTP_PROXY", VALUE_HTTP, false}, /* Yarn from 2 on looks at no HTTP_PROXY */
    {"YARN_HTTPS_PROXY", VALUE_HTTP, false},
    {"GLOBAL_AGENT_HTTP_PROXY", VALUE_HTTP,
     false}, /* the package global-agent: Electron's download  */
    {"GLOBAL_AGENT_NO_PROXY", VALUE_EXCEPTIONS, false},
    {"ELECTRON_GET_USE_PROXY", VALUE_ON, false},
    {"PIP_PROXY", VALUE_HTTP, false}, /* or pip uses that of pip.conf                          */
    {"CARGO_HTTP_PROXY", VALUE_HTTP, false}, /* or cargo uses that of its or git's settings */
    {"CARGO_NET_GIT_FETCH_WITH_CLI", VALUE_WITH_SSH, false}, /* its own SSH has no ProxyCommand */
    {"RSYNC_PROXY", VALUE_ADDRESS, false},    /* rsync:// by CONNECT                   */
    {"JAVA_TOOL_OPTIONS", VALUE_JAVA, false}, /* Java looks at no variable but this one */
    {"GIT_SSH_COMMAND", VALUE_SSH, false},    /* ssh knows no proxy    */
    {"FENCE_SANDBOX", VALUE_ON, true}, /* "you are in one"                                      */
    {"XDG_RUNTIME_DIR", VALUE_RUNTIME, true},
    {"npm_config_cache", VALUE_NPM_CACHE, true}, /* it fetches nothing without one         */
};

_Static_assert(ARRAY_LEN(tools) <= ENV_TOOLS_MOST, "room for all of them: env.c");

char *env_java(const struct env_places *places, const char *own)
{
    char *value = NULL;
    unsigned port = places->http_port;

    if (port == 0)
        return strdup(own);

    if (asprintf(&value,
                 "%s%s-Dhttp.proxyHost=" LOOPBACK " -Dhttp.proxyPort=%u "
                 "-Dhttps.proxyHost=" LOOPBACK " -Dhttps.proxyPort=%u "
                 "-Dhttp.nonProxyHosts=localhost|127.*|[::1]",
                 own, *own ? " " : "", port, port) < 0)
        return NULL;
    return value;
}

/* ---- ssh ----
 *
 * Three read it: the shell that git starts, within double quotes; ssh, for %; and the user's own
 * shell, which may be csh or fish, within single quotes. */

/* What none of them would take for anything else. */
static bool quotable(const char *path)
{
    for (const char *at = path; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f || strchr("\"$`\\!", *at))
            return false;
    }
    return true;
}

static bool plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("/._+-,@:", c);
}

/* Writes the quoted path, which has room for four bytes for each of its own. */
static void quote(char *out, const char *path)
{
    const char *at = path;

    while (*at && plain(*at))
        at++;
    if (!*at) {
        memcpy(out, path, (size_t)(at - path) + 1);
        return;
    }
    *out++ = '\'';
    for (at = path; *at; at++) {
        const char *as = *at == '\'' ? "'\\''" : *at == '%' ? "%%" : NULL;

        if (as)
            out = stpcpy(out, as);
        else
            *out++ = *at;
    }
    memcpy(out, "'", 2);
}

/* The host is quoted too: before OpenSSH 9.6 a URL could bring words for the shell in it. */
static int ssh_command(char **out, const char *name, const char *program)
{
    char quoted[4 * PATH_MAX + 3];

    if (!program || strlen(program) >= PATH_MAX || !quotable(program))
        return 0;
    quote(quoted, program);
    if (asprintf(out, "%s=ssh -o \"ProxyCommand=%s connect '%%h' %%p\"", name, quoted) < 0)
        return -ENOMEM;
    return 1;
}

/* ---- one variable ---- */

static int set(char **out, const char *name, const char *value)
{
    char *text;

    if (!value)
        return 0;
    if (asprintf(&text, "%s=%s", name, value) < 0)
        return -ENOMEM;
    *out = text;
    return 1;
}

static int set_url(char **out, const char *name, const char *scheme, uint16_t port)
{
    char url[64];

    snprintf(url, sizeof url, "%s" LOOPBACK ":%u", scheme, port);
    return set(out, name, url);
}

static int set_java(char **out, const char *name, const struct env_places *places)
{
    auto_free char *value = env_java(places, "");

    return value ? set(out, name, value) : -ENOMEM;
}

int env_tool(char **out, const struct env_places *places, size_t index)
{
    const char *name;

    if (index >= ARRAY_LEN(tools))
        return -ENOENT;
    name = tools[index].name;
    if (places->http_port == 0 && !tools[index].always)
        return 0;
    switch (tools[index].value) {
    case VALUE_HTTP:
        return set_url(out, name, "http://", places->http_port);
    case VALUE_SOCKS:
        return set_url(out, name, "socks5h://", places->socks_port);
    case VALUE_ADDRESS:
        return set_url(out, name, "", places->http_port);
    case VALUE_EXCEPTIONS:
        return set(out, name, EXCEPTIONS);
    case VALUE_ON:
        return set(out, name, "1");
    case VALUE_JAVA:
        return set_java(out, name, places);
    case VALUE_SSH:
        return ssh_command(out, name, places->program);
    case VALUE_WITH_SSH:
        return set(out, name, places->program && quotable(places->program) ? "true" : NULL);
    case VALUE_RUNTIME:
        return set(out, name, places->runtime_dir);
    case VALUE_NPM_CACHE:
        return set(out, name, places->npm_cache);
    }
    return -ENOENT;
}
