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


def decode(*messages: object, head: Head = HEAD, **said: object) -> ir.Request:
    body = {"messages": list(messages or [USER]), **said}
    return CODEC.decode_request(msgspec.json.encode(body), head)


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
