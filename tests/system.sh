#!/bin/sh
# Installs the system's programs that tests start, where one is missing. Without the rights for it
# says what is missing and goes on: the tests that need it fail and say so, too.
set -eu

# Debian has some of them where only root's path leads.
PATH="$PATH:/usr/sbin:/sbin"
packages=
need() { command -v "$1" >/dev/null 2>&1 || packages="$packages $2"; }

need promtool prometheus
need haproxy haproxy
need node nodejs
need chromium chromium
need soffice libreoffice-calc-nogui
need npm npm
need ip iproute2
# Pages are also in Chinese.
fc-list :lang=zh 2>/dev/null | grep -q . || packages="$packages fonts-wqy-microhei"

if ! command -v kubectl >/dev/null 2>&1; then
    echo "missing: kubectl 1.27 or newer, see kubernetes.io/docs/tasks/tools" >&2
fi
[ -n "$packages" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "missing: apt-get install$packages" >&2
    exit 0
fi
# Nothing of this is started: tests run the programs themselves.
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get update --quiet=2
# shellcheck disable=SC2086  # one word for each package
apt-get install --quiet=2 --yes --no-install-recommends $packages
