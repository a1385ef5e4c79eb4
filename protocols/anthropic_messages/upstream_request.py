"""A Messages request, written for a target."""

from typing import Any, Final

import msgspec

from protocols import ir
from protocols.anthropic_messages.betas import BETAS, cleared, judged
from protocols.anthropic_messages.upstream_messages import (
    ends_in_unthought_calls,
    write_messages,
)
from protocols.anthropic_messages.upstream_reasoning import (
    switch_off,
    write_sampling,
    write_thinking,
)
from protocols.anthropic_messages.upstream_tools import Tools, write_output
from protocols.anthropic_messages.upstream_writing import VERSION, Writing
from protocols.cache_points import placed
from protocols.codec import Encoded, Loss, Memo, Target
from protocols.media import linked_media

USUAL_VERSION: Final = "2023-06-01"
NO_LOSSES: Final[tuple[Loss, ...]] = ()


def wants(request: ir.Request, target: Target) -> tuple[str, ...]:
    links = (media.url for media in linked_media(request))
    return tuple(dict.fromkeys(url for url in links if url.partition(":")[0] not in target.links))


def encode_request(request: ir.Request, target: Target, seed: str) -> Encoded:
    writing = Writing(request, target)
    if not writing.is_own:
        request = placed(request)
    tools = Tools(writing, request)
    form, told = write_output(writing, request.output, tools)
    head, messages = write_messages(writing, request.messages)
    head.extend({"type": "text", "text": text} for text in (tools.told, told) if text is not None)
    thinking = write_thinking(writing, request.reasoning)
    # Those who think as they like may be told what to call: Anthropic serves it.
    if tools.forces and (thinking.budget is not None or (thinking.is_on and not writing.is_own)):
        switch_off(writing, thinking, "does not go with a tool that must be called")
    elif thinking.budget is not None and ends_in_unthought_calls(messages):
        switch_off(writing, thinking, "the last calls were made without it")
    said: dict[str, Any] = {"model": target.model, **write_sampling(writing, request, thinking)}
    config = {"effort": thinking.effort, "format": form}
    config = {name: each for name, each in config.items() if each is not None}
    parts = {
        "stream": request.stream,
        "system": head,
        "tools": tools.written,
        "tool_choice": tools.choice,
        "thinking": thinking.said,
        "output_config": config,
    }
    said.update((key, part) for key, part in parts.items() if part)
    said["messages"] = messages
    _beside(writing, request, said)
    writing.rest(said, request.extra)
    writing.keep_last_cache_points(already=int("cache_control" in said))
    headers = {VERSION: USUAL_VERSION}
    body, lost = msgspec.json.encode(said), NO_LOSSES
    if writing.is_own:
        headers = {VERSION: USUAL_VERSION, **(request.headers or {})}
        kept, dropped = judged(headers.pop(BETAS, ""), target)
        if kept:
            headers[BETAS] = ",".join(kept)
        if dropped:
            body, lost = cleared(body, target, kept=kept, dropped=dropped)
    return Encoded(
        body=body,
        losses=(*writing.losses.found, *lost),
        headers=headers,
        memo=Memo(
            seed=seed,
            names=writing.names(),
            custom=frozenset(tools.custom),
            schema_tool=tools.schema_tool,
        ),
    )


def _beside(writing: Writing, request: ir.Request, said: dict[str, Any]) -> None:
    losses = writing.losses
    if request.end_user is not None:
        said["metadata"] = {"user_id": request.end_user}
    tier = request.service_tier
    if tier is not None:
        if writing.is_own and not writing.refuses("service_tier"):
            said["service_tier"] = tier
        elif tier not in {"auto", "default"}:
            losses.add("service_tier", "service_tier", "Messages knows no such tier")
    for code, is_asked in (
        ("cache_key", request.cache_key is not None),
        ("verbosity", request.verbosity not in {None, "medium"}),
        ("metadata", bool(request.metadata)),
        ("store", request.store is True),
    ):
        if is_asked:
            losses.add(code, code, "Messages has no such thing")
    if request.previous_response_id is not None:
        why = "Messages remembers nothing: send the full input"
        losses.add("other:previous_response_id", "previous_response_id", why, content=True)
    for kind in request.modalities:
        if kind != "text":
            losses.add(kind, "modalities", "answers in Messages are text", content=True)
