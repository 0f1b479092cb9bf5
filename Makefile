# RunToolServer. `make help` lists the targets.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# make V=1 shows the commands.
ifeq ($(V),)
Q := @
say = @$(if $(quiet),:,printf '  %-4s %s\n' $(1) $@)
endif

VERSION    := 0.1.0
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=
BUILD      ?= build
USER_NAME  ?= vruntool

SBINDIR    = $(PREFIX)/sbin
BINDIR     = $(PREFIX)/bin
LIBDIR     = $(PREFIX)/lib
LIBEXECDIR = $(PREFIX)/libexec/runtool
SHAREDIR   = $(PREFIX)/share/runtool
MANDIR     = $(PREFIX)/share/man
INCDIR     = $(PREFIX)/include

CC       ?= cc
OBJCOPY  ?= objcopy
SANITIZE ?=
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual \
            -Wformat=2 -Wvla -Werror
# Position-independent and hidden, all of it: the same objects go into programs and the shared library.
HARDEN   := -fstack-protector-strong -fPIC -fvisibility=hidden '-ffile-prefix-map=$(CURDIR)=.'
CPPFLAGS += -D_GNU_SOURCE -Iinclude -Isrc -I$(BUILD)
OPTIMIZE ?= -O2 -D_FORTIFY_SOURCE=2
CFLAGS   += -std=gnu17 -g $(OPTIMIZE) $(WARNINGS) $(HARDEN) -pthread
LDFLAGS  += -pie -Wl,-z,relro,-z,now
ifneq ($(SANITIZE),)
OPTIMIZE := -O1 -fno-omit-frame-pointer
CFLAGS   += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
LDFLAGS  += -fsanitize=$(SANITIZE)
endif
LIBS     := -lbsd -linih

