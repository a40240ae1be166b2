/* SPDX-License-Identifier: Apache-2.0
 * login_file.h - the file of `fence proxy --login`: one line, NAME:PASSWORD. A command line would
 * show it to every user of the machine. */
#ifndef FENCE_CLI_LOGIN_FILE_H
#define FENCE_CLI_LOGIN_FILE_H

#include <fence/fence.h>

/* Asks the clients of `engine` for what stands in the file at `path`, which nobody but its owner
 * may read. Returns 0, or -1 with one line in `err`. */
int login_file_read(fence *engine, const char *path, fence_error *err);

#endif
