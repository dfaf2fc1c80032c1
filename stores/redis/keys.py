"""Key names, from `sql/redis/keys.toml`. Nothing else may build a key.

key("price_current", asset_id=asset_id)     # 'price:current:0189…'
ttl_s("price_current")                      # 60
ttl_s("cache", requested_s=30)              # 30, where the family leaves it to the caller
ttl_s("price_history", period="24h")        # 300, where it depends on a placeholder
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_STRUCTURES: Final = frozenset(
    {"string", "counter", "hash", "list", "sorted_set", "set", "stream", "channel"}
)
_UNSAFE: Final = re.compile(r"[\s\x00-\x1f\x7f{}*?\[\]]")


class KeyRegistryError(ValueError):
    """A family or a placeholder is wrong; the message says which and what would be right."""


@dataclass(frozen=True, slots=True)
class KeyFamily:
    """Keys of one shape.

    Attributes:
        name: how code calls the family.
        template: the key with `{placeholders}`.
        placeholders: their names, in order.
        structure: kind of value.
        ttl_s: seconds to live, 0 without limit; the longest, where one of the next two is set.
        caller_decides: each write says how long it lives.
        ttl_by: placeholder that decides, with the seconds for each of its values.
        values: allowed values of a placeholder, where they are few.
        fields: of a hash or stream: encoding by field.
        max_length: of a stream: entries kept, about; 0 for everything else.
        scripts: Lua scripts that must do the writing.
        owner: domain that decides about the family.
        description: what it holds and what bounds it.
    """

    name: str
    template: str
    placeholders: tuple[str, ...]
    structure: str
    ttl_s: int
    caller_decides: bool
    ttl_by: Mapping[str, Mapping[str, int]]
    values: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, str]
    max_length: int
    scripts: tuple[str, ...]
    owner: str
    description: str

    def key(self, **placeholders: object) -> str:
        """The key with its placeholders filled in."""
        if placeholders.keys() != set(self.placeholders):
            wanted = ", ".join(self.placeholders) or "no placeholders"
            got = ", ".join(placeholders) or "none"
            raise KeyRegistryError(f"key family {self.name!r} takes {wanted}; got {got}")
        texts = {name: self._checked(name, str(value)) for name, value in placeholders.items()}
        return self.template.format_map(texts)

    def seconds(self, requested_s: int | None, placeholders: Mapping[str, object]) -> int:
        """Seconds to live; 0 means without limit."""
        if self.caller_decides:
            return self._requested(requested_s)
        if requested_s is not None:
            raise KeyRegistryError(f"key family {self.name!r} has its own time to live")
        for placeholder, times in self.ttl_by.items():
            value = str(placeholders.get(placeholder))
            if value not in times:
                raise KeyRegistryError(
                    f"time to live of {self.name!r} needs {placeholder}: {', '.join(times)}"
                )
            return times[value]
        return self.ttl_s

    def _requested(self, requested_s: int | None) -> int:
        if requested_s is None or requested_s <= 0:
            raise KeyRegistryError(f"key family {self.name!r} needs requested_s, above 0")
        if self.ttl_s and requested_s > self.ttl_s:
            raise KeyRegistryError(
                f"key family {self.name!r} lives at most {self.ttl_s} s, not {requested_s}"
            )
        return requested_s

    def _checked(self, name: str, value: str) -> str:
        if not value or len(value) > 256 or _UNSAFE.search(value):
            raise KeyRegistryError(f"{name}={value!r} cannot be part of key {self.template!r}")
        allowed = self.values.get(name)
        if allowed is not None and value not in allowed:
            raise KeyRegistryError(f"{name} of {self.name!r} is one of {', '.join(allowed)}")
        return value


def parse_registry(text: str) -> Mapping[str, KeyFamily]:
    """Read key families from TOML.

    Raises:
        KeyRegistryError: a family lacks something, contradicts itself or shares a template.
    """
    families: dict[str, KeyFamily] = {}
    owners: dict[str, str] = {}
    for name, table in tomllib.loads(text).items():
        families[name] = _family(name, table)
        shape = re.sub(r"\{\w+\}", "{}", families[name].template)
        if other := owners.get(shape):
            raise KeyRegistryError(f"key families {other!r} and {name!r} write the same keys")
        owners[shape] = name
    return MappingProxyType(families)


def _family(name: str, table: Mapping[str, Any]) -> KeyFamily:
    for needed in ("template", "structure", "ttl_s", "owner", "description"):
        if needed not in table:
            raise KeyRegistryError(f"key family {name!r} lacks {needed}")
    template = table["template"]
    placeholders = tuple(field for _, field, _, _ in Formatter().parse(template) if field)
    if table["structure"] not in _STRUCTURES:
        raise KeyRegistryError(f"key family {name!r} has unknown structure {table['structure']!r}")
    values = {key: tuple(allowed) for key, allowed in table.get("values", {}).items()}
    if unknown := sorted(set(values) - set(placeholders)):
        raise KeyRegistryError(f"key family {name!r} limits {unknown[0]!r}, no placeholder of it")
    return KeyFamily(
        name=name,
        template=template,
        placeholders=placeholders,
        structure=table["structure"],
        ttl_s=_seconds(name, table["ttl_s"]),
        caller_decides=table.get("ttl") == "caller",
        ttl_by=MappingProxyType(table.get("ttl_by", {})),
        values=MappingProxyType(values),
        fields=MappingProxyType(dict(table.get("fields", {}))),
        max_length=table.get("max_length", 0),
        scripts=tuple(table.get("scripts", ())),
        owner=table["owner"],
        description=table["description"],
    )


def _seconds(name: str, value: object) -> int:
    if isinstance(value, int) and value >= 0:
        return value
    raise KeyRegistryError(f"ttl_s of key family {name!r} must be seconds, not {value!r}")


@cache
def families() -> Mapping[str, KeyFamily]:
    """Every family of the packaged registry, by name; read once."""
    file = resources.files("sql") / "redis" / "keys.toml"
    return parse_registry(file.read_text(encoding="utf-8"))


def family(name: str) -> KeyFamily:
    """One family.

    Raises:
        KeyRegistryError: there is none of that name.
    """
    try:
        return families()[name]
    except KeyError:
        raise KeyRegistryError(f"unknown key family {name!r}; see sql/redis/keys.toml") from None


def key(name: str, /, **placeholders: object) -> str:
    """A key of the family called `name`."""
    return family(name).key(**placeholders)


def ttl_s(name: str, /, *, requested_s: int | None = None, **placeholders: object) -> int:
    """Seconds a key of the family lives; 0 means without limit."""
    return family(name).seconds(requested_s, placeholders)
