/* SPDX-License-Identifier: Apache-2.0
 * loose_fs.c - shows a folder as a file system on which upper and lower case are the same, and
 * which keeps the spelling that a name was made with: as a share of a Mac does it.
 *
 *   loose_fs FOLDER MOUNTPOINT [allow_other]    serves until it is unmounted; others, too: as root
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[PATH_MAX];

/* The name in `folder` that is `name`, case apart; or `name`. */
static void add_name(char *folder, const char *name)
{
    char found[NAME_MAX + 1];
    struct dirent *entry;
    DIR *stream = opendir(folder);

    snprintf(found, sizeof found, "%s", name);
    while (stream && (entry = readdir(stream))) {
        if (strcasecmp(entry->d_name, name) == 0)
            strcpy(found, entry->d_name);
    }
    if (stream)
        closedir(stream);
    strcat(folder, "/");
    strcat(folder, found);
}

static const char *real(char out[PATH_MAX], const char *path)
{
    char copy[PATH_MAX], *rest = NULL;

    strcpy(out, top);
    snprintf(copy, sizeof copy, "%s", path);
    for (char *name = strtok_r(copy, "/", &rest); name; name = strtok_r(NULL, "/", &rest))
        add_name(out, name);
    return out;
}

static int status(int rc)
{
    return rc < 0 ? -errno : 0;
}

/* What root has made belongs to whom it was made for. */
static int status_of_new(int rc, const char *path)
{
    const struct fuse_context *context = fuse_get_context();

    if (rc >= 0 && lchown(path, context->uid, context->gid) < 0 && geteuid() == 0)
        return -errno;
    return status(rc);
}

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *file)
{
    char at[PATH_MAX];

    (void)file;
    return status(lstat(real(at, path), st));
}

static int do_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
                      struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
    char at[PATH_MAX];
    struct dirent *entry;
    DIR *stream = opendir(real(at, path));

    (void)offset, (void)file, (void)flags;
    if (!stream)
        return -errno;
    while ((entry = readdir(stream)))
        fill(buf, entry->d_name, NULL, 0, 0);
    closedir(stream);
    return 0;
}

static int do_readlink(const char *path, char *buf, size_t size)
{
    char at[PATH_MAX];
    ssize_t len = readlink(real(at, path), buf, size - 1);

    if (len >= 0)
        buf[len] = '\0';
    return status((int)len);
}

static int do_open(const char *path, struct fuse_file_info *file)
{
    char at[PATH_MAX];
    int fd = open(real(at, path), file->flags & ~O_NOFOLLOW);

    file->fh = (uint64_t)fd;
    return status(fd);
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *file)
{
    char at[PATH_MAX];
    int fd = open(real(at, path), file->flags, mode);

    file->fh = (uint64_t)fd;
    return status_of_new(fd, at);
}

static int do_read(const char *path, char *buf, size_t size, off_t at, struct fuse_file_info *file)
{
    ssize_t len = pread((int)file->fh, buf, size, at);

    (void)path;
    return len < 0 ? -errno : (int)len;
}

static int do_write(const char *path, const char *buf, size_t size, off_t at,
                    struct fuse_file_info *file)
{
    ssize_t len = pwrite((int)file->fh, buf, size, at);

    (void)path;
    return len < 0 ? -errno : (int)len;
}

static int do_release(const char *path, struct fuse_file_info *file)
{
    (void)path;
    return status(close((int)file->fh));
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *file)
{
    char at[PATH_MAX];

    (void)file;
    return status(truncate(real(at, path), size));
}

static int do_mkdir(const char *path, mode_t mode)
{
    char at[PATH_MAX];

    return status_of_new(mkdir(real(at, path), mode), at);
}

static int do_unlink(const char *path)
{
    char at[PATH_MAX];

    return status(unlink(real(at, path)));
}

static int do_rmdir(const char *path)
{
    char at[PATH_MAX];

    return status(rmdir(real(at, path)));
}

static int do_symlink(const char *target, const char *path)
{
    char at[PATH_MAX];

    return status_of_new(symlink(target, real(at, path)), at);
}

static int do_rename(const char *from, const char *to, unsigned flags)
{
    char a[PATH_MAX], b[PATH_MAX];

    return status(renameat2(AT_FDCWD, real(a, from), AT_FDCWD, real(b, to), flags));
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *file)
{
    char at[PATH_MAX];

    (void)file;
    return status(chmod(real(at, path), mode));
}

static void *do_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
    (void)connection;
    config->use_ino = 1;
    config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
    return NULL;
}

static const struct fuse_operations operations = {.init = do_init,
                                                  .getattr = do_getattr,
                                                  .readdir = do_readdir,
                                                  .readlink = do_readlink,
                                                  .open = do_open,
                                                  .create = do_create,
                                                  .read = do_read,
                                                  .write = do_write,
                                                  .release = do_release,
                                                  .truncate = do_truncate,
                                                  .mkdir = do_mkdir,
                                                  .unlink = do_unlink,
                                                  .rmdir = do_rmdir,
                                                  .symlink = do_symlink,
                                                  .rename = do_rename,
                                                  .chmod = do_chmod};

int main(int argc, char **argv)
{
    bool others = argc == 4 && strcmp(argv[3], "allow_other") == 0;
    char *args[] = {argv[0], argc > 2 ? argv[2] : NULL, "-odefault_permissions,allow_other", NULL};

    if (argc < 3 || argc > 4 || !realpath(argv[1], top))
        return 2;
    return fuse_main(others ? 3 : 2, args, &operations, NULL);
}
