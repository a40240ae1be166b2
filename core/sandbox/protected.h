/* SPDX-License-Identifier: Apache-2.0
 * protected.h - names that no command may write, whatever the settings open: what shells, git,
 * editors and coding agents execute later, outside. And names that are only told of at the end, as
 * people and tools edit them all day. Tables and no more. */
#ifndef FENCE_SANDBOX_PROTECTED_H
#define FENCE_SANDBOX_PROTECTED_H

#include <stddef.h>

/* Patterns of pattern.h below every writable folder. "**" "/.git" is among them: git_dir.h says
 * what within it is protected. */
extern const char *const protected_names[];
extern const size_t protected_count;

/* Below the home folder, where a folder above them is writable and they were not opened by their
 * own names. */
extern const char *const protected_home[];
extern const size_t protected_home_count;

/* Below every writable folder. */
extern const char *const reported_names[];
extern const size_t reported_count;

#endif
