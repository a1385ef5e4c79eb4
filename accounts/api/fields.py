"""Serializer fields that take exactly what the API reference says, and bodies that take no more."""

import re
from collections.abc import Mapping
from typing import Any, Final

from rest_framework import serializers

# Python would also take 1_000, 1e3, +5 and digits of other scripts.
PLAIN_DECIMAL: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)


class Text(serializers.CharField):
    """Numbers and booleans are no text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """`"5"`, 5.0 and true are no whole numbers."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Choice(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return str(super().to_internal_value(data))


class Money(serializers.DecimalField):
    """A plain decimal string with up to nine places; a JSON number would lose digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=20, decimal_places=9, min_value=0, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or PLAIN_DECIMAL.fullmatch(data) is None:
            self.fail("invalid")
        return super().to_internal_value(data)


class RowId(serializers.UUIDField):
    """The id of a row as text; Django REST framework would read 7 and true as ids as well."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class Words(serializers.ListField):
    """A list of texts."""

    def __init__(self, *, length: int, most: int, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=length), max_length=most, **kwargs)


class Pairs(serializers.DictField):
    """Texts by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=Text(allow_blank=True), **kwargs)


# A docstring would become the description of every body in the API reference.
class Strict(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                known = ", ".join(
                    name for name, field in self.fields.items() if not field.read_only
                )
                raise serializers.ValidationError(
                    {
                        name: [
                            serializers.ErrorDetail(
                                f"unknown field; known: {known}", code="unknown_field"
                            )
                        ]
                        for name in unknown
                    }
                )
        return super().to_internal_value(data)
