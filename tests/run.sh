#!/usr/bin/env bash
# Runs every test and sums the runners' results in the last line: "N passed, N failed, N skipped".
#
#   tests/run.sh [--fast] [RUNNER-OPTION...]
#
#   --fast           without the tests that need real servers (EdgePool.Interop.Tests)
#   RUNNER-OPTION    handed to each xunit.v3 runner, for example: -class '*SrvOrder*', -method '*_WithoutAnEdge_*', -trait 'name=value'
#
# As root it first installs the Debian packages that the interop tests need; without them those tests are skipped, and fail where CI=true.
# Exit code: 0 all passed or skipped; 1 something failed; 2 the build or the preparation failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

PACKAGES=(prosody lua-unbound ejabberd jabberd2 bind9 knot etcd-server python3-slixmpp libexpat1 libsqlite3-0 openssl)
FAST=no
if [ "${1:-}" = --fast ]; then
    FAST=yes
    shift
fi

# While packages are installed, a policy-rc.d forbids starting services; what was there before comes back, whatever happens.
GUARD=/usr/sbin/policy-rc.d
KEPT=""
GUARDED=no
guard_services() {
    if [ -e "$GUARD" ]; then
        KEPT=$(mktemp "$GUARD.XXXXXX") && mv "$GUARD" "$KEPT" || return 1
    fi
    GUARDED=yes
    printf '#!/bin/sh\nexit 101\n' >"$GUARD" && chmod 755 "$GUARD"
}
unguard_services() {
    [ $GUARDED = yes ] || return 0
    rm -f "$GUARD"
    [ -z "$KEPT" ] || mv "$KEPT" "$GUARD"
    GUARDED=no
}

install_packages() {
    local missing=() package
    for package in "${PACKAGES[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "not installed, and only root can install: ${missing[*]}" >&2
        return 0
    fi
    guard_services || return 1
    echo "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get update -q && apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$RESULTS/apt.log" 2>&1; then
        tail -n 20 "$RESULTS/apt.log" >&2
        echo "the packages could not be installed: ${missing[*]}" >&2
    fi
    unguard_services
}

# The sum of one counter over all result files.
count() {
    cat "$RESULTS"/*.trx 2>/dev/null | grep -o '<Counters [^>]*>' | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }'
}

RESULTS=$(mktemp -d "${TMPDIR:-/tmp}/edgepool-tests.XXXXXX") || exit 2
behind=""
trap 'unguard_services; [ -z "$behind" ] || kill "$behind" 2>/dev/null; rm -rf "$RESULTS"' EXIT
trap 'exit 2' INT TERM

if [ $FAST = no ] && command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    install_packages || exit 2
fi

dotnet build EdgePool.sln -c Release -v q --nologo || exit 2

status=0
crashed=0

runner_of() {
    echo "tests/$1/bin/Release/net10.0/$1"
}

# Judges what a run of tests has left: PROJECT PART EXIT-CODE
judge() {
    [ "$3" = 0 ] || status=1
    if [ ! -s "$RESULTS/$1.$2.trx" ]; then
        echo "$1 ended with exit code $3 and without results" >&2
        crashed=$((crashed + 1))
        status=1
    fi
}

each() {
    local project
    for project in tests/*.Tests; do
        project=$(basename "$project")
        [ $FAST = yes ] && [ "$project" = EdgePool.Interop.Tests ] && continue
        echo "== $project"
        "$(runner_of "$project")" -noColor -noLogo -trx "$RESULTS/$project.main.trx" "$@"
        judge "$project" main $?
    done
}

if [ $# -gt 0 ]; then
    each "$@"
else
    # What only computes (trait run=behind) takes what the others leave of the machine; what measures it (run=alone) comes when all others have ended.
    nice -n 19 "$(runner_of EdgePool.Cluster.Tests)" -noColor -noLogo -trx "$RESULTS/EdgePool.Cluster.Tests.behind.trx" -trait run=behind >"$RESULTS/behind.out" 2>&1 &
    behind=$!
    each -trait- run=behind -trait- run=alone
    wait "$behind"
    rc=$?
    behind=""
    echo "== EdgePool.Cluster.Tests, behind the others"
    cat "$RESULTS/behind.out"
    judge EdgePool.Cluster.Tests behind $rc
    if [ $FAST = no ]; then
        echo "== EdgePool.Interop.Tests, alone"
        "$(runner_of EdgePool.Interop.Tests)" -noColor -noLogo -trx "$RESULTS/EdgePool.Interop.Tests.alone.trx" -trait run=alone
        judge EdgePool.Interop.Tests alone $?
    fi
fi

failed=$(($(count failed) + $(count error) + crashed))
[ "$failed" = 0 ] || status=1
echo "$(count passed) passed, $failed failed, $(count notExecuted) skipped"
exit $status
