"""Signs of life, and answers that none may stand in or before."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.edge.answering.watching import Watch
from gateway.edge.messages import RESPONSE_START
from tests.gateway.edge.passed import AUDIO, FILE, ask, form, passing, send
from tests.gateway.edge.vendors import Said, Vendors


async def test_sound_does_not_follow_signs_of_life() -> None:
    house = passing(Said(b"ID3", headers=AUDIO, headers_after_s=0.2), stream_keepalive_s=0.05)
    client = await ask(house, "/v1/audio/speech", input="Hello", stream_format="sse")
    assert b"ID3" not in client.body
    assert b'"error"' in client.body


@pytest.fixture
def quiet_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """As each answer arrives its client has just heard nothing for too long."""
    quiet: list[Callable[[], None]] = []
    begin, send_on = Watch.begin, Vendors.send

    def begun(watch: Watch, *, on_quiet: Callable[[], None]) -> None:
        quiet.append(on_quiet)
        begin(watch, on_quiet=on_quiet)

    async def sent(vendors: Vendors, *args: Any, **fields: Any) -> Said:
        answer = await send_on(vendors, *args, **fields)
        quiet[-1]()
        return answer

    monkeypatch.setattr(Watch, "begin", begun)
    monkeypatch.setattr(Vendors, "send", sent)


@pytest.mark.usefixtures("quiet_too_long")
async def test_sound_does_not_follow_a_sign_of_life_that_is_on_its_way() -> None:
    house = passing(Said(b"ID3", headers=AUDIO))
    client = await ask(house, "/v1/audio/speech", input="Hello", stream_format="sse")
    assert client.headers[b"content-type"].startswith(b"text/event-stream")
    assert b"ID3" not in client.body
    assert b'"error"' in client.body


@pytest.mark.usefixtures("quiet_too_long")
async def test_an_answer_in_one_piece_does_not_follow_one_either() -> None:
    house = passing(Said(b'{"text":"Hello"}'))
    body = form(model="m", file=FILE, stream="true")
    client = await send(house, "/v1/audio/transcriptions", body)
    kinds = [message["type"] for message in client.sent]
    assert kinds[0] == RESPONSE_START
    assert kinds.count(RESPONSE_START) == 1
    assert b"content-length" not in client.headers
    assert b'"error"' in client.body


async def test_no_sign_of_life_stands_in_sound() -> None:
    house = passing(Said(0.1, b"ID3", 0.1, b"abc", headers=AUDIO), stream_keepalive_s=0.02)
    client = await ask(house, "/v1/audio/speech", input="Hello", stream_format="sse")
    assert (client.body, client.is_complete) == (b"ID3abc", True)
    assert client.headers[b"content-type"] == b"audio/mpeg"
