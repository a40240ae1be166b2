/* SPDX-License-Identifier: Apache-2.0
 * test_search_domains.c - what is read of a resolv.conf, and what of a name is before a domain. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "proxy/search_domains.h"
#include "support/guard.h"

static void write_down(char *out, size_t cap, const struct search_domains *domains)
{
    size_t len = (size_t)snprintf(out, cap, "%u", domains->ndots);

    for (size_t i = 0; i < domains->count && len < cap; i++)
        len += (size_t)snprintf(out + len, cap - len, " %s", domains->list[i].text);
}

static void test_rows(void **state)
{
#define B(s) s, sizeof(s) - 1
    static const struct {
        const char *name, *text;
        size_t len;
        const char *expect; /* ndots and the domains */
    } rows[] = {
        {"nothing", B(""), "1"},
        {"no domains", B("nameserver 10.0.0.1\n"), "1"},
        {"search", B("search a.test b.test\n"), "1 a.test b.test"},
        {"domain", B("domain a.test\n"), "1 a.test"},
        {"domain takes one", B("domain a.test b.test\n"), "1 a.test"},
        {"the last of two wins: search", B("domain a.test\nsearch b.test c.test\n"),
         "1 b.test c.test"},
        {"the last of two wins: domain", B("search b.test c.test\ndomain a.test\n"), "1 a.test"},
        {"search twice", B("search a.test\nsearch b.test\n"), "1 b.test"},
        {"without an end of line", B("search a.test"), "1 a.test"},
        {"ends of lines with CR", B("search a.test\r\noptions ndots:2\r\n"), "2 a.test"},
        {"tabs and blanks", B("search\ta.test \t b.test  \n"), "1 a.test b.test"},
        {"capitals and final dots", B("search A.Test. b.test.\n"), "1 a.test b.test"},
        {"one label", B("search lan\n"), "1 lan"},
        {"the root", B("search .\n"), "1"},
        {"an empty search", B("search a.test\nsearch\n"), "1"},
        {"what is no name", B("search a..test 10.0.0.1 -x b.test \xff\n"), "1 b.test"},
        {"comments", B("# search a.test\n; search b.test\n#\n"), "1"},
        {"a keyword that does not begin its line", B(" search a.test\n"), "1"},
        {"a longer keyword", B("searching a.test\ndomains b.test\n"), "1"},
        {"another case", B("SEARCH a.test\n"), "1"},
        {"ndots", B("options timeout:1 ndots:5 rotate\n"), "5"},
        {"ndots of two lines", B("options ndots:5\noptions ndots:3 debug\n"), "3"},
        {"no ndots", B("options ndots:0\n"), "0"},
        {"too many ndots", B("options ndots:99\n"), "15"},
        {"ndots that is no number", B("options ndots:x ndots: ndots:-1 ndots:99999999999\n"), "1"},
        {"a NUL", B("search a\0b.test c.test\n"), "1 c.test"},
        {"end of lines alone", B("\n\n\n"), "1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *copy = guard_copy(rows[i].text, rows[i].len), shown[512];
        struct search_domains domains;

        search_domains_parse(&domains, (struct str){copy, rows[i].len});
        write_down(shown, sizeof shown, &domains);
        if (strcmp(shown, rows[i].expect) != 0)
            fail_msg("%s: %s", rows[i].name, shown);
        guard_free(copy, rows[i].len);
    }
}

/* Cut anywhere, it is read to its end and not further. */
static void test_cut(void **state)
{
    static const char text[] = "domain a.test\nsearch b.test c.test \noptions ndots:3\n# end";

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        char *copy = guard_copy(text, len);
        struct search_domains domains;

        search_domains_parse(&domains, (struct str){copy, len});
        assert_true(domains.count <= 2 && domains.ndots <= 3);
        guard_free(copy, len);
    }
}

static void test_too_many(void **state)
{
    char text[LIMIT_SEARCH_DOMAINS * 32] = "search";
    struct search_domains domains;
    size_t len = strlen(text);

    (void)state;
    for (unsigned i = 0; i < LIMIT_SEARCH_DOMAINS + 3; i++)
        len += (size_t)sprintf(text + len, " d%u.test", i);
    search_domains_parse(&domains, (struct str){text, len});
    assert_int_equal(domains.count, LIMIT_SEARCH_DOMAINS);
    assert_string_equal(domains.list[LIMIT_SEARCH_DOMAINS - 1].text, "d31.test");
}

static void test_before(void **state)
{
    static const struct {
        const char *name, *host, *domain, *before;
    } rows[] = {
        {"one label", "x.a.test", "a.test", "x"},
        {"more", "x.y.a.test", "a.test", "x.y"},
        {"the domain itself", "a.test", "a.test", ""},
        {"above it", "test", "a.test", ""},
        {"a label that ends alike", "xa.test", "a.test", ""},
        {"another one", "x.b.test", "a.test", ""},
        {"below a domain of one label", "x.lan", "lan", "x"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct search_domains domains = {1, 1, {{0}}};
        struct host host;
        struct str before;

        assert_null(host_parse(&domains.list[0], str_of(rows[i].domain)));
        assert_null(host_parse(&host, str_of(rows[i].host)));
        before = search_domains_before(&domains, 0, &host);
        if (!str_equal(before, str_of(rows[i].before)))
            fail_msg("%s: %.*s", rows[i].name, STR_ARG(before));
    }
}

/* ---- files ---- */

/* What the machine's own name adds where the file has no domain. */
static void expect_own(const struct search_domains *domains)
{
    char name[256] = "";
    const char *dot;

    gethostname(name, sizeof name - 1);
    dot = strchr(name, '.');
    assert_int_equal(domains->count, dot ? 1 : 0);
    if (dot)
        assert_int_equal(strcasecmp(domains->list[0].text, dot + 1), 0);
}

static void test_load(void **state)
{
    char folder[] = "/tmp/fence-search-XXXXXX", path[64];
    struct search_domains domains;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/f", folder);
    search_domains_load(&domains, path);
    assert_int_equal(domains.ndots, 1);
    expect_own(&domains);
    search_domains_load(&domains, folder); /* which cannot be read */
    expect_own(&domains);

    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: it is not waited for */
    search_domains_load(&domains, path);
    expect_own(&domains);
    unlink(path);

    file = fopen(path, "we");
    fputs("search a.test\noptions ndots:2\n", file);
    fclose(file);
    search_domains_load(&domains, path);
    assert_int_equal(domains.ndots, 2);
    assert_int_equal(domains.count, 1);
    assert_string_equal(domains.list[0].text, "a.test");

    file = fopen(path, "we"); /* a line that the bound cuts is not read in part */
    fputs("search a.test\n#", file);
    for (int i = 0; i < LIMIT_RESOLV_CONF - 14 - 1 - 1 - 10; i++)
        fputc('x', file);
    fputc('\n', file);
    fputs("search cut.example\n", file);
    fclose(file);
    search_domains_load(&domains, path);
    assert_int_equal(domains.count, 1);
    assert_string_equal(domains.list[0].text, "a.test");
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_cut),  cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_before), cmocka_unit_test(test_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
