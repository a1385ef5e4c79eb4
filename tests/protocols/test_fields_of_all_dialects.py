"""Every field of a question, towards each dialect: carried, or told as a loss (protocols.md PR-23).

    +       carried                     .        not said, for that is the dialect's default
    seed    lost, under this code       +effort  carried, not as asked       image!  content

Law: what is not the default of the target is carried or told, in each dialect under one code.
"""

from typing import Any, Final

import pytest
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.codec import Encoded, Target
from protocols.ir import Dialect, Sampling
from protocols.registry import UPSTREAM_CODECS

Said = dict[str, Any]
TARGETS: Final[dict[Dialect, Target]] = {
    "openai.chat": Target(model="m", vendor="openai", effort="effort"),
    "openai.responses": Target(model="m", vendor="openai", effort="effort"),
    "anthropic.messages": Target(model="claude", vendor="anthropic", effort="adaptive"),
    "gemini.generate": Target(model="m", vendor="gemini", effort="level"),
    "bedrock.converse": Target(model="claude", vendor="anthropic", effort="adaptive"),
}
TEXT: Final = ir.Text(text="hi")
POINT: Final = ir.CachePoint()
PNG: Final = ir.Media(kind="image", source=ir.Inline(data="AAAA"), mime="image/png")
PDF: Final = ir.Media(kind="document", source=ir.Inline(data="AAAA"), mime="application/pdf")
WAV: Final = ir.Media(kind="audio", source=ir.Inline(data="AAAA"), mime="audio/wav")
FILM: Final = ir.Media(kind="video", source=ir.Inline(data="AAAA"), mime="video/mp4")
SCHEMA: Final = Raw(b'{"type":"object","properties":{"a":{"type":"string"}}}')
TOOL: Final = ir.FunctionTool(name="f", parameters=SCHEMA)
CALL: Final = ir.ToolCall(id="c1", name="f")
RESULT: Final = ir.ToolResult(call_id="c1", name="f", content=(TEXT,))
FOREIGN: Final = ir.Seal(origin="other", signature="s")
GRAMMAR: Final = Raw(b'{"type":"grammar","syntax":"lark","definition":"G"}')


def user(*content: ir.Content, **said: Any) -> ir.Message:
    return ir.Message(role="user", content=content, **said)


def bot(*content: ir.Content) -> ir.Message:
    return ir.Message(role="assistant", content=content)


PLAIN: Final[Said] = {"messages": (user(TEXT),)}


def shown(media: ir.Content) -> Said:
    return {"messages": (user(TEXT, media),)}


def said_before(*content: ir.Content) -> Said:
    return {"messages": (user(TEXT), bot(*content), user(TEXT))}


def called(call: ir.ToolCall = CALL, result: ir.ToolResult = RESULT) -> Said:
    return {"messages": (user(TEXT), bot(call), user(result)), "tools": (TOOL,)}


def sampled(**asked: Any) -> tuple[Said, Said]:
    return PLAIN, {**PLAIN, "sampling": Sampling(**asked)}


def beside(**said: Any) -> tuple[Said, Said]:
    return PLAIN, {**PLAIN, **said}


def thought(before: Said | None = None, **said: Any) -> tuple[Said, Said]:
    base = PLAIN if before is None else {**PLAIN, "reasoning": ir.Reasoning(**before)}
    return base, {**PLAIN, "reasoning": ir.Reasoning(**(before or {}), **said)}


def of_media(media: ir.Media, **said: Any) -> tuple[Said, Said]:
    return shown(media), shown(replace(media, **said))


def of_tool(**said: Any) -> tuple[Said, Said]:
    return {**PLAIN, "tools": (TOOL,)}, {**PLAIN, "tools": (replace(TOOL, **said),)}


def of_form(**said: Any) -> tuple[Said, Said]:
    form = ir.OutputFormat(kind="json_schema", name="n", schema=SCHEMA)
    return {**PLAIN, "output": form}, {**PLAIN, "output": replace(form, **said)}


def of_call(**said: Any) -> tuple[Said, Said]:
    return called(), called(replace(CALL, **said))


def of_result(**said: Any) -> tuple[Said, Said]:
    return called(), called(CALL, replace(RESULT, **said))


def chosen(**said: Any) -> tuple[Said, Said]:
    tools = {**PLAIN, "tools": (TOOL, replace(TOOL, name="g"))}
    return tools, {**tools, "tool_choice": ir.ToolChoice(**said)}


