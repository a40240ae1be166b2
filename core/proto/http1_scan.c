/* SPDX-License-Identifier: Apache-2.0
 * http1_scan.c - finds the end of a head, and refuses on the way what no head may hold.
 *
 * It knows lines, not their meaning: that is for http1_request.c and http1_response.c. */
#include "proto/http1_fields.h"

enum scan_state {
    SCAN_START,      /* nothing seen yet                              */
    SCAN_BLANK_CR,   /* CR of the one blank line that may come first  */
    SCAN_FIRST,      /* after it: now the start line must come        */
    SCAN_LINE,       /* inside a line                                 */
    SCAN_LINE_CR,    /* CR at its end                                 */
    SCAN_LINE_START, /* after CRLF                                    */
    SCAN_END_CR,     /* CR of the empty line that ends the head       */
    SCAN_DONE,
    SCAN_MALFORMED,
    SCAN_TOO_LARGE
};

static enum scan_state in_line(char c)
{
    return c == '\t' || http1_is_plain(c) ? SCAN_LINE : SCAN_MALFORMED;
}

static enum scan_state step(enum scan_state state, char c)
{
    switch (state) {
    case SCAN_START:
        return c == '\r' ? SCAN_BLANK_CR : in_line(c);
    case SCAN_BLANK_CR:
        return c == '\n' ? SCAN_FIRST : SCAN_MALFORMED;
    case SCAN_FIRST:
        return in_line(c);
    case SCAN_LINE:
        return c == '\r' ? SCAN_LINE_CR : in_line(c);
    case SCAN_LINE_CR:
        return c == '\n' ? SCAN_LINE_START : SCAN_MALFORMED;
    case SCAN_LINE_START:
        return c == '\r' ? SCAN_END_CR : in_line(c);
    case SCAN_END_CR:
        return c == '\n' ? SCAN_DONE : SCAN_MALFORMED;
    case SCAN_DONE:
    case SCAN_MALFORMED:
    case SCAN_TOO_LARGE:
        return state;
    }
    return SCAN_MALFORMED;
}

static enum http1_scan_status status_of(enum scan_state state)
{
    switch (state) {
    case SCAN_DONE:
        return HTTP1_SCAN_DONE;
    case SCAN_MALFORMED:
        return HTTP1_SCAN_MALFORMED;
    case SCAN_TOO_LARGE:
        return HTTP1_SCAN_TOO_LARGE;
    case SCAN_START:
    case SCAN_BLANK_CR:
    case SCAN_FIRST:
    case SCAN_LINE:
    case SCAN_LINE_CR:
    case SCAN_LINE_START:
    case SCAN_END_CR:
        return HTTP1_SCAN_MORE;
    }
    return HTTP1_SCAN_MALFORMED;
}

/* A byte that is refused is not eaten. A head that fills LIMIT_HTTP_HEAD without an end is refused
 * with its last byte, not with the next: whoever buffers that much need not wait for more. */
enum http1_scan_status http1_scan_head(struct http1_scan *scan, const char *bytes, size_t len,
                                       size_t *used)
{
    enum scan_state state = scan->state;
    size_t room = LIMIT_HTTP_HEAD - scan->len, i = 0;

    if (len < room)
        room = len;
    while (status_of(state) == HTTP1_SCAN_MORE && i < room) {
        if (state == SCAN_LINE) {
            i += http1_plain_run(bytes + i, room - i);
            if (i == room)
                break;
        }
        state = step(state, bytes[i]);
        i += state != SCAN_MALFORMED;
    }
    scan->len += i;
    *used = i;
    if (status_of(state) == HTTP1_SCAN_MORE && scan->len == LIMIT_HTTP_HEAD)
        state = SCAN_TOO_LARGE;
    scan->state = (uint8_t)state;
    return status_of(state);
}
