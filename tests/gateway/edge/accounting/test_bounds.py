"""Usage that nobody can mean, by what went through here."""

from typing import Any, Final

import msgspec
import pytest

from gateway.edge.accounting.bounds import TOKEN_BYTES, UNSEEN_READ, UNSEEN_WRITTEN, deviates
from gateway.edge.exchange import Asked, Exchange
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import CHAT, EMBEDDINGS, GENERATE, MESSAGES, RESPONSES
from protocols import ir
from protocols.codec import Head
from protocols.registry import CLIENT_CODECS
from tests.gateway.edge.house import PLAIN, House, told_by
from tests.gateway.edge.vendors import Client, Said, candidate, exchange

TEXT: Final = "word " * 400
STOPS: Final = {
    "openai.chat": "stop",
    "openai.responses": "completed",
    "anthropic.messages": "end_turn",
    "gemini.generate": "STOP",
}
MANY: Final = 100_000


def body(operation: Operation = CHAT, text: str = TEXT, **fields: Any) -> bytes:
    match operation.dialect:
        case "openai.responses":
            said: dict[str, Any] = {"model": "m", "input": text}
        case "gemini.generate":
            said = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
        case "anthropic.messages":
            said = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": text}]}
        case "openai.embeddings":
            said = {"model": "m", "input": text}
        case _:
            said = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return msgspec.json.encode(said | fields)


def answered(
    read: int = 400,
    written: int | None = 10,
    *,
    given: bytes | None = None,
    operation: Operation = CHAT,
    usage: dict[str, Any] | None = None,
    **fields: Any,
) -> Exchange:
    """As after a stream of 40 letters."""
    made = exchange(Client(), candidate(), body=given or body(operation), operation=operation)
    made.usage = ir.Usage(input_tokens=read, output_tokens=written, **(usage or {}))
    made.stop, made.text_bytes = STOPS.get(operation.dialect), 40
    for name, value in fields.items():
        setattr(made, name, value)
    return made


SPOKEN: Final = (CHAT, RESPONSES, MESSAGES, GENERATE)


@pytest.mark.parametrize("operation", SPOKEN, ids=lambda one: one.dialect)
def test_every_dialect_has_the_same_bounds(operation: Operation) -> None:
    most = round((len(body(operation)) + UNSEEN_READ) * 1.2)
    least = -(-len(TEXT) // TOKEN_BYTES)
    for read in (most - 1, least, least - 2):
        assert not deviates(answered(read, operation=operation)), read
    for read in (most + 1, least // 2, 0):
        assert deviates(answered(read, operation=operation)), read
    longest = int((40 + UNSEEN_WRITTEN) * 1.2)
    assert not deviates(answered(written=longest, operation=operation))
    assert deviates(answered(written=longest + 1, operation=operation))
    assert deviates(answered(written=0, operation=operation))
    assert not deviates(answered(written=0, text_bytes=0, operation=operation))


def test_an_answer_in_one_piece_is_bounded_by_what_it_said() -> None:
    for said, wrong in ((1_000, False), (100, True)):
        made = answered(written=1_000, said_bytes=said, text_bytes=0)
        assert deviates(made) == wrong, said


def test_what_was_thought_is_no_part_of_what_was_said() -> None:
    assert not deviates(answered(written=5_000, usage={"reasoning_tokens": 4_990}))
    assert deviates(answered(written=5_000, usage={"reasoning_tokens": 4_000}))


OUTPUT: Final = (
    {"given": body(reasoning_effort="high")},  # and nobody says how much of it was thought
    {"usage": {"output_audio_tokens": 4_000}},
    {"usage": {"output_image_tokens": 4_000}},
    {
        "given": body(MESSAGES, thinking={"type": "enabled", "budget_tokens": 4}),
        "operation": MESSAGES,
    },
    {
        "given": body(GENERATE, generationConfig={"responseModalities": ["IMAGE"]}),
        "operation": GENERATE,
    },
    {
        "given": body(GENERATE, tools=[{"functionDeclarations": [{"name": "f"}]}]),
        "operation": GENERATE,
        "bytes_out": 9_000,
    },
)


@pytest.mark.parametrize("hidden", OUTPUT)
def test_output_that_may_be_hidden_has_no_upper_bound(hidden: dict[str, Any]) -> None:
    assert not deviates(answered(written=5_000, **hidden))
    assert deviates(answered(0, written=5_000, **hidden))


IMAGE: Final = {"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}
PDF: Final = {"type": "document", "source": {"type": "url", "url": "https://a.example/x.pdf"}}
ELSEWHERE: Final = {
    "a link": (CHAT, body(text=[IMAGE])),  # type: ignore[arg-type]
    "a file within a result": (
        MESSAGES,
        body(
            MESSAGES,
            messages=[
                {"role": "user", "content": "Hi"},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}],
                },
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "t", "content": [PDF]}],
                },
            ],
        ),
    ),
    "a tool of the vendor": (
        MESSAGES,
        body(MESSAGES, tools=[{"type": "web_search_20250305", "name": "web_search"}]),
    ),
    "a field that nobody knows": (CHAT, body(plugins=[{"id": "web"}])),
    "an earlier answer": (RESPONSES, body(RESPONSES, previous_response_id="resp_1")),
    "a cache": (GENERATE, body(GENERATE, cachedContent="cachedContents/1")),
    "a block that nobody knows": (
        MESSAGES,
        body(MESSAGES, messages=[{"role": "user", "content": [{"type": "hologram"}]}]),
    ),
    "a call that the vendor made": (
        MESSAGES,
        body(
            MESSAGES,
            messages=[
                {
                    "role": "assistant",
                    "content": [{"type": "server_tool_use", "id": "s", "name": "f", "input": {}}],
                }
            ],
        ),
    ),
    "what cannot be read": (CHAT, b'{"model":"m","messages":7}'),
}


