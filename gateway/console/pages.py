"""What a person sees where there is nothing to see: plain pages, problems for programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language_from_request

from accounts.api.problems import problem_response
from accounts.errors import Refused

API_PREFIX: Final = "/api/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainText:
    title: str
    text: str
    back: str = "Open the console"


# One entry per page and language; a language that is not here reads English.
TEXTS: Final[Mapping[str, Mapping[str, PlainText]]] = {
    "not_found": {
        "en": PlainText(title="Nothing is here", text="{path} is not a page of this installation."),
        "zh": PlainText(
            title="此处没有页面", text="本系统没有 {path} 这个页面。", back="打开控制台"
        ),
    },
    "console_not_built": {
        "en": PlainText(
            title="The console is not built",
            text="Run make up, which builds it, then reload this page.",
        ),
        "zh": PlainText(title="控制台尚未构建", text="运行 make up 完成构建，然后刷新此页。"),
    },
    "admin_needs_second_factor": {
        "en": PlainText(
            title="This needs a superadmin with a second factor",
            text="Set up an authenticator app on your account page, or sign in with its code.",
            back="Open your account",
        ),
        "zh": PlainText(
            title="此处需要开启两步验证的超级管理员",
            text="在账户页面设置验证器应用，或使用验证码登录。",
            back="打开账户",
        ),
    },
}


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if not _is_person(request):
        detail = f"{request.path} does not exist."
        return problem_response(request, Refused("not_found", detail))
    return plain_page(request, name="not_found", status=404, link="/")


def plain_page(request: HttpRequest, *, name: str, status: int, link: str = "") -> HttpResponse:
    language = get_language_from_request(request).partition("-")[0]
    told = TEXTS[name].get(language, TEXTS[name]["en"])
    context = {
        "language": "zh-CN" if language == "zh" else "en",
        "title": told.title,
        "text": told.text.format(path=request.path),
        "back": told.back,
        "link": link,
    }
    page = HttpResponse(render_to_string("console/page.html", context, request), status=status)
    page["Cache-Control"] = "no-store"
    return page


def _is_person(request: HttpRequest) -> bool:
    return not request.path.startswith(API_PREFIX) and "text/html" in request.headers.get(
        "Accept", ""
    )
