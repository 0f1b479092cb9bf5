/* vesta.cfg: what its grammar promises, and that nothing is cut or misread on the way. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config.h"
#include "paths.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define NOBODY	  65534
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static int home = -1; /* where the program was started */
static struct config *config;
static char err[512];

static void
setup(void)
{
	home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(home, -1);
}

static void
teardown(void)
{
	config_free(config);
	config = NULL;
	ck_assert_int_eq(fchdir(home), 0);
	close(home);
}

static void
put_dir(const char *name)
{
	ck_assert_int_eq(mkdir(scratch_path(name), 0755), 0);
}

static void
load(const char *name)
{
	err[0] = '\0';
	config_free(config);
	config = config_load(scratch_path(name), err, sizeof(err));
	ck_assert_msg(config != NULL, "%s", err);
}

/* `name` is refused, with words that begin with FILE:LINE of `where` and go on with `words`. */
static void
refused(const char *name, const char *where, int line, const char *words)
{
	char start[PATH_MAX + 256];

	snprintf(start, sizeof(start), "%s:%d: %s", scratch_path(where), line, words);
	ck_assert_ptr_null(config_load(scratch_path(name), err, sizeof(err)));
	ck_assert_msg(
	    strncmp(err, start, strlen(start)) == 0, "'%s' does not begin with '%s'", err, start);
}

static void
check(const char *section, const char *name, const char *value)
{
	const struct config_value *v = config_get(config, section, name);

	ck_assert_msg(v != NULL, "no [%s]%s", section, name);
	ck_assert_str_eq(v->value, value);
}

static void
check_at(size_t i, const char *value, const char *file, int line)
{
	const struct config_value *v = config_at(config, i);

	ck_assert_ptr_nonnull(v);
	ck_assert_str_eq(v->value, value);
	ck_assert_str_eq(v->file, scratch_path(file));
	ck_assert_int_eq(v->line, line);
}

/* ---- one file ----------------------------------------------------------------------------- */

static const struct {
	const char *text, *section, *name, *value;
} legal[] = {
    {"[S]\nn = v\n", "S", "n", "v"},
    {"[S]\nn=v", "S", "n", "v"},
    {"\xef\xbb\xbf[S]\nn = v\n", "S", "n", "v"},
    {" \t[ \tS \t] \t\r\n \tn \t= \tv \t\r\n", "S", "n", "v"},
    {"\r\n[S]\r\n\r\nn = v\r", "S", "n", "v"},
    {"[S]\nn = a\rb\n", "S", "n", "a\rb"},
    {"[S]\n\f\vn = v\v\f\n", "S", "n", "v"},
    {"[S]\nn =\n", "S", "n", ""},
    {"[S]\nn =  \t\r\n", "S", "n", ""},
    {"[S]\nn = a ; b\n", "S", "n", "a ; b"},
    {"[S]\nn = ; b\n", "S", "n", "; b"},
    {"[S]\nn = a // b\n", "S", "n", "a // b"},
    {"[S]\nn = // b\n", "S", "n", "// b"},
    {"[S]\nn = a # b\n", "S", "n", "a # b"},
    {"[S]\nn = a = b == c\n", "S", "n", "a = b == c"},
    {"[S]\nn = a: b\n", "S", "n", "a: b"},
    {"[S]\nn = [a] b]\n", "S", "n", "[a] b]"},
    {"[S]\nn = 50% \\ \"q\" 'r'\n", "S", "n", "50% \\ \"q\" 'r'"},
    {"[S]\nn = \xc3\xa4\xff\x01\n", "S", "n", "\xc3\xa4\xff\x01"},
    {"[S]\nn:m = v\n", "S", "n:m", "v"},
    {"[S]\nn: = v\n", "S", "n:", "v"},
    {"[S]\nn m = v\n", "S", "n m", "v"},
    {"[S]\n#n = v\n", "S", "#n", "v"},
    {"[S]\nn ; m = v\n", "S", "n ; m", "v"},
    {"[S]\n/n = v\n", "S", "/n", "v"},
    {"[S]\nn = v\n   ; n = c\n\t// n = c\n;\n//\n", "S", "n", "v"},
    {"[S]\nn = v\n  m = w\n", "S", "m", "w"},
    {"[S]\nn = v\n  m = w\n", "S", "n", "v"},
    {"[S]\nn = v\n[T]\nn = w\n[S]\nm = x\n", "S", "n", "v"},
    {"[S]\nn = v\n[T]\nn = w\n[S]\nm = x\n", "S", "m", "x"},
    {"[Linux x86_64]\nn = v\n", "Linux x86_64", "n", "v"},
    {"[a ; b]\nn = v\n", "a ; b", "n", "v"},
    {"[;]\nn = v\n", ";", "n", "v"},
    {"[//]\nn = v\n", "//", "n", "v"},
    {"[a = b]\nn = v\n", "a = b", "n", "v"},
    {"[[a]\nn = v\n", "[a", "n", "v"},
    {"[includes]\nn = v\n", "includes", "n", "v"},
    {"[Include x]\nn = v\n", "Include x", "n", "v"},
};

