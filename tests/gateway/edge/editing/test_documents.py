"""What is a document, in every dialect."""

import base64
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from gateway.edge.editing.documents import holds_documents
from gateway.edge.editing.features import Features
from protocols.codec import Head
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS
from providers.specs import Surface
from tests.gateway.edge.dialects import BASE_URL, PATHS, vendor, whole
from tests.gateway.edge.house import House

WORD: Final = {"type": "text", "text": "a"}
PIXEL: Final = "data:image/png;base64,iVBORw0KGgo="
PNG: Final = {"mimeType": "image/png", "data": "iVBORw0KGgo="}
PNG_OF_CLAUDE: Final = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
}


def chat(*parts: Any) -> tuple[Dialect, dict[str, Any]]:
    return "openai.chat", {"model": "m", "messages": [{"role": "user", "content": [*parts]}]}


def claude(*blocks: Any) -> tuple[Dialect, dict[str, Any]]:
    said = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [*blocks]}]}
    return "anthropic.messages", said


def responses(*parts: Any, **more: Any) -> tuple[Dialect, dict[str, Any]]:
    said = {"model": "m", "store": False, "input": [{"role": "user", "content": [*parts]}], **more}
    return "openai.responses", said


def gemini(*parts: Any) -> tuple[Dialect, dict[str, Any]]:
    return "gemini.generate", {"contents": [{"role": "user", "parts": [*parts]}]}


def converse(*blocks: Any) -> tuple[Dialect, dict[str, Any]]:
    return "bedrock.converse", {"messages": [{"role": "user", "content": [*blocks]}]}


def image_url(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def result(*blocks: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "t", "content": [*blocks]}


def inline(mime: str, data: str = "QQ==") -> dict[str, Any]:
    return {"inlineData": {"mimeType": mime, "data": data}}


FILLED: Final = {"id": "p", "variables": {"v": {"type": "input_file", "file_id": "f"}}}
UNKNOWN_INSIDE: Final = {
    "type": "document",
    "source": {"type": "content", "content": [{"type": "moon", "a": 1}]},
}
FETCHED: Final = {
    "type": "web_fetch_tool_result",
    "tool_use_id": "s",
    "content": {"type": "web_fetch_result", "content": {"type": "document", "title": "t"}},
}
DOCUMENTS: Final = [
    chat({"type": "file", "file": {"file_id": "f"}}),
    chat({"type": "document_url", "document_url": "https://x.example/a"}),
    chat(image_url("data:application/pdf;base64,QQ==")),
    chat(image_url("data:APPLICATION/PDF;base64,QQ==")),
    chat(image_url("data:text/csv;base64,QQ==")),
    chat(image_url("data:image/png;base64,JVBERi0xLjcK")),
    claude(UNKNOWN_INSIDE),
    claude(result(UNKNOWN_INSIDE)),
    claude({"type": "container_upload", "file_id": "f"}),
    claude(FETCHED),
    responses({"type": "input_file", "file_url": "https://x.example/a"}),
    responses({"type": "input_image", "image_url": "data:application/pdf;base64,QQ=="}),
    responses({"type": "input_text", "text": "a"}, prompt=FILLED),
    gemini(inline("application/pdf")),
    gemini(inline("text/csv")),
    gemini(inline("application/msword")),
    gemini({"inline_data": {"mime_type": "text/csv", "data": "QQ=="}}),
    gemini(inline("image/png", "JVBERi0xLjcK")),
    converse({"document": {"format": "pdf", "name": "n", "source": {"bytes": "QQ=="}}}),
]
NONE: Final = [
    chat(WORD, image_url(PIXEL), image_url("https://x.example/a.png")),
    chat(WORD, {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}),
    claude(WORD, PNG_OF_CLAUDE, result(WORD, PNG_OF_CLAUDE), {"type": "moon", "a": [1, "file"]}),
    responses({"type": "input_text", "text": "a"}, prompt={"id": "p", "variables": {"v": "file"}}),
    responses({"type": "input_text", "text": "a"}, prompt={"id": "p"}),
    gemini({"text": "data: inline"}, {"inlineData": PNG}, inline("audio/wav"), inline("video/mp4")),
    converse({"text": "document"}),
]


def ids(case: tuple[Dialect, dict[str, Any]]) -> str:
    return case[0]


@pytest.mark.parametrize("case", DOCUMENTS, ids=ids)
async def test_a_document_is_refused_in_whatever_words_it_comes(
    case: tuple[Dialect, dict[str, Any]],
) -> None:
    dialect, said = case
    gateway = House(
        whole(dialect), providers=(vendor(dialect),), features=Features(documents=False)
    )
    client = await gateway.ask(msgspec.json.encode(said), path=PATHS[dialect][False])

    assert client.status == 400, client.body
    assert b"Documents are switched off" in client.body
    assert gateway.vendors.calls == []


FILE: Final = {"type": "input_file", "file_id": "f"}
CSV: Final = {"contents": [{"parts": [inline("text/csv")]}]}
PDF: Final = {"type": "document", "source": {"type": "url", "url": "https://x.example/a"}}
INVOKED: Final = base64.b64encode(msgspec.json.encode(claude(PDF)[1])).decode()


@pytest.mark.parametrize(
    ("dialect", "what", "path", "said"),
    [
        ("openai.responses", "compact", b"/v1/responses/compact", responses(FILE)[1]),
        ("openai.responses", "count_tokens", b"/v1/responses/input_tokens", responses(FILE)[1]),
        ("anthropic.messages", "count_tokens", b"/v1/messages/count_tokens", claude(PDF)[1]),
        (
            "gemini.generate",
            "count_tokens",
            b"/v1beta/models/m:countTokens",
            {"generateContentRequest": {"model": "m", **CSV}},
        ),
        (
            "bedrock.converse",
            "count_tokens",
            b"/model/m/count-tokens",
            {"input": {"invokeModel": {"body": INVOKED}}},
        ),
    ],
)
async def test_a_document_is_not_counted_nor_made_shorter_either(
    dialect: Dialect, what: str, path: bytes, said: dict[str, Any]
) -> None:
    surface = Surface(dialect=dialect, base_url=BASE_URL, paths={what: "/ask", "chat": "/ask"})
    spec = replace(vendor(dialect), surfaces=(surface,))
    gateway = House(providers=(spec,), features=Features(documents=False))
    client = await gateway.ask(msgspec.json.encode(said), path=path)

    assert (client.status, b"Documents are switched off" in client.body) == (400, True), client.body
    assert gateway.vendors.calls == []


@pytest.mark.parametrize("case", NONE, ids=ids)
def test_pictures_sounds_and_words_are_none(case: tuple[Dialect, dict[str, Any]]) -> None:
    dialect, said = case
    body = msgspec.json.encode(said)
    assert not holds_documents(CLIENT_CODECS[dialect].decode_request(body, Head(model="m")))
