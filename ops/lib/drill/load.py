"""Clients with sessions: a steady rate of requests over kept connections, no request repeated, every answer judged."""
import asyncio
import collections
import random
import threading
import time

from . import netns


class Phase:
    """What happened between two marks."""

    def __init__(self):
        self.requests = 0
        self.failed = collections.Counter()
        self.lost = 0
        self.losses = []        # when, and through which nodes
        self.slowest = 0.0
        self.quiet = 0.0        # the longest time without any good answer
        self.last_good = time.monotonic()

    def good(self, took):
        now = time.monotonic()
        self.requests += 1
        self.slowest = max(self.slowest, took)
        self.quiet = max(self.quiet, now - self.last_good)
        self.last_good = now

    def bad(self, why):
        self.requests += 1
        self.failed[why] += 1


class Client:
    """One session. It keeps its connection until it is told to close it or finds it closed, and chooses among the ready
    nodes for the next, as a balancer in front would."""

    def __init__(self, load, number):
        self.load, self.number = load, number
        self.cookie = None
        self.node = self.before = None
        self.answered = 0.0
        self.reader = self.writer = None

    async def run(self):
        pause = 1 / self.load.each_rate
        due = time.monotonic() + random.random() * pause
        while not self.load.ended:
            await asyncio.sleep(max(0, due - time.monotonic()))
            due = max(due + pause, time.monotonic() - pause)
            begun = time.monotonic()
            try:
                await asyncio.wait_for(self.exchange(), 10)
                self.load.phase.good(time.monotonic() - begun)
            except Exception as error:  # whatever it is, the client has no answer
                self.load.phase.bad(f"{self.node}: {type(error).__name__} {error}"[:100])
                self.drop()
        self.drop()

    async def exchange(self):
        # An end that came while nothing was asked is no failure: the connection was idle.
        if self.writer is not None and self.reader.at_eof():
            self.drop()
        if self.writer is None:
            await self.connect()
        cookie = f"Cookie: JSESSIONID={self.cookie}\r\n" if self.cookie else ""
        self.writer.write(f"GET /session HTTP/1.1\r\nHost: drill.test\r\n{cookie}\r\n".encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await self.body(fields)
        if not head[0].startswith("HTTP/1.1 200"):
            raise ValueError(head[0])
        _, session, count = body.decode().split()
        if self.cookie is not None and session != self.cookie:
            self.load.phase.lost += 1
            self.load.phase.losses.append(
                f"{time.strftime('%H:%M:%S', time.gmtime())} session {self.number}: {self.before}, then {self.node}, "
                f"{(time.monotonic() - self.answered) * 1000:.0f} ms after its last answer")
        self.cookie, self.before, self.answered = session, self.node, time.monotonic()
        if fields.get("connection", "").lower() == "close":
            self.drop()

    async def body(self, fields):
        if "content-length" in fields:
            return await self.reader.readexactly(int(fields["content-length"]))
        parts = []
        while True:
            length = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            part = await self.reader.readexactly(length + 2)
            if length == 0:
                return b"".join(parts)
            parts.append(part[:-2])

    async def connect(self):
        ready = self.load.ready() or list(self.load.addresses)
        self.node = random.choice(ready)
        self.reader, self.writer = await asyncio.open_connection(self.load.addresses[self.node], 8080)

    def drop(self):
        if self.writer is not None:
            self.writer.close()
            self.writer = None


class Load:
    """`rate` requests a second by `clients` sessions from the namespace of the client."""

    def __init__(self, addresses, ready, rate, clients):
        self.addresses, self.ready = addresses, ready
        self.each_rate, self.clients = rate / clients, clients
        self.ended = False
        self.phase = Phase()
        self._thread = netns.thread("proxy-client", lambda: asyncio.run(self._run()))

    def mark(self):
        """Ends a phase and begins the next."""
        done, self.phase = self.phase, Phase()
        done.quiet = max(done.quiet, time.monotonic() - done.last_good)
        return done

    def stop(self):
        self.ended = True
        self._thread.join(timeout=15)

    async def _run(self):
        await asyncio.gather(*(Client(self, number).run() for number in range(self.clients)))
