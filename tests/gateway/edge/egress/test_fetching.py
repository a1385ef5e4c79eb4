"""Files that a vendor cannot fetch itself."""

import asyncio
import base64
from typing import Any, Final

import msgspec
import pytest

from gateway.edge.egress import fetching
from gateway.edge.egress.upstream import BadAnswer, ConnectFailed, TimedOut
from protocols.codec import Target
from tests.gateway.edge.dialects import vendor, whole
from tests.gateway.edge.house import MESSAGES, House, told_by
from tests.gateway.edge.plane import bearer, key_spec
from tests.gateway.edge.questions.test_translation import MESSAGE
from tests.gateway.edge.vendors import CHAT_ANSWER, Client, Said, provider, target

PNG: Final = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PDF: Final = b"%PDF-1.7\n"
URL: Final = "https://pictures.example/a.png"
OCTETS: Final = {"content-type": "application/octet-stream"}


def claude(**more: Any) -> Any:
    """That fetches nothing."""
    row = target("m", price_model="m", id="t-claude", target=Target(model="m", vendor="anthropic"))
    return provider("claude", kind="anthropic", targets=(row,), **more)


def body(*urls: str) -> bytes:
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    turn = {"role": "user", "content": [{"type": "text", "text": "What?"}, *parts]}
    return msgspec.json.encode({"model": "m", "messages": [turn]})


def house(*answers: Any, **more: Any) -> House:
    more.setdefault("providers", (claude(),))
    return House(*answers, **more)


async def test_a_picture_is_fetched_and_sent_in_place() -> None:
    gateway = house(Said(PNG[:9], PNG[9:], headers=OCTETS), Said(MESSAGE))
    client = await gateway.ask(body(URL))

    assert client.status == 200, client.body
    fetch, call = gateway.vendors.calls
    assert (fetch.method, fetch.url, fetch.body) == ("GET", URL, b"")
    assert {name for name, _ in fetch.headers} == {"accept", "user-agent"}
    assert gateway.vendors.origins[0] == "https://pictures.example"
    image = msgspec.json.decode(call.body)["messages"][0]["content"][1]
    assert image["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": base64.b64encode(PNG).decode(),
    }
    starts, _ = told_by(gateway)
    assert len(starts) == 1


async def test_a_picture_within_a_document_is_fetched_too() -> None:
    link = {"type": "image", "source": {"type": "url", "url": URL}}
    document = {"type": "document", "source": {"type": "content", "content": [link]}}
    turn = {"role": "user", "content": [{"type": "text", "text": "What?"}, document]}
    asked = msgspec.json.encode({"model": "m", "max_tokens": 9, "messages": [turn]})
    answers = Said(PNG, headers=OCTETS), whole("gemini.generate")
    gateway = house(*answers, providers=(vendor("gemini.generate"),))
    client = await gateway.ask(asked, path=MESSAGES)

    assert client.status == 200, client.body
    fetch, call = gateway.vendors.calls
    assert fetch.url == URL
    assert base64.b64encode(PNG) in call.body


async def test_a_file_is_fetched_once_however_often_it_is_meant_and_asked_for() -> None:
    gateway = house(
        Said(PNG), Said(b"{}", status=500), Said(MESSAGE), providers=(claude(keys=("1", "2")),)
    )
    client = await gateway.ask(body(URL, URL))

    assert client.status == 200
    assert [call.method for call in gateway.vendors.calls] == ["GET", "POST", "POST"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Said(b"", status=404), "the server answered 404"),
        (ConnectFailed("refused"), "refused"),
        (BadAnswer("status 302 is a redirect, which is never followed"), "redirect"),
        (TimedOut("headers", sent=True), "timed out"),
        (Said(b"<html>", headers={"content-type": "text/html"}), "text/html"),
        (Said(PDF), "is no image"),
        (Said(b"?", headers={}), "no known type"),
    ],
)
async def test_what_cannot_be_had_is_said_with_its_place(answer: Any, why: str) -> None:
    gateway = house(answer)
    client = await gateway.ask(body(URL))

    error = msgspec.json.decode(client.body)["error"]
    assert (client.status, error["param"]) == (400, "messages[0].content[1]")
    assert why in error["message"]
    starts, _ = told_by(gateway)
    assert starts == []


