/* SPDX-License-Identifier: Apache-2.0
 * require.h - what must hold in a fuzz target: a fuzzer takes an abort for a finding. */
#ifndef FENCE_TESTS_SUPPORT_REQUIRE_H
#define FENCE_TESTS_SUPPORT_REQUIRE_H

#include <stdbool.h>
#include <stdlib.h>

static inline void require(bool ok)
{
    if (!ok)
        abort();
}

#endif
