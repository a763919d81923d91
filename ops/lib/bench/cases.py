"""The pieces of work that are compared, and the bar each of them has to pass."""

from dataclasses import dataclass

# What a desktop browser sends with a page's request. The cookie is added by the run: it names a member of ours.
BROWSER_HEADERS = [
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.8,de;q=0.5",
    "Cache-Control: max-age=0",
    "Referer: http://shop.example/catalogue/shoes/page-2?sort=price&colour=blue",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Upgrade-Insecure-Requests: 1",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
]
BROWSER_COOKIES = "theme=dark; basket=9f2c61d0a7b34e55; consent=1"


@dataclass(frozen=True)
class Case:
    name: str
    path: str
    connections: int
    bar: float  # most CPU per request allowed, as a part of the better peer's
    browser: bool = False
    workers: int = 1
    # http and tls: wrk, connections are kept. full: ab, a new connection with a full handshake for each request (ab
    # never resumes). resumed: wrk with Connection: close, which keeps its sessions. h2 (TLS) and h2c: h2load.
    kind: str = "http"
    streams: int = 1


ALL = [
    Case("100B-c64", "/100", 64, 0.90),
    Case("10KB-c64", "/10k", 64, 0.90),
    Case("100B-headers-c64", "/100", 64, 0.90, browser=True),
    Case("10KB-headers-c64", "/10k", 64, 0.90, browser=True),
    Case("100B-c512", "/100", 512, 0.80),
    Case("10KB-c512", "/10k", 512, 0.80),
    Case("100B-headers-c512", "/100", 512, 0.80, browser=True),
    Case("1MB-c16", "/1m", 16, 0.50),
    Case("1MB-c64", "/1m", 64, 0.50),
    Case("tls-100B-c64", "/100", 64, 0.85, kind="tls"),
    Case("tls-10KB-c64", "/10k", 64, 0.85, kind="tls"),
    Case("tls-1MB-c16", "/1m", 16, 0.70, kind="tls"),
    Case("handshake-full", "/100", 64, 1.00, kind="full"),
    Case("handshake-resumed", "/100", 64, 0.95, kind="resumed"),
    Case("h2-m1-100B", "/100", 64, 0.85, kind="h2"),
    Case("h2-m1-10KB", "/10k", 64, 0.85, kind="h2"),
    Case("h2-m32-100B", "/100", 64, 0.85, kind="h2", streams=32),
    Case("h2-m32-10KB", "/10k", 64, 0.85, kind="h2", streams=32),
    Case("h2c-m1-100B", "/100", 64, 0.85, kind="h2c"),
    Case("h2c-m1-10KB", "/10k", 64, 0.85, kind="h2c"),
    Case("h2c-m32-100B", "/100", 64, 0.85, kind="h2c", streams=32),
    Case("h2c-m32-10KB", "/10k", 64, 0.85, kind="h2c", streams=32),
    # HTTP/2 to the origin too; nginx can do that as a gRPC proxy only.
    Case("http-to-h2-100B-c64", "/o2/100", 64, 0.85),
    Case("h2c-to-h2-m1-100B", "/o2/100", 64, 0.85, kind="h2c"),
    Case("h2c-to-h2-m32-100B", "/o2/100", 64, 0.85, kind="h2c", streams=32),
    Case("h2c-to-h2-m32-10KB", "/o2/10k", 64, 0.85, kind="h2c", streams=32),
    Case("100B-c64-2workers", "/100", 64, 0.90, workers=2),
]
QUICK = ["100B-c64", "10KB-c64", "100B-headers-c64", "1MB-c64"]

# Our own code may take this much of a request, whatever the kernel takes (microseconds; small bodies only).
USER_BAR = 1.5


def select(patterns, quick):
    """Cases whose name contains one of the patterns, in the order of the table."""
    if patterns:
        return [c for c in ALL if any(p in c.name for p in patterns)]
    return [c for c in ALL if not quick or c.name in QUICK]