START_TEST(a_legal_line_means_what_it_says)
{
	scratch_put("a", legal[_i].text);
	load("a");
	check(legal[_i].section, legal[_i].name, legal[_i].value);
}
END_TEST

static const struct {
	const char *text;
	int line;
	const char *words;
} illegal[] = {
    {"[S", 1, "a line that begins with '[' must end with ']'"},
    {"[", 1, "a line that begins with '[' must end with ']'"},
    {"\n[S]; comment\n", 2, "a line that begins with '[' must end with ']'"},
    {"[S] // see [T]\n", 1, "words behind [name]: a comment needs a line of its own"},
    {"[]\n", 1, "a section without a name: write [name]"},
    {"[ \t]\n", 1, "a section without a name: write [name]"},
    {"[include]\n", 1, "[include] names no file: write [include FILE]"},
    {"[ include ]\n", 1, "[include] names no file: write [include FILE]"},
    {"[S]\nn = v\nwords\n", 3, "neither [section] nor NAME = VALUE"},
    {"[S]\n\n\nn: v", 4, "neither [section] nor NAME = VALUE"},
    {"[S]\n/ n\n", 2, "neither [section] nor NAME = VALUE"},
    {"[S]\n# comment\n", 2, "'#' does not begin a comment: use ';' or '//'"},
    {"[S]\n= v\n", 2, "no name before '=': write NAME = VALUE"},
    {"[S]\n  =\n", 2, "no name before '=': write NAME = VALUE"},
    {"n = v\n[S]\n", 1, "in no section: write [section] before it"},
    {"; c\r\n\r\nn = v\r\n", 3, "in no section: write [section] before it"},
};

START_TEST(an_illegal_line_is_an_error_with_file_and_line)
{
	scratch_put("a", illegal[_i].text);
	refused("a", "a", illegal[_i].line, illegal[_i].words);
}
END_TEST

START_TEST(an_empty_file_sets_nothing)
{
	scratch_put("a", _i == 0 ? "" : "; nothing\n\n // here");
	load("a");
	ck_assert_ptr_null(config_at(config, 0));
	ck_assert_ptr_null(config_get(config, "S", "n"));
}
END_TEST

START_TEST(sections_and_names_are_looked_up_exactly)
{
	scratch_put("a", "[S]\nn = v\n");
	load("a");
	ck_assert_ptr_null(config_get(config, "s", "n"));
	ck_assert_ptr_null(config_get(config, "S", "N"));
	ck_assert_ptr_null(config_get(config, "S ", "n"));
	ck_assert_ptr_null(config_get(config, "", "n"));
	ck_assert_ptr_null(config_get(config, "S", ""));
}
END_TEST

START_TEST(the_last_value_wins_and_all_are_there_in_order)
{
	scratch_put("a", "[S]\nn = 1\nm = 2\n\n[T]\nn = 3\n[S]\nn = 4\n");
	load("a");
	check("S", "n", "4");
	check("S", "m", "2");
	check("T", "n", "3");
	check_at(0, "1", "a", 2);
	check_at(1, "2", "a", 3);
	check_at(2, "3", "a", 6);
	check_at(3, "4", "a", 8);
	ck_assert_ptr_null(config_at(config, 4));
	ck_assert_ptr_null(config_at(config, SIZE_MAX));
	ck_assert_str_eq(config_at(config, 2)->section, "T");
	ck_assert_str_eq(config_at(config, 1)->name, "m");
}
END_TEST

