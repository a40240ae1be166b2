/* SPDX-License-Identifier: Apache-2.0
 * text.c - help and version. A failure to write them is a failure. */
#include "cli/text.h"

#include <fence/fence.h>
#include <stdio.h>

#include "cli/cli.h"

static int finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    print_error("cannot write to standard output");
    return EXIT_FENCE;
}

int text_version(void)
{
    printf("fence - runs a command so that it reaches only the hosts and files it may\n"
           "  Version: %s\n  Built:   %s\n  Commit:  %s\n",
           fence_version(), FENCE_BUILT, FENCE_COMMIT);
    return finish();
}

int text_help(void)
{
    fputs(
        "Usage: fence [options] [--] COMMAND [ARG...]   run a command in a sandbox\n"
        "       fence [options] -c STRING               the same through sh -c\n"
        "       fence proxy --http ADDR --socks ADDR    the proxy alone; see fence proxy --help\n"
        "       fence explain HOST:PORT                 what would be decided; fence explain "
        "--help\n"
        "       fence policy check FILE...              is this policy one?\n"
        "       fence policy test FILE                  does it do what its tests say?\n"
        "       fence connect HOST PORT                 for ssh's ProxyCommand; fence connect "
        "--help\n"
        "       fence doctor [--json]                   what this machine lacks, and the cure\n"
        "       fence templates list, show NAME         settings to begin with\n"
        "       fence config show                       the settings, with all that they extend\n"
        "       fence profile [-- COMMAND]              what macOS would hold it by; fence profile "
        "--help\n"
        "       fence demo                              a show on loopback: what passes, what not\n"
        "\n"
        "The command reaches the network only through fence's proxy, and only the hosts that the\n"
        "settings allow. It can write only where they say. Nothing else is allowed.\n"
        "\n"
        "Options:\n"
        "  -s, --settings FILE     settings to read instead of the ones found\n"
        "  -t, --template NAME     settings that come with fence, instead: fence templates list\n"
        "      --allow DOMAIN      allow a host: example.com, *.example.com, example.com:443,\n"
        "                          10.1.2.3, 10.0.0.0/8; may be repeated\n"
        "      --deny DOMAIN       deny a host, whatever allows it; may be repeated\n"
        "      --allow-write PATH  make a file or folder writable; may be repeated\n"
        "      --deny-read PATH    hide a file or folder; may be repeated\n"
        "      --deny-write PATH   keep one from being written, whatever allows it; may be "
        "repeated\n"
        "      --allow-nested      let the command make namespaces: a sandbox of its own\n"
        "      --force-new-session let the command have no controlling terminal\n"
        "      --allow-other-owners  let writable paths belong to other users\n"
        "      --policy FILE       ask this Lua policy about requests; may be repeated\n"
        "  -p, --port PORT         let this machine reach the command's server on PORT: PORT (on\n"
        "                          127.0.0.1 and ::1), ADDRESS:PORT or [v6]:PORT; may be repeated\n"
        "      --ask-timeout SECONDS   deny what a policy asks and nobody answers by then (30)\n"
        "      --watch             load settings and policies again when they change\n"
        "      --degrade LAYER     start without it where it is missing: landlock, unix-sockets,\n"
        "                          watch, exec; may be repeated\n"
        "      --clean-tty         keep codes that do more than show text from your terminal\n"
        "      --list-templates    what fence templates list says\n"
        "      --linux-features    what fence doctor says, as the ancestor said it\n"
        "  -c, --command STRING    a command for sh -c\n"
        "  -m, --monitor           say what was refused\n"
        "  -d, --debug             say everything: requests, rules, the sandbox's command\n"
        "  -v, --version           version, build and commit\n"
        "  -h, --help              this text\n"
        "\n"
        "Settings are looked for in $XDG_CONFIG_HOME/fence/fence.jsonc and fence.json (~/.config\n"
        "where the variable is unset), then in ~/.fence.json and ~/.fence.jsonc.\n"
        "\n"
        "Exit status: the command's own; 128+n when signal n ended it; 125 when fence failed\n"
        "before the command ran; 126 when it cannot be executed, or a policy denies it; 127 when\n"
        "it was not found.\n",
        stdout);
    return finish();
}

int text_help_proxy(void)
{
    fputs(
        "Usage: fence proxy [--http ADDRESS] [--socks ADDRESS] [options]\n"
        "\n"
        "Serves the filtering proxy on addresses of this machine, without a sandbox, until SIGINT\n"
        "or SIGTERM: HTTP (CONNECT and plain requests) and SOCKS5. An ADDRESS is 127.0.0.1:3128,\n"
        "[::1]:3128 or unix:/path, which serves your own user alone; the same one may be given\n"
        "for both. A line on standard error names each; with port 0 the system chooses one.\n"
        "On SIGHUP it loads settings and policies again; tunnels that are up stay up.\n"
        "\n"
        "      --login FILE   ask clients for a name and a password: the one line of FILE,\n"
        "                     NAME:PASSWORD, which nobody else may be able to read\n"
        "      --max-clients NUMBER   clients at once (4096); each takes up to three descriptors\n"
        "\n"
        "Other options: -s, -t, --allow, --deny, --policy, --ask-timeout, --watch, -m, -d, -h as "
        "in\n"
        "fence --help.\n",
        stdout);
    return finish();
}

