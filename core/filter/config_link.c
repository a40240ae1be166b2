/* SPDX-License-Identifier: Apache-2.0
 * config_link.c - settings from one place: a file, a template, a text; and their JSON. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/error.h"
#include "filter/config_build.h"
#include "filter/config_chain.h"
#include "filter/template.h"

void config_link_deinit(struct config_link *link)
{
    if (link->json)
        cJSON_Delete(link->json);
    free(link->name);
    free(link->folder);
    free(link->text);
    *link = (struct config_link){0};
}

static int copy(struct config_link *out, enum config_source_kind kind, const char *name,
                const char *bytes, size_t len, fence_error *err)
{
    auto_link struct config_link link = {.kind = kind, .name = strdup(name), .len = len};

    if (len <= LIMIT_CONFIG_BYTES) { /* else it is refused unread */
        link.text = malloc(len + 1);
        if (link.text && len > 0)
            memcpy(link.text, bytes, len);
    }
    if (!link.name || (!link.text && len <= LIMIT_CONFIG_BYTES))
        return fail(err, -ENOMEM, "out of memory");
    *out = link;
    link = (struct config_link){0};
    return 0;
}

int config_link_text(struct config_link *out, const char *name, const char *bytes, size_t len,
                     fence_error *err)
{
    return copy(out, CONFIG_TEXT, name, bytes, len, err);
}

int config_link_template(struct config_link *out, const char *name, fence_error *err)
{
    fence_template template;
    char label[80];
    int rc = template_find(&template, name, err);

    if (rc < 0)
        return rc;
    snprintf(label, sizeof label, "template %s", template.name);
    return copy(out, CONFIG_TEMPLATE, label, template.text, template.len, err);
}

int config_link_file(struct config_link *out, const char *path, fence_error *err)
{
    auto_buf struct buf text = BUF_INIT((size_t)LIMIT_CONFIG_BYTES + 64 * 1024);
    int rc = config_read_file(&text, path, err);
    char *name;

    if (rc < 0)
        return rc;
    name = strdup(path);
    if (!name)
        return fail(err, -ENOMEM, "out of memory");
    *out = (struct config_link){
        .kind = CONFIG_FILE, .name = name, .text = take(&text.bytes), .len = text.len};
    return 0;
}

char *config_link_path(const struct config_link *link, const char *written)
{
    bool is_plain = !link->folder || *written == '\0' || *written == '/';
    char *path;

    return asprintf(&path, "%s%s", is_plain ? "" : link->folder, written) < 0 ? NULL : path;
}

int config_link_parse(struct config_link *link, fence_error *err)
{
    struct jsonc_error why;
    unsigned line, column;
    char name[160];

    str_escape(name, sizeof name, str_of(link->name));
    if (link->len > LIMIT_CONFIG_BYTES)
        return fail(err, FENCE_ECONFIG, "%s: has more than %d bytes", name, LIMIT_CONFIG_BYTES);
    if (!jsonc_normalize(link->text, link->len, &why)) {
        jsonc_position((struct str){link->text, link->len}, why.at, &line, &column);
        return fail(err, FENCE_ECONFIG, "%s:%u:%u: %s", name, line, column, why.text);
    }
    link->json = cJSON_ParseWithLength(link->text, link->len);
    return link->json ? 0 : fail(err, -ENOMEM, "out of memory"); /* the text is known to be good */
}
