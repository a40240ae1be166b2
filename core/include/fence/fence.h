/* SPDX-License-Identifier: Apache-2.0
 * fence.h - a filtering proxy and a sandbox launcher, as a library.
 *
 * The general pattern of use:
 *   1. fence_config_load()      read the settings
 *   2. fence_new()              an engine: its event loop and its proxy
 *   3. fence_spawn()            run a command that can reach nothing but that proxy,
 *      or fence_listen()        serve the proxy on an address, without a sandbox
 *   4. fence_run()              until nothing is left to do,
 *      or poll fence_fd() in a loop of your own and call fence_step()
 *   5. fence_close()
 *
 * Ownership  An out-parameter comes first and is yours when the call returns 0.
 *            A config is counted: whoever keeps one takes a reference. An engine owns its
 *            listeners, sessions and sandboxes: fence_close() ends them all.
 *            Arguments are copied; pointers handed to a callback are borrowed for that call.
 * Errors     0, or a negative FENCE_E* or -errno code with `err` filled in (it may be NULL).
 *            On failure no out-parameter is touched.
 * Threads    One engine, one thread; two engines, two threads. Only a config may be shared.
 *            A sandbox ends with the thread that spawned it: prctl(2), PR_SET_PDEATHSIG.
 * Callbacks  May call everything but fence_run(), fence_step() and fence_close(). What a policy
 * logs is told from within its hook: the set can be replaced then, but neither asked nor added to.
 * Signals    The library installs no handler. Ignore SIGPIPE in your program: a peer that goes
 *            away while it is written to would end it. Do not ignore SIGCHLD, and wait(2) for no
 *            child but your own: the exit status of a sandbox would be lost.
 * Output     The library never prints, exits or aborts: it reports to a fence_observer.
 */
#ifndef FENCE_FENCE_H
#define FENCE_FENCE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FENCE_API __attribute__((visibility("default")))

typedef struct fence_config fence_config;   /* parsed settings; immutable, counted  */
typedef struct fence_policy fence_policy;   /* Lua policies in their jail           */
typedef struct fence fence;                 /* an engine: loop, listeners, sessions */
typedef struct fence_sandbox fence_sandbox; /* one confined process                 */
typedef struct fence_launch fence_launch;   /* a sandbox that is about to be spawned */

FENCE_API const char *fence_version(void); /* "0.1.0" */

/* ---- errors ------------------------------------------------------------------------- */

#define FENCE_ERROR_MAP(XX)                                                                        \
    XX(ECONFIG, -20001, "invalid configuration")                                                   \
    XX(EPOLICY, -20002, "a policy cannot be loaded")                                               \
    XX(EDENIED, -20003, "a policy denies it")                                                      \
    XX(ESANDBOX, -20004, "no usable sandbox on this system")

enum {
#define XX(name, code, text) FENCE_##name = (code),
    FENCE_ERROR_MAP(XX)
#undef XX
};

typedef struct fence_error {
    int code;
    char message[512]; /* one line, no full stop, never a secret, no control character */
} fence_error;

FENCE_API const char *fence_strerror(int code); /* static; knows -errno codes too */

/* ---- decisions ---------------------------------------------------------------------- */

typedef enum fence_verdict {
    FENCE_PASS, /* no opinion: the next rule decides */
    FENCE_ALLOW,
    FENCE_DENY,
    FENCE_ASK /* a policy would have somebody asked: fence_observer.on_ask */
} fence_verdict;

