"""One measured run: wrk, ab or h2load against one candidate, and what the candidate spent meanwhile."""

import json
import os
import re
import subprocess
import time
from dataclasses import asdict, dataclass

from . import cases, machine, processes

WRK_SCRIPT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests": %d, "us": %d, "p50": %d, "p99": %d, "errors": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass
class Sample:
    """Times are microseconds of CPU per request, latencies microseconds."""

    case: str
    candidate: str
    round: int
    requests: int
    user: float
    system: float
    rate: float
    p50: int
    p99: int
    errors: int
    foreign: float  # part of the proxies' cores that something else used
    allocated: float | None = None  # managed bytes per request beyond those of an idle node, ours only

    @property
    def cpu(self):
        return self.user + self.system

    def as_json(self):
        return json.dumps({**asdict(self), "cpu": self.cpu})


def allocated_bytes(candidate):
    """Managed bytes our process ever allocated, or None when it has no such counter."""
    if candidate.management is None:
        return None
    try:
        status, _, body = processes.fetch(candidate.management, "/metrics")
    except OSError:
        return None
    if status != 200:
        return None
    for line in body.decode("utf-8", "replace").splitlines():
        if line.startswith("proxy_gc_allocated_bytes_total"):
            return float(line.rsplit(None, 1)[1])
    return None


def idle_allocation(candidate, seconds):
    """Bytes our process allocates in that time without requests: health checks, timers, and looking at the counter."""
    before = allocated_bytes(candidate)
    if before is None:
        return 0.0
    time.sleep(seconds)
    return allocated_bytes(candidate) - before


def wrk(bench, candidate, case, seconds, cookie):
    script = os.path.join(bench.folder, "wrk.lua")
    if not os.path.exists(script):
        with open(script, "w", encoding="ascii") as f:
            f.write(WRK_SCRIPT)
    command = ["wrk", "-t1", f"-c{case.connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script]
    if case.browser:
        cookies = cases.BROWSER_COOKIES + (f"; {cookie}" if cookie else "")
        for header in [*cases.BROWSER_HEADERS, f"Cookie: {cookies}"]:
            command += ["-H", header]
    if case.kind == "resumed":
        command += ["-H", "Connection: close"]
    where = f"http://127.0.0.1:{candidate.port}" if case.kind == "http" else f"https://127.0.0.1:{candidate.tls}"
    return [*command, where + case.path]


def read_wrk(output):
    line = next((x for x in output.splitlines() if x.startswith("RESULT ")), None)
    return None if line is None else json.loads(line[len("RESULT "):])


def h2load(candidate, case, seconds):
    where = f"https://127.0.0.1:{candidate.tls}" if case.kind == "h2" else f"http://127.0.0.1:{candidate.h2c}"
    return ["h2load", "-t1", f"-c{case.connections}", f"-m{case.streams}", "-D", str(seconds), where + case.path]


def read_h2load(output, seconds):
    done = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", output)
    if done is None:
        return None
    times = re.search(r"time for request:\s+(\S+)\s+(\S+)\s+(\S+)", output)
    mean = microseconds(times.group(3)) if times else 0
    return {"requests": int(done.group(1)), "us": seconds * 1e6, "p50": mean, "p99": 0,
            "errors": int(done.group(2)) + int(done.group(3))}


def microseconds(text):
    for unit, factor in (("us", 1), ("ms", 1e3), ("s", 1e6)):
        if text.endswith(unit):
            return int(float(text[:-len(unit)]) * factor)
    return 0


def ab(candidate, case, seconds):
    return ["ab", "-q", "-n", "1000000", "-t", str(seconds), f"-c{case.connections}",
            f"https://127.0.0.1:{candidate.tls}{case.path}"]


def read_ab(output):
    done = re.search(r"Complete requests:\s+(\d+)", output)
    taken = re.search(r"Time taken for tests:\s+([\d.]+)", output)
    if done is None or taken is None:
        return None
    failed = re.search(r"Failed requests:\s+(\d+)", output)
    percent = dict(re.findall(r"^\s+(\d+)%\s+(\d+)", output, re.MULTILINE))
    return {"requests": int(done.group(1)), "us": float(taken.group(1)) * 1e6,
            "p50": int(percent.get("50", 0)) * 1000, "p99": int(percent.get("99", 0)) * 1000,
            "errors": int(failed.group(1)) if failed else 0}


def run(bench, candidate, case, seconds, number, cookie, idle=0.0):
    if case.kind in ("h2", "h2c"):
        command = h2load(candidate, case, seconds)
    elif case.kind == "full":
        command = ab(candidate, case, seconds)
    else:
        command = wrk(bench, candidate, case, seconds, cookie)
    command = [*processes.prefix(bench.cores["load"]), *command]

    cores = bench.cores["proxy2" if case.workers > 1 else "proxy1"]
    allocated = allocated_bytes(candidate)
    busy, (user, system) = machine.core_busy_us(cores), machine.cpu_us(candidate.process.pid)
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    (user2, system2), busy2 = machine.cpu_us(candidate.process.pid), machine.core_busy_us(cores)
    allocated2 = allocated_bytes(candidate)

    result = (read_h2load(output.stdout, seconds) if case.kind in ("h2", "h2c")
              else read_ab(output.stdout) if case.kind == "full" else read_wrk(output.stdout))
    if result is None:
        raise RuntimeError(
            f"{command[-2]} gave no result for {candidate.name}, {case.name}:\n{output.stdout}{output.stderr}")
    requests = max(1, result["requests"])
    spent = (user2 - user) + (system2 - system)
    return Sample(
        case.name, candidate.name, number, result["requests"], (user2 - user) / requests, (system2 - system) / requests,
        result["requests"] / result["us"] * 1e6, result["p50"], result["p99"], result["errors"],
        max(0.0, (busy2 - busy - spent) / (result["us"] * len(cores))),
        None if allocated is None or allocated2 is None else max(0.0, allocated2 - allocated - idle) / requests)
