"""Whatever a history holds: a seal goes to who made it, on the account it is for (PR-33)."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.memory.seals import accounts_in, doubted, opened
from gateway.edge.memory.vault import Pin
from protocols import ir
from protocols.codec import Target
from protocols.ir import Dialect, Seal
from protocols.seals import wrap

VENDORS: Final = st.sampled_from(["anthropic", "openai", "gemini", "vertex", "acme"])
ACCOUNTS: Final = st.none() | st.sampled_from(["00ff", "ff00"])
TARGETS: Final = st.builds(Target, model=st.just("m"), vendor=VENDORS, account=ACCOUNTS)
PINS: Final = st.none() | st.builds(Pin, VENDORS, ACCOUNTS)
DIALECTS: Final = st.sampled_from(
    ["anthropic.messages", "openai.responses", "gemini.generate", "bedrock.converse"]
)
OWN: Final[dict[Dialect, str]] = {
    "anthropic.messages": "anthropic",
    "openai.responses": "openai",
    "gemini.generate": "gemini",
    "bedrock.converse": "anthropic",
}
# Each is told by its number, which its signature says.
MADE: Final = st.lists(st.none() | st.tuples(VENDORS, ACCOUNTS), min_size=1, max_size=6)


def history(dialect: Dialect, made: list[tuple[str, str | None] | None]) -> ir.Request:
    """Of each seal who made it; None: it does not say."""
    content = tuple(
        ir.Thinking(
            text="a",
            seal=Seal(
                origin=OWN[dialect],
                signature=f"s{number}"
                if by is None
                else wrap(Seal(origin=by[0], account=by[1], signature=f"s{number}")),
            ),
        )
        for number, by in enumerate(made)
    )
    return ir.Request(
        dialect=dialect, model="m", messages=(ir.Message(role="assistant", content=content),)
    )


def shown(request: ir.Request, target: Target) -> set[int]:
    """The numbers of those that the target's codec would write."""
    (message,) = request.messages
    seals = [block.seal for block in message.content if isinstance(block, ir.Thinking)]
    return {
        number
        for number, seal in enumerate(seals)
        if seal is not None and seal.origin == target.vendor
    }


@given(DIALECTS, MADE, TARGETS, PINS)
def test_nobody_is_shown_what_is_another_s(
    dialect: Dialect, made: list[tuple[str, str | None] | None], target: Target, pin: Pin | None
) -> None:
    owner = pin or Pin(OWN[dialect])
    mine = {
        number
        for number, by in enumerate(made)
        for vendor, account in [by or (owner.vendor, owner.account)]
        if vendor == target.vendor and account in {None, target.account}
    }
    assert shown(opened(history(dialect, made), target=target, pin=pin), target) == mine


@given(DIALECTS, MADE, TARGETS, PINS)
def test_who_has_refused_one_is_shown_fewer(
    dialect: Dialect, made: list[tuple[str, str | None] | None], target: Target, pin: Pin | None
) -> None:
    asked = history(dialect, made)
    before = shown(opened(asked, target=target, pin=pin), target)
    told, are_others_trusted = doubted(asked, target=target, pin=pin)
    after = shown(told, target)
    assert after < before or not before
    assert all(made[number] is not None for number in after)
    assert are_others_trusted == any(made[number] is None for number in before)


@given(DIALECTS, MADE, VENDORS)
def test_only_what_is_wrapped_names_an_account(
    dialect: Dialect, made: list[tuple[str, str | None] | None], vendor: str
) -> None:
    named = {by[1] for by in made if by is not None and by[0] == vendor and by[1]}
    assert accounts_in(history(dialect, made), vendor=vendor) == named
