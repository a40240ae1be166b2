/* SPDX-License-Identifier: Apache-2.0
 * sandbox_private.h - one sandbox, as the files of sandbox*.c share it. */
#ifndef FENCE_SANDBOX_PRIVATE_H
#define FENCE_SANDBOX_PRIVATE_H

#include <uv.h>

#include "base/limits.h"
#include "proxy/listener.h"
#include "proxy/run_report.h"
#include "sandbox/bridge.h"
#include "sandbox/capture_run.h"
#include "sandbox/files_run.h"
#include "sandbox/inspect.h"
#include "sandbox/ports.h"
#include "sandbox/remains.h"
#include "sandbox/sandbox.h"
#include "sandbox/unix_sockets.h"

enum sandbox_state {
    SANDBOX_STARTING,  /* inner is awaited                                */
    SANDBOX_LOOKED_AT, /* it is there, all is proved but what it tries, its report is awaited */
    SANDBOX_RELEASED,  /* inner executes the command, or says why it could not */
    SANDBOX_CLOSING    /* reported; late callbacks end here               */
};

struct fence_sandbox {
    struct proxy *proxy;
    struct list link; /* of the engine's sandboxes */
    enum sandbox_state state;
    unsigned handles;
    fence_exit_cb on_exit;
    fence_stopped_cb on_stopped; /* or NULL                               */
    bool own_terminal;           /* the command has one: inner goes on talking */
    void *payload;
    struct run_report report;

    struct plan *plan;
    struct unix_sockets *sockets; /* or NULL */
    struct files_run files;
    struct inspect_ours ours;                    /* what it is compared with                   */
    pid_t command_pid;                           /* inner's, and the command's later */
    struct listener *listeners[INNER_LISTENERS]; /* NULL until inner has handed them out */
    struct capture_run capture;
    struct ports *ports;        /* NULL without any                           */
    char *command;              /* argv[0]                                    */
    int standard_error, env;    /* the command's, until it has them */
    int control, pidfd, output; /* inner's ear, bubblewrap, its words */
    int command_pidfd;          /* -1 until inner has reported        */
    struct remains remains;     /* what has not ended with it         */
    int reaped, status;         /* how bubblewrap has ended           */
    uv_poll_t control_poll, pid_poll, output_poll;
    uv_timer_t grace;
    uv_check_t last_words; /* begun once it has ended, while its bytes are on their way */

    fence_error error; /* why it failed; code 0 otherwise            */
    int failed_status;
    unsigned degrade;                 /* fence_layer bits */
    int ended_by;                     /* the signal that ended it before the command ran; or 0 */
    char words[LIMIT_SANDBOX_OUTPUT]; /* what bubblewrap said */
    size_t nwords;
};

/* ---- sandbox.c ---- */

/* Ends it. The first error is kept: the others follow from it. */
void sandbox_fail(struct fence_sandbox *s, int status, const fence_error *error);

/* ---- sandbox_talk.c: the conversation with inner ---- */

void sandbox_on_control(uv_poll_t *poll, int status, int events);
void sandbox_take_outcome(
    struct fence_sandbox *s); /* why it could not execute the command, if so */

#endif
