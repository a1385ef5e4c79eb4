"""`switchyard prices build`, with wheels of a few lines (providers.md PV-42)."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import msgspec
import pytest

from gateway.ops import prices_build, prices_genai
from gateway.ops.command_table import COMMANDS
from gateway.ops.outcome import CommandFailed, Exit
from providers.price_file import Document, Offer, Terms

GENAI: Final = """
import datetime
from decimal import Decimal
from .types import *

providers: list[Provider] = [
    Provider(
        id='openai', name='OpenAI', api_pattern='https://api', models=[
            ModelInfo(
                id='gpt-1',
                match=ClauseOr(or_=[
                    ClauseEquals(equals='GPT-1'),
                    ClauseStartsWith(starts_with='gpt-1-'),
                    ClauseEndsWith(ends_with='/gpt-1'),
                    ClauseContains(contains='gpt.one'),
                    ClauseRegex(regex='^gpt-one-\\\\d{4}$'),
                    ClauseRegex(regex='^gpt-uno-'),
                    ClauseAnd(and_=[
                        ClauseStartsWith(starts_with='gpt-eins'),
                        ClauseRegex(regex='^(?!.*-tts)'),
                    ]),
                ]),
                prices=[
                    ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('8'))),
                    ConditionalPrice(
                        constraint=StartDateConstraint(start_date=datetime.date(2025, 1, 1)),
                        prices=ModelPrice(input_mtok=Decimal('6'), output_mtok=Decimal('7')),
                    ),
                    ConditionalPrice(
                        constraint=StartDateConstraint(start_date=datetime.date(2026, 7, 1)),
                        prices=ModelPrice(
                            input_mtok=TieredPrices(
                                base=Decimal('4'), tiers=[Tier(start=1000, price=Decimal('8.00'))]
                            ),
                            cache_write_mtok=Decimal('5'),
                            output_mtok=Decimal('20'),
                            web_searches_kcount=Decimal('10'),
                        ),
                    ),
                    ConditionalPrice(
                        constraint=TimeOfDateConstraint(
                            start_time=datetime.time(1, 0, tzinfo=datetime.UTC),
                            end_time=datetime.time(4, 30, tzinfo=datetime.UTC),
                        ),
                        prices=ModelPrice(input_mtok=Decimal('2')),
                    ),
                ],
                price_variants=[
                    PriceVariant(
                        when={'service_tier': 'flex'},
                        constraint=StartDateConstraint(start_date=datetime.date(2026, 8, 1)),
                        prices=ModelPrice(input_mtok=Decimal('1')),
                    ),
                    PriceVariant(
                        when={'service_tier': 'flex'},
                        prices=ModelPrice(input_mtok=Decimal('3'), output_mtok=Decimal('9')),
                    ),
                    PriceVariant(when={'route': 'x'}, prices=ModelPrice(input_mtok=Decimal('1'))),
                ],
            ),
            ModelInfo(id='sounds', match=ClauseEquals(equals='sounds'),
                      prices=ModelPrice(audio_hours=Decimal('1'))),
            ModelInfo(id='unknown', match=ClauseEquals(equals='unknown')),
        ],
    ),
    Provider(id='cursor', name='Nobody here', api_pattern='', models=[]),
]
"""
LITELLM: Final[dict[str, Any]] = {
    "sample_spec": {"litellm_provider": "one of many", "mode": "chat"},
    "gpt-1-mini": {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 5e-06,
        "output_cost_per_token": 2.001e-05,
        "deprecation_date": "2027-01-01",
    },
    "dashscope/qwen": {
        "litellm_provider": "dashscope",
        "mode": "chat",
        "tiered_pricing": [
            {"input_cost_per_token": 1e-06, "output_cost_per_token": 4e-06, "range": [0, 32000.0]},
            {"input_cost_per_token": 2e-06, "range": [32000.0, 64000.0]},
            {"input_cost_per_request": 1},
        ],
    },
    "dashscope/qwen-too": {
        "litellm_provider": "dashscope",
        "mode": "chat",
        "input_cost_per_token": 1e-06,
        "input_cost_per_token_above_32k_tokens": 2e-06,
        "input_cost_per_token_above_32k_tokens_flex": 1e-06,
        "input_cost_per_token_flex": 5e-07,
        "cache_creation_input_token_cost": 0,
        "input_cost_per_request": 0.01,
        "search_context_cost_per_query": {"search_context_size_medium": 0.035},
    },
    "azure/gpt-1": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 4e-06},
    "azure/eu/gpt-1": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 5e-06},
    "azure/hd/1024/gpt-1": {
        "litellm_provider": "azure",
        "mode": "chat",
        "input_cost_per_token": 5e-06,
    },
    "bedrock/eu-west-1/nova": {
        "litellm_provider": "bedrock",
        "mode": "chat",
        "input_cost_per_token": 1,
    },
    "dashscope/free": {"litellm_provider": "dashscope", "mode": "chat", "input_cost_per_token": 0},
    "dashscope/film": {
        "litellm_provider": "dashscope",
        "mode": "video_generation",
        "input_cost_per_token": 1e-06,
    },
}
OVERRIDES: Final = prices_build.Overrides(
    offers=(
        Offer(
            vendor="azure",
            source="overrides",
            models=("gpt-1",),
            terms=(Terms(rates={"in_fresh": "3"}),),
        ),
    ),
    surcharges=(
        prices_build.Surcharge(
            vendor="dashscope", regions=("intl",), times="1.5", models="qwen-too"
        ),
        prices_build.Surcharge(vendor="openai", regions=("eu",), times="2", models="gpt-1"),
    ),
)


def wheel(path: Path, *, name: str, version: str, files: dict[str, bytes]) -> Path:
    with ZipFile(path, "w") as made:
        about = f"{name}-{version}.dist-info"
        made.writestr(f"{about}/METADATA", f"Metadata-Version: 2.4\nVersion: {version}\n")
        made.writestr(f"{about}/licenses/LICENSE", f"MIT, of {name}\n")
        for place, content in files.items():
            made.writestr(place, content)
    return path


@pytest.fixture
def genai(tmp_path: Path) -> Path:
    files = {prices_genai.MODULE: GENAI.encode()}
    return wheel(tmp_path / "genai.whl", name="genai_prices", version="9.1", files=files)


@pytest.fixture
def litellm(tmp_path: Path) -> Path:
    files = {
        "litellm/model_prices_and_context_window_backup.json": msgspec.json.encode(LITELLM),
        "litellm/__init__.py": b"raise SystemExit('imported')",
    }
    return wheel(tmp_path / "litellm.whl", name="litellm", version="8.2", files=files)


@pytest.fixture
def built(genai: Path, litellm: Path) -> Iterator[tuple[Document, list[prices_build.Difference]]]:
    with ZipFile(genai) as first, ZipFile(litellm) as second:
        yield prices_build.build(first, second, overrides=OVERRIDES)


def offered(document: Document, vendor: str, model: str, region: str = "") -> Offer:
    (found,) = (
        offer
        for offer in document.offers
        if offer.vendor == vendor and offer.region == region and model in offer.models
    )
    return found


def test_dates_tiers_hours_and_variants_of_the_first_source_are_kept(
    built: tuple[Document, list[prices_build.Difference]],
) -> None:
    offer = offered(built[0], "openai", "gpt-1")
    assert offer.models == ("gpt-1", "gpt-1-mini")  # the second is known by the other source
    assert offer.prefixes == ("gpt-1-",)
    assert set(offer.patterns) == {r".*/gpt\-1", r".*gpt\.one.*", r"^gpt-one-\d{4}$"}
    before, now = offer.terms
    assert (before.since, before.till, before.rates["in_fresh"]) == (
        "2025-01-01",
        "2026-07-01",
        "6",
    )
    assert before.variants == {"flex": {"in_fresh": "3", "out_text": "9"}}
    assert (now.since, now.till) == ("2026-07-01", "")
    assert now.rates == {
        "in_fresh": "4",
        "in_cache_write_5m": "5",
        "in_cache_write_30m": "5",
        "in_cache_write_1h": "8",
        "in_cache_write_12h": "10",
        "out_text": "20",
    }
    assert now.per_call == {"web_search_calls": "0.01"}
    assert now.variants == {"flex": {"in_fresh": "1", "out_text": "9"}}
    (tier,) = now.tiers
    assert (tier.above_input_tokens, tier.rates["in_fresh"]) == (1000, "8")
    assert (tier.rates["out_text"], tier.variants["flex"]["out_text"]) == ("20", "9")
    (window,) = now.time_windows
    assert (window.since, window.till, window.rates) == ("01:00", "04:30", {"in_fresh": "2"})


def test_gaps_are_filled_from_the_second_source(
    built: tuple[Document, list[prices_build.Difference]],
) -> None:
    document, _ = built
    (terms,) = offered(document, "dashscope", "qwen").terms
    assert terms.rates == {"in_fresh": "1", "out_text": "4"}
    assert [(tier.above_input_tokens, tier.rates) for tier in terms.tiers] == [
        (32_000, {"in_fresh": "2"})
    ]
    (terms,) = offered(document, "dashscope", "qwen-too").terms
    assert terms.rates == {"in_fresh": "1"}
    assert terms.per_call == {"web_search_calls": "0.035", "requests": "0.01"}
    assert terms.variants == {"flex": {"in_fresh": "0.5"}}
    assert terms.tiers[0].variants == {"flex": {"in_fresh": "1"}}
    assert offered(document, "azure", "gpt-1", "eu").terms[0].rates == {"in_fresh": "5"}
    assert offered(document, "aws", "nova", "eu-west-1").source == "litellm"
    assert document.sources["litellm"] == "8.2 undated"
    names = {name for offer in document.offers for name in offer.models}
    assert not names & {"free", "film", "hd/1024/gpt-1", "sounds", "unknown"}


def test_overrides_win_and_surcharges_add(
    built: tuple[Document, list[prices_build.Difference]],
) -> None:
    document, _ = built
    assert offered(document, "azure", "gpt-1").terms[0].rates == {"in_fresh": "3"}
    (terms,) = offered(document, "dashscope", "qwen-too", "intl").terms
    assert terms.rates == {"in_fresh": "1.5"}
    assert terms.tiers[0].rates == {"in_fresh": "3"}
    assert terms.tiers[0].variants == {"flex": {"in_fresh": "1.5"}}
    assert terms.per_call["requests"] == "0.01"
    dated = offered(document, "openai", "gpt-1", "eu").terms
    assert [one.time_windows[0].rates["in_fresh"] for one in dated] == ["4", "4"]


def test_differences_above_half_a_percent_are_told(
    built: tuple[Document, list[prices_build.Difference]],
) -> None:
    document, differences = built
    assert differences == [prices_build.Difference("openai", "gpt-1-mini", "in_fresh", "4", "5")]
    assert document.retirements == {"openai": {"gpt-1-mini": "2027-01-01"}}


def test_the_same_wheels_make_the_same_files(
    genai: Path, litellm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "prices.json"
    monkeypatch.setattr(prices_build, "PRICES_FILE", file)
    (tmp_path / "prices_overrides.toml").write_text(
        '[[offers]]\nvendor = "mock"\nsource = "overrides"\nprefixes = ["mock-"]\n'
        'terms = [{ rates = { in_fresh = "1" } }]\n',
        encoding="utf-8",
    )
    asked = Namespace(genai=str(genai), crosscheck=str(litellm))
    made = []
    for _ in range(2):
        assert prices_build.run_build(asked, None) == Exit.OK  # type: ignore[arg-type]
        made.append({path.name: path.read_bytes() for path in tmp_path.glob("prices.*")})
    assert made[0] == made[1]
    document = msgspec.json.decode(made[0]["prices.json"], type=Document)
    assert document.version.startswith("9.1-8.2-")
    notices = made[0]["prices.LICENSES"].decode()
    assert "MIT, of genai_prices" in notices
    assert "MIT, of litellm" in notices
    told = made[0]["prices.diff.md"].decode()
    assert "| openai | `gpt-1-mini` | in_fresh | 4 | 5 | +25.0% |" in told


@pytest.mark.parametrize("content", [None, b"no zip", "empty"])
def test_what_is_no_wheel_is_refused(
    content: bytes | str | None, genai: Path, tmp_path: Path
) -> None:
    path = tmp_path / "other.whl"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "empty":
        wheel(path, name="litellm", version="1", files={})
    configuration: Any = None
    with pytest.raises(CommandFailed, match="no wheel to read") as failed:
        prices_build.run_build(Namespace(genai=str(genai), crosscheck=str(path)), configuration)
    assert failed.value.status is Exit.USAGE


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("providers: list[P] = [open('x')]", "is not data"),
        (
            "providers: list[P] = [P(id='x', models=[M(id='x', match=ClauseMoon(moon='full'))])]",
            "ClauseMoon is no clause",
        ),
    ],
)
def test_a_module_of_another_kind_is_refused(source: str, why: str, tmp_path: Path) -> None:
    files = {prices_genai.MODULE: source.encode()}
    path = wheel(tmp_path / "genai.whl", name="genai_prices", version="9", files=files)
    with ZipFile(path) as opened, pytest.raises(ValueError, match=why):
        prices_genai.read(opened)


def test_the_commands_about_prices_are_in_the_table() -> None:
    (prices,) = (command for command in COMMANDS if command.name == "prices")
    assert [child.name for child in prices.children] == ["load", "lookup", "build"]
