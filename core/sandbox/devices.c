/* SPDX-License-Identifier: Apache-2.0
 * devices.c - see devices.h. Asks the file system once, when the sandbox is planned; what is
 * plugged in later does not show inside. */
#include "sandbox/devices.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/paths.h"

/* Documentation/admin-guide/devices.txt */
#define MEMORY_MAJOR 1
#define SCSI_MAJOR   21
#define RAW_MAJOR    162

void devices_deinit(struct devices *devices)
{
    for (size_t i = 0; i < devices->count; i++)
        free(devices->items[i]);
    free(devices->items);
    *devices = (struct devices){0};
}

/* Those that every sandbox has of its own. */
static bool is_own(const char *path)
{
    static const char *const own[] = {"/dev/null",    "/dev/zero", "/dev/full",    "/dev/random",
                                      "/dev/urandom", "/dev/tty",  "/dev/console", "/dev/ptmx"};

    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        if (strcmp(own[i], path) == 0)
            return true;
    }
    return false;
}

static bool is_memory(dev_t device)
{
    unsigned number = minor(device); /* mem, kmem, port */

    return major(device) == MEMORY_MAJOR && (number == 1 || number == 2 || number == 4);
}

/* Character devices that read and write a disk by its own commands. */
static bool leads_to_disk(const char *path, dev_t device)
{
    return major(device) == SCSI_MAJOR || major(device) == RAW_MAJOR ||
           strncmp(path, "/dev/bsg/", 9) == 0 || strncmp(path, "/dev/nvme", 9) == 0 ||
           (strncmp(path, "/dev/ng", 7) == 0 && ascii_digit(path[7]));
}

const char *devices_refusal(const char *path, mode_t mode, dev_t device)
{
    if (strncmp(path, "/dev/", 5) != 0)
        return "leads out of /dev: name what lies in it";
    if (S_ISBLK(mode) || (S_ISCHR(mode) && leads_to_disk(path, device)))
        return "is a disk, and with it whatever is on it: open the folder where it is mounted by "
               "filesystem.allowWrite";
    if (!S_ISCHR(mode))
        return "is no device";
    if (is_memory(device))
        return "is this machine's memory, and with it everything: leave it out";
    if (strncmp(path, "/dev/pts/", 9) == 0)
        return "is another terminal, into which could be typed: leave it out";
    return NULL;
}

static int add(struct devices *out, const char *path, fence_error *err)
{
    char **items;

    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->items[i], path) == 0)
            return 0;
    }
    if (is_own(path))
        return 0;
    if (out->count == LIMIT_DEVICES)
        return fail(err, FENCE_ECONFIG, "devices.allow: these are more than %d devices",
                    LIMIT_DEVICES);
    items = reallocarray(out->items, out->count + 1, sizeof *items);
    if (!items)
        return fail(err, -ENOMEM, "out of memory");
    out->items = items;
    items[out->count] = strdup(path);
    if (!items[out->count])
        return fail(err, -ENOMEM, "out of memory");
    out->count++;
    return 0;
}

/* The devices right in a folder: /dev/dri, /dev/snd. Links and folders in it are left out, and what
 * would be refused by its own name. */
static int add_folder(struct devices *out, const char *folder, fence_error *err)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    char path[LIMIT_PATH];
    struct stat st;
    int rc = 0;

    if (!dir)
        return fail(err, -errno, "devices.allow: '%.200s' cannot be read: %s", folder,
                    fence_strerror(-errno));
    while (rc == 0 && (entry = readdir(dir))) {
        snprintf(path, sizeof path, "%.3000s/%s", folder, entry->d_name);
        if (lstat(path, &st) == 0 && !devices_refusal(path, st.st_mode, st.st_rdev))
            rc = add(out, path, err);
    }
    closedir(dir);
    return rc;
}

static int add_found(struct devices *out, const char *path, fence_error *err)
{
    const char *why;
    struct stat st;
    char shown[200];

    if (lstat(path, &st) < 0) /* gone again */
        return 0;
    if (S_ISDIR(st.st_mode) && strncmp(path, "/dev/", 5) == 0)
        return add_folder(out, path, err);
    if (is_own(path))
        return 0;
    why = devices_refusal(path, st.st_mode, st.st_rdev);
    str_escape(shown, sizeof shown, str_of(path));
    return why ? fail(err, FENCE_ECONFIG, "devices.allow: '%s' %s", shown, why)
               : add(out, path, err);
}

int devices_find(struct devices *out, const struct config_texts *written, struct events *events,
                 fence_error *err)
{
    struct devices found = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < written->count; i++) {
        fence_error why = {0};

        rc = paths_find(&found.items, &found.count, written->items[i], "/", NULL, &why);
        if (rc == -ENOENT) {
            events_notice(events, "devices.allow: %s: passed over", why.message);
            rc = 0;
        } else if (rc < 0) {
            fail(err, rc, "devices.allow: %s", why.message);
        }
    }
    for (size_t i = 0; rc == 0 && i < found.count; i++)
        rc = add_found(out, found.items[i], err);
    devices_deinit(&found);
    return rc;
}
