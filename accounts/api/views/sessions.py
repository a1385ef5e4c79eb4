from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PersonViewSet
from accounts.api.permissions import SIGNED_IN
from accounts.api.schema import envelope
from accounts.api.serializers.tenants import SessionRow, SessionsEnded
from accounts.errors import Refused
from accounts.selectors.sessions import open_sessions
from accounts.services.sessions import revoke_all_sessions, revoke_session

NO_CONTENT = 204


class SessionViewSet(PersonViewSet):
    capabilities = {"list": SIGNED_IN, "destroy": SIGNED_IN, "revoke_all": SIGNED_IN}

    @extend_schema(responses=envelope(SessionRow))
    def list(self, request: Request) -> Response:
        rows = open_sessions(user_id=self.person().id, current_key=request.session.session_key)
        data = SessionRow(rows, many=True).data
        return Response({"data": data, "has_more": False, "next_cursor": None})

    @extend_schema(responses={NO_CONTENT: None})
    def destroy(self, _request: Request, session_id: str) -> Response:
        if not session_id.isascii() or not session_id.isdigit() or len(session_id) > 18:
            raise Refused("not_found")
        revoke_session(actor=self.actor(), user=self.person(), session_id=int(session_id))
        return Response(status=NO_CONTENT)

    @extend_schema(summary="Log out everywhere, here too", request=None, responses=SessionsEnded)
    def revoke_all(self, _request: Request) -> Response:
        ended = revoke_all_sessions(actor=self.actor(), user=self.person())
        return Response({"sessions_ended": ended})