@pytest.mark.parametrize(("operation", "given"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_does_not_pass_here_has_no_bounds(operation: Operation, given: bytes) -> None:
    for read, written in ((MANY, 10), (0, 10), (400, MANY)):
        assert not deviates(answered(read, written, given=given, operation=operation))


@pytest.mark.parametrize("stop", ["content_filter", "SAFETY", "refusal", "pause_turn", None])
def test_who_ended_otherwise_may_have_kept_something_back(stop: str | None) -> None:
    assert not deviates(answered(MANY, stop=stop))


def test_bytes_of_media_are_no_letters() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 90_000}}
    text = {"type": "text", "text": "What is it?"}
    assert not deviates(answered(85, given=body(text=[picture, text])))  # type: ignore[arg-type]


def test_documents_of_letters_are_letters() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": TEXT}
    inner = {"type": "content", "content": [{"type": "text", "text": "Hi"}]}
    for given, read in ((source, 1), (inner, 90_000)):
        document = [{"type": "document", "source": given}]
        asked = body(MESSAGES, messages=[{"role": "user", "content": document}])
        assert deviates(answered(read, given=asked, operation=MESSAGES))


def test_earlier_thoughts_need_not_be_read_and_results_must() -> None:
    def turns(thought: str, result: str) -> bytes:
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        return body(
            messages=[
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "reasoning_content": thought, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c", "content": result},
            ]
        )

    assert not deviates(answered(9, given=turns("long " * 900, "short")))
    assert deviates(answered(9, given=turns("short", "long " * 900)))


def test_what_was_read_already_is_not_read_again() -> None:
    made = answered(MANY)
    made.body = b"not even JSON"
    assert not deviates(made)
    request = CLIENT_CODECS["openai.chat"].decode_request(body(), Head(model="m"))
    made.asked = Asked(codec=CLIENT_CODECS["openai.chat"], request=request, to_vendors=request)
    assert deviates(made)


@pytest.mark.parametrize(
    ("given", "read", "wrong"),
    [
        ({"input": TEXT}, 500, False),
        ({"input": TEXT}, MANY, True),
        ({"input": TEXT}, 0, True),
        ({"input": [[1, 2, 3]]}, 3, False),
        ({"input": [{"type": "image_url"}]}, MANY, False),
        ({"inputs": [TEXT]}, MANY, False),
        ({"input": TEXT, "task": "retrieval"}, MANY, False),
    ],
)
def test_vectors_are_made_of_letters_alone(
    given: dict[str, Any], read: int, *, wrong: bool
) -> None:
    asked = msgspec.json.encode({"model": "m", **given})
    made = answered(read, None, given=asked, operation=EMBEDDINGS, text_bytes=0)
    assert deviates(made) == wrong


SAID: Final = (
    b'{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":"12345678"},"finish_reason":"stop"}],"usage":{"prompt_tokens":%d,'
    b'"completion_tokens":%d}}'
)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [((2_526, 2), False), ((2_527, 2), True), ((5, 317), True), ((5, 316), False)],
)
async def test_a_vendor_that_cannot_be_right_is_noticed_and_still_believed(
    said: tuple[int, int], *, wrong: bool
) -> None:
    read, written = said
    house = House(Said(SAID % said))

    await house.ask(PLAIN)

    _, end = told_by(house)
    assert ("usage_deviates" in end.tokens.flags) == wrong
    assert (end.tokens.in_fresh, end.tokens.out_text, end.tokens.usage_source) == (
        read, written, "provider",
    )  # fmt: skip
    assert (end.money.cost_nano, end.money.cost_certainty) == (
        read * 1_000 + written * 4_000, "exact",
    )  # fmt: skip
    assert end.money.charge_nano == end.money.cost_nano
