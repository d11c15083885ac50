/* YAML of others' configuration files, read into the same tree as JSON: one document
 * of mappings, sequences and scalars. Aliases are refused, so that a small file cannot
 * become a large tree. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

/* At most max_bytes long and 32 deep. Plain true and false become booleans, plain null,
 * ~ and nothing become null; every other scalar is a text (json_number() reads it). Of
 * two members with one name the first counts. Any thread. */
bool yaml_parse(struct json_doc *doc, const void *text, size_t n, size_t max_bytes,
	struct err *err);

#endif
