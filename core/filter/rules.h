/* SPDX-License-Identifier: Apache-2.0
 * rules.h - the order of decision (core/README.md), once, for the proxy and fence_decide() alike.
 *
 * Being denied is not an error: these functions always decide. */
#ifndef FENCE_FILTER_RULES_H
#define FENCE_FILTER_RULES_H

#include "filter/config.h"

/* Step 2: true if something denies it; `out` is written in any case. */
bool rules_deny_request(fence_decision *out, const struct fence_config *config,
                        const struct rules_request *request);

/* Steps 4 and 5, for a request that nothing denies: does anything allow it? */
void rules_allow_request(fence_decision *out, const struct fence_config *config,
                         const struct rules_request *request);

/* All of them, without policies: may this be asked for? Nothing has been resolved. */
void rules_decide_request(fence_decision *out, const struct fence_config *config,
                          const struct rules_request *request);

/* Could a request to this name be allowed, on whatever port? `policies`: there are some, which may
 * allow whatever is not denied. False is certain; true is not, as one rule may deny on the very
 * port, or by the very method, that another allows. */
bool rules_could_allow(const struct fence_config *config, const struct host *host, bool policies);

enum rules_addr {
    RULES_ADDR_OTHERS,
    RULES_ADDR_OWN, /* of this machine                                                      */
    RULES_ADDR_NAME /* stands for a name in the sandbox around us, which judges what it is for */
};

/* Step 6: may `addr`, which the request's host resolved to (or is), be dialled for it? Only after
 * step 5 allowed the request. `place` as of proxy/addr_place.h. */
void rules_decide_addr(fence_decision *out, const struct fence_config *config,
                       const struct rules_request *request, const struct addr *addr,
                       enum rules_addr place);

/* A decision of deny for a request that is not well-formed; `text` is a parser's sentence. */
void rules_refuse_malformed(fence_decision *out, const char *text);

#endif