lib_src    := $(wildcard src/lib/*.c)
server_src := $(wildcard src/server/*.c src/server/*/*.c)
client_src := $(wildcard src/client/*/*.c)
helper_src := $(wildcard helper/*.c)
unit_src   := $(wildcard tests/unit/*.c tests/unit/*/*.c tests/common/*.c)
system_src := $(wildcard tests/system/*.c tests/system/*/*.c tests/common/*.c)
bench_src  := $(wildcard tests/bench/*.c)
c_src      := $(lib_src) $(server_src) $(client_src) $(helper_src) $(wildcard tests/*/*.c tests/*/*/*.c)
scripts    := $(wildcard tests/*.sh tests/*/*.sh) etc/init.d/vruntool etc/slurm/runtool-server.sbatch .ci/run

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
lib_obj    := $(call obj,$(lib_src))
server_obj := $(call obj,$(server_src))
wing_obj    = $(call obj,$(wildcard src/client/$(1)/*.c))
# Of these a program or library takes what it uses.
lib        := $(BUILD)/lib.a

server := $(BUILD)/RunToolServer
helper := $(BUILD)/tool_launcher
runtool := $(BUILD)/runtool
probe  := $(BUILD)/RunToolProbe
client_lib := $(BUILD)/libruntool.a
client_soname := libruntool.so.0
client_so  := $(BUILD)/$(client_soname).1.0
programs := $(server) $(helper) $(runtool) $(probe) $(client_lib) $(client_so)

.PHONY: all
all: $(programs)

.PHONY: help
help:
	@echo 'all       the programs, in $(BUILD)/ (default)'
	@echo 'deps      install what is needed to build (Debian packages, as root); deps-check: and to test; deps-all: and to lint'
	@echo 'demo      compile a C program through a server of its own, in a root of its own'
	@echo 'check     the tests (as root: with the real setuid helper); check-quick: the main ones, in a minute;'
	@echo '          check-long: all at their full length; SUITES= and TEST= choose (tests/README.md)'
	@echo 'asan tsan the tests of what decodes and what has threads, under the sanitizers'
	@echo 'fuzz      fuzz the decoders for FUZZ_SECONDS each'
	@echo 'bench     launches per second and latency, as ratios to posix_spawn'
	@echo 'lint      cppcheck, clang-tidy, clang-format, mandoc, shellcheck; clang -Werror'
	@echo 'install   to $$(DESTDIR)$$(PREFIX), configuration to $$(SYSCONFDIR); also: uninstall, clean'

# ---- building --------------------------------------------------------------------------------

# The paths that are compiled in. Written anew only when they change, so that
# `make && make install PREFIX=/opt` installs programs that know /opt.
paths = \#define SYSCONFDIR "$(SYSCONFDIR)"\n\#define LIBEXECDIR "$(LIBEXECDIR)"\n\#define VERSION "$(VERSION)"\n
$(BUILD)/paths.h: force
	@mkdir -p $(@D)
	@printf '$(paths)' | cmp -s - $@ || printf '$(paths)' > $@
.PHONY: force
force:

$(BUILD)/%.o: %.c Makefile | $(BUILD)/paths.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(lib): $(lib_obj)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The server asks others by the public library.
$(server): $(server_obj) $(client_lib) $(lib)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Of both libraries only the functions of runtool.h are to be seen: what has to be global between their
# objects becomes local once these are one.
$(BUILD)/libruntool.o: $(call wing_obj,library) $(call wing_obj,choose) $(lib)
	$(call say,LD)
	$(Q)$(LD) -r -o $@ $^ && $(OBJCOPY) --localize-hidden $@

$(client_lib): $(BUILD)/libruntool.o
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(client_so): $(call wing_obj,library) $(call wing_obj,choose) $(lib)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(filter-out -pie,$(LDFLAGS)) -shared -Wl,-soname,$(client_soname) \
	    -Wl,--no-undefined -Wl,--as-needed -o $@ $^ $(LIBS)

# The tools are linked with the public library, of which they include runtool.h only.
$(runtool): $(call wing_obj,runtool)
$(probe): $(call wing_obj,probe) $(call wing_obj,choose)
$(runtool) $(probe): $(client_lib) $(lib)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(client_lib) $(lib) $(LIBS) -ljansson

# The helper: a static PIE against musl, whose start-up is ten times as fast as glibc's (see
# src/README.md). gcc's own -static-pie would make it dynamic with musl-gcc, so crt files are named.
helper_cflags := -std=gnu17 -O2 -g $(WARNINGS) -D_GNU_SOURCE -Iinclude -I$(BUILD) -fPIE \
                 -fstack-protector-strong -fno-plt
ifneq ($(shell command -v musl-gcc 2>/dev/null),)
triplet := $(shell gcc -print-multiarch)
musl_lib := $(firstword $(wildcard /usr/lib/$(subst -gnu,-musl,$(triplet))))
gcc_lib  := $(dir $(shell gcc -print-libgcc-file-name))
$(helper): $(helper_src) include/launcher.h $(wildcard helper/*.h) $(BUILD)/paths.h
	$(call say,MUSL)
	$(Q)musl-gcc $(helper_cflags) -idirafter /usr/include -idirafter /usr/include/$(triplet) \
	    -static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text,-z,relro,-z,now \
	    -o $@ $(musl_lib)/rcrt1.o $(musl_lib)/crti.o $(gcc_lib)crtbeginS.o $(helper_src) \
	    $(gcc_lib)crtendS.o $(musl_lib)/crtn.o
else
$(helper): $(helper_src) include/launcher.h $(wildcard helper/*.h) $(BUILD)/paths.h
	@echo 'warning: no musl-gcc (make deps): tool_launcher is linked with glibc, launches are slower' >&2
	$(CC) $(helper_cflags) -D_FORTIFY_SOURCE=2 -static-pie -Wl,-z,relro,-z,now -o $@ $(helper_src)
endif

# The same steps under a sanitizer, for tests in testing mode. Never setuid: a sanitizer's runtime
# reads the environment of its caller.
sanitized_helper := $(BUILD)/tool_launcher-sanitized
$(sanitized_helper): $(helper_src) include/launcher.h $(wildcard helper/*.h) $(BUILD)/paths.h
	$(call say,LD)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(helper_src)

$(BUILD)/tests/unit/%.o $(BUILD)/tests/system/%.o: CPPFLAGS += -Itests

-include $(patsubst %.o,%.d,$(call obj,$(c_src)))

# ---- installing ------------------------------------------------------------------------------

# Where the files are for good, seen from the installing host.
dest = $(DESTDIR)$(1)
is_root := $(shell test "$$(id -u)" = 0 && echo yes)

.PHONY: install
install: all
	install -d $(call dest,$(SBINDIR)) $(call dest,$(BINDIR)) $(call dest,$(LIBEXECDIR)) \
	    $(call dest,$(LIBDIR)/pkgconfig) $(call dest,$(INCDIR)) $(call dest,$(SYSCONFDIR)/init.d) \
	    $(call dest,$(LIBDIR)/systemd/system) $(call dest,$(LIBDIR)/sysusers.d) $(call dest,$(SHAREDIR))/slurm \
	    $(foreach n,1 3 5 7 8,$(call dest,$(MANDIR)/man$(n)))
	install -m 755 $(server) $(call dest,$(SBINDIR))
	install -m 755 $(runtool) $(probe) $(call dest,$(BINDIR))
	install -m 644 $(client_lib) $(client_so) $(call dest,$(LIBDIR))
	ln -sf $(notdir $(client_so)) $(call dest,$(LIBDIR))/$(client_soname)
	ln -sf $(client_soname) $(call dest,$(LIBDIR))/libruntool.so
	install -m 644 include/runtool.h $(call dest,$(INCDIR))
	@$(call put_file,etc/runtool.pc.in,$(call dest,$(LIBDIR)/pkgconfig/runtool.pc),644)
	@# What links with the library without more ado finds it where the system looks.
	@$(if $(is_root),$(if $(DESTDIR),,PATH="$$PATH:/sbin:/usr/sbin" ldconfig || :))
	for f in man/*; do install -m 644 $$f $(call dest,$(MANDIR))/man$${f##*.} || exit 1; done
	@$(call put_file,etc/init.d/vruntool,$(call dest,$(SYSCONFDIR)/init.d/vruntool),755)
	@$(call put_file,etc/systemd/runtoolserver.service,$(call dest,$(LIBDIR)/systemd/system/runtoolserver.service),644)
	install -m 644 etc/sysusers.d/vruntool.conf $(call dest,$(LIBDIR)/sysusers.d)
	@$(call put_file,etc/slurm/runtool-server.sbatch,$(call dest,$(SHAREDIR))/slurm/runtool-server.sbatch,644)
	@# An existing configuration is the administrator's.
	@for f in vesta.cfg tool_launcher.conf; do \
	    if [ -e $(call dest,$(SYSCONFDIR))/$$f ]; then echo "kept: $(call dest,$(SYSCONFDIR))/$$f"; \
	    else $(call put_file,etc/$$f,$(call dest,$(SYSCONFDIR))/$$f,644); fi; done
	@$(install_helper)

# The paths in a file of etc/ become the installed ones.
put_file = sed -e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' \
    -e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@INCDIR@|$(INCDIR)|g' -e 's|@VERSION@|$(VERSION)|g' \
    -e 's|/usr/local/libexec/runtool|$(LIBEXECDIR)|g' $(1) > $(2) && chmod $(3) $(2)

# Setuid last, once owner and group are right.
define install_helper
h=$(call dest,$(LIBEXECDIR))/tool_launcher; rm -f $$h; install -m 755 $(helper) $$h; \
if [ "$$(id -u)" != 0 ]; then \
    echo "left to do: write yourself as \`caller\` into $(call dest,$(SYSCONFDIR))/tool_launcher.conf, helper_switches = -u into vesta.cfg (or let root install it to where everything is root's)"; \
elif getent group $(USER_NAME) >/dev/null; then \
    chown root:$(USER_NAME) $$h && chmod 4750 $$h; \
else \
    chmod 700 $$h; \
    echo "left to do: make the user $(USER_NAME) (useradd --system --user-group --no-create-home $(USER_NAME)), then: chown root:$(USER_NAME) $$h && chmod 4750 $$h"; \
fi
endef

.PHONY: uninstall
uninstall:
	rm -f $(call dest,$(SBINDIR))/RunToolServer $(call dest,$(BINDIR))/runtool \
	    $(call dest,$(BINDIR))/RunToolProbe $(call dest,$(LIBEXECDIR))/tool_launcher \
	    $(call dest,$(LIBDIR))/libruntool.a $(call dest,$(LIBDIR))/libruntool.so* $(call dest,$(LIBDIR))/pkgconfig/runtool.pc \
	    $(call dest,$(INCDIR))/runtool.h \
	    $(call dest,$(SYSCONFDIR))/init.d/vruntool \
	    $(call dest,$(LIBDIR))/systemd/system/runtoolserver.service \
	    $(call dest,$(LIBDIR))/sysusers.d/vruntool.conf \
	    $(call dest,$(SHAREDIR))/slurm/runtool-server.sbatch
	for f in man/*; do rm -f $(call dest,$(MANDIR))/man$${f##*.}/$${f##*/}; done
	rmdir $(call dest,$(LIBEXECDIR)) $(call dest,$(SHAREDIR))/slurm $(call dest,$(SHAREDIR)) 2>/dev/null || true
	@echo 'kept: $(call dest,$(SYSCONFDIR))/vesta.cfg, $(call dest,$(SYSCONFDIR))/tool_launcher.conf, the user $(USER_NAME) and its roots; a server that runs goes on'

# ---- tests -----------------------------------------------------------------------------------

# What tests, demo and bench install for themselves: as root below a directory that only root can write, since it
# holds a setuid program. The path is compiled in; each clone and build has one of its own, without blanks.
private = $(if $(is_root),/var/lib,/tmp)/runtool-$(1)-$(private_id)
private_id := $(shell printf '%s' "$$(id -u) $(CURDIR)" | cksum | cut -d ' ' -f 1)
# make_private NAME: the directory, ours.
make_private = mkdir -p $(call private,$(1)) && test -O $(call private,$(1)) && chmod 755 $(call private,$(1))
# One run at a time in a build directory.
lock = mkdir -p $(1) && exec 9>$(1)/lock && flock 9
# All processors, unless we are told.
parallel = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

unit_bin   := $(BUILD)/tests/unit/unit
system_bin := $(BUILD)/tests/system/system
runner_bin := $(BUILD)/tests/runner/runner
tools_bin  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))

