"""What the nodes say of themselves, asked all the time: who is ready, who owns which singleton."""
import http.client
import json
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
