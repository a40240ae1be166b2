/* SPDX-License-Identifier: Apache-2.0
 * env_tables.c - see env_tables.h. Scrubbed is what loads code into programs and shells as a side
 * effect, leads around the proxy, or leads to services that are out of reach. What people set to
 * have it used (PATH, PYTHONPATH, CLASSPATH, EDITOR, PAGER, CC) passes. */
#include "sandbox/env_tables.h"

/* Node: limits and manner. Not --require, --import, --loader, --inspect... */
static const struct str node_words[] = {
    STR("--max-old-space-size="),
    STR("--max_old_space_size="),
    STR("--max-semi-space-size="),
    STR("--max-http-header-size="),
    STR("--stack-trace-limit="),
    STR("--dns-result-order="),
    STR("--unhandled-rejections="),
    STR("--no-warnings"),
    STR("--no-deprecation"),
    STR("--trace-warnings"),
    STR("--trace-deprecation"),
    STR("--throw-deprecation"),
    STR("--enable-source-maps"),
    STR("--experimental-vm-modules"),
    STR("--openssl-legacy-provider"),
    STR("--use-openssl-ca"),
    STR("--use-bundled-ca"),
    STR("--use-system-ca"),
    {0},
};

/* Java: sizes and the locale. Not -javaagent, -agentlib, -Xbootclasspath, -XX:OnError... */
static const struct str java_words[] = {
    STR("-Xmx"),
    STR("-Xms"),
    STR("-Xmn"),
    STR("-Xss"),
    STR("-XX:MaxRAMPercentage="),
    STR("-XX:InitialRAMPercentage="),
    STR("-XX:ActiveProcessorCount="),
    STR("-Dfile.encoding="),
    STR("-Djava.awt.headless="),
    STR("-Duser.language="),
    STR("-Duser.country="),
    STR("-Duser.timezone="),
    {0},
};

#define OURS(text)                                                                                 \
    {                                                                                              \
        STR(text), ENV_OURS, NULL, NULL                                                            \
    }
#define PROXY(text)                                                                                \
    {                                                                                              \
        STR(text), ENV_PROXY, "it leads to a proxy out of reach", NULL                             \
    }
#define LOADER(text, why)                                                                          \
    {                                                                                              \
        STR(text), ENV_LOADER, why, NULL                                                           \
    }
#define CODE(text, why)                                                                            \
    {                                                                                              \
        STR(text), ENV_CODE, why, NULL                                                             \
    }
#define HANDLE(text, why)                                                                          \
    {                                                                                              \
        STR(text), ENV_HANDLE, why, NULL                                                           \
    }
#define SOCKET(text, why)                                                                          \
    {                                                                                              \
        STR(text), ENV_SOCKET, why, NULL                                                           \
    }
#define SPECIAL(text, kind, why)                                                                   \
    {                                                                                              \
        STR(text), kind, why, NULL                                                                 \
    }
#define OPTIONS(text, words, why)                                                                  \
    {                                                                                              \
        STR(text), ENV_OPTIONS, why, words                                                         \
    }

