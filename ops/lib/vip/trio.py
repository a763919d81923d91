"""Three nodes with three virtual addresses, one on each, and an origin behind them."""

import json
import os
import signal
import subprocess
import sys
import time

from .lab import run
from .pairs import PORT, wait_until

NODES, CLIENT, ORIGIN = (11, 12, 13), 9, 8
SECURE = 8443
VIPS = tuple(f"10.77.0.{101 + i}" for i in range(len(NODES)))
TOOLS = os.path.dirname(os.path.realpath(__file__))
DRAIN = 20


class Trio:
    def __init__(self, lab, folder, advert, program):
        self.lab, self.folder, self.advert, self.program = lab, folder, advert, program
        self.nodes, self.others = {}, []
        # What is measured with a client that is to be served comes before other work of the machine.
        self.nice, self.environment = -10, {}
        self.origin = (f"10.78.0.{ORIGIN}", "9000")

    def start(self):
        certificate = [os.path.join(self.folder, name) for name in ("site.pem", "site.key")]
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=vip",
            "-out", certificate[0], "-keyout", certificate[1])
        self.begin(ORIGIN, "origin", [sys.executable, os.path.join(TOOLS, "origin.py"), *self.origin])
        for host in NODES:
            self.write(host, *certificate)
            self.launch(host)
        wait_until(lambda: sorted(self.owners()) == sorted(NODES), "one virtual address on each node", 40)
        wait_until(self.is_known, "all nodes know all owners")

    def write(self, host, certificate, key):
        vips = "\n".join(f"""    {{ name = vip-{i}, interface = eth0, addresses = ["{vip}/24"], router-id = {51 + i}
      priority = auto, advert = {int(self.advert * 1000)}ms }}""" for i, vip in enumerate(VIPS))
        with open(os.path.join(self.folder, f"node-{host}.conf"), "w", encoding="utf-8") as file:
            file.write(f"""
proxy {{
  node {{ name = node-{host}, workers = 2, state-dir = "{self.folder}/state-{host}", drain-timeout = {DRAIN}s }}
  listeners = [
    {{ name = web, bind = "0.0.0.0:{PORT}", access-log {{ enabled = false }} }}
    {{ name = secure, bind = "0.0.0.0:{SECURE}", access-log {{ enabled = false }}
      tls {{ certificates = [ {{ certificate = "{certificate}", key = "{key}" }} ] }} }}
  ]
  routes = [
    {{ match {{ path = "/trickle" }}, pool = origin }}
    {{ match {{ path = "/socket" }}, pool = origin, upgrade = [websocket] }}
    {{ match {{ path = "/ask" }}, pool = origin }}
    {{ match {{ path = "/" }}, respond {{ status = 200, body = "ok" }} }}
  ]
  pools {{ origin {{ members = [ {{ name = o, url = "http://10.78.0.{ORIGIN}:9000" }} ] }} }}
  vip = [
{vips}
  ]
  vip-placement {{ rebalance-after = 0s, nodes {{ {", ".join(f"node-{each} {{ }}" for each in NODES)} }} }}
  cluster {{ peers {{ bind = "10.78.0.{host}:7400", seeds = [
    {", ".join(f'"10.78.0.{each}:7400"' for each in NODES if each != host)} ] }} }}
  management {{ bind = "127.0.0.1:8558", read-only = false }}
}}
""")

    def begin(self, host, name, argv, environment=None):
        log = open(os.path.join(self.folder, f"{name}-{host}.log"), "ab")
        process = subprocess.Popen(
            ["nice", "-n", str(self.nice), *self.lab.command(host, argv)], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, cwd=self.folder, env={**os.environ, **(environment or {})})
        log.close()
        self.others.append(process)
        return process

    def launch(self, host):
        self.nodes[host] = self.begin(host, "node", [self.program, "run", f"{self.folder}/node-{host}.conf"],
                                      self.environment)

    def owners(self):
        """Of each address in turn: the host that has it, 0 for none or several."""
        found = [[host for host in NODES if self.lab.has(host, vip)] for vip in VIPS]
        return [hosts[0] if len(hosts) == 1 else 0 for hosts in found]

    def api(self, host, path):
        return run(*self.lab.command(host, ["curl", "-s", f"http://127.0.0.1:8558{path}"]), check=False)

    def is_known(self):
        for host in NODES:
            try:
                vips = json.loads(self.api(host, "/api/vips"))["vips"]
            except (ValueError, KeyError):
                return False
            if any(not vip["owner"] for vip in vips):
                return False
        return True

    def replace(self, host):
        """As a service manager does it: SIGTERM, and when the process has ended a new one. Seconds it took to end."""
        before, began = self.owners(), time.monotonic()
        self.nodes[host].send_signal(signal.SIGTERM)
        self.nodes[host].wait(DRAIN + 20)
        took = time.monotonic() - began
        self.launch(host)
        wait_until(lambda: self.owners() == before, f"node-{host} has its address again", 60)
        wait_until(self.is_known, "all nodes know all owners")
        return took

    def client(self, name, *arguments):
        return subprocess.Popen(
            ["chrt", "-f", "5", *self.lab.command(CLIENT, [sys.executable, os.path.join(TOOLS, name), *arguments])],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def probes(self):
        """One client for each address, each with a new connection every 5 ms."""
        return [self.client("probe.py", vip, str(PORT)) for vip in VIPS]

    def logs(self):
        lines = []
        for host in NODES:
            with open(os.path.join(self.folder, f"node-{host}.log"), encoding="utf-8", errors="replace") as file:
                lines += [f"{line.rstrip()} (node-{host})" for line in file]
        return "\n".join(lines)

    def changes(self):
        """What the nodes say of their virtual addresses, in order of time."""
        return "\n".join(sorted(line for line in self.logs().splitlines() if " vip " in line or "vip-guard" in line))

    def end(self):
        for host in (*NODES, ORIGIN):
            for pid in self.lab.pids(host):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for process in self.others:
            process.wait(10)
        for host in NODES:
            for vip in VIPS:
                for device, length in (("eth0", 24), ("lo", 32)):
                    run("ip", "-n", self.lab.namespace(host), "addr", "del", f"{vip}/{length}", "dev", device,
                        check=False)
            run(*self.lab.command(host, ["nft", "flush", "ruleset"]), check=False)
