"""What a word names in a world: by what is selected, by classes of surfaces, by the names of layers, by colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.app.command.clumps import Points, clumps, points_of, spread_of
from worldloom.app.command.frames import Colour, Mention, Relation
from worldloom.app.command.words import classes_of, is_mass
from worldloom.edit import masks
from worldloom.edit.criteria import AllOf, AnyOf, ByClass, ByColour, ByLayer, ByRows, Criterion, Everything, Mask, Not
from worldloom.edit.operation import Applying, open_rows
from worldloom.edit.state import EditState, Rows, count
from worldloom.generate.build.objects.recipes import RECIPES
from worldloom.generate.build.town.landmarks import LANDMARKS
from worldloom.generate.catalogue import PLANTS
from worldloom.generate.understand.vocabulary import singular
from worldloom.scene.colour import oklab_from_srgb
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import sh0_to_rgb
from worldloom.scene.semantics import LABELS, label_index
from worldloom.scene.world_record import Pose

_ALIKE = 0.2
"""Distance in OKLab up to which something is called by a colour's name."""
_MOSTLY = 0.25
"""Share of a thing's Gaussians that must have the colour that it is called by."""
_UNKNOWN = ("object",)
"""Classes of what a model has found."""
_PLANT_CLASSES = {"tree": "tree", "bush": "plant/bush", "flower": "plant/flower", "grass": "plant/grass"}


@dataclass(frozen=True, eq=False)
class Found:
    """What a mention names."""

    where: Criterion | None
    """None: what is selected."""
    rows: Rows
    note: str = ""


@dataclass(frozen=True)
class View:
    """From where left and right, near and far are said."""

    position: NDArray[np.float64]
    right: NDArray[np.float64]
    """(3,) level, unit."""
    ahead: NDArray[np.float64]
    """(3,) level, unit."""

    @staticmethod
    def of(pose: Pose) -> View:
        w, x, y, z = pose.rotation
        back = np.array([2 * (x * z + w * y), 0.0, 1 - 2 * (x * x + y * y)])
        ahead = (
            -back / max(float(np.linalg.norm(back)), 1e-9) if np.linalg.norm(back) > 1e-6 else np.array([0.0, 0, -1])
        )
        return View(np.array(pose.position, float), np.array([-ahead[2], 0.0, ahead[0]]), ahead)


Look = Callable[[EditState, str, bool], Criterion | None]
"""Has a segmentation model look for what some words name: one such thing, or every; None: it is seen nowhere."""


