/* SPDX-License-Identifier: Apache-2.0
 * execute.c - see execute.h. */
#include "sandbox/inner/execute.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* execve(2), and a file without a magic number goes to the shell, as execvp(3) of the GNU C library
 * does it. The two words of our own before `argv` leave room for the shell's name. Returns only
 * with errno. */
static void execute_file(char *path, char **argv)
{
    execve(path, argv, environ);
    if (errno == ENOEXEC) {
        argv[-1] = "/bin/sh";
        argv[0] = path;
        execve(argv[-1], argv - 1, environ);
    }
}

/* "FOLDER/NAME"; an empty folder is the current one, as POSIX has it. False where it is too long.
 */
static int join(char out[PATH_MAX], const char *folder, size_t len, const char *name)
{
    size_t rest = strlen(name) + 1;

    if (len + 1 + rest > PATH_MAX)
        return 0;
    memcpy(out, folder, len);
    if (len > 0)
        out[len++] = '/';
    memcpy(out + len, name, rest);
    return 1;
}

/* Looks along PATH by access(2), which costs a tenth of a failing execve(2). */
void execute(char **argv)
{
    const char *name = argv[0], *folder = getenv("PATH");
    char path[PATH_MAX];
    int denied = 0;

    if (strchr(name, '/')) {
        execute_file(argv[0], argv);
        return;
    }
    for (folder = folder ? folder : "/usr/local/bin:/usr/bin:/bin"; folder;) {
        const char *end = strchrnul(folder, ':');
        int fits = join(path, folder, (size_t)(end - folder), name);

        folder = *end == ':' ? end + 1 : NULL;
        if (name[0] == '\0' || !fits || access(path, F_OK) < 0)
            continue;
        execute_file(path, argv);
        denied = denied || errno == EACCES;
        if (errno != EACCES && errno != ENOENT && errno != ENOTDIR)
            return;
    }
    errno = denied ? EACCES : ENOENT;
}
