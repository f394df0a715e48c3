install --directory --mode=0755 /etc/guestbook
install --directory --owner=guestbook --group=guestbook --mode=0755 /var/lib/guestbook
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