/* `len` bytes that cycle through everything a line may hold inside, blanks and NUL aside. */
static char *
fill(size_t len)
{
	static const char traps[] = " ;x //y # z = : [S] n";
	char *s = malloc(len + 1);
	size_t i;

	ck_assert_ptr_nonnull(s);
	for (i = 0; i < len; i++)
		s[i] = i % 3 == 0 ? (char)('!' + i / 3 % 94) : traps[i % (sizeof(traps) - 1)];
	if (len > 0)
		s[0] = s[len - 1] = 'x';
	s[len] = '\0';
	return (s);
}

/* A section line or name of that kind. */
static char *
fill_without(size_t len, const char *without)
{
	char *s = fill(len);
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr(without, s[i]) != NULL)
			s[i] = '-';
	return (s);
}

static void
round_trip(size_t section_len, size_t name_len, size_t value_len)
{
	char *section = fill_without(section_len, "]"), *name = fill_without(name_len, "=[");
	char *value = fill(value_len), *text;

	ck_assert_int_ne(asprintf(&text, "[%s]\n%s = %s\nafter = 1\n", section, name, value), -1);
	scratch_put("a", text);
	load("a");
	check(section, name, value);
	check(section, "after", "1");
	ck_assert_ptr_null(config_at(config, 2));
	free(section);
	free(name);
	free(value);
	free(text);
}

START_TEST(no_length_is_cut_or_split)
{
	size_t n;

	for (n = 1; n <= 270; n++)
		round_trip(n, 1 + n * 7 % 271, n * 3 % 271);
	round_trip(1, 1, 0);
	round_trip(5000, 1, 1);
	round_trip(1, 5000, 1);
	round_trip(1, 1, 100000);
	round_trip(70000, 80000, 90000);
}
END_TEST

START_TEST(every_byte_but_nul_and_newline_survives_in_a_value)
{
	char text[300] = "[S]\nn = x", expected[300] = "x", *t = text + strlen(text);
	char *e = expected + 1;
	int c;

	for (c = 1; c < 256; c++)
		if (c != '\n')
			*t++ = *e++ = (char)c;
	*t++ = *e++ = 'x';
	scratch_put("a", text);
	load("a");
	check("S", "n", expected);
}
END_TEST

START_TEST(a_nul_byte_is_refused_where_it_stands)
{
	static const char text[] = "[S]\nn = v\nm = a\0b\n";

	scratch_put_bytes("a", text, sizeof(text) - 1);
	refused("a", "a", 3, "a NUL byte: this is no text file");
	scratch_put_bytes("a", "\0", 1);
	refused("a", "a", 1, "a NUL byte: this is no text file");
	scratch_put_bytes("a", "[S]\nn = v\n\0", 11);
	refused("a", "a", 3, "a NUL byte: this is no text file");
}
END_TEST

START_TEST(words_that_do_not_fit_are_cut)
{
	char small[24], expected[16];

	scratch_put("a", "words\n");
	memset(small, 'c', sizeof(small));
	ck_assert_ptr_null(config_load(scratch_path("a"), small, 16));
	snprintf(expected, sizeof(expected), "%.15s", scratch_path("a"));
	ck_assert_str_eq(small, expected);
	ck_assert_int_eq(small[16], 'c');
}
END_TEST

/* ---- includes ----------------------------------------------------------------------------- */

START_TEST(an_include_is_read_in_place)
{
	scratch_put("a", "[S]\nn = 1\n[include b]\n[S]\nm = 3\n");
	scratch_put("b", "[S]\nn = 2\nm = 2\n");
	load("a");
	check("S", "n", "2");
	check("S", "m", "3");
	check_at(0, "1", "a", 2);
	check_at(1, "2", "b", 2);
	check_at(2, "2", "b", 3);
	check_at(3, "3", "a", 5);
}
END_TEST

