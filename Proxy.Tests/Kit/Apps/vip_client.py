"""Clients of a virtual address: some connections that are kept and asked again and again, and a new one every 5 ms.
Ends on SIGTERM and prints what became of them as JSON."""

import errno
import json
import select
import signal
import socket
import sys
import time

ADDRESS, PORT, KEPT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
EVERY_NEW, EVERY_KEPT, PATIENCE = 0.005, max(0.05, KEPT / 2000), 3.0
REQUEST = b"GET / HTTP/1.1\r\nHost: vip\r\n\r\n"
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
poll = select.epoll()
clients = {}
result = {"new": 0, "failed": 0, "broken": 0, "asked": 0, "stall": 0.0, "servers": {}, "keptServers": {}}


class Client:
    def __init__(self, kept):
        self.kept, self.sent, self.text = kept, None, b""
        self.sock = socket.socket(socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET)
        self.sock.setblocking(False)
        self.began = time.monotonic()
        if self.sock.connect_ex((ADDRESS, PORT)) not in (0, errno.EINPROGRESS):
            raise OSError("cannot connect")
        clients[self.sock.fileno()] = self
        poll.register(self.sock.fileno(), select.EPOLLOUT)
        self.due = 0.0

    def ask(self):
        self.sent = time.monotonic()
        self.sock.send(REQUEST)
        poll.modify(self.sock.fileno(), select.EPOLLIN)

    def close(self, ok):
        del clients[self.sock.fileno()]
        poll.unregister(self.sock.fileno())
        self.sock.close()
        if self.kept:
            result["broken"] += not ok
        else:
            result["new"] += 1
            result["failed"] += not ok

    def ready(self):
        try:
            if self.sent is None:
                self.ask()
                return
            data = self.sock.recv(4096)
            if not data:
                raise OSError("closed")
        except OSError as error:
            print(f"{time.time():.3f} {'kept' if self.kept else 'new'} {error}", file=sys.stderr)
            self.close(False)
            return
        self.text += data
        if b"node-" not in self.text.partition(b"\r\n\r\n")[2]:
            return
        server = self.text.partition(b"\r\n\r\n")[2].strip().decode()
        where = result["keptServers" if self.kept else "servers"]
        where[server] = where.get(server, 0) + 1
        self.text = b""
        if self.kept:
            result["asked"] += 1
            result["stall"] = max(result["stall"], (time.monotonic() - self.sent) * 1000)
            self.due, self.sent = time.monotonic() + EVERY_KEPT, 0.0
        else:
            self.close(True)


for number in range(KEPT):
    Client(True)
    if number % 100 == 99:
        for fd, _ in poll.poll(0.05):
            clients[fd].ready()
due = time.monotonic() + 0.3
print("ready", flush=True)
while not stopped:
    now = time.monotonic()
    if now >= due:
        due = max(due + EVERY_NEW, now - 0.5)
        try:
            Client(False)
        except OSError:
            result["new"] += 1
            result["failed"] += 1
    for client in list(clients.values()):
        if client.sent == 0.0:
            if now >= client.due:
                try:
                    client.ask()
                except OSError:
                    client.close(False)
        elif now - (client.sent or client.began) > PATIENCE:
            print(f"{time.time():.3f} {'kept' if client.kept else 'new'} silent", file=sys.stderr)
            client.close(False)
    for fd, _ in poll.poll(0.002):
        if fd in clients:
            clients[fd].ready()
print(json.dumps(result), flush=True)
