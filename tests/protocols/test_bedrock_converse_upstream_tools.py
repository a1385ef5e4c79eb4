"""Tools, forms and thinking of requests that others write for Converse."""

from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.bedrock_converse.codec import ConverseUpstream
from protocols.codec import Memo, Target

UPSTREAM: Final = ConverseUpstream()
TARGET: Final = Target(model="anthropic.claude", vendor="anthropic", cache=True)
HI: Final = ir.Message(role="user", content=(ir.Text(text="hi"),))
SCHEMA: Final = Raw(b'{"type":"object"}')
TOOL: Final = ir.FunctionTool(name="f", parameters=SCHEMA)
SPEC: Final = {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}
POINT: Final = {"cachePoint": {"type": "default"}}


def asked(*messages: ir.Message, **said: Any) -> ir.Request:
    filled = {"dialect": "openai.chat", "model": "m", **said}
    return ir.Request(messages=messages or (HI,), **filled)


def sent(request: ir.Request, target: Target = TARGET) -> tuple[dict[str, Any], list[str], Memo]:
    encoded = UPSTREAM.encode_request(request, target, "seed")
    assert encoded.memo is not None
    codes = [loss.code for loss in encoded.losses]
    return msgspec.json.decode(encoded.body), codes, encoded.memo


def user(*content: ir.Content) -> ir.Message:
    return ir.Message(role="user", content=content)


def bot(*content: ir.Content) -> ir.Message:
    return ir.Message(role="assistant", content=content)


def refusing(*words: str) -> Target:
    return replace(TARGET, refuses=frozenset(words))


def test_tools_are_specifications() -> None:
    custom = ir.CustomTool(
        name="patch it", description="d", format=Raw(b'{"definition":"G"}'), extra={"x": SCHEMA}
    )
    own = ir.ProviderTool(origin="openai", kind="web_search", raw=SCHEMA)
    cached = replace(TOOL, cache=ir.CachePoint(), strict=True, description="")
    said, losses, memo = sent(asked(tools=(cached, custom, own, ir.FunctionTool(name="g"))))
    first, point, second, third = said["toolConfig"]["tools"]
    assert first == {"toolSpec": {**SPEC["toolSpec"], "strict": True}}
    assert point == POINT
    assert second["toolSpec"]["name"] == "patch_it"
    assert "G" in second["toolSpec"]["description"]
    assert third["toolSpec"]["inputSchema"] == {"json": {"type": "object", "properties": {}}}
    assert losses == ["other:x", "provider_tool"]
    assert (memo.names, memo.custom) == ({"patch_it": "patch it"}, frozenset({"patch it"}))


def test_strictness_is_for_who_keeps_to_schemas() -> None:
    strict = replace(TOOL, strict=True)
    said, losses, _ = sent(asked(tools=(strict,)), refusing("json_schema"))
    assert (said["toolConfig"]["tools"], losses) == ([SPEC], ["schema"])
    lax, losses, _ = sent(asked(tools=(replace(TOOL, strict=False),)))
    assert (lax["toolConfig"]["tools"], losses) == ([SPEC], [])


@pytest.mark.parametrize(
    ("choice", "told", "losses"),
    [
        (ir.ToolChoice(mode="auto"), None, []),
        (ir.ToolChoice(mode="required"), {"any": {}}, []),
        (ir.ToolChoice(mode="named", name="f"), {"tool": {"name": "f"}}, []),
        (ir.ToolChoice(mode="named", name="x"), None, ["tool_choice"]),
        (ir.ToolChoice(mode="named"), None, ["tool_choice"]),
        (ir.ToolChoice(parallel=True), None, []),
        (ir.ToolChoice(parallel=False), None, ["parallel"]),
        (ir.ToolChoice(raw=SCHEMA), None, ["tool_choice"]),
    ],
)
def test_the_choice_among_tools(choice: ir.ToolChoice, told: object, losses: list[str]) -> None:
    said, lost, _ = sent(asked(tools=(TOOL,), tool_choice=choice))
    assert (said["toolConfig"].get("toolChoice"), lost) == (told, losses)


