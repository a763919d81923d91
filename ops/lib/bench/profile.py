"""Where our CPU time goes: perf samples the process while wrk runs."""

import os
import shutil
import subprocess


def record(bench, candidate, results, case, seconds):
    """Starts perf for the time of one run; returns a function that waits for it and gives the path of the report."""
    if shutil.which("perf") is None:
        print("bench: perf is not installed, no profile (Debian: apt-get install linux-perf)")
        return lambda: None
    data = os.path.join(bench.folder, f"{case}.perf")
    process = subprocess.Popen(
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-g", "-p", str(candidate.process.pid), "-o", data,
         "--", "sleep", str(seconds)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish():
        process.wait(seconds + 30)
        target = os.path.join(results, f"profile-{case}.txt")
        report = subprocess.run(
            ["perf", "report", "--stdio", "-i", data, "--no-children", "-g", "none", "--sort", "dso,symbol",
             "--percent-limit", "0.2"], capture_output=True, text=True, timeout=120, check=False)
        with open(target, "w", encoding="utf-8") as f:
            f.write(report.stdout or report.stderr)
        return target

    return finish
