#!/usr/bin/env python3
"""Runs a program on a terminal of its own, writes what it draws to a file as it comes, and
its process id to FILE.pid; ends when it ends."""
import fcntl
import os
import pty
import struct
import sys
import termios

out = open(sys.argv[1], 'wb', buffering=0)
pid, fd = pty.fork()
if pid == 0:
    os.environ['TERM'] = 'xterm-256color'
    os.environ['LC_ALL'] = 'C.UTF-8'
    os.execv(sys.argv[2], sys.argv[2:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
with open(sys.argv[1] + '.pid', 'w') as f:
    print(pid, file=f)
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    out.write(data)
os.waitpid(pid, 0)
