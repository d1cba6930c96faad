"""What the stand-in server edits, and the few operations that it knows, done simply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.edit import masks
from worldloom.edit.change.colour import MatchColours, Recolour
from worldloom.edit.change.colouring import ColourChange, changed_sh, sliders
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform

Item = dict[str, Any]
Mask = NDArray[np.bool_]
Selection = Mapping[str, Mask]


@dataclass(frozen=True, eq=False)
class MockPart:
    """A layer while it is edited; `facts` is what the scene says of it."""

    facts: Item
    gaussians: Gaussians
    dead: Mask
    hidden: Mask
    locked: Mask

    @property
    def open(self) -> Mask:
        return ~(self.dead | self.hidden | self.locked) & (self.facts["visible"] and not self.facts["locked"])

    @property
    def nothing(self) -> Mask:
        return np.zeros(len(self.gaussians), dtype=bool)

    @property
    def places(self) -> NDArray[np.float64]:
        """Centres (N, 3) in the world's frame, metres."""
        return self.gaussians.means.double().numpy() * self.facts["scale"] + np.array(self.facts["translation"])


@dataclass(frozen=True)
class MockState:
    parts: Mapping[str, MockPart]
    selections: Mapping[str, Selection]
    frame: Transform = Transform()
    """What has moved the whole world."""


def packed(rows: Mask) -> Item | None:
    return {"rows": len(rows), "bits": masks.pack(rows)} if rows.any() else None


def packed_rows(rows: Selection) -> Item:
    return {key: packed(mask) for key, mask in rows.items() if mask.any()}


def counted(rows: Selection) -> int:
    return sum(int(mask.sum()) for mask in rows.values())


FRAME = ("translation", "rotation", "scale")
LEVELLING = Transform((0.4, -0.7, 1.1), (0.97, 0.15, 0.1, -0.12))
"""What comes of levelling, whatever there is."""

JOIN: dict[str, Callable[[Mask, Mask], Mask]] = {
    "set": lambda _, new: new,
    "add": lambda old, new: old | new,
    "remove": lambda old, new: old & ~new,
    "intersect": lambda old, new: old & new,
}


def found(state: MockState, where: Item, person: str) -> dict[str, Mask]:
    match where["by"]:
        case "everything":
            return {key: part.open for key, part in state.parts.items()}
        case "rows":
            return {
                key: masks.unpack(mask["bits"], mask["rows"]) & state.parts[key].open
                for key, mask in where["parts"].items()
            }
        case "layer":
            return {key: state.parts[key].open for key in where["names"]}
        case "sphere" | "flood" | "colour" | "object":
            center = np.array(where.get("center", where.get("at")))
            radius = where.get("radius", 0.4)
            return {
                key: (np.linalg.norm(part.places - center, axis=1) <= radius) & part.open
                for key, part in state.parts.items()
            }
        case "selected":
            return dict(state.selections.get(person, {}))
        case _:
            return {key: part.open & (part.places[:, 1] > 1) for key, part in state.parts.items()}


