/* SPDX-License-Identifier: Apache-2.0
 * direct.c - see direct.h. */
#include "sandbox/direct.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "base/str.h"

#define PORT_DNS 53

static const struct {
    const char *program, *cure;
} cures[] = {
    {"node", "set NODE_USE_ENV_PROXY=1, which Node 24 and newer know, or use undici's ProxyAgent"},
    {"curl", "leave out --noproxy"},
    {"wget", "leave out --no-proxy"},
    {"java", "start it with the options of JAVA_TOOL_OPTIONS"},
    {"ssh", "give it -o 'ProxyCommand fence connect %h %p'"},
    {"git", "use a https:// address: git:// knows no proxy"},
};

static uint16_t port_of(const struct sockaddr *to)
{
    return ntohs(to->sa_family == AF_INET
                     ? ((const struct sockaddr_in *)(const void *)to)->sin_port
                     : ((const struct sockaddr_in6 *)(const void *)to)->sin6_port);
}

bool direct_is(int error, int type, const struct sockaddr *to, socklen_t len)
{
    bool whole = (to->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) ||
                 (to->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6));

    if (!whole || (error != ENETUNREACH && error != EHOSTUNREACH))
        return false;
    return type == SOCK_STREAM || (type == SOCK_DGRAM && port_of(to) == PORT_DNS);
}

static void show(char out[64], const struct sockaddr *to)
{
    char address[INET6_ADDRSTRLEN] = "";

    if (to->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)to)->sin_addr, address,
                  sizeof address);
    else
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)to)->sin6_addr, address,
                  sizeof address);
    snprintf(out, 64, to->sa_family == AF_INET ? "%s:%u" : "[%s]:%u", address, port_of(to));
}

static const char *cure_of(const char *program)
{
    for (size_t i = 0; i < ARRAY_LEN(cures); i++) {
        if (strcmp(program, cures[i].program) == 0)
            return cures[i].cure;
    }
    return "have it use HTTP_PROXY or ALL_PROXY";
}

void direct_hint(char out[DIRECT_HINT], const char *program, int pid, const struct sockaddr *to)
{
    char shown[80], where[64];

    str_escape(shown, sizeof shown, str_of(program));
    show(where, to);
    snprintf(out, DIRECT_HINT, "%s (%d) %s %s by itself, and there is no way out but the proxy: %s",
             shown, pid, port_of(to) == PORT_DNS ? "asks the name server" : "connects to", where,
             cure_of(program));
}
