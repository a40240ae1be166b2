/* SPDX-License-Identifier: Apache-2.0
 * search_domains.c - see search_domains.h. As glibc reads it: a keyword begins its line, blanks are
 * between words, and what is not understood is passed over. */
#include "proxy/search_domains.h"

#include <fcntl.h>
#include <limits.h>

#include "base/base.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Takes the first word off `line`; of no bytes at its end. */
static struct str take_word(struct str *line)
{
    size_t from = 0, to;
    struct str word;

    while (from < line->len && is_blank(line->bytes[from]))
        from++;
    for (to = from; to < line->len && !is_blank(line->bytes[to]);)
        to++;
    word = str_slice(*line, from, to);
    *line = str_slice(*line, to, line->len);
    return word;
}

static void add(struct search_domains *out, struct str word)
{
    struct host *domain = &out->list[out->count];

    if (out->count < LIMIT_SEARCH_DOMAINS && !host_parse(domain, word) && !domain->is_addr)
        out->count++;
}

static void read_options(struct search_domains *out, struct str line)
{
    struct str name = STR("ndots:"), word;
    uint64_t ndots;

    while ((word = take_word(&line)).len > 0) {
        if (str_has_prefix(word, name) &&
            str_to_u64(&ndots, str_slice(word, name.len, word.len), UINT32_MAX))
            out->ndots = ndots < LIMIT_NDOTS ? (unsigned)ndots : LIMIT_NDOTS;
    }
}

static void read_line(struct search_domains *out, struct str line)
{
    bool begins = line.len > 0 && !is_blank(line.bytes[0]);
    struct str keyword = take_word(&line), word;

    if (!begins)
        return;
    if (str_equal(keyword, STR("options"))) {
        read_options(out, line);
    } else if (str_equal(keyword, STR("domain")) || str_equal(keyword, STR("search"))) {
        bool one = keyword.bytes[0] == 'd';

        out->count = 0;
        while ((word = take_word(&line)).len > 0 && !(one && out->count > 0))
            add(out, word);
    }
}

void search_domains_parse(struct search_domains *out, struct str text)
{
    out->ndots = 1;
    out->count = 0;
    while (text.len > 0) {
        size_t end = str_find(text, '\n');

        read_line(out, str_slice(text, 0, end));
        text = str_slice(text, end < text.len ? end + 1 : end, text.len);
    }
}

/* Never blocks: it might be a FIFO. Returns how much was read. */
static size_t read_file(char *text, size_t cap, const char *path)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t len = 0;
    ssize_t n;

    while (fd >= 0 && len < cap && (n = read(fd, text + len, cap - len)) > 0)
        len += (size_t)n;
    return len;
}

static void add_own(struct search_domains *out)
{
    char name[HOST_NAME_MAX + 1] = "";
    struct str own;
    size_t dot;

    if (gethostname(name, sizeof name - 1) < 0)
        return;
    own = str_of(name);
    dot = str_find(own, '.');
    if (dot < own.len)
        add(out, str_slice(own, dot + 1, own.len));
}

void search_domains_load(struct search_domains *out, const char *path)
{
    auto_free char *text = malloc(LIMIT_RESOLV_CONF);
    size_t len = text ? read_file(text, LIMIT_RESOLV_CONF, path) : 0;

    if (len == LIMIT_RESOLV_CONF) { /* the last line may have been cut */
        while (len > 0 && text[len - 1] != '\n')
            len--;
    }
    search_domains_parse(out, (struct str){text, len});
    if (out->count == 0)
        add_own(out);
}

struct str search_domains_before(const struct search_domains *domains, size_t index,
                                 const struct host *name)
{
    struct str domain = host_str(&domains->list[index]), all = host_str(name);
    size_t at = all.len > domain.len ? all.len - domain.len : 0;

    if (at < 2 || all.bytes[at - 1] != '.' || !str_has_suffix(all, domain))
        return (struct str){all.bytes, 0};
    return str_slice(all, 0, at - 1);
}
