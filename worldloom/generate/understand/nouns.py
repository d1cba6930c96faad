"""What a noun with its number and qualities means for a world: things, plants, land, parts of buildings, rooms."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from worldloom.generate.catalogue import PLANTS
from worldloom.generate.spec import Colour
from worldloom.generate.understand.draft import Draft, Plants, Thing, apply_sets
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.say import colour_word, say_sets, some_of
from worldloom.generate.understand.vocabulary import Entry, colour_of


@dataclass
class Group:
    """The words before a noun."""

    number: int | None = None
    amount: int | None = None
    scarce: float | None = None
    """How much of a cover of plants is meant."""
    step: int = 0
    """1 "more", -1 "fewer"."""
    colour: Colour | None = None
    colour_name: str = ""
    gold: bool = False
    """The colour is "golden", which another colour may override."""
    shade: tuple[float, float] | None = None
    shade_name: str = ""
    material: str | None = None
    size: str = "normal"
    ruined: bool = False
    glowing: bool = False
    definite: bool = False
    article: str = ""
    measures: list[tuple[float, str, tuple[int, ...]]] = field(default_factory=list)
    """Metres, "wide" or "tall" or "", and the items that say so."""
    resize: int = 0
    """1 "larger", -1 "smaller"."""
    marks: list[tuple[str, int]] = field(default_factory=list)
    """What each of its items says, and the item."""
    used: set[str] = field(default_factory=lambda: {"noun"})
    """What of it had an effect."""

    @property
    def indexes(self) -> list[int]:
        return [index for _, index in self.marks]

    @property
    def qualified(self) -> bool:
        return any(what in ("colour", "material", "size", "ruined", "glowing") for what, _ in self.marks)

    def mark(self, what: str, index: int) -> None:
        self.marks.append((what, index))

    def effective(self) -> list[int]:
        return [index for what, index in self.marks if what in self.used]

    def idle(self) -> list[int]:
        return [index for what, index in self.marks if what not in self.used]

    def count(self, entry: Entry, plural: bool) -> int:
        """How many; the number is used by this."""
        self.used.add("number")
        said = self.number if self.number is not None else self.amount
        herd = entry.name == "sheep" and not self.article  # the plural looks the same
        return said if said is not None else (entry.some if plural or herd else 1)


@dataclass(eq=False)
class Ref:
    """What a noun stands for, so that relations and later words can point at it."""

    entry: Entry
    thing: Thing | None = None
    count: int = 1
    plural: bool = False
    counted: bool = False
    """Its number was said."""

    def as_thing(self, draft: Draft) -> Thing | None:
        """The object it is; a plant becomes one, since it is to stand somewhere."""
        if self.thing is None and self.entry.role == "plant":
            self.thing = draft.add(Thing(self.entry.name, self.count))
            group = draft.plants.get(self.entry.name)
            self.thing.colour = group.colour if group else None
            if group and group.count is not None and not self.plural:
                draft.plants.pop(self.entry.name)
        return self.thing

    def as_target(self, draft: Draft) -> Thing | str | None:
        """What a relation to it points at."""
        if self.entry.role == "sort":
            return "forest" if self.entry.name == "trees" else "meadow"
        if self.entry.role == "plant" and self.plural and not self.counted and PLANTS[self.entry.name] in ("flower", "grass"):
            return "field"
        if self.entry.role in ("object", "plant"):
            return self.as_thing(draft)
        if self.thing:
            return self.thing
        if self.entry.part == "buildings":
            return "village"
        return "room" if self.entry.role in ("room", "dwelling") else self.entry.target or None

    def describe_more(self, draft: Draft, group: Group) -> str:
        """Add qualities that came after the noun; "" if it can't have them."""
        if self.thing:
            _qualify(self.thing, group)
            return say_thing(self.thing)
        if self.entry.role == "plant" and group.colour:
            draft.plants.setdefault(self.entry.name, Plants()).colour = group.colour
            return f"{self.entry.name.replace('_', ' ')}: {group.colour_name}"
        if self.entry.colour_field and group.colour:
            return _colour_field(draft, self.entry, group)
        return _qualify_part(draft, self.entry, group)


def say_noun(
    draft: Draft, entry: Entry, group: Group, item: Item, *, target: bool = False
) -> tuple[Ref | None, str]:
    """Put a noun into the draft. Returns what it stands for and its meaning in plain words; None if it has no place
    in this world, with the reason."""
    speak = {"object": _object, "plant": _plant, "sort": _sort, "room": _room, "dwelling": _dwelling}
    if entry.role in speak:
        return speak[entry.role](draft, entry, group, item, target)
    if entry.part:
        return _part(draft, entry, group, item, target)
    return _place(draft, entry, group, item)


