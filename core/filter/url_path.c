/* SPDX-License-Identifier: Apache-2.0
 * url_path.c - see url_path.h. Every reading is made in place, in one pass after another: none is
 * longer than what it was made of. */
#include "filter/url_path.h"

static bool is_unreserved(int byte) /* RFC 3986, section 2.3 */
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

/* The byte that "%41" at the end of `out` stands for, or -1. */
static int encoded_end(const char *out, size_t len)
{
    int high, low;

    if (len < 3 || out[len - 3] != '%')
        return -1;
    high = ascii_hex(out[len - 2]);
    low = ascii_hex(out[len - 1]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* What comes out may be the end of another encoded byte ("%2541"): with `all` it is looked at
 * again. Each time makes it shorter, so this is linear. */
static size_t decode(char *out, struct str path, bool all)
{
    size_t len = 0, decoded = 0; /* up to where nothing is looked at again */

    for (size_t i = 0; i < path.len; i++) {
        int byte;

        out[len++] = path.bytes[i];
        while ((byte = encoded_end(out + decoded, len - decoded)) >= 0 &&
               (all || is_unreserved(byte))) {
            len -= 2;
            out[len - 1] = (char)byte;
            if (!all)
                decoded = len;
        }
    }
    return len;
}

/* As a server on any system: '\' is '/', what follows ';' in a segment is no part of its name. */
static size_t strip(char *path, size_t len)
{
    bool in_parameter = false;
    size_t to = 0;

    for (size_t i = 0; i < len; i++) {
        char byte = path[i] == '\\' ? '/' : path[i];

        if (byte == '/')
            in_parameter = false;
        else if (byte == ';')
            in_parameter = true;
        if (in_parameter || (byte == '/' && to > 0 && path[to - 1] == '/'))
            continue;
        path[to++] = byte;
    }
    return to;
}

/* Where the segment before the '/' at `to` begins: its own '/', or 0. */
static size_t parent(const char *path, size_t to)
{
    while (to > 0 && path[to - 1] != '/')
        to--;
    return to > 0 ? to - 1 : 0;
}

/* RFC 3986, section 5.2.4. */
static size_t resolve_dots(char *path, size_t len)
{
    size_t to = 0, at = 0;

    while (at < len) {
        size_t end = at + 1; /* of the segment, which begins with its '/' */
        struct str segment;

        while (end < len && path[end] != '/')
            end++;
        segment = (struct str){path + at, end - at};
        if (str_equal(segment, STR("/.")) || str_equal(segment, STR("/.."))) {
            if (segment.len == 3)
                to = parent(path, to);
            if (end == len)
                path[to++] = '/';
        } else {
            memmove(path + to, path + at, segment.len);
            to += segment.len;
        }
        at = end;
    }
    return to;
}

struct str url_path_of(struct str target)
{
    size_t end = 0;

    while (end < target.len && target.bytes[end] != '?' && target.bytes[end] != '#')
        end++;
    return end > 0 ? str_slice(target, 0, end) : STR("/");
}

size_t url_path_read(char *out, struct str path, enum url_path_reading reading)
{
    size_t len;

    if (reading == URL_PATH_RAW) {
        memcpy(out, path.bytes, path.len);
        return path.len;
    }
    len = decode(out, path, reading == URL_PATH_SERVED);
    if (reading == URL_PATH_SERVED)
        len = strip(out, len);
    return resolve_dots(out, len);
}

bool url_path_below(struct str path, struct str prefix)
{
    return str_has_prefix(path, prefix) &&
           (path.len == prefix.len || path.bytes[prefix.len] == '/' ||
            (prefix.len > 0 && prefix.bytes[prefix.len - 1] == '/'));
}
