"""Hosts as network namespaces on two bridges: front (10.77.0.N, eth0) and back (10.78.0.N, eth1). Wants root. Nothing
outside the namespaces is touched, and their names carry this process's number."""

import os
import subprocess
import time


def run(*argv, check=True):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode(errors="replace")
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: code {done.returncode}\n{text}")
    return text


class Lab:
    def __init__(self):
        self._name = f"vb{os.getpid()}"
        self._hosts = []
        self._switch = f"{self._name}-sw"
        run("ip", "netns", "add", self._switch)
        for bridge in ("front", "back"):
            run("ip", "-n", self._switch, "link", "add", bridge, "type", "bridge", "stp_state", "0",
                "forward_delay", "0", "mcast_snooping", "0")
            run("ip", "-n", self._switch, "link", "set", bridge, "up")

    def add(self, number):
        name = self.namespace(number)
        run("ip", "netns", "add", name)
        self._hosts.append(number)
        run("ip", "-n", name, "link", "set", "lo", "up")
        for bridge, device, network in (("front", "eth0", 77), ("back", "eth1", 78)):
            port = f"{bridge[0]}{number}"
            run("ip", "-n", self._switch, "link", "add", port, "type", "veth", "peer", "name", device, "netns", name)
            run("ip", "-n", self._switch, "link", "set", port, "master", bridge, "up")
            run("ip", "-n", name, "link", "set", device, "up")
            run("ip", "-n", name, "addr", "add", f"10.{network}.0.{number}/24", "dev", device)

    def namespace(self, number):
        return f"{self._name}-{number}"

    def command(self, number, argv):
        """The command line that runs this in the host; the process it starts becomes the program itself."""
        return ["ip", "netns", "exec", self.namespace(number), *argv]

    def cable(self, number, plugged):
        """The front cable: the host sees its carrier go."""
        run("ip", "-n", self._switch, "link", "set", f"f{number}", "up" if plugged else "down")

    def silence(self, number, silent):
        """Nothing from or to the host passes, and nobody sees a carrier go."""
        for port in (f"f{number}", f"b{number}"):
            command = ("bridge", "-n", self._switch, "link", "set", "dev", port, "state", "0" if silent else "3")
            for _ in range(100):
                # A port that was just plugged in cannot be set for a moment.
                if "Network is down" not in run(*command, check=False):
                    break
                time.sleep(0.02)
            run(*command)

    def has(self, number, address):
        """Whether the host shows it to the network; what lingers on the loopback does not count."""
        found = run("ip", "-n", self.namespace(number), "-o", "addr", "show", "to", address)
        return any(": lo " not in line for line in found.splitlines())

    def pids(self, number):
        return [int(p) for p in run("ip", "netns", "pids", self.namespace(number)).split()]

    def forget_neighbours(self, number):
        run("ip", "-n", self.namespace(number), "neigh", "flush", "all", check=False)

    def close(self):
        for number in self._hosts:
            run("ip", "netns", "del", self.namespace(number), check=False)
        run("ip", "netns", "del", self._switch, check=False)