/* Why a connection failed: RFC 9209 proxy error type, HTTP status, RFC 1928 reply. */
/* clang-format off */
#define FENCE_REASON_MAP(XX)                                                  \
    XX(NONE,               "",                                    200, 0x00)  \
    XX(REQUEST_DENIED,     "http_request_denied",                 403, 0x02)  \
    XX(IP_PROHIBITED,      "destination_ip_prohibited",           403, 0x02)  \
    XX(REQUEST_MALFORMED,  "http_request_error",                  400, 0x01)  \
    XX(DNS_ERROR,          "dns_error",                           502, 0x04)  \
    XX(DNS_TIMEOUT,        "dns_timeout",                         504, 0x04)  \
    XX(IP_UNROUTABLE,      "destination_ip_unroutable",           502, 0x03)  \
    XX(CONNECTION_REFUSED, "connection_refused",                  502, 0x05)  \
    XX(CONNECTION_TIMEOUT, "connection_timeout",                  504, 0x06)  \
    XX(CONNECTION_LOST,    "connection_terminated",               502, 0x01)  \
    XX(RESPONSE_MALFORMED, "http_protocol_error",                 502, 0x01)  \
    XX(RESPONSE_TIMEOUT,   "http_response_timeout",               504, 0x01)  \
    XX(LIMIT_REACHED,      "connection_limit_reached",            503, 0x01)  \
    XX(INTERNAL_ERROR,     "proxy_internal_error",                500, 0x01)
/* clang-format on */

typedef enum fence_reason {
#define XX(name, token, http, socks) FENCE_REASON_##name,
    FENCE_REASON_MAP(XX)
#undef XX
} fence_reason;

typedef struct fence_decision { /* a value: no pointers, nothing to free */
    fence_verdict verdict;
    fence_reason reason;
    char rule[96];     /* "network.deniedDomains[2]"; "built-in"; "" when none    */
    char message[200]; /* for the person who was refused: why; may be empty       */
    char cure[200];    /* how to allow it, when a setting can; may be empty       */
} fence_decision;

typedef enum fence_request_kind {
    FENCE_CONNECT, /* a tunnel: HTTP CONNECT         */
    FENCE_HTTP,    /* a request that fence can read  */
    FENCE_SOCKS5,  /* a tunnel: SOCKS5 CONNECT       */
    FENCE_EXEC,    /* a command                      */
    FENCE_LOCAL,   /* a tunnel from a sandbox to a service of this machine's loopback:
                      network.allowLocalOutboundPorts; to policies it is a CONNECT */
    FENCE_CAPTURE  /* a tunnel of a client in a sandbox that knows of no proxy */
} fence_request_kind;

typedef struct fence_request {
    unsigned version; /* FENCE_REQUEST_VERSION                                      */
    fence_request_kind kind;
    const char *host; /* normal form: lower case, no final dot; IP without brackets; "": none */
    uint16_t port;
    const char *method; /* NULL where there is none, like the next two                */
    const char *scheme;
    const char *path;             /* with the query                                 */
    const char *const *headers;   /* "Name: value", NULL-terminated; NULL: none     */
    const char *const *addresses; /* literals that the host resolves to, NULL-terminated;
                                     NULL: not known                                */
    const char *const *argv;      /* FENCE_EXEC: its words, NULL-terminated; or NULL */
} fence_request;

#define FENCE_REQUEST_VERSION 1
#define FENCE_REQUEST_INIT                                                                         \
    {                                                                                              \
        FENCE_REQUEST_VERSION, FENCE_CONNECT, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL          \
    }

/* Decide without a network, by the code the proxy itself uses. `policy` may be NULL; its on_connect
 * or on_request is asked, which alone sees the headers. `request->host` may be written as a client
 * writes it. What is allowed is judged by its addresses as well, on_resolve included: its own, that
 * of network.hosts, or `addresses`. Where they are not known, or another proxy looks the name up,
 * it is judged as a name alone. Of a command, FENCE_EXEC, there is `argv` alone: it is judged as it
 * is before it starts. Returns 0 with a verdict of FENCE_ALLOW, FENCE_DENY or FENCE_ASK; or -EINVAL
 * for a wrong version, no host or port, no words, or what is no header or address; or -ENOMEM. */
FENCE_API int fence_decide(fence_decision *out, const fence_config *config, fence_policy *policy,
                           const fence_request *request);

