"""The ways in which the cluster is broken, and what each may cost."""
import dataclasses
import os
import subprocess
import time
import typing

from .load import Load
from .watch import HandOvers, NodeWatch, OwnerGaps, ask

NODES = ["n1", "n2", "n3"]


class Site:
    """The lab with its clients and watches."""

    def __init__(self, root, rate, clients):
        self._command = os.path.join(root, "ops", "cluster")
        self._state = os.path.join(root, ".build", "cluster")
        self.hand_overs = None
        self.watches = [NodeWatch(host) for host in NODES]
        self.until(lambda: len(self.ready()) == len(NODES), 20)
        addresses = {host: f"10.80.0.1{host[1:]}" for host in NODES}
        self.load = Load(addresses, self.ready, rate, clients)
        time.sleep(2)  # the sessions begin

    def logs(self):
        return {host: os.path.join(self._state, host, "proxy.log") for host in NODES}

    def ready(self):
        return [watch.host for watch in self.watches if watch.ready]

    def owners(self):
        return {name: watch.host for watch in self.watches for name in watch.owned}

    def cluster(self, *words):
        subprocess.run([self._command, *words], check=True, stdout=subprocess.DEVNULL)

    def until(self, holds, seconds):
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def all_back(self):
        self.until(lambda: len(self.ready()) == len(NODES) and self.owners(), 30)

    def etcd_leader(self):
        """The node whose etcd member leads; by its own word."""
        for host in NODES:
            command = ["ip", "netns", "exec", f"proxy-{host}", "etcdctl", "-w", "fields", "endpoint", "status"]
            answer = subprocess.run(
                command, env={**os.environ, "ETCDCTL_API": "3"}, capture_output=True, text=True, timeout=10,
                check=False)
            fields = dict(
                line.split(" : ", 1) for line in answer.stdout.replace('"', "").splitlines() if " : " in line)
            if fields.get("Leader") and fields.get("Leader") == fields.get("MemberID"):
                return host
        return NODES[0]

    def stop(self):
        self.load.stop()
        for watch in self.watches:
            watch.stop()


@dataclasses.dataclass
class Scenario:
    """`failed` bounds the failed requests: 0 for what is planned; the death of a node breaks what it has in hand, which
    nobody can save. `owner_gap` bounds the seconds without an owner of a singleton."""
    name: str
    about: str
    act: typing.Callable[[Site], None]
    failed: int = 0
    owner_gap: float = 0.5
    lost: int = 0
    # Nodes that say they own one singleton, as seen from outside: two watches are 50 ms apart in what they know.
    most: int = 1

    def run(self, site):
        site.all_back()
        names = sorted(site.owners())
        site.load.mark()
        gaps = OwnerGaps(site.watches, names)
        self.act(site)
        phase = site.load.mark()
        gaps.stop()
        failed = sum(phase.failed.values())
        kept = site.hand_overs is None or site.hand_overs.kept
        site.hand_overs = None
        kept = kept and failed <= self.failed and phase.lost <= self.lost
        kept = kept and gaps.gap <= self.owner_gap and gaps.most <= self.most
        print(
            f"{self.name:22}{phase.requests:9}{failed:8}{phase.lost:6}{phase.slowest * 1000:7.0f} ms"
            f"{gaps.gap:8.2f} s{gaps.most:8}{'' if kept else '   <- bound missed'}", flush=True)
        for why, count in phase.failed.most_common(3):
            print(f"    {count} x {why}", flush=True)
        return kept and bool(names)


def _calm(site):
    time.sleep(5)


def _kill_node(site):
    time.sleep(1)
    site.cluster("kill", "n1")
    time.sleep(9)


def _newcomer(site):
    site.cluster("kill", "n2")
    site.until(lambda: "n2" not in site.ready(), 5)
    time.sleep(1)
    site.load.mark()  # its death is another scenario
    site.cluster("start", "n2")
    site.until(lambda: "n2" in site.ready(), 20)
    time.sleep(4)


def _etcd_leader_dies(site):
    leader = site.etcd_leader()
    site.cluster("etcd", leader, "kill")
    time.sleep(8)
    site.cluster("etcd", leader, "start")
    time.sleep(3)


def _etcd_leader_freezes(site):
    leader = site.etcd_leader()
    site.cluster("etcd", leader, "stop")
    time.sleep(8)
    site.cluster("etcd", leader, "cont")
    time.sleep(3)


def _partition(site):
    """One node sees neither the other nodes nor a majority of the engine, but clients and origins."""
    rules = [
        ["nft", "add", "table", "inet", "drill"],
        ["nft", "add", "chain", "inet", "drill", "in", "{ type filter hook input priority 0; }"],
        ["nft", "add", "chain", "inet", "drill", "out", "{ type filter hook output priority 0; }"],
        ["nft", "add", "rule", "inet", "drill", "in", "ip", "saddr", "{ 10.81.0.12, 10.81.0.13 }", "drop"],
        ["nft", "add", "rule", "inet", "drill", "out", "ip", "daddr", "{ 10.81.0.12, 10.81.0.13 }", "drop"],
    ]
    for rule in rules:
        site.cluster("exec", "n1", *rule)
    time.sleep(9)
    site.cluster("exec", "n1", "nft", "delete", "table", "inet", "drill")
    time.sleep(6)


def _engine_lost(site):
    for host in NODES:
        site.cluster("etcd", host, "kill")
    time.sleep(10)
    for host in NODES:
        site.cluster("etcd", host, "start")
    time.sleep(8)


def _hand_over(site, times=24):
    """Each owner in turn is drained, so that what it has goes to another node, and comes back."""
    site.hand_overs = HandOvers(site.logs())
    for _ in range(times):
        owners = site.owners()
        if not owners:
            break
        name, host = sorted(owners.items())[0]
        ask(host, "/api/node/drain")
        site.until(lambda name=name, host=host: site.owners().get(name, host) != host, 5)
        ask(host, "/api/node/undrain")
        site.until(lambda host=host: host in site.ready(), 5)
        time.sleep(0.7)  # for clients to spread over the nodes again
    site.hand_overs.tell(times)


def _roll(site):
    for host in NODES:
        site.cluster("stop", host)
        time.sleep(0.5)
        site.cluster("start", host)
        site.until(lambda host=host: host in site.ready(), 20)
        time.sleep(2)


SCENARIOS = [
    Scenario("calm", "nothing happens", _calm),
    # What the dead node had in hand: at most a request per connection to it.
    Scenario("node-killed", "kill -9 of a node, its singletons move", _kill_node, failed=100, owner_gap=5.0),
    Scenario("newcomer", "a node starts while the others work", _newcomer, owner_gap=6.0),
    Scenario("etcd-leader-killed", "the engine's leader dies", _etcd_leader_dies),
    Scenario("etcd-leader-frozen", "the engine's leader is stopped for 8 s", _etcd_leader_freezes),
    Scenario("partition", "one node is cut off from nodes and engine", _partition, owner_gap=7.0),
    Scenario("engine-lost", "the whole engine is away for 10 s", _engine_lost, owner_gap=20.0),
    Scenario("hand-over", "each owner of singletons is drained, one after the other", _hand_over, most=2),
    Scenario("rolling-replacement", "every node is stopped in order and started anew", _roll, owner_gap=1.0),
]