def forbid_noun(draft: Draft, entry: Entry, *, remember: bool) -> str:
    """There is none of it. Returns what that means, "" for nothing."""
    if entry.part:
        name = {"streets": "roads", "building": "buildings"}.get(entry.part, entry.part)
        draft.forbid(name, remember=remember)
        return f"no {name}"
    name = entry.without or entry.name
    for path, value in entry.unsets:
        draft.values[path] = (4, value)
    for path, value in entry.sets:
        if path == "biomes":
            draft.biomes = [biome for biome in draft.biomes if biome not in value]
        elif path == "settlement.buildings":
            draft.values[path] = (4, 0)
        elif draft.get(path) == value:
            draft.values.pop(path)
    if entry.role == "room":
        draft.rooms = [room for room in draft.rooms if room["function"] != entry.name]
    draft.forbid(name, remember=remember)
    return f"no {name.replace('_', ' ')}"


def say_thing(thing: Thing) -> str:
    """"2 horses, white"."""
    parts = [some_of(thing.count, thing.what)]
    if thing.size != "normal":
        parts.append(thing.size)
    if thing.colour:
        parts.append(colour_word(thing.colour))
    parts += [thing.material] if thing.material else []
    parts += [word for word, is_so in (("ruined", thing.ruined), ("glowing", thing.glowing)) if is_so]
    return ", ".join(parts)


# --- things and plants ------------------------------------------------------------------------------------------------


