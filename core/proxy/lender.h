/* SPDX-License-Identifier: Apache-2.0
 * lender.h - lends sockets of another network namespace, one pair (IPv4, IPv6) to a connection.
 *
 * A socket stays in the namespace it was made in, whoever connects it. Nothing in there can make
 * more of them once the command runs, so each is used again and again; how many there are bounds
 * how many connections there are at once. */
#ifndef FENCE_PROXY_LENDER_H
#define FENCE_PROXY_LENDER_H

#include <uv.h>

#include "base/base.h"
#include "base/list.h"

struct lender;
struct loan;

struct lender_wait { /* zeroed but for list_init(&link) */
    struct list link;
    void (*on_turn)(struct lender_wait *wait); /* lender_ready() would be true */
};

/* Has no sockets at first. Returns 0 or a negative UV_E*. */
int lender_new(struct lender **out, uv_loop_t *loop);

/* Before lender_open(): gives it `count` unconnected TCP sockets of that family, 4 or 6: of IPv4
 * first, and of IPv6 as many, or none. They are the lender's from here on, on failure too. Returns
 * 0 or -errno. */
int lender_fill(struct lender *lender, int family, const int *fds, size_t count);

/* Lends from now on, to those who wait first. */
void lender_open(struct lender *lender);

/* Its sockets are closed when no loan is out any more; nobody's turn comes. Takes NULL. */
void lender_close(struct lender *lender);

/* Is there a pair to be had? Else `wait` is in the queue from now on; list_remove() its link to
 * leave it. */
bool lender_ready(struct lender *lender, struct lender_wait *wait);

/* Never NULL when lender_ready() has just been true. Owes one loan_return(). */
struct loan *lender_take(struct lender *lender);

/* A descriptor of the pair's socket of that family, close-on-exec; the caller's, who closes it and
 * then owes another loan_return(). -EAFNOSUPPORT where there is none, or -errno. */
int loan_open(struct loan *loan, int family);

/* The last one has the pair disconnected and lent to the next: when what was written is delivered,
 * if both ends have said all they had to say; else at once, and the other end sees a reset. */
void loan_return(struct loan *loan);

#endif