$(unit_bin): $(call obj,$(unit_src)) $(filter-out %/main.o,$(server_obj)) $(call wing_obj,choose) \
             $(call wing_obj,library) $(call obj,src/client/runtool/escape.c) $(lib)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -ljansson $(check_libs)

$(system_bin): $(call obj,$(system_src)) $(client_lib) $(lib)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(check_libs) -ljansson
check_libs := -lcheck -lsubunit -lm -lrt

# What runs the tests is never under a sanitizer.
$(runner_bin): tests/runner/runner.c tests/runner/room.c tests/runner/room.h tests/common/clean.c tests/common/clean.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARNINGS) -D_GNU_SOURCE -Itests -o $@ $(filter %.c,$^)

# Tools that tests run in roots without libraries: static, and never under a sanitizer.
$(BUILD)/tests/tools/%: tests/tools/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARNINGS) -D_GNU_SOURCE -static -pthread -o $@ $<

# Real projects to build; without a network their test is skipped.
sources := build/sources
.PHONY: sources
sources:
	@tests/sources.sh $(sources) lua5.4 $(if $(filter long,$(level)),libtommath jansson json-c tinyxml2) \
	    2>$(sources).log || :

# The distribution of `root sdk`; likewise.
sdk := build/sdk
.PHONY: sdk
sdk:
	@$(if $(is_root),tests/sdk.sh $(CURDIR)/$(sdk) >$(sdk).log 2>&1 || :)

