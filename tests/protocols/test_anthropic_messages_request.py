import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.anthropic_messages.codec import MessagesCodec
from protocols.codec import Head
from protocols.errors import DecodeError

CODEC = MessagesCodec()
USER = {"role": "user", "content": "hi"}
EPHEMERAL = {"type": "ephemeral"}


def decode(*messages: object, head: Head | None = None, **said: object) -> ir.Request:
    body = {"model": "m", "max_tokens": 9, "messages": list(messages or [USER]), **said}
    return CODEC.decode_request(msgspec.json.encode(body), head or Head())


def block(**said: object) -> ir.Content:
    return decode({"role": "user", "content": [said]}).messages[0].content[0]


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def test_roles_keep_their_order_and_the_head_is_marked() -> None:
    request = decode(
        USER,
        {"role": "system", "content": [{"type": "text", "text": "now"}]},
        {"role": "assistant", "content": "a"},
        system=[{"type": "text", "text": "s", "cache_control": EPHEMERAL}],
    )
    told = [(message.role, message.head) for message in request.messages]
    assert told == [("system", True), ("user", False), ("system", False), ("assistant", False)]
    assert request.messages[0].content == (ir.Text(text="s", cache=ir.CachePoint()),)
    assert decode(system="s").messages[0].content == (ir.Text(text="s"),)


def test_everything_said_at_the_top_has_its_place() -> None:
    request = decode(
        stream=True,
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        stop_sequences=["x"],
        service_tier="auto",
        metadata={"user_id": "u", "odd": 1},
        context_management={"edits": []},
        head=Head(headers={"anthropic-beta": "b"}),
    )
    assert request.sampling == ir.Sampling(
        max_tokens=9, temperature=0.5, top_p=0.9, top_k=5, stop=("x",)
    )
    assert (request.stream, request.service_tier, request.end_user) == (True, "auto", "u")
    assert request.headers == {"anthropic-beta": "b"}
    assert request.extra == {
        "metadata": raw({"odd": 1}),
        "context_management": raw({"edits": []}),
    }


def test_what_the_url_says_counts() -> None:
    body = b'{"messages":[],"model":"x","stream":false}'
    request = CODEC.decode_request(body, Head(model="deployed", stream=True))
    assert (request.model, request.stream) == ("deployed", True)


@pytest.mark.parametrize(
    ("version", "headers"),
    [
        ("2026-10-21", {"anthropic-version": "2026-10-21"}),
        ("vertex-2023-10-16", None),
        ("bedrock-2023-05-31", None),
    ],
)
def test_the_version_of_an_envelope_is_no_field(
    version: str, headers: dict[str, str] | None
) -> None:
    request = decode(anthropic_version=version)
    assert (request.headers, request.extra) == (headers, None)


def test_blocks_of_all_kinds_are_understood() -> None:
    inline = ir.Inline(data="AAAA")
    base64 = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    assert block(type="image", source=base64, cache_control=EPHEMERAL) == ir.Media(
        kind="image", source=inline, mime="image/png", cache=ir.CachePoint()
    )
    link = {"type": "url", "url": "https://x.example/a.pdf", "odd": 1}
    assert block(type="document", source=link) == ir.Media(
        kind="document",
        source=ir.Link(url="https://x.example/a.pdf"),
        extra={"source": raw({"odd": 1})},
    )
    text = {"type": "text", "media_type": "text/plain", "data": "words"}
    assert block(
        type="document", source=text, title="t", context="c", citations={"enabled": True}
    ) == ir.Media(
        kind="document",
        source=ir.InlineText(text="words"),
        mime="text/plain",
        name="t",
        context="c",
        citable=True,
    )
    file = {"type": "file", "file_id": "file_1"}
    assert block(type="document", source=file, citations=None) == ir.Media(
        kind="document", source=ir.FileRef(origin="anthropic", id="file_1")
    )
    assert block(type="thinking", thinking="hm", signature="s") == ir.Thinking(
        text="hm", seal=ir.Seal(origin="anthropic", signature="s")
    )
    assert block(type="thinking", thinking="hm") == ir.Thinking(text="hm")
    assert block(type="redacted_thinking", data="d") == ir.Thinking(
        redacted=True, seal=ir.Seal(origin="anthropic", signature="d")
    )
    assert block(type="server_tool_use", id="s", name="web_search", input={"q": 1}) == ir.ToolCall(
        id="s", name="web_search", arguments='{"q":1}', executor="provider"
    )
    new = {"type": "container_upload", "file_id": "file_1"}
    assert block(**new) == ir.Opaque(
        dialect="anthropic.messages", kind="container_upload", raw=raw(new)
    )


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"type": "compaction", "content": "so far"}, "so far"),
        ({"type": "compaction", "content": None}, None),
        (
            {
                "type": "search_result",
                "title": "t",
                "source": "https://x.example",
                "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
                "citations": {"enabled": True},
            },
            "t\nhttps://x.example\na\nb",
        ),
        (
            {"type": "code_execution_tool_result", "content": {"stdout": "1", "return_code": 0}},
            "1",
        ),
    ],
)
def test_what_others_do_not_understand_may_be_told_in_words(
    said: dict[str, object], text: str | None
) -> None:
    assert block(**said) == ir.Opaque(
        dialect="anthropic.messages", kind=str(said["type"]), raw=raw(said), text=text
    )


