"""Types of the JSON that the REST interface exchanges."""

from typing import Any, TypeAlias

# JSON as it arrives: checked where it is read, by the conversion that needs it.
Json: TypeAlias = Any
Object: TypeAlias = dict[str, Any]
PointId: TypeAlias = int | str
