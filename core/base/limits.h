/* SPDX-License-Identifier: Apache-2.0
 * limits.h - every bound of the program, with its reason. Whatever a peer can grow, it can fill. */
#ifndef FENCE_BASE_LIMITS_H
#define FENCE_BASE_LIMITS_H

/* ---- names and messages ---- */
#define LIMIT_HOST  253 /* RFC 1035, section 2.3.4, as text without the final dot */
#define LIMIT_LABEL 63  /* RFC 1035, section 2.3.4                                */

/* ---- HTTP/1 ---- */
#define LIMIT_HTTP_HEAD         (16 * 1024) /* Node's default; nginx takes 8K a line, 32K in all       */
#define LIMIT_HTTP_FIELDS       100  /* Apache's default; real requests have under 40           */
#define LIMIT_HTTP_METHOD       32   /* the longest registered one has 17 (UPDATEREDIRECTREF)   */
#define LIMIT_HTTP_CHUNK_EXT    1024 /* over a whole body: nobody uses extensions but attackers */
#define LIMIT_HTTP_TRAILER      (8 * 1024) /* trailers are checksums and status words */
#define LIMIT_HTTP_INTERIM      16   /* 1xx answers before a final one; more is a flood         */
#define LIMIT_HTTP_ERROR        1024 /* body of an answer of our own                            */
#define LIMIT_HTTP_CHUNKED_READ (64 * 1024) /* of a chunked upload at once: see exchange.c */

/* ---- SOCKS5 ---- */
#define LIMIT_SOCKS_TEXT                                                                           \
    255 /* a name or a password: their length is one byte (RFC 1928, RFC 1929) */

/* ---- TLS ---- */
#define LIMIT_CLIENT_HELLO (64 * 1024) /* with its record headers; as Go; post-quantum: 2 KiB */

/* ---- configuration ---- */
#define LIMIT_CONFIG_BYTES   (64 * 1024 * 1024) /* a million domain rules are about 30 MiB   */
#define LIMIT_CONFIG_DEPTH   32                 /* the schema needs 5                        */
#define LIMIT_CONFIG_STRING  (64 * 1024)        /* a path has 4 KiB, a domain 253 bytes      */
#define LIMIT_CONFIG_NUMBER  32                 /* a port has 5; cJSON stops at 63     */
#define LIMIT_EXTENDS        10 /* settings that extend each other: the ancestor's; three are many */
#define LIMIT_PINS           (64 * 1024)       /* network.hosts; 300 bytes each           */
#define LIMIT_CONFIG_TEXTS   4096              /* paths or names in one list             */
#define LIMIT_ENV_PATTERN    256               /* of a variable's name; real ones have under 64 */
#define LIMIT_LOCAL_PORTS    64                /* allowLocalOutboundPorts: a socket each */
#define LIMIT_RULES          (4 * 1024 * 1024) /* entries of one list; indices fit in 32 bits */
#define LIMIT_REQUEST_RULES  1000 /* of network.rules, which are asked one by one             */
#define LIMIT_RULE_VALUES    64   /* ports or methods of one of them                          */
#define LIMIT_COMMAND_RULES  4096 /* of one list; each command is held against all            */
#define LIMIT_COMMAND_TOKENS 16   /* words of one of them: "docker run -v /:/" has 4 */
#define LIMIT_GLOB           256  /* bytes of a pattern; its automaton lies on the stack      */

/* ---- command lines ---- */
#define LIMIT_SHELL_BYTES    (4 * 1024 * 1024) /* of a script; the kernel takes 2 MiB of arguments */
#define LIMIT_SHELL_WORK     (64 * 1024 * 1024) /* bytes read again, of all it nests: under 1 s */
#define LIMIT_SHELL_DEPTH    64          /* of what nests; a thread's stack holds so much     */
#define LIMIT_SHELL_WORDS    (64 * 1024) /* of one command; `git add` of a large tree         */
#define LIMIT_SHELL_HERE     256         /* here-documents that wait for their line; bash: 16 */
#define LIMIT_SHELL_BRACES   64          /* opening braces of one word                        */
#define LIMIT_SHELL_EXPANDED 256         /* words that the braces of one word make            */
#define LIMIT_SHELL_BRACED   1024        /* bytes of a word whose braces are expanded         */

/* ---- policies ---- */
#define LIMIT_POLICIES            64 /* of one settings file; every request asks each            */
#define LIMIT_POLICY_LOAD         (20 * 1000 * 1000) /* instructions to read a file of a megabyte */
#define LIMIT_POLICY_INSTRUCTIONS (1000 * 1000)      /* of one hook: 5 to 8 ms                   */
#define LIMIT_POLICY_MEMORY       (16 * 1024 * 1024) /* of all policies; a list of names has 1   */
#define LIMIT_POLICY_BLOCK        (2 * 1024 * 1024)  /* one string or table; to compare it: 60 us */
#define LIMIT_POLICY_CPU_NS       (10 * 1000 * 1000) /* of one hook; a load has more in proportion */
#define LIMIT_POLICY_LINE         4096 /* of fence.log                                         */
#define LIMIT_RATE_KEYS           1024 /* of one fence.rate; an install asks for a dozen hosts  */
#define LIMIT_POLICY_BYTES        (1024 * 1024) /* of a file                                */

