"""A spec in the making: what the text has said so far, each with how strongly, over defaults that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from worldloom.generate.spec import Colour, WorldSpec
from worldloom.generate.understand.colours import colour_of
from worldloom.generate.understand.vocabulary import Entry, defaults

LIMITS: dict[str, tuple[float, float]] = {
    "extent": (8, 2000),
    "relief.height": (0, 1500),
    "water.lakes": (0, 12),
    "water.rivers": (0, 6),
    "water.waterfalls": (0, 4),
    "settlement.buildings": (0, 400),
    "settlement.road_count": (0, 40),
    "interior.ceiling": (2, 30),
    "style.saturation": (0, 2),
}
"""Fields that a text may push past what a spec allows; they are held at its ends."""
MOST_THINGS = 60
MOST_RELATIONS = 6
_WHOLE = {"water.lakes", "water.rivers", "water.waterfalls", "settlement.buildings", "settlement.road_count"}
_PARTS = ("relief", "water", "vegetation", "settlement", "interior", "style")


@dataclass(eq=False)
class Thing:
    """An object in the making."""

    what: str
    count: int = 1
    size: str = "normal"
    height: float | None = None
    colour: Colour | None = None
    material: str | None = None
    ruined: bool = False
    glowing: bool = False
    relations: list[tuple[str, str | Thing, str | Thing | None]] = field(default_factory=list)
    pointed: bool = False
    """It was only pointed at so far ("beside the fountain"); the next one named is it."""
    id: str = ""


@dataclass
class Plants:
    share: float = 0.6
    count: int | None = None
    colour: Colour | None = None


class Draft:
    """Collects facts; `spec()` is the world they make. With `base`, it starts from that spec and keeps the rest."""

    def __init__(self, kind: str, base: WorldSpec | None = None) -> None:
        self.kind = kind
        self.base = base
        self.values: dict[str, tuple[int, Any]] = {}
        self.biomes: list[str] = []
        self.plants: dict[str, Plants] = {}
        self.objects: list[Thing] = []
        self.rooms: list[dict[str, Any]] = []
        self.without: list[str] = []
        self.palette: list[Colour] = []
        self.placed = False
        """A place was named: later ones don't say what all of the world is like."""
        self._new_biomes = False
        if base:
            self._take(base)

    # --- saying ---------------------------------------------------------------------------------------------------

    def set(self, path: str, value: Any, strength: int = 2) -> bool:
        """Set a field unless something at least as strong was said before. Lists are added to."""
        if path == "biomes":
            return self._add_biomes(value)
        if path == "plants":
            for species in value:
                self.plants.setdefault(species, Plants())
            return True
        if path == "without":
            for name in value:
                self.forbid(name)
            return True
        if path == "style.palette":
            colours = [colour_of(v) if isinstance(v, str) else v for v in value]
            self.palette += [colour for colour in colours if colour not in self.palette]
            return True
        if path.endswith("colour") and isinstance(value, str):
            value = colour_of(value)
        if path in LIMITS:
            low, high = LIMITS[path]
            value = min(max(value, low), high)
            value = round(value) if path in _WHOLE else float(value)
        before = self.values.get(path)
        if before is not None and before[0] >= strength:
            return before[1] == value
        self.values[path] = (strength, value)
        return True

    def get(self, path: str) -> Any:
        """What was said of a field, None for nothing."""
        said = self.values.get(path)
        return said[1] if said else None

    def forbid(self, name: str, *, remember: bool = True) -> None:
        """There is none of `name`: an object's `what`, a species, or a sort such as "trees"."""
        if name == "person":
            name = "people"
        gone = {"people": "person"}.get(name, name)
        self.plants.pop(gone, None)
        lost = [thing for thing in self.objects if thing.what == gone or (name == "animals" and thing.what in ANIMALS)]
        self.objects = [thing for thing in self.objects if thing not in lost]
        for thing in self.objects:
            thing.relations = [r for r in thing.relations if r[1] not in lost and r[2] not in lost]
        for path, value in _NONE.get(name, {}).items():
            self.values[path] = (4, value)
        if remember and name not in self.without:
            self.without.append(name)

    def allow(self, name: str) -> None:
        """Take a ban back, since the text (an edit) now asks for it."""
        self.without = [word for word in self.without if word != ("people" if name == "person" else name)]

    def thing(self, what: str) -> Thing | None:
        """The latest object of that sort."""
        return next((thing for thing in reversed(self.objects) if thing.what == what), None)

    def add(self, thing: Thing) -> Thing:
        self.allow(thing.what)
        self.objects.append(thing)
        return thing

    # --- the spec -------------------------------------------------------------------------------------------------

    def spec(self, *, seed: int, prompt: str, title: str) -> WorldSpec:
        """The world that was said, over the defaults that follow from it."""
        values = {path: value for path, (_, value) in self.values.items()}
        if self.base is None:
            values = {**self.implied(values), **values}
        elif self._new_biomes and self.biomes:  # an edit to other land: with what grows there
            land = defaults()["biome"].get(self.biomes[0], {})
            values = {**{path: value for path, value in land.items() if path != "extent"}, **values}
        if self.base is not None and "relief.shape" in values:
            shape = defaults()["shape"].get(values["relief.shape"], {})
            values = {**{path: value for path, value in shape.items() if path not in ("extent", "biomes")}, **values}
        record = (self.base or WorldSpec()).model_dump()
        for path, value in values.items():
            *parents, leaf = path.split(".")
            part = record
            for parent in parents:
                part = part[parent]
            part[leaf] = value
        record["kind"] = self.kind
        biomes = self.biomes or values.get("_biomes")
        record.pop("_biomes", None)
        if biomes:
            record["biomes"] = [{"name": name, "share": round(1 / len(biomes[:6]), 4)} for name in biomes[:6]]
        record["vegetation"]["plants"] = [
            {"species": species, "share": group.share, "count": group.count, "colour": group.colour}
            for species, group in self.plants.items()
        ]
        record["objects"] = self._objects()
        if self.rooms:
            record["interior"]["rooms"] = self.rooms[:40]
        record["style"]["palette"] = self.palette[:8]
        record["without"] = self.without[:40]
        record.update(seed=seed, prompt=prompt, title=title)
        return WorldSpec.model_validate(record)

    def implied(self, said: dict[str, Any]) -> dict[str, Any]:
        """What follows from the kind, the first biome, the shape of the land and the styles, weakest first."""
        table = defaults()
        implied: dict[str, Any] = dict(table["kind"].get(self.kind, {}))
        of_kind = implied.pop("biomes", [])
        of_shape = table["shape"].get(said.get("relief.shape", ""), {}).get("biomes", [])
        biomes = self.biomes or (of_shape if self.kind == "landscape" else []) or of_kind
        outdoors = self.kind in ("landscape", "island", "town")
        if outdoors and biomes:
            known = dict(table["biome"].get(biomes[0], {}))
            if self.kind == "island":
                known.pop("extent", None)
            if self.kind == "town" and "relief.shape" not in said and biomes[0] != "alpine":
                known = {path: value for path, value in known.items() if not path.startswith("relief")}
            implied.update(known)
        shape = said.get("relief.shape")
        if outdoors and shape:
            implied.update(_fields(table["shape"].get(shape, {})))
        implied.update(table["style"].get(said.get("style.name", ""), {}))
        town = said.get("settlement.style") or implied.get("settlement.style", "")
        implied.update(table["settlement"].get(town, {}))
        if said.get("settlement.style"):
            implied["settlement.style"] = said["settlement.style"]
        palette = implied.pop("style.palette", [])
        if palette and not self.palette:
            self.palette = [colour_of(colour) for colour in palette]
        if biomes:
            implied["_biomes"] = list(biomes)
        return implied

    def _objects(self) -> list[dict[str, Any]]:
        names: dict[str, int] = {}
        things = self.objects[:MOST_THINGS]
        taken = {thing.id for thing in things if thing.id}
        for thing in things:
            if thing.id:
                continue
            names[thing.what] = names.get(thing.what, 0) + 1
            while not thing.id or thing.id in taken:
                number = names[thing.what]
                thing.id = thing.what if number == 1 else f"{thing.what}_{number}"
                names[thing.what] += 1
            taken.add(thing.id)
        return [_object(thing, taken) for thing in things]

    def _add_biomes(self, names: list[str]) -> bool:
        if self.base and not self._new_biomes:  # an edit names new land instead of the old
            self.biomes = []
        self._new_biomes = True
        self.biomes += [name for name in names if name not in self.biomes]
        return True

    def _take(self, base: WorldSpec) -> None:
        self.biomes = [biome.name for biome in base.biomes]
        for group in base.vegetation.plants:
            self.plants[group.species] = Plants(group.share, group.count, group.colour)
        things = {o.id: Thing(o.what, o.count, o.size, o.height, o.colour, o.material, o.ruined, o.glowing, id=o.id)
                  for o in base.objects}  # fmt: skip
        for o in base.objects:
            for r in o.relations:
                other = things.get(r.other, r.other) if r.other else None
                things[o.id].relations.append((r.relation, things.get(r.target, r.target), other))
        self.objects = list(things.values())
        self.rooms = [room.model_dump() for room in base.interior.rooms]
        self.without = list(base.without)
        self.palette = list(base.style.palette)


