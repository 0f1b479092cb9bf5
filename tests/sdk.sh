#!/bin/sh
# sdk.sh DIR: makes the directory that `root sdk` of etc/tool_launcher.conf shows, by the commands which that file
# gives. What is there already stays. Needs root, debootstrap and a network.
set -eu
umask 022

[ $# -eq 1 ] || { echo 'usage: sdk.sh DIR' >&2; exit 1; }
[ ! -d "$1" ] || exit 0
rm -rf "$1.new"
sed -n "s|^#   \([a-z].*\)/srv/sdk|\1$1.new|p" "${0%/*}/../etc/tool_launcher.conf" | sh -eux
mv "$1.new" "$1"
