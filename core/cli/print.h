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

struct ask_tty;

struct printer {
    struct ask_tty *tty; /* whom policies may ask; or NULL */
    bool debug, monitor;
    bool is_open;          /* fd is chosen */
    int fd;                /* standard error, or its terminal opened once more */
    unsigned long dropped; /* lines nobody read: standard error was full */
    size_t nrest;          /* bytes of a line that the terminal has not taken yet */
    char rest[PRINT_LINE_MAX];
};

/* For fence_observer.on_event; `payload` is a struct printer. */
void print_event(const fence_event *event, void *payload);

/* For fence_observer.on_ask; `payload` is a struct printer with a `tty`. */
void print_ask(fence_ask *ask, const fence_request *request, const char *question, void *payload);

/* What the host program observes: nothing it need not. */
fence_observer print_observer(struct printer *printer);

/* What --clean-tty has dropped: "" for nothing. Told at a terminal, and to whoever asks. */
void print_kept(struct printer *printer, const char *what);

/* The last words: what was dropped, and what a slow terminal has not taken yet. */
void print_end(struct printer *printer);

/* "fence: ..." - an error. Control characters become '?'. */
__attribute__((format(printf, 1, 2))) void print_error(const char *fmt, ...);

/* The same without the name in front. */
__attribute__((format(printf, 1, 2))) void print_plain(const char *fmt, ...);

#endif
