/* SPDX-License-Identifier: Apache-2.0
 * cjson_linux.c - the functions of cJSON that core/filter calls, loaded when there are settings to
 * read. Linked only where the library does not come as an archive. Types are as in cJSON.h, where
 * every pointer is to a struct of its own and cJSON_bool is an int. */
#include <stddef.h>

#include "cli/late.h"

#define FORWARD(type, name, parameters, ...)                                                       \
    LATE_FUNCTION("libcjson.so.1", "the package that has libcjson", type, name, parameters,        \
                  __VA_ARGS__)

FORWARD(int, cJSON_AddItemToArray, (void *array, void *item), array, item)
FORWARD(int, cJSON_AddItemToObject, (void *object, const char *name, void *item), object, name,
        item)
FORWARD(int, cJSON_Compare, (const void *a, const void *b, int sensitive), a, b, sensitive)
FORWARD(void *, cJSON_CreateObject, (void), )
FORWARD(void *, cJSON_CreateString, (const char *text), text)
FORWARD(void, cJSON_Delete, (void *item), item)
FORWARD(void, cJSON_DeleteItemFromObjectCaseSensitive, (void *object, const char *name), object,
        name)
FORWARD(void *, cJSON_Duplicate, (const void *item, int deep), item, deep)
FORWARD(int, cJSON_GetArraySize, (const void *array), array)
FORWARD(void *, cJSON_GetObjectItemCaseSensitive, (const void *object, const char *name), object,
        name)
FORWARD(int, cJSON_IsArray, (const void *item), item)
FORWARD(int, cJSON_IsBool, (const void *item), item)
FORWARD(int, cJSON_IsFalse, (const void *item), item)
FORWARD(int, cJSON_IsNull, (const void *item), item)
FORWARD(int, cJSON_IsNumber, (const void *item), item)
FORWARD(int, cJSON_IsObject, (const void *item), item)
FORWARD(int, cJSON_IsString, (const void *item), item)
FORWARD(int, cJSON_IsTrue, (const void *item), item)
FORWARD(void *, cJSON_ParseWithLength, (const char *text, size_t len), text, len)
FORWARD(char *, cJSON_Print, (const void *item), item)
FORWARD(int, cJSON_ReplaceItemViaPointer, (void *parent, void *item, void *replacement), parent,
        item, replacement)
