/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_base.h - what every profile of sandbox-exec(1) holds, whatever the settings say. */
#ifndef FENCE_SANDBOX_SEATBELT_BASE_H
#define FENCE_SANDBOX_SEATBELT_BASE_H

extern const char seatbelt_base[];

/* Behind the rules of files: what of /dev is there, and how. */
extern const char seatbelt_devices[];

/* Programs may make terminals of their own: allowPty. */
extern const char seatbelt_terminals[];

#endif
