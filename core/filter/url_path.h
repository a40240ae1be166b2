/* SPDX-License-Identifier: Apache-2.0
 * url_path.h - the ways in which servers read the path of a request. Pure.
 *
 * "/a/../b", "/%62" and "//b" are "/b" to one server and something else to the next. A rule that
 * denies has to hold for all of them, one that allows must be meant by all of them. */
#ifndef FENCE_FILTER_URL_PATH_H
#define FENCE_FILTER_URL_PATH_H

#include "base/str.h"

enum url_path_reading {
    URL_PATH_RAW,    /* byte for byte                                                            */
    URL_PATH_NORMAL, /* RFC 3986, section 6.2.2: unreserved letters decoded, dots resolved       */
    URL_PATH_SERVED  /* as a file server may: all decoded, as often as it can be, '\' as '/',
                        parameters (";x") and empty segments gone, dots resolved                 */
};
#define URL_PATH_READINGS 3

/* The path in `target`, which may go on with '?' or '#'; an empty one is "/". */
struct str url_path_of(struct str target);

/* Writes how `path` reads and returns the length. `out` has room for path.len bytes. */
size_t url_path_read(char *out, struct str path, enum url_path_reading reading);

/* Does `path` lie at `prefix` or below it? "/a" holds "/a" and "/a/b", not "/ab". */
bool url_path_below(struct str path, struct str prefix);

#endif
