"""Switchyard as `switchyard up` runs it: PostgreSQL, two Valkeys, workers, one server process."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.load import Peer
from bench.machine import LOAD_CORE, MEASURED_CORE, pin
from bench.report import PRODUCT
from bench.tools import Missing
from tests.clients.management import SETTINGS, Management, Model
from tests.faults.installation import Installation

SERVER: Final = "serve"
SURFACES: Final = (("openai", "/v1", "gpt-4o-mini"), ("anthropic", "", "claude-sonnet-4-5"))


@contextmanager
def product(*, vendor_port: int) -> Iterator[Peer]:
    """All features on; only the server is measured, its neighbours share the load's core."""
    with tempfile.TemporaryDirectory(prefix="switchyard-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        installation = Installation(folder)
        installation.environment |= {**SETTINGS, "WORKERS": "1", "LOG_FORMAT": "json"}
        try:
            installation.start()
            pin(os.getpid(), core=LOAD_CORE)
            server = installation.child(SERVER)
            if server is None:
                raise Missing("a server that stays up")
            pin(server.pid, core=MEASURED_CORE)
            key = _furnish(f"http://127.0.0.1:{installation.port}", vendor_port=vendor_port)
            yield Peer(name=PRODUCT, port=installation.port, pid=server.pid, key=key)
        finally:
            installation.kill_everything()


def _furnish(url: str, *, vendor_port: int) -> str:
    """A provider for each dialect and a key; the key's value."""
    with Management(url) as management:
        key = management.key()
        for kind, path, model in SURFACES:
            management.provider(
                slug=f"bench-{kind}",
                kind=kind,
                base_url=f"http://127.0.0.1:{vendor_port}{path}",
                secrets=["sk-bench"],
                models=[Model(name=model)],
            )
            management.wait_until_callable(model, key=key)
    return key.value