/* ---- configuration ------------------------------------------------------------------ */

/* One more value for a list, or for a switch, "true": {"--allow", "network.allowedDomains",
 * "example.com"}. `origin` names it in errors and as the rule of a decision. */
typedef struct fence_setting {
    const char *origin;
    const char *key; /* network.allowedDomains, network.deniedDomains, filesystem.allowWrite,
                      * allowNested */
    const char *value;
} fence_setting;

/* Reads `path` (NULL: the restrictive default, which allows nothing), adds `extra`, and compiles it
 * all. Errors name file:line:column and the key. */
FENCE_API int fence_config_load(fence_config **out, const char *path, const fence_setting *extra,
                                size_t nextra, fence_error *err);

/* The same for a text in memory; `name` stands for the file in errors. */
FENCE_API int fence_config_parse(fence_config **out, const char *name, const char *json, size_t len,
                                 const fence_setting *extra, size_t nextra, fence_error *err);

/* Settings that come with the library. */
typedef struct fence_template {
    const char *name;  /* "code"              */
    const char *about; /* one line            */
    const char *text;  /* JSON with comments; not terminated */
    size_t len;
} fence_template;

/* The templates: 0, 1, 2... Returns 0, or -ENOENT behind the last. */
FENCE_API int fence_template_at(fence_template *out, size_t index);

/* fence_config_load() for a template. */
FENCE_API int fence_config_template(fence_config **out, const char *name,
                                    const fence_setting *extra, size_t nextra, fence_error *err);

/* The file read when none is named: $XDG_CONFIG_HOME/fence/fence.jsonc or .json (~/.config where it
 * is unset), else ~/.fence.json or .jsonc; "" for none. Two at the same place are an error. */
FENCE_API int fence_config_find(char *out, size_t cap, fence_error *err);

/* The policy files that the settings name, 0, 1, 2..., as written: one without a leading '/' lies
 * beside the settings. NULL behind the last. */
FENCE_API const char *fence_config_policy(const fence_config *config, size_t index);

/* What the settings were read from, each extended by the one before: 0, they themselves, 1, 2...: a
 * file's path as it was opened, "template NAME", or the name of a text. NULL behind the last. */
FENCE_API const char *fence_config_source(const fence_config *config, size_t index);

/* The files among them. For fence_sandbox_options.rule_files, where they are to be read again. */
FENCE_API const char *fence_config_file(const fence_config *config, size_t index);

/* Writes the settings at `path`, or of a template, with what they extend, as one JSON text:
 * free(3). Both NULL: there are none. */
FENCE_API int fence_config_show(char **out, const char *path, const char *template_name,
                                fence_error *err);

/* Tells the files that the settings at `path` are read from, as far as that can be followed: also
 * of wrong settings, and a file that is not there. For those who wait until they are right. */
FENCE_API void fence_config_follow(const char *path, void (*each)(const char *file, void *payload),
                                   void *payload);

/* Has the command a session of its own? Whoever spawns it passes on what keys make signals of. */
FENCE_API int fence_config_new_session(const fence_config *config);

FENCE_API fence_config *fence_config_ref(fence_config *config);
FENCE_API fence_config *fence_config_unref(fence_config *config); /* always NULL; takes NULL */

/* ---- policies ----------------------------------------------------------------------- */

/* A set of Lua policies, empty at first: lua/README.md. Counted, but for one thread at a time. */
FENCE_API int fence_policy_new(fence_policy **out, fence_error *err);

/* Has the policies that are loaded from now on see what `config` has under "policy": fence.config.
 * Takes a reference. */
FENCE_API void fence_policy_configure(fence_policy *policy, const fence_config *config);

/* Loads and checks a file, behind the others; a failure names file and line and changes nothing. */
FENCE_API int fence_policy_load(fence_policy *policy, const char *path, fence_error *err);