# One that looks like a system, for tools.
$(BUILD)/root: tests/mkroot.sh
	@rm -rf $@.new && tests/mkroot.sh $@.new && rm -rf $@ && mv $@.new $@

# Each suite gets a copy of this at PREFIX.
stage := $(BUILD)/stage
.PHONY: stage
stage: all $(tools_bin) $(BUILD)/root $(if $(SANITIZE),$(sanitized_helper))
	@rm -rf $(stage) && $(MAKE) DESTDIR=$(stage) install >/dev/null
	@chmod 755 $(stage)$(LIBEXECDIR)/tool_launcher
	@$(if $(SANITIZE),install -m 755 $(sanitized_helper) $(stage)$(LIBEXECDIR))
	@mkdir $(stage)$(PREFIX)/roots && cp -a $(BUILD)/root $(stage)$(PREFIX)/roots/00000001
	@install -m 755 $(tools_bin) $(stage)$(PREFIX)/roots/00000001/bin

# SUITES and TEST choose: make check SUITES='limits v5_stream', or TEST= and the name that a failure prints.
.PHONY: check check-quick check-long
check-quick: level := quick
check: level := check
check-long: level := long
check_build = $(or $(CHECK_BUILD),build/check)
check_prefix = $(call private,$(notdir $(check_build)))
check check-quick: $(if $(is_root),deps-check,deps)
check-long: $(if $(is_root),deps-long,deps)
check check-quick check-long:
	@umask 022; $(call lock,$(check_build)) && $(call make_private,$(notdir $(check_build))) && \
	$(MAKE) $(parallel) -s BUILD=$(check_build) PREFIX=$(check_prefix) SYSCONFDIR=$(check_prefix)/etc quiet=yes \
	    level=$(level) run-checks; \
	status=$$?; rm -rf $(check_prefix); exit $$status

