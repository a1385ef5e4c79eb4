"""Batches that a vendor takes in parts: one answer, one attempt, the sum of what was used."""

import asyncio
from typing import Any, Final

import msgspec
import pytest

from gateway.edge.egress.upstream import Disconnected, UpstreamFault
from gateway.edge.questions import batches
from protocols.codec import Target
from providers.specs import ProviderSpec, Surface
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.vendors import Client, Said, provider, target

PATH: Final = b"/v1/embeddings"
MOST: Final = 2
TEXTS: Final = ("a", "b", "c", "d", "e")


def embedder(
    kind: str = "openai", *, slug: str = "acme", window: int | None = None, **more: Any
) -> ProviderSpec:
    row = target(
        price_model="m",
        operations=frozenset({"embeddings"}),
        target=Target(model="em-1", vendor="v", max_inputs=MOST),
        context_window=window,
    )
    return provider(slug, kind=kind, targets=(row,), **more)


def asked(*inputs: object, **more: object) -> bytes:
    return msgspec.json.encode({"model": "m", "input": inputs, **more})


def vectors(*numbers: int, tokens: int | None = 3, first: int = 0) -> Said:
    data = [
        {"object": "embedding", "index": first + at, "embedding": [number]}
        for at, number in enumerate(numbers)
    ]
    usage = {} if tokens is None else {"usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
    return Said(msgspec.json.encode({"object": "list", "data": data, "model": "em-1", **usage}))


def sent(house: House) -> list[list[object]]:
    return [msgspec.json.decode(call.body)["input"] for call in house.vendors.calls]


async def test_parts_are_one_answer_and_one_attempt() -> None:
    house = House(
        vectors(1, 2), vectors(3, 4, tokens=5), vectors(5, tokens=7), providers=(embedder(),)
    )
    client = await house.ask(asked(*TEXTS), path=PATH)

    said = msgspec.json.decode(client.body)
    assert client.status == 200, client.body
    assert [row["embedding"] for row in said["data"]] == [[1], [2], [3], [4], [5]]
    assert [row["index"] for row in said["data"]] == [0, 1, 2, 3, 4]
    assert said["usage"] == {"prompt_tokens": 15, "total_tokens": 15}
    assert sent(house) == [["a", "b"], ["c", "d"], ["e"]]
    starts, end = told_by(house)
    assert len(starts) == 1
    assert (end.tokens.in_fresh, end.tokens.usage_source, end.money.cost_nano) == (
        15,
        "provider",
        15_000,
    )
    assert (end.money.charge_nano, end.money.cost_certainty) == (15_000, "exact")


@pytest.mark.parametrize(
    "body",
    [asked("a", "b"), asked("1,2,3,4"), b'{"model":"m","input":"a,b,c,d"}', asked(1, 2, 3, 4)],
)
async def test_what_fits_goes_up_as_it_came(body: bytes) -> None:
    house = House(vectors(1), providers=(embedder(),))
    client = await house.ask(body, path=PATH)
    assert client.status == 200, client.body
    assert len(house.vendors.calls) == 1
    assert sent(house) == [msgspec.json.decode(body)["input"]]
    assert told_by(house)[1].errand.lane == "native"


async def test_tokens_are_divided_too_where_they_may_be_asked() -> None:
    lists = ([1], [2, 3], [4])
    house = House(vectors(1, 2), vectors(3), providers=(embedder(),))
    assert (await house.ask(asked(*lists), path=PATH)).status == 200
    assert sent(house) == [[[1], [2, 3]], [[4]]]

    house = House(providers=(embedder("openai_compatible"),))
    assert (await house.ask(asked(*lists), path=PATH)).status == 400
    assert house.vendors.calls == []


async def test_a_part_that_fails_fails_the_attempt_and_the_first_parts_stay_in_the_record() -> None:
    refused = Said(b'{"error":{"message":"slow down"}}', status=429)
    house = House(
        vectors(1, 2), refused, vectors(1, 2, tokens=4), vectors(3, tokens=4),
        providers=(embedder(), embedder(slug="other")),
    )  # fmt: skip
    client = await house.ask(asked("a", "b", "c"), path=PATH)

    assert client.status == 200, client.body
    assert msgspec.json.decode(client.body)["usage"]["prompt_tokens"] == 8
    told_by(house)
    first, second = house.notebook.ends
    assert (first.tokens.in_fresh, first.tokens.usage_source) == (3, "provider")
    money = first.money
    assert (money.cost_nano, money.charge_nano, money.cost_certainty) == (3_000, 0, "exact")
    assert (second.tokens.in_fresh, second.money.charge_nano) == (8, 8_000)


@pytest.mark.parametrize(
    ("fault", "certainty"),
    [
        (Disconnected("gone", sent=False), "exact"),
        (Disconnected("gone", sent=True), "estimated"),
        (Said(b'{"error":{"message":"broken"}}'), "estimated"),
        (Said(b"{}"), "estimated"),
        (Said(b"<html>", headers={"content-type": "text/html"}), "estimated"),
    ],
)
async def test_what_was_answered_before_is_counted_alone(
    fault: Said | UpstreamFault, certainty: str
) -> None:
    house = House(vectors(1, 2), fault, providers=(embedder(),))
    client = await house.ask(asked("a", "b", "c"), path=PATH)

    assert client.status >= 500
    end = house.notebook.ends[0]
    assert (end.tokens.in_fresh, end.money.cost_nano, end.money.charge_nano) == (3, 3_000, 0)
    assert end.money.cost_certainty == certainty


async def test_the_first_part_is_all_that_may_have_been_used_when_nobody_answers_it() -> None:
    house = House(Disconnected("gone", sent=True), providers=(embedder(),))
    await house.ask(asked("word " * 40, "b", "c" * 4_000), path=PATH)
    end = house.notebook.ends[0]
    body = house.vendors.calls[0].body
    assert end.tokens.in_fresh == len(body) // 4 < 100
    assert end.money.cost_certainty == "possible"


@pytest.mark.parametrize("numbers", [(1,), (1, 2, 3)])
async def test_other_than_a_vector_for_each_input_is_no_answer(numbers: tuple[int, ...]) -> None:
    house = House(vectors(*numbers), providers=(embedder(),))
    client = await house.ask(asked("a", "b", "c"), path=PATH)
    assert client.status == 502
    assert house.notebook.ends[0].tokens.in_fresh == 3, "its vendor has billed it"


async def test_a_vector_that_is_missing_is_no_answer() -> None:
    empty = Said(b'{"data":[{"index":0},{"index":1}],"usage":{"prompt_tokens":3}}')
    house = House(empty, providers=(embedder(),))
    assert (await house.ask(asked("a", "b", "c"), path=PATH)).status == 502


async def test_what_one_part_does_not_tell_is_counted_here() -> None:
    house = House(vectors(1, 2), vectors(3, tokens=None), providers=(embedder(),))
    body = asked("a", "b", "c")
    client = await house.ask(body, path=PATH)
    assert "usage" not in msgspec.json.decode(client.body)
    _, end = told_by(house)
    assert (end.tokens.in_fresh, end.tokens.usage_source) == (len(body) // 4, "estimate")

    refused = Said(b'{"error":{"message":"slow down"}}', status=429)
    house = House(vectors(1, 2, tokens=None), refused, providers=(embedder(),))
    await house.ask(body, path=PATH)
    end = house.notebook.ends[0]
    expected = len(house.vendors.calls[0].body) // 4
    assert (end.tokens.in_fresh, end.money.cost_certainty) == (expected, "estimated")


async def test_there_is_an_end_to_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_PARTS", 2)
    house = House(vectors(1, 2), vectors(3, 4), providers=(embedder(),))
    client = await house.ask(asked(*TEXTS), path=PATH)
    error = msgspec.json.decode(client.body)["error"]
    assert (client.status, error["param"], house.vendors.calls) == (400, "input", [])
    assert (await house.ask(asked(*TEXTS[:4]), path=PATH)).status == 200


async def test_parts_are_no_larger_than_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "ANSWER_MAX_BYTES", 200)
    house = House(vectors(1, 2), vectors(3), providers=(embedder(),))
    client = await house.ask(asked("a", "b", "c"), path=PATH)
    assert client.status == 502
    assert house.notebook.ends[0].tokens.in_fresh == 6


@pytest.mark.parametrize(
    ("policy", "used", "certainty"), [("cancel", 3, "estimated"), ("drain", 6, "exact")]
)
async def test_who_left_asks_for_no_more(policy: str, used: int, certainty: str) -> None:
    spec = embedder(disconnect_policy=policy)
    house = House(vectors(1, 2), vectors(3, 4), vectors(5), providers=(spec,))
    slow = house.vendors.answers[1]
    assert isinstance(slow, Said)
    slow.headers_after_s = 0.2

    client = Client()
    asking = asyncio.create_task(house.ask(asked(*TEXTS), path=PATH, client=client))
    while len(house.vendors.calls) < 2:  # noqa: ASYNC110 - the loop does it
        await asyncio.sleep(0)
    client.leave()
    await asyncio.wait_for(asking, 5)
    assert len(house.vendors.calls) == 2
    end = house.notebook.final
    assert (end.outcome.status, end.tokens.in_fresh) == ("canceled", used)
    assert end.money.cost_certainty == certainty


async def test_a_window_is_of_one_input_and_not_of_the_batch() -> None:
    answers = (vectors(1, 2, tokens=90), vectors(3, tokens=90))
    house = House(*answers, providers=(embedder(window=100),))
    await house.ask(asked("a", "b", "c"), path=PATH)
    _, end = told_by(house)
    assert (end.tokens.in_fresh, end.tokens.usage_source) == (180, "provider")


GEMINI: Final = b"/v1beta/models/m:batchEmbedContents"


def gemini() -> ProviderSpec:
    spec = embedder()
    surface = Surface(
        dialect="gemini.generate",
        base_url="https://g.example/v1beta",
        paths={"embeddings": "/models/{model}:batchEmbedContents"},
    )
    return msgspec.structs.replace(spec, kind="gemini", surfaces=(surface,))


def contents(*numbers: int, tokens: int) -> Said:
    details = [{"modality": "TEXT", "tokenCount": tokens}]
    usage = {"promptTokenCount": tokens, "promptTokenDetails": details}
    rows = [{"values": [number]} for number in numbers]
    return Said(msgspec.json.encode({"embeddings": rows, "usageMetadata": usage}))


@pytest.mark.parametrize("path", [GEMINI, PATH])
async def test_gemini_is_asked_in_parts_by_clients_of_both_dialects(path: bytes) -> None:
    house = House(contents(1, 2, tokens=4), contents(3, tokens=2), providers=(gemini(),))
    said: dict[str, Any] = {"model": "m", "input": ["a", "b", "c"]}
    if path == GEMINI:
        said = {
            "requests": [{"model": "models/m", "content": {"parts": [{"text": t}]}} for t in "abc"]
        }
    client = await house.ask(msgspec.json.encode(said), path=path)

    answer = msgspec.json.decode(client.body)
    assert client.status == 200, client.body
    if path == GEMINI:
        assert [row["values"] for row in answer["embeddings"]] == [[1], [2], [3]]
        assert answer["usageMetadata"]["promptTokenCount"] == 6
    else:
        assert [row["embedding"] for row in answer["data"]] == [[1], [2], [3]]
        assert answer["usage"]["prompt_tokens"] == 6
    requests = [msgspec.json.decode(call.body)["requests"] for call in house.vendors.calls]
    assert [len(each) for each in requests] == [2, 1]
    assert told_by(house)[1].tokens.in_fresh == 6
