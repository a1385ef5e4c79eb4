"""Requests that lose something on the way from each dialect to each other, by what their keys let
be lost. `test_fidelity` has ten of one cell.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

import msgspec
import pytest

from gateway.telemetry.traffic import Traffic
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.gateway.edge.dialects import DIALECTS, PATHS, read_whole, text_of, vendor, whole
from tests.gateway.edge.editing.test_fidelity import counted
from tests.gateway.edge.house import PRICE, House, priced, told_by
from tests.gateway.edge.plane import key_spec

INVENTED: Final = {"invented": 1}
CLIP: Final = "AAAA"
FOREIGN_FILE: Final = "https://generativelanguage.googleapis.com/v1beta/files/abc"
SHOT: Final = {"type": "computer_screenshot", "image_url": "data:image/png;base64,AAAA"}


class Lossy(NamedTuple):
    """What is asked beside "Hi", and where it does not arrive."""

    code: str
    fields: Mapping[str, Any] = {}
    part: Mapping[str, Any] | None = None
    item: Mapping[str, Any] | None = None  # of Responses' input
    kept_by: frozenset[Dialect] = frozenset()

    @property
    def is_content(self) -> bool:
        return self.part is not None or self.item is not None


def kept_by(*dialects: Dialect) -> frozenset[Dialect]:
    return frozenset(dialects)


LOSSY: Final[Mapping[Dialect, tuple[Lossy, ...]]] = {
    "openai.chat": (
        Lossy("other", INVENTED),
        Lossy("logit_bias", {"logit_bias": {"5": 3}}),
        Lossy("seed", {"seed": 7}, kept_by=kept_by("gemini.generate")),
        Lossy(
            "video",
            part={"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{CLIP}"}},
            kept_by=kept_by("gemini.generate", "bedrock.converse"),
        ),
    ),
    "openai.responses": (
        Lossy("other", INVENTED),
        Lossy("verbosity", {"text": {"verbosity": "low"}}, kept_by=kept_by("openai.chat")),
        Lossy("opaque", item={"type": "computer_call_output", "call_id": "c", "output": SHOT}),
    ),
    "anthropic.messages": (
        Lossy("other", INVENTED),
        Lossy("top_k", {"top_k": 5}, kept_by=kept_by("gemini.generate")),
        Lossy("opaque", part={"type": "container_upload", "file_id": "f"}),
        Lossy("file", part={"type": "document", "source": {"type": "file", "file_id": "file_011"}}),
    ),
    "gemini.generate": (
        Lossy("other", INVENTED),
        Lossy("seed", {"generationConfig": {"seed": 5}}, kept_by=kept_by("openai.chat")),
        Lossy("file", part={"fileData": {"mimeType": "video/mp4", "fileUri": FOREIGN_FILE}}),
        Lossy(
            "video",
            part={"inlineData": {"mimeType": "video/mp4", "data": CLIP}},
            kept_by=kept_by("openai.chat", "bedrock.converse"),
        ),
    ),
    "bedrock.converse": (
        Lossy("other", INVENTED),
        Lossy("other", {"performanceConfig": {"latency": "optimized"}}),
        Lossy(
            "video",
            part={"video": {"format": "mp4", "source": {"bytes": CLIP}}},
            kept_by=kept_by("openai.chat", "gemini.generate"),
        ),
    ),
}


def cells() -> Iterator[Any]:
    for asks, lossy in LOSSY.items():
        for at, each in enumerate(lossy):
            for speaks in DIALECTS:
                if speaks not in {asks, *each.kept_by}:
                    yield pytest.param(asks, speaks, each, id=f"{asks}-{speaks}-{each.code}-{at}")


def body(asks: Dialect, lossy: Lossy) -> bytes:
    part = () if lossy.part is None else (lossy.part,)
    match asks:
        case "openai.responses":
            turn = {"role": "user", "content": [{"type": "input_text", "text": "Hi"}, *part]}
            item = () if lossy.item is None else (lossy.item,)
            said: dict[str, Any] = {"model": "m", "store": False, "input": [turn, *item]}
        case "gemini.generate":
            said = {"contents": [{"role": "user", "parts": [{"text": "Hi"}, *part]}]}
        case "bedrock.converse":
            said = {"messages": [{"role": "user", "content": [{"text": "Hi"}, *part]}]}
        case _:
            turn = {"role": "user", "content": [{"type": "text", "text": "Hi"}, *part]}
            said = {"model": "m", "max_tokens": 99, "messages": [turn]}
    return msgspec.json.encode({**said, **lossy.fields})


@pytest.mark.parametrize(("asks", "speaks", "lossy"), list(cells()))
@pytest.mark.parametrize("fidelity", ["lossless", "warn", "best-effort"])
async def test_a_key_decides_whether_a_loss_is_borne(
    fidelity: Any, asks: Dialect, speaks: Dialect, lossy: Lossy
) -> None:
    house = House(
        whole(speaks),
        providers=(vendor(speaks),),
        key=key_spec(fidelity=fidelity),
        prices=priced(PRICE),
    )
    house.worker = dataclasses.replace(house.worker, metrics=cast("Any", Traffic(max_series=5_000)))
    labels = {"from": asks, "to": speaks}
    before = counted(lossy.code, labels)
    client = await house.ask(body(asks, lossy), path=PATHS[asks][False])

    refused = fidelity == "lossless" or (fidelity == "warn" and lossy.is_content)
    assert client.status == (400 if refused else 200), client.body
    degraded = client.headers[b"x-switchyard-degraded"].decode().split(",")
    assert lossy.code in {word.partition(":")[0] for word in degraded}
    _, final = told_by(house)
    assert sorted(final.errand.degraded) == degraded
    assert counted(lossy.code, labels) > before
    assert len(house.vendors.calls) == (0 if refused else 1)
    if refused:
        problem = NATIVE[asks].problem(client.status, client.body, None)
        assert lossy.code in problem.message
    else:
        assert text_of(read_whole(asks, client.body)) == "Hello"


@pytest.mark.parametrize("asks", DIALECTS)
async def test_nothing_is_refused_where_nothing_is_lost(asks: Dialect) -> None:
    for speaks in DIALECTS:
        key = key_spec(fidelity="lossless")
        house = House(whole(speaks), providers=(vendor(speaks),), key=key)
        client = await house.ask(body(asks, Lossy("")), path=PATHS[asks][False])
        assert client.status == 200, client.body
        assert b"x-switchyard-degraded" not in client.headers