START_TEST(relative_names_start_where_the_including_file_is)
{
	put_dir("d");
	put_dir("d/e");
	scratch_put("a", "[ include   d/b.cfg ]\n");
	scratch_put("d/b.cfg", "[include e/c.cfg]\n[include ../d.cfg]\n");
	scratch_put("d/e/c.cfg", "[S]\nc = 1\n");
	scratch_put("d.cfg", "[S]\nd = 1\n");
	load("a");
	check_at(0, "1", "d/e/c.cfg", 2);
	check_at(1, "1", "d/../d.cfg", 2);

	/* From the current directory, too, and with an absolute name. */
	ck_assert_int_eq(chdir(scratch_path(".")), 0);
	config_free(config);
	config = config_load("a", err, sizeof(err));
	ck_assert_msg(config != NULL, "%s", err);
	ck_assert_str_eq(config_at(config, 0)->file, "d/e/c.cfg");
}
END_TEST

START_TEST(an_include_may_have_any_name)
{
	static const char *const names[] = {"a b", "x]y", "x ; y", "x=y", "#x", "include"};
	char text[PATH_MAX];
	size_t i;

	for (i = 0; i < LENGTH(names); i++) {
		scratch_put(names[i], "[S]\nn = found\n");
		snprintf(text, sizeof(text), "[include %s]\n",
		    i % 2 ? names[i] : scratch_path(names[i]));
		scratch_put("main", text);
		load("main");
		check("S", "n", "found");
		ck_assert_int_eq(unlink(scratch_path(names[i])), 0);
	}
}
END_TEST

START_TEST(after_an_include_a_new_section_line_is_needed)
{
	scratch_put("b", "[S]\nn = 1\n");
	scratch_put("empty", "");
	put_dir("none");
	scratch_put("a", "[S]\n[include b]\nm = 1\n");
	refused("a", "a", 3, "in no section: write [section] before it");
	scratch_put("a", "[S]\n[include empty]\nm = 1\n");
	refused("a", "a", 3, "in no section: write [section] before it");
	scratch_put("a", "[S]\n[include none]\nm = 1\n");
	refused("a", "a", 3, "in no section: write [section] before it");
}
END_TEST

START_TEST(an_included_file_begins_in_no_section)
{
	scratch_put("a", "[S]\n[include b]\n");
	scratch_put("b", "\nn = 1\n");
	refused("a", "b", 2, "in no section: write [section] before it");
}
END_TEST

START_TEST(an_include_that_cannot_be_read_is_an_error_of_its_line)
{
	char words[PATH_MAX + 64];

	scratch_put("a", "\n[include missing]\n");
	snprintf(words, sizeof(words), "%s: cannot be read: No such file or directory",
	    scratch_path("missing"));
	refused("a", "a", 2, words);
	scratch_put("b", "");
	scratch_put("a", "\n\n[include b/c]\n");
	snprintf(words, sizeof(words), "%s: cannot be read: Not a directory", scratch_path("b/c"));
	refused("a", "a", 3, words);
}
END_TEST

/* f0 includes f1, and so on up to f<last>. */
static void
chain(int last)
{
	char name[16], text[32];
	int i;

	for (i = 0; i < last; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		snprintf(text, sizeof(text), "[include f%d]\n", i + 1);
		scratch_put(name, text);
	}
	snprintf(name, sizeof(name), "f%d", last);
	scratch_put(name, "[S]\nn = found\n");
}

START_TEST(includes_nest_10_deep_and_no_deeper)
{
	chain(10);
	load("f0");
	check("S", "n", "found");
	chain(11);
	refused("f0", "f10", 1, "[include f11]: more than 10 deep: does a file include itself?");
}
END_TEST

START_TEST(a_circle_of_includes_ends_in_an_error)
{
	scratch_put("a", "[S]\nn = v\n[include b]\n");
	scratch_put("b", "\n[include a]\n");
	refused("a", "a", 3, "[include b]: more than 10 deep");
	scratch_put("a", "[include a]\n");
	refused("a", "a", 1, "[include a]: more than 10 deep");
}
END_TEST

START_TEST(includes_that_multiply_end_in_an_error)
{
	char name[16], text[128];
	int i;

	chain(10);
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		snprintf(text, sizeof(text), "[include f%d]\n[include f%d]\n[include f%d]\n", i + 1,
		    i + 1, i + 1);
		scratch_put(name, text);
	}
	ck_assert_ptr_null(config_load(scratch_path("f0"), err, sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, "more than 10000 files"));
}
END_TEST

