/* SPDX-License-Identifier: Apache-2.0
 * filter.h - the seccomp programs of a sandbox, made by filter/generate.c when fence is built:
 * arrays of struct sock_filter, of so many bytes. */
#ifndef FENCE_SANDBOX_FILTER_H
#define FENCE_SANDBOX_FILTER_H

#include <stdint.h>

extern const char filter_closed[], filter_nested[]; /* nested: where allowNested is set */
extern const uint64_t filter_closed_size, filter_nested_size;

#endif
