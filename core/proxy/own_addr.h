/* SPDX-License-Identifier: Apache-2.0
 * own_addr.h - is this an address of this very machine? Asked anew each time: interfaces change. */
#ifndef FENCE_PROXY_OWN_ADDR_H
#define FENCE_PROXY_OWN_ADDR_H

#include "base/addr.h"

/* When it cannot be found out, the answer is yes. */
bool own_addr(const struct addr *addr);

#endif
