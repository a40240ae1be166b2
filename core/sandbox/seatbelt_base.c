/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_base.c - see seatbelt_base.h. Nothing is allowed unless a line says so, and a few things
 * that "deny default" does not reach are denied by name.
 *
 * Not there, each for its reason, and opened by macos.mach.lookup where somebody wants it:
 *   com.apple.trustd.agent      checks certificates, and fetches what they name from the network
 *   com.apple.SecurityServer,
 *   com.apple.securityd.xpc     the keychain
 *   com.apple.pasteboard.1      the clipboard
 *   com.apple.dnssd.service,
 *   mDNSResponder's socket      names are looked up by the proxy, which judges them
 *   com.apple.coreservices.*,
 *   com.apple.lsd.*             start programs outside of the sandbox
 *   com.apple.tccd              asks the user for camera, disk and contacts
 *   com.apple.cfprefsd.*        settings of all programs
 *   com.apple.FSEvents          tells of every file of the user that changes */
#include "sandbox/seatbelt_base.h"

const char seatbelt_base[] =
    "(version 1)\n"
    "(deny default)\n"
    "(deny nvram*)\n"
    "(deny iokit-get-properties)\n"
    "(deny lsopen)\n"
    "(deny appleevent-send)\n"
    "(deny process-info*)\n"
    "; F_MAKECOMPRESSED and F_TRANSFEREXTENTS write by descriptors that are for reading\n"
    "(deny system-fcntl (fcntl-command 80 110))\n"
    "; processes: its own\n"
    "(allow process-fork)\n"
    "(allow process-info* (target same-sandbox))\n"
    "(allow signal (target same-sandbox))\n"
    "; this machine: what it is, and nothing of its processes\n"
    "(allow sysctl-read\n"
    "  (sysctl-name-prefix \"hw.\")\n"
    "  (sysctl-name-prefix \"machdep.cpu.\")\n"
    "  (sysctl-name \"kern.argmax\")\n"
    "  (sysctl-name \"kern.boottime\")\n"
    "  (sysctl-name \"kern.clockrate\")\n"
    "  (sysctl-name \"kern.hostname\")\n"
    "  (sysctl-name \"kern.maxfilesperproc\")\n"
    "  (sysctl-name \"kern.maxproc\")\n"
    "  (sysctl-name \"kern.ngroups\")\n"
    "  (sysctl-name \"kern.osproductversion\")\n"
    "  (sysctl-name \"kern.osrelease\")\n"
    "  (sysctl-name \"kern.ostype\")\n"
    "  (sysctl-name \"kern.osvariant_status\")\n"
    "  (sysctl-name \"kern.osversion\")\n"
    "  (sysctl-name \"kern.secure_kernel\")\n"
    "  (sysctl-name \"kern.tcsm_available\")\n"
    "  (sysctl-name \"kern.tcsm_enable\")\n"
    "  (sysctl-name \"kern.usrstack64\")\n"
    "  (sysctl-name \"kern.version\")\n"
    "  (sysctl-name \"sysctl.proc_cputype\")\n"
    "  (sysctl-name \"vm.loadavg\"))\n"
    "; users and groups, time zones, logs, the folder for temporary files, proxies\n"
    "(allow mach-lookup\n"
    "  (global-name \"com.apple.system.opendirectoryd.libinfo\")\n"
    "  (global-name \"com.apple.system.opendirectoryd.membership\")\n"
    "  (global-name \"com.apple.system.notification_center\")\n"
    "  (global-name \"com.apple.system.logger\")\n"
    "  (global-name \"com.apple.logd\")\n"
    "  (global-name \"com.apple.bsd.dirhelper\")\n"
    "  (global-name \"com.apple.SystemConfiguration.DNSConfiguration\")\n"
    "  (global-name \"com.apple.SystemConfiguration.configd\"))\n"
    "; semaphores and memory of Python's multiprocessing and of OpenMP\n"
    "(allow ipc-posix-sem)\n"
    "(allow ipc-posix-shm-read* (ipc-posix-name \"apple.shm.notification_center\"))\n"
    "(allow ipc-posix-shm*\n"
    "  (ipc-posix-name-regex #\"^/?psm_\")\n"
    "  (ipc-posix-name-regex #\"^/?__KMP_REGISTERED_LIB_\"))\n";

/* Of terminals only the command's own, which it has by descriptor and as /dev/tty. */
const char seatbelt_devices[] =
    "(deny file-read* file-write* process-exec* (subpath \"/dev\"))\n"
    "(allow file-read-metadata (subpath \"/dev\"))\n"
    "(allow file-read-data (literal \"/dev\") (literal \"/dev/autofs_nowait\"))\n"
    "(allow file-read* (literal \"/dev/random\") (literal \"/dev/urandom\"))\n"
    "(allow file-read* file-write-data\n"
    "  (literal \"/dev/null\")\n"
    "  (literal \"/dev/zero\")\n"
    "  (literal \"/dev/tty\")\n"
    "  (literal \"/dev/stdin\")\n"
    "  (literal \"/dev/stdout\")\n"
    "  (literal \"/dev/stderr\")\n"
    "  (subpath \"/dev/fd\")\n"
    "  (literal \"/dev/dtracehelper\"))\n"
    "(allow file-ioctl\n"
    "  (literal \"/dev/tty\")\n"
    "  (literal \"/dev/dtracehelper\")\n"
    "  (regex #\"^/dev/ttys[0-9]+$\"))\n";

const char seatbelt_terminals[] =
    "(allow pseudo-tty)\n"
    "(allow file-read* file-write-data file-ioctl (literal \"/dev/ptmx\"))\n"
    "(allow file-read* file-write-data\n"
    "  (require-all (regex #\"^/dev/ttys[0-9]+$\") (extension \"com.apple.sandbox.pty\")))\n";
