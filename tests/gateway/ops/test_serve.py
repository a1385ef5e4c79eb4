"""`switchyard serve`: what keeps it from starting, and what does not."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.ops import commands
from gateway.ops.configuration import Configuration, load_configuration
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.ports import free_port

NODE = "node-1"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the command became."""
    became: list[list[str]] = []
    monkeypatch.setattr(commands, "become", became.append)
    return became


def without_postgresql(var: Path, **changes: Any) -> Configuration:
    loaded = load_configuration()
    url = f"postgresql://x:y@127.0.0.1:{free_port()}/z"
    values = {**loaded.values, "DATABASE_URL": url, "VAR_DIR": str(var), "NODE_ID": NODE, **changes}
    return replace(loaded, values=values)


def leave_copy(var: Path, *, node: str = NODE) -> None:
    (var / "snapshot").mkdir()
    (var / "snapshot" / f"{node}.bin").touch()


@pytest.mark.parametrize("role", ["edge", "all"])
def test_a_server_starts_without_postgresql_where_a_copy_is_on_disk(
    role: str, started: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_copy(tmp_path)
    commands.run_serve(Namespace(), without_postgresql(tmp_path, SERVE_ROLE=role))
    assert len(started) == 1
    assert "from the copy of the configuration on this disk" in capsys.readouterr().err


def test_a_server_does_not_start_without_postgresql_and_without_its_own_copy(
    started: list[list[str]], tmp_path: Path
) -> None:
    leave_copy(tmp_path, node="another")
    with pytest.raises(CommandFailed) as failed:
        commands.run_serve(Namespace(), without_postgresql(tmp_path))
    assert failed.value.status == Exit.UNAVAILABLE
    assert not started


def test_the_console_does_not_start_without_postgresql(
    started: list[list[str]], tmp_path: Path
) -> None:
    leave_copy(tmp_path)
    with pytest.raises(CommandFailed):
        commands.run_serve(Namespace(), without_postgresql(tmp_path, SERVE_ROLE="console"))
    assert not started


def test_settings_are_checked_without_postgresql_too(
    started: list[list[str]], tmp_path: Path
) -> None:
    leave_copy(tmp_path)
    with pytest.raises(CommandFailed, match="SECRET_KEY is not set") as failed:
        commands.run_serve(Namespace(), without_postgresql(tmp_path, SECRET_KEY=""))
    assert failed.value.status == Exit.USAGE
    assert not started
