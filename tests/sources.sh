#!/bin/sh
# sources.sh DIR PACKAGE...: fetches the upstream sources of these Debian packages, for tests/build.sh,
# into DIR/PACKAGE. What is there already stays. Needs no root, and changes nothing outside of DIR.
set -eu

[ $# -ge 2 ] || { echo 'usage: sources.sh DIR PACKAGE...' >&2; exit 1; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift

missing=
for package in "$@"; do
	[ -d "$dir/$package" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

# An apt of our own, with the mirror of this host, since few hosts have deb-src lines.
apt=$(mktemp -d "$dir/apt.XXXXXX")
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/new"
# shellcheck disable=SC2016 # for apt-get to expand
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Component: main' |
    sed -n 's/^\([^ ]*\) bookworm$/\1/p' | head -n 1)
echo "deb-src ${mirror:-http://deb.debian.org/debian} bookworm main" >"$apt/list"
cat >"$apt/conf" <<-EOC
	Dir::Etc::SourceList "$apt/list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::State::Lists "$apt/lists";
	Dir::Cache "$apt/cache";
	APT::Sandbox::User "";
EOC
export APT_CONFIG="$apt/conf"

cd "$apt"
apt-get -qq update
# shellcheck disable=SC2086 # a list of words
apt-get -qq --download-only source $missing
for package in $missing; do
	mkdir "$apt/new/$package"
	tar -xf "$(find "$apt" -name "${package}_*.orig.tar.?z")" --strip-components=1 -C "$apt/new/$package"
	mv "$apt/new/$package" "$dir/$package"
done
