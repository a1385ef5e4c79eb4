"""Results of tools, as generateContent wants them: all they hold arrives, or is told as lost."""

from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from tests.protocols.gemini_generate import chat, decoded, encoded, lost, model, says, sent, user

HI: Final = says("user", ir.Text(text="hi"))
CALL: Final = says("assistant", ir.ToolCall(id="c1", name="f"))
IMAGE: Final = ir.Media(kind="image", source=ir.Inline(data="aGk="), mime="image/png")
SHOWN: Final = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}


def answered(*content: Any, id_: str = "c1", **more: Any) -> ir.Request:
    result = ir.ToolResult(call_id=id_, content=content, **more)
    return chat(HI, CALL, says("user", result))


def response(request: ir.Request) -> dict[str, Any]:
    found: dict[str, Any] = sent(request)["contents"][2]["parts"][0]["functionResponse"]
    return found


def test_texts_of_a_result_are_lines() -> None:
    request = answered(ir.Text(text="a"), ir.Text(text="b"))
    assert response(request)["response"] == {"output": "a\nb"}
    assert lost(request) == []


def test_a_value_and_texts_beside_it_are_told_together() -> None:
    request = answered(ir.Text(text="more"), structured=Raw(b'{"a":1}'))
    assert response(request)["response"] == {"output": '{"a":1}\nmore'}


def test_what_only_another_dialect_understands_is_a_loss_of_content() -> None:
    odd = ir.Opaque(dialect="anthropic.messages", kind="tool_reference", raw=Raw(b"{}"))
    request = answered(ir.Text(text="a"), odd)
    assert response(request)["response"] == {"output": "a"}
    (loss,) = encoded(request).losses
    assert (loss.code, loss.path, loss.content) == (
        "opaque",
        "messages[2].content[0].content[1]",
        True,
    )
    worded = msgspec.structs.replace(odd, text="words")
    assert response(answered(ir.Text(text="a"), worded))["response"] == {"output": "a\nwords"}


def test_what_stands_beside_a_text_within_is_told_as_lost() -> None:
    text = ir.Text(
        text="a",
        cache=ir.CachePoint(),
        citations=(ir.Citation(url="https://e.example"),),
        seal=ir.Seal(origin="anthropic", signature="s"),
        extra={"odd": Raw(b"1")},
    )
    image = msgspec.structs.replace(IMAGE, cache=ir.CachePoint(), extra={"more": Raw(b"1")})
    request = answered(text, image)
    assert sorted(lost(request)) == [
        "cache", "cache", "citations", "other:more", "other:odd", "seal",
    ]  # fmt: skip
    assert response(request)["parts"] == [SHOWN]


def test_a_result_without_a_call_keeps_what_it_shows() -> None:
    request = answered(ir.Text(text="told"), IMAGE, id_="gone")
    assert sent(request)["contents"][2]["parts"] == [{"text": "told"}, SHOWN]
    assert lost(request) == ["opaque"]
    shown = answered(IMAGE, id_="gone")
    assert sent(shown)["contents"][2]["parts"] == [SHOWN]
    nothing = answered(id_="gone", extra={"odd": Raw(b"1")})
    assert sent(nothing)["contents"][2]["parts"] == [{"text": ""}]
    assert lost(nothing) == ["other:odd", "opaque"]


@pytest.mark.parametrize("part", [{"odd": {"a": 1}}, SHOWN, {"text": "words"}])
@pytest.mark.parametrize("said", [{"output": "seen"}, {"a": 1}])
def test_parts_of_the_dialects_own_results_stay(part: Any, said: Any) -> None:
    body = {"name": "f", "response": said, "parts": [part]}
    call = model({"functionCall": {"name": "f", "args": {}}})
    request = decoded(user({"text": "hi"}), call, user({"functionResponse": body}))
    assert response(request) == body
    assert lost(request) == []


