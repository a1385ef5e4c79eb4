"""A vendor's error that is told in other words than its own has the status of its kind's row."""

from collections.abc import Mapping
from typing import Final

import msgspec
import pytest

from protocols.errors import Problem
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.gateway.edge.dialects import DIALECTS, PATHS, frames, question, streamed, vendor
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.vendors import JSON, Said

ATTEMPTS: Final = 4  # at most
GONE: Final = Problem(kind="upstream_error", message="")
# What vendors answer, and what each dialect has for it: OpenAI's two, Anthropic, Google, Bedrock.
ROWS: Final[Mapping[str, tuple[int, bytes, tuple[int, int, int, int]]]] = {
    "overloaded, as Anthropic counts": (529, b'{"type":"overloaded_error"}', (503, 529, 503, 503)),
    "overloaded": (503, b'{"type":"server_error"}', (503, 529, 503, 503)),
    "failed": (500, b'{"type":"server_error"}', (502, 502, 502, 500)),
    "failed, as GLM counts": (435, b'{"code":"500"}', (502, 502, 502, 500)),
    "not allowed, as GLM counts": (434, b'{"code":"1220"}', (403, 403, 403, 403)),
    "not processable": (422, b'{"type":"x"}', (400, 400, 400, 400)),
    "a teapot": (418, b'{"type":"x"}', (400, 400, 400, 400)),
    "no such model": (400, b'{"code":"model_not_found"}', (404, 404, 404, 404)),
    "too slow": (408, b'{"type":"x"}', (504, 504, 504, 408)),
}
COLUMNS: Final[Mapping[Dialect, int]] = {
    "openai.chat": 0,
    "openai.responses": 0,
    "anthropic.messages": 1,
    "gemini.generate": 2,
    "bedrock.converse": 3,
}


def house_of(asks: Dialect, status: int, error: bytes) -> House:
    """Whose vendor speaks another dialect than `asks`."""
    speaks: Dialect = "anthropic.messages" if asks == "openai.chat" else "openai.chat"
    body = b'{"error":{"message":"So it is.",' + error[1:] + b"}"
    answers = (Said(body, status=status, headers=JSON) for _ in range(ATTEMPTS))
    return House(*answers, providers=(vendor(speaks),))


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("asks", DIALECTS)
async def test_an_error_in_translation_has_the_status_of_its_row(asks: Dialect, row: str) -> None:
    status, error, told = ROWS[row]
    house = house_of(asks, status, error)
    client = await house.ask(question(asks, stream=False), path=PATHS[asks][False])

    assert client.status == told[COLUMNS[asks]]
    assert b"So it is." in client.body
    _, final = told_by(house)
    assert final.outcome.http_status == client.status
    if asks == "gemini.generate":
        assert msgspec.json.decode(client.body)["error"]["code"] == client.status


@pytest.mark.parametrize("asks", DIALECTS)
async def test_an_answer_that_is_no_json_has_the_status_of_its_row(asks: Dialect) -> None:
    """In the client's own dialect, too: its words cannot pass."""
    page = (Said(b"<html>", status=599, headers={"content-type": "text/html"}) for _ in range(4))
    house = House(*page, providers=(vendor(asks),))
    client = await house.ask(question(asks, stream=False), path=PATHS[asks][False])

    assert client.status == NATIVE[asks].encode_error(GONE, "r").status


async def test_an_error_of_the_clients_own_dialect_keeps_the_vendors_status() -> None:
    body = b'{"error":{"message":"So it is.","type":"server_error"}}'
    answers = (Said(body, status=529, headers=JSON) for _ in range(ATTEMPTS))
    client = await House(*answers, providers=(vendor("openai.chat"),)).ask()

    assert (client.status, client.body) == (529, body)


async def test_an_error_inside_a_stream_has_the_number_of_its_row() -> None:
    told = frames("openai.chat")
    begun = told[: 1 + next(at for at, frame in enumerate(told) if b"Hello" in frame)]
    error = b'data: {"error":{"message":"So it is.","code":"x","status":529}}\n\n'
    house = House(streamed("openai.chat", *begun, error), providers=(vendor("openai.chat"),))
    client = await house.ask(
        question("gemini.generate", stream=True),
        path=PATHS["gemini.generate"][True],
        query=b"alt=sse",
    )

    last = client.body.rstrip().rpartition(b"data: ")[2]
    assert msgspec.json.decode(last)["error"]["code"] == 503
