/* SPDX-License-Identifier: Apache-2.0
 * repository.h - git repositories that a command has made: what in them would have a later git run
 * programs, outside, also one that is called in a folder above (a gitlink, a submodule). */
#ifndef FENCE_SANDBOX_REPOSITORY_H
#define FENCE_SANDBOX_REPOSITORY_H

#include "base/base.h"

/* Does the text of a config (git-config(1)) hold nothing but what `git init`, `git clone` and
 * common commands write? What is not understood is not harmless. Pure. */
bool repository_config_is_harmless(const char *text, size_t len);

/* `path` is harmful: a config, a hook, a commondir. */
typedef void (*repository_found)(void *payload, const char *path);

/* Looks at the git folder `dir`. `config_too`: at its config as well. */
void repository_search(const char *dir, bool config_too, repository_found found, void *payload);

/* The git folder that a `.git` at `path` means: itself, or what the file of that name says,
 * canonical. False where it is none. */
bool repository_folder(char out[4096], const char *path);

#endif
