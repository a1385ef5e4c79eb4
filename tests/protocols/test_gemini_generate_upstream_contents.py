"""The messages of other dialects, as generateContent wants them."""

from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from tests.protocols.gemini_generate import (
    TARGET,
    UPSTREAM,
    chat,
    decoded,
    encoded,
    lost,
    model,
    says,
    sent,
    user,
)

HI = says("user", ir.Text(text="hi"))
SEAL = ir.Seal(origin="gemini", signature="c2ln")
FOREIGN = ir.Seal(origin="anthropic", signature="x")


def call(id_: str = "c1", name: str = "f", arguments: str = '{"a":1}', **more: Any) -> ir.ToolCall:
    return ir.ToolCall(id=id_, name=name, arguments=arguments, **more)


def result(id_: str = "c1", text: str | None = "ok", **more: Any) -> ir.ToolResult:
    content = more.pop("content", () if text is None else (ir.Text(text=text),))
    return ir.ToolResult(call_id=id_, content=content, **more)


def contents(*messages: ir.Message, **target: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sent(chat(*messages), **target)["contents"]
    return found


def parts_of(*content: ir.Content, **target: Any) -> list[dict[str, Any]]:
    """The user's, in one content."""
    found: list[dict[str, Any]] = contents(says("user", *content), **target)[0]["parts"]
    return found


def test_systems_that_come_first_are_the_instruction_and_later_ones_the_users() -> None:
    request = chat(
        says("system", ir.Text(text="a"), head=True),
        says("system", ir.Text(text="b")),
        HI,
        says("system", ir.Text(text="c")),
    )
    said = sent(request)
    assert said["systemInstruction"] == {"parts": [{"text": "a"}, {"text": "b"}]}
    assert said["contents"] == [user({"text": "hi"}, {"text": "c"})]


def test_a_system_alone_is_asked_as_a_user() -> None:
    said = sent(chat(says("system", ir.Text(text="a"))))
    assert said == {"contents": [user({"text": "a"})]}


def test_what_one_side_says_in_a_row_is_one_content() -> None:
    told = contents(
        says("user"),
        HI,
        says("user"),
        says("assistant", ir.Text(text="one")),
        says("assistant", call()),
        says("user", result()),
        says("user", ir.Text(text="go on")),
    )
    assert [each["role"] for each in told] == ["user", "model", "user"]
    assert told[1]["parts"][0] == {"text": "one"}
    assert told[2]["parts"][1] == {"text": "go on"}


def test_results_stand_first_in_the_order_of_their_calls() -> None:
    told = contents(
        HI,
        says("assistant", call("c1", "f"), call("c2", "g")),
        says("user", ir.Text(text="and"), result("c2", "two"), result("c1", "one")),
    )
    first, second, text = told[2]["parts"]
    assert first["functionResponse"] == {"id": "c1", "name": "f", "response": {"output": "one"}}
    assert second["functionResponse"]["name"] == "g"
    assert text == {"text": "and"}


def test_a_result_without_a_call_is_a_text_and_a_loss() -> None:
    asked = says("user", result("gone", "told"), result("odd", None, structured=Raw(b"[1]")))
    assert contents(asked) == [user({"text": "told"}, {"text": "[1]"})]
    assert lost(chat(asked)) == ["opaque", "opaque"]


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        (result(text='{"a": 1}'), {"a": 1}),
        (result(text="[1]"), {"output": "[1]"}),
        (result(text="no", is_error=True), {"error": "no"}),
        (result(text='{"a":1}', is_error=True), {"error": '{"a":1}'}),
        (result(text=None), {"output": ""}),
        (result(text=None, structured=Raw(b'{"a":1}')), {"a": 1}),
        (result(text=None, structured=Raw(b"3")), {"output": 3}),
        (result(text=None, structured=Raw(b'{"a":1}'), is_error=True), {"error": {"a": 1}}),
        (result(text=None, structured=Raw(b'{"error":1}'), is_error=True), {"error": 1}),
    ],
)
def test_a_result_is_an_object(answer: ir.ToolResult, response: dict[str, Any]) -> None:
    told = contents(HI, says("assistant", call()), says("user", answer))
    assert told[2]["parts"][0]["functionResponse"]["response"] == response


def test_media_of_a_result_stand_in_it() -> None:
    image = ir.Media(kind="image", source=ir.Inline(data="aGk="), mime="image/png")
    answer = result(content=(ir.Text(text="see"), image))
    told = contents(HI, says("assistant", call()), says("user", answer))
    assert told[2]["parts"][0]["functionResponse"]["parts"] == [
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    ]


