/* SPDX-License-Identifier: Apache-2.0
 * command_defaults.c - the ancestor's list. The walls hold most of it anyway; this says so before.
 */
#include "filter/commands.h"

/* clang-format off */
#define ONE(a)           {a, {STR(a)}, 1, 1, 0, 0, NULL}
#define TWO(a, b)        {a " " b, {STR(a), STR(b)}, 2, 2, 0, 0, NULL}
#define LOOSE(a, b)      {a " " b, {STR(a), STR(b)}, 2, 1, 0, 0, NULL}
#define RUN(a, b, c)     {a " " b " " c, {STR(a), STR(b), STR(c)}, 3, 2, 0, 0, NULL}
#define MOUNT(a, b, c, d) {a " " b " " c " " d, {STR(a), STR(b), STR(c), STR(d)}, 4, 2, 0, 0, NULL}

const struct command_rule command_defaults[] = {
    ONE("shutdown"), ONE("reboot"), ONE("halt"), ONE("poweroff"), TWO("init", "0"), TWO("init", "6"),
    TWO("systemctl", "poweroff"), TWO("systemctl", "reboot"), TWO("systemctl", "halt"),
    ONE("insmod"), ONE("rmmod"), ONE("modprobe"), ONE("kexec"),
    ONE("mkfs"), ONE("mkfs.ext2"), ONE("mkfs.ext3"), ONE("mkfs.ext4"), ONE("mkfs.xfs"),
    ONE("mkfs.btrfs"), ONE("mkfs.vfat"), ONE("mkfs.ntfs"),
    ONE("fdisk"), ONE("parted"), LOOSE("dd", "if="),
    MOUNT("docker", "run", "-v", "/:/"), RUN("docker", "run", "--privileged"),
    ONE("chroot"), ONE("unshare"), ONE("nsenter"),
};
/* clang-format on */
const size_t ncommand_defaults = ARRAY_LEN(command_defaults);
