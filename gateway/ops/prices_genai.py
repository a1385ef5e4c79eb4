"""What the wheel of genai-prices says. Its module of prices is read as data: nothing of it runs.

A price list there is a list of models with clauses that say which names each of them goes by, and
prices that may depend on the day, the time of day, the size of the request and how it is served.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final
from zipfile import ZipFile

from msgspec import Struct

from gateway.ops.price_classes import Rates, completed, plain
from providers.price_file import Offer, Terms
from providers.specs import Tier, TimeWindow

SOURCE: Final = "genai-prices"
MODULE: Final = "genai_prices/data.py"
# No request is older than the gateway: what ended before is nobody's price.
HISTORY_FROM: Final = "2026-01-01"
# Price key -> the classes it is the rate of.
CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "input_mtok": ("in_fresh",),
    "cache_read_mtok": ("in_cache_read",),
    "cache_write_mtok": ("in_cache_write_5m", "in_cache_write_30m"),
    "cache_write_1h_mtok": ("in_cache_write_1h",),
    "input_audio_mtok": ("in_audio",),
    "input_image_mtok": ("in_image",),
    "input_video_mtok": ("in_video",),
    "output_mtok": ("out_text",),
    "output_reasoning_mtok": ("out_reasoning",),
    "output_audio_mtok": ("out_audio",),
    "output_image_mtok": ("out_image",),
}
PER_THOUSAND: Final[Mapping[str, str]] = {
    "web_searches_kcount": "web_search_calls",
    "requests_kcount": "requests",
}
# What a caller asks for -> how we call it.
VARIANTS: Final[Mapping[tuple[str, str], str]] = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("speed", "fast"): "fast",
}


class Node(Struct, frozen=True):
    """A call in the source: what is made, of what."""

    name: str
    said: dict[str, Any]


class Model(Struct, frozen=True):
    id: str
    is_called: Callable[[str], bool]
    names: frozenset[str]
    prefixes: frozenset[str]
    patterns: frozenset[str]
    terms: tuple[Terms, ...]


def read(wheel: ZipFile) -> dict[str, tuple[Model, ...]]:
    """Vendor -> its models, in the order in which their clauses are asked."""
    tree = ast.parse(wheel.read(MODULE))
    found = next(node.value for node in tree.body if isinstance(node, ast.AnnAssign) and node.value)
    vendors: list[Node] = _value(found)
    return {
        vendor.said["id"]: tuple(_model(model) for model in vendor.said["models"])
        for vendor in vendors
    }


def offers(vendor: str, models: tuple[Model, ...], *, heard_of: frozenset[str]) -> Iterator[Offer]:
    """`heard_of`: names from elsewhere; each goes to the first model that answers to it."""
    names: dict[str, set[str]] = {model.id: set() for model in models}
    said = frozenset[str]().union(*(model.names for model in models))
    for name in sorted(said | heard_of):
        called = called_by(models, name)
        if called is not None:
            names[called.id].add(name)
    for model in models:
        if model.terms and (names[model.id] or model.prefixes or model.patterns):
            yield Offer(
                vendor=vendor,
                source=SOURCE,
                terms=model.terms,
                models=tuple(sorted(names[model.id])),
                prefixes=tuple(sorted(model.prefixes)),
                patterns=tuple(sorted(model.patterns)),
            )


def called_by(models: tuple[Model, ...], name: str) -> Model | None:
    return next((model for model in models if model.is_called(name)), None)


# --- reading source as data -----------------------------------------------------------------------


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_value(element) for element in elements]
        case ast.Dict(keys=keys, values=values):
            return {
                _value(key): _value(value)
                for key, value in zip(keys, values, strict=True)
                if key is not None
            }
        case ast.Call(func=ast.Name(id="Decimal"), args=[ast.Constant(value=str(text))]):
            return Decimal(text)
        case ast.Call(func=ast.Attribute(attr="date"), args=parts):
            return date(*map(_value, parts))
        case ast.Call(func=ast.Attribute(attr="time"), args=parts):
            return time(*map(_value, parts))  # in UTC, all of them
        case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords):
            return Node(name, {word.arg or "": _value(word.value) for word in keywords})
    raise ValueError(f"line {node.lineno} is not data as expected: {ast.unparse(node)[:80]}")


# --- names ----------------------------------------------------------------------------------------


def _model(node: Node) -> Model:
    clause = node.said["match"]
    leaves = list(_leaves(clause))
    return Model(
        id=node.said["id"],
        is_called=_test(clause),
        names=frozenset(
            {
                *(leaf.said["equals"].lower() for leaf in leaves if "equals" in leaf.said),
                node.said["id"].lower(),
            }
        ),
        prefixes=frozenset(
            leaf.said["starts_with"].lower() for leaf in leaves if "starts_with" in leaf.said
        ),
        patterns=frozenset(filter(None, map(_pattern, leaves))),
        terms=tuple(_terms(node)),
    )


def _leaves(clause: Node) -> Iterator[Node]:
    """Alternatives only: what must hold together is asked of names, and makes no pattern."""
    match clause.name:
        case "ClauseOr":
            for inner in clause.said["or_"]:
                yield from _leaves(inner)
        case "ClauseAnd":
            return
        case _:
            yield clause


def _pattern(leaf: Node) -> str:
    if "contains" in leaf.said:
        return f".*{re.escape(leaf.said['contains'].lower())}.*"
    if "ends_with" in leaf.said:
        return f".*{re.escape(leaf.said['ends_with'].lower())}"
    regex: str = leaf.said.get("regex", "")
    return regex if regex.startswith("^") and regex.endswith("$") else ""


def _test(clause: Node) -> Callable[[str], bool]:
    said = clause.said
    match clause.name:
        case "ClauseOr":
            any_of = [_test(inner) for inner in said["or_"]]
            return lambda name: any(test(name) for test in any_of)
        case "ClauseAnd":
            all_of = [_test(inner) for inner in said["and_"]]
            return lambda name: all(test(name) for test in all_of)
        case "ClauseEquals":
            return lambda name: name == said["equals"].lower()
        case "ClauseStartsWith":
            return lambda name: name.startswith(said["starts_with"].lower())
        case "ClauseEndsWith":
            return lambda name: name.endswith(said["ends_with"].lower())
        case "ClauseContains":
            return lambda name: said["contains"].lower() in name
        case "ClauseRegex":
            return lambda name: re.search(said["regex"], name) is not None
    raise ValueError(f"{clause.name} is no clause known here")


# --- prices ---------------------------------------------------------------------------------------


def _terms(model: Node) -> Iterator[Terms]:
    prices: Node | list[Node] = model.said.get("prices", [])
    conditional = (
        [Node("ConditionalPrice", {"prices": prices})] if isinstance(prices, Node) else prices
    )
    days = sorted({start for entry in conditional if (start := _start(entry)) is not None})
    for since, till in pairwise(("", *days, "")):
        if not till or till > HISTORY_FROM:
            terms = _between(conditional, model.said.get("price_variants") or [], since, till)
            if terms is not None:
                yield terms


def _start(entry: Node) -> str | None:
    constraint = entry.said.get("constraint")
    if constraint is None or constraint.name != "StartDateConstraint":
        return None
    day: date = constraint.said["start_date"]
    return day.isoformat()


def _between(entries: list[Node], variants: list[Node], since: str, till: str) -> Terms | None:
    """The last entry that holds wins; hours of the day go over it."""
    windows: list[TimeWindow] = []
    base = entries[0] if entries else None
    for entry in reversed(entries):
        constraint = entry.said.get("constraint")
        if constraint is not None and constraint.name == "TimeOfDateConstraint":
            windows.append(_window(constraint, entry.said["prices"]))
        elif (_start(entry) or "") <= since:
            base = entry
            break
    if base is None:
        return None
    prices: dict[str, Any] = base.said["prices"].said
    rates = _rates(prices)
    if not rates and not _per_call(prices):
        return None
    chosen = _variants(variants, till)
    return Terms(
        since=since,
        till=till,
        rates=rates,
        per_call=_per_call(prices),
        tiers=_tiers(prices, chosen),
        variants={name: _rates(said) for name, said in chosen.items()},
        time_windows=tuple(windows),
    )


def _variants(variants: list[Node], till: str) -> dict[str, dict[str, Any]]:
    """Days on which somebody looked are no days on which a price began."""
    chosen: dict[str, dict[str, Any]] = {}
    for variant in variants:
        name = VARIANTS.get(next(iter(variant.said["when"].items())))
        if name is None or len(variant.said["when"]) > 1:
            continue
        if not till or (_start(variant) or "") < till:
            # The first that says something of a class decides.
            chosen[name] = variant.said["prices"].said | chosen.get(name, {})
    return chosen


def _window(constraint: Node, prices: Node) -> TimeWindow:
    return TimeWindow(
        since=f"{constraint.said['start_time']:%H:%M}",
        till=f"{constraint.said['end_time']:%H:%M}",
        tz="UTC",
        rates=_rates(prices.said),
    )


def _rates(prices: Mapping[str, Any], *, above: int = 0) -> Rates:
    """Of a request with more than so many input tokens."""
    rates: Rates = {}
    for key, classes in CLASSES.items():
        price = prices.get(key)
        if price is not None:
            rates |= dict.fromkeys(classes, plain(_at(price, above)))
    return completed(rates)


def _at(price: Decimal | Node, above: int) -> Decimal:
    if isinstance(price, Decimal):
        return price
    found: Decimal = price.said["base"]
    for tier in sorted(price.said["tiers"], key=lambda tier: int(tier.said["start"])):
        if tier.said["start"] <= above:
            found = tier.said["price"]
    return found


def _tiers(
    prices: Mapping[str, Any], variants: Mapping[str, Mapping[str, Any]]
) -> tuple[Tier, ...]:
    starts = sorted(
        {
            tier.said["start"]
            for said in (prices, *variants.values())
            for price in said.values()
            if isinstance(price, Node)
            for tier in price.said["tiers"]
        }
    )
    return tuple(
        Tier(
            above_input_tokens=start,
            rates=_rates(prices, above=start),
            variants={name: _rates(said, above=start) for name, said in variants.items()},
        )
        for start in starts
    )


def _per_call(prices: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: plain(prices[key] / 1000)
        for key, name in PER_THOUSAND.items()
        if isinstance(prices.get(key), Decimal)
    }
