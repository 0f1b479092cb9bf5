#!/bin/sh
# run.sh PROGRAM...: runs test programs and sums up the lines `NAME: N passed, N failed, N skipped`
# that each prints last. Exit 1 when one of them failed or died before its line; what counts as a
# failure is the programs' own business (with CI=true a skipped test does).
set -u

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0 skipped=0 status=0

for program in "$@"; do
	{ "$program"; echo $? >"$dir/status"; } | tee "$dir/output"
	sum=$(tail -n 1 "$dir/output" |
	    sed -n 's/^.*: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
	if [ -z "$sum" ]; then
		echo "$program ended without a summary"
		sum='0 1 0'
		status=1
	fi
	if [ "$(cat "$dir/status")" != 0 ]; then
		status=1
	fi
	passed=$((passed + ${sum%% *}))
	skipped=$((skipped + ${sum##* }))
	sum=${sum#* }
	failed=$((failed + ${sum%% *}))
done

echo "$passed passed, $failed failed, $skipped skipped"
exit $status
