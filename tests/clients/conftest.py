"""One gateway per module, and the vendors it calls."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Final

import httpx
import pytest

from gateway.ops.ports import free_port
from tests.clients.fixtures import bare_stack, referee
from tests.clients.kept import Keep
from tests.clients.management import Model
from tests.clients.stack import Stack
from tests.contracts.tree import ROOT
from tests.faults.installation import wait_until
from tests.faults.referee import Referee

__all__ = ["bare_stack", "referee"]

DECENT: Final = "decent"
MOCK_UP_WITHIN_S: Final = 20


@pytest.fixture(scope="module")
def stack(bare_stack: Stack, referee: Referee) -> Stack:
    """With the referee as two providers, `oai` and `ant`."""
    for slug, kind, path in (("oai", "openai", "/v1"), ("ant", "anthropic", "")):
        bare_stack.management.provider(
            slug=slug,
            kind=kind,
            base_url=f"{referee.url}{path}",
            secrets=["sk-good"],
            models=[Model(name=DECENT, operations=("chat", "embeddings"))],
            allow_unlisted_models=True,
        )
        bare_stack.management.wait_until_callable(f"{slug}.{DECENT}", key=bare_stack.key)
    return bare_stack


@pytest.fixture
def keep() -> Iterator[Keep]:
    """Closes each client it is given: what is left open is somebody else's failing test later."""
    with ExitStack() as opened:
        yield lambda client: opened.enter_context(closing(client))


@pytest.fixture(scope="module")
def mock_url() -> Iterator[str]:
    """`switchyard mock` as a program: what the gateway's own mock provider says, said directly."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "mock", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url), within_s=MOCK_UP_WITHIN_S)
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with httpx.Client(trust_env=False, timeout=2) as client:
            client.get(url)
    except httpx.HTTPError:
        return False
    return True
