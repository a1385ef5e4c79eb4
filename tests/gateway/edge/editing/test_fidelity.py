"""Ten requests that lose something on the way, by what their keys let be lost."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
import pytest
from prometheus_client import REGISTRY

from gateway.telemetry.traffic import Traffic
from tests.gateway.edge.house import PRICE, House, priced, told_by
from tests.gateway.edge.plane import key_spec
from tests.gateway.edge.questions.test_translation import MESSAGE, claude
from tests.gateway.edge.vendors import Said

AUDIO: Final = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
FILE: Final = {"type": "file", "file": {"file_id": "file-1"}}
VIDEO: Final = {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}}
LOSSY: Final[dict[str, tuple[dict[str, Any], bool]]] = {
    "seed": ({"seed": 7}, False),
    "logprobs": ({"logprobs": True, "top_logprobs": 2}, False),
    "n": ({"n": 2}, False),
    "penalties": ({"presence_penalty": 0.5}, False),
    "service_tier": ({"service_tier": "flex"}, False),
    "store": ({"store": True}, False),
    "other": ({"invented": 1}, False),
    "audio": ({"content": [AUDIO]}, True),
    "file": ({"content": [FILE]}, True),
    "video": ({"content": [VIDEO]}, True),
}
LABELS: Final = {"from": "openai.chat", "to": "anthropic.messages"}


def body(said: dict[str, Any]) -> bytes:
    said = dict(said)
    content = [{"type": "text", "text": "Hi"}, *said.pop("content", [])]
    turn = {"role": "user", "content": content}
    return msgspec.json.encode({"model": "m", "messages": [turn], **said})


def counted(code: str, labels: Mapping[str, str] = LABELS) -> float:
    name = "switchyard_conversion_losses_total"
    return REGISTRY.get_sample_value(name, {"code": code, **labels}) or 0.0


@pytest.mark.parametrize("code", LOSSY)
@pytest.mark.parametrize("fidelity", ["lossless", "warn", "best-effort"])
async def test_a_key_decides_whether_a_loss_is_borne(fidelity: Any, code: str) -> None:
    said, is_content = LOSSY[code]
    house = House(
        Said(MESSAGE),
        providers=(claude(),),
        key=key_spec(fidelity=fidelity),
        prices=priced(PRICE),
    )
    house.worker = dataclasses.replace(house.worker, metrics=cast("Any", Traffic(max_series=5_000)))
    before = counted(code)
    client = await house.ask(body(said))

    refused = fidelity == "lossless" or (fidelity == "warn" and is_content)
    assert client.status == (400 if refused else 200), client.body
    degraded = client.headers[b"x-switchyard-degraded"].decode().split(",")
    _, final = told_by(house)
    assert sorted(final.errand.degraded) == degraded
    assert code in {word.partition(":")[0] for word in degraded}
    assert counted(code) > before
    assert len(house.vendors.calls) == (0 if refused else 1)
    if refused:
        error = msgspec.json.decode(client.body)["error"]
        assert error["code"] == "conversion_loss"
        assert code in error["message"]
