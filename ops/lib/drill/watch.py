"""What the nodes say of themselves, asked all the time: who is ready, who owns which singleton."""
import datetime
import http.client
import json
import re
import statistics
import threading
import time

from . import netns


class NodeWatch:
    """Asks one node from inside its namespace. `ready` is what an outer balancer would know; `owned` is the names of
    the singletons that this node says it runs."""

    def __init__(self, host, pause=0.05):
        self.host, self.pause = host, pause
        self.ready = False
        self.owned = frozenset()
        self._ended = threading.Event()
        netns.thread(f"proxy-{host}", self._run)

    def stop(self):
        self._ended.set()

    def _run(self):
        while not self._ended.wait(self.pause):
            self.ready = self._ask("/ready") is not None
            text = self._ask("/cluster/shards/health")
            try:
                self.owned = frozenset(one["shardId"] for one in json.loads(text)["regions"]) if text else frozenset()
            except (ValueError, KeyError, TypeError):
                self.owned = frozenset()

    @staticmethod
    def _ask(path):
        connection = http.client.HTTPConnection("127.0.0.1", 8558, timeout=1)
        try:
            connection.request("GET", path, headers={"Authorization": "Bearer lab"})
            answer = connection.getresponse()
            text = answer.read()
            return text if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def ask(host, path):
    """A POST to the management of a node; the status."""
    answer = []

    def post():
        connection = http.client.HTTPConnection("127.0.0.1", 8558, timeout=10)
        connection.request("POST", path, headers={"Authorization": "Bearer lab", "Content-Length": "0"})
        answer.append(connection.getresponse().status)
        connection.close()

    netns.thread(f"proxy-{host}", post).join()
    return answer[0] if answer else 0


class HandOvers:
    """What the logs say from now on of singletons that moved: from the line of the old owner, before it stops, to the
    line of the next one, when it runs. One machine, so one clock; the log has milliseconds."""
    LINE = re.compile(r"^(\S+Z) .*singleton (\S+) (stops|runs) here")
    MEDIAN, MOST = 0.010, 0.050

    def __init__(self, logs):
        self._logs = {host: (path, self._size(path)) for host, path in logs.items()}
        self._overlaps = []
        self.kept = False

    def tell(self, expected):
        gaps = sorted(self._gaps())
        self.kept = (
            not self._overlaps and len(gaps) >= expected
            and statistics.median(gaps) <= self.MEDIAN and gaps[-1] <= self.MOST)
        if gaps:
            print(
                f"    {len(gaps)} hand-overs: median {statistics.median(gaps) * 1000:.0f} ms, "
                f"longest {gaps[-1] * 1000:.0f} ms, {sum(gap <= self.MEDIAN for gap in gaps)} within 10 ms, "
                f"{len(self._overlaps)} begun before the end",
                flush=True)

    def _gaps(self):
        stopped = {}
        for at, name, what in sorted(self._lines()):
            if what == "stops":
                stopped[name] = at
            elif name in stopped:
                yield (at - stopped.pop(name)).total_seconds()
            else:
                self._overlaps.append(name)

    def _lines(self):
        for path, begin in self._logs.values():
            with open(path, encoding="utf-8", errors="replace") as log:
                log.seek(begin)
                for found in map(self.LINE.match, log):
                    if found:
                        at = datetime.datetime.fromisoformat(found[1])
                        # Of two lines of one millisecond the end comes first.
                        yield at, found[2], found[3].replace("runs", "~runs")

    @staticmethod
    def _size(path):
        with open(path, "rb") as log:
            return log.seek(0, 2)


class OwnerGaps:
    """The longest time during which no node said it runs a singleton, and the most nodes that said so at once."""

    def __init__(self, watches, names):
        self.watches, self.names = watches, names
        self.gap, self.most = 0.0, 0
        self._begun = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._ended.set()
        self._thread.join()
        for name in list(self._begun):
            self._close(name)

    def _run(self):
        while not self._ended.wait(0.02):
            for name in self.names:
                owners = sum(name in watch.owned for watch in self.watches)
                self.most = max(self.most, owners)
                if owners == 0:
                    self._begun.setdefault(name, time.monotonic())
                else:
                    self._close(name)

    def _close(self, name):
        begun = self._begun.pop(name, None)
        if begun is not None:
            self.gap = max(self.gap, time.monotonic() - begun)
