from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.bedrock_converse.codec import ConverseCodec, ConverseUpstream
from protocols.codec import Head, Target
from protocols.errors import DecodeError

CODEC = ConverseCodec()
HEAD = Head(model="us.anthropic.claude", stream=True)
TARGET = Target(model="m", vendor="anthropic")
USER = {"role": "user", "content": [{"text": "hi"}]}
POINT = {"cachePoint": {"type": "default"}}
NO_SCHEMA = {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}}
PNG = {"format": "png", "source": {"bytes": "aGk="}}


def decode(*messages: object, head: Head = HEAD, **said: object) -> ir.Request:
    body = {"messages": list(messages or [USER]), **said}
    return CODEC.decode_request(msgspec.json.encode(body), head)


def block(**said: object) -> ir.Content:
    [message] = decode({"role": "user", "content": [said]}).messages
    [content] = message.content
    return content


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def stays(**said: object) -> ir.Request:
    """What it is read as; written again for the vendor it is what it was."""
    body = {"messages": [USER], **said}
    request = CODEC.decode_request(msgspec.json.encode(body), HEAD)
    sent = ConverseUpstream().encode_request(request, TARGET, "seed")
    assert msgspec.json.decode(sent.body) == body
    assert sent.losses == ()
    return request


def block_stays(**said: object) -> ir.Content:
    request = stays(messages=[{"role": "assistant", "content": [said]}])
    return request.messages[0].content[0]


