"""Anthropic's own API."""

from typing import Final

from providers.adapters.base import DiscoveredModel, Revealable
from providers.adapters.headers import secret_value
from providers.adapters.json_api import Headers, JsonApi
from providers.adapters.model_lists import anthropic_models
from providers.adapters.verdicts import ANTHROPIC
from providers.specs import Surface

# OAuth tokens are told from API keys by how they begin, and are sent as Bearer.
OAUTH_PREFIX: Final = "sk-ant-oat"


class Anthropic(JsonApi):
    kind = "anthropic"
    credential_kinds: tuple[str, ...] = ("api_key", "header")
    default_base_url = "https://api.anthropic.com"
    client_headers = frozenset({"anthropic-version", "anthropic-beta"})
    default_headers = {"anthropic-version": "2023-06-01"}  # noqa: RUF012 - never written to
    errors = ANTHROPIC
    models_path = "/v1/models"
    models_query = "limit=1000"

    def surfaces(self, base_url: str) -> tuple[Surface, ...]:
        return (
            Surface(
                dialect="anthropic.messages",
                # The version is in the paths; people give it with the base all the same.
                base_url=base_url.removesuffix("/v1"),
                paths={"chat": "/v1/messages", "count_tokens": "/v1/messages/count_tokens"},
            ),
        )

    def key_header(self, secret: Revealable | None) -> Headers:
        value = secret_value("x-api-key", secret)
        if value.startswith(OAUTH_PREFIX):
            return super().key_header(secret)
        return (("x-api-key", value),)

    def models(self, body: bytes) -> tuple[DiscoveredModel, ...]:
        return anthropic_models(body)
