/* SPDX-License-Identifier: Apache-2.0
 * files_run.c - see files_run.h. */
#include "sandbox/files_run.h"

#include "base/error.h"
#include "base/limits.h"

int files_run_start(struct files_run *run, struct proxy *proxy, const struct plan *plan,
                    unsigned degrade, guard_end end, void *payload, fence_error *err)
{
    fence_error why;
    int rc;

    run->proxy = proxy;
    rc = guard_start(&run->guard, proxy, &run->files, plan, end, payload, &why);
    if (rc < 0 && !(degrade & FENCE_LAYER_WATCH)) {
        *err = why;
        return rc;
    }
    if (rc < 0)
        events_alert(&proxy->events, "without a watch over files: %s", why.message);
    if (!events_wanted(&proxy->events, FENCE_EVENT_SUMMARY))
        return 0;
    return changes_new(&run->changes, &run->files) < 0 ? fail(err, -ENOMEM, "out of memory") : 0;
}

void files_run_ready(struct files_run *run, pid_t first)
{
    guard_ready(run->guard, first);
}

void files_run_finish(struct files_run *run, const char *cwd)
{
    char list[LIMIT_CHANGES_LIST];

    guard_finish(run->guard);
    if (run->changes && changes_list(list, sizeof list, run->changes, cwd) > 0)
        events_summary(&run->proxy->events, "changed, and executed later by other tools: %s", list);
}

bool files_run_close(struct files_run *run, void (*on_gone)(void *payload))
{
    return guard_close(take(&run->guard), on_gone);
}

void files_run_deinit(struct files_run *run)
{
    changes_free(run->changes);
    files_deinit(&run->files);
}
