"""The committed OpenAPI document is the one the code describes, and it covers every path."""

import re
from html.parser import HTMLParser
from typing import Any, Final

import msgspec
import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from openapi_spec_validator import OpenAPIV31SpecValidator

from accounts.api.reference import YAML, rendered
from accounts.checks import routes
from tests.contracts.tree import ROOT

COMMITTED: Final = ROOT / "frontend" / "openapi" / "openapi.yaml"
PARAMETER: Final = re.compile(r"<str:(\w+)>")
REMEDY: Final = "run: python manage.py spectacular --file frontend/openapi/openapi.yaml"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = Client().get("/api/schema")
    return msgspec.json.decode(answer.content, type=dict[str, Any])


def test_the_committed_document_is_current() -> None:
    assert rendered(YAML).decode() == COMMITTED.read_text(encoding="utf-8"), REMEDY


def test_it_is_valid_openapi_3_1_made_without_warnings(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert GENERATOR_STATS._warn_cache == GENERATOR_STATS._error_cache == {}  # noqa: SLF001 - no other way to ask


def test_it_covers_every_management_path_and_method(document: dict[str, Any]) -> None:
    described = {
        (path, method) for path, operations in document["paths"].items() for method in operations
    }
    served = {
        ("/" + PARAMETER.sub(r"{\1}", route.path), method)
        for route in routes()
        if route.is_management and not route.path.endswith("/")
        for method in route.actions
    }
    assert described == served


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))


def test_every_operation_tells_its_problems(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            problem = operation["responses"]["default"]["content"]["application/problem+json"]
            assert problem["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}


def test_it_is_served_as_yaml_too() -> None:
    assert Client().get("/api/schema", headers={"Accept": "application/yaml"}).content == (
        rendered(YAML)
    )
    assert Client().post("/api/schema").status_code == 405


class Inline(HTMLParser):
    """What a content security policy without 'unsafe-inline' refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or "style" in names or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name.startswith("on")]


def test_swagger_ui_has_nothing_inline_and_stands_under_the_policy(db: None) -> None:
    client = Client()
    page = client.get("/docs")
    parser = Inline()
    parser.feed(page.content.decode())

    assert parser.found == []
    policy = page["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    sources = re.findall(r'(?:src|href)="/static/([^"]+)"', page.content.decode())
    assert len(sources) == 5
    assert [source for source in sources if finders.find(source) is None] == []
    assert b"/api/schema" in client.get("/docs?script=").content
