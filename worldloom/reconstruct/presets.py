"""All options of a reconstruction, the presets that fill them, and setting single ones by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from worldloom.reconstruct.align import AlignOptions
from worldloom.reconstruct.clean import CleanOptions
from worldloom.reconstruct.collect import CollectOptions
from worldloom.reconstruct.evaluate import EvaluateOptions
from worldloom.reconstruct.initialise import InitialiseOptions
from worldloom.reconstruct.pose import PoseOptions
from worldloom.reconstruct.records import Record
from worldloom.reconstruct.select import SelectOptions
from worldloom.reconstruct.train import TrainOptions
from worldloom.scene.errors import InvalidDataError

PresetName = Literal["draft", "standard", "high"]


class ViewOptions(Record):
    """The undistorted pictures that are trained on."""

    max_size: int = Field(default=800, ge=16, description="longest side, pixels")
    holdout_every: int | None = Field(
        default=8, ge=2, description="every n-th photo is kept to measure quality; none: train on all"
    )


class ReconstructOptions(Record):
    """Every knob, stage by stage."""

    collect: CollectOptions = CollectOptions()
    select: SelectOptions = SelectOptions()
    pose: PoseOptions = PoseOptions()
    align: AlignOptions = AlignOptions()
    views: ViewOptions = ViewOptions()
    initialise: InitialiseOptions = InitialiseOptions()
    train: TrainOptions = TrainOptions()
    clean: CleanOptions = CleanOptions()
    evaluate: EvaluateOptions = EvaluateOptions()


_PRESETS: dict[PresetName, dict[str, dict[str, Any]]] = {
    "draft": {
        "views": {"max_size": 480},
        "train": {"iterations": 1500, "cap": 80_000, "sh_degree": 1},
    },
    "standard": {
        "views": {"max_size": 800},
        "train": {"iterations": 7000, "cap": 250_000},
    },
    "high": {
        "views": {"max_size": 1600},
        "train": {"iterations": 30_000, "cap": 1_000_000},
    },
}


def preset(
    name: PresetName, settings: Sequence[str] = (), overrides: Mapping[str, Any] | None = None
) -> ReconstructOptions:
    """A preset with single fields changed.

    Args:
        settings: "stage.field=value" as typed by a user; value is JSON, or plain text.
        overrides: dotted names to values, applied before `settings`.

    Raises:
        InvalidDataError: a name or value is not understood; the message names it.
    """
    values: dict[str, Any] = json.loads(json.dumps(_PRESETS[name]))
    for dotted, value in (overrides or {}).items():
        _assign(values, dotted, value)
    for setting in settings:
        dotted, equals, text = setting.partition("=")
        if not equals:
            raise InvalidDataError(
                f"'--set {setting}' has no '='; write it as stage.field=value, e.g. train.iterations=5000."
            )
        _assign(values, dotted.strip(), _parse(text.strip()))
    try:
        return ReconstructOptions.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part not in ("mcmc", "densify"))
        raise InvalidDataError(
            f"Option '{where}' can't be {first.get('input')!r}: {first['msg']}. See `worldloom options` for all."
        ) from None


def _assign(values: dict[str, Any], dotted: str, value: Any) -> None:
    known = dict(describe(ReconstructOptions()))
    if dotted not in known and dotted not in {name.rsplit(".", 1)[0] for name in known}:
        raise InvalidDataError(f"There is no option '{dotted}'. See `worldloom options` for all options.")
    *parents, leaf = dotted.split(".")
    place = values
    for parent in parents:
        place = place.setdefault(parent, {})
    if leaf == "kind" and parents == ["train", "strategy"]:
        place.clear()
    place[leaf] = value


def _parse(text: str) -> Any:
    try:
        return TypeAdapter(Any).validate_json(text)
    except ValidationError:
        return {"none": None, "true": True, "false": False}.get(text.lower(), text)


def describe(options: Record) -> Iterator[tuple[str, tuple[Any, str]]]:
    """All fields by dotted name, with their values and descriptions."""
    for name, field in type(options).model_fields.items():
        value = getattr(options, name)
        if isinstance(value, Record):
            for dotted, described in describe(value):
                yield f"{name}.{dotted}", described
        elif hasattr(value, "__dataclass_fields__"):
            for inner in value.__dataclass_fields__:
                yield f"{name}.{inner}", (getattr(value, inner), field.description or "")
        else:
            yield name, (value, field.description or "")
