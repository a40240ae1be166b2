/* SPDX-License-Identifier: Apache-2.0
 * unix_sockets_connect_linux.c - makes a connect(2) in the caller's place: on its very open file,
 * to a copy of the address, and for a path to the very file that was judged.
 *
 * What the caller would see is what it gets, but for two things: the other end sees the host's
 * process as its peer (SO_PEERCRED), and more connects than LIMIT_BLOCKED_CONNECTS that have to
 * wait at once are told EAGAIN. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/un.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "base/str.h"
#include "sandbox/direct.h"
#include "sandbox/unix_sockets_judge.h"

struct attempt {
    struct unix_sockets *sockets;
    struct notify_call call;
    int fd;   /* the caller's open file, ours until it is answered */
    int file; /* of a Unix socket with a path; or -1               */
    int domain;
    bool begun; /* by us, and not by an earlier connect(2) of the caller */
    struct sockaddr_storage to;
    socklen_t len;
};

/* Of a socket; or -errno. */
static int option_of(int fd, int name)
{
    int value = 0;
    socklen_t len = sizeof value;

    return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -errno : value;
}

/* First our copy goes: the caller may close its own next, and mean it. */
static void answer(struct attempt *attempt, int error)
{
    if (attempt->fd >= 0)
        close(attempt->fd);
    if (attempt->file >= 0)
        close(attempt->file);
    notify_answer(&attempt->call, error);
}

static int try_connect(const struct attempt *attempt)
{
    return connect(attempt->fd, (const struct sockaddr *)&attempt->to, attempt->len) < 0 ? errno
                                                                                         : 0;
}

static int try_internet(struct attempt *attempt)
{
    if (option_of(attempt->fd, SO_TYPE) == SOCK_STREAM)
        unix_tcp_prepare(attempt->sockets, attempt->fd, (int)attempt->call.tid, &attempt->to,
                         &attempt->len);
    return try_connect(attempt);
}

/* ---- connects that take time ---- */

static bool block(struct unix_sockets *sockets, int change)
{
    bool fits;

    pthread_mutex_lock(&sockets->lock);
    fits = change < 0 || sockets->blocked < LIMIT_BLOCKED_CONNECTS;
    if (fits)
        sockets->blocked += (unsigned)change;
    pthread_mutex_unlock(&sockets->lock);
    return fits;
}

static void *connect_slowly(void *argument)
{
    auto_free struct attempt *attempt = argument;
    int error = try_connect(attempt);

    if (error == EALREADY && attempt->begun) /* SO_SNDTIMEO is over */
        error = EINPROGRESS;
    answer(attempt, error);
    block(attempt->sockets, -1);
    unix_sockets_unref(attempt->sockets);
    return NULL;
}

/* By a thread of its own, which waits in the kernel as the caller would have. */
static void hand_on(const struct attempt *attempt)
{
    struct attempt *copy = malloc(sizeof *copy);
    struct attempt failed = *attempt;
    bool fits = copy && block(attempt->sockets, 1);

    if (fits) {
        *copy = *attempt;
        unix_sockets_ref(attempt->sockets);
        if (notify_thread(connect_slowly, copy) == 0)
            return;
        block(attempt->sockets, -1);
        unix_sockets_unref(attempt->sockets);
    }
    free(copy);
    answer(&failed, EAGAIN);
}

/* The name of its file, which threads share, where that can be seen. */
static void read_program(char out[64], const struct notify_call *call)
{
    char path[64], target[LIMIT_PATH];
    const char *slash;
    ssize_t len;

    snprintf(path, sizeof path, "/proc/%d/exe", (int)call->tid);
    len = readlink(path, target, sizeof target - 1);
    target[len < 0 ? 0 : len] = '\0';
    slash = strrchr(target, '/');
    snprintf(out, 64, "%.63s", slash ? slash + 1 : "a program");
}

/* Once in a run: who has read it knows. */
static void hint(const struct attempt *attempt, int error)
{
    const struct sockaddr *to = (const struct sockaddr *)&attempt->to;
    struct unix_news news = {.kind = NEWS_ALERT};
    char program[64];

    if (attempt->sockets->hinted ||
        !direct_is(error, option_of(attempt->fd, SO_TYPE), to, attempt->len))
        return;
    attempt->sockets->hinted = true;
    read_program(program, &attempt->call);
    direct_hint(news.text, program, (int)notify_process(attempt->call.tid), to);
    unix_sockets_tell(attempt->sockets, &news);
}

static bool is_waiting(int error)
{
    return error == EINPROGRESS || error == EALREADY;
}

/* The flag is one of the open file, which the caller sees: it is there for the time of two calls.
 * The second one tells how it ended, as it has on the loopback interface. */
static void make(struct attempt *attempt)
{
    int flags = fcntl(attempt->fd, F_GETFL);
    bool blocks = flags >= 0 && !(flags & O_NONBLOCK);
    int error;

    if (blocks)
        fcntl(attempt->fd, F_SETFL, flags | O_NONBLOCK);
    error = attempt->domain == AF_INET || attempt->domain == AF_INET6 ? try_internet(attempt)
                                                                      : try_connect(attempt);
    hint(attempt, error);
    attempt->begun = error == EINPROGRESS;
    if (blocks && is_waiting(error))
        error = try_connect(attempt);
    if (blocks)
        fcntl(attempt->fd, F_SETFL, flags);
    if (blocks && (is_waiting(error) || (error == EAGAIN && attempt->domain == AF_UNIX)))
        hand_on(attempt);
    else
        answer(attempt, error);
}

/* ---- Unix sockets ---- */

