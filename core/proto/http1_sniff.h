/* SPDX-License-Identifier: Apache-2.0
 * http1_sniff.h - is what a client says first a request of HTTP/1 (RFC 9112, section 3)? Asked of
 * connections that came without a word about what they are. Pure. */
#ifndef FENCE_PROTO_HTTP1_SNIFF_H
#define FENCE_PROTO_HTTP1_SNIFF_H

#include "base/str.h"

enum http1_sniff {
    HTTP1_SNIFF_MORE,    /* it may still become one                           */
    HTTP1_SNIFF_REQUEST, /* it is one, well-formed or not                     */
    HTTP1_SNIFF_OTHER    /* it is none: another protocol, or another HTTP     */
};

/* `first` is all that the client has said so far. Any split of the input gives the same answer, and
 * there is one within LIMIT_HTTP_HEAD. */
enum http1_sniff http1_sniff(struct str first);

#endif