/* The same for a text; `name` stands for the file. It can require "fence" and nothing else. */
FENCE_API int fence_policy_load_buffer(fence_policy *policy, const char *name, const char *text,
                                       size_t len, fence_error *err);

/* The files that were read for the set so far, policies and what they have required, as a path
 * each: 0, 1, 2...; NULL behind the last. For fence_sandbox_options.rule_files. */
FENCE_API const char *fence_policy_file(const fence_policy *policy, size_t index);

FENCE_API fence_policy *fence_policy_ref(fence_policy *policy);
FENCE_API fence_policy *fence_policy_unref(fence_policy *policy); /* always NULL; takes NULL */

/* ---- observing ---------------------------------------------------------------------- */

typedef enum fence_event_kind {
    FENCE_EVENT_DECISION, /* request and decision; nothing was resolved or dialled yet */
    FENCE_EVENT_RESPONSE, /* an answer went to the client: status, decision, duration  */
    FENCE_EVENT_TLS,      /* a tunnel began with TLS: server_name, decision            */
    FENCE_EVENT_CLOSE,    /* a session has ended: bytes, duration                      */
    FENCE_EVENT_NOTICE,   /* text: something a person should know                      */
    FENCE_EVENT_DEBUG,    /* text: how it is done                                      */
    FENCE_EVENT_ALERT,    /* text: something a person has to know, asked or not        */
    FENCE_EVENT_SUMMARY,  /* text: what a run has changed, at its end                  */
    FENCE_EVENT_UNIX,     /* text: a Unix socket that a sandbox could not connect to   */
    FENCE_EVENT_EXEC      /* text: a command that a sandbox executed, or was denied: status 403 */
} fence_event_kind;

typedef struct fence_event {
    fence_event_kind kind;
    uint64_t seq;                   /* 1, 2, 3... without gaps                       */
    int64_t time_us;                /* wall clock, since 1970                        */
    uint64_t session;               /* the same in every event of a connection; or 0 */
    const fence_request *request;   /* NULL where there is none                      */
    const fence_decision *decision; /* NULL where there is none                      */
    int status;                     /* RESPONSE: the HTTP status; of SOCKS5 the like */
    uint64_t duration_us;
    uint64_t bytes_sent, bytes_received; /* CLOSE: by the client, to the client */
    const char *text; /* NOTICE, DEBUG, ALERT, SUMMARY, UNIX. DECISION: what a policy says instead;
                         RESPONSE: not NULL where one has; else NULL     */
    const char *server_name; /* TLS: what the client asks for; or NULL            */
    int hello_encrypted;     /* TLS: only the outer server name can be read (ECH) */
    const char *program; /* of what was refused: "npm:4711", who has asked for it, with the number
                            of the process as this machine has it; NULL where it is not known */
} fence_event;           /* no string in it holds a control character */

typedef struct fence_ask fence_ask; /* a question that waits for its answer */

typedef struct fence_observer {
    void (*on_event)(const fence_event *event, void *payload);
    void *payload;

    /* A policy wants somebody asked: `message` is the question. Owes one fence_ask_answer(), now or
     * later. The same question is asked once, whatever waits for it. NULL: whatever would be asked
     * about is denied; so is what nobody has answered after ten minutes. */
    void (*on_ask)(fence_ask *ask, const fence_request *request, const char *message,
                   void *payload);

    unsigned kinds; /* bits 1 << fence_event_kind of the events it is told of; 0: all */
} fence_observer;

#define FENCE_ASK_ALWAYS 0xffffffffU /* remember it as long as the engine lives */
#define FENCE_ASK_MOST_S 600         /* what nobody answers by then is denied   */

/* Answers FENCE_ALLOW or FENCE_DENY, for the same question of the same policy in the next
 * `remember_seconds` as well, and consumes `ask`. Harmless when its sessions have gone; not to be
 * called after fence_close(), which forgets what is not answered. */
FENCE_API void fence_ask_answer(fence_ask *ask, fence_verdict verdict, unsigned remember_seconds);

