"""What clients of three nodes with three virtual addresses notice: of a rolling replacement, and of a node's death."""

import json
import signal
import time
from contextlib import contextmanager

from .pairs import wait_until
from .trio import CLIENT, NODES, VIPS, Trio

KEPT = 1000
STALL = 100  # ms
# Gap of the dead node's addresses in ms.
DEATH = 30


def tries_of(probe):
    probe.terminate()
    text, _ = probe.communicate(timeout=30)
    return [(float(start), ok == "1") for start, ok, _ in (line.split() for line in text.splitlines())]


def gap_of(tries):
    good = [start for start, ok in tries if ok]
    if not good or tries[-1][0] - good[-1] > 0.5:
        return float("inf")
    return max((b - a for a, b in zip(good, good[1:])), default=float("inf")) * 1000


def stop(clients):
    for client in clients:
        if client.poll() is None:
            client.kill()
            client.wait()


@contextmanager
def three_nodes(lab, folder, program, advert, say):
    """Three nodes that serve, and a list for the clients' processes; all of them are ended afterwards. When the trial
    cannot be finished, what the nodes said is told."""
    trio = Trio(lab, folder, advert, program)
    clients = []
    try:
        trio.start()
        yield trio, clients
    except Exception:
        say(trio.changes())
        raise
    finally:
        stop(clients)
        trio.end()
        lab.forget_neighbours(CLIENT)


def roll(lab, folder, program, advert, say):
    """Each of three nodes is replaced under load. Returns what was found and whether the bars are met."""
    with three_nodes(lab, folder, program, advert, say) as (trio, clients):
        kept = trio.client("kept.py", ",".join(VIPS), "8080", "8443", str(KEPT), *trio.origin)
        clients.append(kept)
        kept.stdout.readline()
        clients += trio.probes()
        time.sleep(1)
        for host in NODES:
            began = time.time()
            took = trio.replace(host)
            say(f"  node-{host}: told at {began:.3f}, ended after {took:.1f} s, its address back at {time.time():.3f}")
        time.sleep(1)
        tries = [tries_of(probe) for probe in clients[1:]]
        kept.send_signal(signal.SIGTERM)
        seen = json.loads(kept.communicate(timeout=30)[0].strip().splitlines()[-1])
        changes = trio.changes()
    failed = sum(not ok for each in tries for _, ok in each)
    gap = max(gap_of(each) for each in tries)
    good = failed == 0 and seen["broken"] == 0 and seen["open"] >= KEPT - 5 and seen["stall"] <= STALL
    text = (f"new: {sum(map(len, tries))}, failed {failed}, gap {gap:.0f} ms; established: {seen['open']} "
            f"({', '.join(f'{count} {kind}' for kind, count in seen['kinds'].items())}), broken {seen['broken']}, "
            f"ended in order and opened anew {seen['ended']}, longest stall {seen['stall']:.0f} ms ({seen['worst']}; "
            f"of the machine itself {seen['machine']:.0f} ms)")
    if not good:
        offset = time.time() - time.monotonic()
        misses = sorted((start + offset, vip) for vip, each in zip(VIPS, tries) for start, ok in each if not ok)
        say("\n".join([*seen["story"][:20], *(f"{start:.3f} failed {vip}" for start, vip in misses[:40]), changes]))
    return text, good


def death(lab, folder, program, advert, say):
    """Three nodes with an address each; one is killed, and its address goes to another."""
    with three_nodes(lab, folder, program, advert, say) as (trio, clients):
        before = trio.owners()
        clients += trio.probes()
        time.sleep(1)
        dead = NODES[1]
        trio.nodes[dead].kill()
        wait_until(lambda: all(trio.owners()) and dead not in trio.owners(), f"what node-{dead} had is elsewhere")
        time.sleep(0.5)
        after = trio.owners()
        tries = [tries_of(probe) for probe in clients]
    moved = [i for i in range(len(VIPS)) if before[i] == dead]
    stayed = [i for i in range(len(VIPS)) if i not in moved]
    failed = sum(not ok for i in stayed for _, ok in tries[i])
    gap = max(gap_of(tries[i]) for i in moved)
    good = all(before[i] == after[i] for i in stayed) and failed == 0 and gap <= DEATH
    return (f"owners {before} -> {after}; addresses of living nodes: failed {failed} of "
            f"{sum(len(tries[i]) for i in stayed)}; the dead node's: gap {gap:.0f} ms, failed "
            f"{sum(not ok for i in moved for _, ok in tries[i])}"), good
