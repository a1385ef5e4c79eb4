"""The official SDKs for Node: all calls in one program, once through the gateway, once straight."""

import subprocess
from typing import Any, Final

import msgspec
import pytest

from deploy.bootstrap import BIN, NODE_CLIENTS
from tests.clients.stack import Stack
from tests.faults.referee import Referee

NOBODY: Final = "sy-live-" + "A" * 43
WITHIN_S: Final = 50
SHARED: Final = (
    "openai_chat",
    "openai_stream",
    "openai_stream_usage",
    "openai_embeddings",
    "openai_embeddings_float",
    "openai_400",
    "anthropic_message",
    "anthropic_stream",
    "anthropic_collected",
    "anthropic_count",
    "anthropic_400",
)


def run_calls(**told: str) -> dict[str, Any]:
    done = subprocess.run(
        [str(BIN / "node"), "run.mjs", msgspec.json.encode(told).decode()],
        cwd=NODE_CLIENTS,
        capture_output=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    results: dict[str, Any] = msgspec.json.decode(done.stdout)
    return results


@pytest.fixture(scope="module")
def through(stack: Stack) -> dict[str, Any]:
    return run_calls(
        base=stack.url, key=stack.key.value, openai="oai.", anthropic="ant.", stranger=NOBODY
    )


@pytest.fixture(scope="module")
def straight(referee: Referee) -> dict[str, Any]:
    return run_calls(base=referee.url, key="sk-good", openai="", anthropic="")


@pytest.mark.parametrize("name", SHARED)
def test_results_are_the_vendor_s_own(
    through: dict[str, Any], straight: dict[str, Any], name: str
) -> None:
    assert through[name] == straight[name]
    assert ("raised" in straight[name]) == name.endswith("_400"), straight[name]


def test_nothing_else_was_called(straight: dict[str, Any]) -> None:
    assert set(straight) == set(SHARED)


@pytest.mark.parametrize(
    ("name", "raised", "status", "word"),
    [
        ("openai_stranger", "AuthenticationError", 401, "key"),
        ("openai_unknown_model", "NotFoundError", 404, "nothing-like-it"),
        ("openai_bad_body", "BadRequestError", 400, "messages"),
        ("anthropic_stranger", "AuthenticationError", 401, "key"),
        ("anthropic_unknown_model", "NotFoundError", 404, "nothing-like-it"),
        ("anthropic_bad_body", "BadRequestError", 400, "messages"),
    ],
)
def test_the_sdk_knows_the_gateway_s_errors(
    through: dict[str, Any], name: str, raised: str, status: int, word: str
) -> None:
    found = through[name]
    assert (found.get("raised"), found.get("status")) == (raised, status), found
    assert word in found["message"]


def test_models_are_listed_page_by_page(through: dict[str, Any]) -> None:
    for name in ("openai_models", "anthropic_models"):
        listed = through[name]["result"]
        assert {"oai.decent", "ant.decent", "mock.mock-echo"} <= set(listed)
        assert len(listed) == len(set(listed))


def test_tools_in_two_turns(through: dict[str, Any]) -> None:
    first, choice = through["openai_tools"]["result"]
    assert (first, choice["finish_reason"]) == ("tool_calls", "stop")
    assert "21" in choice["message"]["content"]
    first, message = through["anthropic_tools"]["result"]
    assert (first, message["stop_reason"]) == ("tool_use", "end_turn")
    assert "21" in message["content"][0]["text"]
