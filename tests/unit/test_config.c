/* SPDX-License-Identifier: Apache-2.0
 * test_config.c - what a configuration may say, and the sentence for everything it may not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "filter/config.h"
#include "support/guard.h"

struct row {
    const char *name;
    const char *json;
    const char *error; /* without "x.json:"; NULL: taken */
};

static int parse(fence_config **out, struct str json, fence_error *err)
{
    char *copy = guard_copy(json.bytes, json.len);
    int rc = fence_config_parse(out, "x.json", copy, json.len, NULL, 0, err);

    guard_free(copy, json.len);
    return rc;
}

/* clang-format off */
static const struct row good_rows[] = {
    {"deny takes from what is allowed", "{\"network\": {\"allowedDomains\": [\"*.a.test\", \"b.test\"],"
                                        " \"deniedDomains\": [\"x.a.test\", \"b.test:22\"]}}", NULL},
    {"3A.2 the restrictive default",  "{}", NULL},
    {"comments and trailing commas",  "{ // c\n \"network\": {\"allowedDomains\": [\"a.test\",],}, /* d */ }", NULL},
    {"3L.215 a byte order mark",      "\xef\xbb\xbf{}", NULL},
    {"$schema",                       "{\"$schema\": \"https://x.test/fence.json\"}", NULL},
    {"empty sections",                "{\"network\": {}, \"filesystem\": {}, \"devices\": {}, \"macos\": {\"mach\": {}},"
                                      " \"command\": {}, \"ssh\": {}, \"policy\": {}}", NULL},
    {"an escaped key",                "{\"netw\\u006frk\": {}}", NULL},
    {"every key, inert",
     "{\"extends\": \"\", \"allowPty\": false, \"forceNewSession\": false, \"policies\": [], \"policy\": {},"
     "\"network\": {\"rules\": [], \"tlsNameCheck\": \"off\", \"allowUnixSockets\": [], \"allowAllUnixSockets\": false,"
     "  \"allowLocalBinding\": false, \"allowLocalOutbound\": false, \"allowLocalOutboundPorts\": [],"
     "  \"httpProxyPort\": 0, \"socksProxyPort\": 0, \"upstreamProxy\": \"\", \"defaultAction\": \"\"},"
     "\"filesystem\": {\"denyWrite\": [], \"allowRead\": [], \"denyRead\": [], \"allowExecute\": [],"
     "  \"allowGitConfig\": false, \"defaultDenyRead\": false, \"strictDenyRead\": false, \"wslInterop\": false},"
     "\"devices\": {\"mode\": \"\", \"allow\": []}, \"macos\": {\"mach\": {\"lookup\": [], \"register\": []}},"
     "\"command\": {\"deny\": [], \"allow\": [], \"useDefaults\": false,"
     "  \"acceptSharedBinaryCannotRuntimeDeny\": [], \"runtimeExecPolicy\": \"\"},"
     "\"ssh\": {\"allowedHosts\": [], \"deniedHosts\": [], \"allowedCommands\": [], \"deniedCommands\": [],"
     "  \"allowAllCommands\": false, \"inheritDeny\": false}}", NULL},
    {"words that mean the default",   "{\"network\": {\"defaultAction\": \"deny\"}, \"devices\": {\"mode\": \"minimal\"},"
                                      " \"command\": {\"runtimeExecPolicy\": \"path\"}}", NULL},
    {"local binding, either way",     "{\"network\": {\"allowLocalBinding\": true}}", NULL},
    {"ports of the proxy",            "{\"network\": {\"httpProxyPort\": 1080, \"socksProxyPort\": 3128}}", NULL},
    {"what is not",                   "{\"network\": {\"defaultAction\": \"\"}, \"filesystem\": {\"wslInterop\": false}}", NULL},
    {"3L.216 -0 for a port",          "{\"network\": {\"httpProxyPort\": -0}}", NULL},
    {"the same domain twice",         "{\"network\": {\"allowedDomains\": [\"a.test\", \"a.test\"]}}", NULL},
    {"networks",                      "{\"network\": {\"allowedAddresses\": [\"10.0.0.0/8\", \"::1\"], \"deniedAddresses\": [\"fd00::/8\"]}}", NULL},
    {"hosts",                         "{\"network\": {\"hosts\": {\"a.test\": \"10.0.0.1\", \"b.test\": \"fd00::1\", \"c.test\": \"[fd00::2]\"}}}", NULL},
};