START_TEST(an_endless_file_is_refused)
{
	scratch_put("a", "[S]\n[include /dev/zero]\n");
	refused("a", "a", 2, "/dev/zero: the files have more than 67108864 bytes together");
}
END_TEST

/* ---- directories -------------------------------------------------------------------------- */

/* Names of equal numbers are told apart as strings: 01 comes before 1. */
START_TEST(a_directory_is_read_in_the_order_of_its_numbers)
{
	static const char *const order[] = {"01", "1", "01a", "2", "9-z", "10", "10-a", "a", "a1b2",
	    "a01b3", "a1b10", "a2", "a010", "b99999999999999999999", "b100000000000000000000", "c"};
	char name[64], text[64];
	size_t i;

	put_dir("d");
	for (i = LENGTH(order); i-- > 0;) {
		snprintf(name, sizeof(name), "d/%s", order[i]);
		snprintf(text, sizeof(text), "[S]\nn = %s\n", order[i]);
		scratch_put(name, text);
	}
	scratch_put("a", "[include d]\n");
	load("a");
	for (i = 0; i < LENGTH(order); i++)
		ck_assert_str_eq(config_at(config, i)->value, order[i]);
	ck_assert_ptr_null(config_at(config, i));
}
END_TEST

START_TEST(a_directory_is_read_with_all_below_it)
{
	put_dir("d");
	put_dir("d/2");
	put_dir("d/2/x");
	put_dir("d/3");
	scratch_put("d/1", "[S]\nn = 1\n");
	scratch_put("d/2/b", "[S]\nn = 2\n");
	scratch_put("d/2/x/y", "[S]\nn = 3\n");
	scratch_put("d/4", "[S]\nn = 4\n");
	scratch_put("d/.hidden", "[S]\nn = 0\n");
	scratch_put("a", "[include d]\n[include d/]\n");
	load("a");
	check_at(0, "0", "d/.hidden", 2);
	check_at(1, "1", "d/1", 2);
	check_at(2, "2", "d/2/b", 2);
	check_at(3, "3", "d/2/x/y", 2);
	check_at(4, "4", "d/4", 2);
	check_at(5, "0", "d/.hidden", 2);
	ck_assert_ptr_null(config_at(config, 10));
}
END_TEST

START_TEST(each_file_of_a_directory_needs_a_section)
{
	put_dir("d");
	scratch_put("d/1", "[S]\nn = 1\n");
	scratch_put("d/2", "n = 2\n");
	scratch_put("a", "[include d]\n");
	refused("a", "d/2", 1, "in no section: write [section] before it");
}
END_TEST

START_TEST(a_directory_does_not_make_includes_deeper)
{
	put_dir("d");
	put_dir("d/e");
	put_dir("d/e/f");
	chain(9);
	scratch_put("f9", "[include d]\n");
	scratch_put("d/e/f/x", "[S]\nn = found\n");
	load("f0");
	check("S", "n", "found");
	scratch_put("d/e/f/x", "[include ../../../f9]\n");
	refused("f0", "d/e/f/x", 1, "[include ../../../f9]: more than 10 deep");
}
END_TEST

START_TEST(links_are_followed_and_what_is_no_file_is_passed_over)
{
	put_dir("d");
	put_dir("e");
	scratch_put("e/x", "[S]\nn = found\n");
	ck_assert_int_eq(symlink("../e", scratch_path("d/link")), 0);
	ck_assert_int_eq(mkfifo(scratch_path("d/fifo"), 0600), 0);
	scratch_put("a", "[include d]\n");
	load("a");
	check_at(0, "found", "d/link/x", 2);
}
END_TEST

START_TEST(links_that_lead_nowhere_or_in_a_circle_are_errors)
{
	char words[PATH_MAX + 64];

	put_dir("d");
	scratch_put("a", "[include d]\n");
	ck_assert_int_eq(symlink("nowhere", scratch_path("d/x")), 0);
	snprintf(words, sizeof(words), "%s: cannot be read: No such file", scratch_path("d/x"));
	refused("a", "a", 1, words);

	ck_assert_int_eq(unlink(scratch_path("d/x")), 0);
	ck_assert_int_eq(symlink(".", scratch_path("d/x")), 0);
	refused("a", "a", 1, "");
	ck_assert_ptr_nonnull(strstr(err, "cannot be read: Too many levels of symbolic links"));
}
END_TEST

