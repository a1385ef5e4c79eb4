"""The copy on disk: what is read is what was written, or nothing is."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.snapshot.disk import Unusable, new_header, open_copy, write_copy
from gateway.snapshot.rows import Row
from tests.gateway.snapshot.compiled import OTHER_RING, RING, key_row

NOW: Final = 1_800_000_000.0
KEK: Final = RING.current.key.reveal()
PAGES: Final = [[key_row(f"aa{n:010}", n, name=f"secret-{n}") for n in range(5)], [key_row("b", 9)]]


def kek_of(kek_id: str) -> bytes:
    if kek_id != RING.current.id:
        raise LookupError(f"key {kek_id} is needed")
    return KEK


def write(path: Path, pages: list[list[Row]] = PAGES, *, saved_at: float = NOW) -> None:
    header = new_header(version=9, saved_at=saved_at, kek_id=RING.current.id)
    write_copy(path, header=header, pages=pages, kek=KEK)


def read(path: Path, *, now: float = NOW, kek: Callable[[str], bytes] = kek_of) -> list[list[Row]]:
    copy = open_copy(path, kek_of=kek, now=now, max_age_s=100)
    try:
        pages = []
        while page := copy.page():
            pages.append(page)
        assert copy.header.version == 9
        return pages
    finally:
        copy.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "snapshot" / "node.bin"


@pytest.mark.parametrize("pages", [PAGES, []], ids=["rows", "nothing"])
def test_what_is_read_is_what_was_written(path: Path, pages: list[list[Row]]) -> None:
    write(path, pages)
    assert read(path) == pages
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["node.bin"]


def test_nothing_can_be_read_without_the_key(path: Path) -> None:
    write(path)
    found = path.read_bytes()
    assert b"secret" not in found
    assert b"aa00" not in found


def test_two_copies_of_the_same_share_no_bytes_to_compare(path: Path) -> None:
    write(path)
    first = path.read_bytes()
    write(path)
    assert first[200:240] not in path.read_bytes()


def test_a_missing_copy_is_refused(path: Path) -> None:
    with pytest.raises(Unusable, match="there is no copy"):
        read(path)


def test_a_copy_that_is_too_old_is_refused(path: Path) -> None:
    write(path, saved_at=NOW - 100)
    assert read(path) == PAGES
    write(path, saved_at=NOW - 101)
    with pytest.raises(Unusable, match="101 s old, older than SNAPSHOT_MAX_AGE_S"):
        read(path)


def test_a_copy_under_another_key_is_refused_by_its_name(path: Path) -> None:
    header = new_header(version=9, saved_at=NOW, kek_id=OTHER_RING.current.id)
    write_copy(path, header=header, pages=PAGES, kek=OTHER_RING.current.key.reveal())
    with pytest.raises(Unusable, match=f"key {OTHER_RING.current.id} is needed"):
        read(path)
    with pytest.raises(Unusable, match="was changed"):
        read(path, kek=lambda _: KEK)


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_copy_with_any_byte_changed_or_missing_is_refused(
    path: Path, data: st.DataObject
) -> None:
    write(path)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = data.draw(
        st.sampled_from(
            [
                whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
                whole[:at],
                whole[:at] + whole[at + 1 :],
                whole + b"\0",
            ]
        )
    )
    path.write_bytes(changed)
    with pytest.raises(Unusable):
        read(path)


def test_a_write_that_fails_leaves_the_copy_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(path, [])
    monkeypatch.undo()
    assert read(path) == PAGES
    assert [one.name for one in path.parent.iterdir()] == ["node.bin"]
