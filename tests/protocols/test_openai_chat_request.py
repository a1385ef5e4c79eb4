import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Head
from protocols.openai_chat.codec import ChatCodec
from protocols.openai_chat.notes import LEGACY, MAX_TOKENS, NAME, NULL, PART, REASONING, URL

CODEC = ChatCodec()
USER = {"role": "user", "content": "hi"}


def decode(*messages: object, head: Head | None = None, **said: object) -> ir.Request:
    body = {"model": "m", "messages": list(messages or [USER]), **said}
    return CODEC.decode_request(msgspec.json.encode(body), head or Head())


def content_of(*messages: object) -> tuple[ir.Content, ...]:
    return decode(*messages).messages[-1].content


def part(**said: object) -> ir.Content:
    return content_of({"role": "user", "content": [said]})[0]


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def test_roles_keep_their_meaning_and_their_order() -> None:
    request = decode(
        {"role": "system", "content": "s", "name": "boss"},
        {"role": "developer", "content": "d"},
        USER,
        {"role": "assistant", "content": "a"},
        {"role": "system", "content": "later"},
    )
    told = [(each.role, each.developer, each.name, each.head) for each in request.messages]
    assert told == [
        ("system", False, "boss", False),
        ("system", True, None, False),
        ("user", False, None, False),
        ("assistant", False, None, False),
        ("system", False, None, False),
    ]
    assert request.messages[0].content == (ir.Text(text="s"),)


def test_everything_said_at_the_top_has_its_place() -> None:
    request = decode(
        stream=True,
        max_tokens=5,
        temperature=0,
        top_p=0.5,
        top_k=40,
        stop=["a", "b"],
        seed=-7,
        presence_penalty=1,
        frequency_penalty=-1.5,
        n=2,
        logprobs=True,
        top_logprobs=3,
        reasoning_effort="high",
        modalities=["text", "audio"],
        verbosity="low",
        service_tier="flex",
        prompt_cache_key="k",
        user="u",
        metadata={"a": "b"},
        store=False,
        stream_options={"include_usage": True},
        logit_bias={"50256": -100},
    )
    assert request.sampling == ir.Sampling(
        max_tokens=5,
        temperature=0,
        top_p=0.5,
        top_k=40,
        stop=("a", "b"),
        seed=-7,
        presence_penalty=1,
        frequency_penalty=-1.5,
        candidates=2,
        logprobs=True,
        top_logprobs=3,
    )
    assert request.reasoning == ir.Reasoning(effort="high")
    assert (request.stream, request.modalities) == (True, ("text", "audio"))
    assert (request.verbosity, request.service_tier) == ("low", "flex")
    assert (request.cache_key, request.end_user, request.store) == ("k", "u", False)
    assert request.metadata == {"a": "b"}
    assert request.extra == {
        "stream_options": raw({"include_usage": True}),
        "logit_bias": raw({"50256": -100}),
        MAX_TOKENS: NULL,
    }


def test_the_newer_limit_of_tokens_wins_and_the_older_is_kept() -> None:
    assert decode(max_completion_tokens=5).sampling.max_tokens == 5
    request = decode(max_completion_tokens=5, max_tokens=9)
    assert request.sampling.max_tokens == 5
    assert request.extra == {"max_tokens": Raw(b"9")}


def test_one_stop_word_is_a_list_of_one() -> None:
    assert decode(stop="x").sampling.stop == ("x",)
    assert decode(stop=None).sampling.stop == ()


def test_what_the_url_and_the_headers_say_counts() -> None:
    head = Head(model="deployed", stream=False, headers={"openai-beta": "x"})
    request = decode(head=head, stream=True)
    assert (request.model, request.stream) == ("deployed", False)
    assert request.headers == {"openai-beta": "x"}


