"""What every kind that speaks JSON over HTTP does alike. Pure; a kind fills in the rest."""

from collections.abc import Collection, Mapping
from typing import ClassVar, Final, TypeAlias
from urllib.parse import quote

from providers.adapters.base import (
    Destination,
    Revealable,
    UpstreamCall,
    Verdict,
)
from providers.adapters.headers import call_headers, require_name, secret_value
from providers.adapters.urls import call_url
from providers.adapters.verdicts import ErrorTable, verdict_of
from providers.specs import CredentialSpec, ProviderSpec, Surface

JSON: Final = "application/json"
ANY: Final = "*/*"
CONTENT_TYPE: Final = "content-type"
# What is asked as a form, whose type names its boundary; and what is answered in any type.
AS_FORMS: Final = frozenset({"image_edits", "transcriptions", "translations"})
OF_ANY_KIND: Final = frozenset({"speech", "transcriptions", "translations"})
EVENTS: Final = "text/event-stream"
BEARER: Final = "Bearer "
MODEL: Final = "{model}"
ANSWER: Final = "{answer}"
METHODS: Final[Mapping[str, str]] = {
    "retrieve_response": "GET",
    "list_input_items": "GET",
    "delete_response": "DELETE",
}
Headers: TypeAlias = tuple[tuple[str, str], ...]


class NoSuchOperation(LookupError):
    """The surface does not offer it: whoever made the destination was wrong."""


def call_path(surface: Surface, operation: str, *, model: str, stream: bool) -> tuple[str, str]:
    """Path and query; some dialects name the model there, and some stream under another path."""
    path = surface.paths.get(operation)
    if path is None:
        raise NoSuchOperation(f"{surface.dialect} has no {operation}")
    if stream:
        path = surface.paths.get(f"{operation}_stream", path)
    bare, _, query = path.partition("?")
    return bare.replace(MODEL, quote(model, safe="")), query


class JsonApi:
    kind: str
    credential_kinds: tuple[str, ...]
    default_base_url: str
    client_headers: ClassVar[Collection[str]]  # those of clients that go upstream
    default_headers: ClassVar[Mapping[str, str]] = {}
    errors: ClassVar[ErrorTable]
    models_path: ClassVar[str]
    models_query: ClassVar[str] = ""
    stream_type: ClassVar[str] = EVENTS

    def key_header(self, secret: Revealable | None) -> Headers:
        return (("authorization", BEARER + secret_value("authorization", secret)),)

    def call(
        self,
        destination: Destination,
        *,
        operation: str,
        body: bytes,
        headers: Mapping[str, str],
        stream: bool,
    ) -> UpstreamCall:
        surface = destination.surface
        path, query = call_path(
            surface, operation, model=destination.target.upstream_name, stream=stream
        )
        if destination.answer:
            path = path.replace(ANSWER, quote(destination.answer, safe=""))
            query = destination.query
        own = (
            ("content-type", headers[CONTENT_TYPE] if operation in AS_FORMS else JSON),
            ("accept", self.stream_type if stream else ANY if operation in OF_ANY_KIND else JSON),
            ("accept-encoding", "identity"),
            *self._auth(destination.credential, destination.secret),
        )
        return UpstreamCall(
            method=METHODS.get(operation, "POST"),
            url=call_url(surface.base_url, path, query),
            headers=self._headers(own, destination.provider, client=headers),
            body=body,
            stream=stream,
        )

    def verdict(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        return verdict_of(status, headers, body, table=self.errors)

    def models_call(
        self,
        *,
        provider: ProviderSpec,
        credential: CredentialSpec,
        secret: Revealable | None,
        now: float = 0.0,
    ) -> UpstreamCall:
        path = provider.quirks.models_path or self.models_path
        own = (
            ("accept", JSON),
            ("accept-encoding", "identity"),
            *self._auth(credential, secret),
        )
        return UpstreamCall(
            method="GET",
            url=call_url(self.models_base_url(provider), path, self.models_query),
            headers=self._headers(own, provider, client={}),
        )

    def models_base_url(self, provider: ProviderSpec) -> str:
        if provider.surfaces:
            return provider.surfaces[0].base_url
        return provider.base_url or self.default_base_url

    def _auth(self, credential: CredentialSpec, secret: Revealable | None) -> Headers:
        if credential.kind == "none":
            return ()
        if credential.kind == "api_key":
            return self.key_header(secret)
        name = require_name(credential.header)
        value = secret_value(name, secret)
        is_bare_token = name == "authorization" and " " not in value
        return ((name, BEARER + value if is_bare_token else value),)

    def _headers(
        self, own: Headers, provider: ProviderSpec, *, client: Mapping[str, str]
    ) -> Headers:
        return call_headers(
            own=own,
            defaults=self.default_headers,
            extra=provider.headers,
            client=client,
            allowed=self.client_headers,
        )
