"""The task application does what operations.md asks; the clock names tasks that exist."""

import logging
from typing import Any

import pytest

from gateway.celery import COMPILE, app, is_worth_a_line
from gateway.ops.tasks import VISIBILITY_TIMEOUT_S, beat_command, worker_command
from tests.contracts.tree import ROOT

LONGEST_TASK_S = 60


@pytest.fixture(autouse=True)
def _tasks_are_loaded() -> None:
    app.loader.import_default_modules()


def test_only_json_travels() -> None:
    assert app.conf.task_serializer == "json"
    assert app.conf.accept_content == ["json"]


def test_a_killed_worker_s_task_runs_again() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.broker_transport_options["visibility_timeout"] == VISIBILITY_TIMEOUT_S
    assert VISIBILITY_TIMEOUT_S > LONGEST_TASK_S


@pytest.mark.parametrize("entry", sorted(app.conf.beat_schedule))
def test_the_clock_names_a_task_that_exists(entry: str) -> None:
    assert app.conf.beat_schedule[entry]["task"] in app.tasks


def test_the_embedded_worker_uses_threads_and_others_processes() -> None:
    embedded, other = worker_command(threads=True), worker_command(threads=False)
    assert embedded[embedded.index("--pool") + 1] == "threads"
    assert other[other.index("--pool") + 1] == "prefork"


def test_beat_is_a_process_of_its_own() -> None:
    command = beat_command(var=ROOT)
    assert "beat" in command
    assert "-B" not in command
    assert "-B" not in worker_command(threads=True)


def test_what_runs_every_other_second_leaves_no_line_when_it_goes_well() -> None:
    def passes(level: int, *arguments: Any) -> bool:
        record = logging.LogRecord("celery", level, "", 0, "%s", arguments, None)
        return is_worth_a_line(record)

    assert not passes(logging.INFO, {"name": COMPILE, "id": "1"})
    assert not passes(logging.INFO, "compile-configuration", COMPILE)
    assert passes(logging.ERROR, {"name": COMPILE})
    assert passes(logging.INFO, {"name": "accounts.tasks.verify_audit_chains"})
    assert passes(logging.INFO, "verify-audit-chains", "accounts.tasks.verify_audit_chains")
    assert passes(logging.INFO)
