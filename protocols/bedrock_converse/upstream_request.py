"""A Converse request, written for a target. The model is in the path, not in the body."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from protocols import ir
from protocols.bedrock_converse.request import ADDITIONAL, END_USER
from protocols.bedrock_converse.upstream_messages import ends_in_unthought_calls, write_messages
from protocols.bedrock_converse.upstream_reasoning import write_asked, write_own
from protocols.bedrock_converse.upstream_tools import Tools
from protocols.bedrock_converse.upstream_writing import Writing
from protocols.cache_points import placed
from protocols.codec import Encoded, Memo, Target
from protocols.losses import is_usual
from protocols.media import linked_media

TIERS: Final = frozenset({"priority", "flex", "reserved"})
USUAL_TIERS: Final = frozenset({"auto", "default", "standard_only"})
HOTTEST: Final = 1.0
# Whose models know it, by what their names hold.
KNOWS_TOP_K: Final = ("anthropic", "claude", "mistral")
USUAL: Final[Mapping[str, float]] = {"temperature": 1, "top_p": 1}
METADATA: Final = re.compile(r"[A-Za-z0-9\s:_@$#=/+,.\-]{0,256}")
MOST_METADATA: Final = 16


def wants(request: ir.Request, target: Target) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            media.url
            for media in linked_media(request)
            if not (media.url.startswith("s3:") and "s3" in target.links)
        )
    )


def encode_request(request: ir.Request, target: Target, seed: str) -> Encoded:
    writing = Writing(request, target)
    if not writing.is_own:
        request = placed(request)
    tools = Tools(writing, request)
    form = tools.write_output(writing, request.output)
    head, messages = write_messages(writing, request.messages)
    tools.stand_in(writing)
    contents = (message["content"] for message in messages)
    writing.keep_last_cache_points((tools.written, head, *contents))
    head.extend({"text": told} for told in tools.told)
    additional: dict[str, Any] = {}
    output: dict[str, Any] = {"textFormat": form} if form else {}
    inference = _sampling(writing, request, additional)
    asked = request.reasoning
    if asked is not None and writing.is_own and not writing.refuses("reasoning"):
        write_own(asked, output, additional)
    elif asked is not None:
        why_not = _why_not(writing, tools, messages)
        write_asked(writing, asked, output, additional, inference, why_not)
    _one_of_both(writing, inference, request.dialect)
    parts = {
        "system": head,
        "inferenceConfig": inference,
        "toolConfig": tools.config(),
        "outputConfig": output,
        ADDITIONAL: additional,
        "requestMetadata": _metadata(writing, request),
        "serviceTier": _tier(writing, request.service_tier),
    }
    said: dict[str, Any] = {key: value for key, value in parts.items() if value}
    said["messages"] = messages
    _unsaid(writing, request)
    writing.rest(said, request.extra)
    return Encoded(
        body=msgspec.json.encode(said),
        losses=tuple(writing.losses.found),
        memo=Memo(
            seed=seed,
            names=writing.names(),
            custom=frozenset(tools.custom),
            schema_tool=tools.schema_tool,
        ),
    )


def _why_not(writing: Writing, tools: Tools, messages: Sequence[dict[str, Any]]) -> str | None:
    """What Claude does not think for."""
    if tools.forces:
        return "does not go with a tool that must be called"
    if writing.target.effort == "budget" and ends_in_unthought_calls(messages):
        # It demands the thought that led to them, and nobody has it any more.
        return "the last calls were made without it"
    return None


def _sampling(writing: Writing, request: ir.Request, additional: dict[str, Any]) -> dict[str, Any]:
    asked, said = request.sampling, dict[str, Any]()
    if asked.max_tokens is not None:
        said["maxTokens"] = _max_tokens(writing, asked.max_tokens)
    for key, name in (("temperature", "temperature"), ("top_p", "topP")):
        value = getattr(asked, key)
        if value is None:
            continue
        if not writing.refuses(key):
            said[name] = value
        elif value != USUAL[key] and not is_usual(request.dialect, key, value):
            writing.losses.add(key, f"sampling.{key}", "the target refuses it")
    if (said.get("temperature") or 0) > HOTTEST and not writing.is_own:
        said["temperature"] = HOTTEST
        writing.losses.add("temperature", "sampling.temperature", f"is {HOTTEST} at most")
    if asked.top_k is not None:
        knows = writing.is_own or any(each in writing.target.model for each in KNOWS_TOP_K)
        if knows and not writing.refuses("top_k"):
            additional["top_k"] = asked.top_k
        elif not is_usual(request.dialect, "top_k", asked.top_k):
            writing.losses.add("top_k", "sampling.top_k", "the target does not know it")
    _stop(writing, asked.stop, said)
    return said


def _one_of_both(writing: Writing, said: dict[str, Any], dialect: ir.Dialect) -> None:
    """Some take a temperature or a share of the likeliest, never both."""
    if "temperature" in said and "topP" in said and writing.refuses("temperature+top_p"):
        if said["temperature"] == USUAL["temperature"]:
            del said["temperature"]
            return
        value = said.pop("topP")
        if value != USUAL["top_p"] and not is_usual(dialect, "top_p", value):
            writing.losses.add("top_p", "sampling.top_p", "does not go with a temperature")


def _max_tokens(writing: Writing, asked: int) -> int:
    most = writing.target.max_tokens
    least = asked if writing.is_own else max(1, asked)
    given = least if most is None else min(least, most)
    if given != asked:
        writing.losses.add("max_tokens", "sampling.max_tokens", f"the target gives {given}")
    return given


def _stop(writing: Writing, asked: tuple[str, ...], said: dict[str, Any]) -> None:
    # Of those without a character to see Converse takes none.
    taken = [each for each in asked if writing.is_own or each.strip()]
    if writing.refuses("stop"):
        taken = []
    if taken:
        said["stopSequences"] = taken
    if len(taken) < len(asked):
        writing.losses.add("stop", "sampling.stop", "the target does not take it")


def _metadata(writing: Writing, request: ir.Request) -> dict[str, str]:
    asked = dict(request.metadata or {})
    if request.end_user is not None:
        asked[END_USER] = request.end_user
    fitting = {
        key: value
        for key, value in asked.items()
        if key and METADATA.fullmatch(key) and METADATA.fullmatch(value)
    }
    if writing.is_own:
        return asked
    if len(fitting) < len(asked) or len(fitting) > MOST_METADATA:
        writing.losses.add("metadata", "metadata", "the target takes few characters and keys")
    return dict(tuple(fitting.items())[:MOST_METADATA])


def _tier(writing: Writing, asked: str | None) -> dict[str, str]:
    if asked is None:
        return {}
    if not writing.refuses("service_tier") and (writing.is_own or asked in TIERS):
        return {"type": asked}
    if asked not in USUAL_TIERS:
        writing.losses.add("service_tier", "service_tier", "the target knows no such tier")
    return {}


def _unsaid(writing: Writing, request: ir.Request) -> None:
    """What Converse has no words for, unless it asks for the usual."""
    asked = request.sampling
    for code, path, is_asked in (
        ("seed", "sampling.seed", asked.seed is not None),
        ("penalties", "sampling.presence_penalty", bool(asked.presence_penalty)),
        ("penalties", "sampling.frequency_penalty", bool(asked.frequency_penalty)),
        ("n", "sampling.candidates", (asked.candidates or 1) > 1),
        ("logprobs", "sampling.logprobs", bool(asked.logprobs or asked.top_logprobs)),
        ("cache_key", "cache_key", request.cache_key is not None),
        ("verbosity", "verbosity", request.verbosity not in {None, "medium"}),
        ("store", "store", request.store is True),
    ):
        if is_asked:
            writing.losses.add(code, path, "Converse has no such thing")
    if request.previous_response_id is not None:
        why = "Converse remembers nothing: send the full input"
        writing.losses.add("other:previous_response_id", "previous_response_id", why, content=True)
    for kind in request.modalities:
        if kind != "text":
            writing.losses.add(kind, "modalities", "answers in Converse are text", content=True)