/* ---- the first file ----------------------------------------------------------------------- */

START_TEST(a_file_that_is_not_there_is_named)
{
	char words[PATH_MAX + 64];

	snprintf(words, sizeof(words), "%s: cannot be read: No such file or directory",
	    scratch_path("a"));
	ck_assert_ptr_null(config_load(scratch_path("a"), err, sizeof(err)));
	ck_assert_str_eq(err, words);
}
END_TEST

START_TEST(a_directory_is_no_file)
{
	char words[2 * PATH_MAX + 64];
	const char *dir;

	put_dir("d");
	dir = scratch_path("d");
	snprintf(words, sizeof(words), "%s: is a directory: name a file (it may [include %s])", dir,
	    dir);
	ck_assert_ptr_null(config_load(dir, err, sizeof(err)));
	ck_assert_str_eq(err, words);
}
END_TEST

START_TEST(a_file_without_permission_is_named)
{
	char words[PATH_MAX + 64];
	uid_t uid = geteuid();

	scratch_put("a", "[include b]\n");
	scratch_put("b", "[S]\nn = v\n");
	ck_assert_int_eq(chmod(scratch_path("b"), 0), 0);
	if (uid == 0)
		ck_assert_int_eq(seteuid(NOBODY), 0);
	snprintf(words, sizeof(words), "%s: cannot be read: Permission denied", scratch_path("b"));
	refused("a", "a", 1, words);
	ck_assert_ptr_null(config_load(scratch_path("b"), err, sizeof(err)));
	ck_assert_str_eq(err, words);
	ck_assert_int_eq(seteuid(uid), 0);
}
END_TEST

START_TEST(a_pipe_can_be_read)
{
	static const char text[] = "[S]\nn = found\n";
	char path[64];
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], text, strlen(text)), (int)strlen(text));
	close(fds[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	config = config_load(path, err, sizeof(err));
	close(fds[0]);
	ck_assert_msg(config != NULL, "%s", err);
	check("S", "n", "found");
}
END_TEST

static int
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return (n);
}

