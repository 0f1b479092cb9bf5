#!/bin/sh
# harness.sh: a test program: what runs the tests holds what tests/README.md promises, also under the worst of
# conditions. RUNTOOL_BUILD is where the tests were built.
set -eu

# shellcheck source=tests/testing.sh
. "${0%/*}/testing.sh"
testing_begin harness 12 1 "$@"

tests='
a_suite_that_dies_loses_one_test
a_suite_that_hangs_is_ended_with_all_that_it_started
a_suite_that_ends_too_early_has_failed
a_failure_says_what_runs_it_alone
what_there_is_no_time_for_is_named
skipped_tests_are_failures_in_ci
a_name_that_no_test_has_is_an_error
under_the_worst_conditions_all_is_as_ever
'
runner=$RUNTOOL_BUILD/tests/runner/runner
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset RUNTOOL_TEST RUNTOOL_LEVEL RUNTOOL_NO_SKIP CI

# program NAME: a test program with one suite, which does what comes on stdin, with the test in $first.
program() {
	{
		cat <<-EOP
			#!/bin/sh
			if [ "\$1" = -l ]; then
				echo "$1 1 1 0 0"
				exit
			fi
			first=\$4
		EOP
		cat
	} >"$work/$1"
	chmod 755 "$work/$1"
}

# run STATUS OPTION... PROGRAM...: by a runner of its own; what it says.
run() {
	status=$1 got=0
	shift
	mkdir -p "$work/prefix"
	"$runner" -b "$work/log" -p "$work/prefix" "$@" >"$work/said" 2>&1 || got=$?
	cat "$work/said"
	[ $got = "$status" ]
}

says() {
	grep -qE -e "$1" "$work/said"
}

sum_is() {
	[ "$(tail -n 1 "$work/said")" = "$1" ]
}

a_suite_that_dies_loses_one_test() {
	program dies <<-'EOP'
		if [ "$first" = 0 ]; then
			echo 'test 0 dies/well' >&3; echo 'passed 1' >&3
			echo 'test 1 dies/ill' >&3; echo 'last words'
			kill -SEGV $$
		fi
		echo 'test 2 dies/after' >&3; echo 'passed 1' >&3; echo end >&3
	EOP
	run 1 "$work/dies"
	says '^FAILED dies/ill$'
	says '^  the process of its suite ended by signal 11$'
	says '^    last words$'
	says '^  alone: make check TEST=dies/ill$'
	says '^dies +2 passed, 1 failed '
	sum_is '2 passed, 1 failed, 0 skipped'
}

a_suite_that_hangs_is_ended_with_all_that_it_started() {
	program hangs <<-EOP
		if [ "\$first" = 0 ]; then
			echo 'test 0 hangs/long' >&3
			trap '' HUP INT TERM
			setsid sh -c 'while sleep 0.05; do touch $work/alive; done' &
			while :; do sleep 1; done
		fi
		echo end >&3
	EOP
	run 1 -s 5 "$work/hangs"
	says '^FAILED hangs/long$'
	says 'did not end within 5 s$'
	sum_is '0 passed, 1 failed, 0 skipped'
	rm "$work/alive"
	sleep 0.3
	[ ! -e "$work/alive" ]
}

a_suite_that_ends_too_early_has_failed() {
	program short <<-'EOP'
		echo 'test 0 short/one' >&3; echo 'passed 1' >&3
	EOP
	run 1 "$work/short"
	says '^FAILED short$'
	sum_is '1 passed, 1 failed, 0 skipped'
}

a_failure_says_what_runs_it_alone() {
	program fails <<-'EOP'
		echo 'test 0 fails/one' >&3
		echo '| FAILED fails/one' >&3; echo '|   words' >&3; echo 'failed 1' >&3
		echo end >&3
	EOP
	run 1 "$work/fails"
	says '^FAILED fails/one$'
	says '^  words$'
	sum_is '0 passed, 1 failed, 0 skipped'
}

what_there_is_no_time_for_is_named() {
	program slow <<-'EOP'
		echo 'test 0 slow/one' >&3; echo 'passed 1' >&3
		echo 'test 1 slow/two' >&3
		sleep 60
		echo 'passed 1' >&3; echo end >&3
	EOP
	RUNTOOL_SECONDS=5 run 0 "$work/slow"
	says '^slow +1 passed .*not all: no time left'
	sum_is '1 passed, 0 failed, 0 skipped'
}

skipped_tests_are_failures_in_ci() {
	program lame <<-'EOP'
		echo 'skipped 2 legs' >&3; echo end >&3
	EOP
	run 0 "$work/lame"
	says '^lame +0 passed, 2 skipped .*need legs'
	CI=true run 1 "$work/lame"
	sum_is '0 passed, 0 failed, 2 skipped'
}

a_name_that_no_test_has_is_an_error() {
	program none <<-'EOP'
		echo end >&3
	EOP
	run 0 "$work/none"
	RUNTOOL_TEST=none/nowhere run 1 "$work/none"
	says 'there is no such test'
}

# Some of these failed where signals, masks, limits, files and settings were inherited.
touchy='
signals/a_signal_that_ends_the_tool_ends_runtool:3
signals/a_signal_that_ends_the_tool_ends_runtool:9
isolation/every_signal_is_told_as_it_was:2
tool/a_tool_starts_with_default_signals
tool/a_tool_starts_with_umask_022
tool/a_tool_has_no_terminal
tool/a_tool_has_the_limits_that_the_server_was_started_with
run/a_large_output_is_complete
start/a_port_in_use_is_named
config/the_system_file_is_the_last_resort
'

# Not everybody can raise a hard limit again.
under_the_worst_conditions_all_is_as_ever() {
	limit='ulimit -S -n 16; ulimit -S -f 100000'
	# shellcheck disable=SC3045 # dash has it
	! (ulimit -n 16 && ulimit -n 32) 2>/dev/null || limit='ulimit -n 16; ulimit -f 100000; ulimit -t 5'
	mkdir "$work/home"
	echo nonsense >"$work/home/vesta.cfg"
	export RUNTOOL_SERVER=192.0.2.1:1 VESTACONFIG=/nonexistent HOME="$work/home" LC_ALL=tr_TR.UTF-8 \
	    TZ=Mars MAKEFLAGS=-n POSIXLY_CORRECT=1 CK_FORK=no CK_RUN_SUITE=none
	RUNTOOL_TEST=$(echo "$touchy" | tr '\n' ' ')
	export RUNTOOL_TEST
	env --ignore-signal=HUP,INT,QUIT,PIPE,CHLD,TERM --block-signal=USR1,ALRM,CHLD,TERM sh -c "
		umask 077
		$limit
		"'exec 0<&- "$@"' sh \
	    "$runner" -b "$work/log" -p "$RUNTOOL_PREFIX" -i "$RUNTOOL_BUILD/stage$RUNTOOL_PREFIX" \
	    "$RUNTOOL_BUILD/tests/unit/unit" "$RUNTOOL_BUILD/tests/system/system" >"$work/said" 2>&1 ||
	    { cat "$work/said"; return 1; }
	cat "$work/said"
	says '^system/signals +2 passed '
	says '^system/tool +[4-9] passed '
	says '^unit/config +2 passed '
}

for name in $tests; do
	if testing_next "$name"; then
		testing_run "$name" : "$name"
	fi
done
testing_end
