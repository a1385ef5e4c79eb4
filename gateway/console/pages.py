"""What a person sees where there is nothing to see: plain pages, problems for programs."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from accounts.api.problems import problem_response
from accounts.errors import Refused

API_PREFIX: Final = "/api/"


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if not _is_person(request):
        detail = f"{request.path} does not exist."
        return problem_response(request, Refused("not_found", detail))
    return plain_page(
        request, title="Not found", text=f"{request.path} does not exist.", status=404, link="/"
    )


def plain_page(
    request: HttpRequest, *, title: str, text: str, status: int, link: str = ""
) -> HttpResponse:
    context = {"title": title, "text": text, "link": link}
    page = HttpResponse(render_to_string("console/page.html", context, request), status=status)
    page["Cache-Control"] = "no-store"
    return page


def _is_person(request: HttpRequest) -> bool:
    return not request.path.startswith(API_PREFIX) and "text/html" in request.headers.get(
        "Accept", ""
    )