/* ---- the proxy ---- */
#define LIMIT_SESSIONS                                                                             \
    4096 /* unless told otherwise; fewer where the descriptor limit                                \
            is lower: proxy.c */
#define LIMIT_SESSIONS_MAX                                                                         \
    (1024 * 1024)                       /* a million descriptors are the kernel's default ceiling */
#define LIMIT_REFUSING     64           /* sessions over the limit that may still be told so  */
#define LIMIT_RELAY_BUFFER (256 * 1024) /* shared by all sessions of a loop; see tests/bench  */
#define LIMIT_SPLICE_PIPE  (1024 * 1024) /* one for each loop; a user may have 64 such: pipe(7)  */
#define LIMIT_BULK         (64 * 1024) /* a read of so much at once: more will come, splice(2) pays */
#define LIMIT_BACKLOG      511         /* listen(2); as nginx: bursts of connects must queue */
#define LIMIT_ADDRESSES    512 /* of one answer that are judged: a DNS message of 64 KiB has more */
#define LIMIT_ATTEMPTS     16  /* addresses that are dialled; nobody waits for a seventeenth */
#define LIMIT_POOL         256 /* idle connections to origins, in all; browsers keep 6 for each */
#define LIMIT_CACHED_NAMES 256 /* of the last few seconds; an install asks for a dozen */
#define LIMIT_LOOKUPS      256 /* threads in getaddrinfo(3) at once, hung ones too   */

#define LIMIT_ASKS            64  /* questions that wait for a person: nobody answers more   */
#define LIMIT_ASKS_REMEMBERED 256 /* answers that are kept; 300 bytes each                   */

#define LIMIT_LOGIN_FAILURES 10 /* wrong passwords a second; nobody types so fast */

/* ---- deadlines, in milliseconds ---- */
#define LIMIT_HEAD_MS          10000  /* a client that has not asked by then will not           */
#define LIMIT_IDLE_MS          60000  /* a kept-alive connection between two requests           */
#define LIMIT_WORDS_MS         1000   /* a captured client has said what it speaks by then      */
#define LIMIT_ASK_MS           600000 /* a person may be away; few clients wait longer          */
#define LIMIT_LOOKUP_MS        5000   /* twice the worst resolver worth waiting for             */
#define LIMIT_CACHE_MS         5000   /* a resolved name; the shortest TTLs in use are 5 to 10 s */
#define LIMIT_DIAL_MS          10000  /* the ancestor's; a SYN is repeated at 1, 3 and 7 s      */
#define LIMIT_ATTEMPT_DELAY_MS 250    /* RFC 8305, section 5: Connection Attempt Delay          */
#define LIMIT_EXCHANGE_IDLE_MS 600000 /* plain HTTP with no byte either way; long polls pass    */
#define LIMIT_POOL_IDLE_MS     15000  /* servers close theirs after 5 (Node) to 75 s (nginx)    */
#define LIMIT_TUNNEL_S         (30 * 24 * 3600) /* the longest deadline of a tunnel to be set  */
#define LIMIT_LINGER_MS        1000  /* a refused client's unread bytes: see session_refuse()  */
#define LIMIT_KILL_GRACE_MS    10000 /* between a forwarded SIGTERM and SIGKILL; as docker stop  */
#define LIMIT_START_MS         30000 /* until a sandbox is up; 20 ms, but a disk may sleep      */
#define LIMIT_ABANDON_MS       2000  /* a launcher that was told to give up; it needs 10 ms      */
#define LIMIT_LAST_WORDS_MS    2000  /* what an ended command has written gets out so long      */
#define LIMIT_PORT_DRAIN_MS    60000 /* last bytes for a server inside that does not read them   */

/* ---- the sandbox ---- */

/* Each client takes a pair of sockets from inside; they come in one packet for each family, with
 * those for LIMIT_LOCAL_PORTS, and unix(7) lets 253 descriptors into one. */
#define LIMIT_PORT_CLIENTS 128 /* of all -p at once; a browser has 6 for each page */
#define LIMIT_PORTS        64  /* -p; two listening sockets each                   */

