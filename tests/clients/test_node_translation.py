"""The official SDKs for Node, whatever dialect the model speaks: all calls in one program."""

import subprocess
from typing import Any, Final

import msgspec
import pytest

from deploy.bootstrap import BIN, NODE_CLIENTS
from tests.clients.foreign import CITIES, GREETING, KINDS, PICTURE, vendors
from tests.clients.stack import Stack
from tests.clients.tools import SCHEMA

__all__ = ["vendors"]

CLIENTS: Final = ("chat", "responses", "messages")
WITHIN_S: Final = 55


@pytest.fixture(scope="module")
def results(vendors: Stack) -> dict[str, Any]:
    told = {
        "base": vendors.url,
        "key": vendors.key.value,
        "vendors": tuple(KINDS),
        "question": GREETING,
        "cities": CITIES,
        "picture": PICTURE,
        "schema": {**SCHEMA, "additionalProperties": False},
    }
    done = subprocess.run(
        [str(BIN / "node"), "foreign.mjs", msgspec.json.encode(told).decode()],
        cwd=NODE_CLIENTS,
        capture_output=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = msgspec.json.decode(done.stdout)
    return found


@pytest.mark.parametrize("vendor", KINDS)
@pytest.mark.parametrize("client", CLIENTS)
def test_all_that_a_client_does(results: dict[str, Any], client: str, vendor: str) -> None:
    said = results[f"{client} on {vendor}"]
    assert (said["text"], said["words"]) == (GREETING, 60)
    assert set(said["called"]) == {"get_weather", "get_time"}
    assert "21 degrees" in said["told"]
    assert "image/png" in said["picture"]
    assert isinstance(said["formed"]["city"], str)
    assert said["refused"] == ["BadRequestError", 400]
