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
