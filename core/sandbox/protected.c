/* SPDX-License-Identifier: Apache-2.0
 * protected.c - see protected.h. What belongs here runs without being asked for: a start file when
 * a shell starts, a task when an editor opens the folder, a server when an agent does. */
#include "sandbox/protected.h"

#include "base/base.h"

const char *const protected_names[] = {
    "**/.git",
    "**/.gitconfig",
    "**/.gitmodules",
    /* shells */
    "**/.bashrc",
    "**/.bash_profile",
    "**/.bash_login",
    "**/.bash_logout",
    "**/.bash_aliases",
    "**/.profile",
    "**/.zshrc",
    "**/.zshenv",
    "**/.zprofile",
    "**/.zlogin",
    "**/.zlogout",
    "**/.inputrc",
    /* ripgrep executes a preprocessor that it names */
    "**/.ripgreprc",
    /* editors: tasks and terminals */
    "**/.vscode",
    "**/.idea",
    "**/.zed",
    /* agents: servers, hooks and commands */
    "**/.mcp.json",
    "**/.claude/commands",
    "**/.claude/agents",
    "**/.claude/hooks",
    "**/.claude/settings.json",
    "**/.claude/settings.local.json",
    "**/.cursor/mcp.json",
    "**/.cursor/hooks.json",
    "**/.gemini/settings.json",
    "**/.codex/config.toml",
    /* our own */
    "**/fence.json",
    "**/fence.jsonc",
    "**/.fence.json",
    "**/.fence.jsonc",
};
const size_t protected_count = ARRAY_LEN(protected_names);

const char *const protected_home[] = {
    ".ssh",
    ".gnupg",
    ".config/git",
    ".config/fish",
    ".config/fence",
    ".config/systemd",
    ".config/autostart",
    ".config/environment.d",
    ".config/plasma-workspace",
    ".config/nvim",
    ".local/bin",
    ".local/share/systemd",
    ".local/share/applications",
    ".local/share/dbus-1",
    "bin",
    ".cargo/bin",
    ".pam_environment",
    ".xprofile",
    ".xsession",
    ".xsessionrc",
    ".xinitrc",
    ".vimrc",
    ".vim",
    ".emacs",
    ".emacs.d",
    ".tmux.conf",
    ".curlrc",
    ".wgetrc",
    ".npmrc",
    ".gdbinit",
    ".lldbinit",
    ".pythonrc",
    ".docker",
    ".kube",
};
const size_t protected_home_count = ARRAY_LEN(protected_home);

const char *const reported_names[] = {
    /* build tools */
    "**/Makefile",
    "**/makefile",
    "**/GNUmakefile",
    "**/CMakeLists.txt",
    "**/configure",
    "**/meson.build",
    "**/justfile",
    "**/Justfile",
    "**/Taskfile.yml",
    "**/Rakefile",
    "**/Gemfile",
    "**/build.gradle",
    "**/build.gradle.kts",
    "**/gradlew",
    "**/pom.xml",
    "**/mvnw",
    "**/build.rs",
    "**/Cargo.toml",
    "**/.cargo/config.toml",
    /* packages */
    "**/package.json",
    "**/.npmrc",
    "**/.yarnrc.yml",
    "**/.pnpmfile.cjs",
    "**/setup.py",
    "**/setup.cfg",
    "**/pyproject.toml",
    "**/conftest.py",
    "**/sitecustomize.py",
    "**/noxfile.py",
    "**/tox.ini",
    "**/Dockerfile",
    "**/docker-compose.yml",
    "**/compose.yaml",
    /* what follows a folder or a commit */
    "**/.envrc",
    "**/.mise.toml",
    "**/.tool-versions",
    "**/.gitattributes",
    "**/.pre-commit-config.yaml",
    "**/.husky/*",
    "**/.github/workflows/*",
    "**/.gitlab-ci.yml",
    "**/.devcontainer/*",
    /* agents */
    "**/CLAUDE.md",
    "**/AGENTS.md",
    "**/GEMINI.md",
    "**/.cursorrules",
    "**/.cursor/rules/*",
    /* repositories that are new, the first of them without a work tree: git runs what their config
     * says */
    "**/HEAD",
    "**/.git",
};
const size_t reported_count = ARRAY_LEN(reported_names);