EFFORT: Final = {"effort": "high"}
KEPT: Final = "other:previous_response_id!"
CITED: Final = ir.Citation(text="a", url="https://x", title="t", unit="web")
FREE: Final = replace(RESULT, form="custom")
#                                                    Chat, Responses, Messages, Gemini, Converse
CASES: Final[tuple[tuple[tuple[Said, Said], str], ...]] = (
    (sampled(temperature=0.5), "+ + + + +"),
    (sampled(temperature=1.0), "+ + . + +"),
    (sampled(top_p=0.5), "+ + + + +"),
    (sampled(top_p=1.0), "+ + . + +"),
    (sampled(top_k=5), "top_k top_k + + +"),
    (sampled(seed=1), "+ seed seed + seed"),
    (sampled(stop=("x",)), "+ stop + + +"),
    (sampled(max_tokens=50), "+ + + + +"),
    (sampled(presence_penalty=0.5), "+ penalties penalties + penalties"),
    (sampled(presence_penalty=0.0), "+ . . + ."),
    (sampled(frequency_penalty=0.5), "+ penalties penalties + penalties"),
    (sampled(candidates=2), "+ n n + n"),
    (sampled(candidates=1), "+ . . + ."),
    (sampled(logprobs=True), "+ + logprobs + logprobs"),
    (sampled(logprobs=False), "+ . . + ."),
    (sampled(logprobs=True, top_logprobs=3), "+ + logprobs + logprobs"),
    (thought(effort="high"), "+ + + + +"),
    (thought(effort="minimal"), "+ + + + +"),
    (thought(effort="max"), "+effort +effort +effort +effort +effort"),
    (thought(effort="none"), "+effort +effort + +effort +"),
    (thought(mode="off"), "+effort +effort + +effort +"),
    (thought(mode="on"), ". . + + +"),
    (thought(mode="adaptive"), ". . + + +"),
    (thought(mode="on", budget_tokens=3_000), "+ + + + +"),
    (thought(EFFORT, show="none"), ". . + + +"),
    (thought(EFFORT, show="summary"), "reasoning + + + +"),
    (thought(EFFORT, show="full"), "reasoning + + + +"),
    (thought(show="summary"), "reasoning + + + +"),
    (beside(verbosity="low"), "+ + verbosity verbosity verbosity"),
    (beside(verbosity="medium"), "+ + . . ."),
    (beside(service_tier="flex"), "+ + service_tier + +"),
    (beside(service_tier="priority"), "+ + service_tier + +"),
    (beside(service_tier="auto"), "+ + . . ."),
    (beside(service_tier="default"), "+ + . . ."),
    (beside(cache_key="k"), "+ + cache_key cache_key cache_key"),
    (beside(end_user="u"), "+ + + metadata +"),
    (beside(metadata={"a": "b"}), "metadata + metadata metadata +"),
    (beside(store=True), "store store store store store"),
    (beside(store=False), ". . . . ."),
    (
        beside(previous_response_id="r"),
        f"{KEPT} + {KEPT} {KEPT} {KEPT}",
    ),
    (beside(modalities=("text", "audio")), "audio! audio! audio! + audio!"),
    (beside(modalities=("text",)), ". . . + ."),
    (beside(modalities=("image", "text")), "image! image! image! + image!"),
    (beside(output=ir.OutputFormat(kind="json")), "+ + +output + +output"),
    (beside(output=ir.OutputFormat(kind="text")), "+ + . . ."),
    ((PLAIN, of_form()[0]), "+ + + + +"),
    (of_form(description="d"), "+ + output output +"),
    (of_form(strict=True), "+ + . . ."),
    (of_media(PNG, detail="low"), "+ + image image image"),
    (of_media(PNG, detail="auto"), "+ . . . ."),
    (of_media(PNG, detail="high"), "+ + image image image"),
    (of_media(PNG, detail="original"), "+ + image image image"),
    (of_media(PDF, name="x.pdf"), "+ + + name +"),
    (of_media(PDF, context="c"), "+ + + + +"),
    (of_media(PDF, citable=True), "citations citations + citations +"),
    (of_media(PNG, name="x"), "name name name name name"),
    (of_media(PNG, context="c"), "image + image + image"),
    (of_media(PDF, detail="low"), "document document document document document"),
    (of_media(PNG, cache=POINT), "+ cache + cache +"),
    ((PLAIN, {"messages": (user(replace(TEXT, cache=POINT)),)}), "+ cache + cache +"),
    (
        (PLAIN, {"messages": (user(replace(TEXT, cache=ir.CachePoint(ttl="12h"))),)}),
        "+ cache +cache cache +cache",
    ),
    ((PLAIN, shown(WAV)), "+ + audio! + +"),
    ((PLAIN, shown(FILM)), "video! video! video! + +"),
    ((PLAIN, shown(PDF)), "+ + + + +"),
    ((PLAIN, shown(replace(PDF, source=ir.InlineText(text="t"), mime="text/plain"))), "+ + + + +"),
    ((PLAIN, shown(replace(PDF, source=ir.InlineBlocks(content=(TEXT,)), mime=None))), "+ + + + +"),
    (
        (PLAIN, shown(replace(PDF, source=ir.FileRef(origin="x", id="f")))),
        "file! file! file! file! file!",
    ),
    (
        (said_before(TEXT), said_before(replace(TEXT, citations=(CITED,)))),
        "citations + citations citations citations",
    ),
    (
        (said_before(TEXT), said_before(ir.Thinking(text="why"), TEXT)),
        "reasoning reasoning reasoning reasoning reasoning",
    ),
    (
        (said_before(TEXT), said_before(ir.Thinking(text="w", seal=FOREIGN), TEXT)),
        "seal seal seal seal seal",
    ),
    ((said_before(TEXT), said_before(ir.Refusal(text="no"))), "+ + + + +"),
    (
        (PLAIN, shown(ir.Opaque(dialect="x", kind="k", raw=Raw(b"{}")))),
        "opaque! opaque! opaque! opaque! opaque!",
    ),
    ((PLAIN, shown(ir.Opaque(dialect="x", kind="k", raw=Raw(b"{}"), text="t"))), "+ + + + +"),
    ((PLAIN, {"messages": (user(TEXT, name="bob"),)}), "+ name name name name"),
    ((PLAIN, called()), "+ + + + +"),
    (of_call(arguments='{"a":'), "+ + +tool_arguments +tool_arguments +tool_arguments"),
    ((called(), called(replace(CALL, form="custom", arguments="x"), FREE)), "+ + + + +"),
    (of_result(is_error=True), "other:is_error other:is_error + + +"),
    (of_result(content=(), structured=Raw(b'{"a":1}')), "+ + + + +"),
    (of_result(content=(TEXT, PNG)), "+ + + + +"),
    (of_call(seal=FOREIGN), "seal seal seal seal seal"),
    (of_call(cache=POINT), "+ cache + cache +"),
    (of_result(cache=POINT), "+ cache + cache +"),
    (of_tool(strict=True), "+ + + schema +"),
    (of_tool(strict=False), "+ . . . ."),
    (of_tool(description="d"), "+ + + + +"),
    (of_tool(cache=POINT), "+ cache + cache +"),
    (beside(tools=(ir.CustomTool(name="p", format=GRAMMAR),)), "+ + + + +"),
    (
        beside(tools=(ir.ProviderTool(origin="x", kind="k", raw=Raw(b"{}")),)),
        "provider_tool provider_tool provider_tool provider_tool provider_tool",
    ),
    (chosen(mode="auto"), "+ + + + ."),
    (chosen(mode="none"), "+ + + + +tool_choice"),
    (chosen(mode="required"), "+ + + + +"),
    (chosen(mode="named", name="f"), "+ + + + +"),
    (chosen(mode="auto", allowed=("f",)), "+ + + + +"),
    (chosen(parallel=False), "+ + + parallel parallel"),
    (chosen(parallel=True), "+ + + . ."),
    (
        chosen(raw=Raw(b'{"type":"x"}')),
        "tool_choice tool_choice tool_choice tool_choice tool_choice",
    ),
    (beside(extra={"zz": Raw(b"1")}), "other:zz other:zz other:zz other:zz other:zz"),
)


