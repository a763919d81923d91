"""Cores, free ports, and the CPU time of processes, read from /proc."""

import os
import socket

TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


def plan_cores():
    """Which core does what: proxies (one worker, two workers), load, origin. A plan for small machines shares."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        return {"proxy1": cores, "proxy2": cores, "load": cores, "origin": cores}
    if len(cores) < 4:
        return {"proxy1": cores[:1], "proxy2": cores, "load": [cores[1]], "origin": [cores[-1]]}
    return {"proxy1": [cores[0]], "proxy2": [cores[0], cores[3]], "load": [cores[1]], "origin": [cores[2]]}


def free_ports(count):
    """Ports nobody listens on now. All are held while choosing, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        # The command name may hold anything, so fields are counted from its closing bracket.
        fields = f.read().rpartition(")")[2].split()
    return int(fields[11]), int(fields[12])


def descendants(pid):
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
            for child in f.read().split():
                found += descendants(int(child))
    return found


def cpu_us(pid):
    """User and system time in microseconds of a process with all its threads and children."""
    user = system = 0
    for p in descendants(pid):
        try:
            u, s = _stat(p)
        except OSError:
            continue
        user, system = user + u, system + s
    return user * TICK_US, system * TICK_US


def core_busy_us(cores):
    """Time these cores spent on anything (without idle and waiting), for noticing other people's work."""
    total = 0
    with open("/proc/stat", encoding="ascii") as f:
        for line in f:
            name, *values = line.split()
            if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in cores:
                v = [int(x) for x in values]
                total += v[0] + v[1] + v[2] + v[5] + v[6] + v[7]
    return total * TICK_US