/* By name, letters compared in lower case ('_' then stands before them): bisected. */
static const struct env_rule rules[] = {
    OURS("_"), /* a shell's name for fence itself */
    OPTIONS("_JAVA_OPTIONS", java_words, "Java loads agents by it"),
    SOCKET("ALACRITTY_SOCKET", "it leads to the terminal program"),
    PROXY("all_proxy"), /* curl, and what follows it */
    SOCKET("AT_SPI_BUS_ADDRESS", "it leads to the desktop"),
    CODE("BASH_ENV", "bash runs this file"),
    CODE("BASHOPTS", "bash takes options from it"),
    PROXY("cargo_http_proxy"),
    SOCKET("CONTAINER_HOST", "it leads to a container engine"),
    HANDLE("CREDENTIALS_DIRECTORY", "it leads to secrets of a service of the host"),
    SOCKET("DBUS_SESSION_BUS_ADDRESS", "it leads to the session's services"),
    SOCKET("DBUS_STARTER_ADDRESS", "it leads to the session's services"),
    SOCKET("DBUS_SYSTEM_BUS_ADDRESS", "it leads to the system's services"),
    HANDLE("DESKTOP_STARTUP_ID", "it belongs to the desktop"),
    SPECIAL("DISPLAY", ENV_DISPLAY, "it leads to the screen and keyboard"),
    SOCKET("DOCKER_HOST", "it leads to a container engine"),
    CODE("DOTNET_STARTUP_HOOKS", ".NET loads code by it"),
    SOCKET("EMACS_SOCKET_NAME", "it leads to an editor"),
    CODE("ENV", "sh runs this file"),
    PROXY("ftp_proxy"), /* curl, wget */
    LOADER("GCONV_PATH", "the C library loads code by it"),
    LOADER("GETCONF_DIR", "the C library runs programs by it"),
    CODE("GIT_ALTERNATE_OBJECT_DIRECTORIES", "git takes objects from elsewhere by it"),
    CODE("GIT_ASKPASS", "git runs it"),
    CODE("GIT_CONFIG", "git takes settings from it, which name programs"),
    CODE("GIT_CONFIG_COUNT", "git takes settings from it, which name programs"),
    SPECIAL("GIT_CONFIG_GLOBAL", ENV_CODE_FILE, "git takes settings from it, which name programs"),
    CODE("GIT_CONFIG_PARAMETERS", "git takes settings from it, which name programs"),
    SPECIAL("GIT_CONFIG_SYSTEM", ENV_CODE_FILE, "git takes settings from it, which name programs"),
    CODE("GIT_EXEC_PATH", "git takes its programs from there"),
    CODE("GIT_EXTERNAL_DIFF", "git runs it"),
    CODE("GIT_OBJECT_DIRECTORY", "git keeps objects elsewhere by it"),
    CODE("GIT_PROXY_COMMAND", "git runs it"),
    CODE("GIT_SSH", "git runs it"),
    CODE("GIT_SSH_COMMAND", "git runs it"),
    CODE("GIT_SSH_VARIANT", "it tells of GIT_SSH"),
    CODE("GIT_TEMPLATE_DIR", "git copies hooks from there"),
    LOADER("GLIBC_TUNABLES", "it changes the C library"),
    PROXY("global_agent_http_proxy"),
    PROXY("global_agent_https_proxy"),
    PROXY("global_agent_no_proxy"),
    SOCKET("GNOME_KEYRING_CONTROL", "it leads to passwords"),
    HANDLE("GNOME_KEYRING_PID", "it leads to passwords"),
    SOCKET("GPG_AGENT_INFO", "it leads to keys"),
    PROXY("grpc_proxy"),
    CODE("GTK_MODULES", "GTK loads code by it"),
    LOADER("HOSTALIASES", "it changes how names are looked up"),
    PROXY("http_proxy"),  /* nearly everything */
    PROXY("https_proxy"), /* nearly everything */
    SOCKET("I3SOCK", "it leads to the window manager"),
    CODE("IFS", "a shell takes words apart by it"),
    OPTIONS("JAVA_TOOL_OPTIONS", java_words, "Java loads agents by it"),
    OPTIONS("JDK_JAVA_OPTIONS", java_words, "Java loads agents by it"),
    HANDLE("JOURNAL_STREAM", "it tells of a stream to the journal"),
    SOCKET("KITTY_LISTEN_ON", "it leads to the terminal program"),
    SPECIAL("KRB5CCNAME", ENV_FILE, "it leads to tickets that are not there"),
    CODE("LESSCLOSE", "less runs it"),
    CODE("LESSOPEN", "less runs it"),
    LOADER("LOCALDOMAIN", "it changes how names are looked up"),
    LOADER("LOCPATH", "the C library loads locales by it"),
    SPECIAL("MALLOC_ARENA_MAX", ENV_PASSES, NULL), /* a number, and a usual one */
    HANDLE("MANAGERPID", "it tells of the service manager"),
    LOADER("NLSPATH", "the C library reads messages by it"),
    PROXY("no_proxy"), /* nearly everything */
    OPTIONS("NODE_OPTIONS", node_words, "Node loads code by it"),
    OURS("NODE_USE_ENV_PROXY"),
    SOCKET("NOTIFY_SOCKET", "it leads to the service manager"),
    PROXY("npm_config_http_proxy"), /* an older name */
    PROXY("npm_config_https_proxy"),
    PROXY("npm_config_noproxy"),
    PROXY("npm_config_proxy"),
    SOCKET("NVIM", "it leads to an editor"),
    SOCKET("NVIM_LISTEN_ADDRESS", "it leads to an editor"),
    SPECIAL("OPENSSL_CONF", ENV_CODE_FILE, "OpenSSL loads code by it"),
    CODE("OPENSSL_ENGINES", "OpenSSL loads code from there"),
    CODE("OPENSSL_MODULES", "OpenSSL loads code from there"),
    CODE("PERL5DB", "Perl runs it"),
    CODE("PERL5OPT", "Perl loads code by it"),
    PROXY("pip_proxy"),
    HANDLE("PIPEWIRE_REMOTE", "it leads to microphone and camera"),
    CODE("PROMPT_COMMAND", "bash runs it"),
    CODE("PS4", "a shell runs what stands in it"),
    HANDLE("PULSE_COOKIE", "it leads to microphone and speakers"),
    SOCKET("PULSE_SERVER", "it leads to microphone and speakers"),
    CODE("PYTHONINSPECT", "Python waits for input by it"),
    CODE("PYTHONSTARTUP", "Python runs this file"),
    LOADER("RES_OPTIONS", "it changes how names are looked up"),
    PROXY("rsync_proxy"),
    CODE("RUBYOPT", "Ruby loads code by it"),
    HANDLE("SESSION_MANAGER", "it leads to the desktop"),
    CODE("SHELLOPTS", "bash takes options from it"),
    PROXY("socks_proxy"), /* desktop settings, handed on by some */
    HANDLE("SSH_AGENT_PID", "it tells of the agent"),
    CODE("SSH_ASKPASS", "ssh runs it"),
    SOCKET("SSH_AUTH_SOCK", "it leads to keys"),
    SOCKET("STY", "it leads to the terminal program"),
    SOCKET("SWAYSOCK", "it leads to the window manager"),
    SPECIAL("TEMP", ENV_TEMPORARY, NULL),
    SPECIAL("TMP", ENV_TEMPORARY, NULL),
    SPECIAL("TMPDIR", ENV_TEMPORARY, NULL),
    SOCKET("TMUX", "it leads to the terminal program"),
    HANDLE("TMUX_PANE", "it leads to the terminal program"),
    HANDLE("WATCHDOG_PID", "it tells of the service manager"),
    HANDLE("WATCHDOG_USEC", "it tells of the service manager"),
    SPECIAL("WAYLAND_DISPLAY", ENV_WAYLAND, "it leads to the screen and keyboard"),
    HANDLE("WAYLAND_SOCKET", "it tells of a descriptor"),
    SOCKET("WEZTERM_UNIX_SOCKET", "it leads to the terminal program"),
    PROXY("ws_proxy"),  /* curl, for WebSocket */
    PROXY("wss_proxy"), /* curl, for WebSocket over TLS */
    SPECIAL("XAUTHORITY", ENV_X_COOKIE, "it leads to the screen and keyboard"),
    OURS("XDG_RUNTIME_DIR"),
    PROXY("yarn_http_proxy"),
    PROXY("yarn_https_proxy"),
};