def test_model_and_stream_are_in_the_path() -> None:
    request = decode(head=Head(model="m", stream=False))
    assert (request.model, request.stream, request.dialect) == ("m", False, "bedrock.converse")
    with pytest.raises(DecodeError, match="names no model"):
        decode(head=Head())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{}", "messages is missing"),
        (b'{"messages":[{"content":[]}]}', r"messages\[0\].role is missing"),
        (b'{"messages":[{"role":"user"}]}', r"messages\[0\].content is missing"),
        (b'{"messages":[{"role":"bot","content":[]}]}', "expected user, assistant or system"),
        (b'{"messages":[{"role":"user","content":[{"text":1}]}]}', r"content\[0\].text is 1"),
        (b'{"messages":[],"toolConfig":{"tools":[{"toolSpec":{}}]}}', "toolSpec.name is missing"),
        (
            msgspec.json.encode({"messages": [], "outputConfig": {"textFormat": NO_SCHEMA}}),
            "jsonSchema.schema holds no JSON",
        ),
    ],
)
def test_what_is_no_request_is_refused_with_its_place(body: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        CODEC.decode_request(body, HEAD)


def test_everything_said_at_the_top_has_its_place() -> None:
    request = stays(
        system=[{"text": "be brief"}],
        inferenceConfig={
            "maxTokens": 9, "temperature": 0.5, "topP": 0.9, "stopSequences": ["x"], "odd": 1,
        },
        serviceTier={"type": "priority", "odd": 1},
        requestMetadata={"team": "a", "user_id": "u"},
        performanceConfig={"latency": "optimized"},
        guardrailConfig={"guardrailIdentifier": "g"},
        promptVariables={"v": {"text": "x"}},
        toolConfig={"odd": 1},
        outputConfig={"odd": 1},
    )  # fmt: skip
    assert request.sampling == ir.Sampling(max_tokens=9, temperature=0.5, top_p=0.9, stop=("x",))
    assert (request.service_tier, request.end_user) == ("priority", "u")
    assert request.metadata == {"team": "a"}
    assert request.messages[0] == ir.Message(
        role="system", content=(ir.Text(text="be brief"),), head=True
    )
    assert request.extra == {
        "performanceConfig": raw({"latency": "optimized"}),
        "guardrailConfig": raw({"guardrailIdentifier": "g"}),
        "promptVariables": raw({"v": {"text": "x"}}),
        "inferenceConfig": raw({"odd": 1}),
        "serviceTier": raw({"odd": 1}),
        "toolConfig": raw({"odd": 1}),
        "outputConfig": raw({"odd": 1}),
    }


def test_nothing_is_said_by_what_is_empty() -> None:
    empty = decode(system=[], inferenceConfig={}, toolConfig={}, requestMetadata={})
    assert empty == decode()


def test_roles_keep_their_order_and_a_system_among_them_is_no_head() -> None:
    request = stays(messages=[USER, {"role": "system", "content": [{"text": "now"}], "odd": 1}])
    assert [(each.role, each.head) for each in request.messages] == [
        ("user", False), ("system", False),
    ]  # fmt: skip
    assert request.messages[1].extra == {"odd": raw(1)}


def test_a_cache_point_belongs_to_the_block_before_it() -> None:
    hour = {"cachePoint": {"type": "default", "ttl": "1h"}}
    request = stays(
        system=[{"text": "s"}, POINT],
        messages=[{"role": "user", "content": [{"text": "a"}, hour, {"image": PNG}, POINT]}],
    )
    [system, user] = request.messages
    assert system.content == (ir.Text(text="s", cache=ir.CachePoint()),)
    assert user.content[0] == ir.Text(text="a", cache=ir.CachePoint(ttl="1h"))
    assert getattr(user.content[1], "cache", None) == ir.CachePoint()


@pytest.mark.parametrize(
    "content",
    [
        [POINT],
        [{"text": "a"}, POINT, POINT],
        [{"text": "a"}, {"cachePoint": {"type": "other"}}],
        [{"text": "a"}, {"cachePoint": {"type": "default", "ttl": "9h"}}],
        [{"text": "a"}, {"cachePoint": {"type": "default", "ttl": 9}}],
        [{"text": "a"}, {"cachePoint": {"type": "default", "odd": 1}}],
        [{"reasoningContent": {"reasoningText": {"text": "t"}}}, POINT],
    ],
)
def test_a_cache_point_that_belongs_to_nothing_is_kept(content: list[object]) -> None:
    request = stays(messages=[{"role": "user", "content": content}])
    last = request.messages[0].content[-1]
    assert isinstance(last, ir.Opaque)
    assert last.kind == "cachePoint"


@pytest.mark.parametrize(
    ("said", "media"),
    [
        (
            {"image": PNG},
            ir.Media(kind="image", source=ir.Inline(data="aGk="), mime="image/png"),
        ),
        (
            {
                "document": {
                    "format": "pdf", "name": "d", "source": {"bytes": "aGk="}, "context": "c",
                    "citations": {"enabled": True},
                }
            },
            ir.Media(
                kind="document", source=ir.Inline(data="aGk="), mime="application/pdf", name="d",
                context="c", citable=True,
            ),
        ),
        (
            {"document": {"name": "d", "source": {"text": "hi"}}},
            ir.Media(kind="document", source=ir.InlineText(text="hi"), name="d"),
        ),
        (
            {"document": {"format": "txt", "name": "d", "source": {"content": [{"text": "a"}]}}},
            ir.Media(
                kind="document", source=ir.InlineBlocks(content=(ir.Text(text="a"),)),
                mime="text/plain", name="d",
            ),
        ),
        (
            {
                "video": {
                    "format": "mp4",
                    "source": {"s3Location": {"uri": "s3://b/v.mp4", "bucketOwner": "1"}},
                }
            },
            ir.Media(
                kind="video", source=ir.Link(url="s3://b/v.mp4"), mime="video/mp4",
                extra={"source": raw({"s3Location": {"bucketOwner": "1"}})},
            ),
        ),
        (
            {"audio": {"format": "mpeg", "source": {"bytes": "aGk="}}},
            ir.Media(
                kind="audio", source=ir.Inline(data="aGk="), mime="audio/mpeg",
                extra={"format": raw("mpeg")},
            ),
        ),
        (
            {"image": {"format": "image/png", "source": {"bytes": "aGk="}, "odd": 1}},
            ir.Media(
                kind="image", source=ir.Inline(data="aGk="),
                extra={"format": raw("image/png"), "odd": raw(1)},
            ),
        ),
    ],
)  # fmt: skip
def test_media_say_what_they_are_and_where(said: dict[str, object], media: ir.Media) -> None:
    assert block_stays(**said) == media


def test_a_document_that_is_not_to_be_cited_says_nothing() -> None:
    said = {"name": "d", "source": {"bytes": "aGk="}, "citations": {"enabled": False}}
    assert block(document=said) == ir.Media(
        kind="document", source=ir.Inline(data="aGk="), name="d"
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"format": "png"}, "image.source is missing"),
        ({"format": "png", "source": {}}, "holds no source we know"),
    ],
)
def test_media_without_a_source_are_refused(said: dict[str, object], why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        block(image=said)


def test_calls_and_results_belong_together() -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}}
    result = {
        "toolResult": {
            "toolUseId": "t",
            "content": [{"text": "x", "odd": 1}, {"image": PNG}, {"json": {"b": 2}}],
            "status": "error",
        }
    }
    request = stays(
        messages=[
            {"role": "assistant", "content": [call, POINT]},
            {"role": "user", "content": [result, POINT]},
        ]
    )
    assert request.messages[0].content == (
        ir.ToolCall(id="t", name="f", arguments='{"a":1}', cache=ir.CachePoint()),
    )
    [told] = request.messages[1].content
    assert isinstance(told, ir.ToolResult)
    assert (told.call_id, told.name, told.is_error) == ("t", "f", True)
    assert [type(part) for part in told.content] == [ir.Text, ir.Media, ir.Opaque]
    assert getattr(told.content[2], "text", None) == '{"b":2}'


