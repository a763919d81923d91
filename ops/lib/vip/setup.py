"""What the measurements of virtual addresses need before they begin."""

import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))


def prepare(*tools):
    """Installs what is missing and builds the program. Each tool is "command package"."""
    if os.geteuid() != 0:
        sys.exit("network namespaces want root")
    packages = [package for command, package in map(str.split, tools) if shutil.which(command) is None]
    if packages:
        quiet = {"stdout": subprocess.DEVNULL,
                 "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}}
        subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], check=True, **quiet)
    subprocess.run([os.path.join(ROOT, "ops", "proxy"), "version"], check=True, stdout=subprocess.DEVNULL)
    dotnet = shutil.which("dotnet")
    if dotnet and "DOTNET_ROOT" not in os.environ:
        os.environ["DOTNET_ROOT"] = os.path.dirname(os.path.realpath(dotnet))
