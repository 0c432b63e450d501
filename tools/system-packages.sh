#!/bin/sh
# What the tests need from Debian and pip cannot bring: PostgreSQL, the libraries that Qt loads, a screen without a
# monitor with what works on it, and systemd's checker of units.
# As root on Debian or Ubuntu it installs what is missing; elsewhere it says what will be skipped.
set -eu
missing=""
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
for pair in libgl.so.1:libgl1 libegl.so.1:libegl1 libxkbcommon.so.0:libxkbcommon0 libfontconfig.so.1:libfontconfig1 \
            libdbus-1.so.3:libdbus-1-3 libglib-2.0.so.0:libglib2.0-0 libxkbcommon-x11.so.0:libxkbcommon-x11-0 \
            libxcb-cursor.so.0:libxcb-cursor0 libxcb-icccm.so.4:libxcb-icccm4 libxcb-image.so.0:libxcb-image0 \
            libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-render-util.so.0:libxcb-render-util0 \
            libxcb-shape.so.0:libxcb-shape0 libxcb-xkb.so.1:libxcb-xkb1; do
    ldconfig -p 2>/dev/null | grep -qi "${pair%%:*}" || missing="$missing ${pair##*:}"
done
for pair in Xvfb:xvfb openbox:openbox xdotool:xdotool xclip:xclip systemd-analyze:systemd desktop-file-validate:desktop-file-utils appstreamcli:appstream; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing$missing" >&2
    apt-get update -q >/dev/null
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
else
    echo "Not installed here:$missing. The tests that need them are skipped and say so." >&2
fi
