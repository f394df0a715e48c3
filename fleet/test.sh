#!/usr/bin/env bash
# Tests the Spark job on a cluster of this machine: builds guestbook, and installs Java and PySpark where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/guestbook-target}"
environment="$CARGO_TARGET_DIR/tools/fleet"

if ! command -v java >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq openjdk-17-jre-headless
fi
if ! cmp --quiet fleet/requirements.txt "$environment/requirements.txt"; then
    python3 -m venv --clear "$environment"
    "$environment/bin/pip" install --quiet --requirement fleet/requirements.txt
    cp fleet/requirements.txt "$environment/requirements.txt"
fi

cargo build --locked --quiet --features cloud
# The executors get a copy, and a debug build is large.
program="$CARGO_TARGET_DIR/tools/guestbook"
cp "$CARGO_TARGET_DIR/debug/guestbook" "$program"
strip "$program"
"$environment/bin/python" fleet/test.py "$program"
