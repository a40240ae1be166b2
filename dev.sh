#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dev.sh - from a checkout to a running, tested fence: `./dev.sh help` lists what it does.
#
# Installs packages with apt-get and writes below build/. Changes nothing else on the machine: what
# the kernel does not allow it names, with the cure, and leaves alone.
set -eu

run_packages='ca-certificates gcc libc6-dev musl-tools cmake ninja-build pkg-config libuv1-dev
libcjson-dev liblua5.4-dev libseccomp-dev libmnl-dev libnftnl-dev bubblewrap curl'
run_commands='gcc cmake ninja pkg-config bwrap curl'
run_libraries='libuv libcjson lua5.4 libseccomp libmnl libnftnl'

# lua5.4 and g++ by name: a dependency on "lua" is met by an older one
test_packages='busybox lua5.4 lua-busted lua-luv lua-check libcmocka-dev node-llhttp g++ wget git python3
python3-pip python3-venv python3-requests python3-socks python3-websockets openssl openssh-client openssh-server
iproute2 socat netcat-openbsd tmux util-linux vim-tiny less htop make clang-format clang-tidy fuse3
libfuse3-dev'
test_commands='lua5.4 busted luacheck g++ wget git python3 openssl ip socat nc tmux vi less make
fusermount3'
test_libraries='cmocka fuse3'

top=$(dirname -- "$(readlink -f -- "$0")")
newline='
'

usage() {
    cat <<'END'
./dev.sh run [ARG...]       install what is missing, build, run fence; without arguments, its demo
./dev.sh test [ARG...]      the same with every test; arguments go to ctest: -L unit, -R bwrap, -N
./dev.sh build [PRESET]     dev (the default), release, asan, tsan, fuzz, coverage, bench
./dev.sh asan [ARG...]      every test but the lints, under AddressSanitizer and UBSan
./dev.sh tsan [ARG...]      the same under ThreadSanitizer
./dev.sh fuzz [SECONDS]     look for new inputs, so long for each target (20); they go to build/fuzz
./dev.sh lint [ARG...]      the lints alone
./dev.sh format             rewrite the C files as clang-format wants them
END
}

say() {
    echo "dev.sh: $*" >&2
}

# ---- packages -----------------------------------------------------------------------------

# Prints those of the packages named that are not installed.
missing_packages() {
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || :)
    for package in "$@"; do
        case "$newline$installed$newline" in
        *"${newline}installed $package$newline"*) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

# Prints how to become root: nothing for root, sudo with or without a question. Fails otherwise.
root_prefix() {
    if [ "$(id -u)" -eq 0 ]; then
        return 0
    elif sudo -n true 2>/dev/null; then
        echo 'sudo -n'
    elif command -v sudo >/dev/null && [ -t 0 ] && [ -t 2 ]; then
        echo sudo
    else
        return 1
    fi
}

