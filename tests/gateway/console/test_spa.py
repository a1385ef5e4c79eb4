from pathlib import Path

import msgspec
import pytest
from django.test import Client
from pytest_django import Settings

INDEX = (
    '<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__">'
    '<script type="module" src="/static/console/assets/index-BfX2k9aQ.js"></script>'
)
PAGES = [
    "/",
    "/setup",
    "/login",
    "/accept-invite",
    "/forgot",
    "/reset",
    "/account",
    "/docs/errors",
    "/t/acme",
    "/t/acme/welcome",
    "/t/acme/requests",
    "/t/acme/requests/req_01980a6b3c4d7e8f9a0b1c2d3e4f5a6b",
    "/t/acme/providers",
    "/t/acme/providers/new",
    "/t/acme/providers/0193a000-0000-7000-8000-000000000001",
    "/t/acme/models",
    "/t/acme/cost",
    "/t/acme/keys",
    "/t/acme/members",
    "/t/acme/audit",
    "/t/acme/settings",
    "/t/acme-2/dev/keys",
    "/t/acme-2/dev/usage",
]
ELSEWHERE = [
    "/nope",
    "/login/",
    "/setup/x",
    "/t/acme/",
    "/t//keys",
    "/t/a.b/keys",
    "/t/acme/keys/1",
    "/t/acme/requests/a/b",
    "/index.html",
    "/static",
    "/v1/chat/completions",
    "/api/v1/nope",
    "/ws/console/",
    "/favicon.ico",
]


@pytest.fixture
def dist(tmp_path: Path, settings: Settings) -> Path:
    settings.CONSOLE_DIST = tmp_path
    (tmp_path / "index.html").write_text(INDEX, encoding="utf-8")
    return tmp_path


def policy(client: Client, path: str) -> dict[str, str]:
    header = client.get(path).headers["Content-Security-Policy"]
    return dict(part.strip().partition(" ")[::2] for part in header.split(";"))


@pytest.mark.parametrize("path", PAGES)
def test_the_console_answers_its_paths_uncached(client: Client, dist: Path, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("path", ELSEWHERE)
def test_other_paths_keep_their_own_404(client: Client, dist: Path, path: str) -> None:
    response = client.get(path, headers={"accept": "text/html"})
    assert response.status_code == 404
    assert b"index-BfX2k9aQ" not in response.content


def test_a_program_reads_a_problem_and_a_person_a_page(client: Client, dist: Path) -> None:
    problem = client.get("/v1/chat/completions", headers={"accept": "*/*"})
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert msgspec.json.decode(problem.content)["code"] == "not_found"
    api = client.get("/api/v1/nope", headers={"accept": "text/html"})
    assert api.headers["Content-Type"] == "application/problem+json"
    page = client.get("/nope<script>", headers={"accept": "text/html"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"<script>" not in page.content


@pytest.mark.parametrize(
    ("language", "title"),
    [("en-GB", "Nothing is here"), ("zh-CN,zh;q=0.9", "此处没有页面"), ("fr", "Nothing is here")],
)
def test_a_missing_page_speaks_the_readers_language(
    client: Client, dist: Path, language: str, title: str
) -> None:
    page = client.get("/nope", headers={"accept": "text/html", "accept-language": language})
    assert page.status_code == 404
    assert title in page.content.decode()


def test_each_page_has_a_nonce_of_its_own_that_the_policy_knows(client: Client, dist: Path) -> None:
    nonces = set()
    for _ in range(3):
        response = client.get("/login")
        nonce = response.content.decode().partition('content="')[2].partition('"')[0]
        assert f"'nonce-{nonce}'" in response.headers["Content-Security-Policy"]
        assert len(nonce) >= 22
        nonces.add(nonce)
    assert len(nonces) == 3


def test_the_policy_is_the_strict_one(client: Client, dist: Path) -> None:
    found = policy(client, "/login")
    assert found.pop("style-src").startswith("'self' 'nonce-")
    assert found == {
        "default-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert policy(client, "/nope")["style-src"] == "'self'"


def test_pages_are_only_read(client: Client, dist: Path) -> None:
    assert client.post("/login").status_code == 405


def test_a_console_that_is_not_built_says_what_to_do(
    client: Client, tmp_path: Path, settings: Settings
) -> None:
    settings.CONSOLE_DIST = tmp_path / "dist"
    response = client.get("/login")
    assert response.status_code == 503
    assert b"make up" in response.content