#define LIMIT_MOUNTS           4096   /* 31 us each; the kernel's fs.mount-max is 100,000 */
#define LIMIT_REFUSED          64     /* protected names made, before the run is ended     */
#define LIMIT_REFUSED_NAMES    99     /* NAME.fence-refused-99                              */
#define LIMIT_WATCHES          32768  /* folders; 1 KiB of the kernel's memory each         */
#define LIMIT_GUARD_DEPTH      256    /* folders within each other, with a descriptor each */
#define LIMIT_CHANGES_LIST     1024   /* bytes of names, a screen's worth; others are counted */
#define LIMIT_LOOKS            64     /* at hidden files, of the last moment; the host reads few  */
#define LIMIT_LOOK_MS          50     /* between a look and the end of what it saw            */
#define LIMIT_AWAITED_MS       300    /* an editor renames and writes within a few          */
#define LIMIT_LIVE_MOUNT_MS    2000   /* to mount in a sandbox that is there: 0.1 s for all */
#define LIMIT_CAPTURE_JOIN_MS  1000   /* to make sockets there: 1 ms, and a module to load  */
#define LIMIT_FREEZE_PROCESSES 4096   /* each is looked up among all: 0.1 s for so many    */
#define LIMIT_FREEZE_YIELDS    200    /* 10 us each until parents have stopped; then without  */
#define LIMIT_FREEZE_NAP_NS    200000 /* between two looks: those that are to stop need the CPU */
#define LIMIT_FREEZE_ROUNDS    64     /* looks at all processes until none of it runs      */
#define LIMIT_MOUNTS_BWRAP     50     /* bubblewrap is quadratic: 100 take 76 ms, 1,000 3 s */
#define LIMIT_DEVICES          64     /* a mount each; a machine with eight GPUs has 20     */
#define LIMIT_LINKS            40     /* followed for one path: as many as the kernel does */
#define LIMIT_EXEC_BYTES                                                                           \
    (8 * 1024 * 1024) /* of a command's words; the kernel takes 6 MiB, with the variables */
#define LIMIT_EXEC_THREADS                                                                         \
    16 /* that look at one each: more wait, until a file system has answered */
#define LIMIT_EXEC_KNOWN     128 /* programs that are known again by their first bytes: 1 KiB each */
#define LIMIT_PATH           4096         /* PATH_MAX: a path that is longer reaches nothing  */
#define LIMIT_WALK_ENTRIES   1000000      /* of one tree that is looked through: about 1 s    */
#define LIMIT_PROFILE        (512 * 1024) /* of sandbox-exec: an argument list has 1 MiB there */
#define LIMIT_PROFILE_PATHS  16384 /* closed or opened, of 32 bytes each: more than fit into it */
#define LIMIT_MACH_NAME      128   /* BOOTSTRAP_MAX_NAME_LEN of macOS                  */
#define LIMIT_SANDBOX_OUTPUT 4096  /* of bubblewrap's own words that are kept       */
#define LIMIT_MOUNTINFO      (2 * 1024 * 1024) /* /proc/PID/mountinfo, about 10,000 mounts */
#define LIMIT_PROBE_MS       5000              /* a trial start; 10 ms, but the machine may swap */

/* ---- what a sandbox asks the name service for ---- */

#define LIMIT_INSIDE_NAMES 16384 /* that are remembered: a crawler's hour, 6 MB of long names  */
#define LIMIT_INSIDE_TTL_S                                                                         \
    30 /* of an answer: a cache must not outlive the table's memory of it   */
#define LIMIT_DNS_MESSAGE                                                                          \
    4096 /* a question: it has 271 bytes, and EDNS options behind it, at most 4096 in use */
#define LIMIT_DNS_CLIENTS                                                                          \
    64 /* by TCP; resolvers use it after a cut answer, which we never give                         \
        */
#define LIMIT_DNS_IDLE_MS    10000 /* without a whole question: resolvers give up after 5 s        */
#define LIMIT_DNS_TURN       256 /* questions by TCP in a turn of the loop: half a millisecond   */
#define LIMIT_DNS_DATAGRAMS  32  /* of a socket in a turn, as libuv reads of its own  */
#define LIMIT_SEARCH_DOMAINS 32  /* as Kubernetes; glibc had 6 until 2.26                        */
#define LIMIT_NDOTS          15  /* glibc's RES_MAXNDOTS                                         */
#define LIMIT_RESOLV_CONF    (64 * 1024) /* 32 domains are 8 KiB, and somebody may comment on each */

/* ---- the sandbox's Unix sockets ---- */
#define LIMIT_KNOWN_SOCKETS      64  /* files held open, so that they are not looked for again  */
#define LIMIT_HIDDEN_DESCRIPTORS 256 /* numbers tried in a process that shows none; agents: 10  */
#define LIMIT_BLOCKED_CONNECTS                                                                     \
    64 /* threads in connect(2); with a full backlog at the other end                              \
        */
#define LIMIT_CALLERS                                                                              \
    256 /* connects of which is remembered whose they were: a full backlog's half */
#define LIMIT_NEWS      32  /* refused connects that the loop has not reported yet     */
#define LIMIT_NEWS_TEXT 768 /* of one: a path has 108 bytes, four times that escaped   */

#endif