static const struct row bad_rows[] = {
    {"a contradiction",               "{\"network\": {\"allowedDomains\": [\"a.test\", \"B.test.:443\"],\n"
                                      " \"deniedDomains\": [\"c.test\", \"b.test:443\"]}}",
     "2:30: network.deniedDomains[1]: network.allowedDomains[1] allows what this denies: remove one"},
    {"a contradiction of networks",   "{\"network\": {\"deniedAddresses\": [\"10.0.0.0/8\"], \"allowedAddresses\": [\"10.0.0.0/8\"]}}",
     "1:34: network.deniedAddresses[0]: network.allowedAddresses[0] allows what this denies: remove one"},
    {"3L.212 empty",                  "", "1:1: the configuration is empty: write {} for the restrictive default"},
    {"no JSON at all",                "allow a.test", "1:1: a value is true, false, null, a number, or begins with \" [ or {"},
    {"a list",                        "[]", "1:1: must be an object"},
    {"a lonely string",               "\"x\"", "1:1: must be an object"},
    {"3L.213 null",                   "null", "1:1: null is no value here: leave the key out"},
    {"3L.209 duplicate at the top",   "{\"network\": {},\n \"ssh\": {}, \"network\": {}}", "2:13: network: this key stands here twice: remove one"},
    {"3L.209 duplicate in a section", "{\"network\": {\"allowedDomains\": [], \"allowedDomains\": []}}",
                                      "1:36: network.allowedDomains: this key stands here twice: remove one"},
    {"3L.209 duplicate, escaped",     "{\"ssh\": {}, \"ss\\u0068\": {}}", "1:13: ssh: this key stands here twice: remove one"},
    {"3L.209 duplicate in hosts",     "{\"network\": {\"hosts\": {\"a.test\": \"10.0.0.1\", \"b.test\": \"10.0.0.1\", \"a.test\": \"10.0.0.2\"}}}",
                                      "1:68: network.hosts.a.test: this key stands here twice: remove one"},
    {"two spellings in hosts",        "{\"network\": {\"hosts\": {\"a.test\": \"10.0.0.1\", \"A.test.\": \"10.0.0.1\"}}}",
                                      "1:14: network.hosts: 'a.test' stands here twice, in two spellings"},
    {"3L.210 denidDomains",           "{\"network\": {\n  \"denidDomains\": []}}",
                                      "2:3: network.denidDomains: unknown key 'denidDomains'; did you mean 'deniedDomains'?"},
    {"3L.210 allowdDomains",          "{\"network\": {\"allowdDomains\": []}}",
                                      "1:14: network.allowdDomains: unknown key 'allowdDomains'; did you mean 'allowedDomains'?"},
    {"3L.210 denyReads",              "{\"filesystem\": {\"denyReads\": []}}",
                                      "1:17: filesystem.denyReads: unknown key 'denyReads'; did you mean 'denyRead'?"},
    {"3L.210 in the wrong section",   "{\"allowedDomains\": []}",
                                      "1:2: allowedDomains: unknown key 'allowedDomains'; did you mean 'network.allowedDomains'?"},
    {"3L.210 case matters",           "{\"Network\": {}}", "1:2: Network: unknown key 'Network'; did you mean 'network'?"},
    {"3L.210 near nothing",           "{\"zzzzzzzz\": 1}", "1:2: zzzzzzzz: unknown key 'zzzzzzzz'"},
    {"3L.210 an empty key",           "{\"\": 1}", "1:2: : unknown key ''"},
    {"a dotted key is no path",       "{\"network.allowedDomains\": []}", "1:2: network.allowedDomains: unknown key 'network.allowedDomains'"},
    {"an escape sequence in a key",   "{\"\\u001b[2J\": 1}", "1:2: \\x1b[2J: unknown key '\\x1b[2J'"},
    {"3L.213 null for a section",     "{\"network\": null}", "1:13: network: null is no value here: leave the key out"},
    {"3L.213 null for a list",        "{\"network\": {\"allowedDomains\": null}}",
                                      "1:32: network.allowedDomains: null is no value here: leave the key out"},
    {"3L.213 null for a switch", "{\"allowPty\": null}", "1:14: allowPty: null is no value here: leave the key out"},
    {"3L.213 null in a list",         "{\"network\": {\"allowedDomains\": [null]}}",
                                      "1:33: network.allowedDomains[0]: must be a string: this is a list of strings"},
    {"3L.213 string for a section",   "{\"network\": \"x\"}", "1:13: network: must be an object"},
    {"3L.213 string for a list",      "{\"network\": {\"allowedDomains\": \"a.test\"}}",
                                      "1:32: network.allowedDomains: must be a list of strings"},
    {"3L.213 number for a list",      "{\"filesystem\": {\"allowWrite\": 1}}", "1:31: filesystem.allowWrite: must be a list of strings"},
    {"3L.213 object for a list",      "{\"network\": {\"deniedAddresses\": {}}}", "1:33: network.deniedAddresses: must be a list of strings"},
    {"3L.213 list for hosts",         "{\"network\": {\"hosts\": []}}", "1:23: network.hosts: must be an object: names and their addresses"},
    {"3L.213 1 for true",             "{\"allowPty\": 1}", "1:14: allowPty: must be true or false"},
    {"3L.213 \"true\" for true",      "{\"network\": {\"allowLocalBinding\": \"true\"}}", "1:35: network.allowLocalBinding: must be true or false"},
    {"3L.213 text for a port",        "{\"network\": {\"httpProxyPort\": \"0\"}}",
                                      "1:31: network.httpProxyPort: must be a port of the sandbox, 1024 to 65535 but not 3129; 0 is 3128"},
    {"3L.213 number for text",        "{\"extends\": 1}", "1:13: extends: must be a string"},
    {"3L.213 number for $schema",     "{\"$schema\": 1}", "1:13: $schema: must be a string"},
    {"3L.213 number in a list",       "{\"network\": {\"allowedDomains\": [\"a.test\", 7]}}",
                                      "1:43: network.allowedDomains[1]: must be a string: this is a list of strings"},
    {"3L.213 list in a list",         "{\"filesystem\": {\"allowWrite\": [[]]}}",
                                      "1:32: filesystem.allowWrite[0]: must be a string: this is a list of strings"},
    {"no service's name",             "{\"macos\": {\"mach\": {\n    \"lookup\": [\"x y\"]}}}",
                                      "2:16: macos.mach.lookup[0]: 'x y': a service's name has up to 127 letters, digits, '.', '-', '_' and '@', and "
                                      "may end with '*'"},
    {"ssh without hosts",             "{\"ssh\": {\"inheritDeny\": true}}",
                                      "1:10: ssh.inheritDeny: holds nothing without hosts: add \"allowedHosts\": [\"*\"]"},
    {"an empty command",              "{\"command\": {\"deny\": [\"\"]}}", "1:23: command.deny[0]: '': name a program"},
    {"a device elsewhere",            "{\"devices\": {\"allow\": [\"/dev/kvm\", \"/tmp/x\"]}}",
                                      "1:36: devices.allow[1]: '/tmp/x': a device is a path below /dev, such as /dev/kvm"},
    {"all devices",                   "{\"devices\": {\"allow\": [\"/dev/\"]}}",
                                      "1:24: devices.allow[0]: '/dev/': a device is a path below /dev, such as /dev/kvm"},
    {"out of /dev",                   "{\"devices\": {\"allow\": [\"/dev/../etc/shadow\"]}}",
                                      "1:24: devices.allow[0]: '/dev/../etc/shadow': a device is a path below /dev, such as /dev/kvm"},
    {"the host's devices",            "{\"devices\": {\"mode\": \"host\"}}",
                                      "1:22: devices.mode: \"host\" opens disks and memory as well: name what is needed in devices.allow"},
    {"no such mode",                  "{\"devices\": {\"mode\": \"all\"}}", "1:22: devices.mode: must be \"auto\" or \"minimal\""},
    {"policy: no object",             "{\"policy\": [1]}", "1:12: policy: must be an object: policies and their settings"},
    {"policy: null",                  "{\"policy\": null}", "1:12: policy: null is no value here: leave the key out"},
    {"3L.209 twice, deep down",       "{\"policy\": {\"a\": [{\"b\": 1, \"b\": 2}]}}", "1:38: policy.b: this key stands here twice: remove one"},
    {"defaultAction without a proxy", "{\"network\": {\"defaultAction\": \"proxy\"}}",
                                      "1:31: network.defaultAction: \"proxy\" is the one of network.upstreamProxy, which is not there"},
    {"no such action",                "{\"network\": {\"defaultAction\": \"allow\"}}",
                                      "1:31: network.defaultAction: must be \"deny\" or \"proxy\""},
    {"Windows",                       "{\"filesystem\": {\"wslInterop\": true}}",
                                      "1:17: filesystem.wslInterop: a Windows program would run outside of the sandbox: remove it, or set it to false"},
    {"a section of a section",        "{\"macos\": {\"mach\": {\"register\": [\"*x\"]}}}",
                                      "1:34: macos.mach.register[0]: '*x': a service's name has up to 127 letters, digits, '.', '-', '_' and '@', and "
                                      "may end with '*'"},
    {"an empty path",                 "{\"filesystem\": {\"allowWrite\": [\"\"]}}",
                                      "1:32: filesystem.allowWrite[0]: '': this is an empty path: the current folder is \".\""},
    {"an address in hosts",           "{\"network\": {\"hosts\": {\"10.0.0.1\": \"10.0.0.2\"}}}",
                                      "1:24: network.hosts.10.0.0.1: an address needs no line here: write a host name"},
    {"a wildcard in hosts",           "{\"network\": {\"hosts\": {\"*.a.test\": \"10.0.0.2\"}}}",
                                      "1:24: network.hosts.*.a.test: a wildcard has no address of its own: write each name"},
    {"a name for a name",             "{\"network\": {\"hosts\": {\"a.test\": \"b.test\"}}}",
                                      "1:24: network.hosts.a.test: must have an IP address as its value, such as \"10.1.2.3\" or \"fd00::1\""},
    {"a list for a name",             "{\"network\": {\"hosts\": {\"a.test\": [\"10.0.0.1\"]}}}",
                                      "1:34: network.hosts.a.test: must be an IP address as a string"},
    {"null for a name",               "{\"network\": {\"hosts\": {\"a.test\": null}}}",
                                      "1:34: network.hosts.a.test: null is no value here: leave the key out"},
};
/* clang-format on */

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good_rows); i++) {
        fence_config *config = NULL;
        fence_error err = {0, ""};

        if (parse(&config, str_of(good_rows[i].json), &err) != 0)
            fail_msg("%s: %s", good_rows[i].name, err.message);
        fence_config_unref(config);
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_rows); i++) {
        const struct row *row = &bad_rows[i];
        fence_config *config = NULL;
        fence_error err = {0, ""};
        int rc = parse(&config, str_of(row->json), &err);

        if (rc != FENCE_ECONFIG || err.code != rc || config)
            fail_msg("%s: returned %d", row->name, rc);
        if (strncmp(err.message, "x.json:", 7) != 0 || strcmp(err.message + 7, row->error) != 0)
            fail_msg("%s: %s", row->name, err.message);
    }
}