def asked(said: Said, dialect: Dialect) -> Encoded:
    target = replace(TARGETS[dialect], efforts=("minimal", "low", "medium", "high"), cache=True)
    # A dialect that none of these is.
    request = ir.Request(dialect="openai.embeddings", model="m", **said)
    return UPSTREAM_CODECS[dialect].encode_request(request, target, "s")


def losses(encoded: Encoded) -> list[str]:
    return [loss.code + ("!" if loss.content else "") for loss in encoded.losses]


def cell(before: Said, after: Said, dialect: Dialect) -> str:
    without, with_it = asked(before, dialect), asked(after, dialect)
    lost = losses(with_it)
    for code in losses(without):
        lost.remove(code)
    carried = "+" if with_it.body != without.body else "" if lost else "."
    return carried + ",".join(lost)


@pytest.mark.parametrize(("pair", "cells"), CASES)
def test_a_field_is_carried_or_told(pair: tuple[Said, Said], cells: str) -> None:
    found = [cell(*pair, dialect) for dialect in TARGETS]
    assert " ".join(found) == cells


def test_every_field_is_in_the_table() -> None:
    told = [ir.Request(dialect="openai.chat", model="m", **after) for (_, after), _ in CASES]
    beyond = {"dialect", "model", "messages", "stream", "headers"}
    for field in set(ir.Request.__struct_fields__) - beyond:
        assert any(getattr(request, field) for request in told), field
    for field in Sampling.__struct_fields__:
        assert any(getattr(request.sampling, field) for request in told), field
    thoughts = [request.reasoning for request in told if request.reasoning is not None]
    for field in set(ir.Reasoning.__struct_fields__) - {"extra"}:
        assert any(getattr(each, field) for each in thoughts), field
