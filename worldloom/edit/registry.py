"""All operations there are, and reading them from JSON."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from worldloom.edit.change import become, colour, decimate, delete, fill, floaters, opacity, relight, transients
from worldloom.edit.operation import Operation
from worldloom.edit.select import operations as select
from worldloom.scene.errors import InvalidDataError

_CLASSES: tuple[type[Operation], ...] = (
    *select.OPERATIONS,
    *delete.OPERATIONS,
    *colour.OPERATIONS,
    *opacity.OPERATIONS,
    *decimate.OPERATIONS,
    *fill.OPERATIONS,
    *floaters.OPERATIONS,
    *relight.OPERATIONS,
    *transients.OPERATIONS,
    *become.OPERATIONS,
)

OPERATIONS: dict[str, type[Operation]] = {kind.model_fields["op"].default: kind for kind in _CLASSES}
"""By what their field `op` says."""

AnyOperation = Annotated[functools.reduce(operator.or_, _CLASSES), Field(discriminator="op")]
"""For records and schemas that hold operations."""

_ADAPTER: TypeAdapter[Operation] = TypeAdapter(AnyOperation)  # pyright: ignore[reportArgumentType]


def parse(data: Mapping[str, Any] | bytes | str) -> Operation:
    """The operation in JSON, or in what JSON was read to.

    Raises:
        InvalidDataError: there is no such operation, or a field of it is wrong.
    """
    try:
        if isinstance(data, (bytes, str)):
            return _ADAPTER.validate_json(data)
        return _ADAPTER.validate_python(dict(data))
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"].startswith("union_tag"):
            raise InvalidDataError(f"There is no such operation; there are {', '.join(OPERATIONS)}.") from None
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidDataError(f"The operation can't be used: '{where}': {first['msg']}.") from None
