"""The kinds of back-ends there are, as forms show them, and presets that fill such a form.

Law: what an adapter decides is not repeated here.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from providers.adapters.registry import ADAPTERS

PRESETS_FILE: Final = Path(__file__).parent / "data" / "presets.json"
MOCK: Final = "mock"
# Every kind with its label, and the fields of a provider that matter to it beside what all have.
FORMS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "openai": ("OpenAI", ("base_url", "headers")),
    "anthropic": ("Anthropic", ("base_url", "headers")),
    "gemini": ("Google Gemini", ("base_url", "headers")),
    "bedrock": ("Amazon Bedrock", ("base_url", "region", "headers")),
    "openai_compatible": (
        "OpenAI-compatible",
        ("base_url", "headers", "allow_unlisted_models"),
    ),
    MOCK: ("Mock", ()),
}
KINDS: Final = tuple(FORMS)
CREDENTIAL_KINDS: Final = ("api_key", "header", "aws_keys", "none")


class Kind(Struct, frozen=True, kw_only=True):
    kind: str
    label: str
    default_base_url: str  # empty: the form must name one
    credential_kinds: tuple[str, ...]  # the usual one first
    surfaces: tuple[str, ...]  # dialects spoken natively
    fields: tuple[str, ...]


def kinds() -> tuple[Kind, ...]:
    return tuple(
        Kind(
            kind=name,
            label=label,
            default_base_url=adapter.default_base_url,
            credential_kinds=adapter.credential_kinds,
            surfaces=tuple(
                surface.dialect for surface in adapter.surfaces(adapter.default_base_url)
            ),
            fields=fields,
        )
        for name, (label, fields) in FORMS.items()
        if (adapter := ADAPTERS.get(name)) is not None
    )


@cache
def presets() -> tuple[dict[str, str | bool], ...]:
    """As the API tells them: id, label, kind, base_url, key_prefix, docs_url, source, local."""
    return msgspec.json.decode(PRESETS_FILE.read_bytes(), type=tuple[dict[str, str | bool], ...])
