/* SPDX-License-Identifier: Apache-2.0
 * http1_request.c - a request head, RFC 9112 section 3, as a forward proxy may be asked.
 *
 * absolute-form with http: or CONNECT with authority-form, nothing else. The target decides where
 * the request goes; a Host field may only agree with it. */
#include "proto/http1_fields.h"

#define PORT_HTTP 80

/* ---- the request line ---- */

/* "HTTP/1.0" or "HTTP/1.1", and the CRLF. */
static bool read_version(struct http1_request *out, struct str head, size_t *at,
                         struct http1_refusal *why)
{
    struct str rest = str_slice(head, *at, head.len), name = STR("HTTP/");
    size_t end = name.len + 3;

    if (!str_has_prefix(rest, name) || rest.len < end + 2 || !ascii_digit(rest.bytes[5]) ||
        rest.bytes[6] != '.' || !ascii_digit(rest.bytes[7]) || rest.bytes[end] != '\r' ||
        rest.bytes[end + 1] != '\n')
        return http1_refuse(why, 400, "the request line is not 'METHOD http://URL HTTP/1.1'");
    if (rest.bytes[5] != '1' || rest.bytes[7] > '1')
        return http1_refuse(why, 505, "this proxy speaks HTTP/1.1 and HTTP/1.0 only");
    out->minor = (unsigned)(rest.bytes[7] - '0');
    *at += end + 2;
    return true;
}

static bool refuse_target(struct http1_refusal *why, struct str head, size_t at)
{
    if (at < head.len && head.bytes[at] == '\\')
        return http1_refuse(why, 400, "a URL holds no backslash: write it as %5C");
    if (at < head.len && head.bytes[at] == '#')
        return http1_refuse(why, 400,
                            "a request target has no fragment: leave out '#' and the rest");
    return http1_refuse(why, 400, "the request line is not 'METHOD http://URL HTTP/1.1'");
}

static bool read_request_line(struct http1_request *out, struct str *target, struct str head,
                              size_t *at, struct http1_refusal *why)
{
    size_t end;

    *at = str_has_prefix(head, STR("\r\n")) ? 2 : 0; /* RFC 9112, section 2.2 */
    end = *at + http1_class_run(head, *at, HTTP1_TOKEN);
    out->method = str_slice(head, *at, end);
    if (out->method.len == 0 || end == head.len || head.bytes[end] != ' ')
        return http1_refuse(why, 400, "the request does not begin with a method and one space");
    if (out->method.len > LIMIT_HTTP_METHOD)
        return http1_refuse(why, 400, "the method is too long");

    *at = end + 1;
    end = *at + http1_class_run(head, *at, HTTP1_TARGET);
    *target = str_slice(head, *at, end);
    if (target->len == 0 || end == head.len || head.bytes[end] != ' ')
        return refuse_target(why, head, end);
    *at = end + 1;
    return read_version(out, head, at, why);
}

/* Methods that change how a message is framed or where it goes must mean the same to everyone:
 * "head" in lower case would be another method to some and HEAD to others. */
static bool check_method(struct str method, struct http1_refusal *why)
{
    static const struct str framing[] = {
        {"HEAD", 4},
        {"CONNECT", 7},
        {"TRACE", 5},
    };

    if (str_equal(method, STR("TRACE")))
        return http1_refuse(why, 405, "TRACE is not passed on: it would send credentials back");
    if (str_equal(method, STR("PRI")))
        return http1_refuse(why, 400, "PRI belongs to HTTP/2, which this proxy does not speak");
    for (size_t i = 0; i < ARRAY_LEN(framing); i++) {
        if (str_equal_nocase(method, framing[i]) && !str_equal(method, framing[i]))
            return http1_refuse(why, 400, "methods are case-sensitive: write it in capitals");
    }
    return true;
}

/* ---- the target ---- */

static bool has_prefix_nocase(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_equal_nocase(str_slice(s, 0, prefix.len), prefix);
}

