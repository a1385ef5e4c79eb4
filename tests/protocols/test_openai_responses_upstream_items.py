"""Messages of other dialects, as a vendor of Responses gets them."""

from typing import Any

import pytest

from protocols import ir
from protocols.codec import Target
from tests.protocols.responses_sent import (
    body,
    foreign,
    items,
    losses,
    raw,
    refusing,
    send,
)

# --- messages of other dialects ------------------------------------------------------------------


def test_heads_are_instructions() -> None:
    head = ir.Message(
        role="system",
        head=True,
        content=(ir.Text(text="a", cache=ir.CachePoint()), ir.Text(text="b")),
        extra={"odd": raw(1)},
    )
    later = ir.Message(role="system", content=(ir.Text(text="c"),))
    request = foreign(messages=(head, later))
    assert body(request)["instructions"] == "a\n\nb"
    assert body(request)["input"] == [
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "c"}]}
    ]
    assert losses(request) == ["cache", "other:odd"]


def test_only_texts_instruct() -> None:
    image = ir.Media(kind="image", source=ir.Inline(data="QUJD"))
    head = ir.Message(role="system", head=True, content=(image,))
    opaque = ir.Opaque(dialect="openai.responses", kind="part:x", raw=raw({}))
    other = ir.Message(role="system", head=True, content=(opaque,))
    assert losses(foreign(messages=(head, other))) == ["image", "opaque"]
    thought = ir.Message(role="system", head=True, content=(ir.Thinking(text="hm"),))
    assert losses(foreign(messages=(thought,))) == ["opaque"]


def test_a_message_is_the_items_it_is_made_of() -> None:
    call = ir.ToolCall(id="c", name="f", arguments="{}")
    found = items(ir.Text(text="a"), ir.Text(text="b"), call, ir.Text(text="c"), role="assistant")
    assert found == [
        {
            "type": "message",
            "role": "assistant",
            "content": "ab",
        },
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {
            "type": "message",
            "role": "assistant",
            "content": "c",
        },
    ]


def test_a_text_that_says_more_stays_a_part() -> None:
    text = ir.Text(text="a", citations=(ir.Citation(url="https://x.test"),))
    (message,) = items(text, ir.Refusal(text="no"), role="assistant")
    assert [part["type"] for part in message["content"]] == ["output_text", "refusal"]


def test_an_empty_message_says_nothing() -> None:
    assert items() == []
    lost = ir.Media(kind="video", source=ir.Inline(data=""))
    assert items(lost) == []


def test_names_of_who_speaks_are_lost() -> None:
    message = ir.Message(
        role="user", content=(ir.Text(text="a"),), name="bob", extra={"x": raw(1), "=y": raw(2)}
    )
    assert losses(foreign(messages=(message,))) == ["name", "other:x"]


def test_reasoning_returns_to_who_wrote_it() -> None:
    seal = ir.Seal(origin="openai", id="rs_1", signature="s")
    one = ir.Thinking(text="a", summary=True, seal=ir.Seal(origin="openai", id="rs_1"))
    assert items(one, ir.Thinking(seal=seal), ir.Thinking(seal=seal), role="assistant") == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "a"}],
            "encrypted_content": "s",
        },
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "s"},
    ]


@pytest.mark.parametrize(
    ("thought", "found"),
    [
        (ir.Thinking(text="a"), ["reasoning"]),
        (ir.Thinking(), []),
        (ir.Thinking(seal=ir.Seal(origin="anthropic", signature="s")), ["seal"]),
        (ir.Thinking(seal=ir.Seal(origin="anthropic", id="x")), []),
    ],
)
def test_reasoning_of_others_is_lost(thought: ir.Thinking, found: list[str]) -> None:
    request = foreign(thought, role="assistant")
    assert body(request)["input"] == []
    assert losses(request) == found


