"""Requests of Responses, read."""

import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Head
from protocols.errors import DecodeError
from tests.protocols.responses_asked import CODEC, block, decode, raw

# --- items ---------------------------------------------------------------------------------------


def test_a_text_is_what_the_user_says() -> None:
    assert decode().messages == (ir.Message(role="user", content=(ir.Text(text="hi"),)),)


def test_instructions_are_the_head() -> None:
    first, second = decode(instructions="Be brief.").messages
    assert first == ir.Message(role="system", content=(ir.Text(text="Be brief."),), head=True)
    assert second.role == "user"


def test_roles_keep_their_meaning_and_their_order() -> None:
    roles = ["user", "assistant", "system", "developer"]
    messages = decode(*({"role": role, "content": "x"} for role in roles)).messages
    assert [(each.role, each.developer) for each in messages] == [
        ("user", False),
        ("assistant", False),
        ("system", False),
        ("system", True),
    ]


def test_the_id_of_an_item_is_on_all_its_blocks() -> None:
    said = [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}]
    (message,) = decode(
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "phase": "final_answer",
            "content": said,
        }
    ).messages
    seal = ir.Seal(origin="openai", id="msg_1")
    assert message.content == (ir.Text(text="a", seal=seal), ir.Text(text="b", seal=seal))
    assert message.extra == {"phase": raw("final_answer")}


def test_an_id_that_no_block_can_carry_is_noted() -> None:
    refusal = {"type": "refusal", "refusal": "No."}
    (message,) = decode({"id": "msg_1", "role": "assistant", "content": [refusal]}).messages
    assert message.content == (ir.Refusal(text="No."),)
    assert message.extra == {"=id": raw("msg_1")}


def test_a_status_that_says_something_is_noted() -> None:
    (message,) = decode({"role": "assistant", "status": "incomplete", "content": "x"}).messages
    assert message.extra == {"=status": raw("incomplete")}


def test_the_signature_of_reasoning_is_on_its_last_part() -> None:
    (message,) = decode(
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "s"}],
            "content": [{"type": "reasoning_text", "text": "t", "odd": 1}],
            "encrypted_content": "sealed",
        }
    ).messages
    seal = ir.Seal(origin="openai", id="rs_1")
    signed = ir.Seal(origin="openai", id="rs_1", signature="sealed")
    assert message.role == "assistant"
    assert message.content == (
        ir.Thinking(text="s", summary=True, seal=seal),
        ir.Thinking(text="t", seal=signed, extra={"odd": raw(1)}),
    )


@pytest.mark.parametrize("content", [None, []])
def test_reasoning_that_is_withheld_is_a_thought_without_words(content: object) -> None:
    said = {"type": "reasoning", "summary": [], "content": content, "encrypted_content": "sealed"}
    seal = ir.Seal(origin="openai", signature="sealed")
    assert decode(said).messages[0].content == (ir.Thinking(seal=seal),)
    bare = {"type": "reasoning", "summary": []}
    assert decode(bare).messages[0].content == (ir.Thinking(),)


def test_calls_and_their_outputs_belong_together() -> None:
    call, custom, result, other = decode(
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "*** Begin"},
        {"type": "function_call_output", "id": "fco_1", "call_id": "c1", "output": "1"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "done"},
    ).messages
    seal = ir.Seal(origin="openai", id="fc_1")
    assert call.content == (ir.ToolCall(id="c1", name="f", arguments="{}", seal=seal),)
    assert custom.content == (
        ir.ToolCall(id="c2", name="patch", arguments="*** Begin", form="custom"),
    )
    assert result.role == other.role == "user"
    assert result.content == (
        ir.ToolResult(
            call_id="c1", name="f", content=(ir.Text(text="1"),), extra={"=id": raw("fco_1")}
        ),
    )
    assert other.content == (
        ir.ToolResult(call_id="c2", name="patch", content=(ir.Text(text="done"),), form="custom"),
    )


def test_what_a_call_leaves_out_is_made_up_the_same_each_time() -> None:
    said = {"type": "function_call", "name": "f"}
    (call,) = decode(said).messages[0].content
    assert isinstance(call, ir.ToolCall)
    assert call.id.startswith("call_")
    assert call.arguments == "{}"
    assert decode(said).messages[0].content == (call,)


