"""How long a text is, where nobody can be asked."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from gateway.edge.accounting.estimates import (
    OF_MEDIA,
    PER_MESSAGE,
    PER_TOOL,
    counted_answer,
    tokens_of_request,
)
from gateway.edge.errors import GatewayError
from gateway.edge.operations import surfaces
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import BEDROCK_COUNT, COUNT_TOKENS, GEMINI_COUNT
from gateway.edge.stages.count import meant
from protocols import ir
from protocols.json_limits import MAX_PIECES
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.plane import exchange, key_spec, plane
from tests.gateway.edge.vendors import Said, provider, target

COUNTED = b"/v1/messages/count_tokens"
IN_BEDROCK = b"/model/m/count-tokens"
ASKED = b'{"model":"m","messages":[{"role":"user","content":"twelve chars"}]}'


def counted(*content: ir.Content, **fields: Any) -> int:
    message = ir.Message(role="user", content=content)
    return tokens_of_request(
        ir.Request(dialect="openai.chat", model="m", messages=(message,), **fields)
    )


def media(source: ir.Source, *, kind: Any = "image") -> ir.Media:
    return ir.Media(kind=kind, source=source)


@pytest.mark.parametrize(
    ("block", "tokens"),
    [
        (ir.Text(text="twelve chars"), 3),
        (ir.Text(text="你好你好"), 3),
        (ir.Thinking(text="four"), 1),
        (ir.Refusal(text="no"), 1),
        (ir.ToolCall(id="1", name="name", arguments='{"a":12}'), 3),
        (ir.ToolResult(call_id="1", content=(ir.Text(text="abcd"),)), 1),
        (ir.ToolResult(call_id="1", structured=Raw(b'{"a":12}')), 2),
        (ir.Opaque(dialect="d", kind="k", raw=Raw(b"12345678")), 2),
        (ir.Opaque(dialect="d", kind="k", raw=Raw(b"12345678"), text="abcd"), 1),
        (media(ir.InlineText(text="abcdefgh"), kind="document"), 2),
        (media(ir.InlineBlocks(content=(ir.Text(text="abcd"),)), kind="document"), 1),
        (media(ir.Link(url="https://x.example/a.png")), OF_MEDIA["image"]),
        (media(ir.Inline(data="AAAA"), kind="document"), OF_MEDIA["document"]),
    ],
)
def test_letters_are_counted_and_pictures_are_guessed(block: ir.Content, tokens: int) -> None:
    assert counted(block) == PER_MESSAGE + tokens


def test_pictures_in_results_and_documents_count_too() -> None:
    picture = media(ir.Inline(data="AAAA"))
    inside = media(ir.InlineBlocks(content=(picture,)), kind="document")
    result = ir.ToolResult(call_id="1", content=(picture,))
    assert counted(inside, result) == PER_MESSAGE + 2 * OF_MEDIA["image"]


def test_what_describes_tools_and_answers_is_read_too() -> None:
    tools = (
        ir.FunctionTool(name="name", description="says", parameters=Raw(b'{"a":12}')),
        ir.CustomTool(name="name", format=Raw(b"1234")),
        ir.ProviderTool(origin="o", kind="k", raw=Raw(b"1234")),
    )
    output = ir.OutputFormat(kind="json_schema", schema=Raw(b"1234"))
    assert counted(tools=tools, output=output) == PER_MESSAGE + 3 * PER_TOOL + 4 + 2 + 1 + 1


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        ("anthropic.messages", {"input_tokens": 7}),
        ("openai.responses", {"object": "response.input_tokens", "input_tokens": 7}),
        ("gemini.generate", {"totalTokens": 7}),
        ("bedrock.converse", {"inputTokens": 7}),
    ],
)
def test_each_dialect_has_its_answer(dialect: Any, answer: dict[str, Any]) -> None:
    assert msgspec.json.decode(counted_answer(dialect, 7)) == answer


def meaning(operation: Operation, body: bytes) -> tuple[str, bytes]:
    made = exchange(plane(), operation=operation, body=body)
    made.body, made.top = body, msgspec.json.decode(body, type=dict[str, Raw])
    return meant(made)


@pytest.mark.parametrize(
    ("operation", "body", "dialect", "inner"),
    [
        (COUNT_TOKENS, b'{"messages":[]}', "anthropic.messages", b'{"messages":[]}'),
        (GEMINI_COUNT, b'{"contents":[]}', "gemini.generate", b'{"contents":[]}'),
        (GEMINI_COUNT, b'{"generateContentRequest":{"a":1}}', "gemini.generate", b'{"a":1}'),
        (BEDROCK_COUNT, b'{"input":{"converse":{"a":1}}}', "bedrock.converse", b'{"a":1}'),
        (BEDROCK_COUNT, b'{"input":{"invokeModel":{"body":"e30="}}}', "anthropic.messages", b"{}"),
    ],
)
def test_a_request_to_count_holds_another(
    operation: Operation, body: bytes, dialect: str, inner: bytes
) -> None:
    assert meaning(operation, body) == (dialect, inner)


@pytest.mark.parametrize(
    "body",
    [
        b'{"input":{}}',
        b'{"input":7}',
        b'{"input":{"invokeModel":{"body":"?"}}}',
        '{"input":{"invokeModel":{"body":"é"}}}'.encode(),
    ],
)
def test_a_request_to_count_nothing_is_refused(body: bytes) -> None:
    with pytest.raises(GatewayError) as refused:
        meaning(BEDROCK_COUNT, body)
    assert refused.value.problem.param == "input"


CROWD = b'{"messages":[{"role":"user","content":[%s]}]}' % b",".join(
    [b'{"text":"a"}'] * (MAX_PIECES + 1)
)
DEEP = b'{"messages":[],"x":' + b"[" * 500 + b"]" * 500 + b"}"


def invoking(body: bytes) -> bytes:
    return msgspec.json.encode({"input": {"invokeModel": {"body": body}}})


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        (COUNTED, b'{"model":"m",' + CROWD[1:], b"messages holds too many pieces"),
        (IN_BEDROCK, invoking(CROWD), b"messages holds too many pieces"),
        (
            IN_BEDROCK,
            b'{"input":{"converse":%s}}' % CROWD,
            b"messages holds too many pieces",
        ),
        (
            b"/v1beta/models/m:countTokens",
            b'{"generateContentRequest":%s}' % CROWD.replace(b"messages", b"contents"),
            b"contents holds too many pieces",
        ),
        (IN_BEDROCK, invoking(DEEP), b"nested more than 64 deep"),
        (IN_BEDROCK, invoking(b"\xff"), b"not UTF-8"),
        (IN_BEDROCK, invoking(b"[]"), b"expected a JSON object"),
    ],
    ids=["as it is", "invoked", "conversed", "wrapped", "deep", "no text", "no object"],
)
async def test_what_is_counted_here_has_the_bounds_of_what_is_translated(
    path: bytes, body: bytes, why: bytes
) -> None:
    client = await House().ask(body, path=path)

    assert (client.status, why in client.body) == (400, True), client.body[:300]


async def test_where_no_vendor_counts_the_gateway_guesses() -> None:
    house = House()

    client = await house.ask(ASKED, path=COUNTED)

    assert (client.status, client.body) == (200, b'{"input_tokens":7}')
    assert client.headers[b"x-switchyard-estimated"] == b"true"
    assert client.headers[b"x-switchyard-attempts"] == b"0"
    assert not house.vendors.calls
    starts, end = told_by(house)
    assert (starts, end.outcome.status, end.money.cost_nano) == ([], "ok", 0)
    assert end.errand.operation == "count_tokens"


async def test_where_the_vendor_turns_out_not_to_count_the_gateway_guesses() -> None:
    body = b'{"detail":"Not Found"}'
    spoken = provider(kind="anthropic", targets=(target(),), base_url="https://a.example")
    house = House(Said(body, status=404), providers=(spoken,))

    client = await house.ask(ASKED, path=COUNTED)

    assert (client.status, client.body) == (200, b'{"input_tokens":7}')
    assert client.headers[b"x-switchyard-estimated"] == b"true"
    assert client.headers[b"x-switchyard-attempts"] == b"1"
    end = told_by(house)[1]
    assert (end.outcome.status, end.outcome.http_status) == ("ok", 200)
    assert end.money.cost_nano == 0


async def test_a_vendor_that_misses_the_model_is_believed() -> None:
    body = b'{"type":"error","error":{"type":"not_found_error","message":"model: m"}}'
    spoken = provider(kind="anthropic", targets=(target(),), base_url="https://a.example")
    client = await House(Said(body, status=404), providers=(spoken,)).ask(ASKED, path=COUNTED)
    assert (client.status, client.body) == (404, body)


async def test_what_cannot_be_read_cannot_be_counted() -> None:
    client = await House().ask(b'{"model":"m","messages":[7]}', path=COUNTED)
    assert client.status == 400
    assert msgspec.json.decode(client.body)["error"]["type"] == "invalid_request_error"


async def test_a_model_that_does_not_chat_is_not_counted_for() -> None:
    embeds = provider(targets=(target(operations=frozenset({"embeddings"})),))
    assert (await House(providers=(embeds,)).ask(ASKED, path=COUNTED)).status == 400
    closed = provider(targets=(target(),), draining=True)
    assert (await House(providers=(closed,)).ask(ASKED, path=COUNTED)).status == 529


async def test_a_guess_needs_the_scope_of_asking() -> None:
    key = key_spec(scopes=frozenset({"models.read"}))
    assert (await House(key=key).ask(ASKED, path=COUNTED)).status == 403


def test_every_way_to_count_has_an_answer() -> None:
    counts = [o for o in surfaces.OPERATIONS if o.what == "count_tokens"]
    assert all(counted_answer(operation.dialect, 1) for operation in counts)
