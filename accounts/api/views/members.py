from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import TenantViewSet
from accounts.api.paths import found, row_id
from accounts.api.schema import envelope
from accounts.api.serializers.members import Member, MemberQuery, MemberRemoved, MemberUpdate
from accounts.models import Membership
from accounts.selectors.members import members_of
from accounts.services.members import remove_member, update_member


class MemberViewSet(TenantViewSet):
    capabilities = {
        "list": "member.write",
        "retrieve": "member.write",
        "update": "member.write",
        "destroy": "member.write",
    }
    step_up = frozenset({"update", "destroy"})

    @extend_schema(parameters=[MemberQuery], responses=envelope(Member))
    def list(self, _request: Request) -> Response:
        asked = self.query(MemberQuery)
        rows = members_of(access=self.access)
        rows = rows.filter(**{name: asked[name] for name in ("role", "status") if name in asked})
        if "q" in asked:
            text = asked["q"]
            rows = rows.filter(
                Q(user__email__icontains=text) | Q(user__display_name__icontains=text)
            )
        return self.page(rows, serializer=Member)

    @extend_schema(responses=Member)
    def retrieve(self, _request: Request, member_id: str) -> Response:
        member = members_of(access=self.access).filter(pk=row_id(member_id)).first()
        return self.row(found(member), serializer=Member)

    @extend_schema(request=MemberUpdate, responses=Member)
    def update(self, _request: Request, member_id: str) -> Response:
        member = update_member(
            actor=self.actor(),
            access=self.access,
            member_id=row_id(member_id),
            changes=self.body(MemberUpdate, partial=True),
            expected_version=self.expected_version(),
        )
        return self.row(self._reread(member.id), serializer=Member)

    @extend_schema(
        summary="Remove from the tenant and disable their keys", responses={200: MemberRemoved}
    )
    def destroy(self, _request: Request, member_id: str) -> Response:
        removal = remove_member(
            actor=self.actor(),
            access=self.access,
            member_id=row_id(member_id),
            expected_version=self.expected_version(),
        )
        return Response({"keys_disabled": removal.keys_disabled})

    def _reread(self, member_id: UUID) -> Membership:
        return members_of(access=self.access).get(pk=member_id)
