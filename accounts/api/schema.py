"""How the management API describes itself: problems, envelopes, and the headers all share."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from accounts.api.permissions import ANYONE, MEMBER, SIGNED_IN, Reach
from accounts.api.problems import CONTENT_TYPE

AnySerializer: TypeAlias = serializers.Serializer[Any]

TENANT_HEADER: Final = OpenApiParameter(
    name="X-Switchyard-Tenant",
    location=OpenApiParameter.HEADER,
    description="Slug or id; not needed by who belongs to one tenant.",
    type=str,
)
IF_MATCH: Final = OpenApiParameter(
    name="If-Match",
    location=OpenApiParameter.HEADER,
    description='The ETag read before, as `"3"`; 412 when the row has changed since.',
    type=str,
)
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="The first answer is kept for 24 hours and repeated for the same request.",
    type=str,
)

# What changes one row that has a version.
ROW_PATHS: Final = (
    "_id}",
    "/tenant",
    "/rotate",
    "/revoke",
    "/enable",
    "/disable",
    "/drain",
    "/reset",
    "/resend",
    "/suspend",
    "/resume",
)
# Other ids in paths are UUIDs.
ID_FORMATS: Final[Mapping[str, Mapping[str, str]]] = {
    "key_id": {"type": "string", "pattern": "^key_[0-9a-z]{12}$"},
    "request_id": {"type": "string", "pattern": "^req_[0-9a-f]{32}$"},
    "session_id": {"type": "string", "pattern": "^[0-9]{1,18}$"},
}
UUID_FORMAT: Final = {"type": "string", "format": "uuid"}
DESCRIPTIONS: Final[Mapping[str, str]] = {
    ANYONE: "Open to anyone.",
    SIGNED_IN: "For any signed-in person.",
    MEMBER: "For any member of the tenant.",
}


class FieldProblem(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemDetails(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField(allow_blank=True)
    errors = FieldProblem(many=True)  # type: ignore[assignment]


def envelope(row: type[AnySerializer]) -> AnySerializer:
    """A page of rows."""
    return inline_serializer(
        name=f"{row.__name__.removesuffix('Row')}List",
        fields={
            "data": row(many=True),
            "has_more": serializers.BooleanField(),
            "next_cursor": serializers.CharField(allow_null=True),
        },
    )


class ManagementSchema(AutoSchema):
    def get_tags(self) -> list[str]:
        return self._words()[:1] or ["management"]

    def get_operation_id(self) -> str:
        """`keys_list`, `keys_rotate`: the path's words, then what is done."""
        words, action = self._words(), self._action()
        named = words if words[-1] == action.replace("_", "-") else [*words, action]
        return "_".join(named).replace("-", "_")

    def get_description(self) -> str:  # type: ignore[override]
        need = getattr(self.view, "capabilities", {}).get(self._action(), ANYONE)
        named = (need,) if isinstance(need, str) else need
        return DESCRIPTIONS.get(named[0], f"Needs {' or '.join(f'`{name}`' for name in named)}.")

    def get_override_parameters(self) -> list[Any]:
        reach = getattr(self.view, "reach", Reach.NONE)
        shared = [TENANT_HEADER] if reach == Reach.TENANT else []
        if reach in {Reach.TENANT, Reach.PLATFORM}:
            shared += [IDEMPOTENCY_KEY] if self.method == "POST" else []
            changes_a_row = self.method != "GET" and self.path.endswith(ROW_PATHS)
            shared += [IF_MATCH] if changes_a_row else []
        return shared

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Each scheme by itself suffices."""
        needs = getattr(self.view, "capabilities", {})
        if needs.get(self._action()) == ANYONE:
            return [{}]
        if getattr(self.view, "reach", None) == Reach.PERSON:
            return [{"session": []}]
        return [{name: scopes} for found in super().get_auth() for name, scopes in found.items()]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "in": "path",
                "name": name,
                "required": True,
                "schema": dict(ID_FORMATS.get(name, UUID_FORMAT)),
            }
            for name in variables
        ]

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Only what is declared as bare rows: the envelopes of lists are objects."""
        return isinstance(serializer, serializers.ListSerializer)

    def _action(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    def _words(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and "{" not in part]
        return [part for part in parts if part not in {"api", "v1", "admin"}]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        problem = self._get_response_for_code(  # type: ignore[no-untyped-call]
            ProblemDetails, "default", media_types=[CONTENT_TYPE], direction=direction
        )
        return {**bodies, "default": {**problem, "description": "A problem, RFC 9457."}}


class StrictBodies(OpenApiSerializerExtension):
    """Says in the document that unknown fields are refused."""

    target_class = "accounts.api.fields.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        mapped: dict[str, Any] = auto_schema._map_serializer(  # noqa: SLF001 - the documented way
            self.target, direction, bypass_extensions=True
        )
        return {**mapped, "additionalProperties": False}


def strip_marks(result: Any, **_: Any) -> Any:
    """Takes drf-spectacular's own marks of enums out of the document."""
    if isinstance(result, dict):
        return {
            name: strip_marks(value) for name, value in result.items() if name != "x-spec-enum-id"
        }
    if isinstance(result, list):
        return [strip_marks(value) for value in result]
    return result
