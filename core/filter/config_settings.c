/* SPDX-License-Identifier: Apache-2.0
 * config_settings.c - see config_settings.h. */
#include "filter/config_settings.h"

#include <cjson/cJSON.h>

static struct setting setting_of(const cJSON *json)
{
    struct setting out = {.json = json};

    if (!json)
        return out;
    out.name = json->string;
    if (cJSON_IsBool(json)) {
        out.kind = SETTING_BOOL;
        out.truth = cJSON_IsTrue(json);
    } else if (cJSON_IsNumber(json)) {
        out.kind = SETTING_NUMBER;
        out.number = json->valuedouble;
    } else if (cJSON_IsString(json)) {
        out.kind = SETTING_TEXT;
        out.text = json->valuestring;
    } else if (cJSON_IsArray(json)) {
        out.kind = SETTING_LIST;
    } else if (cJSON_IsObject(json)) {
        out.kind = SETTING_OBJECT;
    }
    return out;
}

struct setting setting_root(const struct fence_config *config)
{
    return setting_of(config->policy_settings);
}

bool setting_first(struct setting *out, const struct setting *of)
{
    *out = setting_of(of->json ? of->json->child : NULL);
    return out->json != NULL;
}

bool setting_next(struct setting *setting)
{
    *setting = setting_of(setting->json->next);
    return setting->json != NULL;
}
