"""The console's one page: the built index.html with a fresh nonce, never cached.

Law: it answers the paths in PAGES and no other, so that a mistyped path is a 404, no empty page.
"""

from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from gateway.console.pages import plain_page

PAGES: Final = (
    "",
    "setup",
    "login",
    "accept-invite",
    "forgot",
    "reset",
    "account",
    "docs/errors",
    "t/<slug:tenant>",
    "t/<slug:tenant>/welcome",
    "t/<slug:tenant>/requests",
    "t/<slug:tenant>/requests/<slug:request_id>",
    "t/<slug:tenant>/providers",
    "t/<slug:tenant>/providers/<slug:provider>",
    "t/<slug:tenant>/models",
    "t/<slug:tenant>/cost",
    "t/<slug:tenant>/keys",
    "t/<slug:tenant>/members",
    "t/<slug:tenant>/audit",
    "t/<slug:tenant>/settings",
    "t/<slug:tenant>/dev/keys",
    "t/<slug:tenant>/dev/usage",
)
NONCE_PLACE: Final = "__CSP_NONCE__"


class NoncedRequest(HttpRequest):
    """What django-csp's middleware makes of a request."""

    csp_nonce: str


def page_urls() -> list[URLPattern]:
    return [path(page, console_page, name="console-page") for page in PAGES]


@require_safe
def console_page(request: NoncedRequest, **_: str) -> HttpResponse:
    index = Path(settings.CONSOLE_DIST) / "index.html"
    if not index.is_file():
        return plain_page(request, name="console_not_built", status=503)
    page = index.read_text(encoding="utf-8")
    # The header carries the nonce only because the page has asked for it here.
    response = HttpResponse(page.replace(NONCE_PLACE, str(request.csp_nonce)))
    response["Cache-Control"] = "no-store"
    return response
