"""F-70 from the terminal: a new key-encryption key takes over, the old one can go."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from accounts.tenancy import platform_scope
from providers.models import DataKey
from providers.services.vault import check_keys, vault_from_setting

PROJECT: Final = Path(__file__).resolve().parents[3]
NEW: Final = base64.b64encode(b"n" * 32).decode()


def rotate(setting: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "gateway", "secrets", "rotate", "--json"],
        check=False,
        cwd=PROJECT,
        env={**os.environ, "SWITCHYARD_KEK": setting},
        capture_output=True,
    )


def test_the_old_key_can_go_after_the_rotation(committed_db: None) -> None:
    old = os.environ["SWITCHYARD_KEK"]
    blob = vault_from_setting(old).seal(value="sk-canary", table="t", row="r", field="f")

    done = rotate(f"{NEW},{old}")

    assert done.returncode == 0, done.stderr.decode()
    vault = vault_from_setting(NEW)
    assert msgspec.json.decode(done.stdout) == {"data_keys": 1, "kek_id": vault.ring.current.id}
    check_keys(vault=vault)
    assert vault.open(blob=blob, table="t", row="r", field="f").reveal() == b"sk-canary"
    with platform_scope("test"):
        assert {row.kek_id for row in DataKey.objects.all()} == {vault.ring.current.id}


def test_a_rotation_without_the_old_key_is_refused_and_changes_nothing(committed_db: None) -> None:
    old = vault_from_setting(os.environ["SWITCHYARD_KEK"])
    check_keys(vault=old)

    done = rotate(NEW)

    assert done.returncode == 2
    assert old.ring.current.id in done.stderr.decode()
    check_keys(vault=old)
