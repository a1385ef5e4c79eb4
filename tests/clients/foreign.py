"""Vendors for SDKs whose dialect they do not speak: `switchyard mock`, as one dialect each."""

from typing import Any, Final

import pytest

from tests.clients.stack import Stack

GREETING: Final = "Good morning to you"
CITIES: Final = "What is the weather in Oslo and Rome?"
PICTURE: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
# As which dialect a vendor is called -> the kind of its provider, and what its base URL ends in.
KINDS: Final = {
    "chat": ("openai_compatible", "/v1"),
    "messages": ("anthropic", ""),
    "gemini": ("gemini", "/v1beta"),
    "bedrock": ("bedrock", ""),
    "responses": ("openai", ""),
}


@pytest.fixture(scope="module")
def vendors(stack: Stack, mock_url: str) -> Stack:
    for slug, (kind, path) in KINDS.items():
        stack.vendor(slug, url=f"{mock_url}{path}", kind=kind, **_alone(slug, mock_url))
    return stack


def _alone(slug: str, url: str) -> dict[str, Any]:
    """Of a kind that speaks several dialects, the one that is meant."""
    if slug != "responses":
        return {}
    return {"surfaces": [{"dialect": "openai.responses", "base_url": f"{url}/v1"}]}


def others(own: str) -> tuple[str, ...]:
    """All vendors but those that speak what the client does."""
    return tuple(slug for slug in KINDS if slug != own)


def limited(stack: Stack, url: str, *, vendor: str, name: str) -> str:
    """A model at its limit; its provider is paused after it, so each test has its own."""
    slug = f"limited-{vendor}-{name}"
    kind, path = KINDS[vendor]
    stack.vendor(slug, url=f"{url}{path}", kind=kind, **_alone(vendor, url))
    return f"{slug}.mock-echo;fail=429;retry_after=7"