def test_a_document_may_be_made_of_blocks() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}}
    nested = [{"type": "text", "text": "t"}, image]
    read = block(type="document", source={"type": "content", "content": nested})
    assert isinstance(read, ir.Media)
    assert read.source == ir.InlineBlocks(
        content=(
            ir.Text(text="t"),
            ir.Media(kind="image", source=ir.Link(url="https://x.example/a.png")),
        )
    )
    unknown = {"type": "content", "content": [*nested, {"type": "moon"}]}
    kept = block(type="document", source=unknown)
    assert isinstance(kept, ir.Opaque)
    assert kept.raw == raw({"type": "document", "source": unknown})
    words = block(type="document", source={"type": "content", "content": "t"})
    assert isinstance(words, ir.Media)
    assert words.source == ir.InlineBlocks(content=(ir.Text(text="t"),))
    empty = block(type="document", source={"type": "content"})
    assert isinstance(empty, ir.Media)
    assert empty.source == ir.InlineBlocks(content=())


def test_calls_and_results_are_matched() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "a/b", "data": "A"}}
    inner = {"type": "tool_result", "tool_use_id": "c1", "content": []}
    results = [
        {"type": "tool_result", "tool_use_id": "c1", "content": "42", "is_error": True},
        {"type": "tool_result", "tool_use_id": "c9", "content": [image, inner]},
        {"type": "tool_result", "tool_use_id": "c1"},
        {"type": "text", "text": "and"},
    ]
    call = {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1.0}, "caller": {}}
    request = decode({"role": "assistant", "content": [call]}, {"role": "user", "content": results})
    assert request.messages[0].content == (
        ir.ToolCall(id="c1", name="f", arguments='{"a":1.0}', extra={"caller": Raw(b"{}")}),
    )
    media = ir.Media(kind="image", source=ir.Inline(data="A"), mime="a/b")
    opaque = ir.Opaque(dialect="anthropic.messages", kind="tool_result", raw=raw(inner))
    assert request.messages[1].content == (
        ir.ToolResult(call_id="c1", name="f", content=(ir.Text(text="42"),), is_error=True),
        ir.ToolResult(call_id="c9", content=(media, opaque)),
        ir.ToolResult(call_id="c1", name="f"),
        ir.Text(text="and"),
    )
    assert block(type="tool_use", id="c", name="f") == ir.ToolCall(id="c", name="f")


def test_places_of_citations_have_one_form() -> None:
    char = {
        "type": "char_location",
        "cited_text": "x",
        "document_index": 0,
        "document_title": "t",
        "start_char_index": 1,
        "end_char_index": 2,
    }
    web = {
        "type": "web_search_result_location",
        "url": "https://x.example",
        "title": "t",
        "cited_text": "x",
        "encrypted_index": "e",
    }
    new = {"type": "moon_location", "cited_text": "x"}
    read = block(type="text", text="t", citations=[char, web, new])
    assert isinstance(read, ir.Text)
    assert read.citations == (
        ir.Citation(text="x", title="t", document=0, unit="char", start=1, end=2),
        ir.Citation(
            text="x",
            title="t",
            url="https://x.example",
            unit="web",
            extra={"encrypted_index": Raw(b'"e"')},
        ),
        ir.Citation(text="x", extra={"type": Raw(b'"moon_location"')}),
    )


