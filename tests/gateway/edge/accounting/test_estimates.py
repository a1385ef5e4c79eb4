"""How long a text is, where nobody can be asked."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from gateway.edge.accounting.estimates import (
    OF_MEDIA,
    PER_MESSAGE,
    PER_TOOL,
    tokens_of_request,
)
from gateway.edge.operations import surfaces
from protocols import ir
from protocols.json_limits import MAX_PIECES
from protocols.registry import COUNT_CODECS
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.plane import key_spec
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


CROWD = b'{"messages":[{"role":"user","content":[%s]}]}' % b",".join(
    [b'{"text":"a"}'] * (MAX_PIECES + 1)
)
DEEP = b'{"messages":[],"x":' + b"[" * 500 + b"]" * 500 + b"}"


def invoking(body: bytes) -> bytes:
    return msgspec.json.encode({"input": {"invokeModel": {"body": body}}})


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        (IN_BEDROCK, b'{"input":{}}', b"input is empty; expected converse or invokeModel"),
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
    ids=["nothing", "as it is", "invoked", "conversed", "wrapped", "deep", "no text", "no object"],
)
async def test_what_is_counted_here_has_the_bounds_of_what_is_translated(
    path: bytes, body: bytes, why: bytes
) -> None:
    client = await House().ask(body, path=path)

    assert (client.status, why in client.body) == (400, True), client.body[:300]


async def test_where_no_vendor_counts_the_gateway_guesses() -> None:
    chats = provider(kind="openai_compatible", targets=(target(),), base_url="https://a.example")
    house = House(providers=(chats,))

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
    counts = {each.dialect for each in surfaces.OPERATIONS if each.what == "count_tokens"}
    assert counts == COUNT_CODECS.keys()
