/* SPDX-License-Identifier: Apache-2.0
 * watch.h - tells when one of a few files may have changed. */
#ifndef FENCE_CLI_WATCH_H
#define FENCE_CLI_WATCH_H

#include <fence/fence.h>
#include <stdbool.h>

struct watch;

/* Returns 0 or -errno. */
int watch_new(struct watch **out);
void watch_free(struct watch *watch); /* takes NULL */

/* The descriptor to poll. */
int watch_fd(const struct watch *watch);

/* Between the two, the files are named anew by watch_add(); those that are not are forgotten at the
 * end. What happens meanwhile to one that stays is not lost. */
void watch_begin(struct watch *watch);
void watch_end(struct watch *watch);

/* Watches the file at `path`, under that name and at the place where a link leads. `suffix`: every
 * file in its folder whose name ends like that as well; or NULL. A file that is not there is
 * watched too, for it may come. Returns 0 or -errno. */
int watch_add(struct watch *watch, const char *path, const char *suffix);

/* Takes what has happened; call it when the descriptor can be read. Is one of the files concerned?
 */
bool watch_take(struct watch *watch);

#endif