@pytest.mark.parametrize("url", ["https://a b/", "https://u:p@x/", "https://x/" + "a" * 9_000])
async def test_no_call_is_made_to_what_is_no_plain_url(url: str) -> None:
    gateway = house()
    client = await gateway.ask(body(url))

    assert client.status == 400
    assert gateway.vendors.calls == []


async def test_files_have_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "FILE_MAX_BYTES", 40)
    monkeypatch.setattr(fetching, "REQUEST_MAX_BYTES", 50)
    one = await house(Said(PNG, PNG)).ask(body(URL))
    two = await house(Said(PNG), Said(PNG)).ask(body(URL, URL + "?2"))

    assert b"larger than 40 bytes" in one.body
    assert b"larger than 50 bytes together" in two.body


async def test_files_have_a_number() -> None:
    urls = [f"{URL}?{number}" for number in range(fetching.FILES_MAX + 1)]
    gateway = house()
    client = await gateway.ask(body(*urls))

    assert (client.status, gateway.vendors.calls) == (400, [])
    assert b"name 65 files to fetch; at most 64" in client.body


async def test_all_files_together_have_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "ALL_WITHIN_S", 0.0)
    gateway = house()
    client = await gateway.ask(body(URL))

    assert (client.status, gateway.vendors.calls) == (400, [])
    assert b"the files take longer than 0 s together" in client.body


async def test_no_file_has_more_time_than_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "ALL_WITHIN_S", 4.0)
    gateway = house(Said(PNG), Said(MESSAGE))
    began = gateway.worker.clock()
    await gateway.ask(body(URL))

    assert gateway.vendors.deadlines[0].total_at - began < 5.0


@pytest.mark.parametrize(
    ("fidelity", "extra"),
    [("lossless", {"seed": 1}), ("warn", {"modalities": ["text", "audio"]})],
)
async def test_for_who_is_refused_anyway_nothing_is_fetched(
    fidelity: Any, extra: dict[str, Any]
) -> None:
    key = key_spec(fidelity=fidelity)
    gateway = house(key=key)
    asked = {**msgspec.json.decode(body(URL)), **extra}
    client = await gateway.ask(msgspec.json.encode(asked))

    assert (client.status, gateway.vendors.calls) == (400, [])
    assert b"conversion_loss" in client.body
    assert b"image" not in client.body


async def test_who_can_fetch_it_is_asked_where_the_gateway_cannot() -> None:
    both = (claude(priority=1), provider(targets=(target(),), priority=2))
    gateway = House(Said(b"", status=404), Said(CHAT_ANSWER), providers=both)
    client = await gateway.ask(body(URL))

    assert (client.status, client.body) == (200, CHAT_ANSWER)


async def test_files_of_documents_and_of_results_are_fetched_too() -> None:
    document = {"type": "document", "source": {"type": "url", "url": URL}}
    asked = {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": [document]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "t1", "name": "look", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [
                {"type": "image", "source": {"type": "url", "url": URL + "?2"}}]}]},
        ],
    }  # fmt: skip
    gateway = House(Said(PDF), Said(PNG), Said(CHAT_ANSWER))
    client = await gateway.ask(msgspec.json.encode(asked), path=b"/v1/messages")

    assert client.status == 200, client.body
    *_, call = gateway.vendors.calls
    assert base64.b64encode(PDF) in call.body


async def test_a_client_that_leaves_takes_the_fetch_along() -> None:
    picture = Said(PNG, 60.0)
    gateway, client = house(picture), Client()

    asking = asyncio.create_task(gateway.ask(body(URL), client=client))
    while not picture.reads:  # noqa: ASYNC110 - the loop does it
        await asyncio.sleep(0)
    client.leave()
    await asyncio.wait_for(asking, 5)

    assert picture.aborted_at is not None
    assert client.sent == []


async def test_a_client_in_a_hurry_is_told_in_time() -> None:
    headers = {**bearer(), b"x-request-timeout-ms": b"50"}
    client = await house(Said(PNG, 60.0)).ask(body(URL), headers=headers)

    assert client.status == 504
