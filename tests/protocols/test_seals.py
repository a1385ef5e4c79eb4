import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ir import Seal
from protocols.seals import unwrap, wrap

SEAL = Seal(origin="gemini", signature="sig==", account="00ff00ff00ff00ff")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
SEALS = st.builds(
    Seal,
    origin=TEXTS,
    signature=TEXTS,
    account=st.none() | st.binary(min_size=8, max_size=8).map(bytes.hex),
)


@given(SEALS)
def test_what_was_wrapped_comes_out_as_it_went_in(seal: Seal) -> None:
    wrapped = wrap(seal)
    assert wrapped.startswith("c3kx")
    assert unwrap(wrapped) == seal
    url_safe = wrapped.replace("+", "-").replace("/", "_")
    assert unwrap(url_safe) == unwrap(url_safe.rstrip("=")) == seal


def test_the_form_is_the_one_that_is_documented() -> None:
    data = base64.b64decode(wrap(SEAL))
    assert data[:11] == b"sy1\x01\x06gemini"
    assert data[11:20] == b"\x08" + bytes.fromhex("00ff00ff00ff00ff")
    assert data[24:] == b"sig=="


def test_a_seal_without_a_signature_is_still_somebodys() -> None:
    assert unwrap(wrap(Seal(origin="openai"))) == Seal(origin="openai", signature="")


def test_what_is_not_ours_is_left_alone() -> None:
    assert unwrap("EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk") is None
    assert unwrap("") is None


@given(st.integers(0, len(wrap(SEAL)) - 1), st.sampled_from("A!b€-="))
def test_a_seal_that_was_changed_is_nobodys(at: int, character: str) -> None:
    wrapped = wrap(SEAL)
    changed = wrapped[:at] + character + wrapped[at + 1 :]
    assert unwrap(changed) == (SEAL if changed == wrapped else None)


@pytest.mark.parametrize("length", range(len(wrap(SEAL)) - 1))
def test_a_seal_that_was_cut_is_nobodys(length: int) -> None:
    assert unwrap(wrap(SEAL)[:length].rstrip("=")) is None


def test_another_version_is_not_read() -> None:
    data = bytearray(base64.b64decode(wrap(SEAL)))
    data[3] = 2
    assert unwrap(base64.b64encode(data).decode()) is None
