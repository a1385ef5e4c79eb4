"""A signed-in person's own calls, without any key in the browser."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from pytest_django import DjangoDbBlocker

from accounts.models import ApiKey
from accounts.tenancy import platform_scope
from tests.browser import AUTH, EMAIL, PASSWORD, make_person
from tests.clients.stack import Stack
from tests.conftest import close_connections
from tests.faults.bounds import FACTOR
from tests.faults.referee import Referee

RUN = "/api/console/run"
CHAT = {"model": "mock-echo", "messages": [{"role": "user", "content": "Good morning to you"}]}


@pytest.fixture(scope="module")
def person(bare_stack: Stack, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        make_person()
        make_person("bill@example.test", role="billing_viewer")
        yield
        close_connections()


class Session:
    def __init__(self, stack: Stack, *, email: str = EMAIL) -> None:
        self.http = httpx.Client(base_url=stack.url, trust_env=False, timeout=20)
        self.csrf = self.http.get("/api/console/boot").json()["csrf"]
        answer = self._post(f"{AUTH}/auth/login", {"email": email, "password": PASSWORD})
        assert answer.is_success, answer.text
        self.csrf = self.http.cookies.get("csrftoken") or self.csrf

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def run(self, path: str = "/v1/chat/completions", **fields: Any) -> httpx.Response:
        return self.post({"path": path, **fields})

    def post(self, call: dict[str, Any]) -> httpx.Response:
        return self._post(RUN, call)

    def headers(self) -> dict[str, str]:
        return {"x-csrftoken": self.csrf, "referer": f"{self.http.base_url}/"}

    def _post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body, headers=self.headers())


@pytest.fixture(scope="module")
def session(bare_stack: Stack, person: None) -> Iterator[Session]:
    with Session(bare_stack) as opened:
        yield opened


def test_the_answer_is_the_data_planes(session: Session) -> None:
    answer = session.run(body=CHAT)

    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "Good morning to you"
    assert answer.headers["x-switchyard-target"] == "mock/mock-echo"
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers.get_list("x-request-id")) == 1


def test_a_stream_arrives_chunk_by_chunk(session: Session) -> None:
    body = {"path": "/v1/chat/completions", "body": {**CHAT, "stream": True}}

    with session.http.stream("POST", RUN, json=body, headers=session.headers()) as answer:
        parts = list(answer.iter_raw())

    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert len(parts) > 2
    assert b"".join(parts).endswith(b"data: [DONE]\n\n")


def test_a_stream_may_be_left_in_the_middle(session: Session) -> None:
    body = {
        "path": "/v1/chat/completions",
        "body": {**CHAT, "model": "mock-lorem;out=400;tps=20", "stream": True},
    }
    with session.http.stream("POST", RUN, json=body, headers=session.headers()) as answer:
        next(answer.iter_raw())

    assert session.run(body=CHAT).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_left_before_its_answer_is_left_at_the_vendor_too(
    session: Session, bare_stack: Stack, referee: Referee, *, stream: bool
) -> None:
    slug = f"silent-{stream}".lower()
    bare_stack.vendor(slug, url=referee.url)
    referee.forget()
    body = {**CHAT, "model": f"{slug}.evil-hang", "stream": stream}
    with pytest.raises(httpx.ReadTimeout):
        session.http.post(
            RUN,
            json={"path": "/v1/chat/completions", "body": body},
            headers=session.headers(),
            timeout=1.5,
        )

    referee.when_all_gone(1, within_s=0.5 * FACTOR)


def test_lists_and_anthropics_dialect_work_as_well(session: Session) -> None:
    models = session.run("/v1/models", method="GET")
    message = session.run("/v1/messages", body={**CHAT, "max_tokens": 20})

    assert "mock.mock-echo" in {row["id"] for row in models.json()["data"]}
    assert message.json()["type"] == "message"


def test_credentials_among_the_headers_count_for_nothing(session: Session) -> None:
    answer = session.run(body=CHAT, headers={"Authorization": "Bearer sk-nonsense"})

    assert answer.status_code == 200


def test_an_error_of_the_data_plane_keeps_its_shape(session: Session) -> None:
    answer = session.run(body={**CHAT, "model": "nothing"})

    assert answer.status_code == 404
    assert answer.json()["error"]["param"] == "model"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"path": "/api/v1/keys"}, "path"),
        ({"path": "/v1/../keys"}, "path"),
        ({"path": "v1"}, "path"),
        ({"path": "/v1/models", "method": "DELETE"}, "method"),
        ({"path": "/v1/models", "headers": {"x": "a\r\nb: c"}}, "headers.x"),
        ({"path": "/v1/models", "colour": "red"}, ""),
        ({"path": 7}, ""),
    ],
)
def test_a_call_that_cannot_be_made_is_refused_at_its_field(
    session: Session, fields: dict[str, Any], field: str
) -> None:
    answer = session.post(fields)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_it_needs_the_session_its_csrf_token_and_the_capability(
    bare_stack: Stack, session: Session
) -> None:
    without_token = session.http.post(RUN, json={"path": "/v1/models", "method": "GET"})
    with Session(bare_stack, email="bill@example.test") as billing:
        lacking = billing.run(body=CHAT)
    with httpx.Client(base_url=bare_stack.url, trust_env=False) as stranger:
        token = stranger.get("/api/console/boot").json()["csrf"]
        sent = {"x-csrftoken": token, "referer": f"{bare_stack.url}/"}
        nobody = stranger.post(RUN, json={"path": "/v1/models"}, headers=sent)
        key = {"authorization": f"Bearer {bare_stack.key.value}"}
        with_key = stranger.post(RUN, json={"path": "/v1/models"}, headers={**sent, **key})

    assert without_token.json()["code"] == "csrf_failed"
    assert lacking.json()["capability"] == "playground.use"
    assert nobody.json()["code"] == with_key.json()["code"] == "not_authenticated"


def test_what_is_no_call_is_refused(session: Session) -> None:
    sent = {**session.headers(), "content-type": "application/json"}

    assert session.http.get(RUN).status_code == 405
    assert session.http.post(RUN, content=b"{", headers=sent).json()["code"] == "malformed_json"


def test_all_calls_of_a_person_act_by_one_hidden_key(
    session: Session, django_db_blocker: DjangoDbBlocker
) -> None:
    session.run(body=CHAT)
    with django_db_blocker.unblock(), platform_scope("test"):
        (key,) = ApiKey.objects.filter(kind="session").select_related("owner")
        secrets = key.secrets.count()

    assert key.owner is not None
    assert (key.owner.email, secrets) == (EMAIL, 0)
    listed = msgspec.json.encode(session.http.get("/api/v1/keys").json())
    assert b"Console session" not in listed


def test_who_has_signed_out_calls_no_more(bare_stack: Stack, person: None) -> None:
    with Session(bare_stack) as session:
        session.http.request("DELETE", f"{AUTH}/auth/session", headers=session.headers())
        answer = session.run(body=CHAT)

    assert answer.json()["code"] in {"not_authenticated", "csrf_failed"}