def test_names_and_arguments_are_made_to_fit() -> None:
    asked = says("assistant", call(name="1 x"), call("c2", arguments="{bad"), call("c3", "g", ""))
    request = chat(HI, asked, says("user", result()))
    found = encoded(request)
    said = sent(request)["contents"]
    first, second, third = (part["functionCall"] for part in said[1]["parts"])
    assert (first["name"], second["args"], third["args"]) == ("_1_x", {"_raw": "{bad"}, {})
    assert said[2]["parts"][0]["functionResponse"]["name"] == "_1_x"
    assert found.memo is not None
    assert (found.memo.seed, found.memo.names) == ("seed", {"_1_x": "1 x"})
    assert [loss.code for loss in found.losses] == ["tool_arguments"]


def test_ids_that_were_minted_are_not_said() -> None:
    minted = "call_" + "0" * 24
    told = contents(HI, says("assistant", call(minted)), says("user", result(minted)))
    assert "id" not in told[1]["parts"][0]["functionCall"]
    assert "id" not in told[2]["parts"][0]["functionResponse"]


def test_free_text_of_a_custom_call_is_its_only_argument() -> None:
    asked = call(arguments="*** patch", form="custom")
    told = contents(HI, says("assistant", asked))
    assert told[1]["parts"][0]["functionCall"]["args"] == {"input": "*** patch"}


def test_only_the_targets_own_seals_go_along() -> None:
    asked = says(
        "assistant",
        ir.Thinking(text="mine", seal=SEAL),
        ir.Thinking(text="theirs", seal=FOREIGN),
        ir.Thinking(text="nobody's"),
        ir.Thinking(seal=ir.Seal(origin="openai", id="rs_1")),
        ir.Text(text="", seal=SEAL),
        ir.Text(text=""),
        ir.Text(text="said", seal=FOREIGN),
        ir.Text(text="item", seal=ir.Seal(origin="openai", id="msg_1")),
        call(seal=SEAL),
    )
    assert contents(HI, asked)[1]["parts"] == [
        {"text": "mine", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "", "thoughtSignature": "c2ln"},
        {"text": "said"},
        {"text": "item"},
        {
            "functionCall": {"id": "c1", "name": "f", "args": {"a": 1}},
            "thoughtSignature": "c2ln",
        },
    ]
    assert lost(chat(HI, asked)) == ["seal", "reasoning", "seal"]


def test_own_thoughts_stay_where_their_seal_is_anothers() -> None:
    thought = {"text": "hm", "thought": True, "thoughtSignature": "c2ln"}
    request = decoded(model(thought))
    assert sent(request, vendor="vertex")["contents"] == [model({"text": "hm", "thought": True})]
    assert lost(request, vendor="vertex") == ["seal"]


def test_steps_of_the_current_turn_say_that_nobody_signed_them() -> None:
    told = contents(
        HI,
        says("assistant", call("c0")),
        says("user", result("c0"), ir.Text(text="now")),
        says("assistant", ir.Text(text="well"), call("c1"), call("c2")),
        says("user", result("c1"), result("c2")),
        says("assistant", call("c3", seal=SEAL)),
        says("user", result("c3")),
        says("assistant", ir.Text(text="done")),
        seal_required=True,
    )
    signed = [
        [part.get("thoughtSignature") for part in each["parts"] if "functionCall" in part]
        for each in told
        if each["role"] == "model"
    ]
    assert signed == [[None], ["skip_thought_signature_validator", None], ["c2ln"], []]


def test_a_turn_of_results_only_reaches_to_the_beginning() -> None:
    code = {"executableCode": {"code": "1"}}
    called = {"functionCall": {"name": "f", "args": {}}}
    answered = {"functionResponse": {"name": "f", "response": {"a": 1}}}
    request = decoded(model(code, called), user(answered, code))
    first = sent(request, seal_required=True)["contents"][0]
    assert first["parts"][1]["thoughtSignature"] == "skip_thought_signature_validator"


def test_a_refusal_is_a_text_and_blocks_of_others_are_their_words() -> None:
    asked = says(
        "assistant",
        ir.Refusal(text="no"),
        ir.Opaque(dialect="openai.chat", kind="x", raw=Raw(b"{}"), text="words"),
        ir.Opaque(dialect="openai.chat", kind="x", raw=Raw(b"{}")),
        call(executor="provider"),
    )
    assert contents(HI, asked)[1]["parts"] == [{"text": "no"}, {"text": "words"}]
    found = encoded(chat(HI, asked)).losses
    assert [(loss.code, loss.content) for loss in found] == [
        ("opaque", True),
        ("provider_tool", False),
    ]


