"""A console on a pseudo-terminal, for the benches in Python."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Console:
    def __init__(self, rc, home, words=(), size=(48, 160)):
        os.makedirs(home, exist_ok=True)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM='xterm-256color', LANG='C.UTF-8', HOME=home,
                              XDG_STATE_HOME=home, XDG_CONFIG_HOME=home)
            path = os.path.join(HERE, '../../oogway')
            os.execv(path, ['oogway', '-c', rc, *words])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', *size, 0, 0))

    def take(self):
        """What is there, and the acknowledgement of the frame that it ends."""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return b''
        if b'\x1b[5n' in data[-64:]:
            os.write(self.fd, b'\x1b[0n')
        return data

    def close(self):
        os.kill(self.pid, signal.SIGTERM)
        self.take()
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def watch(consoles, seconds):
    """Reads all of them for that long; the number of bytes that came."""
    end, count = time.monotonic() + seconds, 0
    by_fd = {console.fd: console for console in consoles}
    while (left := end - time.monotonic()) > 0:
        for fd in select.select(list(by_fd), [], [], left)[0]:
            count += len(by_fd[fd].take())
    return count
