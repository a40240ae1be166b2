/* SPDX-License-Identifier: Apache-2.0
 * fence.c - the public API: thin adapters over the folders below, and an engine's loop. */
#include <errno.h>
#include <fcntl.h>
#include <fence/fence.h>
#include <string.h>
#include <uv.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/list.h"
#include "proxy/listener.h"
#include "proxy/login.h"
#include "proxy/proxy.h"
#include "proxy/resolver.h"
#include "sandbox/launch.h"
#include "sandbox/layers.h"
#include "sandbox/probe.h"
#include "sandbox/profile.h"
#include "sandbox/sandbox.h"

struct fence {
    uv_loop_t loop;
    uv_prepare_t embedded; /* does nothing: see fence_run() */
    struct proxy proxy;
    struct list sandboxes;
    struct list watches;
};

struct watch {
    struct list link; /* of fence.watches */
    uv_poll_t poll;
    fence *engine;
    int fd;
    fence_ready_cb ready;
    void *payload;
};

const char *fence_version(void)
{
    return FENCE_VERSION;
}

const char *fence_strerror(int code)
{
    switch (code) {
#define XX(name, number, text)                                                                     \
    case number:                                                                                   \
        return text;
        FENCE_ERROR_MAP(XX)
#undef XX
    default:
        return strerror(code < 0 ? -code : code);
    }
}

/* ---- the engine ---- */

static void do_nothing(uv_prepare_t *handle)
{
    (void)handle;
}

/* libuv aborts the process where its first descriptors cannot be had: asked here, it is an error.
 */
static int check_descriptors(void)
{
    int fds[10], rc = 0; /* it takes 7, and ours come after */
    size_t n = 0;

    while (n < ARRAY_LEN(fds) && rc == 0) {
        fds[n] = n == 0 ? open("/", O_RDONLY | O_CLOEXEC) : fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
        rc = fds[n] < 0 ? -errno : 0;
        n += rc == 0;
    }
    while (n-- > 0)
        close(fds[n]);
    return rc;
}

int fence_new(fence **out, fence_config *config, const fence_observer *observer, fence_error *err)
{
    auto_free fence *engine = calloc(1, sizeof *engine);
    int rc;

    if (!engine)
        return fail(err, -ENOMEM, "out of memory");
    rc = check_descriptors();
    if (rc == 0)
        rc = uv_loop_init(&engine->loop);
    if (rc < 0)
        return fail(err, rc, "cannot make an event loop: %s%s", uv_strerror(rc),
                    rc == -EMFILE ? ": raise the descriptor limit (ulimit -n)" : "");
    rc = proxy_init(&engine->proxy, &engine->loop, config, observer);
    if (rc < 0) {
        uv_run(&engine->loop, UV_RUN_DEFAULT);
        uv_loop_close(&engine->loop);
        return fail(err, rc, "cannot start the proxy: %s", uv_strerror(rc));
    }
    uv_prepare_init(&engine->loop, &engine->embedded);
    uv_prepare_start(&engine->embedded, do_nothing);
    list_init(&engine->sandboxes);
    list_init(&engine->watches);
    *out = take(&engine);
    return 0;
}

int fence_listen(fence *engine, fence_protocol protocol, const char *address, fence_error *err)
{
    struct listener *listener;

    return listener_open(&listener, &engine->proxy, protocol, address, err);
}

int fence_limit_clients(fence *engine, unsigned most, fence_error *err)
{
    if (most < 1 || most > LIMIT_SESSIONS_MAX)
        return fail(err, -EINVAL, "the number of clients goes from 1 to %d", LIMIT_SESSIONS_MAX);
    engine->proxy.wanted_sessions = most;
    engine->proxy.max_sessions = proxy_affordable_sessions(&engine->proxy);
    return 0;
}

int fence_require_login(fence *engine, const char *user, const char *password, fence_error *err)
{
    struct login *login;
    int rc = login_new(&login, user, password);

    if (rc < 0)
        return fail(err, rc,
                    rc == -EINVAL ? "a name and a password have 1 to 255 bytes each, and the name "
                                    "no colon"
                                  : "out of memory");
    login_free(engine->proxy.login);
    engine->proxy.login = login;
    return 0;
}

int fence_port(const fence *engine, fence_protocol protocol)
{
    LIST_EACH(link, (struct list *)&engine->proxy.listeners)
    {
        const struct listener *listener = CONTAINER_OF(link, struct listener, link);

        if (listener->on_host && listener->protocol == protocol)
            return listener->port;
    }
    return 0;
}

void fence_set_resolver(fence *engine, fence_resolve_cb resolve, void *payload)
{
    resolver_replace(engine->proxy.resolver, resolve, payload);
}

int fence_answer(fence_question *question, const char *const *addresses, size_t count)
{
    return resolver_answer(question, addresses, count);
}

/* ---- descriptors of the embedder ---- */

static void on_watch(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = CONTAINER_OF(poll, struct watch, poll);

    (void)status;
    (void)events;
    watch->ready(watch->engine, watch->fd, watch->payload);
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(CONTAINER_OF(handle, struct watch, poll));
}

void fence_ask_answer(fence_ask *ask, fence_verdict verdict, unsigned remember_seconds)
{
    ask_answer(ask, verdict, remember_seconds);
}

int fence_ask_awaited(const fence_ask *ask)
{
    return ask_awaited(ask);
}

void fence_set_policy(fence *engine, fence_policy *policy)
{
    proxy_replace_rules(&engine->proxy, engine->proxy.config, policy);
}