def test_what_nobody_can_say_here_is_lost() -> None:
    point = ir.CachePoint()
    asked = says(
        "user",
        ir.Text(text="hi", cache=point, citations=(ir.Citation(),), extra={"odd": Raw(b"1")}),
        name="me",
        extra={"more": Raw(b"1")},
    )
    assert sorted(lost(chat(asked))) == ["cache", "citations", "name", "other:more", "other:odd"]


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (ir.Inline(data="aGk="), {"inlineData": {"mimeType": "a/b", "data": "aGk="}}),
        (ir.InlineText(text="hi"), {"inlineData": {"mimeType": "text/plain", "data": "aGk="}}),
        (ir.Link(url="gs://b/x"), {"fileData": {"mimeType": "a/b", "fileUri": "gs://b/x"}}),
        (
            ir.FileRef(origin="gemini", id="files/x"),
            {"fileData": {"mimeType": "a/b", "fileUri": "files/x"}},
        ),
    ],
)
def test_media_are_inline_or_files(source: ir.Source, part: dict[str, Any]) -> None:
    media = ir.Media(kind="document", source=source, mime="a/b")
    assert parts_of(media, links=frozenset({"gs"})) == [part]


def test_the_type_of_a_file_is_told_by_its_name() -> None:
    png = ir.Media(kind="image", source=ir.Link(url="gs://b/x.PNG"))
    bare = ir.Media(kind="image", source=ir.Link(url="gs://b/x"))
    first, second = parts_of(png, bare, links=frozenset({"gs"}))
    assert first == {"fileData": {"mimeType": "image/png", "fileUri": "gs://b/x.PNG"}}
    assert second == {"fileData": {"fileUri": "gs://b/x"}}


def test_documents_of_blocks_are_their_blocks_behind_what_they_are_about() -> None:
    image = ir.Media(kind="image", source=ir.Inline(data="aGk="))
    inner = ir.InlineBlocks(content=(ir.Text(text="one"), image))
    media = ir.Media(
        kind="document", source=inner, context="about", name="n", citable=True, detail="low"
    )
    assert parts_of(media) == [
        {"text": "about"},
        {"text": "one"},
        {"inlineData": {"data": "aGk="}},
    ]
    assert lost(chat(says("user", media))) == ["name", "citations", "document"]


@pytest.mark.parametrize(
    ("kind", "source", "code"),
    [
        ("image", ir.Link(url="https://a.example/x"), "image"),
        ("document", ir.FileRef(origin="openai", id="file-1"), "file"),
        ("audio", ir.Inline(data="aGk="), "audio"),
    ],
)
def test_what_the_target_cannot_have_is_lost(kind: Any, source: ir.Source, code: str) -> None:
    request = chat(says("user", ir.Text(text="see"), ir.Media(kind=kind, source=source)))
    (loss,) = encoded(request, refuses=frozenset({"audio"})).losses
    assert (loss.code, loss.content) == (code, True)
    assert sent(request, refuses=frozenset({"audio"}))["contents"] == [user({"text": "see"})]


def test_urls_that_the_target_does_not_fetch_are_wanted() -> None:
    def link(url: str, kind: Any = "image") -> ir.Media:
        return ir.Media(kind=kind, source=ir.Link(url=url))

    inner = ir.InlineBlocks(content=(ir.Text(text="one"), link("https://b.example/")))
    request = chat(
        says(
            "user",
            ir.Text(text="see"),
            link("https://a.example/"),
            link("https://a.example/"),
            link("gs://b/c"),
            link("https://c.example/", "video"),
            ir.Media(kind="image", source=ir.Inline(data="aGk=")),
            ir.Media(kind="document", source=inner),
        ),
        says("user", result(content=(link("https://d.example/"),))),
    )
    target = {"links": frozenset({"gs"}), "refuses": frozenset({"video"})}
    wanted = UPSTREAM.wants(request, target_of(**target))
    assert wanted == ("https://a.example/", "https://b.example/", "https://d.example/")
    own = decoded(user({"fileData": {"fileUri": "https://a.example/"}}))
    assert UPSTREAM.wants(own, TARGET) == ()


def target_of(**fields: Any) -> Any:
    return replace(TARGET, **fields)