def test_tools_of_all_kinds_are_understood() -> None:
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    schema = {"type": "object"}
    request = decode(
        tools=[
            {"name": "f", "description": "d", "input_schema": schema, "strict": True, "odd": 1},
            {"type": "custom", "name": "g", "input_schema": schema, "cache_control": EPHEMERAL},
            search,
        ]
    )
    assert request.tools == (
        ir.FunctionTool(
            name="f",
            description="d",
            parameters=raw(schema),
            strict=True,
            extra={"odd": Raw(b"1")},
        ),
        ir.FunctionTool(name="g", parameters=raw(schema), cache=ir.CachePoint()),
        ir.ProviderTool(origin="anthropic", kind="web_search_20250305", raw=raw(search)),
    )


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ({"type": "auto"}, ir.ToolChoice(mode="auto")),
        (
            {"type": "any", "disable_parallel_tool_use": True},
            ir.ToolChoice(mode="required", parallel=False),
        ),
        ({"type": "tool", "name": "f"}, ir.ToolChoice(mode="named", name="f")),
        ({"type": "none"}, ir.ToolChoice(mode="none")),
        (None, None),
    ],
)
def test_a_choice_of_tools_is_understood(said: object, choice: ir.ToolChoice | None) -> None:
    assert decode(tool_choice=said).tool_choice == choice


@pytest.mark.parametrize(
    ("thinking", "reasoning"),
    [
        ({"type": "enabled", "budget_tokens": 1024}, ir.Reasoning(mode="on", budget_tokens=1024)),
        ({"type": "disabled"}, ir.Reasoning(mode="off")),
        (
            {"type": "adaptive", "display": "omitted", "odd": 1},
            ir.Reasoning(mode="adaptive", show="none", extra={"odd": Raw(b"1")}),
        ),
        (None, None),
    ],
)
def test_thinking_is_understood(thinking: object, reasoning: ir.Reasoning | None) -> None:
    assert decode(thinking=thinking).reasoning == reasoning


def test_effort_and_form_of_the_answer_are_understood() -> None:
    schema = {"type": "json_schema", "schema": {"type": "object"}}
    output = ir.OutputFormat(kind="json_schema", schema=raw({"type": "object"}))
    request = decode(output_config={"effort": "low", "format": schema, "task_budget": 1})
    assert (request.reasoning, request.output) == (ir.Reasoning(effort="low"), output)
    assert request.extra == {"output_config": raw({"task_budget": 1})}
    assert decode(output_format=schema).output == output
    both = decode(thinking={"type": "adaptive"}, output_config={"effort": "max"})
    assert both.reasoning == ir.Reasoning(mode="adaptive", effort="max")
    other = {"type": "grammar"}
    assert decode(output_format=other).extra == {"output_format": raw(other)}
    kept = decode(output_config={"format": other})
    assert (kept.output, kept.extra) == (None, {"output_config": raw({"format": other})})


def with_block(**said: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": [said]}]}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"model": None}, "model is missing; expected a string"),
        ({"messages": None}, "messages is missing; expected a list of messages"),
        ({"messages": [{"content": "a"}]}, "messages[0].role is missing"),
        ({"messages": [{"role": "user"}]}, "messages[0].content is missing"),
        (
            {"messages": [{"role": "tool", "content": "a"}]},
            "messages[0].role is 'tool'; expected user, assistant or system",
        ),
        (with_block(text="a"), "messages[0].content[0].type is missing; expected a string"),
        (with_block(type="image"), "messages[0].content[0].source is missing; expected an object"),
        (
            with_block(type="image", source={"type": "ftp"}),
            (
                "messages[0].content[0].source.type is 'ftp'"
                "; expected base64, url, file, text or content"
            ),
        ),
        (
            with_block(type="tool_use", name="f"),
            "messages[0].content[0].id is missing; expected a string",
        ),
        ({"system": 5}, "system is 5; expected a list"),
        ({"max_tokens": "9"}, "max_tokens is '9'; expected a whole number"),
        (
            {"tool_choice": {"type": "all"}},
            "tool_choice.type is 'all'; expected auto, any, tool or none",
        ),
        (
            {"thinking": {"type": "deep"}},
            "thinking.type is 'deep'; expected enabled, adaptive or disabled",
        ),
        ({"tools": [{"input_schema": {}}]}, "tools[0].name is missing; expected a string"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(said: dict[str, object], message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        CODEC.decode_request(msgspec.json.encode({"model": "m", "messages": [], **said}), Head())
    assert str(caught.value) == message
