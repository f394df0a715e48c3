#!/usr/bin/env bash
# Builds the Debian package, and prints its path. Needs cargo-deb (`cargo install cargo-deb`).
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-$PWD/target}"
cargo build --release --locked --quiet
files="$PWD/target/packaging"
rm -rf "$files"
mkdir -p "$files/man" "$files/completions"
"$target/release/guestbook" man --out "$files/man"
gzip --best --no-name "$files"/man/*.1
for shell in bash zsh fish; do
    "$target/release/guestbook" completions "$shell" >"$files/completions/guestbook.$shell"
done
cargo deb --no-build --quiet --output "$files/guestbook.deb" >/dev/null
echo "$files/guestbook.deb"
