/* SPDX-License-Identifier: Apache-2.0
 * env_socket.c - see env_socket.h. */
#include "sandbox/env_socket.h"

#include <limits.h>
#include <stdio.h>

#include "filter/glob.h"

#define X_SOCKET "/tmp/.X11-unix/X" /* and the display's number */

/* "/var/run" is "/run" on every system that has both. */
static struct str shortest(struct str path)
{
    return str_has_prefix(path, STR("/var/run/")) ? str_slice(path, 4, path.len) : path;
}

/* An entry of the settings as an absolute path: "~/x" is below the home folder. */
static struct str absolute(char room[PATH_MAX], const char *entry, const char *home)
{
    int len;

    if (entry[0] != '~' || entry[1] != '/' || !home)
        return shortest(str_of(entry));
    len = snprintf(room, PATH_MAX, "%s%s", home, entry + 1);
    return len < PATH_MAX ? shortest((struct str){room, (size_t)len}) : str_of(entry);
}

static bool listed(const struct env_sockets *in, struct str path)
{
    char room[PATH_MAX];

    if (in->all)
        return true;
    path = shortest(path);
    for (size_t i = 0; i < in->listed->count; i++) {
        struct str entry = absolute(room, in->listed->items[i], in->home);

        if (str_equal(entry, path) || (glob_is_pattern(entry) && glob_match(entry, path)))
            return true;
    }
    return false;
}

/* Two parts of a path put together, and looked for. */
static bool listed_below(const struct env_sockets *in, const char *head, struct str tail)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s" STR_FMT, head, STR_ARG(tail));

    return len < PATH_MAX && listed(in, (struct str){path, (size_t)len});
}

/* ---- what values look like ---- */

static struct str without(struct str value, struct str prefix)
{
    return str_has_prefix(value, prefix) ? str_slice(value, prefix.len, value.len) : value;
}

static bool other_host(struct str value)
{
    return str_has_prefix(value, STR("tcp:")) || str_has_prefix(value, STR("ssh:")) ||
           str_has_prefix(value, STR("http:")) || str_has_prefix(value, STR("https:"));
}

/* "unix:///run/docker.sock", "unix:path=/run/user/1/bus,guid=1" (the D-Bus Specification, "Server
 * Addresses"), "/tmp/tmux-1/default,7,0". */
static bool socket_reachable(const struct env_sockets *in, struct str value)
{
    size_t comma;

    if (other_host(value))
        return true;
    value = without(without(value, STR("unix:")), STR("path="));
    value = without(value, STR("//"));
    comma = str_find(value, ',');
    value = str_slice(value, 0, comma);
    value = str_slice(value, 0, str_find(value, ';'));
    return str_has_prefix(value, STR("/")) && listed(in, value);
}

/* ":0", ":0.1", "unix:0": X(7), "Display Names". */
static bool display_reachable(const struct env_sockets *in, struct str value)
{
    value = without(value, STR("unix"));
    if (!str_has_prefix(value, STR(":")))
        return false;
    value = str_slice(value, 1, value.len);
    value = str_slice(value, 0, str_find(value, '.'));
    return value.len > 0 && listed_below(in, X_SOCKET, value);
}

static bool wayland_reachable(const struct env_sockets *in, struct str value)
{
    char folder[PATH_MAX];

    if (str_has_prefix(value, STR("/")))
        return listed(in, value);
    if (!in->runtime_dir || strlen(in->runtime_dir) + 2 > sizeof folder)
        return in->all;
    snprintf(folder, sizeof folder, "%s/", in->runtime_dir);
    return listed_below(in, folder, value);
}

/* Is any socket of X allowed? */
static bool x_reachable(const struct env_sockets *in)
{
    if (in->all)
        return true;
    for (size_t i = 0; i < in->listed->count; i++) {
        if (str_has_prefix(str_of(in->listed->items[i]), STR("/tmp/.X11-unix/")))
            return true;
    }
    return false;
}

/* "FILE:/tmp/krb5cc_1", "DIR:/x", "/x": krb5_ccache types; all others are no files. */
static bool file_reachable(const struct env_sockets *in, struct str value)
{
    struct str path = shortest(without(without(value, STR("FILE:")), STR("DIR:")));

    if (!str_has_prefix(path, STR("/")))
        return false;
    if (!str_has_prefix(path, STR("/tmp/")) && !str_has_prefix(path, STR("/run/")) &&
        !str_has_prefix(path, STR("/dev/")))
        return true;
    return !in->all && listed(in, path);
}

bool env_reachable(const struct env_sockets *in, enum env_kind kind, struct str value)
{
    switch (kind) {
    case ENV_SOCKET:
        return socket_reachable(in, value);
    case ENV_DISPLAY:
        return display_reachable(in, value);
    case ENV_WAYLAND:
        return wayland_reachable(in, value);
    case ENV_X_COOKIE:
        return x_reachable(in);
    case ENV_FILE:
        return file_reachable(in, value);
    case ENV_OURS:
    case ENV_PROXY:
    case ENV_LOADER:
    case ENV_CODE:
    case ENV_CODE_FILE:
    case ENV_OPTIONS:
    case ENV_HANDLE:
    case ENV_TEMPORARY:
    case ENV_PASSES:
        return false;
    }
    return false;
}
