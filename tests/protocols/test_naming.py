"""Names of tools and ids of their calls, as narrower dialects want them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from protocols.naming import Names, fitting_id, minted_id

BAD = re.compile(r"[^A-Za-z0-9_-]")
LETTER = re.compile(r"[A-Za-z_]")
IDS = re.compile(r"[A-Za-z0-9_-]{1,64}")


def test_a_name_that_is_allowed_stays() -> None:
    names = Names(BAD, longest=64)
    assert names.sent("get_weather") == "get_weather"
    assert names.asked() == {}


def test_a_bad_character_becomes_an_underscore_and_the_way_back_is_known() -> None:
    names = Names(BAD, longest=64)
    assert names.sent("get weather") == "get_weather"
    assert names.asked() == {"get_weather": "get weather"}


def test_a_name_of_nothing_is_an_underscore() -> None:
    assert Names(BAD, longest=64).sent("") == "_"


def test_a_bad_first_character_is_preceded_by_an_underscore() -> None:
    names = Names(BAD, longest=64, first=LETTER)
    assert names.sent("2nd") == "_2nd"
    assert names.sent("second") == "second"


def test_a_name_that_is_too_long_ends_in_a_digest() -> None:
    sent = Names(BAD, longest=64).sent("a" * 65)
    assert re.fullmatch(r"a{55}_[0-9a-f]{8}", sent)


def test_a_name_that_is_taken_ends_in_a_digest() -> None:
    names = Names(BAD, longest=64)
    assert names.sent("a_b") == "a_b"
    assert re.fullmatch(r"a_b_[0-9a-f]{8}", names.sent("a b"))


@given(st.lists(st.text(max_size=80)), st.integers(16, 128))
def test_names_fit_stay_apart_and_find_back(asked: list[str], longest: int) -> None:
    names = Names(BAD, longest=longest)
    sent = [names.sent(name) for name in asked]
    assert sent == [names.sent(name) for name in asked]
    assert len(set(sent)) == len(set(asked))
    back = names.asked()
    assert [back.get(name, name) for name in sent] == asked
    assert all(0 < len(name) <= longest and not BAD.search(name) for name in sent)


def test_an_id_that_is_allowed_stays_and_every_other_is_the_same_wherever_it_stands() -> None:
    assert fitting_id("call_1", allowed=IDS) == "call_1"
    made = fitting_id("call 1", allowed=IDS)
    assert made == fitting_id("call 1", allowed=IDS) != fitting_id("call 2", allowed=IDS)
    assert re.fullmatch(r"call_[0-9a-f]{24}", made)


def test_minted_ids_differ_with_their_place() -> None:
    assert minted_id("seed", 1, 2) != minted_id("seed", 12)
    assert minted_id("\ud800").startswith("call_")
