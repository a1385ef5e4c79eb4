"""`switchyard shipper`: what it becomes, how it ends, and what keeps it from starting."""

import os
import signal
import subprocess
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ops import commands, ship
from gateway.ops.configuration import Configuration, load_configuration
from gateway.ops.embedded.lock import holder
from gateway.ops.outcome import CommandFailed, Exit
from gateway.spool.shipper import LOCK
from tests.contracts.tree import ROOT
from tests.faults.installation import wait_until

NODE = "node-1"


def configured(folder: Path, **changes: object) -> Configuration:
    loaded = load_configuration()
    values = {**loaded.values, "NODE_ID": NODE, "SPOOL_DIR": str(folder / "spool"), **changes}
    return replace(loaded, values=values)


def test_it_becomes_a_program_without_django_and_without_the_owner_s_login(
    django_db_setup: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(commands, "become", became.append)
    monkeypatch.setattr(commands, "_check_before_start", lambda _configuration: None)
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    commands.run_shipper(Namespace(), load_configuration())
    assert became == [[sys.executable, "-m", "gateway.ops.ship"]]
    assert os.environ["DATABASE_OWNER_URL"] == ""
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"]


def test_it_does_not_start_where_the_audit_log_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "audit").touch()
    configuration = configured(
        tmp_path, AUDIT_LOG_ENABLED=True, AUDIT_LOG_DIR=str(tmp_path / "audit")
    )
    with pytest.raises(CommandFailed, match="AUDIT_LOG_DIR") as failed:
        ship.ship(configuration)
    assert failed.value.status == Exit.USAGE


@pytest.mark.parametrize("audited", ["true", "false"])
def test_it_works_until_it_is_told_to_stop(
    django_db_setup: None, tmp_path: Path, audited: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.ops.ship"],
        cwd=ROOT,
        env={
            **os.environ,
            "NODE_ID": NODE,
            "SPOOL_DIR": str(tmp_path / "spool"),
            "AUDIT_LOG_ENABLED": audited,
            "AUDIT_LOG_DIR": str(tmp_path / "audit"),
        },
    )
    try:
        held = tmp_path / "spool" / NODE / LOCK
        wait_until(lambda: holder(held) == process.pid, within_s=30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == Exit.OK
    finally:
        process.kill()
        process.wait()
    assert (tmp_path / "audit").is_dir() == (audited == "true")


def test_what_keeps_it_from_starting_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "audit").touch()
    monkeypatch.setenv("AUDIT_LOG_ENABLED", "true")
    monkeypatch.setenv("AUDIT_LOG_DIR", str(tmp_path / "audit"))
    assert ship.main() == Exit.USAGE
    assert "AUDIT_LOG_DIR" in capsys.readouterr().err


def test_folders_are_those_of_who_starts_the_first_program(tmp_path: Path) -> None:
    """Its children run elsewhere: below the place the product was installed in."""
    given = configured(tmp_path, AUDIT_LOG_DIR="./logs/audit", SPOOL_DIR="").environment()
    assert given["AUDIT_LOG_DIR"] == str(Path.cwd() / "logs/audit")
    assert given.get("SPOOL_DIR", "") == os.environ.get("SPOOL_DIR", "")
