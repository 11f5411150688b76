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
trap 'unguard_services; rm -rf "$RESULTS"' EXIT
trap 'exit 2' INT TERM

if [ $FAST = no ] && command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    install_packages || exit 2
fi

dotnet build EdgePool.sln -c Release -v q --nologo || exit 2

status=0
crashed=0
for project in tests/*.Tests; do
    name=$(basename "$project")
    [ $FAST = yes ] && [ "$name" = EdgePool.Interop.Tests ] && continue
    echo "== $name"
    "$project/bin/Release/net10.0/$name" -noColor -noLogo -trx "$RESULTS/$name.trx" "$@"
    rc=$?
    [ $rc = 0 ] || status=1
    if [ ! -s "$RESULTS/$name.trx" ]; then
        echo "$name ended with exit code $rc and without results" >&2
        crashed=$((crashed + 1))
        status=1
    fi
done

failed=$(($(count failed) + $(count error) + crashed))
[ "$failed" = 0 ] || status=1
echo "$(count passed) passed, $failed failed, $(count notExecuted) skipped"
exit $status