void fence_reload(fence *engine, fence_config *config, fence_policy *policy)
{
    proxy_replace_rules(&engine->proxy, config, policy);
    sandbox_rules_changed(&engine->sandboxes);
}

int fence_watch(fence *engine, int fd, fence_ready_cb ready, void *payload, fence_error *err)
{
    auto_free struct watch *watch = calloc(1, sizeof *watch);
    int rc;

    if (!watch)
        return fail(err, -ENOMEM, "out of memory");
    rc = uv_poll_init(&engine->loop, &watch->poll, fd);
    if (rc < 0)
        return fail(err, rc, "descriptor %d cannot be watched: %s", fd, uv_strerror(rc));
    watch->engine = engine;
    watch->fd = fd;
    watch->ready = ready;
    watch->payload = payload;
    uv_poll_start(&watch->poll, UV_READABLE, on_watch);
    uv_unref((uv_handle_t *)&watch->poll);
    list_append(&engine->watches, &watch->link);
    (void)take(&watch);
    return 0;
}

void fence_unwatch(fence *engine, int fd)
{
    LIST_EACH(link, &engine->watches)
    {
        struct watch *watch = CONTAINER_OF(link, struct watch, link);

        if (watch->fd != fd)
            continue;
        list_remove(link);
        uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
    }
}

/* ---- running ---- */

/* A loop on which nothing is left does not look at its descriptors any more. In a loop of the
 * embedder's the watched ones count all the same: one handle is always there, but for fence_run(),
 * which returns when nothing else is. */
int fence_run(fence *engine)
{
    int left;

    uv_unref((uv_handle_t *)&engine->embedded);
    left = uv_run(&engine->loop, UV_RUN_DEFAULT);
    uv_ref((uv_handle_t *)&engine->embedded);
    return left != 0;
}

void fence_stop(fence *engine)
{
    uv_stop(&engine->loop);
}

int fence_step(fence *engine)
{
    int left;

    uv_run(&engine->loop, UV_RUN_NOWAIT);
    uv_unref((uv_handle_t *)&engine->embedded);
    left = uv_loop_alive(&engine->loop);
    uv_ref((uv_handle_t *)&engine->embedded);
    return left != 0;
}

int fence_fd(const fence *engine)
{
    return uv_backend_fd(&engine->loop);
}

int fence_timeout(const fence *engine)
{
    return uv_backend_timeout(&engine->loop);
}

void fence_close(fence *engine)
{
    if (!engine)
        return;
    sandbox_close_all(&engine->sandboxes);
    LIST_EACH(link, &engine->watches)
    {
        struct watch *watch = CONTAINER_OF(link, struct watch, link);

        uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
    }
    proxy_close(&engine->proxy);
    uv_close((uv_handle_t *)&engine->embedded, NULL);
    while (uv_loop_close(&engine->loop) == UV_EBUSY) /* closing handles, dying sandboxes */
        uv_run(&engine->loop, UV_RUN_ONCE);
    proxy_deinit(&engine->proxy);
    free(engine);
}

/* ---- sandboxes ---- */

static int check_options(const fence_sandbox_options *options, fence_error *err)
{
    if (!options->argv || !options->argv[0])
        return fail(err, -EINVAL, "no command was given");
    return 0;
}

static bool is_known(const fence_sandbox_options *options, fence_error *err)
{
    if (options->version == FENCE_SANDBOX_OPTIONS_VERSION)
        return true;
    fail(err, -EINVAL, "fence_sandbox_options of version %u are not known", options->version);
    return false;
}

int fence_launch_begin(fence_launch **out, fence_config *config, fence_policy *policy,
                       const fence_sandbox_options *options, fence_error *err)
{
    int rc = is_known(options, err) ? check_options(options, err) : -EINVAL;

    return rc < 0 ? rc : launch_begin(out, config, policy, options, err);
}

void fence_launch_cancel(fence_launch *launch)
{
    launch_free(launch);
}

int fence_spawn(fence_sandbox **out, fence *engine, const fence_sandbox_options *options,
                fence_exit_cb on_exit, void *payload, fence_error *err)
{
    struct proxy *proxy = &engine->proxy;
    int rc;

    if (!is_known(options, err)) /* nor is where its launch stands */
        return -EINVAL;
    rc = check_options(options, err);
    if (rc == 0 && options->launch &&
        !launch_is_for(options->launch, proxy->config, proxy->policy, options))
        rc = fail(err, -EINVAL, "the launch was begun with another configuration or command");
    if (rc == 0)
        rc = sandbox_start(out, proxy, &engine->sandboxes, options, on_exit, payload, err);
    launch_free(options->launch);
    return rc;
}

int fence_profile(char **out, const fence_config *config, fence_policy *policy,
                  const fence_sandbox_options *options, fence_told_cb told, void *payload,
                  fence_error *err)
{
    return is_known(options, err) ? profile_make(out, config, policy, options, told, payload, err)
                                  : -EINVAL;
}

int fence_check_rule_files(const fence_sandbox *sandbox, const char *const *rule_files,
                           fence_error *err)
{
    return sandbox_check_rule_files(sandbox, rule_files, err);
}

int fence_kill(fence_sandbox *sandbox, int signum)
{
    return sandbox_kill(sandbox, signum);
}

int fence_terminate(fence_sandbox *sandbox, int signum)
{
    return sandbox_terminate(sandbox, signum);
}

int fence_layers_add(unsigned *layers, const char *names, fence_error *err)
{
    return layers_add(layers, names, err);
}

int fence_probe(fence_feature_cb tell, void *payload)
{
    struct machine machine = {0};

    probe_machine(&machine);
    return probe_tell(&machine, tell, payload);
}