/* Does a request still wait for the answer? 0 once other rules, or time, have decided about all. A
 * client that goes away is not noticed before it is answered. */
FENCE_API int fence_ask_awaited(const fence_ask *ask);

/* ---- engine ------------------------------------------------------------------------- */

typedef void (*fence_ready_cb)(fence *engine, int fd, void *payload);

/* `observer` may be NULL. */
FENCE_API int fence_new(fence **out, fence_config *config, const fence_observer *observer,
                        fence_error *err);

/* Has these policies asked about every request from now on; NULL: none. Takes a reference. */
FENCE_API void fence_set_policy(fence *engine, fence_policy *policy);

/* Has other rules decide from now on; `policy` may be NULL. Takes a reference to both. A request
 * that is allowed and not connected yet is judged again; tunnels and answers that are under way go
 * on. What a sandbox may do with files was settled when it started, and so were its ports; one of
 * network.allowLocalOutboundPorts that is there no more is denied. */
FENCE_API void fence_reload(fence *engine, fence_config *config, fence_policy *policy);

typedef enum fence_protocol {
    FENCE_PROTOCOL_AUTO, /* told apart by the client's first byte        */
    FENCE_PROTOCOL_HTTP, /* HTTP/1: CONNECT, and plain http:// requests  */
    FENCE_PROTOCOL_SOCKS5
} fence_protocol;

/* Serves clients on `address`: "127.0.0.1:0", "[::1]:3128" (literals only), or "unix:/path", which
 * serves this process's own user alone. */
FENCE_API int fence_listen(fence *engine, fence_protocol protocol, const char *address,
                           fence_error *err);

/* From now on clients give this name and password, by RFC 1929 or HTTP's Basic: 1 to 255 bytes
 * each, no colon in the name. Sandboxes are exempt: nobody else reaches their listeners. */
FENCE_API int fence_require_login(fence *engine, const char *user, const char *password,
                                  fence_error *err);

/* How many clients are served at once; 4096 unless told otherwise, and never more than the limit of
 * descriptors allows (RLIMIT_NOFILE: 2.75 for each). Whoever is one too many is told so. */
FENCE_API int fence_limit_clients(fence *engine, unsigned most, fence_error *err);

typedef struct fence_question fence_question;
typedef void (*fence_resolve_cb)(fence_question *question, const char *name, void *payload);

/* Asks `resolve` for the addresses of names instead of getaddrinfo(3); NULL: no more. Each question
 * is owed one fence_answer(). Whatever is answered is judged as any other address. */
FENCE_API void fence_set_resolver(fence *engine, fence_resolve_cb resolve, void *payload);

/* Answers: IPv4 and IPv6 literals in the order of preference; none, when it has no address. At once
 * or later, from any thread, after fence_close() as well. -EINVAL: one was no address, so it has
 * none. */
FENCE_API int fence_answer(fence_question *question, const char *const *addresses, size_t count);

/* The port of the first listener that was opened for `protocol`; 0 without one. */
FENCE_API int fence_port(const fence *engine, fence_protocol protocol);

/* Calls `ready` whenever `fd` can be read, from fence_run() or fence_step(), as long as the engine
 * lives: at its end of file, too, which can be read again and again. Such a descriptor becomes
 * non-blocking, does not keep fence_run() from returning, and is never closed. */
FENCE_API int fence_watch(fence *engine, int fd, fence_ready_cb ready, void *payload,
                          fence_error *err);

/* No more of that; also from within `ready`. */
FENCE_API void fence_unwatch(fence *engine, int fd);

/* Both return 1 when something is left to do, and 0 when nothing is. */
FENCE_API int fence_run(fence *engine);           /* until nothing is left, or fence_stop() */
FENCE_API int fence_step(fence *engine);          /* what is ready now; never blocks        */
FENCE_API void fence_stop(fence *engine);         /* fence_run() returns soon               */
FENCE_API int fence_fd(const fence *engine);      /* readable: call fence_step()            */
FENCE_API int fence_timeout(const fence *engine); /* ms until fence_step() is due; or -1    */
FENCE_API void fence_close(fence *engine);        /* ends all, frees all; takes NULL        */

