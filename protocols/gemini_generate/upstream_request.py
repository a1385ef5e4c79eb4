"""A request to a vendor, written: the model and whether to stream are said in its path."""

import re
from typing import Any, Final

import msgspec

from protocols import ir
from protocols.cache_points import placed
from protocols.codec import Encoded, Memo, Target
from protocols.gemini_generate.parts import DIALECT
from protocols.gemini_generate.upstream_config import Config
from protocols.gemini_generate.upstream_contents import Contents, reaches
from protocols.gemini_generate.upstream_tools import SCHEMA_TOOL, Tools
from protocols.gemini_generate.wire import with_extra
from protocols.losses import Losses
from protocols.media import linked_media
from protocols.naming import Names

# A field of `toolConfig`: what the vendor runs may be called beside functions.
ALLOWED: Final = "includeServerSideToolInvocations"
BAD: Final = re.compile(r"[^A-Za-z0-9_.:-]")
FIRST: Final = re.compile(r"[A-Za-z_]")
# Of Chat: to be told the usage, which every stream tells.
TOLD_ANYWAY: Final = ("stream_options",)
TIERS: Final = frozenset({"flex", "priority"})
USUAL_TIERS: Final = frozenset({"auto", "default", "standard"})


def wants(request: ir.Request, target: Target) -> tuple[str, ...]:
    if request.dialect == DIALECT:
        return ()
    found = dict.fromkeys(
        media.url
        for media in linked_media(request)
        if media.kind not in target.refuses and not reaches(media.url, target)
    )
    return tuple(found)


def encode_request(request: ir.Request, target: Target, seed: str) -> Encoded:
    losses = Losses()
    if request.dialect != DIALECT:
        request = placed(request)
    names = Names(BAD, longest=target.tool_name_max, first=FIRST)
    tools = Tools(request=request, target=target, names=names, losses=losses)
    contents = Contents(request=request, target=target, names=names, losses=losses)
    listed, choice = tools.tools(), tools.config()
    config = Config(request=request, target=target, losses=losses, has_tools=bool(listed))
    generation = config.config()
    said: dict[str, Any] = {"contents": contents.contents()}
    system = _system(contents.system(), config.instruction)
    if not listed and request.dialect != DIALECT:
        choice = None  # among nothing, which is refused
    if config.schema_tool and request.output is not None:
        listed, choice = tools.of_answer(request.output)
    parts = {
        "systemInstruction": system,
        "tools": listed,
        "toolConfig": {
            **({} if choice is None else {"functionCallingConfig": choice}),
            **({ALLOWED: True} if tools.is_mixed else {}),
        },
        "generationConfig": generation,
        "serviceTier": _tier(request, target, losses),
    }
    said |= {key: value for key, value in parts.items() if value}
    _note_losses(request, losses)
    is_own = request.dialect == DIALECT
    if not is_own:
        losses.unknown(request.extra, but=TOLD_ANYWAY)
    return Encoded(
        body=msgspec.json.encode(with_extra(said, request.extra if is_own else None)),
        losses=tuple(losses.found),
        memo=Memo(
            seed=seed,
            names=names.asked(),
            custom=frozenset(tools.custom),
            schema_tool=SCHEMA_TOOL if config.schema_tool else None,
        ),
    )


def _system(said: dict[str, Any] | None, instruction: str | None) -> dict[str, Any] | None:
    if instruction is None:
        return said
    known = said or {"parts": []}
    return {**known, "parts": [*known["parts"], {"text": instruction}]}


def _tier(request: ir.Request, target: Target, losses: Losses) -> str | None:
    tier = request.service_tier
    if request.dialect == DIALECT or tier is None:
        return tier
    if tier in TIERS and target.vendor == "gemini" and "service_tier" not in target.refuses:
        return tier
    if tier not in USUAL_TIERS:
        losses.add("service_tier", "service_tier", "the target has no such tier")
    return None


def _note_losses(request: ir.Request, losses: Losses) -> None:
    """What the dialect has no field for."""
    said = (
        ("cache_key", "cache_key", request.cache_key),
        ("verbosity", "verbosity", request.verbosity not in {None, "medium"}),
        ("metadata", "metadata", request.metadata),
        ("metadata", "end_user", request.end_user),
        ("store", "store", request.store),
        ("other:previous_response_id", "previous_response_id", request.previous_response_id),
    )
    for code, path, value in said:
        if value:
            why = "generateContent has no field for it"
            # Without what was said before, the question is another one.
            losses.add(code, path, why, content=path == "previous_response_id")