/* Whatever follows, unless it stands above; in these letters only, as their readers have it. */
static const struct env_rule prefixes[] = {
    LOADER("LD_", "it changes what every program loads"),   /* ld.so(8) */
    LOADER("DYLD_", "it changes what every program loads"), /* the same of macOS */
    OURS("FENCE_"), /* what the outer process was told is not for them */
    CODE("BASH_FUNC_", "bash takes a function from it, by the name of any program"),
    CODE("GIT_CONFIG_KEY_", "git takes settings from it, which name programs"),
    CODE("GIT_CONFIG_VALUE_", "git takes settings from it, which name programs"),
    CODE("LUA_INIT", "Lua runs it"),
    CODE("CORECLR_", ".NET loads a profiler by it"),
    CODE("COR_", ".NET loads a profiler by it"),
    LOADER("MALLOC_", "it changes the C library"),
    HANDLE("LISTEN_", "it tells of descriptors"), /* sd_listen_fds(3) */
    SOCKET("VSCODE_IPC_HOOK", "it leads to an editor"),
    HANDLE("VSCODE_GIT_", "it leads to an editor"),
    HANDLE("GIO_LAUNCHED_", "it belongs to the desktop"),
};

/* With environment.inherit false: who and where one is, and how to show things. */
static const struct str base[] = {
    STR("PATH"),      STR("HOME"), STR("USER"),     STR("LOGNAME"),     STR("SHELL"),  STR("TERM"),
    STR("COLORTERM"), STR("LANG"), STR("LANGUAGE"), STR("TZ"),          STR("TMPDIR"), STR("TMP"),
    STR("TEMP"),      STR("PWD"),  STR("NO_COLOR"), STR("FORCE_COLOR"),
};

static int compare(struct str a, struct str b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int far = ascii_lower(a.bytes[i]) - ascii_lower(b.bytes[i]);

        if (far)
            return far;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

const struct env_rule *env_rule_of(struct str name)
{
    size_t from = 0, to = ARRAY_LEN(rules);

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare(name, rules[middle].name);

        if (order == 0 && (rules[middle].kind == ENV_PROXY || str_equal(name, rules[middle].name)))
            return &rules[middle];
        if (order == 0)
            break;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (str_has_prefix(name, prefixes[i].name))
            return &prefixes[i];
    }
    return NULL;
}

bool env_is_base(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(base); i++) {
        if (str_equal(name, base[i]))
            return true;
    }
    return str_has_prefix(name, STR("LC_"));
}

const struct env_rule *env_rules(size_t *count)
{
    *count = ARRAY_LEN(rules);
    return rules;
}
