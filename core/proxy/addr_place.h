/* SPDX-License-Identifier: Apache-2.0
 * addr_place.h - where an address leads from here: to others, to this machine, or, for a fence in a
 * sandbox of another one, to what stands for a name there. Asked anew each time. */
#ifndef FENCE_PROXY_ADDR_PLACE_H
#define FENCE_PROXY_ADDR_PLACE_H

#include "base/addr.h"

/* Returns an enum rules_addr, or -EMFILE or -ENFILE where no descriptor is left to ask with. It is
 * found out only where it matters: of addresses that are not public, RULES_ADDR_OTHERS. */
int addr_place(const struct addr *addr);

#endif
