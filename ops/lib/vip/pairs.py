"""The two pairs of boxes that are compared, each as an operator would set them up."""

import os
import signal
import subprocess
import sys
import time

from .lab import run

VIP = "10.77.0.101"
PORT = 8080
FIRST, SECOND, CLIENT = 11, 12, 9
FREEZER = os.path.join(os.path.dirname(os.path.realpath(__file__)), "freeze.py")


def wait_until(condition, what, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"did not happen in {seconds:.0f} s: {what}")
        time.sleep(0.02)


class Pair:
    """Two hosts; the first one has the better priority. Everything runs a little before other work of the machine, or
    the numbers would be those of the machine's load."""

    def __init__(self, lab, folder, advert):
        self.lab, self.folder, self.advert = lab, folder, advert
        self.processes = {FIRST: {}, SECOND: {}}

    def begin(self, host, name, argv, env=None):
        log = open(os.path.join(self.folder, f"{name}-{host}.log"), "ab")
        self.processes[host][name] = subprocess.Popen(
            ["nice", "-n", "-10", *self.lab.command(host, argv)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            cwd=self.folder, env={**os.environ, **(env or {})})
        log.close()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def wait_settled(self):
        wait_until(lambda: self.lab.has(FIRST, VIP) and not self.lab.has(SECOND, VIP), f"{VIP} on the first host only")
        time.sleep(max(0.3, 3 * self.advert))

    def signal(self, host, name, number):
        self.processes[host][name].send_signal(number)

    def end(self):
        """Everything in the two hosts; only what this lab holds."""
        for host in (FIRST, SECOND):
            for number in (signal.SIGCONT, signal.SIGKILL):
                for pid in self.lab.pids(host):
                    try:
                        os.kill(pid, number)
                    except ProcessLookupError:
                        pass
            for process in self.processes[host].values():
                process.wait(10)
            # Killed, none of them could tidy up; the next pair must not profit or suffer from it.
            for device, length in (("eth0", 24), ("lo", 32)):
                run("ip", "-n", self.lab.namespace(host), "addr", "del", f"{VIP}/{length}", "dev", device, check=False)
            run(*self.lab.command(host, ["nft", "flush", "ruleset"]), check=False)
            run(*self.lab.command(host, ["sysctl", "-qw", "net.ipv4.conf.eth0.arp_ignore=0",
                                         "net.ipv4.conf.eth0.arp_announce=0"]), check=False)


class Ours(Pair):
    name = "ours"

    def __init__(self, lab, folder, advert, program, version=3):
        super().__init__(lab, folder, advert)
        self.program, self.version = program, version

    def start(self):
        for host, priority, peer in ((FIRST, 150, SECOND), (SECOND, 100, FIRST)):
            path = self.write(f"node-{host}.conf", f"""
proxy {{
  node {{ name = node-{host}, workers = 1, state-dir = "{self.folder}/state-{host}", drain-timeout = 5s }}
  listeners = [ {{ name = web, bind = "0.0.0.0:{PORT}", access-log {{ enabled = false }} }} ]
  routes = [ {{ match {{ path = "/" }}, respond {{ status = 200, body = "ok" }} }} ]
  vip {{
    name = web, interface = eth0, addresses = ["{VIP}/24"], router-id = 51, priority = {priority}
    advert = {int(self.advert * 1000)}ms, version = {self.version}
  }}
  cluster {{ peers {{ bind = "10.78.0.{host}:7400", seeds = ["10.78.0.{peer}:7400"] }} }}
  management {{ bind = "127.0.0.1:8558", read-only = false }}
}}
""")
            self.begin(host, "node", [self.program, "run", path])
        self.wait_settled()
        wait_until(self.is_known, "the second node knows the owner")

    def is_known(self):
        vips = run(*self.lab.command(SECOND, ["curl", "-s", "http://127.0.0.1:8558/api/vips"]), check=False)
        return '"owner":"node-11"' in vips.replace(" ", "")

    def kill(self):
        self.signal(FIRST, "node", signal.SIGKILL)

    def hang(self):
        self.signal(FIRST, "node", signal.SIGSTOP)

    def stuck(self):
        node = self.processes[FIRST]["node"].pid
        return subprocess.Popen([sys.executable, FREEZER, str(node), "edge-0"], stdout=subprocess.DEVNULL)

    def move(self):
        command = ["curl", "-s", "-X", "POST", "-H", "Content-Type: application/json", "-d", "{}",
                   "http://127.0.0.1:8558/api/vips/web/move?to=node-12"]
        return subprocess.Popen(self.lab.command(FIRST, command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def pause(self):
        for pid in self.lab.pids(FIRST):
            os.kill(pid, signal.SIGSTOP)

    def resume(self):
        for pid in self.lab.pids(FIRST):
            os.kill(pid, signal.SIGCONT)


class Keepalived(Pair):
    name = "keepalived"

    def __init__(self, lab, folder, advert, version):
        super().__init__(lab, folder, advert)
        self.version = version

    def start(self):
        haproxy = self.write("haproxy.cfg", f"""
global
  nbthread 1
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend web
  bind 0.0.0.0:{PORT}
  http-request return status 200 content-type text/plain string ok
""")
        for host, priority in ((FIRST, 150), (SECOND, 100)):
            conf = self.write(f"keepalived-{host}.conf", f"""
global_defs {{
  router_id node{host}
  enable_script_security
  script_user root
}}
vrrp_script alive {{
  script "/usr/bin/curl -s -o /dev/null --max-time 0.2 http://127.0.0.1:{PORT}/"
  interval 1
  timeout 1
  fall 1
  rise 1
}}
vrrp_instance web {{
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority {priority}
  version {self.version}
  advert_int {self.advert:g}
  virtual_ipaddress {{
    {VIP}/24
  }}
  track_script {{
    alive
  }}
}}
""")
            self.begin(host, "haproxy", ["haproxy", "-db", "-f", haproxy])
            self.begin(host, "keepalived", [
                "keepalived", "--dont-fork", "--log-console", "--vrrp", "-f", conf,
                "-p", f"{self.folder}/k{host}.pid", "-r", f"{self.folder}/v{host}.pid"])
        self.wait_settled()

    def kill(self):
        for pid in self.lab.pids(FIRST):
            os.kill(pid, signal.SIGKILL)

    def hang(self):
        self.signal(FIRST, "haproxy", signal.SIGSTOP)

    def move(self):
        self.signal(FIRST, "keepalived", signal.SIGTERM)
        return None

    def pause(self):
        for pid in self.lab.pids(FIRST):
            os.kill(pid, signal.SIGSTOP)

    def resume(self):
        for pid in self.lab.pids(FIRST):
            os.kill(pid, signal.SIGCONT)