def test_an_output_may_be_parts_or_nothing() -> None:
    image = {"type": "input_image", "image_url": "https://x.test/a.png"}
    parts = [{"type": "input_text", "text": "see"}, image, {"type": "refusal", "refusal": "no"}]
    (message,) = decode({"type": "function_call_output", "call_id": "c", "output": parts}).messages
    (result,) = message.content
    assert isinstance(result, ir.ToolResult)
    assert result.name is None
    assert result.content == (
        ir.Text(text="see"),
        ir.Media(kind="image", source=ir.Link(url="https://x.test/a.png")),
    )
    (empty,) = decode({"type": "function_call_output", "call_id": "c"}).messages[0].content
    assert empty == ir.ToolResult(call_id="c")


IMAGE = {"type": "image_generation_call", "id": "ig_1", "status": "completed"}


def test_a_picture_that_was_made_is_a_picture() -> None:
    said = {**IMAGE, "result": "QUJD", "output_format": "webp", "revised_prompt": "p"}
    assert block(**said) == ir.Media(
        kind="image",
        source=ir.Inline(data="QUJD"),
        mime="image/webp",
        seal=ir.Seal(origin="openai", id="ig_1"),
        extra={
            "=type": raw("image_generation_call"),
            "revised_prompt": raw("p"),
            "=output_format": raw("webp"),
        },
    )
    bare = block(type="image_generation_call", result="QUJD")
    assert isinstance(bare, ir.Media)
    assert bare.mime == "image/png"
    assert isinstance(block(**IMAGE, result=None), ir.Opaque)


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("web_search_call", "assistant"),
        ("item_reference", "assistant"),
        ("local_shell_call_output", "user"),
        ("mcp_approval_response", "user"),
    ],
)
def test_items_that_are_not_modelled_stay_as_they_are(kind: str, role: str) -> None:
    said = {"type": kind, "id": "x_1", "action": {"a": 1}}
    (message,) = decode(said).messages
    assert message.role == role
    assert message.content == (ir.Opaque(dialect="openai.responses", kind=kind, raw=raw(said)),)


# --- the rest ------------------------------------------------------------------------------------


def test_what_is_asked_for_is_said_in_our_words() -> None:
    request = decode(
        stream=True,
        temperature=0.5,
        top_p=0.9,
        top_logprobs=3,
        max_output_tokens=99,
        service_tier="flex",
        prompt_cache_key="k",
        safety_identifier="u",
        metadata={"a": "b"},
        store=False,
        previous_response_id="resp_0",
        truncation="auto",
    )
    assert request.stream
    assert request.sampling == ir.Sampling(
        temperature=0.5, top_p=0.9, top_logprobs=3, max_tokens=99
    )
    assert (request.service_tier, request.cache_key, request.end_user) == ("flex", "k", "u")
    assert (request.metadata, request.store) == ({"a": "b"}, False)
    assert request.previous_response_id == "resp_0"
    assert request.extra == {"truncation": raw("auto")}


def test_the_older_name_of_the_user_is_noted() -> None:
    request = decode(user="u")
    assert (request.end_user, request.extra) == ("u", {"=user": raw("u")})
    both = decode(user="old", safety_identifier="new")
    assert (both.end_user, both.extra) == ("new", {"user": raw("old")})


def test_what_is_to_be_included_is_noted_where_we_understand_it() -> None:
    encrypted, logprobs = "reasoning.encrypted_content", "message.output_text.logprobs"
    assert decode(include=[encrypted]).extra == {"=include": raw([encrypted])}
    told = decode(include=[logprobs])
    assert (told.sampling.logprobs, told.extra) == (True, {"=include": raw([logprobs])})
    other = decode(include=["file_search_call.results"])
    assert other.extra == {"include": raw(["file_search_call.results"])}


def test_tools_are_functions_custom_or_the_vendors() -> None:
    schema, grammar = {"type": "object"}, {"type": "grammar", "syntax": "lark"}
    search = {"type": "web_search", "filters": {}}
    function = {"type": "function", "name": "f", "description": "d", "parameters": schema}
    custom = {"type": "custom", "name": "p", "description": "d", "format": grammar, "odd": 1}
    request = decode(tools=[{**function, "strict": True, "odd": 1}, custom, search])
    assert request.tools == (
        ir.FunctionTool(
            name="f", description="d", parameters=raw(schema), strict=True, extra={"odd": raw(1)}
        ),
        ir.CustomTool(name="p", description="d", format=raw(grammar), extra={"odd": raw(1)}),
        ir.ProviderTool(origin="openai", kind="web_search", raw=raw(search)),
    )


