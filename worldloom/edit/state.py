"""`EditState`: a world while it is edited. Immutable; states share every tensor that did not change between them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform
from worldloom.scene.world import Layer, World

Rows = Mapping[str, Tensor]
"""A set of Gaussians: part's key -> (N,) bool over all its rows. Parts without a row in it need not be there."""


@dataclass(frozen=True, eq=False)
class Part:
    """A layer while it is edited. Its rows are never taken out or put in another order, so that row numbers mean the
    same from the part's beginning to its end: what is deleted is only marked."""

    key: str
    """Names the part for as long as it exists, whatever its layer is called."""
    layer: Layer
    """With all rows, also those deleted."""
    dead: Tensor
    """(N,) bool: deleted."""
    hidden: Tensor
    """(N,) bool: not shown and not selected, but still there."""
    locked: Tensor
    """(N,) bool: shown, but neither selected nor changed."""

    @staticmethod
    def of(key: str, layer: Layer) -> Part:
        """A layer of which nothing is deleted, hidden or locked."""
        none = torch.zeros(len(layer.gaussians), dtype=torch.bool)
        return Part(key, layer, none, none, none)

    def __len__(self) -> int:
        return len(self.layer.gaussians)

    @property
    def gaussians(self) -> Gaussians:
        """All rows, in the layer's own frame."""
        return self.layer.gaussians

    @property
    def open(self) -> Tensor:
        """(N,) bool: rows that can be selected and changed."""
        return torch.zeros_like(self.dead) if self.layer.locked else self.shown & ~self.locked

    @property
    def shown(self) -> Tensor:
        """(N,) bool: rows that are drawn."""
        return ~(self.dead | self.hidden) if self.layer.visible else torch.zeros_like(self.dead)

    @property
    def world_means(self) -> Tensor:
        """(N, 3) centres in the world's frame, metres."""
        return self.layer.transform.apply_to_points(self.gaussians.means)

    def with_gaussians(self, gaussians: Gaussians) -> Part:
        """The same rows with other values.

        Raises:
            InvalidDataError: they are more or fewer; make another part of them.
        """
        if len(gaussians) != len(self):
            raise InvalidDataError(f"Layer '{self.layer.name}' has {len(self)} rows, its new values {len(gaussians)}.")
        return replace(self, layer=replace(self.layer, gaussians=gaussians))

    def baked(self) -> Layer:
        """The layer without what was deleted."""
        if not bool(self.dead.any()):
            return self.layer
        alive = ~self.dead
        surface = self.layer.surface
        return replace(
            self.layer, gaussians=self.layer.gaussians[alive], surface=None if surface is None else surface[alive]
        )


@dataclass(frozen=True, eq=False)
class EditState:
    """Everything that operations change."""

    world: World
    """What is not layers: name, environment, spawn, paths, ...; it has no layers itself."""
    parts: tuple[Part, ...]
    selections: Mapping[str, Rows] = field(default_factory=dict)
    """By person: everyone has one of their own."""
    frame: Transform = Transform()
    """From the frame that the world had when editing began to the one that it has now. No version holds it: it is for
    those who look on, whose cameras go along."""

    def __post_init__(self) -> None:
        names = [part.layer.name for part in self.parts]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InvalidDataError(f"There is a layer '{twice}' already; choose another name.")

    @staticmethod
    def of(world: World, origin: str) -> EditState:
        """A world of which nothing is edited yet.

        Args:
            origin: begins the keys of its parts; the same world by the same origin has the same keys.
        """
        parts = tuple(Part.of(f"{origin}.{number}", layer) for number, layer in enumerate(world.layers))
        return EditState(replace(world, layers=()), parts)

    def baked(self) -> World:
        """The world as it is saved: deleted rows are gone, hidden and locked ones are there."""
        return replace(self.world, layers=tuple(part.baked() for part in self.parts))

    def part(self, name: str) -> Part:
        """The part with that key, or whose layer has that name.

        Raises:
            InvalidDataError: there is none.
        """
        for part in self.parts:
            if name in (part.key, part.layer.name):
                return part
        known = ", ".join(f"'{part.layer.name}'" for part in self.parts) or "none"
        raise InvalidDataError(f"There is no layer '{name}'; the layers are {known}.")

    def with_parts(self, changed: Iterable[Part]) -> EditState:
        """With parts put in the place of those of the same key, new ones behind all others."""
        by_key = {part.key: part for part in changed}
        kept = [by_key.pop(part.key, part) for part in self.parts]
        return replace(self, parts=(*kept, *by_key.values()))

    def without(self, keys: Iterable[str]) -> EditState:
        """Without some parts; nobody has anything of them selected any more."""
        gone = set(keys)
        selections = {
            person: {key: mask for key, mask in rows.items() if key not in gone}
            for person, rows in self.selections.items()
        }
        return replace(self, parts=tuple(part for part in self.parts if part.key not in gone), selections=selections)

    def selection(self, person: str) -> Rows:
        """What a person has selected and can change: nothing that was deleted, hidden or locked meanwhile."""
        chosen = self.selections.get(person, {})
        found = {part.key: chosen[part.key] & part.open for part in self.parts if part.key in chosen}
        return {key: mask for key, mask in found.items() if bool(mask.any())}

    def with_selection(self, person: str, rows: Rows) -> EditState:
        """With another selection of that person."""
        kept = {key: mask for key, mask in rows.items() if bool(mask.any())}
        return replace(self, selections={**self.selections, person: kept})

    def free_name(self, wish: str) -> str:
        """`wish`, or with a number behind it if a layer has that name."""
        names = {part.layer.name for part in self.parts}
        if wish not in names:
            return wish
        return next(name for number in range(2, len(names) + 3) if (name := f"{wish} {number}") not in names)

    def digest(self) -> str:
        """SHA-256 over everything: two states with one digest are the same to the byte."""
        total = hashlib.sha256(repr(self.world).encode())
        for part in self.parts:
            layer = part.layer
            total.update(
                repr((part.key, layer.name, layer.kind, layer.transform, layer.visible, layer.locked)).encode()
            )
            tensors = [*layer.gaussians.tensors, part.dead, part.hidden, part.locked]
            tensors += list(layer.surface.tensors().values()) if layer.surface is not None else []
            for tensor in tensors:
                total.update(tensor.contiguous().numpy().tobytes())
        for person in sorted(self.selections):
            for key in sorted(self.selections[person]):
                total.update(f"{person}\n{key}\n".encode())
                total.update(self.selections[person][key].numpy().tobytes())
        return total.hexdigest()


def count(rows: Rows) -> int:
    """How many Gaussians are in a set."""
    return sum(int(mask.sum()) for mask in rows.values())
