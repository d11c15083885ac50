# oogway: two commands on a fresh Debian 12: `make run` and `make test`.
BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= cc
VERSION := 0.1.0

LIBS    := ncursesw libcjson libuv sqlite3 libsodium libpcre2-8 libutf8proc openssl \
	yaml-0.1
# Opened when they are needed (src/io/{curl,libssh}.c, src/ui/vt.c, src/connect/docs_html.c): only headers are needed here.
LATER   := libcurl libssh vterm libxml-2.0
PKG     := pkg-config

# Texts are cut on purpose where they are shown, so truncation is no error.
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Werror=format -Wno-format-truncation
ifneq ($(findstring clang,$(CC)),)
WARN    += -Wno-unknown-warning-option
endif
OPT     ?= -O2 -g
SAN     ?=
CFLAGS_ = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(WARN) $(OPT) $(SAN) \
	-fstack-protector-strong -fno-omit-frame-pointer -Iinclude -I$(BUILD)/gen \
	$(shell $(PKG) --cflags $(LIBS) $(LATER)) $(CFLAGS)
LDLIBS_ = $(shell $(PKG) --libs $(LIBS)) -lm -ldl -lpthread $(LDLIBS)

FOLDERS := base io model store connect analysis ops report app ui
SRC     := $(wildcard $(FOLDERS:%=src/%/*.c))
OBJ     := $(SRC:src/%.c=$(BUILD)/%.o) $(BUILD)/gen/embedded.o
SHIPPED := $(wildcard keymaps/*.rc themes/*.rc packs/*.rc runbooks/*.md)
LIB     := $(BUILD)/liboogway.a

.DEFAULT_GOAL := all
.PHONY: all bench bench-judgement bench-runbooks clean docs deps deps-test fuzz fuzz-all install lab lint run test tsan-units units FORCE

all: oogway

oogway: $(BUILD)/main.o $(LIB)
	@echo "  link $@"
	@$(CC) $(CFLAGS_) $(LDFLAGS) -Wl,--export-dynamic-symbol=_gnutls_global_init_skip -o $@ $^ $(LDLIBS_)

$(LIB): $(OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -MMD -MP -c -o $@ $<

# Keymaps, themes and starter runbooks are built in: the shipped files are the defaults.
$(BUILD)/gen/embedded.c: $(SHIPPED) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "embedded.h"'; n=0; \
	for f in $(SHIPPED); do n=$$((n + 1)); \
		echo "static const char text_$$n[] ="; \
		sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $$f; echo ';'; \
	done; n=0; echo 'const struct embedded embedded_files[] = {'; \
	for f in $(SHIPPED); do n=$$((n + 1)); \
		echo "{\"$$f\", text_$$n, sizeof text_$$n - 1},"; \
	done; echo '{0},'; echo '};'; } > $@

$(BUILD)/gen/embedded.o: $(BUILD)/gen/embedded.c
	@$(CC) $(CFLAGS_) -Wno-overlength-strings -Isrc/app -c -o $@ $<

# Objects are rebuilt when the flags change.
$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)
	@echo '$(CC) $(CFLAGS_)' | cmp -s - $@ || echo '$(CC) $(CFLAGS_)' > $@
FORCE:

-include $(OBJ:.o=.d) $(BUILD)/main.d

# --- tests: everything again under ASan and UBSan, in a folder of its own ---
TEST     := $(BUILD)/test
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
TEST_ENV := ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
UNITS    := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
LIVE     := $(patsubst tests/live/%.c,$(BUILD)/live/%,$(wildcard tests/live/*.c))
TERM_SRC := $(wildcard tests/term/*.c)
BENCH_SRC := $(wildcard tests/bench/*.c)

$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -Isrc -MMD -MP -o $@ $< $(LIB) $(LDFLAGS) $(LDLIBS_) -lcmocka

# What the scripts of tests/live run besides the program itself.
$(BUILD)/live/%: tests/live/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -Isrc -MMD -MP -o $@ $< $(LIB) $(LDFLAGS) $(LDLIBS_)

-include $(UNITS:=.d) $(LIVE:=.d)

$(BUILD)/term: $(TERM_SRC) $(wildcard tests/term/*.h)
	@mkdir -p $(@D)
	@echo "  cc   tests/term"
	@$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g $(shell $(PKG) --cflags vterm) -o $@ \
		$(TERM_SRC) $(shell $(PKG) --libs vterm) -lutil

units: $(UNITS) $(LIVE)

# What works on several threads, once more under TSan.
TSAN       := $(BUILD)/tsan
TSAN_UNITS := base_log io_task io_http connect_poll store_lanes app_history ops_gate

tsan-units: $(TSAN_UNITS:%=$(BUILD)/unit/%)

lint:
	@tests/lint/run
	@tests/lint/selftest

# Prints `N passed, N failed` at its end.
test: deps-test all $(BUILD)/term
	@$(MAKE) --no-print-directory BUILD=$(TEST) SAN="$(SANITIZE)" OPT="-O1 -g" units $(TEST)/oogway
	@$(MAKE) --no-print-directory BUILD=$(TSAN) SAN="-fsanitize=thread" OPT="-O1 -g" tsan-units
	@BUILD=$(BUILD) TEST=$(TEST) TSAN=$(TSAN) $(TEST_ENV) tests/run

$(BUILD)/oogway: $(BUILD)/main.o $(LIB)
	@echo "  link $@"
	@$(CC) $(CFLAGS_) $(LDFLAGS) -Wl,--export-dynamic-symbol=_gnutls_global_init_skip -o $@ $^ $(LDLIBS_)

# --- figures and fuzzing ---
BENCH_OBJ := tests/bench/bench.c tests/bench/subject.c tests/bench/measure.c \
	tests/bench/payload.c tests/bench/table.c tests/term/pty.c tests/term/watcher.c \
	tests/term/emu.c

$(BUILD)/bench: $(BENCH_OBJ) $(wildcard tests/bench/*.h tests/term/*.h)
	@mkdir -p $(@D)
	@echo "  cc   tests/bench"
	@$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g $(shell $(PKG) --cflags vterm) -o $@ \
		$(BENCH_OBJ) $(shell $(PKG) --libs vterm) -lutil -lm

$(BUILD)/bench-detector: tests/bench/detector.c $(LIB)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -o $@ $< $(LIB) $(LDLIBS_)

$(BUILD)/bench-cluster: tests/bench/cluster.c tests/bench/gold.h $(LIB)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -o $@ $< $(LIB) $(LDLIBS_)

$(BUILD)/bench-map: tests/bench/map.c $(LIB)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -o $@ $< $(LIB) $(LDLIBS_)

$(BUILD)/bench-handoff: tests/bench/handoff.c $(LIB)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -Isrc -o $@ $< $(LIB) $(LDLIBS_)

$(BUILD)/bench-past: tests/bench/past.c $(LIB)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -o $@ $< $(LIB) $(LDLIBS_)

$(BUILD)/bench-runbooks: tests/bench/runbooks.c $(LIB)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -o $@ $< $(LIB) $(LDLIBS_)

# Any folder of BENCH_DATA's layout; ITEMS=FILE takes one line for each query.
bench-runbooks: $(BUILD)/bench-runbooks
	@BENCH_DATA="$(BENCH_DATA)" ITEMS="$(ITEMS)" $(BUILD)/bench-runbooks

$(BUILD)/bench-audit: tests/bench/audit.c $(LIB)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -Isrc -o $@ $< $(LIB) $(LDLIBS_)

$(BUILD)/judge: tests/bench/judge.c $(LIB)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -o $@ $< $(LIB) $(LDLIBS_)

# What is said of labelled data: any folder of BENCH_DATA's layout. JUDGE="nab nezha" runs
# only these, ITEMS=DIR keeps what was said, DOUBT=0 leaves windows without a culprit out.
bench-judgement: all $(BUILD)/judge
	@BUILD=$(BUILD) BENCH_DATA="$(BENCH_DATA)" ITEMS="$(ITEMS)" VERBOSE="$(VERBOSE)" \
		tests/bench/judgement $(JUDGE)

# BENCH="first-frame keys" runs only these; BENCH="--list" lists them.
bench: all $(BUILD)/bench $(BUILD)/bench-detector $(BUILD)/bench-map \
	$(BUILD)/bench-cluster $(BUILD)/bench-handoff $(BUILD)/bench-past \
	$(BUILD)/bench-runbooks $(BUILD)/bench-audit
	@BUILD=$(BUILD) tests/bench/run $(BENCH)

# Each parser of foreign bytes, FUZZ_SECONDS each, with libFuzzer (clang).
FUZZ_SECONDS ?= 10
FUZZERS      := $(patsubst tests/fuzz/%.c,$(BUILD)/run/%,$(wildcard tests/fuzz/*.c))

fuzz:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang OPT="-O1 -g" \
		SAN="-fsanitize=fuzzer-no-link,address,undefined" fuzz-all

fuzz-all: $(FUZZERS)
	@for f in $(FUZZERS); do echo "fuzz $$(basename $$f)"; \
		$$f -max_total_time=$(FUZZ_SECONDS) -timeout=5 -verbosity=0 \
			-print_final_stats=1 2>&1 | grep -E 'number_of_exec|ERROR|SUMMARY'; done

$(BUILD)/run/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  cc   $<"
	@$(CC) $(CFLAGS_) -Isrc -fsanitize=fuzzer -o $@ $< $(LIB) $(LDLIBS_)

# --- running ---
run: deps all
	@if [ -t 0 ] && [ -t 1 ]; then exec ./oogway; else exec ./oogway --once; fi

lab:
	@tests/lab/lab up

# --- what is needed ---
DEPS      := gcc pkg-config libncurses-dev libcurl4-openssl-dev libcjson-dev libuv1-dev \
	libsqlite3-dev libsodium-dev libpcre2-dev libutf8proc-dev libssl-dev \
	libyaml-dev libssh-dev libvterm-dev libxml2-dev
DEPS_TEST := libcmocka-dev python3 procps libcairo2 fonts-dejavu-core \
	libnotify4 dunst xvfb dbus bash dash zsh fish tcsh sudo
DEPS_LAB  := prometheus prometheus-alertmanager prometheus-node-exporter victoria-metrics \
	openssh-server python3-aiosmtpd openssl nginx-light

deps:
	@tests/deps $(DEPS)

deps-test:
	@tests/deps $(DEPS) $(DEPS_TEST) $(DEPS_LAB)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man5
	install -m 755 oogway $(DESTDIR)$(PREFIX)/bin/oogway
	install -m 644 docs/oogway.1 $(DESTDIR)$(PREFIX)/share/man/man1/oogway.1
	install -m 644 docs/oogway.rc.5 $(DESTDIR)$(PREFIX)/share/man/man5/oogway.rc.5

# The man pages and the example rc are printed by the program from its tables; a test
# holds that they are current.
docs: oogway
	./oogway --print-man 1 > docs/oogway.1
	./oogway --print-man 5 > docs/oogway.rc.5
	./oogway --print-rc > oogway.rc.example

clean:
	rm -rf $(BUILD) oogway
