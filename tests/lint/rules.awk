# The rules that a script can hold, in one pass over all files. See run. The table
# files come first, each behind table=NAME; then table= and the sources.

function fault(line, text)
{
	printf "%s:%d: %s\n", FILENAME, line, text
	bad = 1
}

# The line without comments, and with "" for each string.
function code(line,    out, at, mark)
{
	if (!inside && line !~ /["'\/]/)
		return line
	out = ""
	while (line != "") {
		if (inside) {
			at = index(line, "*/")
			if (!at)
				return out
			line = substr(line, at + 2)
			inside = 0
			continue
		}
		if (!match(line, /["']|\/[*\/]/))
			return out line
		mark = substr(line, RSTART, 1)
		out = out substr(line, 1, RSTART - 1)
		if (mark == "/") {
			if (substr(line, RSTART + 1, 1) == "/")
				return out
			inside = 1
			line = substr(line, RSTART + 2)
			continue
		}
		line = substr(line, RSTART + 1)
		if (mark == "\"")
			match(line, /^([^"\\]|\\.)*"/)
		else
			match(line, /^([^'\\]|\\.)*'/)
		out = out mark mark
		line = RSTART ? substr(line, RLENGTH + 1) : ""
	}
	return out
}

function columns(line,    parts, n, i, col)
{
	gsub(/[\200-\277]/, "", line)
	n = split(line, parts, "\t")
	col = 0
	for (i = 1; i <= n; i++) {
		col += length(parts[i])
		if (i < n)
			col += 8 - col % 8
	}
	return col
}

# --- tables ---

table != "" && (/^#/ || /^[ \t]*$/) { next }

table == "layers" {
	split($0, half, ":")
	may[half[1]] = " " half[1] " " half[2] " "
	next
}

table == "homes" {
	at = index($0, ":")
	home[substr($0, 1, at - 1)] = " " substr($0, at + 1) " "
	next
}

table == "banned" {
	split($0, half, / *\| */)
	word = half[1]
	ban_files[word] = " " half[2] " "
	ban_text[word] = half[3]
	ban_name[word] = word
	sub(/\($/, "", ban_name[word])
	rest = word ~ /\($/ ? "[ \t]*\\(" : word ~ /_$/ ? "" : "([^A-Za-z0-9_]|$)"
	ban_match[word] = "(^|[^A-Za-z0-9_.>])" ban_name[word] rest
	any = any (any == "" ? "" : "|") ban_name[word]
	next
}

table == "raw" || table == "secret" {
	list[table, $1] = FNR
	list_at[table, $1] = FILENAME
	next
}

# --- sources ---

FNR == 1 {
	finish_file()
	name = FILENAME
	depth = split(name, part, "/")
	program = part[1] == "src" || part[1] == "include"
	here = depth == 2 ? "main" : part[2]
	place = here == "main" ? "main" : here "/" part[depth]
	sub(/\.[ch]$/, "", place)
	folder = name
	sub(/[^\/]*$/, "", folder)
	exists[name] = 1
	inside = opening = start = 0
	if ($0 ~ /^\/\*/)
		opening = 1
	else if (program || name ~ /\.c$/)
		fault(1, "the file does not open with a comment that says what it is for")
	if (program && here != "main" && !(here in may))
		fault(1, "no folder is called " here " in tests/lint/layers.txt")
}

opening && /\*\// {
	opening = 0
	if (name ~ /^src\/.*\.c$/)
		comment_lines = FNR
}

{ last = FNR }

FNR == LONGEST_FILE + 1 { fault(FNR, "the file is longer than " LONGEST_FILE " lines") }

length($0) > 40 && length($0) + 7 * gsub(/\t/, "\t") > WIDEST && columns($0) > WIDEST {
	fault(FNR, columns($0) " columns, the limit is " WIDEST)
}

/^\{/ { start = FNR }

/^\}/ && start {
	if (FNR - start - 1 > LONGEST_FUNCTION)
		fault(start, "a function of " FNR - start - 1 " lines, the limit is " \
			LONGEST_FUNCTION)
	start = 0
}

/TODO|FIXME|XXX/ && /(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)/ {
	fault(FNR, "an unfinished thing: finish it, or say it in an issue")
}

/^[ \t]*#[ \t]*include/ {
	if (program && /\.\.\//)
		fault(FNR, "an include climbs with ../")
	else if (program && /include[ \t]*</)
		include_system()
	else if (program)
		include_own()
	next
}

{
	text = code($0)
	if (text ~ /(\.|->)(bytes|n|node)_([^A-Za-z0-9_]|$)/ && folder != "src/base/" && \
		folder != "include/base/")
		fault(FNR, "bytes_, n_ and node_ are for src/base alone: ask untrusted_*()")
	if (!program)
		next
	if (text ~ any)
		check_banned(text)
	if (text ~ /(text_raw|secret_open)[ \t]*\(/ && folder != "include/base/") {
		if (text ~ /text_raw[ \t]*\(/)
			check_list("raw", "text_raw()")
		if (text ~ /secret_open[ \t]*\(/)
			check_list("secret", "secret_open()")
	}
}

function check_banned(line,    w)
{
	for (w in ban_match)
		if (line ~ ban_match[w] && !index(ban_files[w], " " name " "))
			fault(FNR, ban_name[w] " is not used here: " ban_text[w])
}

function check_list(which, what)
{
	seen[which, name] = 1
	if (!((which, name) in list))
		fault(FNR, what " is called, but the file is not in tests/lint/" which ".txt")
}

function include_system(    header, rule, at)
{
	header = $0
	sub(/^[^<]*</, "", header)
	sub(/>.*/, "", header)
	rule = header
	if (!(rule in home)) {
		at = index(header, "/")
		rule = substr(header, 1, at)
	}
	if (rule == "" || !(rule in home)) {
		fault(FNR, "<" header "> has no home in tests/lint/homes.txt")
		return
	}
	if (index(home[rule], " * ") || index(home[rule], " " place " ") || \
		index(home[rule], " " here "/ "))
		return
	sub(/^ +/, "", home[rule])
	sub(/ +$/, "", home[rule])
	home[rule] = " " home[rule] " "
	fault(FNR, "<" header "> lives in" (home[rule] ~ /[a-z]/ ? home[rule] : " no file ") \
		"alone")
}

function include_own(    header, to, n)
{
	header = $0
	sub(/^[^"]*"/, "", header)
	sub(/".*/, "", header)
	n = split(header, to, "/")
	if (n == 1) {
		private[FILENAME, FNR] = folder header
		where[FILENAME, FNR] = FILENAME ":" FNR
		return
	}
	if (here != "main" && !index(may[here], " " to[1] " "))
		fault(FNR, here "/ may not include " header)
	if (to[1] != here)
		outside["include/" header] = 1
}

# What the first comment must be is known when the file's length is.
function finish_file()
{
	if (comment_lines) {
		if (comment_lines > LONGEST_OPENING)
			printf "%s:1: an opening comment of %d lines, the limit is %d\n", \
				name, comment_lines, LONGEST_OPENING
		else if (comment_lines < (last < SHORT_FILE ? 2 : 3))
			printf "%s:1: an opening comment of %d line%s: say what it is for, " \
				"what it hides, which thread\n", name, comment_lines, \
				comment_lines == 1 ? "" : "s"
		if (comment_lines > LONGEST_OPENING || \
			comment_lines < (last < SHORT_FILE ? 2 : 3))
			bad = 1
	}
	comment_lines = 0
}

END {
	finish_file()
	for (key in private) {
		if (private[key] in exists)
			continue
		printf "%s: no %s: private headers lie beside their .c\n", where[key], \
			private[key]
		bad = 1
	}
	for (file in exists) {
		if (file ~ /^include\// && !(file in outside)) {
			printf "%s:1: no other folder includes it: it belongs beside its .c\n", \
				file
			bad = 1
		}
	}
	for (key in list) {
		split(key, part, SUBSEP)
		if (!(key in seen)) {
			printf "%s:%d: %s is listed but does not do it\n", list_at[key], \
				list[key], part[2]
			bad = 1
		}
	}
	exit bad
}
