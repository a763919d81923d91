"""Clients with established connections, spread over some virtual addresses, while nodes are replaced: idle ones, ones
that ask twice a second, downloads and WebSockets that trickle, part of them over TLS. When one ends in good order, its
client opens the next. Broken is what ended in the middle: a reset, silence, an end without the whole answer. Prints
what it saw as JSON on SIGTERM. Arguments: addresses with commas, port, TLS port, number of connections."""

import asyncio
import json
import signal
import ssl
import sys
import time

ADDRESSES = sys.argv[1].split(",")
PORT, SECURE, NUMBER = (int(text) for text in sys.argv[2:5])
PERIOD = 0.1  # of the origin's lines
SILENCE = 10.0
PAUSE = 0.5
SHARES = (("idle", False, 30), ("ask", False, 40), ("ask", True, 5), ("trickle", False, 10), ("trickle", True, 5),
          ("socket", False, 5), ("socket", True, 5))

tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
result = {"open": 0, "opened": 0, "ended": 0, "broken": 0, "asked": 0, "lines": 0, "stall": 0.0, "worst": "",
          "kinds": {}, "story": []}
is_counting = False


def head(path, more=""):
    return f"GET {path} HTTP/1.1\r\nHost: vip\r\n{more}\r\n".encode()


def waited(kind, seconds):
    milliseconds = seconds * 1000
    if is_counting and milliseconds > result["stall"]:
        result["stall"], result["worst"] = round(milliseconds, 1), f"{kind} at {time.time():.3f}"


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
    waited(kind, time.monotonic() - began)
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
        waited(kind, now - last - PERIOD)
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
            if len(result["story"]) < 20:
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
    tasks, number = [], 0
    for kind, secure, share in SHARES:
        for _ in range(NUMBER * share // 100):
            tasks.append(asyncio.create_task(client(number, kind, secure)))
            number += 1
            await asyncio.sleep(0.004)
        result["kinds"][kind + (" with tls" if secure else "")] = NUMBER * share // 100
    await asyncio.sleep(1)
    is_counting = True
    print("ready", flush=True)
    await stopped.wait()
    print(json.dumps(result), flush=True)


asyncio.run(main())