@dataclass(frozen=True, eq=False)
class Finder:
    """A state, and who speaks of it from where."""

    state: EditState
    by: Applying
    view: View
    last: Found | None = field(default=None)
    """What was spoken of before: what "it" is."""
    look: Look | None = field(default=None)
    """For what has neither a class nor a layer; None: no model is set up."""

    def one_of(self, mentions: Sequence[Mention]) -> Found:
        """All of several mentions together.

        Raises:
            InvalidDataError: one of them names nothing.
        """
        found = [self.find(mention) for mention in mentions]
        if len(found) == 1:
            return found[0]
        parts = [one.where if one.where is not None else self.selected() for one in found]
        return self.by_criterion(AnyOf(of=tuple(parts)), " ".join(one.note for one in found if one.note))

    def find(self, mention: Mention) -> Found:
        """What a mention names: open rows only.

        Raises:
            InvalidDataError: nothing; it says why, and what to do.
        """
        if mention.sort == "it":
            return self._it()
        if mention.sort == "everything":
            found = self.by_criterion(Everything())
        elif mention.layer:
            found = self.by_criterion(ByLayer(names=self.layers_called(mention.noun, exact=False)))
        elif mention.noun in ("thing", "things", "one", "ones") and mention.colour:
            found = self.by_criterion(ByColour(rgb=mention.colour, tolerance=_ALIKE))
        else:
            found = self._thing(mention)
        if mention.but is not None:
            left_out = self.find(mention.but)
            found = self.by_criterion(AllOf(of=(_said(found), Not(of=_said(left_out)))), found.note)
        if not found.rows:
            raise InvalidDataError(f"There is no {mention.noun or 'such thing'} here that could be changed.")
        return found

    def by_criterion(self, where: Criterion, note: str = "") -> Found:
        """What a criterion finds."""
        return Found(where, open_rows(self.state, where.rows(self.state, self.by)), note)

    def selected(self) -> Criterion:
        """What is selected, as a criterion."""
        from worldloom.edit.criteria import Selected

        return Selected()

    def layers_called(self, noun: str, *, exact: bool) -> tuple[str, ...]:
        """Names of layers that are called so: "pine", and for "pines" also "pine 2" and "pine copy".

        Raises:
            InvalidDataError: there is none and `exact` is False.
        """
        names = [part.layer.name for part in self.state.parts]
        same = [name for name in names if name.lower() == noun]
        if same:
            return tuple(same)
        stem = singular(noun)
        like = [name for name in names if stem in [singular(word) for word in name.lower().replace("_", " ").split()]]
        if not like and not exact:
            listed = ", ".join(f"'{name}'" for name in names) or "none"
            raise InvalidDataError(f"There is no layer '{noun}'; the layers are {listed}.")
        return tuple(like)

    def whole_layer(self, found: Found) -> str | None:
        """The name of the one layer that this is all of; None if it is less or more."""
        if len(found.rows) != 1:
            return None
        (key, mask) = next(iter(found.rows.items()))
        part = self.state.part(key)
        return part.layer.name if bool((mask | ~part.open).all()) else None

    # --- by name

    def _it(self) -> Found:
        if self.last is not None:
            return self.last
        rows = self.state.selection(self.by.person)
        if not rows:
            raise InvalidDataError("Nothing is selected: select what is meant first, or say its name.")
        return Found(None, rows)

    def _thing(self, mention: Mention) -> Found:
        found = self._of_classes(mention, classes_of(mention.noun))
        if found is None and (layers := self.layers_called(mention.noun, exact=True)):
            return self._of_layers(mention, layers)
        if found is None:
            said, note = _wider(mention)
            found = self._of_classes(mention, said, note)
        if found is None:
            found = self._looked_for(mention)
        if found is None:
            raise InvalidDataError(self._missing(mention))
        return found

    def _looked_for(self, mention: Mention) -> Found | None:
        """What a model sees of it: its colour is a word like others, but not where it is."""
        if self.look is None:
            return None
        told = bool(mention.side or mention.relation or mention.number)
        words = " ".join(part for part in (mention.colour_name, singular(mention.noun)) if part)
        where = self.look(self.state, words, mention.plural or mention.every or told)
        if where is None:
            return None
        found = self.by_criterion(where, "Found by a segmentation model; look at it before you agree.")
        return self._chosen(replace(mention, colour=None), found, _UNKNOWN) if told and found.rows else found

    def _of_classes(self, mention: Mention, said: Sequence[str], note: str = "") -> Found | None:
        """What is meant among the rows of the first of some classes that there is here; None: there is none."""
        for one in said:
            where, names = _criterion(one)
            found = self.by_criterion(where, note)
            if found.rows:
                return self._chosen(mention, found, names)
        return None

    def _missing(self, mention: Mention) -> str:
        noun = mention.noun or "such thing"
        labelled = any(part.layer.surface is not None for part in self.state.parts if part.layer.kind != "sky")
        if not labelled and self.look is None and (classes_of(noun) or mention.entry is not None):
            return (
                f"This world does not know what its things are: no {noun} is found by class. Select the {noun} by a "
                "click first, and say 'this'."
            )
        if self.look is not None:
            return f"No {noun} is found here by class or by a layer's name, and the segmentation model sees none."
        return f"No {noun} is found here, neither by class nor by a layer's name. Select it first, and say 'this'."

    def _of_layers(self, mention: Mention, names: Sequence[str]) -> Found:
        """Of layers that are called so, those that are meant: each is a thing."""
        keys = [self.state.part(name).key for name in names]
        where = ByLayer(names=tuple(names))
        found = self.by_criterion(where)
        if len(names) == 1 or (mention.plural and mention.number is None) or mention.every:
            return found
        points = points_of(self.state, found.rows)
        groups = np.repeat([keys.index(key) for key in points.keys], points.counts)
        chosen, note = self._some(mention, points, groups)
        return self.by_criterion(ByLayer(names=tuple(names[number] for number in chosen)), note)

    # --- which of several

    def _chosen(self, mention: Mention, found: Found, names: tuple[str, ...]) -> Found:
        if all(is_mass(name) for name in names):
            if mention.colour is None or found.where is None:
                return found
            alike = ByColour(rgb=mention.colour, tolerance=_ALIKE)
            return self.by_criterion(AllOf(of=(found.where, alike)), found.note)
        told = mention.colour or mention.side or mention.relation or mention.number
        if (mention.plural or mention.every) and not told:
            return found
        points = points_of(self.state, found.rows)
        groups = clumps(points, spread_of(self.state, found.rows), self._trunks(points, names))
        many = int(groups.max()) + 1
        if many == 1 and not told:
            return found
        chosen, note = self._some(mention, points, groups)
        notes = " ".join(part for part in (found.note, note) if part)
        if len(chosen) == many:
            return replace(found, note=notes)
        rows = points.rows(np.isin(groups, chosen))
        return Found(_by_rows(self.state, rows), rows, notes)

    def _trunks(self, points: Points, names: tuple[str, ...]) -> NDArray[np.bool_] | None:
        if "tree" not in names:
            return None
        labels = [
            surface.labels[index] if (surface := self.state.part(key).layer.surface) is not None else index * 0
            for key, index in zip(points.keys, points.index)
        ]
        return (torch.cat(labels) == label_index("tree/trunk")).numpy()

    def _some(self, mention: Mention, points: Points, groups: NDArray[np.intp]) -> tuple[list[int], str]:
        """The things that are meant, and what to say of the choice."""
        there = list(range(int(groups.max()) + 1))
        left = there
        noun = singular(mention.noun)
        if mention.colour is not None:
            alike = self._alike(points, mention.colour)
            left = [one for one in left if alike[groups == one].mean() >= _MOSTLY]
            if not left:
                raise InvalidDataError(f"There is no {mention.colour_name} {noun}; there are {len(there)} others.")
        middles = np.array([points.positions[groups == one].mean(axis=0) for one in there])
        if mention.relation is not None:
            away = self._distances(mention.relation, points, groups, middles)
            nearest = min(left, key=lambda one: away[one])
            reach = 1.5 * away[nearest] + 1.0
            left = [one for one in left if away[one] <= reach] if mention.plural else [nearest]
        if mention.side:
            order = self._order(mention.side, points, groups, middles)
            left = sorted(left, key=lambda one: order[one])[
                : mention.number or (len(left) + 1) // 2 if mention.plural else 1
            ]
        wanted = mention.number or (len(left) if mention.plural or mention.every else 1)
        if wanted > len(left):
            raise InvalidDataError(f"There are only {len(left)} {mention.noun} here.")
        if wanted == len(left):
            return left, ""
        from_here = np.linalg.norm(middles - self.view.position, axis=1)
        near = sorted(left, key=lambda one: from_here[one])[:wanted]
        which = "this is the nearest one" if wanted == 1 else f"these are the {wanted} nearest ones"
        return near, f"There are {len(left)} of them; {which}."

    def _alike(self, points: Points, colour: Colour) -> NDArray[np.bool_]:
        seen = [
            sh0_to_rgb(self.state.part(key).gaussians.sh[index, 0]).clamp(0, 1)
            for key, index in zip(points.keys, points.index)
        ]
        off = oklab_from_srgb(torch.cat(seen)) - oklab_from_srgb(torch.tensor([colour]))
        hue_first = torch.tensor([0.35, 1.0, 1.0])  # light and shadow change how light it is, hardly its hue
        return ((off * hue_first).norm(dim=1) < 0.6 * _ALIKE).numpy()

    def _distances(
        self, relation: Relation, points: Points, groups: NDArray[np.intp], middles: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Metres from each thing to what it is said to be by."""
        from scipy.spatial import KDTree

        target = points_of(self.state, self.find(relation.target).rows).positions
        tree = KDTree(target[:: max(len(target) // 20_000, 1)])
        return np.array([tree.query(points.positions[groups == one][::5])[0].min() for one in range(len(middles))])

    def _order(
        self, side: str, points: Points, groups: NDArray[np.intp], middles: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """A number for each thing: the lowest is most on that side."""
        off = middles - self.view.position
        ahead, right = off @ self.view.ahead, off @ self.view.right
        extents = np.array([np.ptp(points.positions[groups == one], axis=0) for one in range(len(middles))])
        match side:
            case "left":
                return np.arctan2(right, np.abs(ahead))
            case "right":
                return -np.arctan2(right, np.abs(ahead))
            case "near":
                return np.linalg.norm(off, axis=1)
            case "far":
                return -np.linalg.norm(off, axis=1)
            case "tall":
                return -extents[:, 1]
            case "short":
                return extents[:, 1]
            case "large":
                return -extents.prod(axis=1)
            case _:
                return extents.prod(axis=1)


def amount(found: Found) -> int:
    """How many Gaussians it is."""
    return count(found.rows)


def _wider(mention: Mention) -> tuple[list[str], str]:
    """Classes that hold what is called so among other things, and a warning that they do."""
    entry, noun = mention.entry, singular(mention.noun)
    if entry is not None and entry.role == "plant":
        return [_PLANT_CLASSES[PLANTS[entry.name]]], f"Here a {noun} is not told from other plants of its class."
    if entry is not None and entry.name in LANDMARKS:
        return ["building"], f"Here a {noun} is not told from other buildings."
    if entry is not None and entry.role == "object":
        label = RECIPES[entry.name].label if entry.name in RECIPES else "object"
        if label != "object":
            return [label], f"Here a {noun} is not told from other things of the class '{label}'."
        return classes_of(entry.name), ""
    return [], ""


def _said(found: Found) -> Criterion:
    from worldloom.edit.criteria import Selected

    return found.where if found.where is not None else Selected()


def _criterion(said: str) -> tuple[Criterion, tuple[str, ...]]:
    """ "building/wall + room/wall", "vehicle - vehicle/boat"."""
    given, _, less = said.partition(" - ")
    names = tuple(given.split(" + "))
    assert all(name in LABELS for name in names), said
    where = ByClass(names=names)
    return (AllOf(of=(where, Not(of=ByClass(names=(less,))))) if less else where), names


def _by_rows(state: EditState, rows: Rows) -> ByRows:
    return ByRows(parts={key: Mask(rows=len(mask), bits=masks.pack(mask)) for key, mask in rows.items()})