/* The sentences of domains.c and addr.c are theirs: here only that they are passed on. */
static void test_bad_rules(void **state)
{
    static const struct row rows[] = {
        {"3A.34 a URL", "{\"network\": {\"allowedDomains\": [\"a.test\", \"http://good.test\"]}}",
         "x.json:1:43: network.allowedDomains[1]: 'http://good.test': "},
        {"3A.34 a space", "{\"network\": {\"deniedDomains\": [\"good.test \"]}}",
         "x.json:1:32: network.deniedDomains[0]: 'good.test ': "},
        {"3A.34 an ideographic stop",
         "{\"network\": {\"deniedDomains\": [\"evil\xe3\x80\x82test\"]}}",
         "x.json:1:32: network.deniedDomains[0]: 'evil\\xe3\\x80\\x82test': "},
        {"an empty rule", "{\"network\": {\"deniedDomains\": [\"\"]}}",
         "x.json:1:32: network.deniedDomains[0]: '': "},
        {"bits beyond the prefix", "{\"network\": {\"deniedAddresses\": [\"10.0.0.1/8\"]}}",
         "x.json:1:34: network.deniedAddresses[0]: '10.0.0.1/8': "},
        {"a name as an address", "{\"network\": {\"allowedAddresses\": [\"::1\", \"localhost\"]}}",
         "x.json:1:42: network.allowedAddresses[1]: 'localhost': "},
        {"a bad name in hosts", "{\"network\": {\"hosts\": {\"a..test\": \"10.0.0.1\"}}}",
         "x.json:1:24: network.hosts.a..test: "},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_config *config = NULL;
        fence_error err = {0, ""};

        if (parse(&config, str_of(rows[i].json), &err) != FENCE_ECONFIG || config)
            fail_msg("%s: taken", rows[i].name);
        if (strncmp(err.message, rows[i].error, strlen(rows[i].error)) != 0 ||
            strlen(err.message) == strlen(rows[i].error))
            fail_msg("%s: %s", rows[i].name, err.message);
    }
}

