"""The grammar of a stream of events, as `protocols.ir` states it."""

from collections.abc import Iterable

from protocols import ir
from protocols.ir import Event


def check(events: Iterable[Event]) -> None:
    """AssertionError for a stream that no encoder has to understand."""
    told = list(events)
    assert told, "a stream says something"
    assert isinstance(told[-1], ir.Finished | ir.Failed), "it ends"
    assert isinstance(told[0], ir.Started | ir.Failed), "it begins"
    begun: set[int] = set()
    ended: set[int] = set()
    for event in told[1:-1]:
        assert not isinstance(event, ir.Started | ir.Finished | ir.Failed), "once each"
        if isinstance(event, ir.UsageUpdated | ir.AlternativeEnded | ir.Foreign):
            continue
        if isinstance(event, ir.BlockStarted):
            assert event.index == len(begun), "indexes are contiguous from 0"
            begun.add(event.index)
        assert event.index in begun - ended, "only of a block that is open"
        if isinstance(event, ir.BlockEnded):
            ended.add(event.index)
    assert begun == ended or isinstance(told[-1], ir.Failed), "every block ends"
