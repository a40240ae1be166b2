/* SPDX-License-Identifier: Apache-2.0
 * policy_test.c - one test file: loaded and checked as a whole, then its list in its order and its
 * functions in that of the alphabet. Each case has the policies loaded anew, so that none depends
 * on what another has done to them. */
#include "cli/policy_test.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

struct test_file {
    const struct rules *rules;
    const char *path, *text;
    size_t len;
    struct test_state state;
    struct tested tested;
    size_t count, functions;  /* what there is: of the list, and behind it */
    size_t at;                /* which one is run                          */
    const char *name;         /* of that one; Lua's, as long as the state  */
    char failure[TEST_WORDS]; /* of that one; "": it has passed            */
};

static const char TESTS[] = "tests", NAMES[] = "names"; /* where they are in the registry */

/* ---- loading ---- */

/* The case on the top is read, to see whether it can be. */
static int check_case(lua_State *lua)
{
    struct test_file *file = lua_touserdata(lua, 1);
    struct test_case c;

    if (!lua_istable(lua, 2))
        return luaL_error(lua, "a case is a table, not a %s", luaL_typename(lua, 2));
    test_case_read(lua, &c, file->tested.config);
    return 0;
}

/* Those of the list, of the table at the top: what is wrong is said with its number. */
static void check_list(lua_State *lua, struct test_file *file)
{
    int table = lua_gettop(lua);

    for (size_t i = 1; i <= file->count; i++) {
        lua_pushcfunction(lua, check_case);
        lua_pushlightuserdata(lua, file);
        lua_rawgeti(lua, table, (lua_Integer)i);
        if (lua_pcall(lua, 2, 0, 0) != LUA_OK)
            luaL_error(lua, "case %d: %s", (int)i, lua_tostring(lua, -1));
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Counts the list, and checks each key of the table on the top. */
static void check_keys(lua_State *lua, struct test_file *file)
{
    file->count = lua_rawlen(lua, -1);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        const char *key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : NULL;

        if (!key && !(lua_isinteger(lua, -2) && lua_tointeger(lua, -2) >= 1 &&
                      (size_t)lua_tointeger(lua, -2) <= file->count))
            luaL_error(lua, "tests are a list of cases without gaps, and functions with a name");
        if (key && (strncmp(key, "test_", 5) != 0 || strlen(key) > TEST_NAME))
            luaL_error(lua, "'%s' is no test: the name of a function begins with test_", key);
        if (key && !lua_isfunction(lua, -1))
            luaL_error(lua, "'%s' must be a function, not a %s", key, luaL_typename(lua, -1));
        file->functions += key != NULL;
        lua_pop(lua, 1);
    }
}

/* The names of the functions of the table on the top, for run_function(). */
static void sort_names(lua_State *lua, const struct test_file *file)
{
    const char **names = lua_newuserdatauv(lua, (file->functions + 1) * sizeof *names, 0);
    size_t n = 0;

    lua_rawsetp(lua, LUA_REGISTRYINDEX, NAMES);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        if (lua_type(lua, -2) == LUA_TSTRING)
            names[n++] = lua_tostring(lua, -2);
        lua_pop(lua, 1);
    }
    qsort(names, n, sizeof *names, compare);
}

static int load(lua_State *lua)
{
    struct test_file *file = lua_touserdata(lua, 1);

    test_state_compile(lua, file->text, file->len);
    lua_call(lua, 0, 1);
    if (!lua_istable(lua, -1))
        return luaL_error(lua, "tests are a table that the file returns, not a %s",
                          luaL_typename(lua, -1));
    lua_pushvalue(lua, -1);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, TESTS);
    check_keys(lua, file);
    if (file->count + file->functions == 0)
        return luaL_error(lua, "there is no case in it");
    sort_names(lua, file);
    check_list(lua, file);
    return 0;
}

/* ---- running ---- */

static int run_case(lua_State *lua)
{
    struct test_file *file = lua_touserdata(lua, 1);
    struct test_case c;
    fence_decision got;

    lua_rawgetp(lua, LUA_REGISTRYINDEX, TESTS);
    lua_rawgeti(lua, -1, (lua_Integer)file->at + 1);
    test_case_read(lua, &c, file->tested.config);
    file->name = c.name;
    if (fence_decide(&got, file->tested.config, file->tested.policy, &c.request) < 0)
        return luaL_error(lua, "this cannot be asked");
    test_case_check(file->failure, &c, &got);
    return 0;
}