def test_one_value_is_a_structured_result() -> None:
    said = {"toolUseId": "t", "content": [{"json": {"b": [1.0]}}]}
    assert block_stays(toolResult=said) == ir.ToolResult(
        call_id="t", structured=Raw(b'{"b":[1.0]}')
    )


def test_success_is_what_is_meant_where_nothing_is_said() -> None:
    said = {"toolUseId": "t", "content": []}
    assert block(toolResult={**said, "status": "success"}) == block(toolResult=said)
    odd = block_stays(toolResult={**said, "status": "half"})
    assert odd == ir.ToolResult(call_id="t", extra={"status": raw("half")})


def test_who_called_a_tool_is_told() -> None:
    said = {"toolUseId": "t", "name": "f", "input": {}}
    served = block_stays(toolUse={**said, "type": "server_tool_use"})
    assert served == ir.ToolCall(id="t", name="f", executor="provider")
    plain = block_stays(toolUse={**said, "type": "tool_use"})
    assert plain == ir.ToolCall(id="t", name="f", extra={"type": raw("tool_use")})
    assert block(toolUse={"toolUseId": "t", "name": "f"}) == ir.ToolCall(id="t", name="f")


def test_thoughts_keep_their_seals() -> None:
    signed = block_stays(reasoningContent={"reasoningText": {"text": "t", "signature": "s"}})
    assert signed == ir.Thinking(text="t", seal=ir.Seal(origin="anthropic", signature="s"))
    bare = block_stays(reasoningContent={"reasoningText": {"text": "t", "odd": 1}})
    assert bare == ir.Thinking(text="t", extra={"odd": raw(1)})


@pytest.mark.parametrize(
    ("data", "signature"),
    [
        ("RXU4RQ==", "Eu8E"),  # Anthropic's data, in base64 once more
        ("/w==", "\0/w=="),  # no text
        ("abc", "\0abc"),  # no base64
        ("c3kxAQ==", "c3kxAQ=="),  # another vendor's, wrapped
        ("YR==", "\0YR=="),  # base64 that would not come out as it came in
    ],
)
def test_a_withheld_thought_is_its_seal(data: str, signature: str) -> None:
    assert block_stays(reasoningContent={"redactedContent": data}) == ir.Thinking(
        redacted=True, seal=ir.Seal(origin="anthropic", signature=signature)
    )


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (
            {"documentChar": {"documentIndex": 0, "start": 1, "end": 2}},
            {"unit": "char", "document": 0, "start": 1, "end": 2},
        ),
        ({"documentPage": {"documentIndex": 3}}, {"unit": "page", "document": 3}),
        ({"documentChunk": {"start": 1}}, {"unit": "block", "start": 1}),
        (
            {"searchResultLocation": {"searchResultIndex": 1, "odd": 2}},
            {
                "unit": "result",
                "document": 1,
                "extra": {"location": raw({"searchResultLocation": {"odd": 2}})},
            },
        ),
        (
            {"web": {"url": "https://x", "domain": "x"}},
            {
                "unit": "web",
                "url": "https://x",
                "extra": {"location": raw({"web": {"domain": "x"}})},
            },
        ),
        ({"orbit": {"a": 1}}, {"extra": {"location": raw({"orbit": {"a": 1}})}}),
        ({}, {"extra": {"location": raw({})}}),
    ],
)
def test_a_citation_says_where(location: object, place: dict[str, Any]) -> None:
    said = {
        "content": [{"text": "t"}],
        "citations": [{"title": "d", "location": location, "sourceContent": [{"text": "c"}]}],
    }
    text = block_stays(citationsContent=said)
    assert isinstance(text, ir.Text)
    assert text.citations[0] == ir.Citation(title="d", text="c", **place)