# Words of $1 become root's command line, and may be none. The lock: Ubuntu updates itself.
apt() { # PREFIX COMMAND [PACKAGE...]
    prefix=$1
    shift
    $prefix env DEBIAN_FRONTEND=noninteractive apt-get -y -o APT::Install-Recommends=false \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

apt_install() { # PACKAGE...
    by_hand="apt-get update && apt-get install -y --no-install-recommends $*"
    if ! root=$(root_prefix); then
        say 'packages are missing, and there is neither root nor sudo to install them; as root, run'
        echo "$by_hand" >&2
        exit 77
    fi
    say "installing $*"
    log=$(mktemp)
    # Lists of packages that are missing or old are the usual reason for a failure: fetch them then
    if ! apt "$root" install "$@" >"$log" 2>&1 &&
        ! { apt "$root" update && apt "$root" install "$@"; } >"$log" 2>&1; then
        cat "$log" >&2
        say 'apt-get failed, as above; as root, run'
        echo "$by_hand" >&2
        rm -f "$log"
        exit 77
    fi
    rm -f "$log"
}

# Without apt-get: what is there decides.
check_tools() { # COMMANDS LIBRARIES
    absent=
    for name in $1; do
        command -v "$name" >/dev/null || absent="$absent $name"
    done
    for name in $2; do
        pkg-config --exists "$name" 2>/dev/null || absent="$absent $name(library)"
    done
    if [ -n "$absent" ]; then
        say "no apt-get here, so install these with the system's own tool:$absent"
        exit 77
    fi
}

need() { # run|test
    packages=$run_packages commands=$run_commands libraries=$run_libraries
    if [ "$1" = test ]; then
        packages="$packages $test_packages"
        commands="$commands $test_commands"
        libraries="$libraries $test_libraries"
        command -v npm >/dev/null || packages="$packages nodejs npm"
    fi
    if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
        missing=$(missing_packages $packages)
        [ -z "$missing" ] || apt_install $missing
    else
        check_tools "$commands" "$libraries"
    fi
    check_namespaces
}

# The library's own headers of the sanitizers and the fuzzer come with a package named by version.
need_clang() {
    [ -n "$(missing_packages clang)" ] && apt_install clang
    runtime=libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev
    [ -n "$(missing_packages "$runtime")" ] && apt_install "$runtime"
    return 0
}

# ---- the machine --------------------------------------------------------------------------

setting_is() { # FILE VALUE
    [ "$(cat "/proc/sys/$1" 2>/dev/null)" = "$2" ]
}

# Goes on in any case: fence itself refuses to run without a sandbox, and says so.
check_namespaces() {
    why=$(bwrap --unshare-all --ro-bind / / true 2>&1) && return 0
    say "bubblewrap cannot make a sandbox here: $why"
    if setting_is kernel/unprivileged_userns_clone 0; then
        say 'cure, as root: sysctl -w kernel.unprivileged_userns_clone=1'
    elif setting_is user/max_user_namespaces 0; then
        say 'cure, as root: sysctl -w user.max_user_namespaces=15000'
    elif setting_is kernel/apparmor_restrict_unprivileged_userns 1; then
        say 'cure, as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
    else
        say 'in a container, its runtime must allow user namespaces and mounts'
    fi
}

# ---- build and test -----------------------------------------------------------------------

# Silent when nothing is to do; on a failure or a warning, all that the compiler said.
build() { # PRESET
    folder=$top/build/$1
    log=$top/build/$1.log
    mkdir -p "$top/build"
    for path in "$top/build" "$folder" "$log"; do
        if [ -e "$path" ] && [ ! -w "$path" ]; then
            say "cannot write to $path, which is another user's: remove it, or build as its owner"
            exit 1
        fi
    done
    # Configured yet, by these presets, and for this place? The tree may have been moved
    if [ ! -f "$folder/build.ninja" ] || [ "$top/CMakePresets.json" -nt "$folder/build.ninja" ] ||
        ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$top" "$folder/CMakeCache.txt"; then
        say "building build/$1"
        rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles"
        if ! (cd -- "$top" && cmake --preset "$1") >"$log" 2>&1; then
            cat "$log" >&2
            exit 1
        fi
    fi
    status=0
    cmake --build "$folder" >"$log" 2>&1 || status=1
    if [ "$status" -ne 0 ] || grep -q 'warning: ' "$log"; then
        sed '/^\[[0-9]*\/[0-9]*\] /d' "$log" >&2 # all but the progress
    fi
    [ "$status" -eq 0 ] || exit 1
}

run_ctest() { # PRESET [ARG...]
    tests=$top/build/$1
    shift
    exec ${wrapper:-} ctest --test-dir "$tests" --output-on-failure --no-tests=error \
        -j "$(getconf _NPROCESSORS_ONLN)" "$@"
}

# The lints read sources, which no sanitizer changes. A spec knows by FENCE_SANITIZED what it must
# leave out.
sanitize() { # PRESET [ARG...]
    preset=$1
    shift
    # ThreadSanitizer cannot place its shadow where the kernel shuffles more than this
    if [ "$preset" = tsan ] && [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ]
    then
        wrapper="setarch $(uname -m) -R"
    fi
    need test
    build "$preset"
    run_ctest "$preset" -LE lint "$@"
}

fuzz() { # SECONDS
    need test
    need_clang
    build fuzz
    status=0
    for source in "$top"/tests/fuzz/fuzz_*.c; do
        name=$(basename "$source" .c)
        found=$top/build/fuzz/found/$name
        mkdir -p "$found"
        # New inputs go to the first folder; the corpus is only read
        if "$top/build/fuzz/tests/$name" -max_total_time="$1" -timeout=10 -print_final_stats=1 \
            -artifact_prefix="$found-" "$found" "$top/tests/fuzz/corpus/$name" \
            >"$found.log" 2>&1; then
            say "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log") runs"
        else
            tail -n 50 "$found.log" >&2
            say "$name: failed; its input stands beside $found.log"
            status=1
        fi
    done
    exit "$status"
}

command=${1:-help}
[ "$#" -eq 0 ] || shift
case "$command" in
run)
    need run
    build release
    [ "$#" -gt 0 ] || set -- demo
    exec "$top/build/release/core/fence" "$@"
    ;;
test)
    need test
    build dev
    run_ctest dev "$@"
    ;;
build)
    case "${1:-dev}" in
    release) need run ;;
    fuzz) need test && need_clang ;;
    *) need test ;;
    esac
    build "${1:-dev}"
    ;;
asan | tsan) sanitize "$command" "$@" ;;
fuzz) fuzz "${1:-20}" ;;
lint)
    need test
    build dev
    run_ctest dev -L lint "$@"
    ;;
format) exec "$top/tests/lint/format.sh" "$top" "$top/build/dev" --fix ;;
help | -h | --help) usage ;;
*)
    usage >&2
    exit 2
    ;;
esac
