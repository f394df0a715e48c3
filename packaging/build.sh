#!/usr/bin/env bash
# Builds a package and prints its path: `packaging/build.sh` a Debian package (needs cargo-deb), `packaging/build.sh rpm` an
# RPM (needs cargo-generate-rpm), `packaging/build.sh static` an archive with a program that needs no library of the system
# (needs musl-gcc and the target x86_64-unknown-linux-musl).
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-$PWD/target}"
files="$PWD/target/packaging"

build() {
    cargo build --release --locked --quiet --features cloud "$@"
    rm -rf "$files"
    mkdir -p "$files/man" "$files/completions"
}

# Writes the manual pages and completions by the program that is packaged.
write_manuals() {
    "$1" man --out "$files/man"
    gzip --best --no-name "$files"/man/*.1
    for shell in bash zsh fish; do
        "$1" completions "$shell" >"$files/completions/guestbook.$shell"
    done
}

case "${1:-deb}" in
deb)
    build
    write_manuals "$target/release/guestbook"
    cargo deb --no-build --quiet --output "$files/guestbook.deb" >/dev/null
    echo "$files/guestbook.deb"
    ;;
rpm)
    build
    write_manuals "$target/release/guestbook"
    cargo generate-rpm --target-dir "$target" --output "$files/guestbook.rpm"
    echo "$files/guestbook.rpm"
    ;;
static)
    triple=x86_64-unknown-linux-musl
    build --target "$triple"
    program="$target/$triple/release/guestbook"
    write_manuals "$program"
    mkdir "$files/guestbook-$triple"
    cp -r "$program" "$files/man" "$files/completions" config.toml README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT \
        "$files/guestbook-$triple"
    tar --create --gzip --directory "$files" --file "$files/guestbook-$triple.tar.gz" "guestbook-$triple"
    echo "$files/guestbook-$triple.tar.gz"
    ;;
*)
    echo "usage: packaging/build.sh [deb|rpm|static]" >&2
    exit 1
    ;;
esac
