/* SPDX-License-Identifier: Apache-2.0
 * cmd_demo.c - `fence demo`: one request allowed, one denied, one write refused. Needs nothing but
 * curl and loopback: the server is a thread of this process. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/cli.h"

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 24\r\n"
                             "Connection: close\r\n\r\nhello from the outside!\n";

/* Arguments: the port. Each step says what it tries before it tries it. */
static const char script[] =
    "command -v curl >/dev/null || { echo 'fence demo needs curl: install it'; exit 1; }\n"
    "echo '1. a host that the settings allow'\n"
    "echo \"   \\$ curl http://allowed.example:$1/\"\n"
    "curl -sS --max-time 10 \"http://allowed.example:$1/\" | sed 's/^/   /' || exit 1\n"
    "echo '2. a host that nothing allows'\n"
    "echo \"   \\$ curl http://other.example:$1/\"\n"
    "curl -sS --max-time 10 -w 'HTTP %{http_code}\\n' \"http://other.example:$1/\" |"
    " sed 's/^/   /'\n"
    "echo '3. the same host, around the proxy'\n"
    "echo \"   \\$ curl --noproxy '*' http://127.0.0.1:$1/\"\n"
    "curl -sS --max-time 10 --noproxy '*' \"http://127.0.0.1:$1/\" 2>&1 | sed 's/^/   /'\n"
    "echo '4. a file outside'\n"
    "echo '   $ touch /fence-was-here'\n"
    "touch /fence-was-here 2>&1 | sed 's/^/   /'\n"
    "test ! -e /fence-was-here\n";

static void *serve(void *listener)
{
    char bytes[4096];

    for (;;) { /* until the process ends */
        int client = accept(*(int *)listener, NULL, NULL);

        if (client < 0)
            return NULL;
        if (read(client, bytes, sizeof bytes) > 0 && write(client, answer, sizeof answer - 1) < 0)
            perror("fence demo");
        close(client);
    }
}

/* Returns the listening socket, or -1; writes its port. */
static int open_server(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(at.sin_port);
    return fd;
}

int cmd_demo(char **argv)
{
    static const char settings[] =
        "{\"network\": {\"allowedDomains\": [\"allowed.example\"],"
        " \"hosts\": {\"allowed.example\": \"127.0.0.1\", \"other.example\": \"127.0.0.1\"}}}";
    char port_text[8];
    const char *command[] = {"sh", "-c", script, "demo", port_text, NULL};
    struct printer printer = {.monitor = true};
    fence_config *config;
    fence_error err = {0};
    pthread_t thread;
    int port, listener, status;

    if (argv[0]) {
        print_error("fence demo takes no options; fence -- demo runs a program of that name");
        return EXIT_FENCE;
    }
    if (fence_config_parse(&config, "demo", settings, sizeof settings - 1, NULL, 0, &err) < 0) {
        print_error("%s", err.message);
        return EXIT_FENCE;
    }
    listener = open_server(&port);
    if (listener < 0 || pthread_create(&thread, NULL, serve, &listener) != 0) {
        print_error("the demo's server cannot be started on loopback");
        fence_config_unref(config);
        return EXIT_FENCE;
    }
    snprintf(port_text, sizeof port_text, "%d", port);
    status = run_command(config, command, &printer);
    fence_config_unref(config);
    shutdown(listener, SHUT_RDWR); /* ends accept(2) */
    pthread_join(thread, NULL);
    close(listener);
    return status;
}
