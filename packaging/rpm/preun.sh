if [ "$1" = 0 ] && [ -d /run/systemd/system ]; then
    systemctl disable --now guestbook.timer guestbook-refresh.timer
    systemctl stop guestbook.service guestbook-refresh.service
fi
