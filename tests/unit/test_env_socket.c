/* SPDX-License-Identifier: Apache-2.0
 * test_env_socket.c - whether what a variable leads to can be reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sandbox/env_socket.h"

static const struct {
    const char *name;
    enum env_kind kind;
    const char *value, *listed; /* NULL: all are allowed */
    bool expect;
} rows[] = {
    {"a path", ENV_SOCKET, "/run/x", "/run/x", true},
    {"another path", ENV_SOCKET, "/run/x", "/run/y", false},
    {"a path that goes on", ENV_SOCKET, "/run/xy", "/run/x", false},
    {"a folder above it", ENV_SOCKET, "/run/d/x", "/run/d", false},
    {"every path", ENV_SOCKET, "/run/x", NULL, true},
    {"no path", ENV_SOCKET, "abstract:x", NULL, false},
    {"below the home folder", ENV_SOCKET, "/home/u/.x", "~/.x", true},
    {"a pattern", ENV_SOCKET, "/tmp/ssh-abc/agent.1", "/tmp/ssh-*/agent.*", true},
    {"a pattern and a folder too many", ENV_SOCKET, "/tmp/ssh-a/b/agent.1", "/tmp/ssh-*/agent.*",
     false},
    {"/var/run", ENV_SOCKET, "/var/run/x", "/run/x", true},
    {"/var/run in the settings", ENV_SOCKET, "/run/x", "/var/run/x", true},
    {"docker", ENV_SOCKET, "unix:///var/run/docker.sock", "/var/run/docker.sock", true},
    {"docker that is not listed", ENV_SOCKET, "unix:///var/run/docker.sock", "/x", false},
    {"docker elsewhere is the proxy's affair", ENV_SOCKET, "tcp://docker:2376", "/x", true},
    {"D-Bus", ENV_SOCKET, "unix:path=/run/user/1/bus,guid=12", "/run/user/1/bus", true},
    {"D-Bus, two addresses", ENV_SOCKET, "unix:path=/a;unix:path=/b", "/a", true},
    {"D-Bus without a path", ENV_SOCKET, "unix:abstract=/a", "/a", false},
    {"tmux", ENV_SOCKET, "/tmp/tmux-1/default,7,0", "/tmp/tmux-1/default", true},
    {"a display", ENV_DISPLAY, ":0", "/tmp/.X11-unix/X0", true},
    {"a display and a screen", ENV_DISPLAY, ":0.1", "/tmp/.X11-unix/X0", true},
    {"another display", ENV_DISPLAY, ":1", "/tmp/.X11-unix/X0", false},
    {"every display", ENV_DISPLAY, ":1", "/tmp/.X11-unix/X*", true},
    {"a display of another host", ENV_DISPLAY, "host:0", "/tmp/.X11-unix/X0", false},
    {"unix:0", ENV_DISPLAY, "unix:0", "/tmp/.X11-unix/X0", true},
    {"no display", ENV_DISPLAY, ":", "/tmp/.X11-unix/X", false},
    {"Wayland", ENV_WAYLAND, "wayland-0", "/run/user/1/wayland-0", true},
    {"another Wayland", ENV_WAYLAND, "wayland-1", "/run/user/1/wayland-0", false},
    {"Wayland with a path", ENV_WAYLAND, "/x", "/x", true},
    {"a cookie", ENV_X_COOKIE, "/home/u/.Xauthority", "/tmp/.X11-unix/X0", true},
    {"a cookie for nothing", ENV_X_COOKIE, "/home/u/.Xauthority", "/x", false},
    {"tickets that are there", ENV_FILE, "FILE:/home/u/cc", "/x", true},
    {"tickets in /tmp", ENV_FILE, "FILE:/tmp/krb5cc_1", "/x", false},
    {"tickets in /tmp, listed", ENV_FILE, "/tmp/krb5cc_1", "/tmp/krb5cc_1", true},
    {"tickets in a keyring", ENV_FILE, "KEYRING:persistent:1", "/x", false},
    {"a kind that leads nowhere", ENV_HANDLE, "/x", "/x", false},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *items[] = {(char *)rows[i].listed};
        struct config_texts texts = {items, rows[i].listed ? 1 : 0};
        struct env_sockets in = {&texts, !rows[i].listed, "/home/u", "/run/user/1"};

        if (env_reachable(&in, rows[i].kind, str_of(rows[i].value)) != rows[i].expect)
            fail_msg("%s", rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
