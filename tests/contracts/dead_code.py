"""Code nothing uses: `python -m tests.contracts.dead_code`, vulture without its false alarms.

Laws: only the product counts, so what tests alone use is dead; a name written in a string without
blanks is used (settings, tables of commands and routes name things so); what a framework calls by
name stands in HOOKS with that framework.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from vulture import Vulture
from vulture.core import Item

from tests.contracts.tree import PACKAGES, ROOT, files

LEAST_CONFIDENCE: Final = 60
NAMING: Final = re.compile(r"[\w.:/*\[\]-]+")
# Columns and fields are declared for a framework to read; Django reads every setting; the canonical
# form of requests and answers holds what any dialect may say.
DECLARATIONS: Final = (
    "/protocols/ir.py",
    *("/models/", "/models.py", "/serializers", "/settings.py", "/migrations/"),
    *("/admin.py", "/admin_app.py", "/admin_site.py"),
)
HOOKS: Final[Mapping[str, frozenset[str]]] = {
    "Django": frozenset(
        {
            "app_configs",
            "app_name",
            "dumps",
            "get_by_natural_key",
            "get_queryset",
            "get_traceback_frame_variables",
            "handler400",
            "handler404",
            "handler500",
            "has_module_perms",
            "has_perm",
            "is_staff",
            "loads",
            "process_view",
            "urlpatterns",
        }
    ),
    "Django admin": frozenset(
        {
            "get_changelist",
            "get_ordering",
            "get_paginator",
            "get_readonly_fields",
            "get_results",
            "has_add_permission",
            "has_change_permission",
            "has_delete_permission",
            "lookups",
            "parameter_name",
            "password_change",
            "save_model",
            "sortable_by",
        }
    ),
    "Django REST framework": frozenset(
        {
            "accepted_media_type",
            "accepted_renderer",
            "allow_request",
            "authenticate_header",
            "authentication_classes",
            "charset",
            "format_kwarg",
            "format_suffix",
            "get_object",
            "has_permission",
            "http_method_names",
            "parser_context",
            "renderer_context",
            "select_parser",
            "select_renderer",
            "throttle_classes",
            "validate",
        }
    ),
    "drf-spectacular": frozenset(
        {
            "AnyKeyScheme",
            "ManagementKeyScheme",
            "SessionScheme",
            "StrictBodies",
            "_is_list_view",
            "_resolve_path_parameters",
            "get_description",
            "get_operation_id",
            "get_override_parameters",
            "get_security_definition",
            "get_tags",
            "map_serializer",
            "match_subclasses",
            "target_class",
        }
    ),
    "allauth": frozenset(
        {"_parse_json", "get_client_ip", "is_open_for_signup", "is_reauthentication_required"}
    ),
    "Channels": frozenset({"bytes_data", "live_changed", "permission_changed"}),
    "WhiteNoise": frozenset({"immutable_file_test"}),
    "asyncio": frozenset({"connection_lost", "data_received"}),
    "the interface the requirements ask of providers": frozenset({"stream_chat_completion"}),
}
CALLED: Final = frozenset().union(*HOOKS.values())
# Decorators that register what they stand on.
REGISTERING: Final = ("@register", "@admin.register", "@shared_task", "@*.connect", "@receiver")


def product() -> Iterator[Path]:
    for folder in (*PACKAGES, "deploy"):
        yield from files(".py", below=folder)
    yield ROOT / "manage.py"


def named_in_strings(paths: list[Path]) -> set[str]:
    return {
        word
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and NAMING.fullmatch(node.value)
        for word in re.findall(r"\w+", node.value)
    }


def is_declared(item: Item) -> bool:
    path = f"/{Path(item.filename).relative_to(ROOT).as_posix()}"
    if item.typ == "class" and path.endswith(("apps.py", "_app.py")):
        return True
    is_row_getter = item.typ == "method" and item.name.startswith("get_")
    return (item.typ == "variable" or is_row_getter) and any(part in path for part in DECLARATIONS)


def dead() -> list[Item]:
    paths = list(product())
    found = Vulture(ignore_decorators=list(REGISTERING))
    found.scavenge(paths)
    used = named_in_strings(paths) | CALLED
    return [
        item
        for item in found.get_unused_code(min_confidence=LEAST_CONFIDENCE)
        if item.name not in used and not is_declared(item)
    ]


def main() -> int:
    items = dead()
    for item in items:
        sys.stdout.write(f"{item.get_report()}\n")
    return 1 if items else 0


if __name__ == "__main__":
    raise SystemExit(main())
