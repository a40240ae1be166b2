/* SPDX-License-Identifier: Apache-2.0
 * connect_race.c - tries to reach a socket that is judged, by changing what was judged:
 *
 *   connect_race address|descriptor|link|flags TRIES OWN FOREIGN
 *
 * OWN is a path to bind a socket at, FOREIGN one of somebody else, who sends "host" to each client.
 * A second thread swaps, as fast as it can, the address in memory, the socket behind the number, or
 * the link at OWN.link; or it makes the socket block and not block. Prints how often each of both
 * was reached. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct race {
    const char *kind, *own, *foreign;
    char link[200];
    struct sockaddr_un to; /* swapped */
    atomic_int fd, done;
    int server;
};

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    return to;
}

static void *serve(void *argument)
{
    struct race *race = argument;

    for (;;) {
        int client = accept4(race->server, NULL, NULL, SOCK_CLOEXEC);

        if (client < 0)
            return NULL;
        if (write(client, "own!", 4) != 4)
            perror("write");
        close(client);
    }
}

static void swap_link(struct race *race, const char *to)
{
    char fresh[210];

    snprintf(fresh, sizeof fresh, "%s.new", race->link);
    if (symlink(to, fresh) < 0 || rename(fresh, race->link) < 0)
        perror(fresh);
}

static void *swap(void *argument)
{
    struct race *race = argument;
    struct sockaddr_un own = address(race->own), foreign = address(race->foreign);
    int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    for (unsigned i = 0; !race->done; i++) {
        if (strcmp(race->kind, "address") == 0)
            memcpy(&race->to, i & 1 ? &own : &foreign, sizeof own);
        else if (strcmp(race->kind, "link") == 0)
            swap_link(race, i & 1 ? race->own : race->foreign);
        else if (strcmp(race->kind, "descriptor") == 0 && race->fd >= 0)
            dup3(other, race->fd, O_CLOEXEC);
        else if (race->fd >= 0)
            fcntl(race->fd, F_SETFL, i & 1 ? O_NONBLOCK : 0);
    }
    return NULL;
}

/* Returns 'o', 'h', or '-' when neither was reached. */
static char try_once(struct race *race)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char who[4] = "-";

    race->fd = fd;
    if (connect(fd, (struct sockaddr *)&race->to, sizeof race->to) == 0) {
        fcntl(fd, F_SETFL, 0);
        if (read(fd, who, sizeof who) != sizeof who)
            who[0] = '-';
    }
    race->fd = -1;
    close(fd);
    return who[0];
}

int main(int argc, char **argv)
{
    struct race race = {.fd = -1};
    struct sockaddr_un own;
    pthread_t server, swapper;
    int reached[2] = {0}, tries;

    if (argc != 5)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    race.kind = argv[1];
    tries = atoi(argv[2]);
    race.own = argv[3];
    race.foreign = argv[4];
    own = address(race.own);
    race.server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(race.own);
    if (bind(race.server, (struct sockaddr *)&own, sizeof own) < 0 || listen(race.server, 64) < 0) {
        perror(race.own);
        return 2;
    }
    snprintf(race.link, sizeof race.link, "%s.link", race.own);
    swap_link(&race, race.own);
    race.to = strcmp(race.kind, "link") == 0 ? address(race.link) : own;
    if (strcmp(race.kind, "descriptor") == 0)
        race.to = address(race.foreign);
    if (pthread_create(&server, NULL, serve, &race) != 0 ||
        pthread_create(&swapper, NULL, swap, &race) != 0)
        return 2;
    for (int i = 0; i < tries; i++) {
        char who = try_once(&race);

        reached[0] += who == 'o';
        reached[1] += who == 'h';
    }
    race.done = 1;
    pthread_join(swapper, NULL);
    unlink(race.link);
    unlink(race.own);
    printf("own %s, host %d\n", reached[0] > 0 ? "reached" : "not reached", reached[1]);
    return 0;
}
