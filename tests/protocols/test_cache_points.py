"""A cache point said of a whole request, towards dialects that have them behind blocks only."""

from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.cache_points import placed
from protocols.codec import Encoded, Head
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.protocols.corpus.exchanges import target_of

POINT: Final = {"type": "ephemeral", "ttl": "1h"}
BODY: Final[dict[str, Any]] = {
    "max_tokens": 99,
    "messages": [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "second"},
        {"role": "user", "content": [{"type": "text", "text": "third"}]},
    ],
}


def asked(**said: Any) -> ir.Request:
    body = msgspec.json.encode({**BODY, "cache_control": POINT, **said})
    return CLIENT_CODECS["anthropic.messages"].decode_request(body, Head(model="m"))


def sent(dialect: Dialect, request: ir.Request, *, cache: bool) -> Encoded:
    target = replace(target_of(dialect), cache=cache)
    return UPSTREAM_CODECS[dialect].encode_request(request, target, "attempt")


def told(encoded: Encoded) -> list[tuple[str, str]]:
    return [(loss.code, loss.path) for loss in encoded.losses]


def test_chat_servers_that_cache_have_it_behind_the_last_block() -> None:
    encoded = sent("openai.chat", asked(), cache=True)
    last = msgspec.json.decode(encoded.body)["messages"][-1]["content"]
    assert last == [{"type": "text", "text": "third", "cache_control": POINT}]
    assert told(encoded) == []


def test_converse_has_it_behind_the_last_block() -> None:
    encoded = sent("bedrock.converse", asked(), cache=True)
    last = msgspec.json.decode(encoded.body)["messages"][-1]["content"]
    assert last == [{"text": "third"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    assert told(encoded) == []


@pytest.mark.parametrize(
    "dialect", ["openai.chat", "openai.responses", "gemini.generate", "bedrock.converse"]
)
def test_whoever_knows_none_is_told_to_lose_it(dialect: Dialect) -> None:
    found = told(sent(dialect, asked(), cache=False))
    assert found == [("cache", "messages[2].content[0].cache")]


def test_its_own_dialect_has_it_where_it_was() -> None:
    encoded = sent("anthropic.messages", asked(), cache=True)
    assert msgspec.json.decode(encoded.body)["cache_control"] == POINT
    assert told(encoded) == []


def test_messages_has_what_a_chat_client_says_of_the_whole() -> None:
    body = {"messages": [{"role": "user", "content": "hi"}], "cache_control": POINT}
    request = CLIENT_CODECS["openai.chat"].decode_request(
        msgspec.json.encode(body), Head(model="m")
    )
    encoded = sent("anthropic.messages", request, cache=True)
    last = msgspec.json.decode(encoded.body)["messages"][-1]["content"]
    assert last == [{"type": "text", "text": "hi", "cache_control": POINT}]


def test_what_cannot_be_kept_is_passed_over() -> None:
    thought = ir.Message(role="assistant", content=(ir.Text(text="x"), ir.Thinking(text="hm")))
    request = replace(
        asked(), messages=(thought, ir.Message(role="user", content=(ir.Text(text=""),)))
    )
    first, last = placed(request).messages
    assert first.content[0] == ir.Text(text="x", cache=ir.CachePoint(ttl="1h"))
    assert last.content == (ir.Text(text=""),)
    assert placed(request).extra is None


def test_a_point_that_is_there_already_is_the_one() -> None:
    text = ir.Text(text="x", cache=ir.CachePoint())
    request = replace(asked(), messages=(ir.Message(role="user", content=(text,)),))
    made = placed(replace(request, extra={**(request.extra or {}), "odd": Raw(b"1")}))
    assert made.messages == request.messages
    assert made.extra == {"odd": Raw(b"1")}


@pytest.mark.parametrize("point", [{"type": "odd"}, {"type": 1}, [], "x"])
def test_a_point_that_nobody_knows_is_lost_as_one(point: Any) -> None:
    request = asked(cache_control=point)
    assert placed(request) is request
    lost = [("cache", "cache_control")] if point else []
    assert told(sent("bedrock.converse", request, cache=True)) == lost


def test_where_nothing_can_be_kept_it_is_lost() -> None:
    request = replace(asked(), messages=())
    assert placed(request) is request
    assert placed(replace(request, extra=None)).extra is None


def test_a_point_within_a_document_to_be_cited_is_lost_in_converse() -> None:
    inner = {"type": "text", "text": "in", "cache_control": {"type": "ephemeral"}}
    document = {
        "type": "document",
        "citations": {"enabled": True},
        "source": {"type": "content", "content": [inner, {"type": "text", "text": "more"}]},
    }
    turn = {"role": "user", "content": [document, {"type": "text", "text": "hi"}]}
    request = asked(messages=[turn], cache_control=None)
    encoded = sent("bedrock.converse", request, cache=True)
    place = "messages[0].content[0].source.content[0].cache"
    assert told(encoded) == [("cache", place)]
    assert b"cachePoint" not in encoded.body
