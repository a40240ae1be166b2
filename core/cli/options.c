/* SPDX-License-Identifier: Apache-2.0
 * options.c - one table of options. Long names are exact: an abbreviation is an error, so that a
 * later option cannot change what a script means. */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum action {
    SET_HELP,
    SET_VERSION,
    SET_DEBUG,
    SET_MONITOR,
    SET_WATCH,
    SET_CLEAN_TTY,
    SET_SETTINGS,
    SET_TEMPLATE,
    SET_STRING,
    SET_HTTP,
    SET_SOCKS,
    SET_LOGIN,
    SET_MAX_CLIENTS,
    SET_ASK_TIMEOUT,
    SET_JSON,
    SET_FEATURES,
    SET_LIST_TEMPLATES,
    ADD_DEGRADE,
    ADD_SETTING,
    ADD_SWITCH,
    ADD_POLICY,
    ADD_PORT,
    NOT_BUILT
};

enum command { ANY, PROXY, TEST }; /* whose option it is */

struct option {
    char letter; /* 0: none */
    const char *name;
    bool value;
    enum command only;
    enum action action;
    const char *key; /* of ADD_SETTING and ADD_SWITCH */
};

static const struct option options[] = {
    {'h', "--help", false, ANY, SET_HELP, NULL},
    {'v', "--version", false, ANY, SET_VERSION, NULL},
    {'d', "--debug", false, ANY, SET_DEBUG, NULL},
    {'m', "--monitor", false, ANY, SET_MONITOR, NULL},
    {0, "--watch", false, ANY, SET_WATCH, NULL},
    {'s', "--settings", true, ANY, SET_SETTINGS, NULL},
    {'t', "--template", true, ANY, SET_TEMPLATE, NULL},
    {'c', "--command", true, ANY, SET_STRING, NULL},
    {0, "--allow", true, ANY, ADD_SETTING, "network.allowedDomains"},
    {0, "--deny", true, ANY, ADD_SETTING, "network.deniedDomains"},
    {0, "--allow-write", true, ANY, ADD_SETTING, "filesystem.allowWrite"},
    {0, "--deny-read", true, ANY, ADD_SETTING, "filesystem.denyRead"},
    {0, "--deny-write", true, ANY, ADD_SETTING, "filesystem.denyWrite"},
    {0, "--allow-nested", false, ANY, ADD_SWITCH, "allowNested"},
    {0, "--force-new-session", false, ANY, ADD_SWITCH, "forceNewSession"},
    {0, "--allow-other-owners", false, ANY, ADD_SWITCH, "filesystem.allowOtherOwners"},
    {0, "--policy", true, ANY, ADD_POLICY, NULL},
    {'p', "--port", true, ANY, ADD_PORT, NULL},
    {0, "--ask-timeout", true, ANY, SET_ASK_TIMEOUT, NULL},
    {0, "--degrade", true, ANY, ADD_DEGRADE, NULL},
    {0, "--clean-tty", false, ANY, SET_CLEAN_TTY, NULL},
    {0, "--linux-features", false, ANY, SET_FEATURES, NULL},
    {0, "--list-templates", false, ANY, SET_LIST_TEMPLATES, NULL},
    {0, "--http", true, PROXY, SET_HTTP, NULL},
    {0, "--socks", true, PROXY, SET_SOCKS, NULL},
    {0, "--login", true, PROXY, SET_LOGIN, NULL},
    {0, "--max-clients", true, PROXY, SET_MAX_CLIENTS, NULL},
    {0, "--json", false, TEST, SET_JSON, NULL},
    {0, "--log-file", true, ANY, NOT_BUILT, NULL},
    {0, "--fence-log-file", true, ANY, NOT_BUILT, NULL},
    {0, "--summary", false, ANY, NOT_BUILT, NULL},
    {0, "--color", true, ANY, NOT_BUILT, NULL},
    {0, "--shell", true, ANY, NOT_BUILT, NULL},
    {0, "--shell-login", false, ANY, NOT_BUILT, NULL},
    {0, "--service-execution-model", true, ANY, NOT_BUILT, NULL},
    {0, "--expose-host-path", true, ANY, NOT_BUILT, NULL},
    {0, "--expose-host-path-rw", true, ANY, NOT_BUILT, NULL},
};

