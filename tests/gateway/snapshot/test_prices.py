"""Pages of prices become one book, bound a page at a time."""

from gateway.snapshot.snapshot import Snapshot
from protocols.codec import Target
from providers.specs import PricePageSpec, PriceSpec, ProviderSpec, TargetSpec
from tests.gateway.snapshot.compiled import apply, new_assembly, row, tenant_row

OPENAI = ProviderSpec(id="p", slug="p", name="p", kind="openai", price_vendor="openai")
MODEL = TargetSpec(
    id="m", upstream_name="m", public_name="m", target=Target(model="m", vendor="openai")
)


def page(page_id: str, price_id: str, *, scope: str = "catalog") -> PricePageSpec:
    price = PriceSpec(
        id=price_id,
        version="1",
        scope=scope,  # type: ignore[arg-type]
        model="m",
        vendor="openai" if scope == "catalog" else "",
        rates={"in_fresh": "1"},
    )
    return PricePageSpec(id=page_id, prices=(price,))


def price_of(snapshot: Snapshot) -> str | None:
    found = snapshot.prices.cost(provider=OPENAI, target=MODEL, at=1.0)
    return None if found is None else found.price.id


def test_a_page_that_changes_makes_another_book_and_leaves_the_one_before() -> None:
    assembly = new_assembly()
    first = apply(assembly, row("price_page", "catalog:openai", 1, page("catalog:openai", "a")))
    second = apply(
        assembly, row("price_page", "operator", 2, page("operator", "b", scope="operator"))
    )
    third = apply(assembly, row("price_page", "operator", 3, None))

    assert [price_of(one) for one in (first, second, third)] == ["a", "b", "a"]
    assert apply(assembly, tenant_row("t1", 4)).prices is third.prices


def test_a_long_page_is_bound_a_row_at_a_time() -> None:
    assembly = new_assembly()
    (price,) = page("catalog:openai", "a").prices
    long = PricePageSpec(id="catalog:openai", prices=(price,) * 100)
    for _ in assembly.take([row("price_page", long.id, 1, long)]):
        pass

    assert len(list(assembly.settle())) >= len(long.prices)