def test_parts_of_all_kinds_are_understood() -> None:
    ephemeral = {"type": "ephemeral", "ttl": "1h"}
    assert part(type="text", text="t", cache_control=ephemeral, odd=1) == ir.Text(
        text="t", cache=ir.CachePoint(ttl="1h"), extra={"odd": Raw(b"1")}
    )
    inline = ir.Inline(data="AAAA")
    image = {"url": "data:image/png;base64,AAAA", "detail": "low", "odd": 1}
    assert part(type="image_url", image_url=image) == ir.Media(
        kind="image",
        source=inline,
        mime="image/png",
        detail="low",
        extra={"image_url": raw({"odd": 1})},
    )
    link = ir.Link(url="https://x.example/a.png")
    assert part(type="image_url", image_url=link.url) == ir.Media(
        kind="image", source=link, extra={URL: NULL}
    )
    assert part(type="video_url", video_url={"url": "data:;base64,AAAA"}) == ir.Media(
        kind="video", source=inline
    )
    assert part(type="input_audio", input_audio={"data": "AAAA", "format": "wav"}) == ir.Media(
        kind="audio", source=inline, mime="audio/wav"
    )
    assert part(type="input_audio", input_audio="AAAA") == ir.Media(kind="audio", source=inline)
    assert part(type="file", file={"file_id": "file_1"}) == ir.Media(
        kind="document", source=ir.FileRef(origin="openai", id="file_1")
    )
    pdf = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}
    assert part(type="file", file=pdf) == ir.Media(
        kind="document", source=inline, mime="application/pdf", name="a.pdf"
    )
    assert part(type="refusal", refusal="No") == ir.Refusal(text="No")
    thought = [{"type": "text", "text": "a"}, {"type": "text"}, {"type": "text", "text": "b"}]
    for written in (thought, "ab"):
        assert part(type="thinking", thinking=written) == ir.Thinking(
            text="ab", extra={PART: raw(written)}
        )
    document = {"type": "document_url", "document_url": "https://x.example/a.pdf"}
    assert part(**document) == ir.Opaque(
        dialect="openai.chat", kind="document_url", raw=raw(document)
    )


@pytest.mark.parametrize(
    "said", [{"type": "other"}, {"type": "ephemeral", "ttl": "7d"}, {"type": "ephemeral", "x": 1}]
)
def test_an_unknown_cache_point_is_kept_as_it_is(said: object) -> None:
    assert part(type="text", text="t", cache_control=said) == ir.Text(
        text="t", extra={"cache_control": raw(said)}
    )


def test_calls_and_results_are_matched() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    custom = {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "free"}}
    request = decode(
        {"role": "assistant", "content": None, "tool_calls": [call, custom]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "43"}]},
        {"role": "tool", "tool_call_id": "c9", "name": "h", "content": None},
    )
    assert request.messages[0].content == (
        ir.ToolCall(id="c1", name="f", arguments='{"a":1}'),
        ir.ToolCall(id="c2", name="g", arguments="free", form="custom"),
    )
    results = [message.content[0] for message in request.messages[1:]]
    assert results == [
        ir.ToolResult(call_id="c1", name="f", content=(ir.Text(text="42"),)),
        ir.ToolResult(call_id="c2", name="g", content=(ir.Text(text="43"),), form="custom"),
        ir.ToolResult(call_id="c9", name="h", extra={NAME: NULL}),
    ]


def test_calls_are_read_as_vendors_write_them() -> None:
    calls = [
        {"function": {"name": "f", "arguments": {"a": 1}, "odd": 1}, "index": 0},
        {"id": "c", "function": {"name": "g"}, "cache_control": {"type": "ephemeral"}},
    ]
    first, second = content_of({"role": "assistant", "tool_calls": calls})
    assert isinstance(first, ir.ToolCall)
    assert first.arguments == '{"a":1}'
    assert first.extra == {"index": Raw(b"0"), "function": raw({"odd": 1})}
    again, _ = content_of({"role": "assistant", "tool_calls": calls})
    assert first == again
    assert len(first.id) == len("call_") + 24
    assert second == ir.ToolCall(id="c", name="g", cache=ir.CachePoint())


def test_googles_seal_is_found_on_a_call() -> None:
    def seal(extra: object) -> tuple[object, object]:
        call = {"id": "c", "function": {"name": "f"}, "extra_content": extra}
        block = content_of({"role": "assistant", "tool_calls": [call]})[0]
        assert isinstance(block, ir.ToolCall)
        return block.seal, block.extra

    signed = {"google": {"thought_signature": "s"}}
    assert seal(signed) == (ir.Seal(origin="google", signature="s"), None)
    others: list[object] = [{"google": {}}, {"x": 1}]
    for other in others:
        assert seal(other) == (None, {"extra_content": raw(other)})


def test_the_functions_of_old_are_tools() -> None:
    request = decode(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "42"},
        {"role": "function", "name": "unheard", "content": "43"},
        functions=[{"name": "f", "parameters": {"type": "object"}}],
        function_call={"name": "f"},
    )
    call, result = request.messages[0].content[0], request.messages[1].content[0]
    assert isinstance(call, ir.ToolCall)
    assert isinstance(result, ir.ToolResult)
    assert (result.call_id, result.name) == (call.id, "f")
    tool = ir.FunctionTool(name="f", parameters=raw({"type": "object"}), extra={LEGACY: NULL})
    assert request.tools == (tool,)
    assert request.tool_choice == ir.ToolChoice(mode="named", name="f")


