"""What of an answer its client was not told: the header says it, the record, and the metric."""

import dataclasses
from typing import Any, Final

import msgspec
import pytest
from prometheus_client import REGISTRY

from gateway.telemetry.traffic import Traffic
from protocols.ir import Dialect
from tests.gateway.edge.dialects import PATHS, question, streamed, vendor
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.vendors import Said

OTHERS: Final[tuple[Dialect, ...]] = (
    "anthropic.messages", "bedrock.converse", "gemini.generate", "openai.responses",
)  # fmt: skip
LOST: Final = ["citations", "other:invented", "seal"]
MESSAGE: Final = {
    "role": "assistant",
    "content": "Hello [1]",
    "reasoning_details": [{"type": "reasoning.encrypted", "data": "ENC"}],
}
SOURCES: Final = {"citations": ["https://a.example"], "system_fingerprint": "fp", "invented": 1}
HEAD: Final = {"id": "1", "object": "chat.completion", "created": 1, "model": "sonar"}
USAGE: Final = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def whole() -> Said:
    choice = {"index": 0, "finish_reason": "stop", "message": MESSAGE}
    said = {**HEAD, **SOURCES, "choices": [choice], "usage": USAGE}
    return Said(msgspec.json.encode(said))


def stream() -> Said:
    def chunk(choice: dict[str, Any], **beside: Any) -> bytes:
        said = {**HEAD, **beside, "choices": [{"index": 0, "finish_reason": None, **choice}]}
        return b"data: " + msgspec.json.encode(said) + b"\n\n"

    return streamed(
        "openai.chat",
        chunk({"delta": MESSAGE}),
        chunk({"delta": {}, "finish_reason": "stop"}, **SOURCES, usage=USAGE),
        b"data: [DONE]\n\n",
    )


def counted(code: str, asks: Dialect) -> float:
    labels = {"code": code, "from": asks, "to": "openai.chat"}
    return REGISTRY.get_sample_value("switchyard_conversion_losses_total", labels) or 0.0


@pytest.mark.parametrize("asks", OTHERS)
async def test_what_a_whole_answer_loses_is_in_header_record_and_metric(asks: Dialect) -> None:
    house = House(whole(), providers=(vendor("openai.chat"),))
    house.worker = dataclasses.replace(house.worker, metrics=Traffic(max_series=500))
    before = counted("citations", asks)
    client = await house.ask(question(asks, stream=False), path=PATHS[asks][False])

    assert client.status == 200, client.body
    assert client.headers[b"x-switchyard-degraded"] == ",".join(LOST).encode()
    assert sorted(told_by(house)[1].errand.degraded) == LOST
    assert counted("citations", asks) == before + 1
    assert b"invented" not in client.body


@pytest.mark.parametrize("asks", OTHERS)
async def test_what_a_stream_loses_is_in_the_record(asks: Dialect) -> None:
    house = House(stream(), providers=(vendor("openai.chat"),))
    client = await house.ask(question(asks, stream=True), path=PATHS[asks][True], query=b"alt=sse")

    assert client.status == 200, client.body
    assert sorted(told_by(house)[1].errand.degraded) == LOST
    assert b"invented" not in client.body


async def test_a_client_of_the_dialect_is_told_all_of_it() -> None:
    house = House(whole(), providers=(vendor("openai.chat"),))
    client = await house.ask(question("openai.chat", stream=False))

    assert b"x-switchyard-degraded" not in client.headers
    assert b"invented" in client.body