/* ---- sandbox ------------------------------------------------------------------------ */

/* What a sandbox can do without, and less safely; everything else is required. Bits. */
typedef enum fence_layer {
    FENCE_LAYER_LANDLOCK = 1,     /* the second wall around files; Linux 5.19       */
    FENCE_LAYER_UNIX_SOCKETS = 2, /* a decision about each Unix socket; Linux 5.14  */
    FENCE_LAYER_WATCH = 4,        /* files guarded while the command runs           */
    FENCE_LAYER_EXEC = 8          /* command rules for what the command executes    */
} fence_layer;

/* Their names, as --degrade has them. */
/* clang-format off */
#define FENCE_LAYER_MAP(XX)          \
    XX(LANDLOCK,     "landlock")     \
    XX(UNIX_SOCKETS, "unix-sockets") \
    XX(WATCH,        "watch")        \
    XX(EXEC,         "exec")
/* clang-format on */

/* Adds the layers that `names` names, one or "landlock,watch", to the bits of `layers`. Returns 0,
 * or -EINVAL for a layer that is not known or cannot be done without. */
FENCE_API int fence_layers_add(unsigned *layers, const char *names, fence_error *err);

typedef void (*fence_stopped_cb)(fence_sandbox *sandbox, void *payload);

typedef struct fence_sandbox_options {
    unsigned version;              /* FENCE_SANDBOX_OPTIONS_VERSION                            */
    const char *const *argv;       /* NULL-terminated; argv[0] is searched in PATH             */
    const char *const *env;        /* NULL-terminated "NAME=value"; NULL: this process's.
                                      Scrubbed, and given the proxy variables, in either case  */
    int stdio[3];                  /* descriptors of this process that become 0, 1 and 2; open */
    uint64_t ignored_signals;      /* bit n-1: the command starts with signal n ignored; every
                                      other signal starts with its default action              */
    const char *const *rule_files; /* NULL-terminated paths, or NULL: policies and settings.
                                      The command does not start if it could change one   */
    const char *program;           /* the fence program, for tools that need a helper inside:
                                      `fence connect`; or NULL                                 */
    unsigned degrade;              /* fence_layer bits: start without, where they are missing  */
    const char *const *ports;      /* NULL-terminated, or NULL: "3000" (127.0.0.1 and ::1),
                                      "127.0.0.1:3000" or "[::1]:3000". This process listens
                                      there, and carries each connection to that port inside   */
    fence_launch *launch;          /* of fence_launch_begin(), or NULL: consumed, whatever
                                      fence_spawn() returns of this version                    */
    int terminal;                  /* of nobody's session, as pty(7): it becomes the command's
                                      own, and its keys signal it; 0: it has yours, if any     */
    fence_stopped_cb on_stopped;   /* the command was stopped in it, by Ctrl-Z or itself: it
                                      goes on at fence_kill() with SIGCONT; or NULL            */
} fence_sandbox_options;

#define FENCE_SANDBOX_OPTIONS_VERSION 1
#define FENCE_SANDBOX_OPTIONS_INIT                                                                 \
    {                                                                                              \
        FENCE_SANDBOX_OPTIONS_VERSION, NULL, NULL, {0, 1, 2}, 0, NULL, NULL, 0, NULL, NULL, 0,     \
            NULL                                                                                   \
    }

/* Optional, for whoever has work to do before fence_spawn(), as making an engine is: starts the
 * launcher, which loads meanwhile and does nothing until fence_spawn() is given the same options
 * and this launch, on an engine with this configuration and this policy (or NULL); with others it
 * fails. The sandbox ends with the thread that calls this. Returns 0, or a negative number with
 * `err` filled in. */