def test_a_citation_may_name_its_source_alone() -> None:
    several = [{"text": "a"}, {"text": "b"}]
    said = {
        "content": [{"text": "t"}],
        "citations": [
            {"source": "https://x", "sourceContent": several},
            {"title": "y", "source": "s", "location": {"documentChar": {"start": 1}}},
        ],
    }
    text = block_stays(citationsContent=said)
    assert isinstance(text, ir.Text)
    assert text.citations[0] == ir.Citation(url="https://x", extra={"sourceContent": raw(several)})
    assert text.citations[1] == ir.Citation(title="y", url="s", unit="char", start=1)
    empty = {"content": [{"text": "t"}], "citations": [{"title": "x", "sourceContent": []}]}
    assert block(citationsContent=empty) == ir.Text(text="t", citations=(ir.Citation(title="x"),))


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"guardContent": {"text": {"text": "g", "qualifiers": ["query"]}}}, "g"),
        ({"guardContent": {"image": PNG}}, None),
        (
            {"searchResult": {"source": "s", "title": "t", "content": [{"text": "c"}]}},
            "t\ns\nc",
        ),
        ({"searchResult": {}}, None),
        ({"citationsContent": {"content": [{"text": "a"}, {"text": "b"}]}}, "ab"),
        ({"citationsContent": {"citations": [{"title": "d"}]}}, None),
        ({"toolAddition": {"tool": {}}}, None),
        ({"image": PNG, "odd": 1}, None),
        ({"reasoningContent": {"odd": 1}}, None),
        ({"reasoningContent": {"reasoningText": {"text": "t"}, "odd": 1}}, None),
    ],
)
def test_what_is_not_modelled_is_kept_whole(said: dict[str, object], text: str | None) -> None:
    kept = block_stays(**said)
    assert kept == ir.Opaque(
        dialect="bedrock.converse", kind=next(iter(said)), raw=raw(said), text=text
    )


def test_an_empty_block_is_kept_too() -> None:
    assert block() == ir.Opaque(dialect="bedrock.converse", kind="", raw=raw({}))
    assert block(image=None) == ir.Opaque(
        dialect="bedrock.converse", kind="", raw=raw({"image": None})
    )


def test_unknown_fields_of_a_text_stay() -> None:
    assert block_stays(text="t", odd=[1]) == ir.Text(text="t", extra={"odd": raw([1])})


def test_an_unknown_part_of_a_result_is_kept() -> None:
    part = {"searchResult": {"title": "t", "source": "s", "content": []}}
    told = block_stays(toolResult={"toolUseId": "t", "content": [part]})
    assert isinstance(told, ir.ToolResult)
    assert told.content == (
        ir.Opaque(dialect="bedrock.converse", kind="searchResult", raw=raw(part), text="t\ns"),
    )


