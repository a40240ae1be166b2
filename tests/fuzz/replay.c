/* SPDX-License-Identifier: Apache-2.0
 * replay.c - runs a fuzzer's target over files and folders of inputs, without a fuzzer.
 *
 * Each input ends at a guard page. Finds no new inputs: it keeps the ones found from coming back.
 * Fails when it was given nothing to run, so that a lost corpus does not pass for a clean one. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>

#include "support/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* The whole file in memory of its own; exits when it cannot be read. */
static char *read_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(size + 1);

    if (!file || !bytes || fread(bytes, 1, size, file) != size) {
        fprintf(stderr, "replay: cannot read '%s'\n", path);
        exit(1);
    }
    fclose(file);
    return bytes;
}

static void run_file(const char *path, size_t size)
{
    char *bytes = read_file(path, size);
    char *copy = guard_copy(bytes, size);

    free(bytes);
    fprintf(stderr, "%s\n", path); /* the last line before a crash names its input */
    LLVMFuzzerTestOneInput((const uint8_t *)copy, size);
    guard_free(copy, size);
}

/* Returns how many inputs were run below `path`. */
static size_t run_path(const char *path)
{
    struct stat st;
    struct dirent *entry;
    size_t count = 0;
    DIR *dir;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        run_file(path, (size_t)st.st_size);
        return 1;
    }
    dir = opendir(path);
    if (!dir) {
        fprintf(stderr, "replay: cannot open '%s': %s\n", path, strerror(errno));
        exit(1);
    }
    while ((entry = readdir(dir))) {
        char below[4096];

        if (entry->d_name[0] == '.')
            continue;
        if ((size_t)snprintf(below, sizeof below, "%s/%s", path, entry->d_name) >= sizeof below) {
            fprintf(stderr, "replay: the path is too long: '%s/%s'\n", path, entry->d_name);
            exit(1);
        }
        count += run_path(below);
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    size_t count = 0;

    for (int i = 1; i < argc; i++)
        count += run_path(argv[i]);
    printf("%zu inputs\n", count);
    if (count == 0)
        fprintf(stderr, "replay: no inputs; name files or folders that hold them\n");
    return count == 0;
}
