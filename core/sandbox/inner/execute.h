/* SPDX-License-Identifier: Apache-2.0
 * execute.h - the last step of inner: it becomes the command. */
#ifndef FENCE_SANDBOX_INNER_EXECUTE_H
#define FENCE_SANDBOX_INNER_EXECUTE_H

/* As execvp(3), without memory of its own: the two words before argv[0] are room for the shell's
 * name. Returns only with errno: ENOENT, EACCES, or what execve(2) says. */
void execute(char **argv);

#endif
