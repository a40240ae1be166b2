/* SPDX-License-Identifier: Apache-2.0
 * search_domains.h - what resolv.conf(5) has a resolver put behind the names that it is given.
 *
 * Programs inside read the host's resolv.conf, and so ask for "example.test.corp.example" where
 * they mean "example.test". Nothing is known here of LOCALDOMAIN and RES_OPTIONS. */
#ifndef FENCE_PROXY_SEARCH_DOMAINS_H
#define FENCE_PROXY_SEARCH_DOMAINS_H

#include "base/host.h"

struct search_domains {
    unsigned ndots; /* a name with fewer dots is first asked for with a domain behind it */
    size_t count;
    struct host list[LIMIT_SEARCH_DOMAINS]; /* names; what is none was left out */
};

/* Reads the text of a resolv.conf: the last of its `search` and `domain` lines, and ndots. */
void search_domains_parse(struct search_domains *out, struct str text);

/* The same of a file, of which LIMIT_RESOLV_CONF bytes are read. One that cannot be read says
 * nothing. Without any domain in it, it is that of this machine's own name: resolv.conf(5). */
void search_domains_load(struct search_domains *out, const char *path);

/* What of `name` stands before the domain of that index and its dot: 0 bytes where it is not below
 * that domain. */
struct str search_domains_before(const struct search_domains *domains, size_t index,
                                 const struct host *name);

#endif
