"""What stands behind the nodes of a roll: /ask answers at once, /trickle sends a line every 100 ms for some seconds,
/socket is a WebSocket that does the same and then says goodbye. Arguments: address and port."""

import asyncio
import base64
import hashlib
import sys

EVERY, LINES = 0.1, 40
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3


async def answer(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1]
            if path == "/trickle":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in range(LINES):
                    writer.write(b"5\r\nline\n\r\n")
                    await writer.drain()
                    await asyncio.sleep(EVERY)
                writer.write(b"0\r\n\r\n")
            elif path == "/socket":
                key = next(line.split(":", 1)[1].strip() for line in head.split("\r\n")
                           if line.lower().startswith("sec-websocket-key:"))
                accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
                writer.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
                for _ in range(LINES):
                    writer.write(b"\x81\x05line\n")
                    await writer.drain()
                    await asyncio.sleep(EVERY)
                writer.write(b"\x88\x02\x03\xe8")
                await writer.drain()
                await reader.read(64)
                break
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhere\n")
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(answer, sys.argv[1], int(sys.argv[2]), backlog=4096)
    async with server:
        await server.serve_forever()


asyncio.run(main())