def test_unknown_fields_of_a_document_made_of_blocks_are_lost() -> None:
    inner = ir.Text(text="one", cache=ir.CachePoint())
    media = ir.Media(
        kind="document", source=ir.InlineBlocks(content=(inner,)), extra={"odd": Raw(b"1")}
    )
    request = chat(says("user", media))
    assert sent(request)["contents"][0]["parts"] == [{"text": "one"}]
    assert sorted(lost(request)) == ["cache", "other:odd"]


def test_an_own_result_may_only_show_something() -> None:
    body = {"name": "f", "parts": [{"odd": {"a": 1}}]}
    call = model({"functionCall": {"name": "f", "args": {}}})
    request = decoded(user({"text": "hi"}), call, user({"functionResponse": body}))
    assert response(request) == body


DOCUMENT: Final = ir.Media(
    kind="document", source=ir.InlineBlocks(content=(ir.Text(text="inner"), IMAGE))
)
PLAIN: Final = ir.Media(kind="document", source=ir.InlineText(text="hi"), context="about")


def test_words_of_a_document_within_are_the_answer_s() -> None:
    told = response(answered(ir.Text(text="a"), DOCUMENT, ir.Text(text="b")))
    assert told["response"] == {"output": "a\ninner\nb"}
    assert told["parts"] == [SHOWN]
    told = response(answered(PLAIN, is_error=True))
    assert told["response"] == {"error": "about"}
    assert told["parts"] == [{"inlineData": {"mimeType": "text/plain", "data": "aGk="}}]


APART: Final = frozenset({"media_in_results"})


def test_who_takes_no_media_in_results_is_shown_them_after_all_of_them() -> None:
    calls = says("assistant", ir.ToolCall(id="c1", name="f"), ir.ToolCall(id="c2", name="g"))
    first = ir.ToolResult(call_id="c1", content=(ir.Text(text="one"), IMAGE))
    second = ir.ToolResult(call_id="c2", content=(DOCUMENT,))
    asked = ir.Text(text="which?")
    request = chat(HI, calls, says("user", ir.Text(text="so"), first, second, asked))
    said = sent(request, refuses=APART)["contents"]
    assert said[2:] == [
        user(
            {"functionResponse": {"id": "c1", "name": "f", "response": {"output": "one"}}},
            {"functionResponse": {"id": "c2", "name": "g", "response": {"output": "inner"}}},
        ),
        user(SHOWN, SHOWN, {"text": "so"}, {"text": "which?"}),
    ]
    assert lost(request, refuses=APART) == []


def test_words_beside_results_are_no_turn_of_their_own() -> None:
    request = answered(ir.Text(text="one"))
    assert len(sent(request, refuses=APART)["contents"]) == 3
    gone = answered(IMAGE, id_="gone")
    assert sent(gone, refuses=APART)["contents"][2:] == [user(SHOWN)]


def test_the_dialects_own_results_show_what_they_showed() -> None:
    body = {"name": "f", "response": {"output": "seen"}, "parts": [SHOWN]}
    call = model({"functionCall": {"name": "f", "args": {}}})
    request = decoded(user({"text": "hi"}), call, user({"functionResponse": body}))
    (part,) = sent(request, refuses=APART)["contents"][2]["parts"]
    assert part == {"functionResponse": body}


@pytest.mark.parametrize(("vendor", "turns"), [("gemini", 4), ("vertex", 3)])
def test_files_in_results_are_known_to_vertex_alone(vendor: str, turns: int) -> None:
    """https://ai.google.dev/api/caching#FunctionResponsePart"""
    file = ir.Media(kind="image", source=ir.FileRef(origin="gemini", id="files/x"))
    said = sent(answered(file), vendor=vendor)["contents"]
    shown = {"fileData": {"fileUri": "files/x"}}
    assert len(said) == turns
    if vendor == "gemini":
        assert said[3] == user(shown)
        assert "parts" not in said[2]["parts"][0]["functionResponse"]
    else:
        assert said[2]["parts"][0]["functionResponse"]["parts"] == [shown]


def test_what_results_show_after_them_begins_no_new_turn() -> None:
    request = answered(IMAGE)
    said = sent(request, refuses=APART, seal_required=True)["contents"]
    assert said[1]["parts"][0]["thoughtSignature"] == "skip_thought_signature_validator"
