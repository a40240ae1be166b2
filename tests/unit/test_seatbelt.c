/* SPDX-License-Identifier: Apache-2.0
 * test_seatbelt.c - whole profiles: as text against tests/golden, and what they decide about the
 * network, services, devices and programs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "sandbox/seatbelt.h"
#include "support/config_of.h"
#include "support/golden.h"
#include "support/sbpl_ask.h"

#define MOST       16
#define TEXT(text) ((char *)(text)) /* nobody writes to it */

/* What the settings of files come to on a Mac. */
static struct plan_wish wishes[] = {
    {WISH_WRITABLE, "/Users/u/p", NULL},
    {WISH_PROTECTED, "/Users/u/p/.git/hooks", NULL},
    {WISH_HIDDEN_FOLDER, "/Users/u/.ssh", NULL},
    {WISH_HIDDEN_FILE, "/Users/u/p/a \"b\\.key", NULL},
    {WISH_VISIBLE, "/Users/u/.ssh/known_hosts", NULL},
};
static struct file_rule rules[] = {
    {FILE_PROTECTED, TEXT("/Users/u/p"), TEXT("**/.bashrc")},
    {FILE_PROTECTED, TEXT("/Users/u/p"), TEXT("**/.claude/hooks")},
    {FILE_PROTECTED, TEXT("/Users/u/p/.git"), TEXT("hooks")},
    {FILE_DENY_READ, TEXT("/Users/u/p"), TEXT("**/*.key")},
};
static char *roots[] = {TEXT("/Users/u/p")};

static const struct files nothing = {0};
static const struct files project = {.wishes = wishes,
                                     .nwishes = ARRAY_LEN(wishes),
                                     .rules = rules,
                                     .nrules = ARRAY_LEN(rules),
                                     .roots = {roots, 1, 1}};

static const char *const sockets[] = {"/Users/u/agent.sock"};
static const uint16_t ports[] = {3000};

