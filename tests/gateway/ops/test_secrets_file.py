import base64
import stat
from pathlib import Path

from gateway.ops.secrets_file import MAKERS, ensure_secrets, read_secrets, write_private


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    first = ensure_secrets(path, given={})
    assert set(first) == set(MAKERS)
    assert ensure_secrets(path, given={}) == first == read_secrets(path)


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    ensure_secrets(path, given={})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_the_operator_gives_is_not_made(tmp_path: Path) -> None:
    made = ensure_secrets(tmp_path / "secrets.env", given={"SWITCHYARD_KEK": "theirs"})
    assert "SWITCHYARD_KEK" not in made


def test_a_later_version_s_secret_joins_the_file_and_changes_no_other(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    first = ensure_secrets(path, given={})
    kept = {name: value for name, value in first.items() if name != "SECRET_KEY"}
    write_private(path, "".join(f"{name}={value}\n" for name, value in kept.items()))
    second = ensure_secrets(path, given={})
    assert {name: second[name] for name in kept} == kept
    assert second["SECRET_KEY"] != first["SECRET_KEY"]


def test_the_key_encryption_key_has_256_bits(tmp_path: Path) -> None:
    made = ensure_secrets(tmp_path / "secrets.env", given={})
    assert len(base64.b64decode(made["SWITCHYARD_KEK"], validate=True)) == 32