int text_help_policy(void)
{
    fputs(
        "Usage: fence policy check FILE...\n"
        "       fence policy test FILE [TEST...] [options]\n"
        "\n"
        "check loads each policy as a run would, and says what is wrong with it. Exit status: 0, "
        "or\n"
        "125 where one cannot be loaded.\n"
        "\n"
        "test runs the cases of Lua files against the policy FILE, without a network: of each "
        "TEST,\n"
        "or of the file beside FILE that ends in _test.lua (team.lua: team_test.lua). A line for\n"
        "each case, then how many passed. Exit status: 0 all passed, 1 some failed, 2 where they\n"
        "could not be run.\n"
        "\n"
        "  -s, --settings FILE   settings to decide by, with the policies that they name; without\n"
        "                        it nothing is allowed but by --allow and the policies\n"
        "      --json            one JSON object instead of lines\n"
        "\n"
        "Other options: --allow, --deny, --policy as in fence --help.\n",
        stdout);
    return finish();
}

int text_help_explain(void)
{
    fputs(
        "Usage: fence explain [options] HOST:PORT\n"
        "       fence explain [options] METHOD URL\n"
        "       fence explain [options] -c COMMAND\n"
        "\n"
        "Says what would be decided about a tunnel, a request or a command, by which rule, and how "
        "to\n"
        "change that. Nothing is looked up: the addresses of a name are judged when it is "
        "dialled.\n"
        "\n"
        "Options: -s, -t, --allow, --deny, --policy as in fence --help. Exit status: 0 allowed, 1\n"
        "denied or asked about, 2 where that cannot be told.\n",
        stdout);
    return finish();
}

int text_help_connect(void)
{
    fputs("Usage: fence connect HOST PORT\n"
          "\n"
          "Makes standard input and output a connection to HOST, through the proxy that\n"
          "https_proxy, HTTPS_PROXY, all_proxy or ALL_PROXY names: http:// or socks5h://. In a\n"
          "sandbox that is fence, which decides whether HOST may be reached. For programs that\n"
          "know no proxy:\n"
          "\n"
          "  ssh -o ProxyCommand='fence connect %h %p' git@example.com\n"
          "\n"
          "git over ssh needs nothing: in the sandbox GIT_SSH_COMMAND says the same.\n"
          "\n"
          "Exit status: 0 when the connection has ended, 1 where there was none.\n",
          stdout);
    return finish();
}

int text_help_doctor(void)
{
    fputs(
        "Usage: fence doctor [--json]\n"
        "\n"
        "Tries each thing that a sandbox is made of, and a sandbox. A line for each: ok; note,\n"
        "where nothing hangs on it; missing, and below it the cure. Exit status: 0 every layer is\n"
        "there; 1 where only such are missing that --degrade can name; 125 where no sandbox can "
        "be\n"
        "made.\n"
        "\n"
        "      --json   one JSON object instead of lines\n",
        stdout);
    return finish();
}

int text_help_templates(void)
{
    fputs("Usage: fence templates list\n"
          "       fence templates show NAME\n"
          "\n"
          "Templates are settings that come with fence: `fence -t NAME -- COMMAND` runs with one, "
          "and\n"
          "\"extends\": \"NAME\" in a settings file begins with one. list says what each is for, "
          "show\n"
          "prints it as it is, with what it does not hold.\n",
          stdout);
    return finish();
}

int text_help_config(void)
{
    fputs("Usage: fence config show [-s FILE | -t NAME]\n"
          "\n"
          "Prints the settings that a run would have, with all that they extend, as one JSON "
          "object:\n"
          "lists one behind the other, of all else the nearest; passwords, too. On standard error "
          "it\n"
          "says what they come from, each extended by the one above.\n",
          stdout);
    return finish();
}

int text_help_profile(void)
{
    fputs("Usage: fence profile [options] [--] [COMMAND [ARG...]]\n"
          "       fence profile [options] -c STRING\n"
          "\n"
          "Prints the settings as a profile of sandbox-exec(1), by which macOS holds a command:\n"
          "its files, the network but for fence's proxy at its ports (3128 and 1080), the\n"
          "programs that it may execute. A COMMAND is judged by the rules of commands first. What\n"
          "a profile does not hold is said on standard error, a line each. Where fence runs, and\n"
          "then on the Mac:\n"
          "\n"
          "  fence profile -s my.json -- COMMAND >my.sb &&\n"
          "  fence proxy -s my.json --http 127.0.0.1:3128 --socks 127.0.0.1:1080\n"
          "\n"
          "  sandbox-exec -f my.sb env http_proxy=http://127.0.0.1:3128 \\\n"
          "    https_proxy=http://127.0.0.1:3128 all_proxy=socks5h://127.0.0.1:1080 COMMAND\n"
          "\n"
          "Options: -s, -t, -p, --policy, --allow-write, --deny-read, --deny-write, --allow,\n"
          "--deny, --allow-other-owners as in fence --help. Exit status: 0; 126 where a rule\n"
          "denies the command; 125 otherwise.\n",
          stdout);
    return finish();
}
