"""Shell that a page marks with `<!-- run -->` runs, in order, against a live installation.

What is marked in other languages runs in tests/clients/test_doc_snippets.py.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest

from gateway.ops.ports import free_port
from tests.contracts.pages import FENCE, pages
from tests.contracts.tree import ROOT, shown

RUN: Final = re.compile(
    r"^(?P<indent>[ ]*)<!-- run -->\n(?P=indent)```bash\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
# Somebody our pages speak of.
MEMBER: Final = "li.wei@example.com"
MASTER_KEY: Final = "test-only-master-key-of-thirty-two-characters"
CLIENT_KEY: Final = "SWITCHYARD_API_KEY"
READY_WITHIN_S: Final = 90.0
PAGES: Final = [page for page in pages() if RUN.search(page.read_text(encoding="utf-8"))]


@pytest.fixture
def terminal(committed_db: None, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who types what a page says."""
    port = free_port()
    return {
        **os.environ,
        "PORT": str(port),
        "MASTER_API_KEY": MASTER_KEY,
        "VAR_DIR": str(tmp_path / "var"),
        "SWITCHYARD": f"http://127.0.0.1:{port}",
        "KEY": MASTER_KEY,
        "PATH": f"{programs(tmp_path / 'bin')}{os.pathsep}{os.environ['PATH']}",
    }


@contextmanager
def server(environment: dict[str, str], *, log: Path) -> Iterator[None]:
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve"],
            cwd=ROOT,
            env=environment | {"DRAIN_READY_DELAY_S": "0", "DRAIN_MAX_S": "1"},
            stdout=stream,
            stderr=stream,
        )
    try:
        wait_until_ready(environment["SWITCHYARD"], log=log)
        yield
    finally:
        process.terminate()
        process.wait()


def make_member(environment: dict[str, str]) -> None:
    subprocess.run(
        ["switchyard", "users", "create", MEMBER, "--tenant", "default", "--role", "developer"],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def make_client_key(environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["switchyard", "keys", "create", "--tenant", "default", "--name", "docs", "--json"],
        env=environment,
        capture_output=True,
        check=True,
    )
    return str(msgspec.json.decode(done.stdout)["key"])


def programs(folder: Path) -> Path:
    folder.mkdir()
    stands_for = {"switchyard": "gateway"}
    if shutil.which("curl") is None:
        stands_for["curl"] = "tests.contracts.curl"
    for name, module in stands_for.items():
        program = folder / name
        program.write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m {module} "$@"\n'
        )
        program.chmod(0o755)
    return folder


def wait_until_ready(url: str, *, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    with httpx.Client(base_url=url, trust_env=False) as client:
        while time.monotonic() < deadline:
            try:
                if client.get("/ready").is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
    pytest.fail(log.read_text(encoding="utf-8", errors="replace"))


@pytest.mark.timeout(180)  # a page may start a server and a dozen programs
@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_snippet_of_a_page_runs(page: Path, terminal: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "terminal"
    folder.mkdir()
    (folder / "docs").symlink_to(ROOT / "docs")
    blocks = RUN.finditer(page.read_text(encoding="utf-8"))
    script = "\n".join(textwrap.dedent(block["code"]) for block in blocks)
    if MEMBER in script:
        make_member(terminal)
    if CLIENT_KEY in script:
        terminal[CLIENT_KEY] = make_client_key(terminal)
    running = server(terminal, log=tmp_path / "server.log") if "$SWITCHYARD/" in script else None
    with running or nullcontext():
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=terminal,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr


def test_shell_that_does_not_run_here_only_names_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    offences = [
        f"{shown(page)}: {line}"
        for page in pages()
        for block in FENCE.finditer(RUN.sub("", page.read_text(encoding="utf-8")))
        if block["language"] in {"bash", "sh", "shell", "console"}
        for line in block["code"].splitlines()
        if line.split("#")[0].split() not in [["make", target] for target in targets]
    ]
    assert not offences
