"""Searches of the web that vendors run alike (providers.md PV-8): what limits one limits the other.

Law: a limit that the other search has is said in its words; every other one is a loss, for what is
then found, and where, is not what was asked for.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols.ir import ProviderTool
from protocols.lenient import an_object, as_object
from protocols.losses import CODES, Losses, says_nothing

ALLOWED: Final = "allowed_domains"
PLACE: Final = "user_location"
WHAT_IT_IS: Final = frozenset({"type", "name"})
FILTERS: Final = "filters"
# Whose search it is -> where it says what others can say as well. OpenAI's `blocked_domains` are
# not held to (https://community.openai.com/t/1381555), so nobody's become those.
LIMITS: Final[Mapping[str, Mapping[str, str]]] = {
    "anthropic": {ALLOWED: ALLOWED, PLACE: PLACE},
    "openai": {f"{FILTERS}.{ALLOWED}": ALLOWED, PLACE: PLACE},
    "gemini": {},
}
USUAL: Final[Mapping[str, object]] = {"search_context_size": "medium", "external_web_access": True}


def fitted(tool: ProviderTool, equal: bytes, losses: Losses, path: str, *, of: str) -> Raw:
    """`equal` is what the vendor calls the same, `of` whose words it is said in."""
    known, places = LIMITS.get(tool.origin, {}), {name: at for at, name in LIMITS[of].items()}
    said = an_object(tool.raw)
    carried: dict[str, Any] = {}
    for name, value in _limits(as_object(said.get(tool.kind)) or said):
        limit = known.get(name, "")
        if limit in places and _is_sayable(limit, value, of=of):
            carried[places[limit]] = value
        else:
            code = CODES.get(name, "provider_tool")
            losses.add(code, f"{path}.{name}", "the target's search knows no such limit")
    return Raw(msgspec.json.encode(_with(an_object(equal), carried))) if carried else Raw(equal)


def _limits(said: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Those that say anything; filters one by one."""
    for name, value in said.items():
        if name in WHAT_IT_IS or says_nothing(name, value) or value == USUAL.get(name, ...):
            continue
        if name == FILTERS and isinstance(value, dict):
            yield from ((f"{FILTERS}.{inner}", each) for inner, each in value.items() if each)
        else:
            yield name, value


def _is_sayable(limit: str, value: Any, *, of: str) -> bool:
    """OpenAI takes whole domains, no part of one."""
    return of != "openai" or limit != ALLOWED or "/" not in str(value)


def _with(made: dict[str, Any], carried: dict[str, Any]) -> dict[str, Any]:
    for place, value in carried.items():
        holder, dot, name = place.partition(".")
        if dot:
            made[holder] = {name: value}
        else:
            made[holder] = value
    return made