def _object(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    what = entry.name
    many = item.plural or (group.number or 1) > 1
    if what == "house" and many and _is_built(draft):
        return _buildings(draft, entry, group, item)
    if draft.kind in ("interior", "space_station") and what in _BUILDINGS and not target:
        return None, "only the inside is built"
    if what in ("door", "curtain") and draft.kind in ("landscape", "island", "town") and not target:
        return None, "parts of houses are chosen by their style"
    if what == "rug" and not group.article and group.number is None and not item.plural and not _is_rug(item):
        draft.set("interior.floor_material", "fabric", 2)
        if group.colour:
            draft.set("interior.floor_colour", group.colour, 3)
            group.used.add("colour")
        return Ref(Entry("feature", "floor", target="floor", part="floor")), f"the floor: {group.colour_name} carpet"
    known = draft.thing(what)
    again = known is not None and (group.definite or target) and group.number is None and group.amount is None
    if known is not None and (again or (draft.base is not None and group.step)):
        group.used |= {"step", "number"}
        if group.step:
            known.count = max(1, round(known.count * (1.6 if group.step > 0 else 0.5)))
        _qualify(known, group)
        return Ref(entry, known, known.count, item.plural), say_thing(known)
    count = group.count(entry, item.plural)
    if count < 1:
        draft.forbid(what)
        return Ref(entry), f"no {what}"
    thing = Thing(what, min(count, 500), counted=group.number is not None)
    for key, value in entry.preset:
        setattr(thing, key, colour_of(value) if key == "colour" else value)
    _qualify(thing, group)
    draft.add(thing)
    return Ref(entry, thing, thing.count, item.plural), say_thing(thing)


_BUILDINGS = {
    "house",
    "cottage",
    "cabin",
    "hut",
    "barn",
    "tower",
    "skyscraper",
    "castle",
    "church",
    "temple",
    "mosque",
    "lighthouse",
    "windmill",
    "watermill",
}


def _is_rug(item: Item) -> bool:
    return any(word in item.text.lower() for word in ("rug", "mat", "sheepskin"))


def _qualify(thing: Thing, group: Group) -> None:
    if group.gold and not group.material:
        thing.material = "gold"
    else:
        thing.colour = group.colour or thing.colour
        thing.material = group.material or thing.material
    thing.size = group.size if group.size != "normal" else thing.size
    thing.ruined |= group.ruined
    thing.glowing |= group.glowing
    if group.resize:
        steps = ("tiny", "small", "normal", "large", "huge")
        thing.size = steps[min(max(steps.index(thing.size) + group.resize, 0), 4)]
    group.used |= {"colour", "material", "size", "ruined", "glowing", "resize"}


def _plant(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    species = entry.name
    exact = group.number if group.number is not None else None
    if exact is None and group.amount is not None and group.amount <= 12:
        exact = group.amount
    if exact is None and not item.plural and group.article in ("a", "an"):
        exact = 1
    if exact == 0:
        return Ref(entry), forbid_noun(draft, entry, remember=True)
    plants = draft.plants.setdefault(species, Plants())
    draft.allow(species)
    if exact is not None:
        added = plants.count or 0 if draft.base is not None else 0
        plants.count = min(exact + added, 5000)
    elif group.amount or group.scarce:
        plants.share = min(max(group.scarce or 0.7, 0.1), 1.0)
    if PLANTS[species] == "flower" and item.plural and exact is None:
        draft.set("vegetation.flowers", 0.5 if group.scarce is None else group.scarce, 2 if group.scarce is None else 3)
    if group.step:
        plants.share = min(max(plants.share + 0.3 * group.step, 0.1), 1.0)
    if group.colour:
        plants.colour = group.colour
    group.used |= {"number", "colour", "step"}
    count = exact if exact is not None else group.count(entry, True)
    ref = Ref(entry, None, count, item.plural, exact is not None)
    if group.size != "normal" or group.glowing:  # more than a plant of its sort: placed by itself
        thing = ref.as_thing(draft)
        assert thing is not None
        _qualify(thing, group)
        return ref, say_thing(thing)
    return ref, f"{some_of(exact, species) if exact else species.replace('_', ' ')} {group.colour_name}".strip()


def _sort(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    """"trees", "a few flowers", "dense vegetation"."""
    sort = entry.name
    sorts = ("trees", "bushes", "grass", "flowers") if sort == "vegetation" else (sort,)
    draft.allow(sort)
    if sort in _SPECIES and not item.plural and (group.article in ("a", "an") or group.number == 1):
        group.number = 1
    group.used |= {"number", "step"}
    if group.number:
        species = _SPECIES.get(sort, "meadow_grass")
        species = _OWN_TREES.get(next(iter(draft.biomes), ""), species) if sort == "trees" else species
        return _plant(draft, Entry("plant", species, some=8, without=species), group, item, target)
    for path in (f"vegetation.{name}" for name in sorts):
        if group.step or (draft.base is not None and group.scarce is None and group.amount is None):
            before = getattr(draft.base.vegetation, path.split(".")[1]) if draft.base else 0.3
            draft.set(path, min(max(before + 0.25 * (group.step or 1), 0.0), 1.0), 3)
        else:
            usual = {"trees": 0.3, "bushes": 0.35, "grass": 0.7, "flowers": 0.5}[path.split(".")[1]]
            draft.set(path, usual if group.scarce is None else group.scarce, 2 if group.scarce is None else 3)
    if group.colour and sort == "flowers":
        draft.plants.setdefault("wildflower", Plants()).colour = group.colour
        group.used.add("colour")
    return Ref(entry, None, group.count(entry, True), item.plural), f"{sort}, {draft.get(f'vegetation.{sorts[0]}'):.0%}"


_SPECIES = {"trees": "oak", "bushes": "bush", "flowers": "wildflower"}
_OWN_TREES = {
    "conifer_forest": "pine",
    "alpine": "spruce",
    "savanna": "acacia",
    "desert": "palm",
    "jungle": "banyan",
    "wetland": "willow",
    "tundra": "birch",
    "heath": "birch",
    "farmland": "poplar",
}

# --- land, places, parts ----------------------------------------------------------------------------------------------


def _place(draft: Draft, entry: Entry, group: Group, item: Item) -> tuple[Ref | None, str]:
    sets = entry
    if entry.role == "place" and (draft.placed or item.plural):  # "a garden" beside something is not the whole world
        sets = replace(entry, sets=tuple((path, value) for path, value in entry.sets if path not in _OF_THE_WORLD))
    draft.placed |= entry.role == "place"
    apply_sets(draft, sets, 3 if draft.base is not None and entry.role != "place" else None)
    means = [say_sets(entry.sets)] if entry.sets else []
    if entry.count:
        number = group.count(entry, item.plural)
        before = draft.get(entry.count) or (_in_base(draft, entry.count) if draft.base else 0)
        again = group.definite or number <= before
        if draft.base is not None and not group.definite:
            draft.values[entry.count] = (3, min(before + number, 6))
        elif not again or before == 0:
            draft.values.pop(entry.count, None)
            draft.set(entry.count, number, 2)
        means.append(some_of(max(number, before), entry.name))
    if group.colour and entry.colour_field:
        means.append(_colour_field(draft, entry, group))
    draft.allow(entry.without)
    if group.scarce is not None and any(path == "vegetation.trees" for path, _ in entry.sets):
        draft.set("vegetation.trees", group.scarce, 2)
        group.used.add("number")
    if group.ruined and entry.kind == "town":
        draft.set("settlement.ruined", True, 2)
        means.append("ruined")
        group.used.add("ruined")
    if entry.kind == "town":
        means += _walls(draft, group)
    if group.size in _EXTENT and entry.kind and entry.kind == draft.kind:
        from_kind = {"island": 240.0, "town": 160.0, "cave": 60.0, "space_station": 48.0}.get(entry.kind, 160.0)
        draft.set("extent", from_kind * _EXTENT[group.size], 2)
        group.used.add("size")
        means.append(f"{group.size}: {draft.get('extent'):g} m across")
    return Ref(entry, None, 1, item.plural), ", ".join(m for m in means if m) or entry.name


_OF_THE_WORLD = ("extent", "relief.shape")


def _water(draft: Draft, entry: Entry, group: Group) -> tuple[Ref, str]:
    """"water": that which there is, or a lake."""
    known = [name for name, path in _WATERS.items() if draft.get(path)]
    name = known[0] if known else "lake"
    draft.set(_WATERS[name], 1, 1)
    if group.colour:
        _colour_field(draft, entry, group)
    return Ref(Entry("feature", name, target=name, colour_field="water.colour")), f"water: {name} {group.colour_name}".strip()


_WATERS = {"sea": "water.sea", "lake": "water.lakes", "river": "water.rivers"}
_EXTENT = {"tiny": 0.35, "small": 0.6, "large": 1.6, "huge": 2.5}


def _in_base(draft: Draft, path: str) -> int:
    part, leaf = path.split(".")
    return int(getattr(getattr(draft.base, part), leaf))


def _colour_field(draft: Draft, entry: Entry, group: Group) -> str:
    group.used.add("colour")
    value = [group.colour] if entry.colour_field == "style.palette" else group.colour
    if entry.colour_field == "style.palette" and group.colour_name.endswith("green"):
        draft.set("vegetation.grass", 0.85, 2)
        return f"grassy {entry.name}"
    draft.set(entry.colour_field, value, 3)
    return f"{group.colour_name} {entry.name}"


def _is_built(draft: Draft) -> bool:
    return draft.kind == "town" or bool(draft.get("settlement.buildings"))


def _buildings(draft: Draft, entry: Entry, group: Group, item: Item) -> tuple[Ref | None, str]:
    """"a dozen wooden houses": those of the settlement."""
    said = group.number if group.number is not None else group.amount
    group.used |= {"number", "ruined"} | ({"size"} if group.size in ("large", "huge") else set())
    if said is not None:
        draft.set("settlement.buildings", said, 3)
    else:
        draft.set("settlement.buildings", 8, 1)
    means = [f"{draft.get('settlement.buildings'):g} buildings", *_walls(draft, group)]
    if group.size in ("large", "huge"):
        draft.set("settlement.floors", (2, 4) if group.size == "large" else (4, 12), 2)
    if group.ruined:
        draft.set("settlement.ruined", True, 3)
        means.append("ruined")
    return Ref(Entry("feature", "buildings", target="village", part="buildings"), None, 1, True), ", ".join(means)


def _walls(draft: Draft, group: Group) -> list[str]:
    """The colour and material of a settlement's walls."""
    group.used |= {"colour", "material"}
    if group.colour:
        draft.set("settlement.wall_colour", group.colour, 3)
    if group.material:
        draft.set("settlement.wall_material", group.material, 3)
    return [word for word in (group.colour_name, group.material) if word]


def _part(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    part = entry.part
    indoors = draft.kind in ("interior", "space_station", "cave")
    if part == "water":
        return _water(draft, entry, group)
    if part == "buildings":
        if item.plural or _is_built(draft):
            return _buildings(draft, entry, group, item)
        return _object(draft, Entry("object", "house", some=6, without="house"), group, item, target)
    if part == "windows":
        single = group.number is not None or not item.plural
        if indoors and (single or target):
            if target and draft.thing("window") is None and "sill" in item.text.lower():
                return Ref(entry, None, 1, item.plural), "the windows"
            return _object(draft, Entry("object", "window", some=3, without="window"), group, item, target)
        share = {"tiny": 0.15, "small": 0.25, "large": 0.85, "huge": 0.95}.get(group.size, 0.6)
        if not indoors:
            return Ref(entry, None, 1, item.plural), "windows, as the houses have"
        draft.set("interior.windows", share, 2)
        group.used.add("size")
        return Ref(entry, None, 1, item.plural), f"windows, {share:.0%} of the walls"
    if part in ("roads", "streets"):
        return _roads(draft, entry, group, item)
    meaning = _qualify_part(draft, entry, group)
    if part == "room":
        return _bare_room(draft, entry, group, item)
    if part == "walls" and not indoors and not target and not meaning and not _is_built(draft):
        return _object(draft, Entry("object", "wall", some=2, without="wall"), group, item, target)
    if part == "tiles" and indoors:
        draft.set("interior.wall_material", "tile", 2)
        if group.colour:
            draft.set("interior.wall_colour", group.colour, 3)
            group.used.add("colour")
        meaning = f"{group.colour_name} tiles on the walls".strip()
    if part == "ceiling" and group.size in ("large", "huge", "small", "tiny"):
        draft.set("interior.ceiling", {"large": 4.0, "huge": 8.0, "small": 2.3, "tiny": 2.1}[group.size], 2)
        group.used.add("size")
        meaning = f"a ceiling {draft.get('interior.ceiling'):g} m high"
    return Ref(entry, None, 1, item.plural), meaning or f"the {entry.target or part}"


def _roads(draft: Draft, entry: Entry, group: Group, item: Item) -> tuple[Ref | None, str]:
    number = group.count(entry, item.plural)
    low = item.text.lower()
    surface = {"stone": "cobble", "brick": "cobble", "concrete": "asphalt", "sand": "dirt", "clay": "dirt"}.get(
        group.material or ""
    )
    if entry.part == "streets":
        apply_sets(draft, entry)
    elif not (draft.kind in ("interior", "space_station")):
        draft.set("settlement.road_count", number, 1)
    if surface:
        draft.set("settlement.roads", surface, 2)
        group.used.add("material")
    elif any(word in low for word in ("path", "trail", "track")) and entry.part == "roads":
        draft.set("settlement.roads", "path", 1)
    elif draft.kind == "landscape" and entry.part == "roads":
        draft.set("settlement.roads", "dirt", 0)
    return Ref(entry, None, number, item.plural), some_of(number, "road") if entry.part == "roads" else say_sets(entry.sets)


def _qualify_part(draft: Draft, entry: Entry, group: Group) -> str:
    """Colour and material of roofs, walls and floors."""
    indoors = draft.kind in ("interior", "space_station", "cave")
    field = {
        "roof": "settlement.roof",
        "walls": "interior.wall" if indoors else "settlement.wall",
        "tiles": "interior.wall" if indoors else "settlement.roof",
        "floor": "interior.floor",
        "room": "interior.wall",
        "buildings": "settlement.wall",
    }.get(entry.part)
    if field is None and entry.kind == "town":
        field = "settlement.wall"
    if field is None and entry.role in ("room", "dwelling"):
        field = "interior.wall"
    if field is None:
        return ""
    group.used |= {"colour", "material"}
    if group.colour:
        draft.set(f"{field}_colour", group.colour, 3)
    if group.material:
        draft.set(f"{field}_material", group.material, 3)
    words = [word for word in (group.colour_name, group.material) if word]
    return f"{entry.name}: {', '.join(words)}" if words else ""


# --- rooms ------------------------------------------------------------------------------------------------------------


def _room(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    if draft.kind not in ("interior", "space_station"):
        outdoors = entry.value
        if outdoors is None:
            return None, "a room has no place in this world"
        return _object(draft, Entry("object", outdoors, some=3, without=outdoors), group, item, target)
    _qualify_part(draft, entry, group)
    known = [room for room in draft.rooms if room["function"] == entry.name]
    plain = group.number is None and group.amount is None
    if not (known and plain and not item.plural and (draft.base is None or group.definite)):
        number = min(group.count(entry, item.plural), 12)
        size = _room_size(group)
        group.used.add("size")
        draft.rooms += [{"function": entry.name, **size} for _ in range(number)]
    if entry.value and group.size in ("large", "huge"):
        draft.set("interior.ceiling", 4.0 if group.size == "large" else 8.0, 1)
    number = sum(room["function"] == entry.name for room in draft.rooms)
    return Ref(entry, None, number, item.plural), some_of(number, entry.name)


def _room_size(group: Group) -> dict[str, float]:
    side = {"tiny": 2.4, "small": 3.2, "large": 8.0, "huge": 16.0}.get(group.size)
    return {"width": side, "depth": side} if side else {}


def _bare_room(draft: Draft, entry: Entry, group: Group, item: Item) -> tuple[Ref | None, str]:
    """"an empty concrete room", "inside"."""
    if item.text.lower().endswith(("room", "chamber")) and not group.definite and not draft.rooms:
        draft.rooms.append({"function": "hall", **_room_size(group)})
        group.used.add("size")
    return Ref(entry, None, 1, item.plural), "a room"


def _dwelling(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    if draft.kind != "interior":
        house = Entry("object", "house", some=6, without="house")
        return _object(draft, house, group, item, target)
    draft.values.setdefault("_dwelling", (0, entry.value))
    return Ref(entry, None, 1, item.plural), f"a home: {entry.name}"


