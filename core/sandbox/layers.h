/* SPDX-License-Identifier: Apache-2.0
 * layers.h - the names of what a sandbox can do without. */
#ifndef FENCE_SANDBOX_LAYERS_H
#define FENCE_SANDBOX_LAYERS_H

#include <fence/fence.h>

/* As fence_layers_add(). */
int layers_add(unsigned *layers, const char *names, fence_error *err);

#endif
