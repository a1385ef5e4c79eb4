"""The AI SDK by each of its providers, on models of every dialect: all calls in one program."""

import subprocess
from typing import Any, Final

import msgspec
import pytest

from deploy.bootstrap import BIN, NODE_CLIENTS
from tests.clients.foreign import GREETING, KINDS, PICTURE, vendors
from tests.clients.stack import Stack

__all__ = ["vendors"]

PROVIDERS: Final = ("responses", "chat", "messages", "gemini")
WITHIN_S: Final = 55


@pytest.fixture(scope="module")
def results(vendors: Stack) -> dict[str, Any]:
    told = {
        "base": vendors.url,
        "key": vendors.key.value,
        "vendors": tuple(KINDS),
        "question": GREETING,
        "picture": PICTURE,
    }
    done = subprocess.run(
        [str(BIN / "node"), "ai-sdk.mjs", msgspec.json.encode(told).decode()],
        cwd=NODE_CLIENTS,
        capture_output=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = msgspec.json.decode(done.stdout)
    return found


@pytest.mark.parametrize("vendor", KINDS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_all_that_a_provider_does(results: dict[str, Any], provider: str, vendor: str) -> None:
    said = results[f"{provider} on {vendor}"]
    assert (said["text"], said["words"], said["steps"]) == (GREETING, 60, 2)
    assert said["used"] > 50
    assert "21 degrees" in said["told"]
    if provider != "messages":
        assert isinstance(said["formed"]["city"], str)
    assert "image/png" in said["shown"]
    assert said["refused"] == ["AI_APICallError", 400]
