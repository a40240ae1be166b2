/* SPDX-License-Identifier: Apache-2.0
 * tsan.h - what ThreadSanitizer takes for a race, as it does not see into libraries: libuv closes
 * descriptors by itself, and the C library has locks of its own around getaddrinfo(3). For tests
 * with more than one engine or look-up; include it once in a program. */
#ifndef FENCE_TESTS_TSAN_H
#define FENCE_TESTS_TSAN_H

const char *__tsan_default_suppressions(void); /* NOLINT: the sanitizer's name for it */

__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void) /* NOLINT */
{
    return "called_from_lib:libuv.so\nrace:__libc_dynarray\nrace:getaddrinfo\n";
}

#endif