def apply(state: MockState, operation: Item, person: str, key: str) -> tuple[MockState, int]:
    """The state after an operation and how many Gaussians it was about; ValueError where it can't be done."""
    chosen = {key: rows for key, rows in state.selections.get(person, {}).items() if key in state.parts}
    own = {key: rows & state.parts[key].open for key, rows in chosen.items()}
    nothing = {key: part.nothing for key, part in state.parts.items()}

    def selecting(rows: dict[str, Mask]) -> tuple[MockState, int]:
        kept = {name: mask for name, mask in rows.items() if mask.any()}
        return replace(state, selections={**state.selections, person: kept}), counted(kept)

    def changing(change: Callable[[MockPart, Mask], MockPart]) -> tuple[MockState, int]:
        if not any(mask.any() for mask in own.values()):
            raise ValueError("Nothing is selected. Select something first, or say where.")
        parts = {name: change(part, own[name]) if name in own else part for name, part in state.parts.items()}
        return replace(state, parts=parts), counted(own)

    match operation["op"]:
        case "select":
            rows = found(state, operation["where"], person)
            old, new = nothing | own, nothing | rows
            return selecting({name: JOIN[operation["mode"]](old[name], new[name]) for name in nothing})
        case "select_none":
            return selecting({})
        case "invert_selection":
            return selecting({name: part.open & ~(nothing | own)[name] for name, part in state.parts.items()})
        case "delete":
            return changing(lambda part, rows: replace(part, dead=part.dead | rows))
        case "hide":
            return changing(lambda part, rows: replace(part, hidden=part.hidden | rows))
        case "lock":
            return changing(lambda part, rows: replace(part, locked=part.locked | rows))
        case "show_all":
            parts = {name: replace(part, hidden=part.nothing) for name, part in state.parts.items()}
            return replace(state, parts=parts), 0
        case "transform":
            return changing(lambda part, rows: moved(part, rows, operation))
        case "recolour":
            change = sliders(Recolour.model_validate(operation))
            return changing(lambda part, rows: recoloured(part, rows, change))
        case "match_colours":
            MatchColours.model_validate(operation)
            return changing(lambda part, rows: recoloured(part, rows, lambda colour: 1 - colour))
        case "duplicate":
            name, rows = next(iter(own.items()))
            part = state.parts[name]
            gaussians = part.gaussians[torch.from_numpy(rows)]
            none = np.zeros(len(gaussians), bool)
            copy = MockPart(part.facts | {"name": f"{part.facts['name']} copy"}, gaussians, none, none, none)
            return replace(state, parts={**state.parts, key: copy}), len(gaussians)
        case "reorient":
            return whole_moved(state, LEVELLING), 0
        case "set_scale":
            apart = np.linalg.norm(np.subtract(operation["end"], operation["start"]))
            return whole_moved(state, Transform(scale=float(operation["metres"] / apart))), 0
        case "update_layer":
            change = {name: value for name, value in operation.items() if name in ("visible", "locked", "name")}
            wanted = operation["layer"]
            parts = {
                name: replace(part, facts=part.facts | change) if part.facts["name"] == wanted else part
                for name, part in state.parts.items()
            }
            return replace(state, parts=parts), 0
        case other:
            raise ValueError(f"There is no operation '{other}' here.")


def whole_moved(state: MockState, by: Transform) -> MockState:
    parts = {
        name: replace(part, facts=part.facts | similarity(by @ Transform(*(part.facts[one] for one in FRAME))))
        for name, part in state.parts.items()
    }
    return replace(state, parts=parts, frame=by @ state.frame)


def similarity(frame: Transform) -> Item:
    return {name: getattr(frame, name) for name in FRAME}


def moved(part: MockPart, rows: Mask, operation: Item) -> MockPart:
    scale = operation["scale"]
    turn = Transform((0.0, 0.0, 0.0), tuple(operation["rotation"]), scale)
    pivot, shift = (torch.tensor(operation[name], dtype=torch.float32) for name in ("pivot", "translation"))
    frame = torch.tensor(part.facts["translation"], dtype=torch.float32)
    chosen = torch.from_numpy(rows)
    means, scales = part.gaussians.means.clone(), part.gaussians.log_scales.clone()
    world = means[chosen] * part.facts["scale"] + frame
    means[chosen] = (turn.apply_to_points(world - pivot) + pivot + shift - frame) / part.facts["scale"]
    scales[chosen] += float(np.log(scale))
    return replace(part, gaussians=replace(part.gaussians, means=means, log_scales=scales))


def recoloured(part: MockPart, rows: Mask, change: ColourChange) -> MockPart:
    chosen = torch.from_numpy(rows)
    sh = part.gaussians.sh.clone()
    sh[chosen] = changed_sh(sh[chosen], change)
    return replace(part, gaussians=replace(part.gaussians, sh=sh))
