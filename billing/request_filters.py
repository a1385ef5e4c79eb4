"""What requests can be filtered by, once for lists, histogram, export and the live view.

Laws: a row of FILTERS says the same twice, as a condition of SQL and of facts in memory, and a test
holds the two against each other; values of one name are alternatives, names are all asked for,
`not.` before a name turns it round; what may be seen at all is such a condition too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db.models import Q

from accounts.access import Access
from accounts.errors import FieldProblem, Invalid
from accounts.ids import parse_id
from billing.money import nano_of
from billing.request_facts import RUNNING, Facts, parse_request_id

NEGATION: Final = "not."
MAX_VALUES: Final = 50
MAX_CHARS: Final = 200
BIGGEST: Final = 2**63 - 1
FINAL_STATUSES: Final = (
    "ok", "client_error", "upstream_error", "blocked", "limited", "canceled", "interrupted",
)  # fmt: skip
ERRORS: Final = ("client_error", "upstream_error", "interrupted")
STATUSES: Final = (RUNNING, *FINAL_STATUSES, "error")
LANES: Final = ("native", "translation", "none")
CACHE_STATES: Final = ("none", "exact", "semantic")
YES_NO: Final = {"true": True, "false": False}

READ_ALL: Final = "requests.read_all"
READ_TEAM: Final = "requests.read_team"
READ_OWN: Final = "requests.read_own"
NEEDS: Final = (READ_ALL, READ_TEAM, READ_OWN)

Values: TypeAlias = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    read: Callable[[str], Any]  # raises ValueError with what was expected
    where: Callable[[Values], Q]
    fits: Callable[[Facts, Values], bool]
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    filter: Filter
    values: tuple[Any, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Whose requests somebody may see: everybody's, or those of teams and of a person."""

    is_wide: bool
    team_ids: frozenset[str] = frozenset()
    user_id: str | None = None

    @classmethod
    def of(cls, access: Access) -> "Sight":
        if access.holds(READ_ALL):
            return cls(is_wide=True)
        teams = access.led_teams if access.holds(READ_TEAM) else frozenset()
        own = access.user_id if access.holds(READ_OWN, READ_TEAM) else None
        return cls(
            is_wide=False,
            team_ids=frozenset(map(str, teams)),
            user_id=None if own is None else str(own),
        )

    def where(self) -> Q:
        if self.is_wide:
            return Q()
        seen = Q(team_id__in=sorted(self.team_ids))
        return seen | Q(user_id=self.user_id) if self.user_id else seen

    def fits(self, facts: Facts) -> bool:
        if self.is_wide or facts.team_id in self.team_ids:
            return True
        return self.user_id is not None and facts.user_id == self.user_id


def where(conditions: Iterable[Condition]) -> Q:
    """On rows with the aliases `tokens` and `compared_nano`, the charge of the whole exchange."""
    all_of = Q()
    for condition in conditions:
        one = condition.filter.where(condition.values)
        all_of &= ~one if condition.is_negated else one
    return all_of


def fits(conditions: Iterable[Condition], facts: Facts) -> bool:
    return all(
        condition.filter.fits(facts, condition.values) != condition.is_negated
        for condition in conditions
    )


def conditions_of(asked: Mapping[str, Sequence[str]]) -> tuple[Condition, ...]:
    """Raises Invalid, naming every bad one."""
    found: list[Condition] = []
    problems: list[FieldProblem] = []
    for name, texts in asked.items():
        row = FILTERS.get(name.removeprefix(NEGATION))
        if row is None:
            known = ", ".join(FILTERS)
            told = f"unknown filter; known, each also with {NEGATION} before it: {known}"
            problems.append(FieldProblem(field=name, code="unknown_parameter", message=told))
            continue
        try:
            values = tuple(_read(row, texts))
        except ValueError as error:
            told = f"expected {error}"
            problems.append(FieldProblem(field=name, code="invalid", message=told))
            continue
        negated = name.startswith(NEGATION)
        found.append(Condition(filter=row, values=values, is_negated=negated))
    if problems:
        raise Invalid(problems)
    return tuple(found)


def _read(row: Filter, texts: Sequence[str]) -> Iterator[Any]:
    if not 1 <= len(texts) <= MAX_VALUES:
        raise ValueError(f"1 to {MAX_VALUES} values")
    for text in texts:
        if not 1 <= len(text) <= MAX_CHARS or "\0" in text:
            raise ValueError(f"1 to {MAX_CHARS} characters")
        yield row.read(text)


# --- the rows -------------------------------------------------------------------------------------


def _equals(column: str, *, choices: tuple[str, ...] = (), told: str = "") -> Filter:
    return Filter(
        read=_one_of(choices) if choices else str,
        where=lambda values: Q(**{f"{column}__in": values}),
        fits=lambda facts, values: getattr(facts, column) in values,
        choices=choices,
        help=told,
    )


