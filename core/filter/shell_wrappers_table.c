/* SPDX-License-Identifier: Apache-2.0
 * shell_wrappers_table.c - the programs that execute others. Each says which of its options take a
 * value, as one that is forgotten hides the command. Those that take it behind '=' only are left
 * out. */
#include "filter/shell_walk.h"

#define PREFIX shell_unwrap_prefix

/* clang-format off */
static const struct shell_wrapper table[] = {
    /* ---- of the shell ---- */
    {.names = "command", .unwrap = shell_unwrap_command},
    {.names = "builtin noglob nocorrect", .unwrap = PREFIX},
    {.names = "exec", .unwrap = PREFIX, .letters = "a"},
    {.names = "eval", .unwrap = shell_unwrap_joined},
    {.names = "alias", .unwrap = shell_unwrap_alias},
    {.names = "trap", .unwrap = shell_unwrap_trap},
    {.names = "sh bash zsh ksh ksh93 mksh lksh oksh pdksh dash ash yash rbash rzsh rksh posh",
     .unwrap = shell_unwrap_shell},
    {.names = "fish", .unwrap = shell_unwrap_shell, .letters = "C",
     .longs = "command init-command", .script = "C"},

    /* ---- coreutils, findutils ---- */
    {.names = "env genv", .unwrap = shell_unwrap_env, .letters = "uCSaPLU",
     .longs = "unset chdir split-string argv0", .assignments = true},
    {.names = "xargs gxargs", .unwrap = PREFIX, .letters = "adEIJLnPRsS",
     .longs = "arg-file delimiter max-args max-procs max-chars process-slot-var"},
    {.names = "timeout gtimeout", .unwrap = PREFIX, .letters = "sk", .longs = "signal kill-after",
     .operands = 1},
    {.names = "nice", .unwrap = PREFIX, .letters = "n", .longs = "adjustment"},
    {.names = "nohup", .unwrap = PREFIX},
    {.names = "stdbuf", .unwrap = PREFIX, .letters = "ioe", .longs = "input output error"},
    {.names = "time gtime", .unwrap = PREFIX, .letters = "fo", .longs = "format output"},
    {.names = "chroot", .unwrap = PREFIX, .letters = "ugG", .longs = "userspec groups",
     .operands = 1},
    {.names = "find gfind bfs", .unwrap = shell_unwrap_find},
    {.names = "fd fdfind", .unwrap = shell_unwrap_fd},
    {.names = "busybox toybox busybox.static", .unwrap = shell_unwrap_applet,
     .holds_programs = true},
    {.names = "coreutils", .unwrap = shell_unwrap_coreutils, .holds_programs = true},

    /* ---- other users ---- */
    {.names = "sudo", .unwrap = PREFIX, .letters = "CDghpRrTtUuac",
     .longs = "close-from chdir group host prompt chroot role command-timeout type other-user user "
              "auth-type login-class",
     .flags = "login", .assignments = true},
    {.names = "doas", .unwrap = PREFIX, .letters = "uCa"},
    {.names = "su", .unwrap = shell_unwrap_su, .letters = "cgGsw",
     .longs = "command session-command group supp-group shell whitelist-environment",
     .script = "ccommand"},
    {.names = "runuser", .unwrap = shell_unwrap_su, .letters = "cugGsw",
     .longs = "command session-command user group supp-group shell whitelist-environment",
     .script = "ccommand"},
    {.names = "pkexec", .unwrap = PREFIX, .letters = "u", .longs = "user"},
    {.names = "run0", .unwrap = PREFIX, .letters = "MuDg",
     .longs = "machine property setenv unit slice description user group nice chdir background"},
    {.names = "systemd-run", .unwrap = PREFIX, .letters = "HMpEu",
     .longs = "host machine property setenv unit slice description service-type uid gid nice "
              "working-directory on-active on-boot on-startup on-unit-active on-unit-inactive "
              "on-calendar timer-property path-property socket-property background"},

    /* ---- util-linux and the like ---- */
    {.names = "ionice", .unwrap = PREFIX, .letters = "cnpPu",
     .longs = "class classdata pid pgid uid"},
    {.names = "setsid", .unwrap = PREFIX},
    {.names = "chrt", .unwrap = PREFIX, .letters = "TPD",
     .longs = "sched-runtime sched-period sched-deadline", .operands = 1},
    {.names = "taskset", .unwrap = PREFIX, .operands = 1},
    {.names = "numactl", .unwrap = PREFIX, .letters = "iwNCmpPSfLMoT",
     .longs = "interleave weighted-interleave cpunodebind physcpubind membind preferred "
              "preferred-many shm file offset length"},
    {.names = "prlimit", .unwrap = PREFIX, .letters = "po", .longs = "pid output"},
    {.names = "setpriv", .unwrap = PREFIX,
     .longs = "ambient-caps inh-caps bounding-set ruid euid rgid egid reuid regid groups "
              "securebits pdeathsig selinux-label apparmor-profile landlock-access landlock-rule "
              "seccomp-filter ptracer"},
    {.names = "unshare", .unwrap = PREFIX, .letters = "SGRwl",
     .longs = "setuid setgid root wd map-user map-group map-users map-groups owner propagation "
              "setgroups monotonic boottime load-interp"},
    {.names = "nsenter", .unwrap = PREFIX, .letters = "tSGWN",
     .longs = "target setuid setgid net-socket", .flags = "net"},
    {.names = "linux32 linux64 i386 x86_64", .unwrap = PREFIX},
    {.names = "script", .unwrap = shell_unwrap_su, .letters = "cEIOBTmot",
     .longs = "command echo log-in log-out log-io log-timing logging-format output-limit",
     .script = "ccommand", .operands = 1},
    {.names = "flock", .unwrap = PREFIX, .letters = "wEc",
     .longs = "timeout wait conflict-exit-code command", .script = "ccommand", .operands = 1},
    {.names = "watch", .unwrap = shell_unwrap_joined, .letters = "nqs",
     .longs = "interval equexit shotsdir"},
    {.names = "strace", .unwrap = PREFIX, .letters = "aeEIbOoPpsSuUX",
     .longs = "attach columns const-print-style env interruptible output status string-limit "
              "summary-columns summary-sort-by summary-syscall-overhead trace trace-path user "
              "signals signal abbrev verbose raw read write fault inject kvm detach-on",
     .flags = "summary"},
    {.names = "ltrace", .unwrap = PREFIX, .letters = "aADeFlnopsuwx",
     .longs = "align arrays debug config library indent output user where"},
    {.names = "catchsegv chronic ifne unbuffer setuidgid fakeroot proxychains proxychains4",
     .unwrap = PREFIX},
    {.names = "xvfb-run", .unwrap = PREFIX, .letters = "efnpsw",
     .longs = "error-file auth-file server-num xauth-protocol server-args wait"},
    {.names = "dbus-run-session", .unwrap = PREFIX, .longs = "config-file dbus-daemon"},
    {.names = "valgrind", .unwrap = PREFIX},
    {.names = "parallel sem", .unwrap = shell_unwrap_parallel, .letters = "jaSINnLPCdEsUD",
     .longs = "jobs max-procs arg-file arg-file-sep arg-sep basefile block colsep compress-program "
              "delay delimiter env halt id joblog load max-args max-chars max-replace-args memfree "
              "nice profile recend recstart results retries return rpl semaphorename sqlmaster ssh "
              "sshdelay sshlogin sshloginfile tagstring tempdir termseq timeout tmpdir "
              "transferfile trc trim workdir",
     .flags = "semaphore tag"},
    {.names = "entr", .unwrap = PREFIX, .letters = "s", .script = "s"},

    /* ---- developers' ---- */
    {.names = "git", .unwrap = shell_unwrap_git, .letters = "Cc",
     .longs = "git-dir work-tree namespace config-env attr-source super-prefix"},
    {.names = "npx", .unwrap = PREFIX, .letters = "pcwn",
     .longs = "package call workspace prefix cache userconfig registry node-arg shell",
     .script = "ccall"},
    {.names = "npm", .unwrap = PREFIX, .letters = "cwC",
     .longs = "package call workspace prefix cache userconfig registry", .script = "ccall",
     .subcommands = "exec x"},
    {.names = "pnpm", .unwrap = PREFIX, .letters = "CF",
     .longs = "dir filter package workspace-concurrency",
     .subcommands = "exec dlx"},
    {.names = "yarn", .unwrap = PREFIX, .letters = "p", .longs = "cwd package",
     .subcommands = "exec dlx"},
    {.names = "bun", .unwrap = PREFIX, .longs = "cwd", .subcommands = "x"},
    {.names = "bunx pnpx", .unwrap = PREFIX, .letters = "p", .longs = "package"},
    {.names = "uv", .unwrap = PREFIX, .letters = "pwi",
     .longs = "python with with-editable with-requirements extra group only-group env-file index "
              "index-url extra-index-url package directory project config-file cache-dir",
     .subcommands = "run"},
    {.names = "uvx", .unwrap = PREFIX, .letters = "pw", .longs = "python with from index env-file"},
    {.names = "poetry pipenv pdm", .unwrap = PREFIX, .letters = "CPp", .longs = "directory project",
     .subcommands = "run"},
    {.names = "bundle rbenv pyenv asdf", .unwrap = PREFIX, .subcommands = "exec"},
    {.names = "direnv", .unwrap = PREFIX, .subcommands = "exec", .operands = 1},
    {.names = "rustup", .unwrap = PREFIX, .subcommands = "run", .operands = 1},
};

/* What the kernel names to load programs: glibc's and musl's. */
static const struct shell_wrapper loader = {
    .unwrap = PREFIX,
    .longs = "library-path preload argv0 audit inhibit-rpath glibc-hwcaps-prepend "
             "glibc-hwcaps-mask",
    .holds_programs = true};
/* clang-format on */

static bool is_loader(struct str name)
{
    struct str so = STR(".so");

    if (!str_has_prefix(name, STR("ld-")) && !str_equal(name, STR("ld.so")))
        return false;
    for (size_t i = 0; i + so.len <= name.len; i++) {
        if (str_has_prefix(str_slice(name, i, name.len), so))
            return true;
    }
    return false;
}

const struct shell_wrapper *shell_wrapper_of(struct str name)
{
    if (is_loader(name))
        return &loader;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (shell_listed(table[i].names, name, false))
            return &table[i];
    }
    return NULL;
}
