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