static void test_values(void **state)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};

    (void)state;
    assert_int_equal(parse(&config,
                           STR("{\"network\": {\"allowedDomains\": [\"b.test\", \"a.test\"],"
                               " \"deniedDomains\": [\"c.test\"],"
                               " \"allowedAddresses\": [\"10.0.0.0/8\", \"::1\"],"
                               " \"hosts\": {\"z.test\": \"10.0.0.1\", \"a.test\": \"::2\"}},"
                               " \"filesystem\": {\"allowWrite\": [\".\", \"~/x/**\"]}}"),
                           &err),
                     0);
    assert_int_equal(config->allowed.parts.total, 2);
    assert_int_equal(domains_count(config->allowed.set), 2);
    assert_int_equal(config->denied.parts.total, 1);
    assert_int_equal(domains_count(config->allowed_addresses.set), 2);
    assert_int_equal(domains_find(config->allowed_addresses.set, STR("::1/128")), 1);
    assert_int_equal(domains_count(config->denied_addresses.set), 0);
    assert_int_equal(config->npins, 2);
    assert_string_equal(config->pins[0].name.text, "a.test"); /* sorted */
    assert_int_equal(config->nallow_write, 2);
    assert_string_equal(config->allow_write[1], "~/x");
    fence_config_unref(config);
}

