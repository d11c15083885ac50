/* The parts of a handoff, and the draft that people make of it: which parts, in which
 * order, with which words of their own, to whom besides. Kept as JSON; what another
 * version wrote gives what can be read of it. Pure; any thread. */
#include "handoff_facts.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

enum { DRAFT_MAX = SHIFT_MAX_DRAFT };

const struct handoff_part_row handoff_parts[HANDOFF_PARTS] = {
	[HANDOFF_HEADER] = {"header", ""},
	[HANDOFF_SUMMARY] = {"summary", "In three lines"},
	[HANDOFF_NEEDS] = {"needs", "Needs you now"},
	[HANDOFF_WATCH] = {"watch", "Watch"},
	[HANDOFF_HAPPENED] = {"happened", "What happened"},
	[HANDOFF_CHANGES] = {"changes", "Changes"},
	[HANDOFF_NOISE] = {"noise", "Noise"},
	[HANDOFF_TOIL] = {"toil", "Toil and gaps"},
	[HANDOFF_FOLLOWUPS] = {"follow-ups", "Follow-ups"},
	[HANDOFF_SIGNOFF] = {"sign-off", "Sign-off"},
};

const char *const handoff_forms[HANDOFF_FORMS] = {"text", "markdown", "html"};

enum handoff_part handoff_part_find(const char *name)
{
	int part = 0;

	while (part < HANDOFF_PARTS && strcmp(handoff_parts[part].name, name) != 0)
		part++;
	return (enum handoff_part)part;
}

void handoff_draft_init(struct handoff_draft *draft)
{
	memset(draft, 0, sizeof *draft);
	for (int i = 0; i < HANDOFF_PARTS; i++)
		draft->order[i] = (enum handoff_part)i;
}

static enum handoff_part part_of(struct json item)
{
	int part = 0;

	while (part < HANDOFF_PARTS && !untrusted_is(json_text(json_get(item, "part")),
					       handoff_parts[part].name))
		part++;
	return (enum handoff_part)part;
}

/* Lines of printable words; what cannot be printed is shown. */
static void take_words(struct untrusted text, char *out, size_t size)
{
	struct untrusted line;
	struct str words;

	str_init(&words, size - 1);
	while (untrusted_line(&text, &line)) {
		text_add_line(&words, line, 1000);
		str_putc(&words, '\n');
	}
	str_copy(out, size, str_text(&words));
	str_release(&words);
}

void handoff_draft_read(struct handoff_draft *draft, const void *bytes, size_t n)
{
	bool seen[HANDOFF_PARTS] = {[HANDOFF_HEADER] = true};
	struct json_doc doc;
	struct json root;
	size_t count = 1;
	struct err err;

	handoff_draft_init(draft);
	if (!n || !json_parse(&doc, bytes, n, DRAFT_MAX, &err))
		return;
	root = json_root(&doc);
	for (struct json e = json_first(json_get(root, "parts")); json_item(e);
		e = json_next(e)) {
		enum handoff_part part = part_of(e);

		if (part == HANDOFF_PARTS)
			continue;
		take_words(json_text(json_get(e, "words")), draft->words[part],
			HANDOFF_WORDS);
		if (seen[part])
			continue;
		seen[part] = true;
		draft->order[count++] = part;
		draft->off[part] = json_bool(json_get(e, "off"), false);
	}
	/* A part that is newer than the draft comes last. */
	for (int part = 0; part < HANDOFF_PARTS; part++)
		if (!seen[part])
			draft->order[count++] = (enum handoff_part)part;
	for (struct json e = json_first(json_get(root, "to"));
		json_item(e) && draft->to_count < HANDOFF_TO; e = json_next(e))
		draft->to_count += text_to_mailbox(
			json_text(e), draft->to[draft->to_count], HANDOFF_ADDRESS);
	json_release(&doc);
}

bool handoff_draft_write(const struct handoff_draft *draft, struct str *out)
{
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_open(&o, "parts", '[');
	for (int i = 0; i < HANDOFF_PARTS; i++) {
		enum handoff_part part = draft->order[i];

		json_open(&o, NULL, '{');
		json_put_str(&o, "part", handoff_parts[part].name);
		json_put_bool(&o, "off", draft->off[part]);
		json_put_str(&o, "words", draft->words[part]);
		json_shut(&o, '}');
	}
	json_shut(&o, ']');
	json_open(&o, "to", '[');
	for (size_t i = 0; i < draft->to_count; i++)
		json_put_str(&o, NULL, draft->to[i]);
	json_shut(&o, ']');
	json_shut(&o, '}');
	return !out->cut;
}