def test_a_choice_may_be_refused_or_be_of_nothing() -> None:
    must = ir.ToolChoice(mode="required", parallel=False)
    said, losses, _ = sent(asked(tools=(TOOL,), tool_choice=must), refusing("tool_choice"))
    assert (said["toolConfig"], losses) == ({"tools": [SPEC]}, ["parallel", "tool_choice"])
    assert sent(asked(tool_choice=must))[1] == []


def test_to_call_nothing_is_asked_for_in_words() -> None:
    none = ir.ToolChoice(mode="none")
    said, losses, _ = sent(asked(tools=(TOOL,), tool_choice=none))
    assert (said["toolConfig"], losses) == ({"tools": [SPEC]}, ["tool_choice"])
    assert "Do not call" in said["system"][0]["text"]


def test_only_the_tools_that_are_allowed_are_sent() -> None:
    allowed = ir.ToolChoice(mode="auto", allowed=("f",))
    tools = (TOOL, ir.FunctionTool(name="g"), ir.ProviderTool(origin="x", kind="k", raw=SCHEMA))
    said, losses, _ = sent(asked(tools=tools, tool_choice=allowed))
    assert (said["toolConfig"], losses) == ({"tools": [SPEC]}, ["provider_tool"])


def test_a_target_may_use_no_tools() -> None:
    said, losses, _ = sent(asked(tools=(TOOL,)), refusing("tools"))
    assert ("toolConfig" in said, losses) == (False, ["other:tools"])


def test_who_has_called_tools_has_some() -> None:
    said, _, _ = sent(asked(HI, bot(*(ir.ToolCall(id=id_, name="f.1") for id_ in "tu"))))
    [tool] = said["toolConfig"]["tools"]
    assert tool["toolSpec"]["name"] == "f_1"


FORM: Final = ir.OutputFormat(kind="json_schema", name="n", description="d", schema=SCHEMA)


