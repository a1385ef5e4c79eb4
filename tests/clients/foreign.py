"""Vendors for SDKs whose dialect they do not speak: `switchyard mock`, as one dialect each."""

from typing import Final

import pytest

from tests.clients.stack import Stack

GREETING: Final = "Good morning to you"
CITIES: Final = "What is the weather in Oslo and Rome?"
PICTURE: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
# As which dialect a vendor is called -> the kind of its provider.
KINDS: Final = {"chat": "openai", "messages": "anthropic"}


@pytest.fixture(scope="module")
def vendors(stack: Stack, mock_url: str) -> Stack:
    for slug, kind in KINDS.items():
        stack.vendor(slug, url=mock_url, kind=kind)
    return stack


def limited(stack: Stack, url: str, *, vendor: str, name: str) -> str:
    """A model at its limit; its provider is paused after it, so each test has its own."""
    slug = f"limited-{vendor}-{name}"
    stack.vendor(slug, url=url, kind=KINDS[vendor])
    return f"{slug}.mock-echo;fail=429;retry_after=7"