def test_a_tool_written_as_in_chat_is_understood_and_kept() -> None:
    inner = {"name": "f", "description": "d", "parameters": {}, "strict": False}
    (tool,) = decode(tools=[{"type": "function", "function": inner}]).tools
    assert tool == ir.FunctionTool(
        name="f",
        description="d",
        parameters=raw({}),
        strict=False,
        extra={"=function": raw(inner)},
    )
    (named,) = decode(tools=[{"type": "function", "name": "g", "function": {}}]).tools
    assert isinstance(named, ir.FunctionTool)
    assert named.name == "g"


FUNCTION = {"type": "function", "name": "f"}
MCP = {"type": "mcp", "server_label": "s"}


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("required", ir.ToolChoice(mode="required")),
        ("sometimes", ir.ToolChoice(raw=raw("sometimes"))),
        (FUNCTION, ir.ToolChoice(mode="named", name="f")),
        ({"type": "function"}, ir.ToolChoice(raw=raw({"type": "function"}))),
        ({**FUNCTION, "odd": 1}, ir.ToolChoice(raw=raw({**FUNCTION, "odd": 1}))),
        (MCP, ir.ToolChoice(raw=raw(MCP))),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [FUNCTION]},
            ir.ToolChoice(mode="auto", allowed=("f",)),
        ),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [FUNCTION, MCP]},
            ir.ToolChoice(
                raw=raw({"type": "allowed_tools", "mode": "auto", "tools": [FUNCTION, MCP]})
            ),
        ),
    ],
)
def test_a_choice_among_tools(said: object, choice: ir.ToolChoice) -> None:
    assert decode(tool_choice=said).tool_choice == choice


def test_whether_calls_may_be_parallel() -> None:
    assert decode(parallel_tool_calls=False).tool_choice == ir.ToolChoice(parallel=False)
    both = decode(parallel_tool_calls=True, tool_choice="auto").tool_choice
    assert both == ir.ToolChoice(mode="auto", parallel=True)


def test_the_form_of_the_answer() -> None:
    schema = {"type": "json_schema", "name": "n", "schema": {}, "strict": True, "description": "d"}
    request = decode(text={"format": schema, "verbosity": "low", "odd": 1})
    assert request.output == ir.OutputFormat(
        kind="json_schema", name="n", schema=raw({}), strict=True, description="d"
    )
    assert (request.verbosity, request.extra) == ("low", {"text": raw({"odd": 1})})
    assert decode(text={"format": {"type": "json_object"}}).output == ir.OutputFormat(kind="json")
    assert decode(text={"format": {"type": "text"}}).output == ir.OutputFormat(kind="text")
    assert decode(text={}).output is None


@pytest.mark.parametrize("form", [{"type": "regex"}, {"type": "text", "odd": 1}])
def test_a_form_that_is_not_understood_stays(form: dict[str, object]) -> None:
    request = decode(text={"format": form})
    assert (request.output, request.extra) == (None, {"text": raw({"format": form})})


@pytest.mark.parametrize(
    ("said", "reasoning"),
    [
        ({"effort": "low"}, ir.Reasoning(effort="low")),
        ({"summary": "auto"}, ir.Reasoning(show="summary")),
        (
            {"summary": "detailed"},
            ir.Reasoning(show="summary", extra={"=summary": raw("detailed")}),
        ),
        ({"context": "all_turns"}, ir.Reasoning(extra={"context": raw("all_turns")})),
        ({"effort": None}, ir.Reasoning(extra=None)),
        ({}, None),
    ],
)
def test_how_hard_to_think(said: object, reasoning: ir.Reasoning | None) -> None:
    found = decode(reasoning=said).reasoning
    assert found == (None if reasoning == ir.Reasoning() else reasoning)


def test_the_model_and_the_stream_may_be_in_the_head() -> None:
    request = decode(head=Head(model="other", stream=True, headers={"a": "b"}))
    assert (request.model, request.stream, request.headers) == ("other", True, {"a": "b"})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"model": "m"}', "input is missing"),
        (b'{"input": "hi"}', "model is missing"),
        (b'{"model": "m", "input": [{"role": "clown", "content": ""}]}', "input[0].role is"),
        (b'{"model": "m", "input": [{"role": "user"}]}', "input[0].content is missing"),
        (b'{"model": "m", "input": 3}', "input is 3"),
    ],
)
def test_a_body_of_another_kind_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match="^" + why.replace("[", r"\[")):
        CODEC.decode_request(body, Head())


def test_what_a_vendor_keeps_may_stand_for_input_and_model() -> None:
    request = CODEC.decode_request(b'{"prompt": {"id": "pmpt_1"}}', Head())
    assert (request.model, request.messages) == ("", ())
    assert request.extra == {"prompt": Raw(b'{"id": "pmpt_1"}')}