static int complain(fence_error *err, const char *what, const char *word, const char *cure)
{
    err->code = -EINVAL;
    snprintf(err->message, sizeof err->message, "%s '%.200s'%s", what, word, cure);
    return -1;
}

static int set_once(const char **out, const char *value, const char *what, const char *cure,
                    fence_error *err)
{
    if (*out)
        return complain(err, what, value, cure);
    *out = value;
    return 0;
}

/* --settings or --template: `field` is the one that is given. */
static int set_source(struct options *out, const char **field, const char *value, fence_error *err)
{
    if (*field)
        return complain(err, "a second settings file", value, ": one is read, not two");
    if (out->settings || out->template)
        return complain(err, "--template beside --settings", value,
                        ": leave one out; a settings file may extend a template");
    *field = value;
    return 0;
}

/* How long a person may think: the library waits for ten minutes and no longer. */
static int set_ask_timeout(struct options *out, const char *value, fence_error *err)
{
    char *end;
    unsigned long seconds;

    errno = 0;
    seconds = value ? strtoul(value, &end, 10) : 0;
    if (!value || value[0] < '0' || value[0] > '9' || *end || errno != 0 || seconds < 1 ||
        seconds > FENCE_ASK_MOST_S)
        return complain(err, "--ask-timeout takes 1 to 600 seconds, not", value, "");
    out->ask_timeout_s = (unsigned)seconds;
    return 0;
}

/* The library knows the names. */
static int add_degrade(struct options *out, const char *value, fence_error *err)
{
    fence_error why = {0};

    if (fence_layers_add(&out->degrade, value, &why) == 0)
        return 0;
    err->code = why.code;
    snprintf(err->message, sizeof err->message, "--degrade: %.400s", why.message);
    return -1;
}

static int apply(struct options *out, const struct option *o, const char *value, fence_error *err)
{
    switch (o->action) {
    case SET_HELP:
        out->help = true;
        return 0;
    case SET_VERSION:
        out->version = true;
        return 0;
    case SET_DEBUG:
        out->debug = true;
        return 0;
    case SET_MONITOR:
        out->monitor = true;
        return 0;
    case SET_WATCH:
        out->watch = true;
        return 0;
    case SET_CLEAN_TTY:
        out->clean_tty = true;
        return 0;
    case SET_SETTINGS:
        return set_source(out, &out->settings, value, err);
    case SET_TEMPLATE:
        return set_source(out, &out->template, value, err);
    case SET_STRING:
        return set_once(&out->string, value, "a second command", ": -c is given once", err);
    case SET_HTTP:
        return set_once(&out->http, value, "a second address", ": --http is given once", err);
    case SET_SOCKS:
        return set_once(&out->socks, value, "a second address", ": --socks is given once", err);
    case SET_LOGIN:
        return set_once(&out->login, value, "a second file", ": --login is given once", err);
    case SET_MAX_CLIENTS:
        return set_once(&out->max_clients, value, "a second number",
                        ": --max-clients is given once", err);
    case SET_ASK_TIMEOUT:
        return set_ask_timeout(out, value, err);
    case SET_JSON:
        out->json = true;
        return 0;
    case SET_FEATURES:
        out->linux_features = true;
        return 0;
    case SET_LIST_TEMPLATES:
        out->list_templates = true;
        return 0;
    case ADD_DEGRADE:
        return add_degrade(out, value, err);
    case ADD_SETTING:
        out->extra[out->nextra++] = (fence_setting){o->name, o->key, value};
        return 0;
    case ADD_SWITCH:
        out->extra[out->nextra++] = (fence_setting){o->name, o->key, "true"};
        return 0;
    case ADD_POLICY:
        out->policies[out->npolicies++] = value;
        return 0;
    case ADD_PORT:
        out->ports[out->nports++] = value;
        return 0;
    case NOT_BUILT:
        return complain(err, "option", o->name, " is not built yet: leave it out");
    }
    return -1;
}

