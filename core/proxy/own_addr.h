/* SPDX-License-Identifier: Apache-2.0
 * own_addr.h - is this an address of this very machine? Asked anew each time: interfaces change. */
#ifndef FENCE_PROXY_OWN_ADDR_H
#define FENCE_PROXY_OWN_ADDR_H

#include "base/addr.h"

/* Returns 1 or 0, or -EMFILE or -ENFILE where no descriptor is left to ask with. When it cannot be
 * found out for another reason, the answer is yes. */
int own_addr(const struct addr *addr);

#endif
