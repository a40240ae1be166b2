/* SPDX-License-Identifier: Apache-2.0
 * fuzz_seatbelt_text.c - whatever paths and patterns are called, a profile stays one rule with the
 * filters that it was given; and an expression matches all that its pattern does.
 *
 * The input is a folder, a pattern and a path, with a NUL between. */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "sandbox/pattern.h"
#include "sandbox/seatbelt_names.h"
#include "support/require.h"
#include "support/sbpl.h"

#define MOST         200
#define MOST_PATTERN 16 /* what sbpl.h takes: regcomp(3) needs seconds for many repetitions */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool is_canonical(const char *path)
{
    size_t len = strlen(path);

    return path[0] == '/' && (len == 1 || path[len - 1] != '/') && !strstr(path, "//") &&
           !strstr(path, "/./") && !strstr(path, "/../") &&
           !(len >= 2 && strcmp(path + len - 2, "/.") == 0) &&
           !(len >= 3 && strcmp(path + len - 3, "/..") == 0);
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    }
    return false;
}

/* What the filter says of a file that may be read otherwise. */
static bool closes(const struct buf *rule, const char *path)
{
    char error[256];
    auto_buf struct buf text = BUF_INIT(64 * 1024);
    struct sbpl *profile;
    bool open;

    buf_append_text(&text, "(version 1)\n(deny default)\n(allow file-read*)\n");
    buf_append_str(&text, buf_str(rule));
    require(buf_append(&text, "", 1) == 0);
    profile = sbpl_read(text.bytes, error, sizeof error);
    if (!profile)
        fprintf(stderr, "%s\n%s", error, text.bytes);
    require(profile);
    open = sbpl_allows(profile,
                       &(struct sbpl_question){.operation = "file-read-data", .path = path}, NULL);
    sbpl_free(profile);
    return !open;
}

static void check_string(const char *path)
{
    auto_buf struct buf out = BUF_INIT(64 * 1024);
    struct seatbelt_rule rule = {.profile = &out, .says = "deny file-read*"};
    int rc = seatbelt_rule_path(&rule, "literal", path);
    char longer[MOST + 2];

    require(rc == (has_control(path) ? -EINVAL : 0));
    if (rc < 0)
        return;
    require(seatbelt_rule_end(&rule) == 0);
    snprintf(longer, sizeof longer, "%sx", path);
    require(closes(&out, path) && !closes(&out, longer));
}

static void check_names(const char *base, const char *rest, const char *path)
{
    static const char *const others[] = {"/", "/x", "/x/.vscode/y"};
    auto_buf struct buf out = BUF_INIT(64 * 1024);
    struct seatbelt_rule rule = {.profile = &out, .says = "deny file-read*"};
    struct seatbelt_names names = {0};
    char whole[2 * MOST + 2];
    int rc;

    require(seatbelt_names_add(&names, base, str_of(rest)) == 0);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        require(seatbelt_names_add(&names, others[i], str_of(rest)) == 0);
    rc = seatbelt_names_write(&rule, &names, SEATBELT_AND_BELOW);
    seatbelt_names_deinit(&names);
    require(rc == (has_control(base) ? -EINVAL : 0));
    if (rc < 0)
        return;
    require(seatbelt_rule_end(&rule) == 0);
    snprintf(whole, sizeof whole, "%s/%s", strcmp(base, "/") == 0 ? "" : base, path);
    if (pattern_match(rest, path) && path[0] && is_canonical(whole))
        require(closes(&out, whole));
    else
        (void)closes(&out, "/elsewhere");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    auto_free char *text = calloc(1, len + 3);
    const char *base = text, *rest, *path;
    struct pattern pattern = {0};
    fence_error err;

    require(text);
    if (len > 0)
        memcpy(text, bytes, len);
    rest = base + strlen(base) + 1;
    rest = rest > text + len ? "" : rest;
    path = *rest ? rest + strlen(rest) + 1 : "";
    path = path > text + len ? "" : path;
    if (strlen(base) > MOST || strlen(rest) > MOST_PATTERN || strlen(path) > MOST ||
        !is_canonical(base))
        return 0;
    if (!has_control(base) || base[1])
        check_string(base);
    /* as it comes out of the settings */
    if (*rest && pattern_parse(&pattern, rest, "/", NULL, &err) == 0 && pattern.rest[0])
        check_names(base, pattern.rest, path);
    pattern_deinit(&pattern);
    return 0;
}