def _fields(table: dict[str, Any]) -> dict[str, Any]:
    return {path: value for path, value in table.items() if path != "biomes"}


def apply_sets(draft: Draft, entry: Entry, strength: int | None = None) -> bool:
    """Set all that a word sets; False if it all lost against something said before."""
    changed = False
    for path, value in entry.sets:
        if path == "objects":
            for what in value:
                if draft.thing(what) is None:
                    draft.add(Thing(what, 1 if what == "moon" else 10))
            changed = True
        elif path != "extent" or draft.kind in ("landscape", "island", "town"):
            changed |= draft.set(path, value, strength or entry.strength)
    return changed


def _object(thing: Thing, ids: set[str]) -> dict[str, Any]:
    relations = []
    for name, target, other in thing.relations[:MOST_RELATIONS]:
        to, also = (x.id if isinstance(x, Thing) else x for x in (target, other))
        if to and not (isinstance(target, Thing) and to not in ids):
            relations.append({"relation": name, "target": to, "other": also or None})
    return {
        "id": thing.id,
        "what": thing.what,
        "count": min(max(thing.count, 1), 500),
        "size": thing.size,
        "height": min(thing.height, 1000.0) if thing.height else None,
        "colour": thing.colour,
        "material": thing.material,
        "ruined": thing.ruined,
        "glowing": thing.glowing,
        "relations": relations,
    }


ANIMALS = ("horse", "cow", "sheep", "dog", "cat", "bird")
_NONE: dict[str, dict[str, Any]] = {
    "trees": {"vegetation.trees": 0.0},
    "bushes": {"vegetation.bushes": 0.0},
    "flowers": {"vegetation.flowers": 0.0},
    "grass": {"vegetation.grass": 0.0},
    "vegetation": {
        "vegetation.trees": 0.0,
        "vegetation.bushes": 0.0,
        "vegetation.flowers": 0.0,
        "vegetation.grass": 0.0,
    },
    "buildings": {"settlement.buildings": 0},
    "house": {"settlement.buildings": 0},
    "roads": {"settlement.roads": "none", "settlement.road_count": 0},
    "windows": {"interior.windows": 0.0},
}
"""What the absence of a whole sort of things sets."""
