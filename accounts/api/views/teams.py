from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import TenantViewSet
from accounts.api.paths import found, row_id
from accounts.api.permissions import MEMBER
from accounts.api.schema import envelope
from accounts.api.serializers.members import (
    TeamFields,
    TeamMemberAdd,
    TeamMemberRow,
    TeamQuery,
    TeamRow,
)
from accounts.api.serializers.shared import ListQuery
from accounts.models import Team
from accounts.selectors.members import team_members_of, teams_of
from accounts.services import teams as services

CREATED = 201
NO_CONTENT = 204


class TeamViewSet(TenantViewSet):
    capabilities = {
        "list": MEMBER,
        "create": "member.write",
        "retrieve": MEMBER,
        "update": "member.write",
        "destroy": "member.write",
    }

    @extend_schema(parameters=[TeamQuery], responses=envelope(TeamRow))
    def list(self, _request: Request) -> Response:
        asked = self.query(TeamQuery)
        rows = teams_of(access=self.access)
        if "q" in asked:
            rows = rows.filter(name__icontains=asked["q"])
        return self.page(rows, serializer=TeamRow)

    @extend_schema(request=TeamFields, responses={CREATED: TeamRow})
    def create(self, _request: Request) -> Response:
        team = services.create_team(
            actor=self.actor(), access=self.access, fields=self.body(TeamFields)
        )
        return self._team(team, status=CREATED)

    @extend_schema(responses=TeamRow)
    def retrieve(self, _request: Request, team_id: str) -> Response:
        team = teams_of(access=self.access).filter(pk=row_id(team_id)).first()
        return self.row(found(team), serializer=TeamRow)

    @extend_schema(request=TeamFields, responses=TeamRow)
    def update(self, _request: Request, team_id: str) -> Response:
        team = services.update_team(
            actor=self.actor(),
            access=self.access,
            team_id=row_id(team_id),
            changes=self.body(TeamFields, partial=True),
            expected_version=self.expected_version(),
        )
        return self._team(team, status=200)

    @extend_schema(responses={NO_CONTENT: None})
    def destroy(self, _request: Request, team_id: str) -> Response:
        services.delete_team(
            actor=self.actor(),
            access=self.access,
            team_id=row_id(team_id),
            expected_version=self.expected_version(),
        )
        return Response(status=NO_CONTENT)

    def _team(self, team: Team, *, status: int) -> Response:
        counted = teams_of(access=self.access).get(pk=team.pk)
        return self.row(counted, serializer=TeamRow, status=status)


class TeamMemberViewSet(TenantViewSet):
    capabilities = {
        "list": MEMBER,
        "create": "member.write",
        "destroy": "member.write",
    }
    # Leading a team is a role.
    step_up = frozenset({"create"})

    @extend_schema(parameters=[ListQuery], responses=envelope(TeamMemberRow))
    def list(self, _request: Request, team_id: str) -> Response:
        self.query(ListQuery)
        team = found(teams_of(access=self.access).filter(pk=row_id(team_id)).first())
        return self.page(team_members_of(access=self.access, team=team), serializer=TeamMemberRow)

    @extend_schema(
        summary="Add a member, or change whether they lead",
        request=TeamMemberAdd,
        responses={CREATED: TeamMemberRow},
    )
    def create(self, _request: Request, team_id: str) -> Response:
        asked = self.body(TeamMemberAdd)
        member = services.set_team_member(
            actor=self.actor(),
            access=self.access,
            team_id=row_id(team_id),
            user_id=asked["user"],
            lead=asked["lead"],
        )
        return self.row(member, serializer=TeamMemberRow, status=CREATED)

    @extend_schema(responses={NO_CONTENT: None})
    def destroy(self, _request: Request, team_id: str, user_id: str) -> Response:
        services.remove_team_member(
            actor=self.actor(),
            access=self.access,
            team_id=row_id(team_id),
            user_id=row_id(user_id),
            expected_version=self.expected_version(),
        )
        return Response(status=NO_CONTENT)