static const struct row {
    const char *name, *json;
    const struct files *files;
    bool opened; /* sockets and ports are */
    const char *asks[MOST];
} rows[] = {
    {"nothing is said",
     "{}",
     &nothing,
     false,
     {"+network-outbound localhost:3128", "+network-outbound 127.0.0.1:1080",
      "-network-outbound localhost:3129", "-network-outbound 8.8.8.8:3128",
      "-network-outbound 1.1.1.1:53", "-network-bind localhost:8000",
      "-network-inbound localhost:8000", "-network-outbound /var/run/mDNSResponder",
      "-network-outbound /private/var/run/mDNSResponder", "-network-outbound /var/run/docker.sock",
      NULL}},
    {"270 names are looked up by nobody but the proxy",
     "{\"network\": {\"allowAllUnixSockets\": true}}",
     &nothing,
     false,
     {"+network-outbound /Users/u/x.sock", "-network-outbound /private/var/run/mDNSResponder",
      "-network-outbound /var/run/mDNSResponder", "-mach-lookup com.apple.dnssd.service",
      "-network-outbound 8.8.8.8:53", NULL}},
    {"all Unix sockets are those that are seen, and its own",
     "{\"network\": {\"allowAllUnixSockets\": true}}",
     &project,
     false,
     {"+network-outbound /private/var/run/docker.sock", "-network-outbound /Users/u/.ssh/agent",
      "-network-outbound /Users/u/p/x.key", "+network-outbound /Users/u/.ssh/known_hosts",
      "+network-outbound /Users/u/p/own", "+network-bind /Users/u/p/own",
      "-network-bind /Users/u/own", "-network-outbound 10.0.0.1:80", "-network-bind localhost:80",
      NULL}},
    {"all of little, and one that is named",
     "{\"network\": {\"allowAllUnixSockets\": true}, "
     "\"filesystem\": {\"defaultDenyRead\": true}}",
     &project,
     true,
     {"+network-outbound /Users/u/agent.sock", "-network-outbound /private/var/run/docker.sock",
      "-network-outbound /Users/u/.ssh/agent", "-network-outbound /Users/u/x",
      "+network-outbound /Users/u/p/own", "-network-outbound 10.0.0.1:80", NULL}},
    {"of the system's folders none is a way to other disks",
     "{\"filesystem\": {\"defaultDenyRead\": true}}",
     &project,
     false,
     {"-file-read-data /System/Volumes/Data/secret",
      "+file-read-data /System/Volumes/Preboot/Cryptexes/OS/a", "+file-read-data /System/Library/x",
      "-file-read-data /System/Volumes/VM/sleepimage", NULL}},
    {"269 servers of its own open no way out",
     "{\"network\": {\"allowLocalBinding\": true, \"allowLocalOutbound\": true, "
     "\"allowLocalOutboundPorts\": [5432]}}",
     &nothing,
     true,
     {"+network-bind localhost:8000", "+network-inbound 127.0.0.1:8000",
      "+network-inbound 10.0.0.1:8000", "+network-outbound localhost:5432",
      "-network-outbound localhost:8000", "-network-outbound 10.0.0.1:5432",
      "+network-outbound /Users/u/agent.sock", "-network-outbound /Users/u/agent.sock2", NULL}},
    {"a port that is given",
     "{}",
     &nothing,
     true,
     {"+network-bind localhost:3000", "+network-inbound localhost:3000",
      "-network-bind localhost:3001", "-network-outbound localhost:3000", NULL}},
    {"other ports of the proxy",
     "{\"network\": {\"httpProxyPort\": 4000, \"socksProxyPort\": 4001}}",
     &nothing,
     false,
     {"+network-outbound localhost:4000", "+network-outbound localhost:4001",
      "-network-outbound localhost:3128", NULL}},
    {"271 275 services",
     "{}",
     &nothing,
     false,
     {"+mach-lookup com.apple.system.opendirectoryd.libinfo", "-mach-lookup com.apple.pasteboard.1",
      "-mach-lookup com.apple.SecurityServer", "-mach-lookup com.apple.securityd.xpc",
      "-mach-lookup com.apple.trustd.agent", "-mach-lookup com.apple.tccd",
      "-mach-lookup com.apple.coreservices.launchservicesd",
      "-mach-lookup com.apple.cfprefsd.agent", "-mach-register org.x.y", "-lsopen x",
      "-appleevent-send x", "-iokit-get-properties IOPlatformSerialNumber",
      "-iokit-open-user-client x", "-job-creation x", "-user-preference-write x", NULL}},
    {"services that are named",
     "{\"macos\": {\"mach\": {\"lookup\": [\"com.apple.trustd.agent\", \"org.chromium.*\"], "
     "\"register\": [\"*\"]}}}",
     &nothing,
     false,
     {"+mach-lookup com.apple.trustd.agent", "+mach-lookup org.chromium.x",
      "-mach-lookup com.apple.trustd", "-mach-lookup org.chromiumx",
      "+mach-register org.chromium.y", NULL}},
    {"other processes",
     "{}",
     &nothing,
     false,
     {"+signal same-sandbox", "-signal others", "-process-info-pidinfo others",
      "+process-info-pidinfo same-sandbox", "+sysctl-read kern.osrelease",
      "-sysctl-read kern.procargs2", "-sysctl-read kern.proc.all", "-sysctl-write kern.hostname",
      NULL}},
    {"devices",
     "{}",
     &nothing,
     false,
     {"+file-write-data /dev/null", "+file-read-data /dev/urandom", "-file-read-data /dev/disk0",
      "-file-write-data /dev/ttys001", "-file-read-data /dev/ttys001", "+file-ioctl /dev/tty",
      "-file-write-data /dev/ptmx", "+file-write-data /dev/tty", NULL}},
    {"terminals",
     "{\"allowPty\": true}",
     &nothing,
     false,
     {"+file-write-data /dev/ptmx", "-file-write-data /dev/ttys001", NULL}},
    {"all files writable, and no device more",
     "{\"allowPty\": true}",
     &(const struct files){.wishes = (struct plan_wish[]){{WISH_WRITABLE, "/", NULL}},
                           .nwishes = 1,
                           .roots = {(char *[]){TEXT("/")}, 1, 1}},
     false,
     {"+file-write-data /Users/x", "-file-write-data /dev/disk0", "-file-read-data /dev/mem",
      NULL}},
    {"programs",
     "{\"command\": {\"deny\": [\"tool\", \"git push\"]}}",
     &project,
     false,
     {"-process-exec /usr/bin/tool", "-process-exec /Users/u/p/TOOL", "+process-exec /usr/bin/git",
      "-process-exec /sbin/shutdown", "+process-exec /Users/u/p/a.out",
      "-process-exec-interpreter /usr/bin/tool", NULL}},
    {"a project",
     "{}",
     &project,
     false,
     {"+file-write-create /Users/u/p/a", "-file-read-data /Users/u/p/a \"b\\.key",
      "-file-read-data /Users/u/.ssh/id", "+file-read-data /Users/u/.ssh/known_hosts",
      "-file-write-data /Users/u/.ssh/known_hosts", "-file-write-create /Users/u/p/.git/hooks/x",
      "-file-write-create /Users/u/p/x/.CLAUDE/hooks/y", NULL}},
};

