"""A model that ends with what nothing can be done with has failed, in the client's dialect too
(protocols.md PR-32): before its content another one is asked, after it the stream ends as failed.
"""

from typing import Any, Final

import msgspec
import pytest

from protocols.framing.aws import write_event
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.gateway.edge.dialects import PATHS, frames, question, streamed, vendor, whole
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.vendors import Client, Said

USED: Final = {
    "openai.chat": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    "gemini.generate": {
        "promptTokenCount": 7,
        "candidatesTokenCount": 3,
        "totalTokenCount": 10,
    },
    "bedrock.converse": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10},
}
WORDS: Final[dict[Dialect, tuple[str, ...]]] = {
    "openai.chat": ("network_error", "insufficient_system_resource", "error"),
    "openai.responses": ("failed",),
    "gemini.generate": (
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
    ),
    "bedrock.converse": ("malformed_model_output", "malformed_tool_use"),
}
STREAMED: Final[tuple[Dialect, ...]] = ("openai.chat", "gemini.generate", "bedrock.converse")
CASES: Final = [(dialect, word) for dialect, words in WORDS.items() for word in words]


def answer_of(dialect: Dialect, word: str) -> dict[str, Any]:
    match dialect:
        case "openai.chat":
            choice = {"index": 0, "message": {"role": "assistant"}, "finish_reason": word}
            return {"object": "chat.completion", "choices": [choice], "usage": USED[dialect]}
        case "openai.responses":
            usage = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
            return {"object": "response", "status": word, "error": None, "usage": usage}
        case "gemini.generate":
            candidate = {"index": 0, "finishReason": word}
            return {"candidates": [candidate], "usageMetadata": USED[dialect]}
        case _:
            return {"output": {}, "stopReason": word, "usage": USED[dialect]}


def ending(dialect: Dialect, word: str) -> list[bytes]:
    """The last frames of a stream: the word, then usage, then what else belongs to an end."""
    if dialect == "openai.chat":
        choice = {"index": 0, "delta": {}, "finish_reason": word}
        said = [{"choices": [choice]}, {"choices": [], "usage": USED[dialect]}]
        return [*(b"data: " + msgspec.json.encode(one) + b"\n\n" for one in said), DONE]
    if dialect == "gemini.generate":
        return [b"data: " + msgspec.json.encode(answer_of(dialect, word)) + b"\n\n"]
    return [
        _event("messageStop", {"stopReason": word}),
        _event("metadata", {"usage": USED[dialect], "metrics": {"latencyMs": 1}}),
    ]


DONE: Final = b"data: [DONE]\n\n"


def _event(kind: str, said: dict[str, Any]) -> bytes:
    return write_event(kind, msgspec.json.encode(said))


async def asked(gateway: House, dialect: Dialect, *, stream: bool) -> Client:
    path = PATHS[dialect][stream]
    return await gateway.ask(
        question(dialect, stream=stream),
        path=path,
        query=b"alt=sse" if dialect == "gemini.generate" and stream else b"",
    )


@pytest.mark.parametrize(("dialect", "word"), CASES)
async def test_a_whole_answer_of_a_failed_model_is_none(dialect: Dialect, word: str) -> None:
    failed = Said(msgspec.json.encode(answer_of(dialect, word)))
    good = whole(dialect)
    gateway = House(failed, good, providers=(vendor(dialect, "one"), vendor(dialect, "two")))
    client = await asked(gateway, dialect, stream=False)

    assert client.status == 200
    assert client.headers[b"x-gateway-provider"] == b"two"
    assert word.encode() not in client.body
    _, final = told_by(gateway)
    first = next(end for end in gateway.notebook.ends if not end.outcome.final)
    # What the vendor bills is recorded as it says, and nobody is charged for it.
    assert (first.tokens.in_fresh, first.tokens.out_text) == (7, 3)
    assert (first.money.cost_nano, first.money.charge_nano) == (7 * 1_000 + 3 * 4_000, 0)
    assert first.money.cost_certainty == "exact"
    assert final.money.charge_nano == 5 * 1_000 + 2 * 4_000