static int run_function(lua_State *lua)
{
    struct test_file *file = lua_touserdata(lua, 1);
    const char **names;

    lua_rawgetp(lua, LUA_REGISTRYINDEX, NAMES);
    names = lua_touserdata(lua, -1);
    file->name = names[file->at - file->count];
    lua_rawgetp(lua, LUA_REGISTRYINDEX, TESTS);
    lua_pushstring(lua, file->name);
    lua_rawget(lua, -2);
    test_push_t(lua, &file->tested);
    lua_call(lua, 1, 0);
    return 0;
}

/* False: the policies could not be loaded. */
static bool run(struct test_file *file, const struct options *options, struct report *report,
                fence_error *err)
{
    lua_CFunction work = file->at < file->count ? run_case : run_function;
    struct rules fresh = *file->rules;

    fresh.policy = NULL;
    if (rules_load_policies(&fresh, options, err) < 0) {
        fence_policy_unref(fresh.policy);
        return false;
    }
    file->tested.policy = fresh.policy;
    file->name = "?";
    file->failure[0] = '\0';
    if (test_state_call(&file->state, work, file) < 0)
        memcpy(file->failure, file->state.why, sizeof file->failure);
    file->tested.policy = fence_policy_unref(file->tested.policy);
    report_case(report, file->path, file->name, file->failure[0] ? file->failure : NULL);
    return true;
}

/* ---- the file ---- */

static int fail_path(fence_error *err, const char *path, const char *what)
{
    err->code = -EINVAL;
    snprintf(err->message, sizeof err->message, "%.200s: %.300s", path, what);
    return -1;
}

/* What Lua says begins with the file's last part; a person gave all of it. */
static int fail_load(fence_error *err, const struct test_file *file)
{
    const char *base = file->state.chunk, *why = file->state.why;
    size_t len = strlen(base);

    err->code = -EINVAL;
    if (strncmp(why, base, len) != 0 || why[len] != ':')
        return fail_path(err, file->path, why);
    snprintf(err->message, sizeof err->message, "%.*s%.300s",
             (int)(base - file->path > 200 ? 200 : base - file->path), file->path, why);
    return -1;
}

static int read_text(char *room, size_t *len, const char *path, fence_error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    const char *why = NULL;
    ssize_t got = 1;

    if (fd < 0)
        return fail_path(err, path, errno == ENOENT ? "does not exist" : strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        why = S_ISDIR(st.st_mode) ? "is a folder: name the file in it" : "is no regular file";
    for (*len = 0; !why && got > 0 && *len < TEST_FILE_BYTES; *len += (size_t)got) {
        got = read(fd, room + *len, TEST_FILE_BYTES - *len);
        if (got < 0)
            why = strerror(errno);
    }
    close(fd);
    if (!why && *len == TEST_FILE_BYTES)
        why = "has 1 MiB or more";
    return why ? fail_path(err, path, why) : 0;
}

static int run_all(struct test_file *file, const struct options *options, struct report *report,
                   fence_error *err)
{
    if (test_state_call(&file->state, load, file) < 0)
        return fail_load(err, file);
    for (; file->at < file->count + file->functions; file->at++) {
        if (!run(file, options, report, err))
            return -1;
    }
    return 0;
}

int test_file_run(const char *path, const struct rules *rules, const struct options *options,
                  struct report *report, fence_error *err)
{
    struct test_file file = {.rules = rules, .path = path, .tested.config = rules->config};
    const char *slash = strrchr(path, '/');
    char *room = malloc(TEST_FILE_BYTES);
    int rc = -1;

    if (!room || test_state_open(&file.state, slash ? slash + 1 : path) < 0) {
        fail_path(err, path, "out of memory");
    } else {
        file.text = room;
        if (read_text(room, &file.len, path, err) == 0)
            rc = run_all(&file, options, report, err);
        test_state_close(&file.state);
    }
    free(room);
    return rc;
}
