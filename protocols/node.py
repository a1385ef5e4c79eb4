from typing import Any, dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _NodeMeta(msgspec.StructMeta):
    # msgspec does not inherit kw_only, type checkers do not inherit frozen: say both here
    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **config: Any
    ) -> "_NodeMeta":
        for key in ("frozen", "kw_only", "omit_defaults"):
            config.setdefault(key, True)
        return super().__new__(mcls, name, bases, namespace, **config)


class Node(msgspec.Struct, metaclass=_NodeMeta): ...
