/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_places.h - what the parts of seatbelt_files.h share. Private to seatbelt_files*.c. */
#ifndef FENCE_SANDBOX_SEATBELT_PLACES_H
#define FENCE_SANDBOX_SEATBELT_PLACES_H

#include "sandbox/files.h"
#include "sandbox/roots.h"
#include "sandbox/seatbelt_names.h"

#define SEATBELT_MAKE "file-write-create file-write-unlink" /* a rename takes both */

/* The beginnings of rules: "deny file-read* file-write* process-exec*". */
struct seatbelt_says {
    const char *hidden, *writable, *visible;
};

/* Wishes, but for those that open nothing: what is above comes first, and of one path the strongest
 * last. */
struct seatbelt_sorted {
    const struct plan_wish **wishes;
    size_t count;
    const struct seatbelt_says *says;
    const struct roots *roots;
};

/* Each returns 0, or what seatbelt_files() does. */

bool seatbelt_hides(const struct plan_wish *wish);
bool seatbelt_opens(const struct plan_wish *wish);
int seatbelt_write_wish(struct buf *profile, const struct seatbelt_sorted *sorted,
                        const struct plan_wish *wish);

/* A file, which is to stay one: what is put in its place must not be writable as a folder. */
bool seatbelt_opens_file(const struct seatbelt_sorted *sorted, const struct plan_wish *wish);

/* Every folder above `path` that lies in `top`, which may be "/". */
int seatbelt_add_above(struct file_list *list, const char *top, const char *path);

/* One filter for each; they are sorted here, and named once. */
int seatbelt_write_list(struct seatbelt_rule *rule, struct file_list *list);

/* Ends the rule with those filters, and them. `rc`: how they were gathered. */
int seatbelt_end_with(struct seatbelt_rule *rule, struct seatbelt_names *names,
                      enum seatbelt_reach reach, int rc);

/* ---- seatbelt_files_hidden.c: behind the wishes ---- */

/* What patterns hide, also later; and what was opened below something hidden, once more. */
int seatbelt_hide(struct buf *profile, const struct files *files,
                  const struct seatbelt_sorted *sorted);

/* ---- seatbelt_files_closed.c: behind all that opens ---- */

/* What is not to be written, and what must stay where it is for that. */
int seatbelt_close(struct buf *profile, const struct files *files,
                   const struct seatbelt_sorted *sorted);

#endif
