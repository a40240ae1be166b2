/* SPDX-License-Identifier: Apache-2.0
 * system_paths.c - see system_paths.h. */
#include "sandbox/system_paths.h"

#include "base/base.h"

const char *const system_paths[] = {
    "/bin",    "/sbin",    "/usr",          "/lib", "/lib32", "/lib64", "/libx32",
    "/etc",    "/sys",     "/opt",          "/nix", "/gnu",   "/snap",  "/var/lib/flatpak",
    "/System", "/Library", "/Applications",
};
const size_t system_paths_count = ARRAY_LEN(system_paths);

const char *const system_home_paths[] = {
    ".nvm",       ".fnm",    ".volta", ".n",  ".pyenv",     ".local/pipx", ".rbenv",   ".rvm",
    ".cargo/bin", ".rustup", "go/bin", ".go", ".local/bin", "bin",         ".bun/bin", ".deno/bin",
};
const size_t system_home_paths_count = ARRAY_LEN(system_home_paths);