.PHONY: run-checks
run-checks: $(unit_bin) $(system_bin) $(runner_bin) stage $(if $(filter quick,$(level)),,sources) $(if $(filter long,$(level)),sdk)
	@RUNTOOL_LEVEL=$(level) RUNTOOL_SUITES='$(SUITES)' RUNTOOL_TEST='$(TEST)' RUNTOOL_PREFIX=$(PREFIX) \
	    RUNTOOL_BUILD='$(CURDIR)/$(BUILD)' RUNTOOL_TESTS='$(CURDIR)/tests' RUNTOOL_SOURCES='$(CURDIR)/$(sources)' \
	    RUNTOOL_SDK='$(CURDIR)/$(sdk)' \
	    $(TEST_WRAPPER) $(runner_bin) -b $(BUILD)/log -p $(PREFIX) -i $(stage)$(PREFIX) \
	    $(unit_bin) $(system_bin) tests/harness.sh tests/slurm.sh tests/build.sh

# The suites that exercise decoders and threads; without those of the privileged launcher, which is the same
# program as in `make check`. TSan of this age does not get along with much randomness of addresses: hence setarch.
asan_suites := unit wire run stdin limits killer access v5 v5_stream v5_end v5_network stats library servers events clients fleet_start
tsan_suites := ask choose client client5 connect input killer memory multiply queue registry starter stats \
    limits shutdown v5 v5_stream v5_end library servers events signals platform fleet_leave fleet_rules
.PHONY: asan tsan
asan:
	@RUNTOOL_SERVER_ONLY=1 ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1 \
	    $(MAKE) SANITIZE=address,undefined CHECK_BUILD=build/asan SUITES='$(or $(SUITES),$(asan_suites))' check
tsan:
	@RUNTOOL_SERVER_ONLY=1 TSAN_OPTIONS=halt_on_error=1 $(MAKE) SANITIZE=thread CHECK_BUILD=build/tsan \
	    TEST_WRAPPER='setarch -R' SUITES='$(or $(SUITES),$(tsan_suites))' check

fuzz_src := $(wildcard tests/fuzz/*.c)
fuzz_bin := $(patsubst %.c,build/fuzz/%,$(fuzz_src))
FUZZ_SECONDS ?= 20
build/fuzz/%: %.c $(lib_src) $(wildcard src/lib/*.h) | build/paths.h
	@mkdir -p $(@D)
	$(call say,FUZZ)
	$(Q)clang -std=gnu17 -g -O1 -D_GNU_SOURCE -Iinclude -Isrc -Ibuild -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -o $@ $< $(lib_src) $(LIBS) -ljansson
.PHONY: fuzz
fuzz: $(fuzz_bin)
	@for f in $(fuzz_bin); do mkdir -p $$f.corpus && echo "  FUZZ $$f" && \
	    $$f -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/ $$f.corpus 2>&1 | grep -E 'number_of_executed|ERROR|SUMMARY' || exit 1; done

.PHONY: demo
demo: deps
	@umask 022; $(call lock,build/demo) && rm -rf $(call private,demo) && $(call make_private,demo) && \
	$(MAKE) BUILD=build/demo PREFIX=$(call private,demo) SYSCONFDIR=$(call private,demo)/etc install >/dev/null && \
	tests/demo.sh $(call private,demo)

bench_bin := $(BUILD)/tests/bench/bench
$(bench_bin): $(call obj,$(bench_src)) $(client_lib)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
.PHONY: bench run-bench
bench: deps
	@umask 022; $(call lock,build/bench) && rm -rf $(call private,bench) && $(call make_private,bench) && \
	$(MAKE) BUILD=build/bench PREFIX=$(call private,bench) SYSCONFDIR=$(call private,bench)/etc run-bench
run-bench: $(bench_bin) $(BUILD)/tests/tools/flood
	@$(MAKE) install >/dev/null
	@tests/bench.sh $(PREFIX) $(bench_bin) $(BUILD)/tests/tools/flood

# ---- lint ------------------------------------------------------------------------------------

c_headers := $(wildcard include/*.h src/*/*.h src/*/*/*.h helper/*.h tests/*/*.h tests/*/*/*.h)
.PHONY: lint lint-directions lint-format lint-cppcheck lint-tidy lint-man lint-scripts lint-clang
lint: lint-directions lint-format lint-man lint-scripts lint-clang lint-cppcheck lint-tidy
lint-directions:
	@tests/directions.sh
