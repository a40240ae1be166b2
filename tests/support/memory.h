/* SPDX-License-Identifier: Apache-2.0
 * memory.h - allocations that fail when a test says so, and a count of those that live.
 *
 * A test whose name ends in _memory is linked so that every call of core to one of these comes here
 * (tests/CMakeLists.txt); libuv and cJSON are told by memory_begin(). The list of blocks is locked,
 * as a sandbox has a thread; one test program: include it once. */
#ifndef FENCE_TESTS_MEMORY_H
#define FENCE_TESTS_MEMORY_H

#include <cjson/cJSON.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define MEMORY_LIVE 16384

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
    size_t calls;   /* since memory_fail()                     */
    size_t fail_at; /* the first call that fails; 0: none does */
    bool all_after; /* and every one after it                  */
    size_t failed;  /* how many did                            */
    bool busy;      /* no socket takes anything at once, so that it has to be kept */
    size_t live;
    void *blocks[MEMORY_LIVE];
} memory;

/* The call number `n` from here on fails; with `all_after`, every later one too. 0: none any more.
 */
static inline void memory_fail(size_t n, bool all_after)
{
    memory.calls = 0;
    memory.failed = 0;
    memory.fail_at = n;
    memory.all_after = all_after;
}

/* Ends the failing, and tells whether it has come to one. */
static inline bool memory_failed(void)
{
    memory.fail_at = 0;
    return memory.failed > 0;
}

static bool memory_fails(void)
{
    size_t call = ++memory.calls;

    if (memory.fail_at == 0 || call < memory.fail_at ||
        (call > memory.fail_at && !memory.all_after))
        return false;
    memory.failed++;
    errno = ENOMEM;
    return true;
}

static void *memory_born(void *block)
{
    pthread_mutex_lock(&memory_lock);
    if (block && memory.live == MEMORY_LIVE)
        abort(); /* the table is too small for this test */
    if (block)
        memory.blocks[memory.live++] = block;
    pthread_mutex_unlock(&memory_lock);
    return block;
}

/* What was there before the test began, or came from a library, is not known here. */
static void memory_dead(const void *block)
{
    pthread_mutex_lock(&memory_lock);
    for (size_t i = memory.live; block && i-- > 0;) {
        if (memory.blocks[i] == block) {
            memory.blocks[i] = memory.blocks[--memory.live];
            break;
        }
    }
    pthread_mutex_unlock(&memory_lock);
}

/* ---- what the linker puts in the place of the C library's ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void __real_free(void *block);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__real_realpath(const char *path, char *resolved);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
char *__wrap_realpath(const char *path, char *resolved);
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));

void *__wrap_malloc(size_t size)
{
    return memory_fails() ? NULL : memory_born(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_fails() ? NULL : memory_born(__real_calloc(count, size));
}

static void *memory_moved(void *before, void *after, size_t size)
{
    if (after || size == 0)
        memory_dead(before);
    return memory_born(after);
}

void *__wrap_realloc(void *block, size_t size)
{
    return memory_fails() ? NULL : memory_moved(block, __real_realloc(block, size), size);
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
    return memory_fails() ? NULL
                          : memory_moved(block, __real_reallocarray(block, count, size), count);
}

void __wrap_free(void *block)
{
    memory_dead(block);
    __real_free(block);
}

char *__wrap_strdup(const char *text)
{
    return memory_fails() ? NULL : memory_born(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t len)
{
    return memory_fails() ? NULL : memory_born(__real_strndup(text, len));
}

char *__wrap_realpath(const char *path, char *resolved)
{
    char *found;

    if (resolved)
        return __real_realpath(path, resolved);
    if (memory_fails())
        return NULL;
    found = __real_realpath(path, NULL);
    return memory_born(found);
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;
    int len;

    if (memory_fails())
        return -1;
    va_start(args, format);
    len = vasprintf(out, format, args);
    va_end(args);
    if (len >= 0)
        memory_born(*out);
    return len;
}

/* ---- the libraries ---- */

int __real_uv_try_write(uv_stream_t *stream, const uv_buf_t bufs[], unsigned count);
int __wrap_uv_try_write(uv_stream_t *stream, const uv_buf_t bufs[], unsigned count);

int __wrap_uv_try_write(uv_stream_t *stream, const uv_buf_t bufs[], unsigned count)
{
    return memory.busy ? UV_EAGAIN : __real_uv_try_write(stream, bufs, count);
}

/* libuv ends the process where its table of descriptors cannot grow: nothing else of it asks for
 * more of a block, so that this never fails here. */
static void *memory_uv_realloc(void *block, size_t size)
{
    return memory_moved(block, __real_realloc(block, size), size);
}

/* Once, and before anything else. */
static inline void memory_begin(void)
{
    cJSON_Hooks hooks = {__wrap_malloc, __wrap_free};

    cJSON_InitHooks(&hooks);
    if (uv_replace_allocator(__wrap_malloc, memory_uv_realloc, __wrap_calloc, __wrap_free) != 0)
        abort();
}

#endif
