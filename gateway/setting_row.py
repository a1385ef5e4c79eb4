"""What a row of the table of settings says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    name: str
    kind: str
    default: str
    group: str
    text: str
    secret: bool = False


def setting(
    name: str, kind: str, default: str, group: str, text: str, *, secret: bool = False
) -> Setting:
    return Setting(name=name, kind=kind, default=default, group=group, text=text, secret=secret)
