/* SPDX-License-Identifier: Apache-2.0
 * cmd_connect.c - `fence connect HOST PORT`: standard input and output become a connection through
 * the proxy that the environment names. For programs that know no proxy but can run a command in
 * its place, as ssh's ProxyCommand. Decides nothing: the proxy does. */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/proxy_url.h"
#include "cli/relay.h"
#include "cli/text.h"
#include "cli/tunnel_ask.h"

#define EXIT_NO_CONNECTION 1

/* HTTP first: a refusal comes with its reason there, in SOCKS5 as a number. */
static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

struct goal {
    char host[PROXY_TEXT_MAX + 1]; /* without brackets */
    unsigned port;
};

/* NULL, or what is wrong with the words. */
static const char *read_goal(struct goal *out, char **words)
{
    const char *host = words[0], *port = host ? words[1] : NULL;
    size_t len;

    if (!port || words[2])
        return "fence connect HOST PORT: see fence connect --help";
    len = strlen(host);
    if (host[0] == '[' && len > 2 && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (len == 0 || len > PROXY_TEXT_MAX)
        return "a host has 1 to 255 letters";
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)host[i] <= ' ' || host[i] == 0x7f || strchr("/@[]\\?#", host[i]))
            return "a host is a name or an address, and nothing else";
    }
    memcpy(out->host, host, len);
    out->host[len] = '\0';
    if (strlen(port) > 5 || strspn(port, "0123456789") != strlen(port))
        return "a port is a number, 1 to 65535";
    out->port = (unsigned)strtoul(port, NULL, 10);
    return out->port >= 1 && out->port <= 65535 ? NULL : "a port is a number, 1 to 65535";
}

/* The variable that names the proxy, or NULL. */
static const char *find_proxy(const char **value)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        *value = getenv(variables[i]);
        if (*value && **value)
            return variables[i];
    }
    return NULL;
}

/* Returns a connected socket, or -1 with `why`. */
static int dial(const struct proxy_url *proxy, char why[TUNNEL_WHY])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int rc = getaddrinfo(proxy->host, proxy->port, &hints, &list), fd = -1;

    snprintf(why, TUNNEL_WHY, "the proxy %s:%s cannot be reached: %s", proxy->host, proxy->port,
             rc == 0 ? "" : gai_strerror(rc));
    for (struct addrinfo *at = list; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen) == 0)
            continue;
        snprintf(why, TUNNEL_WHY, "the proxy %s:%s cannot be reached: %s", proxy->host, proxy->port,
                 strerror(errno));
        close(fd);
        fd = -1;
    }
    if (list)
        freeaddrinfo(list);
    return fd;
}

static int run(const struct goal *goal, const struct proxy_url *proxy)
{
    char why[TUNNEL_WHY] = "";
    int fd = dial(proxy, why), rc;

    if (fd < 0 || tunnel_ask(why, fd, proxy, goal->host, goal->port) < 0) {
        print_error("%s:%u: %s", goal->host, goal->port, why);
        return EXIT_NO_CONNECTION;
    }
    signal(SIGPIPE, SIG_IGN);
    rc = relay(fd, STDIN_FILENO, STDOUT_FILENO);
    if (rc < 0 && rc != -EPIPE)
        print_error("%s:%u: %s", goal->host, goal->port, strerror(-rc));
    return rc < 0 ? EXIT_NO_CONNECTION : 0;
}

int cmd_connect(char **argv)
{
    struct goal goal;
    struct proxy_url proxy;
    const char *value, *variable, *wrong;

    if (argv[0] && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0))
        return text_help_connect();
    if (argv[0] && argv[0][0] == '-') {
        print_error("unknown option '%.100s': see fence connect --help", argv[0]);
        return EXIT_NO_CONNECTION;
    }
    wrong = read_goal(&goal, argv);
    if (wrong) {
        print_error("%s", wrong);
        return EXIT_NO_CONNECTION;
    }
    variable = find_proxy(&value);
    if (!variable) {
        print_error("no proxy to go through: fence connect is for the inside of a sandbox, or "
                    "where HTTPS_PROXY or ALL_PROXY names one");
        return EXIT_NO_CONNECTION;
    }
    wrong = proxy_url_read(&proxy, value);
    if (wrong) {
        print_error("%s is no proxy that fence knows: %s", variable, wrong);
        return EXIT_NO_CONNECTION;
    }
    return run(&goal, &proxy);
}
