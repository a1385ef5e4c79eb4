"""F-78: what a browser is told over https, and what Django says about a deployment."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from tests.browser import Browser, make_person

PROJECT: Final = Path(__file__).resolve().parents[3]
PUBLIC_URL: Final = "https://gateway.example"
EMAIL: Final = "ana@example.test"
SIGN_IN_OVER_HTTPS: Final = f"""
import django, msgspec, sys
django.setup()
from tests.browser import Browser
browser = Browser(origin="{PUBLIC_URL}")
answer = browser.sign_in(email="{EMAIL}")
sys.stdout.buffer.write(msgspec.json.encode({{
    "status": answer.status_code,
    "headers": dict(answer.items()),
    "cookies": {{name: morsel.OutputString() for name, morsel in answer.cookies.items()}},
}}))
"""


def run(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=PROJECT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "gateway.settings", **changes},
        capture_output=True,
    )


def test_the_deployment_check_passes_without_a_warning() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", PUBLIC_URL=PUBLIC_URL)

    assert done.returncode == 0, done.stderr.decode()


def test_without_a_secret_key_the_product_says_so_and_does_not_start() -> None:
    done = run("-m", "gateway", "serve", SECRET_KEY="")

    assert done.returncode == 2
    assert b"SECRET_KEY is not set" in done.stderr


def test_a_host_nobody_named_is_told_which_settings_name_hosts() -> None:
    answer = Browser(origin="http://evil.example").get("/api/console/boot")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_host")
    assert "ALLOWED_HOSTS" in answer.json()["detail"]


@pytest.fixture
def https_answer(committed_db: None) -> dict[str, Any]:
    make_person(EMAIL)
    done = run("-c", SIGN_IN_OVER_HTTPS, PUBLIC_URL=PUBLIC_URL)
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, Any] = msgspec.json.decode(done.stdout.splitlines()[-1])
    assert answer["status"] == 200
    return answer


def test_cookies_over_https_are_bound_to_host_and_channel(https_answer: dict[str, Any]) -> None:
    session = https_answer["cookies"]["__Host-sessionid"]

    assert all(flag in session for flag in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"))
    assert "Domain" not in session
    assert "Secure" in https_answer["cookies"]["__Host-csrftoken"]


def test_answers_over_https_carry_the_hardening_headers(https_answer: dict[str, Any]) -> None:
    headers = https_answer["headers"]

    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert "unsafe" not in policy


def test_over_plain_http_on_the_own_machine_cookies_have_their_plain_names(db: None) -> None:
    make_person(EMAIL)

    answer = Browser().sign_in(email=EMAIL)

    assert {"sessionid", "csrftoken"} <= set(answer.cookies)
    assert "Strict-Transport-Security" not in answer
