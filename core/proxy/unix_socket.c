/* SPDX-License-Identifier: Apache-2.0
 * unix_socket.c - a path that was left behind is replaced; one that is served, or that is no
 * socket, or another user's, never. */
#include "proxy/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base.h"

/* connect(2) to a socket that nobody listens on is refused. */
static bool is_left_behind(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct stat st;

    if (fd < 0 || lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
        return false;
    memcpy(at.sun_path, path, strlen(path) + 1);
    return connect(fd, (struct sockaddr *)&at, sizeof at) < 0 && errno == ECONNREFUSED;
}

int unix_socket_bind(uv_pipe_t *pipe, const char *path, const char **cure)
{
    int rc;

    if (path[0] == '\0' || strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
        *cure = "the path of a Unix socket has 1 to 107 bytes";
        return -EINVAL;
    }
    rc = uv_pipe_bind(pipe, path);
    if (rc == UV_EADDRINUSE && is_left_behind(path) && unlink(path) == 0)
        rc = uv_pipe_bind(pipe, path);
    if (rc == UV_EADDRINUSE)
        *cure = "somebody serves it, or it is no socket of yours: choose another path";
    if (rc == 0 && chmod(path, 0600) < 0) /* before listen(2): until then nobody can connect */
        rc = -errno;
    return rc;
}

bool unix_socket_is_ours(const uv_handle_t *handle)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    int fd;

    return uv_fileno(handle, &fd) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}
