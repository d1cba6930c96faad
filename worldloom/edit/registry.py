"""All operations there are, and reading them from JSON."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from worldloom.edit.author.record import OPERATIONS as RECORD
from worldloom.edit.author.things import OPERATIONS as THINGS
from worldloom.edit.change.become import OPERATIONS as BECOME
from worldloom.edit.change.colour import OPERATIONS as COLOUR
from worldloom.edit.change.crop import OPERATIONS as CROP
from worldloom.edit.change.decimate import OPERATIONS as DECIMATE
from worldloom.edit.change.delete import OPERATIONS as DELETE
from worldloom.edit.change.duplicate import OPERATIONS as DUPLICATE
from worldloom.edit.change.fill import OPERATIONS as FILL
from worldloom.edit.change.floaters import OPERATIONS as FLOATERS
from worldloom.edit.change.layers import OPERATIONS as LAYERS
from worldloom.edit.change.level import OPERATIONS as LEVEL
from worldloom.edit.change.opacity import OPERATIONS as OPACITY
from worldloom.edit.change.relight import OPERATIONS as RELIGHT
from worldloom.edit.change.transform import OPERATIONS as TRANSFORM
from worldloom.edit.change.transients import OPERATIONS as TRANSIENTS
from worldloom.edit.compose.align import OPERATIONS as ALIGN
from worldloom.edit.compose.insert import OPERATIONS as INSERT
from worldloom.edit.compose.light import OPERATIONS as LIGHT
from worldloom.edit.compose.scatter import OPERATIONS as SCATTER
from worldloom.edit.operation import Operation
from worldloom.edit.select.operations import OPERATIONS as SELECTING
from worldloom.scene.errors import InvalidDataError

_CLASSES: tuple[type[Operation], ...] = (
    *SELECTING,
    *BECOME,
    *COLOUR,
    *CROP,
    *DECIMATE,
    *DELETE,
    *DUPLICATE,
    *FILL,
    *FLOATERS,
    *LAYERS,
    *LEVEL,
    *OPACITY,
    *RELIGHT,
    *TRANSFORM,
    *TRANSIENTS,
    *ALIGN,
    *INSERT,
    *LIGHT,
    *SCATTER,
    *RECORD,
    *THINGS,
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