START_TEST(no_descriptor_stays_open)
{
	int before = descriptors();

	put_dir("d");
	put_dir("d/e");
	scratch_put("d/1", "[include e]\n[S]\nn = v\n");
	scratch_put("a", "[include d]\n");
	load("a");
	scratch_put("d/e/2", "words\n");
	refused("a", "d/e/2", 1, "neither");
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

/* ---- which file --------------------------------------------------------------------------- */

/* An empty current directory and home, no $VESTACONFIG. */
static void
nowhere(void)
{
	put_dir("cwd");
	put_dir("home");
	ck_assert_int_eq(chdir(scratch_path("cwd")), 0);
	ck_assert_int_eq(setenv("HOME", scratch_path("home"), 1), 0);
	ck_assert_int_eq(unsetenv("VESTACONFIG"), 0);
}

static void
found(const char *option, const char *expected, bool expected_in_cwd)
{
	char path[PATH_MAX];
	bool in_cwd = !expected_in_cwd;

	ck_assert_int_eq(config_find(option, path, sizeof(path), &in_cwd), 0);
	ck_assert_str_eq(path, expected);
	ck_assert_int_eq(in_cwd, expected_in_cwd);
}

START_TEST(the_first_file_in_the_search_order_is_found)
{
	nowhere();
	scratch_put("home/vesta.cfg", "");
	found(NULL, scratch_path("home/vesta.cfg"), false);
	scratch_put("cwd/vesta.cfg", "");
	found(NULL, "./vesta.cfg", true);
	ck_assert_int_eq(setenv("VESTACONFIG", "", 1), 0);
	found(NULL, "./vesta.cfg", true);
	ck_assert_int_eq(setenv("VESTACONFIG", "variable.cfg", 1), 0);
	found(NULL, "variable.cfg", false);
	found("option.cfg", "option.cfg", false);
	found("vesta.cfg", "vesta.cfg", false);
}
END_TEST

START_TEST(the_system_file_is_the_last_resort)
{
	char path[PATH_MAX];
	bool in_cwd;

	nowhere();
	if (_i == 1)
		ck_assert_int_eq(unsetenv("HOME"), 0);
	if (access(SYSCONFDIR "/vesta.cfg", F_OK) == 0)
		found(NULL, SYSCONFDIR "/vesta.cfg", false);
	else {
		ck_assert_int_eq(config_find(NULL, path, sizeof(path), &in_cwd), -1);
		ck_assert_int_eq(errno, ENOENT);
	}
}
END_TEST

START_TEST(a_path_that_does_not_fit_is_an_error)
{
	char path[8];
	bool in_cwd;

	nowhere();
	ck_assert_int_eq(config_find("1234567", path, sizeof(path), &in_cwd), 0);
	ck_assert_str_eq(path, "1234567");
	ck_assert_int_eq(config_find("12345678", path, sizeof(path), &in_cwd), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	scratch_put("cwd/vesta.cfg", "");
	ck_assert_int_eq(config_find(NULL, path, sizeof(path), &in_cwd), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

static void
add_case(Suite *suite, const char *name, void (*add)(TCase *))
{
	TCase *tc = tcase_create(name);

	scratch_use(tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add(tc);
	suite_add_tcase(suite, tc);
}

static void
add_lines(TCase *tc)
{
	tcase_add_loop_test(tc, a_legal_line_means_what_it_says, 0, LENGTH(legal));
	tcase_add_loop_test(tc, an_illegal_line_is_an_error_with_file_and_line, 0, LENGTH(illegal));
	tcase_add_loop_test(tc, an_empty_file_sets_nothing, 0, 2);
	tcase_add_test(tc, sections_and_names_are_looked_up_exactly);
	tcase_add_test(tc, the_last_value_wins_and_all_are_there_in_order);
	tcase_add_test(tc, no_length_is_cut_or_split);
	tcase_add_test(tc, every_byte_but_nul_and_newline_survives_in_a_value);
	tcase_add_test(tc, a_nul_byte_is_refused_where_it_stands);
	tcase_add_test(tc, words_that_do_not_fit_are_cut);
}

static void
add_includes(TCase *tc)
{
	tcase_add_test(tc, an_include_is_read_in_place);
	tcase_add_test(tc, relative_names_start_where_the_including_file_is);
	tcase_add_test(tc, an_include_may_have_any_name);
	tcase_add_test(tc, after_an_include_a_new_section_line_is_needed);
	tcase_add_test(tc, an_included_file_begins_in_no_section);
	tcase_add_test(tc, an_include_that_cannot_be_read_is_an_error_of_its_line);
	tcase_add_test(tc, includes_nest_10_deep_and_no_deeper);
	tcase_add_test(tc, a_circle_of_includes_ends_in_an_error);
	tcase_add_test(tc, includes_that_multiply_end_in_an_error);
	tcase_add_test(tc, an_endless_file_is_refused);
}

static void
add_directories(TCase *tc)
{
	tcase_add_test(tc, a_directory_is_read_in_the_order_of_its_numbers);
	tcase_add_test(tc, a_directory_is_read_with_all_below_it);
	tcase_add_test(tc, each_file_of_a_directory_needs_a_section);
	tcase_add_test(tc, a_directory_does_not_make_includes_deeper);
	tcase_add_test(tc, links_are_followed_and_what_is_no_file_is_passed_over);
	tcase_add_test(tc, links_that_lead_nowhere_or_in_a_circle_are_errors);
}

static void
add_files(TCase *tc)
{
	tcase_add_test(tc, a_file_that_is_not_there_is_named);
	tcase_add_test(tc, a_directory_is_no_file);
	tcase_add_test(tc, a_file_without_permission_is_named);
	tcase_add_test(tc, a_pipe_can_be_read);
	tcase_add_test(tc, no_descriptor_stays_open);
	tcase_add_test(tc, the_first_file_in_the_search_order_is_found);
	tcase_add_loop_test(tc, the_system_file_is_the_last_resort, 0, 2);
	tcase_add_test(tc, a_path_that_does_not_fit_is_an_error);
}

Suite *
config_suite(void)
{
	Suite *suite = suite_create("config");

	add_case(suite, "lines", add_lines);
	add_case(suite, "includes", add_includes);
	add_case(suite, "directories", add_directories);
	add_case(suite, "files", add_files);
	return (suite);
}
