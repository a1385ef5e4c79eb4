"""A whole gateway under granian, managed through its API, with vendors on loopback."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from tests.clients.management import SETTINGS, Issued, Management
from tests.faults.gateway_process import Gateway, running

BASE_PATHS: Final = {"openai": "/v1", "chat": "/v1", "responses": "/v1"}
# Of the dialects of one vendor, one alone.
ALONE: Final = {"chat": "openai.chat", "responses": "openai.responses"}


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    gateway: Gateway
    management: Management
    key: Issued

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.port}"

    def wait_until_known(self, slug: str) -> None:
        self.management.wait_until_known(slug, key=self.key)

    def vendor(self, slug: str, *, url: str, kind: str = "openai", **fields: Any) -> None:
        """A provider that takes any model's name, ready to be called as `slug.model`."""
        base_url = f"{url}{BASE_PATHS.get(kind, '')}"
        given: dict[str, Any] = {"secrets": ["sk-good"], "allow_unlisted_models": True, **fields}
        if kind in ALONE:
            given["surfaces"] = [{"dialect": ALONE[kind], "base_url": base_url}]
            kind = "openai"
        self.management.provider(slug=slug, kind=kind, base_url=base_url, **given)
        self.wait_until_known(slug)


@contextmanager
def serving_stack(*, environment: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """One worker with the services of the suite, and a key."""
    with running(environment={**SETTINGS, **(environment or {})}) as gateway:
        url = f"http://127.0.0.1:{gateway.port}"
        with Management(url) as management:
            yield Stack(gateway=gateway, management=management, key=management.key())
