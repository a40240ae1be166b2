/* SPDX-License-Identifier: Apache-2.0
 * golden.h - what was written before, in tests/golden, against what is written now. Include it
 * behind <cmocka.h>. FENCE_GOLDEN_WRITE=1 writes the files anew; read the difference before you
 * keep it. */
#ifndef FENCE_TESTS_GOLDEN_H
#define FENCE_TESTS_GOLDEN_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define GOLDEN_SIZE (64 * 1024)

static inline void golden_write(const char *path, struct str text)
{
    FILE *file = fopen(path, "w");

    if (!file || fwrite(text.bytes, 1, text.len, file) != text.len || fclose(file) != 0)
        fail_msg("cannot write '%s': %s", path, strerror(errno));
}

static inline void golden_read(struct buf *b, const char *path)
{
    FILE *file = fopen(path, "r");
    char *room = buf_reserve(b, GOLDEN_SIZE);

    if (!file || !room)
        fail_msg("cannot read '%s': %s; run with FENCE_GOLDEN_WRITE=1 to write it", path,
                 strerror(errno));
    buf_commit(b, fread(room, 1, GOLDEN_SIZE, file));
    fclose(file);
}

static inline struct str golden_line(struct str *rest)
{
    size_t len = str_find(*rest, '\n');
    struct str line = str_slice(*rest, 0, len);

    *rest = str_slice(*rest, len < rest->len ? len + 1 : len, rest->len);
    return line;
}

/* Ends the test at the first line that differs. */
static inline void golden_compare(const char *path, struct str want, struct str is)
{
    struct str a = want, b = is;

    if (str_equal(want, is))
        return;
    for (size_t number = 1; a.len > 0 || b.len > 0; number++) {
        struct str left = golden_line(&a), right = golden_line(&b);

        if (!str_equal(left, right))
            fail_msg("%s:%zu\n- " STR_FMT "\n+ " STR_FMT
                     "\nrun with FENCE_GOLDEN_WRITE=1 to write the files anew",
                     path, number, STR_ARG(left), STR_ARG(right));
    }
    fail_msg("%s differs in its last line's end", path);
}

/* Against tests/golden/KIND-NAME.txt. */
static inline void golden_check(const char *kind, const char *name, struct str is)
{
    auto_buf struct buf kept = BUF_INIT(GOLDEN_SIZE);
    char path[512];

    snprintf(path, sizeof path, "%s/golden/%s-%s.txt", FENCE_TESTS, kind, name);
    if (getenv("FENCE_GOLDEN_WRITE"))
        golden_write(path, is);
    golden_read(&kept, path);
    golden_compare(path, buf_str(&kept), is);
}

#endif
