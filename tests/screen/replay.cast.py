import json, sys
# A session of ten seconds: colours, a full screen, a change of size, an attack, an error.
events = [
    [0.1, "o", "$ ls\r\n"],
    [0.5, "o", "\x1b[1mbold\x1b[0m plain \u00fcml\u00e4ut\r\n"],
    [1.0, "o", "\x1b]52;c;ZWNobw==\x07\x1b[?1049h\x1b[2J\x1b[3;5Hfull screen"],
    [2.0, "r", "60x12"],
    [3.0, "o", "\x1b[?1049l$ make\r\n"],
    [4.0, "i", "secret typed\r"],
    [5.0, "o", "one\r\ntwo\r\n"],
    [8.0, "o", "ld: error: no such symbol\r\n"],
    [10.0, "o", "$ exit\r\n"],
]
with open(sys.argv[1], "w") as f:
    f.write(json.dumps({"version": 2, "width": 80, "height": 24}) + "\n")
    for e in events:
        f.write(json.dumps(e) + "\n")
    f.write('[11.0, "o", "to')
