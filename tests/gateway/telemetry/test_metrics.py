import os
import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve
from prometheus_client import REGISTRY

from gateway.edge.intake.guard import Guard
from gateway.telemetry import metrics, multiprocess
from gateway.telemetry.metrics import MetricsPage, observe_management, observe_task
from gateway.telemetry.observer import RequestObserver
from gateway.telemetry.routes import RouteName
from gateway.telemetry.tasks import time_tasks
from tests.gateway.edge.driver import HOST, Heard, call, http_scope, socket_scope

TOKEN = "the-token-of-a-scraper"


def guarded(token: str) -> Guard:
    return Guard(MetricsPage(token=token), body_limit=lambda _path: 0, observer=Heard())


def with_token(token: str) -> list[tuple[bytes, bytes]]:
    return [HOST, (b"authorization", f"Bearer {token}".encode())]


async def test_the_token_opens_the_page() -> None:
    metrics.describe_build()
    answer = await call(guarded(TOKEN), http_scope(b"/metrics", headers=with_token(TOKEN)))
    assert answer.status == 200
    assert b"switchyard_build_info{" in answer.body
    head = http_scope(b"/metrics", method="HEAD", headers=with_token(TOKEN))
    assert (await call(guarded(TOKEN), head)).body == b""


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        (TOKEN, [HOST]),
        (TOKEN, with_token("wrong")),
        (TOKEN, with_token("")),
        (TOKEN, [HOST, (b"authorization", TOKEN.encode())]),
        ("", [HOST]),
        ("", with_token("")),
    ],
)
async def test_without_the_token_there_is_no_page(
    token: str, headers: list[tuple[bytes, bytes]]
) -> None:
    answer = await call(guarded(token), http_scope(b"/metrics", headers=headers))
    assert answer.status == 404
    assert b"/metrics does not exist." in answer.body


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_method_nobody_knows_makes_no_series_of_its_own() -> None:
    observe_management(route="console-page", method="BREW", status=405, seconds=0.01)
    labels = {"route": "console-page", "status_class": "4xx"}
    assert value("switchyard_management_requests_total", method="other", **labels) >= 1
    assert value("switchyard_management_requests_total", method="BREW", **labels) == 0


def test_tasks_are_timed_by_name_and_outcome() -> None:
    observe_task(task="billing.windows", outcome="success", seconds=0.2)
    assert value("switchyard_task_seconds_count", task="billing.windows", outcome="success") >= 1


def do_nothing() -> None:
    pass


def test_a_task_is_timed_by_the_worker_that_runs_it() -> None:
    app = Celery("timed", set_as_current=False)
    task = app.task(name="timed.example")(do_nothing)
    time_tasks()
    before = value("switchyard_task_seconds_count", task="timed.example", outcome="success")
    task.apply()
    after = value("switchyard_task_seconds_count", task="timed.example", outcome="success")
    assert after == before + 1


def test_the_route_is_named_by_the_url_table() -> None:
    request = RequestFactory().get("/login")
    request.resolver_match = resolve("/login")
    RouteName(lambda _request: HttpResponse()).process_view(request, lambda: None, (), {})
    request.scope = http_scope()  # type: ignore[attr-defined]
    RouteName(lambda _request: HttpResponse()).process_view(request, lambda: None, (), {})
    assert request.scope["state"]["route"] == "console-page"  # type: ignore[attr-defined]


def test_a_request_is_counted_while_it_runs_and_noted_when_it_ends() -> None:
    noted = []

    class Lines:
        def note(self, fields: dict[str, object]) -> None:
            noted.append(fields)

    observer = RequestObserver(request_log=Lines())  # type: ignore[arg-type]
    before = value("switchyard_inflight")
    observer.started()
    assert value("switchyard_inflight") == before + 1
    scope = {
        **http_scope(),
        "path": "/setup",
        "state": {"route": "console-page", "request_id": "req_1", "tenant": "acme"},
    }
    observer.finished(scope=scope, status=200, duration_s=0.0125)
    assert value("switchyard_inflight") == before
    assert noted == [
        {
            "request_id": "req_1",
            "tenant": "acme",
            "method": "GET",
            "path": "/setup",
            "status": 200,
            "duration_ms": 12.5,
        }
    ]
    socket = {**socket_scope(), "state": {"request_id": "req_2"}}
    observer.started()
    observer.finished(scope=socket, status=101, duration_s=1)
    assert noted[1]["method"] == "WEBSOCKET"
    observer.finished(scope={**scope, "path": "/" + "x" * 60_000}, status=404, duration_s=1)
    assert noted[2]["path"] == "/" + "x" * 1_023
    RequestObserver(request_log=None).finished(scope=scope, status=200, duration_s=1)


SCRAPE = """
import sys
from gateway.telemetry import metrics
metrics.observe_task(task="t", outcome="success", seconds=0.1)
metrics.INFLIGHT.inc()
if sys.argv[1] == "show":
    print(metrics.exposition().decode())
"""


def run(var: Path, what: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRAPE, what],
        env={**os.environ, **multiprocess.environment(var)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_one_process_answers_for_all_and_forgets_only_what_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    multiprocess.clear_metrics_dir(tmp_path)
    run(tmp_path, "count")
    shown = run(tmp_path, "show")
    assert 'switchyard_task_seconds_count{outcome="success",task="t"} 2.0' in shown
    # The first process is gone, its gauge with it as soon as a worker starts; its counts stay.
    monkeypatch.setenv(multiprocess.VARIABLE, str(tmp_path / "metrics"))
    multiprocess.forget_dead_gauges()
    shown = run(tmp_path, "show")
    assert 'switchyard_task_seconds_count{outcome="success",task="t"} 3.0' in shown
    assert "switchyard_inflight 1.0" in shown
    multiprocess.clear_metrics_dir(tmp_path)
    assert list((tmp_path / "metrics").iterdir()) == []


def test_a_living_process_keeps_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    multiprocess.clear_metrics_dir(tmp_path)
    parent = tmp_path / "metrics" / f"counter_{os.getppid()}.db"
    own = tmp_path / "metrics" / f"counter_{os.getpid()}.db"
    first = tmp_path / "metrics" / "counter_1.db"
    other = tmp_path / "metrics" / "note.txt"
    for path in (parent, own, first, other):
        path.touch()
    monkeypatch.setenv(multiprocess.VARIABLE, str(tmp_path / "metrics"))
    gauge = tmp_path / "metrics" / f"gauge_livesum_{os.getpid()}.db"
    gauge.touch()
    multiprocess.forget_dead_gauges()
    assert gauge.exists()
    multiprocess.clear_metrics_dir(tmp_path)
    assert parent.exists()
    assert first.exists()
    assert other.exists()
    assert not own.exists()


def test_without_a_shared_directory_nothing_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(multiprocess.VARIABLE, raising=False)
    multiprocess.forget_dead_gauges()