def test_tools_are_functions_or_the_vendors_own() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/x"}}}
    spec = {"name": "f", "description": "d", "inputSchema": {"json": schema, "odd": 1}}
    tools = [
        POINT,
        {"toolSpec": {**spec, "strict": True}},
        POINT,
        POINT,
        {"toolSpec": {"name": "g"}},
        {"systemTool": {"name": "nova_grounding"}},
        {"systemTool": {}},
        {"systemTool": None},
        {},
    ]
    request = stays(toolConfig={"tools": tools})
    assert [getattr(tool, "kind", None) for tool in request.tools] == [
        "cachePoint", None, "cachePoint", None, "nova_grounding", "systemTool", "systemTool", "",
    ]  # fmt: skip
    assert request.tools[1] == ir.FunctionTool(
        name="f",
        description="d",
        parameters=raw(schema),
        strict=True,
        cache=ir.CachePoint(),
        extra={"inputSchema": raw({"odd": 1})},
    )
    assert request.tools[3] == ir.FunctionTool(name="g")
    described = {"name": "g", "description": "d"}
    assert stays(toolConfig={"tools": [{"toolSpec": described}]}).tools[0] == ir.FunctionTool(
        name="g", description="d"
    )


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ({"auto": {}}, ir.ToolChoice(mode="auto")),
        ({"any": {}}, ir.ToolChoice(mode="required")),
        ({"tool": {"name": "f"}}, ir.ToolChoice(mode="named", name="f")),
        ({"tool": {}}, ir.ToolChoice(mode="named")),
        ({"none": {}}, ir.ToolChoice(raw=raw({"none": {}}))),
        ({"any": {"odd": 1}}, ir.ToolChoice(raw=raw({"any": {"odd": 1}}))),
        ({"any": None}, ir.ToolChoice(raw=raw({"any": None}))),
        ({"any": {}, "auto": {}}, ir.ToolChoice(raw=raw({"any": {}, "auto": {}}))),
    ],
)
def test_the_choice_among_tools(said: object, choice: ir.ToolChoice) -> None:
    tools = [{"toolSpec": {"name": "f", "inputSchema": {"json": {}}}}]
    assert stays(toolConfig={"tools": tools, "toolChoice": said}).tool_choice == choice


def test_a_schema_is_json_in_a_string() -> None:
    form = {"schema": '{"type": "object"}', "name": "n", "description": "d"}
    text_format = {"type": "json_schema", "structure": {"jsonSchema": form}}
    assert stays(outputConfig={"textFormat": text_format}).output == ir.OutputFormat(
        kind="json_schema", name="n", description="d", schema=Raw(b'{"type": "object"}')
    )
    bare = {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}"}}}
    assert stays(outputConfig={"textFormat": bare}).output == ir.OutputFormat(
        kind="json_schema", schema=Raw(b"{}")
    )
    odd = {"type": "xml"}
    assert stays(outputConfig={"textFormat": odd}).output is None


CLAUDE = "additionalModelRequestFields"


@pytest.mark.parametrize(
    ("said", "reasoning"),
    [
        ({"outputConfig": {"effort": "high"}}, ir.Reasoning(effort="high")),
        (
            {"outputConfig": {"effort": "high"}, CLAUDE: {"odd": 1}},
            ir.Reasoning(effort="high"),
        ),
        (
            {CLAUDE: {"thinking": {"type": "enabled", "budget_tokens": 2048}}},
            ir.Reasoning(mode="on", budget_tokens=2048),
        ),
        (
            {CLAUDE: {"thinking": {"type": "disabled"}, "output_config": {"odd": 1}}},
            ir.Reasoning(mode="off"),
        ),
        (
            {
                CLAUDE: {
                    "thinking": {"type": "adaptive", "display": "summarized"},
                    "output_config": {"effort": "low", "odd": 1},
                }
            },
            ir.Reasoning(mode="adaptive", effort="low", show="summary"),
        ),
        (
            {"outputConfig": {"effort": "max"}, CLAUDE: {"thinking": {"type": "adaptive"}}},
            ir.Reasoning(
                mode="adaptive", effort="max", extra={"outputConfig": raw({"effort": "max"})}
            ),
        ),
        (
            {CLAUDE: {"reasoning_config": {"type": "enabled", "budget_tokens": 1024}}},
            ir.Reasoning(mode="on", budget_tokens=1024, extra={"reasoning_config": raw({})}),
        ),
        (
            {CLAUDE: {"thinking": {"type": "enabled", "odd": 1}}},
            ir.Reasoning(mode="on", extra={"thinking": raw({"odd": 1})}),
        ),
        ({CLAUDE: {"thinking": {"type": "deep"}}}, None),
        ({CLAUDE: {"reasoningConfig": {"type": "enabled"}}}, None),
        ({CLAUDE: [1]}, None),
    ],
)
def test_thinking_is_asked_for_in_more_than_one_place(
    said: dict[str, object], reasoning: ir.Reasoning | None
) -> None:
    assert stays(**said).reasoning == reasoning


def test_top_k_is_the_models_own() -> None:
    assert stays(additionalModelRequestFields={"top_k": 5}).sampling == ir.Sampling(top_k=5)
    both = stays(additionalModelRequestFields={"top_k": 5}, inferenceConfig={"topP": 0.5})
    assert both.sampling == ir.Sampling(top_k=5, top_p=0.5)