static void tell(void *payload, const char *text)
{
    buf_append_text(payload, "; told: ");
    buf_append_text(payload, text);
    buf_append_text(payload, "\n");
}

static void render(struct buf *profile, struct buf *told, const char *json,
                   const struct files *files, bool opened)
{
    fence_config *config = config_of(json);
    struct seatbelt_input in = {.config = config,
                                .files = files,
                                .cwd = "/Users/u/p",
                                .sockets = sockets,
                                .nsockets = opened ? 1 : 0,
                                .ports = ports,
                                .nports = opened ? 1 : 0,
                                .told = tell,
                                .payload = told};
    fence_error err = {0};

    if (seatbelt_profile(profile, &in, &err) != 0)
        fail_msg("%s", err.message);
    fence_config_unref(config);
}

static void test_decisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_buf struct buf profile = BUF_INIT(LIMIT_PROFILE), told = BUF_INIT(4096);
        struct sbpl *read;

        render(&profile, &told, rows[i].json, rows[i].files, rows[i].opened);
        read = sbpl_of(rows[i].name, &profile);
        for (size_t k = 0; k < MOST && rows[i].asks[k]; k++)
            sbpl_ask(rows[i].name, read, profile.bytes, rows[i].asks[k]);
        sbpl_free(read);
    }
}

/* What is told stands behind the profile. */
static void test_golden(void **state)
{
    static const struct {
        const char *file, *json;
        const struct files *files;
        bool opened;
    } goldens[] = {
        {"nothing", "{\"command\": {\"useDefaults\": false}}", &nothing, false},
        {"project",
         "{\"allowPty\": true, \"network\": {\"allowLocalBinding\": true, "
         "\"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [5432]}, \"command\": "
         "{\"deny\": [\"tool\", \"git push\"]}, \"macos\": {\"mach\": {\"lookup\": "
         "[\"com.apple.trustd.agent\", \"org.x.*\"]}}}",
         &project, true},
        {"closed",
         "{\"filesystem\": {\"defaultDenyRead\": true}, \"command\": {\"useDefaults\": false}, "
         "\"devices\": {\"allow\": [\"/dev/kvm\"]}}",
         &project, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
        auto_buf struct buf profile = BUF_INIT(LIMIT_PROFILE), told = BUF_INIT(4096);

        render(&profile, &told, goldens[i].json, goldens[i].files, goldens[i].opened);
        buf_append_str(&profile, buf_str(&told));
        assert_int_equal(profile.error, 0);
        golden_check("seatbelt", goldens[i].file, buf_str(&profile));
    }
}

/* Every room but the last is too small for it. */
static void test_no_room(void **state)
{
    fence_config *config = config_of("{\"allowPty\": true, \"command\": {\"deny\": [\"tool\"]}}");
    struct seatbelt_input in = {
        .config = config, .files = &project, .cwd = "/Users/u/p", .told = tell};
    auto_buf struct buf whole = BUF_INIT(LIMIT_PROFILE), told = BUF_INIT(4096);
    fence_error err = {0};

    (void)state;
    in.payload = &told;
    assert_int_equal(seatbelt_profile(&whole, &in, &err), 0);
    for (size_t room = 0; room < whole.len; room += 7) {
        auto_buf struct buf profile = BUF_INIT(room);

        assert_int_equal(seatbelt_profile(&profile, &in, &err), -ENOSPC);
        assert_non_null(strstr(err.message, ": name fewer paths"));
    }
    fence_config_unref(config);
}

/* 273 */
static void test_odd_path(void **state)
{
    static struct plan_wish odd[] = {{WISH_WRITABLE, "/a\n(allow default)", NULL}};
    static const struct files files = {.wishes = odd, .nwishes = 1};
    auto_buf struct buf profile = BUF_INIT(LIMIT_PROFILE), told = BUF_INIT(4096);
    fence_config *config = config_of("{}");
    struct seatbelt_input in = {
        .config = config, .files = &files, .cwd = "/", .told = tell, .payload = &told};
    fence_error err = {0};

    (void)state;
    assert_int_equal(seatbelt_profile(&profile, &in, &err), -EINVAL);
    assert_string_equal(err.message, "a path has a control character, which a profile cannot hold: "
                                     "rename it");
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_odd_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
