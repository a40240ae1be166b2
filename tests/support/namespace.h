/* SPDX-License-Identifier: Apache-2.0
 * namespace.h - may a test make namespaces for itself, and must it? */
#ifndef FENCE_TESTS_NAMESPACE_H
#define FENCE_TESTS_NAMESPACE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A thread of the sanitizer's own keeps unshare(2) from making one in this very process. */
#if defined(__SANITIZE_THREAD__)
#define NAMESPACE_HERE false
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NAMESPACE_HERE false
#endif
#endif
#ifndef NAMESPACE_HERE
#define NAMESPACE_HERE true
#endif

/* Where FENCE_REQUIRE_SANDBOX=1 is set, as in CI, "it cannot" is a failure, not a skipped test. */
static inline bool namespace_required(void)
{
    const char *required = getenv("FENCE_REQUIRE_SANDBOX");

    return required && strcmp(required, "1") == 0;
}

#endif
