"""Endpoints that ask for no identity.

Rule 1: what begins a session takes the CSRF token of `boot`: no foreign page signs people in.
Rule 2: nothing here tells whether an account exists, except to the holder of an invitation.
"""

from typing import ClassVar

from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from accounts.access import Access
from accounts.api.base import ManagementView
from accounts.api.permissions import ANYONE, Needs, Reach


class AnonymousView(ManagementView):
    capabilities: ClassVar[Needs] = {"get": ANYONE}
    reach = Reach.NONE
    access = Access(capabilities=frozenset())


@method_decorator(csrf_protect, name="dispatch")
class SessionStartView(AnonymousView):
    capabilities: ClassVar[Needs] = {"post": ANYONE}
