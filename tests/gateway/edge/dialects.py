"""Clients and vendors of every dialect, saying the same."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from protocols import ir
from protocols.codec import Memo
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, NATIVE, UPSTREAM_CODECS
from protocols.stream import Collector, replay
from providers.specs import ProviderSpec, Surface
from tests.gateway.edge.vendors import Said, provider, target

BASE_URL: Final = "https://api.example.com/v1"
TURN: Final = {"role": "user", "content": "Hi"}
BODIES: Final[Mapping[Dialect, dict[str, Any]]] = {
    "openai.chat": {"model": "m", "messages": [TURN]},
    "openai.responses": {"model": "m", "input": "Hi", "store": False},
    "anthropic.messages": {"model": "m", "max_tokens": 99, "messages": [TURN]},
    "gemini.generate": {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
    "bedrock.converse": {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
}
PATHS: Final[Mapping[Dialect, tuple[bytes, bytes]]] = {
    "openai.chat": (b"/v1/chat/completions", b"/v1/chat/completions"),
    "openai.responses": (b"/v1/responses", b"/v1/responses"),
    "anthropic.messages": (b"/v1/messages", b"/v1/messages"),
    "gemini.generate": (
        b"/v1beta/models/m:generateContent",
        b"/v1beta/models/m:streamGenerateContent",
    ),
    "bedrock.converse": (b"/model/m/converse", b"/model/m/converse-stream"),
}
STREAM_IN_BODY: Final = frozenset({"openai.chat", "openai.responses", "anthropic.messages"})
DIALECTS: Final = tuple(sorted(CLIENT_CODECS.keys() & UPSTREAM_CODECS.keys()))
PAIRS: Final = [(asks, speaks) for asks in DIALECTS for speaks in DIALECTS if asks != speaks]
ANSWER: Final = ir.Response(
    id="theirs",
    model="their-model",
    created=1,
    content=(
        ir.Text(text="Hello"),
        ir.ToolCall(id="call_1", name="look", arguments='{"at":"sea"}'),
    ),
    stop=ir.Stop(reason="tool_call"),
    usage=ir.Usage(input_tokens=5, output_tokens=2),
)
WEATHER: Final = ir.Request(
    dialect="openai.chat",
    model="their-model",
    messages=(),
    stream=True,
    extra={"stream_options": msgspec.Raw(b'{"include_usage":true}')},
)


def question(dialect: Dialect, *, stream: bool) -> bytes:
    said = BODIES[dialect]
    if stream and dialect in STREAM_IN_BODY:
        said = {**said, "stream": True}
    return msgspec.json.encode(said)


def vendor(dialect: Dialect, slug: str = "theirs", **more: Any) -> ProviderSpec:
    """That speaks nothing else."""
    made = provider(slug, targets=(target(price_model="m", id=f"t-{slug}"),), **more)
    surface = Surface(dialect=dialect, base_url=BASE_URL, paths={"chat": "/ask"})
    return msgspec.structs.replace(made, surfaces=(surface,))


def whole(dialect: Dialect, answer: ir.Response = ANSWER) -> Said:
    return Said(CLIENT_CODECS[dialect].encode_response(answer, WEATHER).body)


def frames(dialect: Dialect, answer: ir.Response = ANSWER) -> list[bytes]:
    """The answer as a stream of the dialect, frame by frame."""
    encoder = CLIENT_CODECS[dialect].event_encoder(WEATHER)
    told = b"".join(map(encoder.feed, replay(answer))) + encoder.close()
    return NATIVE[dialect].splitter(cap=1_000_000).feed(told)


def streamed(dialect: Dialect, *pieces: bytes | Exception) -> Said:
    kind = NATIVE[dialect].stream_content_type.decode()
    return Said(*(pieces or frames(dialect)), headers={"content-type": kind})


def read_whole(dialect: Dialect, body: bytes) -> ir.Response:
    return UPSTREAM_CODECS[dialect].decode_response(body, Memo(seed="s"))


def read_stream(dialect: Dialect, body: bytes) -> Collector:
    native, collector = NATIVE[dialect], Collector()
    decoder = UPSTREAM_CODECS[dialect].event_decoder(Memo(seed="s"))
    splitter = native.splitter(cap=1_000_000)
    for raw in splitter.feed(body):
        for event in decoder.feed(native.frame(raw)):
            collector.feed(event)
    assert splitter.close() == b""
    for event in decoder.close():
        collector.feed(event)
    return collector


def text_of(answer: ir.Response) -> str:
    return "".join(block.text for block in answer.content if isinstance(block, ir.Text))


def calls_of(answer: ir.Response) -> list[tuple[str, Any]]:
    return [
        (block.name, msgspec.json.decode(block.arguments))
        for block in answer.content
        if isinstance(block, ir.ToolCall)
    ]
