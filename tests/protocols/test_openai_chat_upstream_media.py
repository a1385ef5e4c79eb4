"""Media to vendors that speak Chat."""

from typing import Any

import msgspec
import pytest

from protocols import ir
from protocols.codec import Target
from tests.protocols.chat_requests import (
    OPENAI,
    OTHER,
    UPSTREAM,
    asked,
    body,
    losses,
    sent,
    target,
    user,
)


def media(kind: Any, source: ir.Source, **said: Any) -> ir.Media:
    return ir.Media(kind=kind, source=source, **said)


DATA = ir.Inline(data="AAAA")


@pytest.mark.parametrize(
    ("block", "to", "parts"),
    [
        (
            media("image", ir.Link(url="gs://x")),
            target(links=frozenset({"gs"})),
            [{"type": "image_url", "image_url": {"url": "gs://x"}}],
        ),
        (
            media("audio", DATA, mime="audio/mpeg"),
            OPENAI,
            [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}],
        ),
        (
            media("video", DATA, mime="video/mp4"),
            OTHER,
            [{"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}}],
        ),
        (
            media("document", DATA, mime="application/pdf", context="c"),
            OPENAI,
            [
                {"type": "text", "text": "c"},
                {
                    "type": "file",
                    "file": {
                        "file_data": "data:application/pdf;base64,AAAA",
                        "filename": "document.pdf",
                    },
                },
            ],
        ),
        (
            media("document", ir.InlineText(text="t"), name="n", context="c"),
            OPENAI,
            [{"type": "text", "text": "n\n\nc\n\nt"}],
        ),
        (
            media("document", ir.InlineBlocks(content=(ir.Text(text="t"),)), name="n"),
            OPENAI,
            [{"type": "text", "text": "n"}, {"type": "text", "text": "t"}],
        ),
        (
            media(
                "document",
                ir.InlineBlocks(content=(ir.Media(kind="image", source=DATA, mime="image/png"),)),
            ),
            OPENAI,
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
        ),
        (
            media("document", ir.FileRef(origin="openai", id="file-1")),
            OPENAI,
            [{"type": "file", "file": {"file_id": "file-1"}}],
        ),
    ],
)
def test_media_of_all_kinds_are_told(
    block: ir.Media, to: Target, parts: list[dict[str, Any]]
) -> None:
    request = asked(user(ir.Text(text="see", cache=ir.CachePoint()), block))
    assert body(request, to)["messages"][0]["content"][1:] == parts
    assert losses(request, to) == ["cache"]


@pytest.mark.parametrize(
    ("block", "to"),
    [
        (media("image", ir.Link(url="gs://x")), OPENAI),
        (media("image", ir.FileRef(origin="anthropic", id="f")), OPENAI),
        (media("audio", ir.Link(url="https://x")), OPENAI),
        (media("video", DATA), OPENAI),
        (media("document", ir.Link(url="https://x")), OPENAI),
        (media("document", ir.FileRef(origin="anthropic", id="f")), OPENAI),
        (media("document", ir.FileRef(origin="openai", id="f")), OTHER),
        (media("image", DATA), target("image")),
    ],
)
def test_media_that_cannot_be_told_are_a_loss_of_content(block: ir.Media, to: Target) -> None:
    (loss,) = sent(asked(user(block)), to).losses
    code = "file" if isinstance(block.source, ir.FileRef) else block.kind
    assert (loss.code, loss.content) == (code, True)
    cached = msgspec.structs.replace(block, cache=ir.CachePoint(), citable=True)
    assert "cache" in losses(asked(user(cached)), to)


def test_a_document_that_may_be_cited_loses_that() -> None:
    document = media("document", ir.InlineText(text="t"), citable=True)
    assert losses(asked(user(document))) == ["citations"]


def test_links_that_cannot_be_followed_are_wanted() -> None:
    image = media("image", ir.Link(url="https://x/i"))
    request = asked(
        user(
            image,
            image,
            media("document", ir.Link(url="https://x/d")),
            media(
                "document", ir.InlineBlocks(content=(media("image", ir.Link(url="http://x/j")),))
            ),
            ir.ToolResult(call_id="c", content=(media("image", ir.Link(url="https://x/k")),)),
            media("video", ir.Link(url="gs://x/v")),
            media("image", DATA),
            ir.Text(text="t"),
        )
    )
    found = UPSTREAM.wants(request, OPENAI)
    assert found == ("https://x/i", "https://x/d", "http://x/j", "https://x/k")
    follows = target(links=frozenset({"https"}))
    assert UPSTREAM.wants(request, follows) == ("https://x/d", "http://x/j")
    assert UPSTREAM.wants(request, target("image", "document")) == ()
    own = asked(user(media("document", ir.Link(url="https://x/d"))), dialect="openai.chat")
    assert UPSTREAM.wants(own, follows) == ()


def test_the_name_of_a_file_tells_what_it_is() -> None:
    notes = media("document", DATA, mime="text/markdown", name="Notes")
    [part] = body(asked(user(notes)))["messages"][0]["content"]
    assert part["file"]["filename"] == "Notes.md"
