/* SPDX-License-Identifier: Apache-2.0
 * template.h - the settings of policies/templates, in the library as text: no file is read for
 * them. */
#ifndef FENCE_FILTER_TEMPLATE_H
#define FENCE_FILTER_TEMPLATE_H

#include <fence/fence.h>

#include "base/base.h"

/* Returns 0, or FENCE_ECONFIG with `err` filled in: it says which one is like it. */
int template_find(fence_template *out, const char *name, fence_error *err);

#endif
