/* SPDX-License-Identifier: Apache-2.0
 * git_dir.h - what within a git folder makes a later git run programs: its config, hooks, and where
 * it says that more of them lie (gitrepository-layout(5)). Asks the file system. */
#ifndef FENCE_SANDBOX_GIT_DIR_H
#define FENCE_SANDBOX_GIT_DIR_H

#include <fence/fence.h>

#include "base/base.h"

/* `path` is one of them, absolute; it need not be there. Returns 0 or a negative number, which ends
 * it. */
typedef int (*git_dir_found)(void *payload, const char *path);

/* All of the git folder `dir`, its submodules' and its worktrees'. `config_too`: its config as
 * well. Returns 0, what `found` returned, or -ENOMEM. */
int git_dir_protected(const char *dir, bool config_too, git_dir_found found, void *payload);

/* `file` is a `.git` that is a file, at the top of a linked worktree (git-worktree(1)). Writes the
 * folder that its repository shares, "" unless both sides say that they belong together: a file
 * that came with a project could name any. */
void git_dir_of_worktree(char out[4096], const char *file);

#endif