static void refuse(struct attempt *attempt, const char *what, const char *why)
{
    char name[64], shown_name[128], shown[448];
    struct unix_news news = {.kind = NEWS_UNIX};
    int pid;

    if (attempt->sockets->observed) {
        pid = unix_read_process(name, (int)attempt->call.tid);
        str_escape(shown_name, sizeof shown_name, str_of(name));
        str_escape(shown, sizeof shown, str_of(what));
        snprintf(news.text, sizeof news.text, "CONNECT %s (%s:%d): %s", shown, shown_name, pid,
                 why);
        unix_sockets_tell(attempt->sockets, &news);
    }
    answer(attempt, EACCES);
}

/* What stands at the listed path now; but where the command can write there, what stood there
 * before it began. */
static bool is_listed(const struct unix_allowed *allowed, const struct stat *st)
{
    auto_fd int now = allowed->pinned >= 0 ? -1 : unix_path_listed(allowed->path);
    struct stat listed;

    return fstat(allowed->pinned >= 0 ? allowed->pinned : now, &listed) == 0 &&
           listed.st_dev == st->st_dev && listed.st_ino == st->st_ino;
}

static bool may_reach(struct unix_sockets *sockets, int file, const struct stat *st)
{
    for (size_t i = 0; i < sockets->nallowed; i++) {
        if (is_listed(&sockets->allowed[i], st))
            return true;
    }
    return unix_inside_bound(&sockets->inside, file, st);
}

/* To the file itself: whatever the path means by now. */
static void make_by_file(struct attempt *attempt)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int len = snprintf(to.sun_path, sizeof to.sun_path, "/proc/self/fd/%d", attempt->file);

    memcpy(&attempt->to, &to, sizeof to);
    attempt->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len + 1);
    make(attempt);
}

static void judge_path(struct attempt *attempt, const char *path)
{
    struct stat st;

    attempt->file = unix_path_open(&attempt->call, path);
    if (attempt->file < 0 || !notify_waits(&attempt->call))
        answer(attempt, attempt->file < 0 ? -attempt->file : ESRCH);
    else if (fstat(attempt->file, &st) < 0)
        answer(attempt, errno);
    else if (!S_ISSOCK(st.st_mode))
        answer(attempt, ECONNREFUSED);
    else if (!may_reach(attempt->sockets, attempt->file, &st))
        refuse(attempt, path,
               "no socket of the sandbox's own, and not in network.allowUnixSockets");
    else
        make_by_file(attempt);
}

/* Names without a path are looked up in the socket's own network namespace, which is the sandbox's;
 * what is no address at all gets the kernel's answer. */
static void connect_unix(struct attempt *attempt)
{
    const struct sockaddr_un *to = (const struct sockaddr_un *)&attempt->to;
    size_t head = offsetof(struct sockaddr_un, sun_path);
    char path[sizeof to->sun_path + 1] = {0};

    if (attempt->len <= head || attempt->len > sizeof *to || to->sun_family != AF_UNIX ||
        to->sun_path[0] == '\0') {
        make(attempt);
        return;
    }
    memcpy(path, to->sun_path, attempt->len - head);
    judge_path(attempt, path);
}

/* ---- the rest ---- */

/* The kernel alone may be addressed: to others the host has rights that the caller has not. */
static void connect_netlink(struct attempt *attempt)
{
    const struct sockaddr_nl *to = (const struct sockaddr_nl *)&attempt->to;

    if (attempt->len >= sizeof *to && (to->nl_pid != 0 || to->nl_groups != 0))
        answer(attempt, EPERM);
    else
        make(attempt);
}

/* Returns 0 or the errno that connect(2) has for it. Its order: the descriptor, then the address.
 */
static int fetch(struct attempt *attempt)
{
    const struct notify_call *call = &attempt->call;
    int len = (int)call->arguments[2];

    attempt->fd = notify_take_fd(call, (int)call->arguments[0]);
    if (attempt->fd < 0)
        return attempt->fd == -EBADF ? EBADF : EACCES;
    attempt->domain = option_of(attempt->fd, SO_DOMAIN);
    if (attempt->domain < 0)
        return -attempt->domain;
    if (len < 0 || (size_t)len > sizeof attempt->to)
        return EINVAL;
    attempt->len = (socklen_t)len;
    if (len > 0 && notify_read(call, call->arguments[1], &attempt->to, (size_t)len) < 0)
        return EFAULT;
    return notify_waits(call) ? 0 : ESRCH;
}

/* Before the sandbox was looked at there are bubblewrap and inner, which asks for a way out. */
static bool is_looked_at(struct unix_sockets *sockets)
{
    return atomic_load_explicit(&sockets->looked, memory_order_acquire);
}

void unix_connect(void *context, struct notify_call *call)
{
    struct attempt attempt = {.sockets = context, .fd = -1, .file = -1};
    enum notify_kind kind = notify_decode(call);
    bool looked = is_looked_at(context);
    int error = kind == NOTIFY_CONNECT ? 0 : ENOSYS;

    if (kind == NOTIFY_EXEC && attempt.sockets->execs) {
        exec_watch_answer(attempt.sockets->execs, call);
        return;
    }

    attempt.call = *call;
    if (error == 0)
        error = fetch(&attempt);
    if (error != 0)
        answer(&attempt, error);
    else if (looked && !unix_inside_net(&attempt.sockets->inside, attempt.fd))
        refuse(&attempt, "with a socket from outside the sandbox", "it stays as it came");
    else if (attempt.domain == AF_INET || attempt.domain == AF_INET6)
        make(&attempt);
    else if (attempt.domain == AF_UNIX && looked)
        connect_unix(&attempt);
    else if (attempt.domain == AF_NETLINK)
        connect_netlink(&attempt);
    else
        answer(&attempt, EAFNOSUPPORT);
}