static const struct option *find(const char *word, size_t len, enum command command)
{
    for (size_t i = 0; i < COUNT(options); i++) {
        const struct option *o = &options[i];
        bool is_long = strlen(o->name) == len && memcmp(o->name, word, len) == 0;
        bool is_short = len == 1 && o->letter != 0 && o->letter == word[0];

        if ((is_long || is_short) && (o->only == ANY || o->only == command))
            return o;
    }
    return NULL;
}

/* "--name", "--name=value", "--name value". Moves `argv` over a value of its own. */
static int read_long(struct options *out, char ***argv, enum command command, fence_error *err)
{
    char *word = **argv;
    char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct option *o = find(word, len, command);

    if (!o)
        return complain(err, "unknown option", word, ": see fence --help");
    if (!o->value)
        return equals ? complain(err, "option takes no value:", word, "")
                      : apply(out, o, NULL, err);
    if (equals)
        return apply(out, o, equals + 1, err);
    if (!(*argv)[1])
        return complain(err, "option needs a value:", word, "");
    return apply(out, o, *++*argv, err);
}

/* "-d", "-dm", "-s FILE", "-sFILE". */
static int read_short(struct options *out, char ***argv, enum command command, fence_error *err)
{
    char *word = **argv;

    for (char *letter = word + 1; *letter; letter++) {
        const struct option *o = find(letter, 1, command);

        if (!o)
            return complain(err, "unknown option", word, ": see fence --help");
        if (o->value) {
            if (letter[1] != '\0')
                return apply(out, o, letter + 1, err);
            if (!(*argv)[1])
                return complain(err, "option needs a value:", word, "");
            return apply(out, o, *++*argv, err);
        }
        if (apply(out, o, NULL, err) < 0)
            return -1;
    }
    return 0;
}

/* No word gives more than one setting, policy or port. */
static int make_room(struct options *out, char **argv, fence_error *err)
{
    size_t words = 0;

    while (argv[words])
        words++;
    out->extra = calloc(words + 1, sizeof *out->extra);
    out->policies = calloc(words + 1, sizeof *out->policies);
    out->ports = calloc(words + 1, sizeof *out->ports);
    if (out->extra && out->policies && out->ports)
        return 0;
    err->code = -ENOMEM;
    snprintf(err->message, sizeof err->message, "out of memory");
    return -1;
}

/* Moves `argv` to the last word that it took. */
static int read_option(struct options *out, char ***argv, enum command command, fence_error *err)
{
    return (**argv)[1] == '-' ? read_long(out, argv, command, err)
                              : read_short(out, argv, command, err);
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

int options_read(struct options *out, char **argv, bool proxy, fence_error *err)
{
    if (make_room(out, argv, err) < 0)
        return -1;
    for (; *argv && is_option(*argv); argv++) {
        if (strcmp(*argv, "--") == 0) {
            out->dashes = true;
            argv++;
            break;
        }
        if (read_option(out, &argv, proxy ? PROXY : ANY, err) < 0)
            return -1;
    }
    out->words = argv;
    return 0;
}

int options_read_anywhere(struct options *out, char **argv, bool test, fence_error *err)
{
    char **kept = argv;

    if (make_room(out, argv, err) < 0)
        return -1;
    out->words = argv;
    for (; *argv; argv++) {
        if (out->dashes || !is_option(*argv))
            *kept++ = *argv;
        else if (strcmp(*argv, "--") == 0)
            out->dashes = true;
        else if (read_option(out, &argv, test ? TEST : ANY, err) < 0)
            return -1;
    }
    *kept = NULL;
    return 0;
}

const char *options_of_runs(const struct options *o)
{
    if (o->watch)
        return "--watch";
    if (o->nports > 0)
        return "--port";
    return o->ask_timeout_s ? "--ask-timeout" : options_of_sandboxes(o);
}

const char *options_of_sandboxes(const struct options *o)
{
    if (o->degrade)
        return "--degrade";
    if (o->clean_tty)
        return "--clean-tty";
    if (o->list_templates)
        return "--list-templates";
    return o->linux_features ? "--linux-features" : NULL;
}

void options_deinit(struct options *o)
{
    free(o->extra);
    free(o->policies);
    free(o->ports);
}