FENCE_API int fence_launch_begin(fence_launch **out, fence_config *config, fence_policy *policy,
                                 const fence_sandbox_options *options, fence_error *err);
FENCE_API void fence_launch_cancel(fence_launch *launch); /* of one not spawned; takes NULL */

typedef struct fence_exit {
    int status;        /* the command's own; 128+n when signal n ended it; or, with an error:
                          125 no sandbox, 126 the command cannot be executed, 127 not found */
    fence_error error; /* code 0 when the command ran, or fence_kill() came before it       */
} fence_exit;

typedef void (*fence_exit_cb)(fence_sandbox *sandbox, const fence_exit *result, void *payload);

/* Starts the command in a sandbox of its own, in the current folder. `on_exit` (or NULL) is called
 * once, later: what the command wrote to connections before its end has got out by then, for which
 * the call waits 2 seconds at the most. The sandbox is gone when it returns. fence_close() ends it
 * without that call. */
FENCE_API int fence_spawn(fence_sandbox **out, fence *engine, const fence_sandbox_options *options,
                          fence_exit_cb on_exit, void *payload, fence_error *err);

/* What fence_spawn() checks of fence_sandbox_options.rule_files, for later ones: before
 * fence_reload(). Returns 0, or a negative number with `err` filled in. */
FENCE_API int fence_check_rule_files(const fence_sandbox *sandbox, const char *const *rule_files,
                                     fence_error *err);

/* Sends a signal to the command. SIGKILL, and any signal before the command runs, ends the whole
 * sandbox; 0 asks whether it is still there; SIGCONT goes to its process group where it has a
 * terminal of its own. Returns 0 or -errno. */
FENCE_API int fence_kill(fence_sandbox *sandbox, int signum);

/* The same, and SIGKILL ten seconds later if the command is still there. */
FENCE_API int fence_terminate(fence_sandbox *sandbox, int signum);

/* Writes a profile of sandbox-exec(1), by which macOS holds a command as these settings say, with
 * the proxy at their ports of 127.0.0.1 and the paths of this machine: free(3). Of `options` it
 * takes argv, env, ports and rule_files; argv, or NULL, is judged as it is before it starts, by
 * `policy`, or NULL, as well: FENCE_EDENIED. `told`, or NULL: what a profile does not hold. */
typedef void (*fence_told_cb)(void *payload, const char *text);
FENCE_API int fence_profile(char **out, const fence_config *config, fence_policy *policy,
                            const fence_sandbox_options *options, fence_told_cb told, void *payload,
                            fence_error *err);

/* ---- this machine ------------------------------------------------------------------- */

typedef enum fence_feature_state {
    FENCE_FEATURE_OK,
    FENCE_FEATURE_NOTE,   /* nothing hangs on it */
    FENCE_FEATURE_MISSING /* a sandbox needs it, or a layer of one */
} fence_feature_state;

typedef struct fence_feature {
    const char *name;     /* "user-namespaces": the same in every version  */
    const char *used_for; /* what a sandbox has it for                     */
    fence_feature_state state;
    unsigned layers;    /* fence_layer bits that hang on it; 0: the whole sandbox does */
    const char *detail; /* a version, or why it is missing                 */
    const char *cure;   /* what to do where it is missing; or NULL         */
} fence_feature;        /* no string in it holds a control character       */

typedef void (*fence_feature_cb)(const fence_feature *feature, void *payload);

/* Tells what a sandbox can be made of here, one feature after the other, each tried: in children of
 * its own, and by a sandbox in the current folder with nothing allowed. Takes some 50 ms; where a
 * machine hangs, seconds. Returns 0 when every layer is there; the fence_layer bits that are not;
 * or FENCE_ESANDBOX when no sandbox can be made. */
FENCE_API int fence_probe(fence_feature_cb tell, void *payload);

#ifdef __cplusplus
}
#endif
#endif