static bool refuse_form(struct http1_refusal *why, struct str target)
{
    if (has_prefix_nocase(target, STR("https://")))
        return http1_refuse(why, 400, "https:// goes through a tunnel: use CONNECT");
    if (has_prefix_nocase(target, STR("http:")))
        return http1_refuse(why, 400, "a URL begins with http:// and a host name");
    if (str_equal(target, STR("*")))
        return http1_refuse(why, 400, "this is a proxy: '*' names no server");
    for (size_t i = 0; i + 2 < target.len && target.bytes[i] != '/'; i++) {
        if (str_has_prefix(str_slice(target, i, target.len), STR("://")))
            return http1_refuse(why, 400, "only http:// URLs are fetched here");
    }
    return http1_refuse(why, 400, "this is a proxy: the request must name the whole http:// URL");
}

static size_t authority_len(struct str s)
{
    size_t i = 0;

    while (i < s.len && s.bytes[i] != '/' && s.bytes[i] != '?')
        i++;
    return i;
}

/* Fills host, port and path. `*authority` is the host as the client wrote it. */
static bool read_target(struct http1_request *out, struct str *authority, struct str target,
                        struct http1_refusal *why)
{
    struct str scheme = STR("http://"), rest = target;
    const char *wrong;

    out->connect = str_equal(out->method, STR("CONNECT"));
    if (!out->connect) {
        if (!has_prefix_nocase(target, scheme))
            return refuse_form(why, target);
        rest = str_slice(target, scheme.len, target.len);
    }
    *authority = out->connect ? target : str_slice(rest, 0, authority_len(rest));
    wrong = host_parse_authority(&out->host, &out->port, *authority, out->connect ? 0 : PORT_HTTP);
    if (wrong)
        return http1_refuse(why, 400, wrong);

    out->path = str_slice(rest, authority->len, rest.len);
    if (out->path.len == 0 && !out->connect) /* RFC 9112, section 3.2.4 */
        out->path = str_equal(out->method, STR("OPTIONS")) ? STR("*") : STR("/");
    return true;
}

/* ---- what the fields mean for a request ---- */

static bool check_host(const struct http1_request *request, struct str authority,
                       const struct http1_facts *facts, struct http1_refusal *why)
{
    struct host host;
    uint16_t port;
    const char *wrong;

    if (facts->hosts > 1)
        return http1_refuse(why, 400, "Host stands there more than once");
    if (facts->hosts == 0)
        return request->minor == 0 || http1_refuse(why, 400, "HTTP/1.1 wants a Host field");
    if (str_equal(facts->host, authority))
        return true;
    wrong = host_parse_authority(&host, &port, facts->host,
                                 request->connect ? request->port : PORT_HTTP);
    if (wrong)
        return http1_refuse(why, 400, "the Host field is not a host with an optional port");
    if (host.is_addr != request->host.is_addr || port != request->port ||
        !str_equal(host_str(&host), host_str(&request->host)))
        return http1_refuse(why, 400, "the Host field differs from the host in the target");
    return true;
}

static bool names_h2c(struct str upgrade)
{
    struct str protocol;

    while (http1_list_next(&upgrade, &protocol)) {
        if (str_equal_nocase(protocol, STR("h2c")))
            return true;
    }
    return false;
}

/* RFC 9110, section 7.8: whoever gets an Upgrade may ignore it. One to HTTP/2 is ignored, because
 * nobody would judge the requests inside; so is one that is not plainly a GET. */
static struct str wanted_upgrade(const struct http1_request *request,
                                 const struct http1_facts *facts)
{
    bool wanted = request->minor == 1 && facts->upgrade_named && facts->upgrades == 1 &&
                  str_equal(request->method, STR("GET")) && request->framing != HTTP1_CHUNKED &&
                  request->content_length == 0 && !names_h2c(facts->upgrade);

    return wanted ? facts->upgrade : STR("");
}

/* RFC 9110, section 10.1.1: of no meaning in HTTP/1.0 and without a body. */
static bool check_expect(struct http1_request *request, const struct http1_facts *facts,
                         struct http1_refusal *why)
{
    request->expect_continue =
        facts->expects > 0 && request->minor == 1 && request->framing != HTTP1_NO_BODY;
    if (facts->expects > 1 ||
        (facts->expects == 1 && !str_equal_nocase(facts->expect, STR("100-continue"))))
        return http1_refuse(why, 417, "the only expectation known is 100-continue");
    return true;
}

