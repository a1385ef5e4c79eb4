"""Requests as a vendor of Responses gets them."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Encoded, Head, Target
from protocols.openai_responses.codec import ResponsesCodec, ResponsesUpstream

CODEC = ResponsesCodec()
UPSTREAM = ResponsesUpstream()
WORDS = ("none", "low", "high")
OPENAI = Target(
    model="gpt", vendor="openai", effort="effort", efforts=WORDS, links=frozenset({"https"})
)
PLAIN = Target(model="gpt", vendor="openai")
OTHER = Target(model="llama", vendor="local", efforts=WORDS, effort="effort")


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def refusing(*concepts: str, target: Target = OPENAI) -> Target:
    return msgspec.structs.replace(target, refuses=frozenset(concepts))


def foreign(*content: ir.Content, role: Any = "user", **said: Any) -> ir.Request:
    """As a client of another dialect asks."""
    messages = said.pop("messages", (ir.Message(role=role, content=content),))
    return ir.Request(dialect="anthropic.messages", model="m", messages=messages, **said)


def send(request: ir.Request, target: Target = OPENAI) -> Encoded:
    return UPSTREAM.encode_request(request, target, "seed")


def body(request: ir.Request, target: Target = OPENAI) -> Any:
    return msgspec.json.decode(send(request, target).body)


def losses(request: ir.Request, target: Target = OPENAI) -> list[str]:
    return [loss.code for loss in send(request, target).losses]


def own(**said: object) -> ir.Request:
    return CODEC.decode_request(msgspec.json.encode({"model": "m", **said}), Head())


def again(**said: object) -> Any:
    """What came in the dialect, as it goes out."""
    encoded = send(own(**said))
    assert encoded.losses == ()
    found = msgspec.json.decode(encoded.body)
    assert found.pop("model") == "gpt"
    return found


def items(*content: ir.Content, role: Any = "user", target: Target = PLAIN) -> list[Any]:
    found: list[Any] = body(foreign(*content, role=role), target)["input"]
    return found


# --- the same dialect -----------------------------------------------------------------------------

SAID: dict[str, Any] = {
    "instructions": "Be brief.",
    "input": [
        {"type": "message", "role": "developer", "content": []},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {}},
                {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "low"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "QUJD"},
                {"type": "input_file", "file_url": "https://x.test/a.pdf"},
                {"type": "input_file", "file_id": "file_1"},
                {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}},
                {"type": "input_video", "video_url": "x"},
            ],
            "id": "msg_0",
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "s"}],
            "content": [{"type": "reasoning_text", "text": "t", "odd": 1}],
            "encrypted_content": "sealed",
            "odd": 2,
        },
        {"type": "reasoning", "summary": []},
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "b",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "u",
                            "title": "t",
                            "start_index": 0,
                            "end_index": 1,
                        }
                    ],
                    "logprobs": [{"token": "b"}],
                },
                {"type": "refusal", "refusal": "no"},
            ],
            "id": "msg_1",
            "phase": "final_answer",
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "refusal", "refusal": "no"}],
            "id": "msg_2",
        },
        {"type": "function_call", "call_id": "c1", "name": "f.g", "arguments": "{", "id": "fc_1"},
        {
            "type": "custom_tool_call",
            "call_id": "c2",
            "name": "p",
            "input": "x",
            "status": "incomplete",
        },
        {"type": "function_call_output", "call_id": "c1", "output": "1", "id": "fco_1"},
        {
            "type": "custom_tool_call_output",
            "call_id": "c2",
            "output": [{"type": "input_text", "text": "1"}, {"type": "input_text", "text": "2"}],
        },
        {"type": "function_call_output", "call_id": "c0", "output": ""},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
    ],
    "tools": [
        {"type": "function", "name": "f", "description": "d", "parameters": {}, "strict": True,
         "x": 1},
        {"type": "function", "function": {"name": "g"}, "name": "g"},
        {"type": "custom", "name": "p", "description": "d", "format": {"type": "grammar"}},
        {"type": "web_search", "filters": {}},
    ],
    "tool_choice": {"type": "custom", "name": "p"},
    "parallel_tool_calls": False,
    "text": {
        "format": {"type": "json_schema", "name": "n", "schema": {}},
        "verbosity": "low",
        "odd": 1,
    },
    "reasoning": {"effort": "low", "summary": "detailed", "context": "all"},
    "temperature": 0.5,
    "top_p": 0.5,
    "top_logprobs": 2,
    "max_output_tokens": 9,
    "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
    "metadata": {"a": "b"},
    "store": False,
    "previous_response_id": "resp_0",
    "service_tier": "flex",
    "prompt_cache_key": "k",
    "user": "u",
    "stream": True,
    "truncation": "auto",
    "client_metadata": {"x": "y"},
}  # fmt: skip


def test_what_came_in_the_dialect_goes_out_as_it_came() -> None:
    assert again(**SAID) == SAID


@pytest.mark.parametrize(
    "said",
    [
        {"tool_choice": {"type": "mcp", "server_label": "s"}},
        {
            "tool_choice": {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "f"}],
            }
        },
        {"tool_choice": "none"},
        {"text": {"format": {"type": "json_object"}}},
        {"text": {"format": {"type": "text"}}},
        {"safety_identifier": "u", "store": True},
        {"reasoning": {"summary": "auto"}},
    ],
)
def test_its_other_words_go_out_as_they_came(said: dict[str, Any]) -> None:
    question = {
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
        ]
    }
    assert again(**question, **said) == {**question, **said}


def test_what_the_vendor_keeps_needs_no_input() -> None:
    assert again(prompt={"id": "p"}) == {"prompt": {"id": "p"}}


def test_what_the_target_refuses_is_lost_here_too() -> None:
    request = own(input="hi", temperature=0.5, top_p=1, store=True, reasoning={"effort": "low"})
    sent = send(request, refusing("temperature", "top_p", "store", "reasoning"))
    assert [loss.code for loss in sent.losses] == ["effort", "temperature"]
    assert set(msgspec.json.decode(sent.body)) == {"model", "input"}


# --- messages of other dialects -------------------------------------------------------------------


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
    assert losses(foreign(messages=(head, other))) == ["system", "system"]


def test_a_message_is_the_items_it_is_made_of() -> None:
    call = ir.ToolCall(id="c", name="f", arguments="{}")
    found = items(ir.Text(text="a"), ir.Text(text="b"), call, ir.Text(text="c"), role="assistant")
    assert found == [
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}],
        },
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "c"}],
        },
    ]


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
    part = {"type": "input_image", "image_url": "data:image/png;base64,QUJD"}

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
    assert losses(request) == ["other:tool_result", "other:odd", "other:tool_result"]


def test_tools_that_vendors_ran_are_lost() -> None:
    call = ir.ToolCall(id="c", name="web_search", executor="provider")
    assert losses(foreign(call, role="assistant")) == ["provider_tool"]


# --- parts of other dialects ----------------------------------------------------------------------


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
            {"type": "input_image", "image_url": "https://x.test/a"},
        ),
        (
            ir.Media(kind="document", source=ir.Inline(data="QUJD"), mime="text/plain"),
            {
                "type": "input_file",
                "filename": "document.plain",
                "file_data": "data:text/plain;base64,QUJD",
            },
        ),
        (
            ir.Media(kind="document", source=ir.Inline(data="QUJD")),
            {"type": "input_file", "filename": "document.pdf", "file_data": "QUJD"},
        ),
        (
            ir.Media(kind="document", source=ir.Link(url="https://x.test/a")),
            {"type": "input_file", "file_url": "https://x.test/a"},
        ),
        (
            ir.Media(kind="image", source=ir.FileRef(origin="openai", id="file_1")),
            {"type": "input_image", "file_id": "file_1"},
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
    page, place = ir.Citation(url="https://x.test"), ir.Citation(document=0)
    said = ir.Text(text="ab", citations=(page,))
    (message,) = items(said, role="assistant")
    assert message["content"][0]["annotations"][0]["end_index"] == 2
    assert losses(foreign(said, role="assistant")) == []
    assert losses(foreign(said)) == ["citations"]
    other = ir.Text(text="a", citations=(place,), logprobs=raw([]), extra={"x": raw(1)})
    assert losses(foreign(other, role="assistant")) == ["citations", "other:x"]


# --- tools ----------------------------------------------------------------------------------------


def test_functions_of_others_are_not_strict() -> None:
    tools = (
        ir.FunctionTool(name="f", cache=ir.CachePoint(), extra={"odd": raw(1)}),
        ir.FunctionTool(name="g", description="d", parameters=raw({"a": 1}), strict=True),
    )
    request = foreign(tools=tools)
    assert body(request)["tools"] == [
        {
            "type": "function",
            "name": "f",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        },
        {
            "type": "function",
            "name": "g",
            "description": "d",
            "parameters": {"a": 1},
            "strict": True,
        },
    ]
    assert losses(request) == ["cache", "other:odd"]


def test_custom_tools_are_openais() -> None:
    grammar = {"syntax": "lark", "definition": "x"}
    nested = ir.CustomTool(name="p", format=raw({"type": "grammar", "grammar": grammar}))
    flat = ir.CustomTool(name="q", format=raw({"type": "text"}), extra={"odd": raw(1)})
    request = foreign(tools=(nested, flat), tool_choice=ir.ToolChoice(mode="named", name="p"))
    assert body(request)["tools"] == [
        {"type": "custom", "name": "p", "format": {"type": "grammar", **grammar}},
        {"type": "custom", "name": "q", "format": {"type": "text"}},
    ]
    assert body(request)["tool_choice"] == {"type": "custom", "name": "p"}
    assert losses(request) == ["other:odd"]


def test_elsewhere_they_are_functions() -> None:
    tool = ir.CustomTool(name="p", description="d")
    call = ir.ToolCall(id="c", name="p", arguments="*** Begin", form="custom")
    result = ir.ToolResult(call_id="c", form="custom", content=(ir.Text(text="ok"),))
    choice = ir.ToolChoice(mode="named", name="p")
    sent = send(foreign(call, result, tools=(tool,), tool_choice=choice), OTHER)
    said = msgspec.json.decode(sent.body)
    assert said["tools"][0]["parameters"]["required"] == ["input"]
    assert said["tool_choice"] == {"type": "function", "name": "p"}
    assert said["input"] == [
        {
            "type": "function_call",
            "call_id": "c",
            "name": "p",
            "arguments": '{"input":"*** Begin"}',
        },
        {"type": "function_call_output", "call_id": "c", "output": "ok"},
    ]
    assert sent.memo is not None
    assert sent.memo.custom == {"p"}


def test_searching_the_web_is_the_one_tool_that_all_have() -> None:
    tools = (
        ir.ProviderTool(origin="anthropic", kind="web_search_20250305", raw=raw({})),
        ir.ProviderTool(origin="gemini", kind="codeExecution", raw=raw({})),
    )
    assert body(foreign(tools=tools))["tools"] == [{"type": "web_search"}]
    assert losses(foreign(tools=tools)) == ["provider_tool"]
    assert losses(foreign(tools=tools), OTHER) == ["provider_tool", "provider_tool"]


def test_who_calls_no_tools_is_offered_none() -> None:
    request = foreign(tools=(ir.FunctionTool(name="f"),), tool_choice=ir.ToolChoice(mode="auto"))
    assert losses(request, refusing("tools")) == ["other:tools"]
    assert "tool_choice" not in body(request, refusing("tools"))


TOOLS = (
    ir.FunctionTool(name="f"),
    ir.FunctionTool(name="g"),
    ir.ProviderTool(origin="anthropic", kind="web_search_20250305", raw=raw({})),
)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (ir.ToolChoice(mode="required"), "required"),
        (ir.ToolChoice(mode="named", name="f"), {"type": "function", "name": "f"}),
        (
            ir.ToolChoice(allowed=("f",)),
            {
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [{"type": "function", "name": "f"}],
            },
        ),
        (ir.ToolChoice(parallel=True), None),
    ],
)
def test_the_choice_among_tools(choice: ir.ToolChoice, said: object) -> None:
    assert body(foreign(tools=TOOLS, tool_choice=choice)).get("tool_choice") == said


def test_of_a_few_only_those_are_sent_where_the_choice_is_unknown() -> None:
    choice = ir.ToolChoice(mode="required", allowed=("f",))
    said = body(foreign(tools=TOOLS[:2], tool_choice=choice), OTHER)
    assert [tool["name"] for tool in said["tools"]] == ["f"]
    assert said["tool_choice"] == "required"


@pytest.mark.parametrize(
    ("choice", "refused", "found"),
    [
        (ir.ToolChoice(mode="required"), "tool_choice", ["tool_choice"]),
        (ir.ToolChoice(mode="required"), "tool_choice.required", ["tool_choice"]),
        (ir.ToolChoice(mode="auto"), "tool_choice", []),
        (ir.ToolChoice(raw=raw("x")), "nothing", ["tool_choice"]),
        (ir.ToolChoice(parallel=False), "parallel", ["parallel"]),
        (ir.ToolChoice(parallel=True), "parallel", []),
    ],
)
def test_a_choice_that_is_refused_is_lost(
    choice: ir.ToolChoice, refused: str, found: list[str]
) -> None:
    request = foreign(tools=TOOLS[:2], tool_choice=choice)
    assert losses(request, refusing(refused)) == found
    assert "tool_choice" not in body(request, refusing(refused))


def test_who_must_not_call_is_offered_nothing() -> None:
    request = foreign(tools=TOOLS[:2], tool_choice=ir.ToolChoice(mode="none"))
    assert "tools" not in body(request, refusing("tool_choice.none"))
    assert losses(request, refusing("tool_choice.none")) == []
    assert body(request)["tool_choice"] == "none"


def test_of_no_tools_nothing_is_chosen() -> None:
    request = foreign(tool_choice=ir.ToolChoice(mode="required"))
    assert "tool_choice" not in body(request)


# --- the form of the answer -----------------------------------------------------------------------

SCHEMA = ir.OutputFormat(kind="json_schema", schema=raw({"type": "object"}), description="d")


def test_a_schema_has_a_name() -> None:
    assert body(foreign(output=SCHEMA))["text"]["format"] == {
        "type": "json_schema",
        "name": "response",
        "description": "d",
        "schema": {"type": "object"},
    }


def test_a_schema_that_is_refused_is_that_of_a_tool() -> None:
    sent = send(foreign(output=SCHEMA), refusing("json_schema"))
    said = msgspec.json.decode(sent.body)
    assert said["tools"] == [
        {
            "type": "function",
            "name": "json_output",
            "description": "d",
            "parameters": {"type": "object"},
            "strict": False,
        }
    ]
    assert said["tool_choice"] == {"type": "function", "name": "json_output"}
    assert sent.memo is not None
    assert (sent.memo.schema_tool, sent.losses) == ("json_output", ())


def test_beside_other_tools_it_is_only_asked_for() -> None:
    head = ir.Message(role="system", head=True, content=(ir.Text(text="Be brief."),))
    request = foreign(messages=(head,), output=SCHEMA, tools=TOOLS[:1])
    said = body(request, refusing("json_schema"))
    assert said["instructions"].startswith("Be brief.\n\nAnswer with one JSON object")
    assert said["instructions"].endswith('{"type":"object"}')
    assert losses(request, refusing("json_schema")) == ["output"]
    json = foreign(output=ir.OutputFormat(kind="json"))
    assert body(json, refusing("json_object"))["instructions"].endswith("nothing else.")


# --- the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reasoning", "said", "found"),
    [
        (ir.Reasoning(effort="high"), {"effort": "high"}, []),
        (ir.Reasoning(effort="medium"), {"effort": "low"}, []),
        (ir.Reasoning(mode="off"), {"effort": "none"}, []),
        (ir.Reasoning(mode="on", budget_tokens=4096), {"effort": "high"}, []),
        (ir.Reasoning(mode="adaptive", show="full"), {"summary": "auto"}, []),
        (ir.Reasoning(show="none", extra={"x": raw(1)}), None, ["other:x"]),
    ],
)
def test_how_hard_to_think(reasoning: ir.Reasoning, said: object, found: list[str]) -> None:
    request = foreign(reasoning=reasoning)
    assert (body(request).get("reasoning"), losses(request)) == (said, found)


def test_some_cannot_but_think_and_some_not_at_all() -> None:
    thinker = msgspec.structs.replace(OPENAI, efforts=("low", "high"))
    off = foreign(reasoning=ir.Reasoning(mode="off", show="summary"))
    assert body(off, thinker)["reasoning"]["effort"] == "low"
    assert losses(off, thinker) == ["effort"]
    assert (losses(off, PLAIN), "reasoning" in body(off, PLAIN)) == ([], False)
    assert losses(foreign(reasoning=ir.Reasoning(effort="high")), PLAIN) == ["effort"]
    free = msgspec.structs.replace(OPENAI, efforts=())
    assert body(foreign(reasoning=ir.Reasoning(effort="odd")), free)["reasoning"] == {
        "effort": "odd"
    }


def test_what_responses_has_no_words_for_is_lost() -> None:
    sampling = ir.Sampling(
        top_k=1, seed=1, presence_penalty=1, frequency_penalty=0, candidates=2, stop=("x",)
    )
    assert losses(foreign(sampling=sampling)) == ["top_k", "seed", "penalties", "n", "stop"]
    usual = ir.Sampling(temperature=1, top_p=1, presence_penalty=0, candidates=1)
    assert losses(foreign(sampling=usual), refusing("temperature", "top_p")) == []


def test_logprobs_are_included() -> None:
    sampling = ir.Sampling(logprobs=True, top_logprobs=2)
    said = body(foreign(sampling=sampling), PLAIN)
    assert (said["include"], said["top_logprobs"]) == (["message.output_text.logprobs"], 2)
    assert losses(foreign(sampling=sampling), refusing("logprobs")) == ["logprobs"]


def test_reasoning_is_asked_for_sealed_where_nothing_is_stored() -> None:
    assert body(foreign())["include"] == ["reasoning.encrypted_content"]
    assert body(foreign())["store"] is False
    assert "include" not in body(foreign(), PLAIN)
    assert "store" not in body(foreign(), refusing("store"))
    assert losses(foreign(store=True)) == ["store"]


@pytest.mark.parametrize(
    ("asked", "most", "given", "found"),
    [
        (99, None, 99, []),
        (99, 50, 50, ["max_tokens"]),
        (1, None, 16, ["max_tokens"]),
    ],
)
def test_the_longest_answer(asked: int, most: int | None, given: int, found: list[str]) -> None:
    target = msgspec.structs.replace(OPENAI, max_tokens=most)
    request = foreign(sampling=ir.Sampling(max_tokens=asked))
    assert (body(request, target)["max_output_tokens"], losses(request, target)) == (given, found)


def test_openai_is_told_what_others_have_no_words_for() -> None:
    request = foreign(
        verbosity="low",
        cache_key="k",
        metadata={"a": "b"},
        service_tier="standard",
        end_user="u",
        stream=True,
        extra={"odd": raw(1)},
    )
    said = body(request)
    assert said["text"] == {"verbosity": "low"}
    assert (said["prompt_cache_key"], said["metadata"]) == ("k", {"a": "b"})
    assert (said["service_tier"], said["safety_identifier"]) == ("default", "u")
    assert said["stream"] is True
    assert losses(request) == ["other:odd"]
    assert losses(request, OTHER) == ["verbosity", "cache_key", "metadata", "other:odd"]
    assert body(request, OTHER)["user"] == "u"


def test_what_is_usual_is_no_loss() -> None:
    request = foreign(verbosity="medium", service_tier="auto")
    assert losses(request, OTHER) == []
    assert losses(foreign(service_tier="priority"), OTHER) == ["service_tier"]


def test_a_long_name_of_a_user_is_shortened() -> None:
    user = "u" * 65
    assert body(foreign(end_user=user))["safety_identifier"] == sha256(user.encode()).hexdigest()


def test_answers_are_text() -> None:
    request = foreign(modalities=("text", "audio"), previous_response_id="resp_1")
    assert losses(request) == ["audio"]
    assert body(request)["previous_response_id"] == "resp_1"


def test_links_that_the_target_does_not_follow_are_wanted() -> None:
    def image(url: str) -> ir.Media:
        return ir.Media(kind="image", source=ir.Link(url=url))

    inner = ir.InlineBlocks(content=(ir.Text(text="x"), image("http://x.test/1")))
    result = ir.ToolResult(call_id="c", content=(image("http://x.test/2"),))
    sound = ir.Media(kind="audio", source=ir.Link(url="https://x.test/3"))
    request = foreign(
        ir.Media(kind="document", source=inner),
        result,
        sound,
        image("https://x.test/4"),
        image("gs://b/5"),
        ir.Text(text="x"),
        ir.Media(kind="image", source=ir.Inline(data="")),
    )
    assert UPSTREAM.wants(request, OPENAI) == (
        "http://x.test/1",
        "http://x.test/2",
        "https://x.test/3",
    )
    assert UPSTREAM.wants(request, refusing("image")) == ("https://x.test/3",)
