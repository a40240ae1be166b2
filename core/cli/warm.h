/* SPDX-License-Identifier: Apache-2.0
 * warm.h - fewer page faults at start. */
#ifndef FENCE_CLI_WARM_H
#define FENCE_CLI_WARM_H

/* Asks for the pages that the next milliseconds need (code, stack, heap) in a few calls instead of
 * one fault each: where the machine is virtual a fault costs up to twenty times the page. Call it
 * once, first thing in main; whatever fails is left out, and costs the faults. madvise(2),
 * MADV_POPULATE_READ. */
void warm_up(void);

#endif