lint-format:
	@clang-format --dry-run --Werror $(c_src) $(c_headers)
lint-man:
	@mandoc -T lint -W warning man/*
lint-scripts:
	@shellcheck $(scripts)
lint-clang:
	@$(MAKE) CC=clang BUILD=build/clang all build/clang/tests/unit/unit build/clang/tests/system/system build/clang/tests/bench/bench
lint-cppcheck: | build/paths.h
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
	    --inline-suppr --suppress=missingIncludeSystem --suppress=readdirCalled --suppress=getpwnamCalled \
	    --suppress=uninitvar --suppress=ctuuninitvar --library=posix,gnu,bsd -D_GNU_SOURCE \
	    '-D_Noreturn=__attribute__((noreturn))' -j2 \
	    -Iinclude -Isrc -Itests -Ihelper -Ibuild src helper tests
# (uninitvar: cppcheck does not see through the macros of sys/queue.h; gcc and clang look for these.)
# One process a file, two at a time; clang-tidy is slow.
lint-tidy: | build/paths.h
	@printf '%s\n' $(c_src) | xargs -P2 -I{} sh -c 'clang-tidy --quiet {} -- -std=gnu17 -D_GNU_SOURCE \
	    -Iinclude -Isrc -Itests -Ibuild >build/tidy.$$$$ 2>/dev/null; s=$$?; \
	    cat build/tidy.$$$$; rm -f build/tidy.$$$$; exit $$s'

# ---- dependencies ----------------------------------------------------------------------------

packages := gcc make libc6-dev libbsd-dev libinih-dev libjansson-dev check pkg-config binutils musl-tools util-linux iproute2 xz-utils
# What the tests alone need: a cluster for a fleet, and clocks that are off.
test_packages := faketime munge slurm-client slurmctld slurmd
# And at their full length: the build systems of the projects that are built, and what makes a distribution.
long_packages := autoconf automake libtool cmake ninja-build meson g++ ccache cargo debootstrap
lint_packages := clang clang-tidy clang-format libclang-rt-14-dev cppcheck mandoc shellcheck
missing = for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || printf ' %s' $$p; done
.PHONY: deps deps-check deps-long deps-all
deps:
	@$(call install_packages,$(packages))
deps-check:
	@$(call install_packages,$(packages) $(test_packages))
deps-long:
	@$(call install_packages,$(packages) $(test_packages) $(long_packages))
deps-all:
	@$(call install_packages,$(packages) $(test_packages) $(long_packages) $(lint_packages))
# Nothing is told to start the daemons of packages, which tests start for themselves.
define install_packages
missing=$$($(call missing,$(1))); \
if [ -z "$$missing" ]; then exit 0; fi; \
if [ "$$(id -u)" != 0 ]; then echo "missing; as root: apt-get install$$missing" >&2; exit 1; fi; \
echo "installing:$$missing"; \
apt-get -qq update || exit 1; \
policy=/usr/sbin/policy-rc.d; \
if [ ! -e $$policy ]; then trap 'rm -f $$policy' EXIT; printf '#!/bin/sh\nexit 101\n' >$$policy; chmod 755 $$policy; fi; \
said=$$(DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $$missing 2>&1) || \
    { printf '%s\n' "$$said" >&2; exit 1; }
endef

.PHONY: clean
clean:
	rm -rf build
