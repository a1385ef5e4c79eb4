"""What is billed for operations that are passed on, whatever their vendor says of it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing import cost_nano, rate
from gateway.edge.egress.upstream import Disconnected
from gateway.spool.frames import End
from providers.usage import UsageClasses
from tests.gateway.edge.house import told_by
from tests.gateway.edge.passed import AUDIO, FILE, ask, error, form, passing, price, send
from tests.gateway.edge.vendors import Said

IMAGES = "/v1/images/generations"
SPEECH = "/v1/audio/speech"
HEARD = "/v1/audio/transcriptions"
RERANK = "/v1/rerank"
EACH = price(per_call={"images": "0.04", "seconds": "0.0001", "web_search_calls": "0.002"})
RATED = price(rates={"in_fresh": "1", "out_text": "4", "in_audio": "3", "out_image": "8"})
BOTH = price(rates={"in_fresh": "1", "out_text": "4"}, per_call={"images": "0.04"})
SPOKEN = price(rates={"in_fresh": "15"})  # a unit is a character
SOUND = price(rates={"in_fresh": "0.6", "out_audio": "12"})


def used(end: End) -> dict[str, Any]:
    """Only what is not nothing."""
    tokens, unsaid = end.tokens, type(end.tokens)()
    left = {"usage_raw", "usage_source", "flags"}
    fields = [name for name in tokens.__struct_fields__ if name not in left]
    return {n: v for n in fields if (v := getattr(tokens, n)) != getattr(unsaid, n)}


def dollars(end: End) -> float:
    assert end.money.cost_nano is not None
    return end.money.cost_nano / 10**9


PICTURES = b'{"data":[{"url":"a"},{"url":"b"}]}'
HEARD_TOKENS = (
    b'{"text":"Hi","usage":{"type":"tokens","input_tokens":14,"output_tokens":3,'
    b'"input_token_details":{"audio_tokens":10}}}'
)
TWO_SECONDS = -(-len(FILE) // 16_000)


@pytest.mark.parametrize(
    ("said", "at", "classes", "cost", "source"),
    [
        # By the piece: what came counts, not what was asked for.
        (PICTURES, EACH, {"images": 2}, 0.08, "provider"),
        (b'{"data":[]}', EACH, {}, 0.0, "provider"),
        (b'{"data":{}}', EACH, {"images": 3}, 0.12, "estimate"),
        # Tokens the vendor tells; the pictures are noted beside them.
        (
            PICTURES[:-1] + b',"usage":{"input_tokens":10,"output_tokens":100}}',
            RATED,
            {"in_fresh": 10, "out_text": 100, "images": 2},
            0.00041,
            "provider",
        ),
        # Tokens that nobody tells, for a price of tokens.
        (PICTURES, RATED, {"in_fresh": 10, "out_image": 2 * 1056, "images": 2}, None, "estimate"),
        # A price of both: each is what it says.
        (PICTURES, BOTH, {"images": 2}, 0.08, "provider"),
        (
            PICTURES[:-1] + b',"usage":{"input_tokens":10,"output_tokens":100}}',
            BOTH,
            {"in_fresh": 10, "out_text": 100, "images": 2},
            0.08041,
            "provider",
        ),
    ],
)
async def test_pictures_cost_by_the_piece_or_by_tokens(
    said: bytes, at: Any, classes: dict[str, int], cost: float | None, source: str
) -> None:
    house = passing(Said(said), at=at)
    await ask(house, IMAGES, prompt="x" * 10, n=3)
    final = told_by(house)[1]
    assert (used(final), final.tokens.usage_source) == (classes, source)
    if cost is not None:
        assert dollars(final) == pytest.approx(cost)
    is_exact = source == "provider"
    assert final.money.cost_certainty == ("exact" if is_exact else "estimated")


@pytest.mark.parametrize("n", [3, 3.0, "3"])
async def test_a_number_counts_however_it_is_spelled(n: Any) -> None:
    house = passing(Said(b"{}"), at=EACH)
    await ask(house, IMAGES, prompt="x", n=n)
    assert told_by(house)[1].tokens.images == 3


@pytest.mark.parametrize("n", ["many", " 3", "+3", "129", 129.0, 2.5, True, [3]])
async def test_pictures_are_asked_for_by_a_number_that_is_one(n: Any) -> None:
    house = passing(Said(PICTURES), at=EACH)
    client = await ask(house, IMAGES, prompt="x", n=n)
    assert (client.status, error(client)["param"], house.vendors.calls) == (400, "n", [])


@pytest.mark.parametrize("n", ["many", " 10", "+10", "007", "0000129", "1000000", b"3"])
async def test_forms_ask_for_pictures_by_a_number_that_is_one(n: str | bytes) -> None:
    house = passing(Said(PICTURES), at=EACH)
    client = await send(house, "/v1/images/edits", form(model="m", image=FILE, n=n))
    assert (client.status, error(client)["param"], house.vendors.calls) == (400, "n", [])


@pytest.mark.parametrize(
    ("at", "classes", "cost"),
    [
        (SPOKEN, {"in_fresh": 100}, 0.0015),
        (SOUND, {"in_fresh": 25, "out_audio": 140}, 0.001695),
        (price(per_call={"requests": "0.01"}), {}, 0.01),
    ],
)
async def test_speech_costs_by_its_letters(at: Any, classes: dict[str, int], cost: float) -> None:
    house = passing(Said(b"ID3", headers=AUDIO), at=at)
    await ask(house, SPEECH, input="é" * 100, voice="alloy")
    final = told_by(house)[1]
    assert (used(final), final.tokens.usage_source) == (classes, "estimate")
    assert dollars(final) == pytest.approx(cost)
    assert final.money.cost_certainty == "estimated"


async def test_speech_of_what_is_no_text_is_counted_by_its_bytes() -> None:
    house = passing(Said(b"ID3", headers=AUDIO), at=SPOKEN)
    await ask(house, SPEECH, input=["a"] * 100)
    assert told_by(house)[1].tokens.in_fresh > 50


@pytest.mark.parametrize(
    ("said", "kind", "at", "classes", "source"),
    [
        (
            b'{"text":"Hi","usage":{"type":"duration","seconds":7}}',
            "application/json",
            EACH,
            {"seconds": 7},
            "provider",
        ),
        (
            HEARD_TOKENS,
            "application/json",
            RATED,
            {"in_fresh": 4, "in_audio": 10, "out_text": 3},
            "provider",
        ),
        (b"Hello there", "text/plain", EACH, {"seconds": TWO_SECONDS}, "estimate"),
        (b"WEBVTT\n\n00:00.000 --> 00:08.500\nHi", "text/vtt", EACH, {"seconds": 9}, "estimate"),
        (
            b"Hello there!",
            "text/plain",
            RATED,
            {"in_audio": TWO_SECONDS * 10, "out_text": 3, "seconds": TWO_SECONDS},
            "estimate",
        ),
        (
            b'{"text":"Hello there!"}',
            "application/json",
            RATED,
            {"in_audio": TWO_SECONDS * 10, "out_text": 3, "seconds": TWO_SECONDS},
            "estimate",
        ),
        (
            b'{"text":"Hi","duration":6.5}',
            "application/json",
            RATED,
            {"in_audio": 70, "out_text": 1, "seconds": 7},
            "estimate",
        ),
    ],
)
async def test_what_is_heard_costs_by_seconds_or_by_tokens(
    said: bytes, kind: str, at: Any, classes: dict[str, int], source: str
) -> None:
    house = passing(Said(said, headers={"content-type": kind}), at=at)
    await send(house, HEARD, form(model="m", file=FILE))
    starts, final = told_by(house)
    assert starts[0].input_tokens == 0  # not those of a file
    assert (used(final), final.tokens.usage_source) == (classes, source)


@pytest.mark.parametrize(
    ("said", "at", "classes", "source"),
    [
        (
            b'{"meta":{"billed_units":{"search_units":3}}}',
            EACH,
            {"web_search_calls": 3},
            "provider",
        ),
        (b'{"results":[]}', EACH, {"web_search_calls": 1}, "estimate"),
        (b'{"usage":{"total_tokens":26}}', RATED, {"in_fresh": 26}, "provider"),
        (b'{"usage":{"total_tokens":26}}', EACH, {"in_fresh": 26, "web_search_calls": 1}, None),
        (b'{"meta":{"billed_units":{"search_units":3}}}', RATED, {"in_fresh": 11}, "estimate"),
        (b'{"meta":{"billed_units":{"search_units":-3}}}', EACH, {}, "provider"),
    ],
)
async def test_a_rerank_costs_by_searches_or_by_tokens(
    said: bytes, at: Any, classes: dict[str, int], source: str | None
) -> None:
    house = passing(Said(said), at=at)
    await ask(house, RERANK, query="x", documents=["yy"])
    final = told_by(house)[1]
    assert used(final) == classes
    assert source is None or final.tokens.usage_source == source
    assert "rate_missing" not in final.tokens.flags or at is EACH


async def test_a_moderation_that_says_nothing_is_counted_by_its_letters() -> None:
    house = passing(Said(b'{"results":[]}'), at=price(rates={"in_fresh": "0"}))
    await ask(house, "/v1/moderations", input="x" * 100)
    final = told_by(house)[1]
    assert used(final) == {
        "in_fresh": len(msgspec.json.encode({"model": "m", "input": "x" * 100})) // 4
    }
    assert (final.money.cost_nano, final.tokens.flags) == (0, ())


async def test_what_was_never_answered_may_have_cost_what_was_asked() -> None:
    house = passing(Disconnected("reset", sent=True), Said(PICTURES), at=EACH)
    await ask(house, IMAGES, prompt="x", n=2)
    first = next(end for end in house.notebook.ends if end.attempt == 0)
    assert used(first) == {"images": 2}
    assert (first.money.cost_certainty, first.money.charge_nano) == ("possible", 0)


@pytest.mark.parametrize(("path", "fields"), [(IMAGES, {"prompt": "x"}), (SPEECH, {"input": "x"})])
async def test_what_never_came_has_no_output(path: str, fields: dict[str, str]) -> None:
    house = passing(
        Disconnected("reset", sent=True), Said(PICTURES), at=SOUND if path == SPEECH else RATED
    )
    await ask(house, path, **fields, n=None)
    first = next(end for end in house.notebook.ends if end.attempt == 0)
    assert first.tokens.out_image == first.tokens.out_audio == 0


async def test_what_is_not_heard_out_has_no_text() -> None:
    house = passing(Disconnected("reset", sent=True), Said(b'{"text":"Hi"}'), at=RATED)
    await send(house, HEARD, form(model="m", file=FILE))
    first = next(end for end in house.notebook.ends if end.attempt == 0)
    assert (first.tokens.out_text, first.tokens.in_audio) == (0, TWO_SECONDS * 10)


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.decimals("0", "100", places=6),
)
def test_pieces_cost_exactly_their_price(
    images: int, seconds: int, searches: int, each: Any
) -> None:
    at = price(per_call=dict.fromkeys(("images", "seconds", "web_search_calls"), f"{each:f}"))
    usage = UsageClasses(images=images, seconds=seconds, web_search_calls=searches)
    expected = int((images + seconds + searches) * each * 10**9)
    assert cost_nano(usage, at, at=0.0) == expected == rate(usage, at, at=0.0).cost_nano