static void test_sizes(void **state)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};
    auto_buf struct buf text = BUF_INIT(64 * 1024 * 1024);

    (void)state;
    /* 3L.216 100 MB file: refused by its length, unread */
    assert_int_equal(fence_config_parse(&config, "x.json", NULL, 100 * 1024 * 1024, NULL, 0, &err),
                     FENCE_ECONFIG);
    assert_string_equal(err.message, "x.json: has more than 67108864 bytes");

    /* 3L.216 10^6 keys, the last of them a duplicate: sorted, not compared each with each */
    buf_append_text(&text, "{");
    for (unsigned i = 0; i < 1000000; i++)
        buf_printf(&text, "\"%u\":0,", i);
    buf_append_text(&text, "\"7\":0}");
    assert_int_equal(parse(&config, buf_str(&text), &err), FENCE_ECONFIG);
    assert_non_null(strstr(err.message, ": 7: this key stands here twice"));

    buf_consume(&text, text.len);
    buf_append_text(&text, "{\"network\":{\"hosts\":{");
    for (unsigned i = 0; i <= LIMIT_PINS; i++)
        buf_printf(&text, "\"h%u.test\":\"::1\",", i);
    buf_append_text(&text, "}}}");
    assert_int_equal(parse(&config, buf_str(&text), &err), FENCE_ECONFIG);
    assert_string_equal(err.message, "x.json:1:13: network.hosts: has more than 65536 lines");
    assert_null(config);
}

/* A name that nobody should print, and one too long for a message. */
static void test_names(void **state)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};
    char name[1000];

    (void)state;
    assert_int_equal(fence_config_parse(&config, "a\x1b[2J\n", "[", 1, NULL, 0, &err),
                     FENCE_ECONFIG);
    assert_string_equal(err.message, "a\\x1b[2J\\x0a:1:2: a value is missing here");
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(fence_config_parse(&config, name, "[", 1, NULL, 0, &err), FENCE_ECONFIG);
    assert_non_null(strstr(err.message, "nn...:1:2: a value is missing here"));
    assert_int_equal(fence_config_parse(&config, "x", "[", 1, NULL, 0, NULL), FENCE_ECONFIG);
    assert_null(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_bad),
        cmocka_unit_test(test_bad_rules), cmocka_unit_test(test_values),
        cmocka_unit_test(test_sizes),     cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
