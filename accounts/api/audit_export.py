"""The audit log as a download, read page by page so that its size never matters.

Law: the tenant is bound inside the generator, once per page: the response outlives the view's
transaction.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from accounts.audit import canonical_row
from accounts.models import AuditEntry
from accounts.tenancy import tenant_scope

PAGE_ROWS: Final = 1000
COLUMNS: Final = (
    "seq",
    "at",
    "actor_type",
    "actor_id",
    "actor_label",
    "ip",
    "user_agent",
    "action",
    "object_type",
    "object_id",
    "object_label",
    "before",
    "after",
    "reason",
    "request_id",
    "prev_hash",
    "hash",
)
# Spreadsheets run cells that start like this; an apostrophe makes them text.
FORMULA: Final = re.compile(r"[=+\-@\t\r]")
NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How rows become text: `head`, rows with `separator` between them, `tail`."""

    content_type: str
    head: str
    separator: str
    tail: str
    write: Callable[[AuditEntry], str]


class Export:
    """The text in chunks of a page each."""

    def __init__(
        self, *, tenant_id: UUID, rows: Callable[[], QuerySet[AuditEntry]], form: Format
    ) -> None:
        self._tenant_id = tenant_id
        self._rows = rows
        self._form = form

    def chunks(self) -> Iterator[str]:
        yield self._form.head
        text, last_seq = self._page(after=0)
        while text:
            yield text
            text, last_seq = self._page(after=last_seq)
        yield self._form.tail

    async def chunks_async(self) -> AsyncIterator[str]:
        yield self._form.head
        read = sync_to_async(self._page)
        text, last_seq = await read(after=0)
        while text:
            yield text
            text, last_seq = await read(after=last_seq)
        yield self._form.tail

    def _page(self, *, after: int) -> tuple[str, int]:
        with tenant_scope(tenant_id=self._tenant_id):
            page = list(self._rows().filter(seq__gt=after).order_by("seq")[:PAGE_ROWS])
        if not page:
            return "", after
        text = self._form.separator.join(self._form.write(entry) for entry in page)
        return (self._form.separator if after else "") + text, page[-1].seq


def csv_form() -> Format:
    return Format(
        content_type="text/csv; charset=utf-8",
        head=f"{','.join(COLUMNS)}\r\n",
        separator="",
        tail="",
        write=_csv_line,
    )


def json_form(head: Mapping[str, Any]) -> Format:
    told = msgspec.json.encode(head).decode()
    return Format(
        content_type="application/json",
        head=f'{{"head":{told},"data":[',
        separator=",\n",
        tail="]}",
        write=lambda entry: msgspec.json.encode(export_row(entry)).decode(),
    )


def _csv_line(entry: AuditEntry) -> str:
    text = io.StringIO()
    row = export_row(entry)
    csv.writer(text).writerow([cell(row[name]) for name in COLUMNS])
    return text.getvalue()


def export_row(entry: AuditEntry) -> dict[str, Any]:
    return {
        **canonical_row(entry),
        "prev_hash": bytes(entry.prev_hash).hex(),
        "hash": bytes(entry.hash).hex(),
    }


def cell(value: Any) -> str:
    """The value as text that no spreadsheet runs; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, dict):
        value = msgspec.json.encode(value).decode()
    text = str(value)
    if FORMULA.match(text) and NUMBER.fullmatch(text) is None:
        return f"'{text}"
    return text
