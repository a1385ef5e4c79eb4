"""Every class of usage stands wherever usage stands: a new one must not be lost on the way."""

from billing.models import CostRecord
from billing.record import Record
from gateway.spool.frames import Tokens
from providers.usage import CLASSES, UsageClasses


def test_every_class_travels_from_the_vendor_to_the_books() -> None:
    told_of = {"source", "flags", "raw"}
    assert set(UsageClasses.__struct_fields__) - told_of == set(CLASSES)
    # In the spool the place counts, too.
    assert Tokens.__struct_fields__[: len(CLASSES)] == CLASSES
    assert set(CLASSES) <= set(Record.__struct_fields__)
    assert set(CLASSES) <= {field.name for field in CostRecord._meta.get_fields()}  # noqa: SLF001 - Django's documented meta API
