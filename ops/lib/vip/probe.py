"""The client: every 5 ms a new connection and a GET, whatever became of the one before. Prints one line per try:
start (seconds of the monotonic clock), 1 or 0, milliseconds it took. Ends with SIGTERM."""

import errno
import select
import signal
import socket
import sys
import time

EVERY = 0.005
PATIENCE = 0.2
REQUEST = b"GET / HTTP/1.1\r\nHost: vip\r\nConnection: close\r\n\r\n"


def main(address, port):
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    poll, tries, lines = select.epoll(), {}, []

    def end(fd, ok):
        sock, start, _ = tries.pop(fd)
        poll.unregister(fd)
        sock.close()
        lines.append((start, ok, (time.monotonic() - start) * 1000))

    due = time.monotonic()
    while not stopped or tries:
        now = time.monotonic()
        if now >= due and not stopped:
            sock = socket.socket()
            sock.setblocking(False)
            problem = sock.connect_ex((address, port))
            if problem in (0, errno.EINPROGRESS):
                tries[sock.fileno()] = (sock, now, False)
                poll.register(sock.fileno(), select.EPOLLOUT)
            else:
                sock.close()
                lines.append((now, 0, 0.0))
            due += EVERY
            if due < now - 1:
                due = now
        for fd in [fd for fd, (_, start, _) in tries.items() if now - start > PATIENCE]:
            end(fd, 0)
        for fd, events in poll.poll(max(0.0, min(due - time.monotonic(), EVERY))):
            if fd not in tries:
                continue
            sock, start, sent = tries[fd]
            try:
                if not sent:
                    sock.send(REQUEST)
                    tries[fd] = (sock, start, True)
                    poll.modify(fd, select.EPOLLIN)
                else:
                    end(fd, int(sock.recv(4096).startswith(b"HTTP/1.1 200")))
            except OSError:
                end(fd, 0)
    for start, ok, took in sorted(lines):
        print(f"{start:.6f} {ok} {took:.3f}")


main(sys.argv[1], int(sys.argv[2]))