def _named(column: str, told: str) -> Filter:
    """By name or by id."""
    by_id = f"{column}_id"

    def where(values: Values) -> Q:
        ids = [value for value in values if parse_id(value) is not None]
        return Q(**{f"{column}__in": values}) | Q(**{f"{by_id}__in": ids})

    return Filter(
        read=str,
        where=where,
        fits=lambda facts, values: (
            getattr(facts, column) in values
            or getattr(facts, by_id) in [value.lower() for value in values]
        ),
        help=told,
    )


def _is(name: str, column_is_true: Q, told: str) -> Filter:
    def where(values: Values) -> Q:
        return (column_is_true if True in values else Q(pk__in=[])) | (
            ~column_is_true if False in values else Q(pk__in=[])
        )

    return Filter(
        read=lambda text: YES_NO[_one_of(tuple(YES_NO))(text)],
        where=where,
        fits=lambda facts, values: getattr(facts, name) in values,
        choices=tuple(YES_NO),
        help=told,
    )


def _at_least(name: str, column: Any, read: Callable[[str], int], told: str) -> Filter:
    return Filter(
        read=read,
        where=lambda values: Q(**{f"{column}__gte": min(values)}),
        fits=lambda facts, values: getattr(facts, name) >= min(values),
        help=told,
    )


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(" or ".join(choices))
        return text

    return read


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(BIGGEST)):
        raise ValueError("a whole number")
    return min(int(text), BIGGEST)


def _amount(text: str) -> int:
    try:
        nano = nano_of(text)
    except ValueError:
        raise ValueError("an amount in USD with at most nine places, as 0.5") from None
    if nano < 0:
        raise ValueError("an amount that is not below zero")
    return min(nano, BIGGEST)


def _user(text: str) -> str:
    found = parse_id(text)
    if found is None:
        raise ValueError("the id of a user")
    return str(found)


def _statuses(values: Values) -> set[str]:
    found = set(values)
    return (found - {"error"}) | (set(ERRORS) if "error" in found else set())


def _mentioned(text: str) -> Q:
    request_id = parse_request_id(text)
    if request_id is not None:
        return Q(request_id=request_id)
    return (
        Q(requested_model__icontains=text)
        | Q(served_model__icontains=text)
        | Q(error_code__icontains=text)
    )


def _mentions(facts: Facts, text: str) -> bool:
    request_id = parse_request_id(text)
    if request_id is not None:
        return UUID(facts.request_id) == request_id
    wanted = text.upper()
    return any(
        wanted in column.upper()
        for column in (facts.requested_model, facts.served_model, facts.error_code)
    )


def _any_mentioned(values: Values) -> Q:
    found = Q()
    for value in values:
        found |= _mentioned(value)
    return found


FILTERS: Final[Mapping[str, Filter]] = {
    "q": Filter(
        read=str,
        where=_any_mentioned,
        fits=lambda facts, values: any(_mentions(facts, value) for value in values),
        help="The id of a request, or a part of a model's name or of an error's code.",
    ),
    "status": Filter(
        read=_one_of(STATUSES),
        where=lambda values: Q(status__in=sorted(_statuses(values))),
        fits=lambda facts, values: facts.status in _statuses(values),
        choices=STATUSES,
        help="`error` stands for client_error, upstream_error and interrupted.",
    ),
    "error_code": _equals("error_code"),
    "requested_model": _equals("requested_model"),
    "served_model": _equals("served_model"),
    "provider": _named("provider", "Slug or id."),
    "credential": _named("credential", "Name or id."),
    "key": _equals("key_id", told="Id, as key_0123456789ab."),
    "user": Filter(
        read=_user,
        where=lambda values: Q(user_id__in=values),
        fits=lambda facts, values: facts.user_id in values,
        help="Id.",
    ),
    "session": _equals("session_hash"),
    "source": _equals("source"),
    "dialect": _equals("dialect"),
    "target_dialect": _equals("target_dialect", told="In which it went on."),
    "lane": _equals("lane", choices=LANES),
    "stream": _is("stream", Q(stream=True), "Whether a stream was asked for."),
    "cache": _equals("cache_state", choices=CACHE_STATES),
    "fallback": _is("fallback", Q(attempts__gt=1), "Whether it took more than the first try."),
    "degraded": Filter(
        read=str,
        where=lambda values: Q(degraded__overlap=values),
        fits=lambda facts, values: not set(values).isdisjoint(facts.degraded),
        help="What was lost on the way to the vendor.",
    ),
    "cost_gte": _at_least("charge_nano", "compared_nano", _amount, "USD, as 0.5."),
    "latency_ms_gte": _at_least("latency_ms", "latency_ms", _count, "Milliseconds."),
    "tokens_gte": _at_least("tokens", "tokens", _count, "Of input and output together."),
}