def test_ids_of_others_are_not_told() -> None:
    text = ir.Text(text="a", seal=ir.Seal(origin="xai", id="msg_1"))
    assert "id" not in items(text)[0]
    assert items(text, target=Target(model="m", vendor="xai"))[0]["id"] == "msg_1"


def test_calls_have_names_and_ids_that_fit() -> None:
    call = ir.ToolCall(
        id="x" * 65,
        name="a.b",
        cache=ir.CachePoint(),
        seal=ir.Seal(origin="gemini", signature="s"),
        extra={"odd": raw(1)},
    )
    result = ir.ToolResult(call_id="x" * 65, is_error=True, content=(ir.Text(text="1"),))
    request = foreign(call, result, tools=(ir.FunctionTool(name="a.b"),))
    written, answered = body(request)["input"]
    assert written["name"] == "a_b"
    assert written["call_id"] == answered["call_id"]
    assert len(written["call_id"]) <= 64
    assert answered == {
        "type": "function_call_output",
        "call_id": written["call_id"],
        "output": "1",
    }
    assert losses(request) == ["cache", "seal", "other:odd", "other:is_error"]
    memo = send(request).memo
    assert memo is not None
    assert (memo.seed, memo.names) == ("seed", {"a_b": "a.b"})


def test_a_result_is_a_text_or_parts() -> None:
    call = ir.ToolCall(id="c", name="f")
    image = ir.Media(kind="image", source=ir.Inline(data="QUJD"), mime="image/png")
    part = {
        "type": "input_image",
        "image_url": "data:image/png;base64,QUJD",
        "detail": "auto",
    }

    def output(**said: Any) -> Any:
        return items(call, ir.ToolResult(call_id="c", **said))[1]["output"]

    assert output(structured=raw({"a": 1})) == '{"a":1}'
    assert output(content=(image,)) == [part]
    assert output(content=(image,), structured=raw(1)) == [
        {"type": "input_text", "text": "1"},
        part,
    ]
    assert output(content=(ir.Text(text="x"), image), structured=raw(1)) == [
        {"type": "input_text", "text": "x"},
        part,
    ]


def test_a_result_without_its_call_is_told_as_text() -> None:
    image = ir.Media(kind="image", source=ir.Inline(data="QUJD"))
    result = ir.ToolResult(call_id="c", content=(ir.Text(text="1"),), extra={"odd": raw(1)})
    request = foreign(result, ir.ToolResult(call_id="c", content=(image,)))
    first, second = body(request)["input"]
    assert first["content"] == [{"type": "input_text", "text": "1"}]
    assert second["content"][0]["image_url"].startswith("data:image/png")
    assert losses(request) == ["opaque", "other:odd", "opaque"]


def test_tools_that_vendors_ran_are_lost() -> None:
    call = ir.ToolCall(id="c", name="web_search", executor="provider")
    assert losses(foreign(call, role="assistant")) == ["provider_tool"]