def test_a_schema_is_told_in_a_string() -> None:
    said, losses, _ = sent(asked(output=FORM))
    form = {"schema": '{"type":"object"}', "name": "n", "description": "d"}
    expected = {"type": "json_schema", "structure": {"jsonSchema": form}}
    assert (said["outputConfig"], losses) == ({"textFormat": expected}, [])
    bare, _, _ = sent(asked(output=ir.OutputFormat(kind="json_schema")))
    schema = bare["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert schema == {"schema": '{"type":"object","properties":{}}'}
    assert sent(asked(output=ir.OutputFormat()))[0] == sent(asked())[0]


def test_a_schema_may_be_the_tool_that_must_be_called() -> None:
    said, losses, memo = sent(asked(output=FORM), refusing("json_schema"))
    spec = {"name": "json_output", "description": "d", "inputSchema": {"json": {"type": "object"}}}
    assert said["toolConfig"] == {
        "tools": [{"toolSpec": spec}],
        "toolChoice": {"tool": {"name": "json_output"}},
    }
    assert (losses, memo.schema_tool) == ([], "json_output")


@pytest.mark.parametrize(
    ("output", "target"),
    [(FORM, refusing("json_schema")), (ir.OutputFormat(kind="json"), TARGET)],
)
def test_else_json_is_asked_for_in_words(output: ir.OutputFormat, target: Target) -> None:
    said, losses, _ = sent(asked(output=output, tools=(TOOL,)), target)
    assert "one JSON object" in said["system"][-1]["text"]
    assert losses == ["output"]


@pytest.mark.parametrize(
    ("reasoning", "way", "told", "losses"),
    [
        (ir.Reasoning(effort="high"), "none", {}, ["reasoning"]),
        (ir.Reasoning(mode="off"), "none", {}, []),
        (ir.Reasoning(effort="high"), "effort", {"effort": "high"}, []),
        (ir.Reasoning(effort="minimal"), "effort", {"effort": "low"}, ["effort"]),
        (ir.Reasoning(effort="none"), "effort", {"effort": "low"}, ["effort"]),
        (ir.Reasoning(budget_tokens=9_999), "effort", {"effort": "max"}, []),
        (ir.Reasoning(mode="on"), "effort", {}, []),
        (ir.Reasoning(mode="off"), "budget", {"thinking": {"type": "disabled"}}, []),
        (
            ir.Reasoning(effort="high"),
            "budget",
            {"thinking": {"type": "enabled", "budget_tokens": 4096}},
            [],
        ),
        (
            ir.Reasoning(mode="on", show="none", extra={"x": SCHEMA}),
            "budget",
            {"thinking": {"type": "enabled", "budget_tokens": 2048, "display": "omitted"}},
            ["other:x"],
        ),
        (
            ir.Reasoning(budget_tokens=5),
            "budget",
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            [],
        ),
        (
            ir.Reasoning(effort="low"),
            "adaptive",
            {"thinking": {"type": "adaptive"}, "effort": "low"},
            [],
        ),
    ],
)
def test_thinking(
    reasoning: ir.Reasoning, way: Any, told: dict[str, Any], losses: list[str]
) -> None:
    said, lost, _ = sent(asked(reasoning=reasoning), replace(TARGET, effort=way))
    both = {**said.get("outputConfig", {}), **said.get("additionalModelRequestFields", {})}
    assert (both, lost) == (told, losses)


def test_a_budget_needs_room_and_no_samples() -> None:
    thinks = replace(TARGET, effort="budget")
    hot = ir.Sampling(max_tokens=1000, temperature=0.5, top_k=4)
    said, losses, _ = sent(asked(sampling=hot, reasoning=ir.Reasoning(effort="low")), thinks)
    assert said["inferenceConfig"] == {"maxTokens": 2024}
    assert losses == ["temperature", "top_k"]
    narrow = asked(sampling=ir.Sampling(top_p=0.9), reasoning=ir.Reasoning(effort="low"))
    said, losses, _ = sent(narrow, thinks)
    assert ("inferenceConfig" in said, losses) == (False, ["top_p"])
    wide = asked(sampling=ir.Sampling(top_p=0.95), reasoning=ir.Reasoning(effort="low"))
    assert sent(wide, thinks)[0]["inferenceConfig"] == {"topP": 0.95}
    roomy = ir.Sampling(max_tokens=9000, temperature=1)
    said, losses, _ = sent(asked(sampling=roomy, reasoning=ir.Reasoning(effort="low")), thinks)
    assert (said["inferenceConfig"], losses) == ({"maxTokens": 9000}, [])


@pytest.mark.parametrize("way", ["budget", "adaptive"])
def test_claude_takes_no_samples_however_it_thinks(way: Any) -> None:
    thinks = replace(TARGET, effort=way)
    hot = ir.Sampling(temperature=0.2, top_p=0.5, top_k=4)
    said, losses, _ = sent(asked(sampling=hot, reasoning=ir.Reasoning(effort="high")), thinks)
    assert "inferenceConfig" not in said
    assert said["additionalModelRequestFields"].keys() == {"thinking"}
    assert losses == ["temperature", "top_k", "top_p"]
    usual = ir.Sampling(temperature=1, top_p=0.95)
    said, losses, _ = sent(asked(sampling=usual, reasoning=ir.Reasoning(effort="high")), thinks)
    assert (said["inferenceConfig"], losses) == ({"topP": 0.95}, [])


def test_who_thinks_by_a_word_alone_keeps_its_samples() -> None:
    hot = ir.Sampling(temperature=0.2, top_p=0.5)
    said, losses, _ = sent(
        asked(sampling=hot, reasoning=ir.Reasoning(effort="high")), replace(TARGET, effort="effort")
    )
    assert (said["inferenceConfig"], losses) == ({"temperature": 0.2, "topP": 0.5}, [])


@pytest.mark.parametrize(
    ("most", "room", "budget", "losses"),
    [(32_000, 32_000, 30_000, []), (8_000, 8_000, 4_000, []), (1_000, 1_000, None, ["reasoning"])],
)
def test_a_budget_takes_no_more_room_than_there_is(
    most: int, room: int, budget: int | None, losses: list[str]
) -> None:
    thinks = replace(TARGET, effort="budget", max_tokens=most)
    long = ir.Sampling(max_tokens=1_000 if most == 1_000 else 4_000)
    deep = ir.Reasoning(budget_tokens=30_000)
    said, found, _ = sent(asked(sampling=long, reasoning=deep), thinks)
    told = said.get("additionalModelRequestFields", {}).get("thinking", {})
    assert (said["inferenceConfig"]["maxTokens"], told.get("budget_tokens")) == (room, budget)
    assert found == losses


@pytest.mark.parametrize(
    ("way", "told", "losses"),
    [
        ("budget", {}, ["reasoning"]),
        ("adaptive", {"effort": "high"}, ["reasoning"]),
        ("effort", {"effort": "high"}, []),
    ],
)
def test_claude_does_not_think_before_a_tool_that_must_be_called(
    way: Any, told: dict[str, Any], losses: list[str]
) -> None:
    request = asked(
        tools=(TOOL,),
        tool_choice=ir.ToolChoice(mode="required"),
        reasoning=ir.Reasoning(effort="high"),
    )
    said, found, _ = sent(request, replace(TARGET, effort=way))
    both = {**said.get("outputConfig", {}), **said.get("additionalModelRequestFields", {})}
    assert (both, found) == (told, losses)


THOUGHT: Final = ir.Thinking(text="t", seal=ir.Seal(origin="anthropic", signature="s"))
CALL: Final = ir.ToolCall(id="c", name="f")


@pytest.mark.parametrize(
    ("made", "told", "losses"),
    [
        ((THOUGHT, CALL), {"thinking": {"type": "enabled", "budget_tokens": 2048}}, []),
        ((CALL,), None, ["reasoning"]),
    ],
)
def test_who_made_the_last_calls_without_a_thought_does_not_think_of_their_results(
    made: tuple[ir.Content, ...], told: dict[str, Any] | None, losses: list[str]
) -> None:
    result = ir.ToolResult(call_id="c", content=(ir.Text(text="r"),))
    request = asked(
        *(HI, bot(*made), user(result)),
        tools=(TOOL,),
        reasoning=ir.Reasoning(mode="on", budget_tokens=2048),
    )
    said, found, _ = sent(request, replace(TARGET, effort="budget"))
    assert (said.get("additionalModelRequestFields"), found) == (told, losses)


def test_thinking_may_be_refused_to_the_dialects_own() -> None:
    own = asked(dialect="bedrock.converse", reasoning=ir.Reasoning(effort="low"))
    said, losses, _ = sent(own, refusing("reasoning"))
    assert ("outputConfig" in said, losses) == (False, ["reasoning"])


def test_the_last_four_cache_points_are_kept() -> None:
    kept = ir.Text(text="t", cache=ir.CachePoint())
    cached = replace(TOOL, cache=ir.CachePoint())
    system = ir.Message(role="system", content=(kept,))
    request = asked(system, user(kept, kept, kept, kept), tools=(cached,))
    said, losses, _ = sent(request)
    assert (said["toolConfig"]["tools"], said["system"]) == ([SPEC], [{"text": "t"}])
    assert said["messages"][0]["content"] == [{"text": "t"}, POINT] * 4
    assert losses == ["cache", "cache"]
    own = replace(request, dialect="bedrock.converse")
    assert POINT in sent(own)[0]["toolConfig"]["tools"]


def test_a_blank_text_ends_what_is_kept_before_it() -> None:
    blank = ir.Text(text=" ", cache=ir.CachePoint())
    said, losses, _ = sent(asked(user(blank, ir.Text(text="t"), blank, blank)))
    assert (said["messages"][0]["content"], losses) == ([{"text": "t"}, POINT], [])


def test_an_answer_of_no_words_is_one_of_one() -> None:
    said, losses, _ = sent(asked(sampling=ir.Sampling(max_tokens=0)))
    assert (said["inferenceConfig"], losses) == ({"maxTokens": 1}, ["max_tokens"])


def test_texts_of_documents_are_bytes_unless_they_are_cited() -> None:
    text = ir.Media(kind="document", source=ir.InlineText(text="Hello"), name="a")
    parts = (ir.Text(text="1"), ir.Text(text="2"))
    blocks = ir.Media(
        kind="document",
        source=ir.InlineBlocks(content=parts),
        name="b",
        cache=ir.CachePoint(),
        extra={"x": SCHEMA},
    )
    said, losses, _ = sent(asked(user(text, blocks)))
    shown = {"format": "txt", "source": {"bytes": "SGVsbG8="}, "name": "a"}
    told = [{"text": "b"}, {"text": "1"}, {"text": "2"}]
    assert said["messages"][0]["content"] == [{"document": shown}, *told, POINT]
    assert losses == ["other:x"]
    cited = [replace(each, citable=True, extra=None, cache=None) for each in (text, blocks)]
    first, second = sent(asked(user(HI.content[0], *cited)))[0]["messages"][0]["content"][1:]
    assert first["document"]["source"] == {"text": "Hello"}
    assert second["document"]["source"] == {"content": [{"text": "1"}, {"text": "2"}]}


def test_a_document_is_named_where_nothing_is_said_of_it() -> None:
    page = ir.Media(
        kind="document", source=ir.Inline(data="JVBERi0="), mime="application/pdf", name="a"
    )
    said, _, _ = sent(asked(user(page)))
    name, shown = said["messages"][0]["content"]
    assert (name, shown["document"]["name"]) == ({"text": "a"}, "a")


def test_a_schema_is_sent_as_far_as_the_target_keeps_to_it() -> None:
    bound = Raw(b'{"type":"object","properties":{"a":{"type":"integer","minimum":1}}}')
    endless = Raw(b'{"type":"object","properties":{"a":{"$ref":"#"}}}')
    tools = (
        ir.FunctionTool(name="f", parameters=SCHEMA, strict=True),
        ir.FunctionTool(name="g", parameters=endless, strict=True),
    )
    form = ir.OutputFormat(kind="json_schema", schema=bound)
    said, losses, _ = sent(asked(tools=tools, output=form), refusing("json_schema.full"))
    first, second = (each["toolSpec"] for each in said["toolConfig"]["tools"])
    assert first["inputSchema"]["json"] == {"type": "object", "additionalProperties": False}
    assert first["strict"] is True
    assert "strict" not in second
    told = msgspec.json.decode(
        said["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"]
    )
    assert told["additionalProperties"] is False
    assert told["properties"]["a"] == {"type": "integer", "description": 'Keep to {"minimum":1}.'}
    assert losses == ["schema", "schema", "schema"]


def test_a_begun_answer_is_gone_on_with_in_words_where_it_must_be() -> None:
    request = asked(HI, bot(ir.Text(text="{")))
    said, losses, _ = sent(request, refusing("prefill"))
    assert [each["role"] for each in said["messages"]] == ["user", "assistant", "user"]
    assert said["messages"][2]["content"][0]["text"].startswith("Go on from where")
    assert losses == ["other:prefill"]
    said, losses, _ = sent(request)
    assert (said["messages"][-1], losses) == ({"role": "assistant", "content": [{"text": "{"}]}, [])
