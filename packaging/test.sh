#!/usr/bin/env bash
# Builds the Debian package, installs it on this machine, runs it as its own user by the command of its timer, upgrades it,
# and removes it again. For containers and other machines that may be changed: needs root, dpkg and cargo-deb.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "packaging/test.sh: $*" >&2
    exit 1
}

[ "$(id --user)" = 0 ] || fail "must be root"
dpkg --status guestbook >/dev/null 2>&1 && fail "guestbook is installed here already"
[ -e /etc/guestbook ] && fail "there is a config here already: /etc/guestbook"

package="$(packaging/build.sh)"
logs="$(mktemp --directory)"
trap 'rm -rf "$logs"; dpkg --purge guestbook >/dev/null 2>&1 || true' EXIT

dpkg --install "$package"
id --name --groups guestbook | grep --quiet --word-regexp adm || fail "the user is not in the group adm"
guestbook --version
bash -n /usr/share/bash-completion/completions/guestbook
for page in guestbook guestbook-nightly guestbook-terms-forget; do
    gzip --test "/usr/share/man/man1/$page.1.gz"
done

# The logs are those of a web server: only root and the group adm may read them.
chmod 755 "$logs"
day="$(date --utc +%d/%b/%Y)"
line() {
    echo "203.0.113.9 - - [$day:00:00:0$1 +0000] \"GET /blog/$2/ HTTP/1.1\" 200 512 \"-\" \"GPTBot/1.2\""
}
{ line 1 a; line 2 b; line 3 c; } >"$logs/access.log"
chown root:adm "$logs/access.log"
chmod 640 "$logs/access.log"
config=/etc/guestbook/config.toml
guestbook init --yes --config "$config" "$logs/access.log*"
# Nothing is fetched from the world in a test.
sed --in-place 's/^refresh = .*/refresh = "off"/' "$config"
runuser --user guestbook -- guestbook check

# Runs the command of the unit as the unit's user.
run_unit() {
    command="$(sed --quiet 's/^ExecStart=//p' /usr/lib/systemd/system/guestbook.service)"
    # shellcheck disable=SC2086 # The command has several words.
    runuser --user guestbook -- env GUESTBOOK_CONFIG="$config" $command
}
requests() {
    GUESTBOOK_CONFIG="$config" guestbook export coverage --format csv | tail --lines=1
}
run_unit
for file in index.html terms/a.html terms/a.svg terms/a.json; do
    [ -s "/var/lib/guestbook/reports/$file" ] || fail "reports/$file was not published"
done
[ "$(stat --format %U /var/lib/guestbook/guestbook.db)" = guestbook ] || fail "the store belongs to another user"
before="$(requests)"

# An upgrade keeps the config and the store.
dpkg --install "$package"
grep --quiet "$logs" "$config" || fail "the upgrade has replaced the config"
run_unit
[ "$(requests)" = "$before" ] || fail "lines were counted twice: $before, then $(requests)"
line 4 a >>"$logs/access.log"
run_unit
[ "$(requests)" != "$before" ] || fail "the new line was not counted"

if command -v systemd-analyze >/dev/null; then
    systemd-analyze security --offline=true --threshold=20 /usr/lib/systemd/system/guestbook*.service | tail --lines=1
fi

# Removing it keeps the config and the store; purging it does not.
dpkg --remove guestbook
[ -e "$config" ] && [ -e /var/lib/guestbook/guestbook.db ] || fail "removing the package has lost data"
[ ! -e /usr/bin/guestbook ] || fail "the program is still there"
dpkg --purge guestbook
[ ! -e /etc/guestbook ] && [ ! -e /var/lib/guestbook ] || fail "purging the package has left files"
if getent passwd guestbook >/dev/null; then fail "the user is still there"; fi
echo "The package was installed, run, upgraded, removed and purged."
