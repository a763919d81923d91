"""Starting the programs of a run, waiting until they answer, and ending exactly those again."""

import contextlib
import http.client
import os
import subprocess
import time


def prefix(cores):
    """Pins a command to cores. Root's bench also goes before other work, which it cannot keep off the machine."""
    return (["nice", "-n", "-15"] if os.geteuid() == 0 else []) + ["taskset", "-c", ",".join(map(str, cores))]


class Started:
    """Every process this run started; ended in reverse order, each by its own pid."""

    def __init__(self):
        self._all = []

    def start(self, argv, log, cores, env=None):
        command = prefix(cores) + argv
        with open(log, "ab") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       env={**os.environ, **(env or {})})
        process.log = log
        self._all.append(process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        if process in self._all:
            self._all.remove(process)

    def end_all(self):
        for process in reversed(list(self._all)):
            with contextlib.suppress(Exception):
                self.end(process)


def fetch(port, path, headers=None, timeout=5):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def wait_until_answering(process, port, path, seconds=20):
    """The program must answer 200; when it ends or stays silent its log is what the person needs to see."""
    deadline = time.monotonic() + seconds
    problem = "no answer"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            problem = f"it ended with code {process.returncode}"
            break
        try:
            status, _, _ = fetch(port, path, timeout=2)
            if status == 200:
                return
            problem = f"it answered {status}"
        except OSError as error:
            problem = str(error)
        time.sleep(0.05)
    with open(process.log, encoding="utf-8", errors="replace") as f:
        tail = "".join(f.readlines()[-15:])
    raise RuntimeError(f"{' '.join(map(str, process.args))}: {problem} on port {port}\n{tail}")
