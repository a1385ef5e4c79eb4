"""Sums as answers show them.

Law: what nobody knew a price for is never shown as free: a sum of nothing but unpriced requests is
null, and how many there were stands beside every sum.
"""

from typing import Any

from accounts.access import Access
from billing.api.spans import Asked
from billing.forecast import Forecast
from billing.measures import percentile_ms
from billing.money import usd
from billing.selectors.costs import Period, Spender, Spenders, Summary
from billing.selectors.progress import Progress
from billing.selectors.usage import Sums


def framed(
    answer: dict[str, Any], *, asked: Asked, access: Access, progress: Progress
) -> dict[str, Any]:
    return {
        "currency": access.the_tenant().currency,
        "tz": asked.tz,
        "from": asked.span.start,
        "to": asked.span.end,
        "generated_at": asked.now,
        "delivered_to": progress.delivered_to,
        "complete_to": progress.complete_to,
        **answer,
    }


def cost_of(sums: Sums) -> str | None:
    nothing_priced = 0 < sums["final_requests"] == sums["unpriced"] and not sums["charge_nano"]
    return None if nothing_priced else usd(sums["charge_nano"])


def vendor_cost(sums: Sums, access: Access) -> dict[str, str]:
    """What vendors take for it, which is the platform's business."""
    return {"vendor_cost": usd(sums["cost_nano"])} if access.holds("platform.prices") else {}


def usage(sums: Sums) -> dict[str, Any]:
    return {
        "requests": sums["final_requests"],
        "errors": sums["errors"],
        "unpriced_requests": sums["unpriced"],
        "input_tokens": sums["tokens_in"],
        "cached_tokens": sums["tokens_cached"],
        "cache_write_tokens": sums["tokens_written"],
        "output_tokens": sums["tokens_out"],
        "reasoning_tokens": sums["tokens_reasoning"],
        "cost_usd": cost_of(sums),
    }


def usage_of_groups(summary: Summary) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "by_day": [{"day": day, **usage(sums)} for day, sums in summary.days],
        "by_model": [{"model": row.id, **usage(row.sums)} for row in summary.models.rows],
        "by_key": [
            {"key_id": row.id, "name": row.label, **usage(row.sums)} for row in summary.keys.rows
        ],
    }
    for name, found in (("by_model", summary.models), ("by_key", summary.keys)):
        rest = found.other
        shown[f"{name}_other"] = None if rest is None else usage(rest.sums)
    return shown


def percentiles(counts: list[int]) -> dict[str, int | None]:
    return {f"p{percent}": percentile_ms(counts, percent=percent) for percent in (50, 95, 99)}


def day_cost(sums: Sums, access: Access) -> dict[str, Any]:
    return {
        "cost": cost_of(sums),
        "requests": sums["final_requests"],
        "errors": sums["errors"],
        "saved": usd(sums["notional_nano"]),
        "unpriced": sums["unpriced"],
        "tokens": {
            "in": sums["tokens_in"],
            "cached": sums["tokens_cached"],
            "cache_write": sums["tokens_written"],
            "out": sums["tokens_out"],
            "reasoning": sums["tokens_reasoning"],
        },
        **vendor_cost(sums, access),
    }


def _group_totals(sums: Sums, access: Access) -> dict[str, Any]:
    return {
        "cost": cost_of(sums),
        "requests": sums["final_requests"],
        "tokens": _tokens(sums),
        "unpriced": sums["unpriced"],
        **vendor_cost(sums, access),
    }


def _group_cost(row: Spender, *, total: Sums, access: Access) -> dict[str, Any]:
    return {
        **_group_totals(row.sums, access),
        "share": _ratio(row.sums["charge_nano"], total["charge_nano"]),
        "avg_cost": average(row.sums),
        "sparkline": [usd(nano) for nano in row.line],
    }


def groups(found: Spenders, access: Access) -> dict[str, Any]:
    rest, total = found.other, found.total
    return {
        "data": [
            {"id": row.id, "label": row.label, **_group_cost(row, total=total, access=access)}
            for row in found.rows
        ],
        "other": None if rest is None else _group_cost(rest, total=total, access=access),
        "total": _group_totals(total, access),
    }


def period(found: Period, access: Access) -> dict[str, Any]:
    now, before = found.sums["charge_nano"], found.previous["charge_nano"]
    change = _ratio(now - before, before)
    return {
        "cost": cost_of(found.sums),
        "requests": found.sums["final_requests"],
        "tokens": _tokens(found.sums),
        "previous": cost_of(found.previous),
        "change_pct": None if change is None else round(100 * change, 1),
        **vendor_cost(found.sums, access),
    }


def forecast(found: Forecast | None) -> dict[str, str] | None:
    if found is None:
        return None
    return {
        "amount": usd(found.amount_nano),
        "low": usd(found.low_nano),
        "high": usd(found.high_nano),
    }


def unpriced(sums: Sums) -> dict[str, Any]:
    return {
        "requests": sums["unpriced"],
        "share": _ratio(sums["unpriced"], sums["final_requests"]),
    }


def _tokens(sums: Sums) -> int:
    return sums["tokens_in"] + sums["tokens_out"]


def average(sums: Sums) -> str | None:
    priced = sums["final_requests"] - sums["unpriced"]
    return usd(_half_even(sums["charge_nano"], priced)) if priced > 0 else None


def _half_even(amount: int, parts: int) -> int:
    whole, rest = divmod(amount, parts)
    return whole + (2 * rest > parts or (2 * rest == parts and whole % 2 == 1))


def _ratio(part: int, whole: int) -> float | None:
    """Of shares, which are no money."""
    return round(part / whole, 6) if whole > 0 else None
