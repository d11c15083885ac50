# says: left behind: cursor hidden (?25), mouse (?1000), alternate screen (?1049), bracketed paste (?2004), colours or attributes, input flags, output flags (newlines), local flags
run sh -c "stty -echo raw; printf '\033[?1049h\033[?25l\033[?1000h\033[?2004h\033[31mx'"
exit 0
restored
