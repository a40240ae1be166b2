/* SPDX-License-Identifier: Apache-2.0
 * print.h - everything a person sees. Lines go to standard error, whole or not at all; the
 * command's own streams are never touched. */
#ifndef FENCE_CLI_PRINT_H
#define FENCE_CLI_PRINT_H

#include <fence/fence.h>
#include <stdbool.h>
#include <stddef.h>

#define PRINT_LINE_MAX 4096 /* PIPE_BUF: a pipe that is ready takes such a line whole */
#define PRINT_END_MS   200  /* a reader that is only slow; one that has stopped holds up no exit */

struct printer {
    bool debug, monitor;
    bool is_open;          /* fd is chosen */
    int fd;                /* standard error, or its terminal opened once more */
    unsigned long dropped; /* lines nobody read: standard error was full */
    size_t nrest;          /* bytes of a line that the terminal has not taken yet */
    char rest[PRINT_LINE_MAX];
};

/* For fence_observer.on_event; `payload` is a struct printer. */
void print_event(const fence_event *event, void *payload);

/* The last words: what was dropped, and what a slow terminal has not taken yet. */
void print_end(struct printer *printer);

/* "fence: ..." - an error. Control characters become '?'. */
__attribute__((format(printf, 1, 2))) void print_error(const char *fmt, ...);

#endif