# --- parts of other dialects ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (ir.Refusal(text="no"), {"type": "input_text", "text": "no"}),
        (
            ir.Opaque(dialect="gemini.generate", kind="x", raw=raw({}), text="1"),
            {"type": "input_text", "text": "1"},
        ),
        (
            ir.Media(kind="image", source=ir.Link(url="https://x.test/a")),
            {"type": "input_image", "image_url": "https://x.test/a", "detail": "auto"},
        ),
        (
            ir.Media(kind="document", source=ir.Inline(data="QUJD"), mime="text/plain"),
            {
                "type": "input_file",
                "filename": "document.txt",
                "file_data": "data:text/plain;base64,QUJD",
            },
        ),
        (
            ir.Media(kind="document", source=ir.Inline(data="QUJD")),
            {"type": "input_file", "filename": "document.pdf", "file_data": "QUJD"},
        ),
        (
            ir.Media(kind="document", source=ir.Inline(data="QUJD"), mime="text/csv", name="My 1"),
            {
                "type": "input_file",
                "filename": "My 1.csv",
                "file_data": "data:text/csv;base64,QUJD",
            },
        ),
        (
            ir.Media(kind="document", source=ir.Inline(data="QUJD"), name="a.docx"),
            {"type": "input_file", "filename": "a.docx", "file_data": "QUJD"},
        ),
        (
            ir.Media(kind="document", source=ir.Link(url="https://x.test/a")),
            {"type": "input_file", "file_url": "https://x.test/a"},
        ),
        (
            ir.Media(kind="image", source=ir.FileRef(origin="openai", id="file_1")),
            {"type": "input_image", "file_id": "file_1", "detail": "auto"},
        ),
        (
            ir.Media(kind="document", source=ir.InlineText(text="x"), name="n"),
            {"type": "input_text", "text": "n\n\nx"},
        ),
        (
            ir.Media(kind="document", source=ir.InlineText(text="x")),
            {"type": "input_text", "text": "x"},
        ),
        (
            ir.Media(kind="audio", source=ir.Inline(data="QUJD"), mime="audio/mpeg"),
            {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}},
        ),
        (
            ir.Media(kind="audio", source=ir.Inline(data="QUJD")),
            {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}},
        ),
    ],
)
def test_parts(block: ir.Content, part: object) -> None:
    assert losses(foreign(block)) == []
    assert items(block)[0]["content"] == [part]


def test_a_document_of_blocks_is_its_blocks() -> None:
    inner = ir.InlineBlocks(content=(ir.Text(text="a"), ir.Text(text="b")))
    named = ir.Media(kind="document", source=inner, name="n", context="c", citable=True)
    texts = [part["text"] for part in items(named)[0]["content"]]
    assert texts == ["n", "a", "b", "c"]
    assert losses(foreign(named)) == ["citations"]
    bare = ir.Media(kind="document", source=inner)
    assert len(items(bare)[0]["content"]) == 2


@pytest.mark.parametrize(
    ("block", "found"),
    [
        (ir.Media(kind="video", source=ir.Inline(data="")), ["video"]),
        (ir.Media(kind="image", source=ir.Link(url="gs://b/a")), ["image"]),
        (ir.Media(kind="audio", source=ir.Link(url="https://x.test/a")), ["audio"]),
        (ir.Media(kind="image", source=ir.FileRef(origin="anthropic", id="f")), ["file"]),
        (ir.Opaque(dialect="gemini.generate", kind="x", raw=raw({})), ["opaque"]),
    ],
)
def test_what_cannot_be_shown_is_lost(block: ir.Content, found: list[str]) -> None:
    request = foreign(block)
    assert losses(request) == found
    assert all(loss.content for loss in send(request).losses)


def test_what_the_target_takes_not_is_lost() -> None:
    image = ir.Media(kind="image", source=ir.Inline(data="QUJD"))
    assert losses(foreign(image), refusing("image")) == ["image"]


def test_models_show_nothing() -> None:
    image = ir.Media(kind="image", source=ir.Inline(data="QUJD"))
    assert losses(foreign(image, role="assistant")) == ["image"]


def test_answers_cite_pages_only() -> None:
    page = ir.Citation(url="https://x.test", extra={"encrypted_index": raw("E")})
    place = ir.Citation(document=0)
    said = ir.Text(text="ab", citations=(page,))
    (message,) = items(said, role="assistant")
    assert message["content"][0]["annotations"] == [
        {
            "type": "url_citation",
            "url": "https://x.test",
            "title": "",
            "start_index": 0,
            "end_index": 2,
        }
    ]
    assert losses(foreign(said, role="assistant")) == []
    assert losses(foreign(said)) == ["citations"]
    other = ir.Text(text="a", citations=(place,), logprobs=raw([]), extra={"x": raw(1)})
    assert losses(foreign(other, role="assistant")) == ["citations", "other:x"]


def test_a_call_of_nothing_has_arguments() -> None:
    (call,) = items(ir.ToolCall(id="c", name="f", arguments=""), role="assistant")
    assert call["arguments"] == "{}"