/* RFC 9110, section 7.6.2: how many more proxies an OPTIONS may pass. Nobody else asks. */
static bool read_max_forwards(struct http1_request *out, struct http1_refusal *why)
{
    size_t found = 0;

    out->max_forwards = HTTP1_ANY_DISTANCE;
    for (size_t i = 0; i < out->nfields && str_equal(out->method, STR("OPTIONS")); i++) {
        uint64_t value;

        if (!http1_is_max_forwards(out->fields[i].name))
            continue;
        if (!str_to_u64(&value, out->fields[i].value, HTTP1_ANY_DISTANCE - 1) || ++found > 1)
            return http1_refuse(why, 400, "Max-Forwards is one number");
        out->max_forwards = (uint32_t)value;
    }
    return true;
}

/* What the fields say beside the host. */
static bool read_meaning(struct http1_request *out, const struct http1_facts *facts,
                         struct http1_refusal *why)
{
    if (!http1_fields_framing(&out->framing, &out->content_length, facts, out->minor, why) ||
        !check_expect(out, facts, why) || !read_max_forwards(out, why))
        return false;
    out->keep_alive = out->minor == 1 && !facts->close; /* RFC 9112, section 9.3 */
    out->upgrade = wanted_upgrade(out, facts);
    return true;
}

bool http1_parse_request(struct http1_request *out, struct str head, struct http1_refusal *why)
{
    struct http1_facts facts = {0};
    struct str target = {0}, authority = {0};
    size_t at;

    if (!read_request_line(out, &target, head, &at, why) || !check_method(out->method, why) ||
        !read_target(out, &authority, target, why) ||
        !http1_fields_read(out->fields, &out->nfields, &facts, head, at, why) ||
        !check_host(out, authority, &facts, why) || !read_meaning(out, &facts, why))
        return false;
    if (out->connect && out->framing != HTTP1_NO_BODY)
        return http1_refuse(why, 400, "a CONNECT request has no body");
    return true;
}

/* ---- a request to a server ---- */

/* origin-form and "*": the path is the target. */
static bool read_server_target(struct http1_request *out, struct str *authority, struct str target,
                               struct http1_refusal *why)
{
    bool star = str_equal(target, STR("*"));

    if (str_equal(out->method, STR("CONNECT")))
        return http1_refuse(why, 405, "CONNECT is for proxies, and this connection is to a server");
    *authority = STR("");
    if (target.bytes[0] != '/' && !star)
        return read_target(out, authority, target, why);
    if (star && !str_equal(out->method, STR("OPTIONS")))
        return http1_refuse(why, 400, "'*' is a target of OPTIONS alone");
    out->connect = false;
    out->path = target;
    return true;
}

/* Without an authority in the target, Host names the server; RFC 9112, section 3.2, wants one. */
static bool read_server_host(struct http1_request *out, struct str authority,
                             const struct http1_facts *facts, struct http1_refusal *why)
{
    if (authority.len > 0 || facts->hosts != 1)
        return check_host(out, authority, facts, why);
    if (host_parse_authority(&out->host, &out->port, facts->host, PORT_HTTP))
        return http1_refuse(why, 400, "the Host field is not a host with an optional port");
    return true;
}

bool http1_parse_server_request(struct http1_request *out, struct str head, const struct host *host,
                                uint16_t port, struct http1_refusal *why)
{
    struct http1_facts facts = {0};
    struct str target = {0}, authority = {0};
    size_t at;

    out->host = *host;
    out->port = port;
    return read_request_line(out, &target, head, &at, why) && check_method(out->method, why) &&
           read_server_target(out, &authority, target, why) &&
           http1_fields_read(out->fields, &out->nfields, &facts, head, at, why) &&
           read_server_host(out, authority, &facts, why) && read_meaning(out, &facts, why);
}
