getent group guestbook >/dev/null || groupadd --system guestbook
getent passwd guestbook >/dev/null || \
    useradd --system --gid guestbook --home-dir /var/lib/guestbook --no-create-home --shell /sbin/nologin guestbook
# The logs of some web servers belong to this group.
if getent group adm >/dev/null; then usermod --append --groups adm guestbook; fi
