"""Django admin's site: superadmins with a second factor only, and everything in one scope.

Rule 1: the second factor counts when this session has passed it and the person still has one.
Rule 2: a page is rendered inside `platform_scope`, for its queries run while it renders.
Rule 3: signing in and out and passwords are the console's.
Rule 4: a write needs a proof of identity of the last ten minutes, as platform pages do.
"""

from functools import wraps
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts import mfa, sessions
from accounts.addresses import is_within, parse_address
from accounts.callers import caller_ip
from accounts.errors import Refused
from accounts.services.sign_in import sign_out
from accounts.tenancy import platform_scope
from gateway.console.pages import plain_page

SIGN_IN: Final = "/login"
ACCOUNT: Final = "/account"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PROOF: Final = "proof_password"


class SuperadminSite(AdminSite):
    site_header = "Switchyard"
    site_title = "Switchyard"
    index_title = "Platform"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        person = request.user
        return (
            person.is_authenticated
            and person.is_active
            and person.is_superadmin
            and sessions.proved_second_factor(request)
            and mfa.is_enrolled(user_id=person.pk)
        )

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def scoped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            _refuse_elsewhere(request)
            with platform_scope("Django admin"):
                response = self._ask_for_proof(request) or guarded(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()
            return response

        return scoped

    def _ask_for_proof(self, request: HttpRequest) -> TemplateResponse | None:
        """The page that asks for the password again and carries the form along; None to go on."""
        leaving = request.resolver_match is not None and request.resolver_match.url_name == "logout"
        if request.method in SAFE_METHODS or leaving or not self.has_permission(request):
            return None
        if sessions.proved_recently(request):
            return None
        problem = _prove(request, password=request.POST.get(PROOF, ""))
        if problem is None:
            return None
        carried = [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in {PROOF, "csrfmiddlewaretoken"}
        ]
        context = {
            **self.each_context(request),
            "title": "Confirm that it is you",
            "carried": carried,
            "field": PROOF,
            "problem": problem,
        }
        return TemplateResponse(request, "admin/proof.html", context, status=403)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sends strangers to the console's sign-in; tells the signed-in what is missing."""
        del extra_context
        _refuse_elsewhere(request)
        wanted = request.GET.get("next") or reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if not request.user.is_authenticated:
            return HttpResponseRedirect(f"{SIGN_IN}?{urlencode({'next': wanted})}")
        return plain_page(request, name="admin_needs_second_factor", status=403, link=ACCOUNT)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        del extra_context
        if request.method == "POST":
            sign_out(request)
        return HttpResponseRedirect(SIGN_IN)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        del request, extra_context
        return HttpResponseRedirect(ACCOUNT)


def _prove(request: HttpRequest, *, password: str) -> str | None:
    """None once the password has proved who this is; else what to tell."""
    if not password:
        return "The last proof of identity is older than ten minutes."
    try:
        if get_adapter().reauthenticate(request.user, password):
            reauthenticate_by_password(request)
            return None
    except Refused as refused:
        return refused.detail
    return "That is not the password."


def _refuse_elsewhere(request: HttpRequest) -> None:
    """As if there were nothing, where the admin is switched off or the network is not allowed."""
    networks = settings.DJANGO_ADMIN_ALLOWED_CIDRS
    address = parse_address(caller_ip(request) or "")
    if not settings.DJANGO_ADMIN_ENABLED or (networks and not is_within(address, networks)):
        raise Http404
    # Django puts filters of lists into SQL as they come, and PostgreSQL knows no NUL.
    if "%00" in request.META.get("QUERY_STRING", ""):
        raise Http404
