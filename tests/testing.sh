# testing.sh, sourced by test programs that are scripts: what common/testing.h says of a test program, for
# one suite. Descriptor 3 is the report.
# shellcheck shell=sh

if [ -n "${RUNTOOL_REPORT:-}" ]; then
	eval "exec 3>&$RUNTOOL_REPORT"
else
	exec 3>&1
fi
export RUNTOOL_REPORT=3 # for one that executes itself anew

# testing_begin SUITE SECONDS PARTS ARGUMENT...: the program's arguments. It is there from `check` on.
testing_begin() {
	testing_suite=$1 testing_part=0 testing_parts=1 testing_first=0 testing_number=0 testing_wanted=0
	if [ "${4:-}" = -l ]; then
		[ "${RUNTOOL_LEVEL:-check}" = quick ] || echo "$1 $2 $3 0 1"
		exit
	fi
	shift 3
	while getopts p:f: option; do
		case $option in
		p) testing_part=${OPTARG%/*} testing_parts=${OPTARG#*/} ;;
		f) testing_first=$OPTARG ;;
		*) exit 1 ;;
		esac
	done
}

# testing_from LEVEL: the tests from here on run at this level (check, long) and above.
testing_from() {
	testing_least=$1
}

# testing_is_chosen NAME: by RUNTOOL_TEST.
testing_is_chosen() {
	[ -n "${RUNTOOL_TEST:-}" ] || return 0
	for word in $RUNTOOL_TEST; do
		[ "$word" != "$1" ] && [ "$word" != "$testing_suite/$1" ] || return 0
	done
	return 1
}

# testing_next NAME: whether this test is to be run now.
testing_next() {
	testing_number=$((testing_number + 1))
	[ "${testing_least:-}" != long ] || [ "${RUNTOOL_LEVEL:-check}" = long ] || return 1
	testing_is_chosen "$1" || return 1
	testing_wanted=$((testing_wanted + 1))
	[ $(((testing_wanted - 1) % testing_parts)) = "$testing_part" ] &&
	    [ $testing_number -gt "$testing_first" ]
}

# testing_skip NUMBER NEEDS: all tests, and ends.
testing_skip() {
	echo "skipped $1 $2" >&3
	echo end >&3
	exit
}

# testing_end: behind the last test.
testing_end() {
	echo end >&3
}

# testing_run NAME WORDS COMMAND...: a test. WORDS is a command that says more if it fails.
testing_run() {
	testing_name=$testing_suite/$1 testing_words=$2
	shift 2
	echo "test $((testing_number - 1)) $testing_name" >&3
	testing_began=$(date +%s%3N)
	testing_output=$(mktemp)
	set +e
	(set -e; "$@") >"$testing_output" 2>&1 3>&-
	testing_status=$?
	set -e
	if [ $testing_status = 0 ]; then
		outcome=passed
	else
		outcome=failed
		{
			echo "FAILED $testing_name"
			{ tail -n 60 "$testing_output"; $testing_words; } 2>&1 | sed 's/^/    /'
			echo "  alone: make check TEST=$testing_name"
		} | sed 's/^/| /' >&3
	fi
	rm "$testing_output"
	echo "$outcome $(($(date +%s%3N) - testing_began))" >&3
}

# ---- for tests ---------------------------------------------------------------------------------

expect() {
	"$@" || { echo "not so: $*"; return 1; }
}

# count N COMMAND...: whether it prints N lines.
count() {
	wanted=$1
	shift
	[ "$("$@" | wc -l)" = "$wanted" ]
}

# await COMMAND...: until it succeeds. That it fails in the end only bounds hanging.
await() {
	tenths=600
	until "$@"; do
		[ $((tenths -= 1)) -ge 0 ] || { echo "in vain: $*" >&2; return 1; }
		sleep 0.1
	done
}
