"""Lists of Django admin over tables too long to count: newest first, one page after the other.

Law: a page is found by the last row of the one before it; nothing is counted or skipped over.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.admin import ReadOnly, ServiceAdmin
from billing.selectors.days import midnight

BEFORE: Final = "before"  # moment~key of the last row of the page before
SEPARATOR: Final = "~"
DAYS_OFFERED: Final = 14


class KeysetChangeList(ChangeList):
    """Of a NewestFirst admin."""

    model_admin: "NewestFirst"
    before: str = ""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        # The place belongs to these filters; a link to others begins at the newest.
        for given in (self.params, self.filter_params):
            given.pop(BEFORE, None)
        return super().get_filters_params(params)

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows = super().get_queryset(request, exclude_parameters)
        self.before = request.GET.get(BEFORE, "")
        moment, key = self.model_admin.moment, self.before.partition(SEPARATOR)[2]
        last = _moment(self.before)
        if last is None:
            return rows
        # The first condition for the index, the second for rows of the same moment.
        return rows.filter(
            Q(**{f"{moment}__lte": last}), Q(**{f"{moment}__lt": last}) | Q(key__lt=key)
        )

    def get_ordering(self, _request: HttpRequest, _queryset: QuerySet[Any]) -> list[Any]:
        return [f"-{self.model_admin.moment}", "-key"]

    def get_results(self, _request: HttpRequest) -> None:
        rows = list(self.queryset[: self.list_per_page + 1])
        shown, more = rows[: self.list_per_page], rows[self.list_per_page :]
        # What templates read; nothing was counted.
        self.__dict__ |= {
            "result_list": shown,
            "result_count": len(shown),
            "full_result_count": None,
            "show_full_result_count": False,
            "show_admin_actions": False,
            "can_show_all": False,
            "multi_page": False,
            "first_page": self.get_query_string() if self.before else None,
            "next_page": self.get_query_string({BEFORE: self._place(shown[-1])}) if more else None,
        }

    def _place(self, row: Any) -> str:
        return f"{getattr(row, self.model_admin.moment).isoformat()}{SEPARATOR}{row.key}"


class NewestFirst(ReadOnly, ServiceAdmin):
    moment: ClassVar[str]  # the column of time
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        del request, kwargs
        return KeysetChangeList


class DayFilter(admin.SimpleListFilter):
    """A day of UTC; any is taken, the last two weeks are offered."""

    title = "day"
    parameter_name = "day"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        today = datetime.now(tz=UTC).date()
        days = [(today - timedelta(days=back)).isoformat() for back in range(DAYS_OFFERED)]
        return [(day, day) for day in days]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        try:
            day = date.fromisoformat(self.value() or "")
            start, end = midnight(day), midnight(day, after=1)
        except (ValueError, OverflowError):  # the last day of all has no end
            return rows
        moment = "started_at" if hasattr(rows.model, "started_at") else "at"
        return rows.filter(**{f"{moment}__gte": start, f"{moment}__lt": end})


def _moment(place: str) -> datetime | None:
    try:
        told = datetime.fromisoformat(place.partition(SEPARATOR)[0])
    except ValueError:
        return None
    return told if told.tzinfo is not None else None
