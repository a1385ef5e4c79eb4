"""Gemini, as Google AI Studio serves it."""

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from protocols.gemini_generate.errors import read_problem
from providers.adapters.base import DiscoveredModel, Revealable, Verdict
from providers.adapters.headers import secret_value
from providers.adapters.json_api import Headers, JsonApi
from providers.adapters.model_lists import gemini_models
from providers.adapters.verdicts import GEMINI
from providers.specs import Surface

VERSION: Final = re.compile(r"/v1(?:alpha|beta)?$")
KEY_HEADER: Final = "x-goog-api-key"  # never in the address, which gets into logs


class Gemini(JsonApi):
    kind = "gemini"
    credential_kinds: tuple[str, ...] = ("api_key", "header")
    default_base_url = "https://generativelanguage.googleapis.com/v1beta"
    client_headers = frozenset({"x-goog-api-client"})
    errors = GEMINI
    models_path = "/models"
    models_query = "pageSize=1000"

    def surfaces(self, base_url: str) -> tuple[Surface, ...]:
        return (
            Surface(
                dialect="gemini.generate",
                base_url=base_url if VERSION.search(base_url) else f"{base_url}/v1beta",
                paths={
                    "chat": "/models/{model}:generateContent",
                    "chat_stream": "/models/{model}:streamGenerateContent?alt=sse",
                    "count_tokens": "/models/{model}:countTokens",
                    "embeddings": "/models/{model}:batchEmbedContents",
                },
            ),
        )

    def key_header(self, secret: Revealable | None) -> Headers:
        return ((KEY_HEADER, secret_value(KEY_HEADER, secret)),)

    def verdict(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        """When to come back is said in the body."""
        problem = read_problem(status, body, None)
        if problem.retry_after is not None and "retry-after" not in headers:
            headers = {**headers, "retry-after": f"{problem.retry_after:g}"}
        verdict = super().verdict(status, headers, body)
        if verdict.cls == "rate_limited" and problem.kind == "insufficient_quota":
            return replace(verdict, cls="quota", scope="credential", retry_after=None)
        return verdict

    def models(self, body: bytes) -> tuple[DiscoveredModel, ...]:
        return gemini_models(body)
