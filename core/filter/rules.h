/* SPDX-License-Identifier: Apache-2.0
 * rules.h - the order of decision (core/README.md), once, for the proxy and fence_decide() alike.
 *
 * Being denied is not an error: these functions always decide. */
#ifndef FENCE_FILTER_RULES_H
#define FENCE_FILTER_RULES_H

#include "filter/config.h"

/* Steps 2 to 5: may this name or address be asked for at this port? Nothing has been resolved. */
void rules_decide_host(fence_decision *out, const struct fence_config *config,
                       const struct host *host, uint16_t port);

/* Step 6: may `addr`, which `host` resolved to (or is), be dialled? Only after step 5 allowed
 * `host`. `own`: the address belongs to this machine (proxy/own_addr.h). */
void rules_decide_addr(fence_decision *out, const struct fence_config *config,
                       const struct host *host, uint16_t port, const struct addr *addr, bool own);

/* A decision of deny for a request that is not well-formed; `text` is a parser's sentence. */
void rules_refuse_malformed(fence_decision *out, const char *text);

#endif