def test_what_a_model_said_and_thought_comes_in_order() -> None:
    message = {
        "role": "assistant",
        "reasoning_content": "hm",
        "reasoning": "hm",
        "content": "a",
        "refusal": "no",
        "audio": {"id": "audio_1"},
        "name": "bot",
    }
    told = decode(message).messages[0]
    assert told.content == (
        ir.Thinking(text="hm"),
        ir.Text(text="a"),
        ir.Refusal(text="no"),
        ir.Media(kind="audio", source=ir.FileRef(origin="openai", id="audio_1")),
    )
    assert (told.name, told.extra) == ("bot", {"reasoning": Raw(b'"hm"')})
    assert content_of({"role": "assistant", "reasoning": "hm"}) == (
        ir.Thinking(text="hm", extra={REASONING: NULL}),
    )
    assert content_of({"role": "assistant", "reasoning_content": ""}) == ()


def test_tools_of_all_kinds_are_understood() -> None:
    schema = {"type": "object", "properties": {"z": {}, "a": {}}}
    function = {"name": "f", "description": "d", "parameters": schema, "strict": True, "odd": 1}
    request = decode(
        tools=[
            {"type": "function", "function": function, "cache_control": {"type": "ephemeral"}},
            {"type": "custom", "custom": {"name": "c", "description": "d", "format": {"a": 1}}},
            {"type": "web_search", "x": 1},
        ]
    )
    assert request.tools == (
        ir.FunctionTool(
            name="f",
            description="d",
            parameters=raw(schema),
            strict=True,
            cache=ir.CachePoint(),
            extra={"function": raw({"odd": 1})},
        ),
        ir.CustomTool(name="c", description="d", format=raw({"a": 1})),
        ir.ProviderTool(
            origin="openai", kind="web_search", raw=raw({"type": "web_search", "x": 1})
        ),
    )


NAMED = {"type": "function", "function": {"name": "f"}}
ALLOWED = {"mode": "required", "tools": [NAMED, {"type": "function"}]}


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("auto", ir.ToolChoice(mode="auto")),
        ("none", ir.ToolChoice(mode="none")),
        ("required", ir.ToolChoice(mode="required")),
        ("any", ir.ToolChoice(mode="required")),
        (NAMED, ir.ToolChoice(mode="named", name="f")),
        ({"function": {"name": "f"}}, ir.ToolChoice(mode="named", name="f")),
        ({"type": "custom", "custom": {"name": "c"}}, ir.ToolChoice(mode="named", name="c")),
        (
            {"type": "allowed_tools", "allowed_tools": ALLOWED},
            ir.ToolChoice(mode="required", allowed=("f",)),
        ),
        ({"type": "allowed_tools", **ALLOWED}, ir.ToolChoice(mode="required", allowed=("f",))),
        ({"type": "mcp", "name": "x"}, ir.ToolChoice(raw=raw({"type": "mcp", "name": "x"}))),
        ({"type": "function"}, ir.ToolChoice(raw=raw({"type": "function"}))),
        (None, None),
    ],
)
def test_a_choice_of_tools_is_understood(said: object, choice: ir.ToolChoice | None) -> None:
    assert decode(tool_choice=said).tool_choice == choice


def test_whoever_asks_is_told_by_one_of_two_names() -> None:
    assert decode(safety_identifier="s").end_user == "s"
    both = decode(safety_identifier="s", user="u")
    assert both.end_user == "u"
    assert both.extra == {"safety_identifier": raw("s")}


def test_calling_one_at_a_time_is_part_of_the_choice() -> None:
    assert decode(parallel_tool_calls=False).tool_choice == ir.ToolChoice(parallel=False)
    choice = decode(parallel_tool_calls=True, tool_choice="auto").tool_choice
    assert choice == ir.ToolChoice(mode="auto", parallel=True)


SCHEMA = {"name": "n", "description": "d", "schema": {"type": "object"}, "strict": True}


@pytest.mark.parametrize(
    ("said", "output"),
    [
        ({"type": "text"}, ir.OutputFormat(kind="text")),
        ({"type": "json_object"}, ir.OutputFormat(kind="json")),
        (
            {"type": "json_schema", "json_schema": SCHEMA},
            ir.OutputFormat(
                kind="json_schema",
                name="n",
                description="d",
                schema=raw({"type": "object"}),
                strict=True,
            ),
        ),
        (None, None),
    ],
)
def test_a_form_of_answer_is_understood(said: object, output: ir.OutputFormat | None) -> None:
    assert decode(response_format=said).output == output


@pytest.mark.parametrize("said", [{"type": "grammar"}, {"type": "json_schema", "schema": {}}])
def test_a_form_of_answer_of_others_is_kept(said: object) -> None:
    request = decode(response_format=said)
    assert (request.output, request.extra) == (None, {"response_format": raw(said)})
