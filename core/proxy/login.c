/* SPDX-License-Identifier: Apache-2.0
 * login.c - compares what a client gave with what it should have given, and lets nobody guess fast.
 */
#include "proxy/login.h"

#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "proxy/listener.h"
#include "proxy/proxy.h"

#define PART_MAX  255 /* RFC 1929, section 2 */
#define TOKEN_MAX BASE64_LEN(2 * PART_MAX + 1)

struct login {
    struct str user, password, token; /* into `room` */
    uint64_t second;                  /* that `failures` were counted in */
    unsigned failures;
    char room[2 * PART_MAX + 2 + TOKEN_MAX];
};

int login_new(struct login **out, const char *user, const char *password)
{
    size_t user_len = strlen(user), password_len = strlen(password), both;
    struct login *login;

    if (user_len < 1 || user_len > PART_MAX || strchr(user, ':') || password_len < 1 ||
        password_len > PART_MAX)
        return -EINVAL;
    login = calloc(1, sizeof *login);
    if (!login)
        return -ENOMEM;
    both = user_len + 1 + password_len;
    memcpy(login->room, user, user_len);
    login->room[user_len] = ':';
    memcpy(login->room + user_len + 1, password, password_len);
    login->user = (struct str){login->room, user_len};
    login->password = (struct str){login->room + user_len + 1, password_len};
    login->token.bytes = login->room + both;
    login->token.len = base64_encode(login->room + both, (struct str){login->room, both});
    *out = login;
    return 0;
}

void login_free(struct login *login)
{
    if (login)
        explicit_bzero(login, sizeof *login);
    free(login);
}

bool login_is_required(const struct proxy *proxy, const struct listener *listener)
{
    return proxy->login && !(listener && listener->adopted);
}

/* How long it takes depends on the length given alone. */
static bool same(struct str right, struct str given)
{
    unsigned different = right.len != given.len;

    for (size_t i = 0; i < given.len; i++)
        different |= (uint8_t)given.bytes[i] ^ (uint8_t)right.bytes[i % right.len];
    return different == 0;
}

static bool judge(struct proxy *proxy, bool right)
{
    struct login *login = proxy->login;
    uint64_t second = uv_now(proxy->loop) / 1000;

    if (second != login->second) {
        login->second = second;
        login->failures = 0;
    }
    if (login->failures >= LIMIT_LOGIN_FAILURES)
        return false;
    login->failures += !right;
    return right;
}

bool login_matches_socks5(struct proxy *proxy, const struct socks5 *socks)
{
    return judge(proxy, socks5_login_equal(socks, proxy->login->user, proxy->login->password));
}

bool login_matches_request(struct proxy *proxy, const struct http1_request *request)
{
    struct str given = {"", 0}, scheme = STR("Basic ");
    size_t found = 0;

    for (size_t i = 0; i < request->nfields; i++) {
        if (str_equal_nocase(request->fields[i].name, STR("Proxy-Authorization"))) {
            given = request->fields[i].value;
            found++;
        }
    }
    if (found != 1 || given.len < scheme.len ||
        !str_equal_nocase(str_slice(given, 0, scheme.len), scheme))
        return false; /* nothing was guessed: clients ask first, and are told how */
    return judge(proxy,
                 same(proxy->login->token, str_trim(str_slice(given, scheme.len, given.len))));
}
