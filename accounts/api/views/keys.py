from typing import Final, TypeAlias

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import TenantViewSet
from accounts.api.schema import envelope
from accounts.api.serializers.keys import (
    ChangedKey,
    IssuedKey,
    IssuedPair,
    Key,
    KeyBatch,
    KeyBulk,
    KeyClone,
    KeyCreate,
    KeyQuery,
    KeyRotate,
    KeyUpdate,
    PublishedKeyCreate,
    PublishedKeyUpdate,
)
from accounts.errors import Refused
from accounts.models import ApiKey
from accounts.propagation import Propagation
from accounts.selectors import keys as selectors
from accounts.services import aws_pairs as pair_services
from accounts.services import keys as services

CREATED: Final = 201
KEY_NEEDS: Final = ("key.create_any", "key.create_team", "key.create_own")
Creation: TypeAlias = type[KeyCreate] | type[PublishedKeyCreate]
Change: TypeAlias = type[KeyUpdate] | type[PublishedKeyUpdate]


class KeyViewSet(TenantViewSet):
    capabilities = {
        "list": KEY_NEEDS,
        "create": KEY_NEEDS,
        "retrieve": KEY_NEEDS,
        "update": KEY_NEEDS,
        "disable": KEY_NEEDS,
        "rotate": KEY_NEEDS,
        "aws_pair": KEY_NEEDS,
        "revoke": KEY_NEEDS,
        "enable": KEY_NEEDS,
        "clone": KEY_NEEDS,
        "bulk": KEY_NEEDS,
    }
    step_up = frozenset({"create", "rotate", "aws_pair", "clone"})
    shown_once = frozenset({"key", "secret_access_key"})
    only_reads = frozenset({"list", "retrieve"})
    creation: Creation = KeyCreate
    change: Change = KeyUpdate

    @extend_schema(parameters=[KeyQuery], responses=envelope(Key))
    def list(self, _request: Request) -> Response:
        asked = self.query(KeyQuery)
        rows = selectors.visible_keys(access=self.access)
        plain = {name: asked[name] for name in ("kind", "environment") if name in asked}
        plain |= {f"{name}_id": asked[name] for name in ("owner", "team") if name in asked}
        rows = rows.filter(**plain)
        if "status" in asked:
            rows = selectors.with_status(rows, status=asked["status"])
        if "model" in asked:
            rows = selectors.that_may_call(rows, model=asked["model"])
        if "q" in asked:
            rows = selectors.that_mention(rows, text=asked["q"])
        return self.page(rows, serializer=Key)

    @extend_schema(request=KeyCreate, responses={CREATED: IssuedKey})
    def create(self, _request: Request) -> Response:
        issued = services.issue_key(
            actor=self.actor(), access=self.access, fields=self.body(self.creation)
        )
        return self._issued(issued)

    @extend_schema(responses=Key)
    def retrieve(self, _request: Request, key_id: str) -> Response:
        return self.row(self._read(key_id), serializer=Key)

    @extend_schema(request=KeyUpdate, responses=ChangedKey)
    def update(self, _request: Request, key_id: str) -> Response:
        key = services.update_key(
            actor=self.actor(),
            access=self.access,
            key_id=key_id,
            changes=self.body(self.change, partial=True),
            expected_version=self.expected_version(),
        )
        return self.row(key, serializer=Key)

    @extend_schema(summary="Disable; the row is kept", responses={200: ChangedKey})
    def disable(self, _request: Request, key_id: str) -> Response:
        key = services.disable_key(
            actor=self.actor(),
            access=self.access,
            key_id=key_id,
            expected_version=self.expected_version(),
        )
        return self.row(key, serializer=Key)

    @extend_schema(request=None, responses=ChangedKey)
    def enable(self, _request: Request, key_id: str) -> Response:
        key = services.enable_key(
            actor=self.actor(),
            access=self.access,
            key_id=key_id,
            expected_version=self.expected_version(),
        )
        return self.row(key, serializer=Key)

    @extend_schema(request=None, responses=ChangedKey, summary="Revoke for good")
    def revoke(self, _request: Request, key_id: str) -> Response:
        key = services.revoke_key(
            actor=self.actor(),
            access=self.access,
            key_id=key_id,
            expected_version=self.expected_version(),
        )
        return self.row(key, serializer=Key)

    @extend_schema(request=KeyRotate, responses={CREATED: IssuedKey})
    def rotate(self, _request: Request, key_id: str) -> Response:
        issued = services.rotate_key(
            actor=self.actor(),
            access=self.access,
            key_id=key_id,
            overlap_s=self.body(KeyRotate)["overlap_s"],
            expected_version=self.expected_version(),
        )
        return self._issued(issued)

    @extend_schema(
        request=KeyRotate,
        responses={CREATED: IssuedPair},
        summary="A pair of keys for clients that sign, as AWS's SDKs do",
    )
    def aws_pair(self, _request: Request, key_id: str) -> Response:
        issued = pair_services.issue_pair(
            actor=self.actor(),
            access=self.access,
            key_id=key_id,
            overlap_s=self.body(KeyRotate)["overlap_s"],
            expected_version=self.expected_version(),
        )
        told = {
            "id": f"key_{issued.key.public_id}",
            "access_key_id": issued.pair.access_key_id,
            "secret_access_key": issued.pair.secret_access_key,
            "secret_access_key_shown": False,
        }
        return Response(told, status=CREATED)

    @extend_schema(request=KeyClone, responses={CREATED: IssuedKey})
    def clone(self, _request: Request, key_id: str) -> Response:
        issued = services.clone_key(
            actor=self.actor(),
            access=self.access,
            key_id=key_id,
            name=self.body(KeyClone).get("name", ""),
        )
        return self._issued(issued)

    @extend_schema(request=KeyBulk, responses=KeyBatch, summary="Disable, revoke or tag up to 200")
    def bulk(self, _request: Request) -> Response:
        asked = self.body(KeyBulk)
        rows = services.change_many(
            actor=self.actor(),
            access=self.access,
            action=asked["action"],
            key_ids=asked["ids"],
            tags=asked["tags"],
        )
        return Response({"data": Key(rows, many=True).data})

    def after_commit(self, response: Response) -> None:
        if self.action_name() not in self.only_reads:
            response.data["propagated"] = Propagation.wait()

    def _read(self, key_id: str) -> ApiKey:
        public_id = selectors.public_id_in(key_id)
        key = selectors.visible_keys(access=self.access).filter(public_id=public_id).first()
        if key is None:
            raise Refused("not_found")
        return key

    def _issued(self, issued: services.IssuedKey) -> Response:
        once = {"key": issued.value, "key_shown": False}
        return self.row(issued.key, serializer=Key, status=CREATED, once=once)


class PublishedKeyViewSet(KeyViewSet):
    """`/admin/api-keys`: the same, and `rate_limit` for `requests_per_minute`."""

    creation = PublishedKeyCreate
    change = PublishedKeyUpdate

    @extend_schema(request=PublishedKeyCreate, responses={CREATED: IssuedKey})
    def create(self, request: Request) -> Response:
        return super().create(request)

    @extend_schema(request=PublishedKeyUpdate, responses=ChangedKey)
    def update(self, request: Request, key_id: str) -> Response:
        return super().update(request, key_id)
