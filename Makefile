# oogway: two commands on a fresh Debian 12: `make run` and `make test`.
BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= cc
VERSION := 0.1.0

DEPS     := build-essential pkg-config libncurses-dev libcurl4-openssl-dev libcjson-dev \
	libuv1-dev libsqlite3-dev libsodium-dev libpcre2-dev libutf8proc-dev libssl-dev

LIBS    := ncursesw libcurl libcjson libuv sqlite3 libsodium libpcre2-8 libutf8proc openssl
PKG     := pkg-config

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror=format
OPT     ?= -O2 -g
SAN     ?=
CFLAGS_ = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(WARN) $(OPT) $(SAN) \
	-fstack-protector-strong -fno-omit-frame-pointer -Iinclude -I$(BUILD)/gen \
	$(shell $(PKG) --cflags $(LIBS)) $(CFLAGS)
LDLIBS_ = $(shell $(PKG) --libs $(LIBS)) -lm -ldl -lpthread $(LDLIBS)

FOLDERS := base io model store connect analysis app ui
SRC     := $(wildcard $(FOLDERS:%=src/%/*.c))
OBJ     := $(SRC:src/%.c=$(BUILD)/%.o) $(BUILD)/gen/embedded.o
SHIPPED := $(wildcard keymaps/*.rc themes/*.rc runbooks/*.md)
LIB     := $(BUILD)/liboogway.a

.DEFAULT_GOAL := all
.PHONY: all clean test unit lint

all: oogway

oogway: $(BUILD)/main.o $(LIB)
	$(CC) $(CFLAGS_) $(LDFLAGS) -o $@ $^ $(LDLIBS_)

$(LIB): $(OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_) -MMD -MP -c -o $@ $<

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
	$(CC) $(CFLAGS_) -Wno-overlength-strings -Isrc/app -c -o $@ $<

# Objects are rebuilt when the flags change.
$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)
	@echo '$(CC) $(CFLAGS_)' | cmp -s - $@ || echo '$(CC) $(CFLAGS_)' > $@
FORCE:

-include $(OBJ:.o=.d) $(BUILD)/main.d

# --- tests ---
UNIT    := $(wildcard tests/unit/*.c)
UNITS   := $(UNIT:tests/unit/%.c=$(BUILD)/unit/%)

$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_) -MMD -MP -o $@ $< $(LIB) $(LDLIBS_) -lcmocka

-include $(UNITS:=.d)

unit: $(UNITS)
	@for t in $(UNITS); do $$t || exit 1; done

clean:
	rm -rf $(BUILD) oogway
