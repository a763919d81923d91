"""Clients with established connections, spread over some virtual addresses, while nodes are replaced: idle ones, ones
that ask twice a second, downloads and WebSockets that trickle, part of them over TLS. When one ends in good order, its
client opens the next. Broken is what ended in the middle: a reset, silence, an end without the whole answer. One more
connection leads past the nodes: what the machine itself makes clients wait is not counted as a stall of theirs. Prints
what it saw as JSON on SIGTERM. Arguments: addresses with commas, port, TLS port, number of connections, origin's
address and port."""

import asyncio
import json
import os
import random
import signal
import ssl
import sys
import time

ADDRESSES = sys.argv[1].split(",")
PORT, SECURE, NUMBER = (int(text) for text in sys.argv[2:5])
ORIGIN = (sys.argv[5], int(sys.argv[6]))
PERIOD = 0.1  # of the origin's lines
SILENCE = 10.0
STALL = 100  # ms; what is longer is told one by one
PAUSE = 0.5
SHARES = (("idle", False, 30), ("ask", False, 40), ("ask", True, 5), ("trickle", False, 10), ("trickle", True, 5),
          ("socket", False, 5), ("socket", True, 5))

tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
result = {"open": 0, "opened": 0, "ended": 0, "broken": 0, "asked": 0, "lines": 0, "stall": 0.0,
          "stalls": 0, "machine": 0.0, "worst": "", "kinds": {}, "story": []}
is_counting = False
machine = []


def head(path, more=""):
    return f"GET {path} HTTP/1.1\r\nHost: vip\r\n{more}\r\n".encode()


def waited(kind, began, expected=0.0):
    """Since a moment, of which some time was to be expected."""
    now = time.monotonic()
    if not is_counting or now - began - expected < 0.02:
        return
    # Told when the machine's own delay is known as well.
    asyncio.get_running_loop().call_later(0.5, judge, kind, began + expected, now, time.time())


def judge(kind, began, ended, wall):
    delayed = sum(max(0.0, min(ended, end) - max(began, start)) for start, end in machine[-100:])
    milliseconds = (ended - began - delayed) * 1000
    if milliseconds > STALL:
        result["stalls"] += 1
        if len(result["story"]) < 200:
            result["story"].append(f"{wall:.3f} {kind} waited {milliseconds:.0f} ms")
    if milliseconds > result["stall"]:
        result["stall"], result["worst"] = round(milliseconds, 1), kind


async def watch_machine():
    """Intervals in which an answer was not there that no node has to do with."""
    reader, writer = await asyncio.open_connection(*ORIGIN)
    while True:
        began = time.monotonic()
        writer.write(head("/ask"))
        await reader.readuntil(b"here\n")
        ended = time.monotonic()
        if ended - began > 0.01:
            machine.append((began, ended))
            result["machine"] = max(result["machine"], round((ended - began) * 1000, 1))
        await asyncio.sleep(0.005)


class Cut(Exception):
    """It ended in the middle."""


async def read_head(reader):
    return (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SILENCE)).decode("latin-1").lower()


async def ask(reader, writer, kind):
    began = time.monotonic()
    writer.write(head("/ask"))
    answer = await read_head(reader)
    if " 200 " not in answer.split("\r\n", 1)[0]:
        raise Cut(answer.split("\r\n", 1)[0])
    await asyncio.wait_for(reader.readexactly(5), SILENCE)
    result["asked"] += 1
    waited(kind, began)
    return "connection: close" not in answer


async def asking(reader, writer, kind):
    """Asks again and again, an idle one only once; an end between two answers is in order."""
    while await ask(reader, writer, kind):
        try:
            await asyncio.wait_for(reader.read(1), None if kind == "idle" else PAUSE)
            return
        except asyncio.TimeoutError:
            pass


async def trickling(reader, writer, kind):
    socket = kind.startswith("socket")
    writer.write(head("/socket", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") if socket else head("/trickle"))
    first = (await read_head(reader)).split("\r\n", 1)[0]
    if (" 101 " if socket else " 200 ") not in first:
        raise Cut(first)
    last, end, text = time.monotonic(), b"\x88\x02" if socket else b"0\r\n\r\n", b""
    while end not in text:
        data = await asyncio.wait_for(reader.read(4096), SILENCE)
        now = time.monotonic()
        if not data:
            raise Cut("end in a stream")
        waited(kind, last, PERIOD)
        result["lines"] += 1
        last, text = now, text[-8:] + data


async def client(number, kind, secure):
    address = ADDRESSES[number % len(ADDRESSES)]
    name = kind + (" with tls" if secure else "")
    while True:
        writer = None
        try:
            reader, writer = await asyncio.wait_for(
                asyncio.open_connection(address, SECURE if secure else PORT, ssl=tls if secure else None), SILENCE)
            result["open"] += 1
            result["opened"] += 1
            await (asking if kind in ("ask", "idle") else trickling)(reader, writer, name)
            result["ended"] += 1
        except (Cut, OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ssl.SSLError) as error:
            result["broken"] += 1
            if len(result["story"]) < 200:
                result["story"].append(f"{time.time():.3f} {name} to {address}: {type(error).__name__} {error}")
            await asyncio.sleep(0.2)
        finally:
            if writer:
                result["open"] -= 1
                writer.close()


async def main():
    global is_counting
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    tasks, kinds = [asyncio.create_task(watch_machine())], []
    for kind, secure, share in SHARES:
        kinds += [(kind, secure)] * (NUMBER * share // 100)
        result["kinds"][kind + (" with tls" if secure else "")] = NUMBER * share // 100
    # Mixed, so that streams of all kinds are at all stages when a node is replaced.
    random.Random(1).shuffle(kinds)
    for number, (kind, secure) in enumerate(kinds):
        tasks.append(asyncio.create_task(client(number, kind, secure)))
        await asyncio.sleep(4 / NUMBER)
    await asyncio.sleep(1)
    is_counting = True
    print("ready", flush=True)
    await stopped.wait()
    print(json.dumps(result), flush=True)
    os._exit(0)  # without ending a thousand clients in good order first


asyncio.run(main())
