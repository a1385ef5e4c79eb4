"""Importing the product reaches for nothing: no network, no files but its own."""

import subprocess
import sys
from typing import Final

from tests.contracts.tree import PACKAGES, ROOT

# In a process of its own: what another test imported proves nothing.
PROBE: Final = """
import importlib, os, pkgutil, socket, sys

def refuse(*_):
    raise AssertionError("network at import time")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
os.environ["DJANGO_SETTINGS_MODULE"] = "gateway.settings"
import django
django.setup()
count = 0
for package in sys.argv[1:]:
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not found.name.endswith(".__main__"):
            importlib.import_module(found.name)
            count += 1
print(count)
"""


def test_every_module_imports_without_network() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *PACKAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) > 100