@pytest.mark.parametrize(("dialect", "word"), CASES)
async def test_where_nobody_does_better_the_client_hears_the_word(
    dialect: Dialect, word: str
) -> None:
    failed = [Said(msgspec.json.encode(answer_of(dialect, word))) for _ in range(3)]
    gateway = House(*failed, providers=(vendor(dialect),))
    client = await asked(gateway, dialect, stream=False)

    assert client.status >= 500
    assert word.encode() in client.body
    assert len(gateway.vendors.calls) == 3
    # Nobody's credential is out for it.
    gateway.vendors.answers.append(whole(dialect))
    assert (await asked(gateway, dialect, stream=False)).status == 200


@pytest.mark.parametrize("dialect", STREAMED)
@pytest.mark.parametrize("together", [False, True], ids=["apart", "together"])
async def test_before_content_the_next_stream_is_the_answer(
    dialect: Dialect, *, together: bool
) -> None:
    pieces = ending(dialect, WORDS[dialect][0])
    failed = streamed(dialect, *([b"".join(pieces)] if together else pieces))
    good = streamed(dialect)
    gateway = House(failed, good, providers=(vendor(dialect, "one"), vendor(dialect, "two")))
    client = await asked(gateway, dialect, stream=True)

    assert client.headers[b"x-gateway-provider"] == b"two"
    assert b"Hello" in client.body
    assert WORDS[dialect][0].encode() not in client.body
    first = next(end for end in gateway.notebook.ends if not end.outcome.final)
    assert (first.tokens.in_fresh, first.tokens.out_text) == (7, 3)


@pytest.mark.parametrize("dialect", STREAMED)
@pytest.mark.parametrize("together", [False, True], ids=["apart", "together"])
async def test_after_content_the_stream_ends_as_failed(dialect: Dialect, *, together: bool) -> None:
    word = WORDS[dialect][0]
    begun = [frame for frame in frames(dialect) if b"Hello" in frame][:1]
    pieces = ending(dialect, word)
    said = [*begun, *([b"".join(pieces)] if together else pieces)]
    gateway = House(streamed(dialect, *said), providers=(vendor(dialect),))
    client = await asked(gateway, dialect, stream=True)

    assert (client.status, client.is_complete) == (200, True)
    assert client.body.startswith(begun[0])
    tail = client.body.removeprefix(begun[0])
    ends = NATIVE[dialect].splitter(cap=1_000_000).feed(tail)
    assert len(ends) == 1, "one terminal event, and nothing of the vendor's end"
    observer = NATIVE[dialect].observer(hide_usage=False)
    observer.feed(ends[0])
    assert observer.failure is not None
    assert word in observer.failure.message
    _, final = told_by(gateway)
    assert final.outcome.status == "interrupted"
    assert (final.tokens.in_fresh, final.tokens.out_text) == (7, 3)
    assert final.money.cost_certainty == "exact"


async def test_a_stream_that_just_ends_after_the_word_has_failed_too() -> None:
    pieces = ending("openai.chat", "network_error")[:1]
    gateway = House(
        streamed("openai.chat", *pieces),
        streamed("openai.chat"),
        providers=(vendor("openai.chat", "one"), vendor("openai.chat", "two")),
    )
    client = await asked(gateway, "openai.chat", stream=True)
    assert b"Hello" in client.body


@pytest.mark.parametrize("dialect", ["openai.chat", "gemini.generate"])
async def test_the_failure_of_another_candidate_is_no_failure_of_the_answer(
    dialect: Dialect,
) -> None:
    word = WORDS[dialect][0]
    if dialect == "openai.chat":
        other: Any = {"choices": [{"index": 1, "delta": {}, "finish_reason": word}]}
    else:
        other = {"candidates": [{"index": 1, "finishReason": word}]}
    frame = b"data: " + msgspec.json.encode(other) + b"\n\n"
    gateway = House(streamed(dialect, frame, *frames(dialect)), providers=(vendor(dialect),))
    client = await asked(gateway, dialect, stream=True)

    assert client.status == 200
    assert client.body.startswith(frame)
