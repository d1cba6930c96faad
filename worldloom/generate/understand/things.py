"""Things and plants: how many, of what colour, and which of those named before."""

from __future__ import annotations

from worldloom.generate.catalogue import PLANTS
from worldloom.generate.understand.buildings import is_built, say_buildings
from worldloom.generate.understand.colours import colour_of
from worldloom.generate.understand.draft import MOST_THINGS, Draft, Plants, Thing
from worldloom.generate.understand.groups import Group, Ref, qualify, say_thing
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.say import some_of
from worldloom.generate.understand.vocabulary import Entry


def say_object(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    what = entry.name
    many = item.plural or (group.number or 1) > 1
    if what == "house" and many and is_built(draft):
        return say_buildings(draft, entry, group, item)
    if draft.kind in ("interior", "space_station") and what in BUILDINGS and not target:
        return None, "only the inside is built"
    if what in ("door", "curtain") and draft.kind in ("landscape", "island", "town"):
        return None, "parts of houses are chosen by their style"
    if what == "rug" and not group.article and group.number is None and not item.plural and not _is_rug(item):
        draft.set("interior.floor_material", "fabric", 2)
        if group.colour:
            draft.set("interior.floor_colour", group.colour, 3)
            group.used.add("colour")
        return Ref(Entry("feature", "floor", target="floor", part="floor")), f"the floor: {group.colour_name} carpet"
    known = draft.thing(what)
    if known is not None and known.pointed and (known.count > 1 or (group.number in (None, 1) and not item.plural)):
        known.count = group.number or known.count
        group.definite, group.number, group.amount, known.pointed = True, None, None, False
    again = known is not None and (group.definite or target) and group.number is None and group.amount is None
    if known is not None and (again or (draft.base is not None and (group.step or group.resize))):
        group.used |= {"step", "number"}
        if group.step and group.number:
            known.count = min(max(known.count + group.step * group.number, 1), 500)
        elif group.step:
            known.count = max(1, round(known.count * (1.6 if group.step > 0 else 0.5)))
        qualify(known, group)
        return Ref(entry, known, known.count, item.plural), say_thing(known)
    count = group.count(entry, item.plural)
    if count < 1:
        draft.forbid(what)
        return Ref(entry), f"no {what}"
    if len(draft.objects) >= MOST_THINGS:
        return None, f"a world has at most {MOST_THINGS} different things"
    thing = Thing(what, min(count, 500), pointed=target and group.definite and count == 1)
    for key, value in entry.preset:
        setattr(thing, key, colour_of(value) if key == "colour" else value)
    qualify(thing, group)
    draft.add(thing)
    return Ref(entry, thing, thing.count, item.plural), say_thing(thing)


BUILDINGS = {
    "pyramid",
    "pagoda",
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


def say_plant(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    species = entry.name
    exact = group.number if group.number is not None else None
    if exact is None and group.amount is not None and group.amount <= 12:
        exact = group.amount
    if exact is None and not item.plural and group.article in ("a", "an"):
        exact = 1
    if exact == 0:
        return Ref(entry), _none_of(draft, species)
    plants = draft.plants.setdefault(species, Plants())
    draft.allow(species)
    if exact is not None:
        added = plants.count or 0 if draft.base is not None else 0
        plants.count = min(exact + added, 5000)
    elif group.amount or group.scarce:
        plants.share = min(max(group.scarce or 0.7, 0.1), 1.0)
    sort = PLANTS[species]
    if exact is None and (group.scarce is not None or (sort == "flower" and item.plural)):
        cover = {"tree": "trees", "bush": "bushes", "flower": "flowers", "grass": "grass"}[sort]
        share = 0.5 if group.scarce is None else group.scarce
        draft.set(f"vegetation.{cover}", share, 2 if group.scarce is None else 3)
    if group.step:
        plants.share = min(max(plants.share + 0.3 * group.step, 0.1), 1.0)
    if group.colour:
        plants.colour = group.colour
    group.used |= {"number", "colour", "step"}
    several = item.plural or PLANTS[species] != "tree"
    count = exact if exact is not None else group.count(entry, several)
    ref = Ref(entry, None, count, item.plural, exact is not None)
    own = group.size != "normal" or group.glowing  # more than a plant of its sort: placed by itself
    thing = ref.as_thing(draft) if own else None
    if thing is not None:
        qualify(thing, group)
        return ref, say_thing(thing)
    return ref, f"{some_of(exact, species) if exact else species.replace('_', ' ')} {group.colour_name}".strip()


def say_sort(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    """ "trees", "a few flowers", "dense vegetation"."""
    sort = entry.name
    sorts = ("trees", "bushes", "grass", "flowers") if sort == "vegetation" else (sort,)
    draft.allow(sort)
    if sort in _SPECIES and not item.plural and (group.article in ("a", "an") or group.number == 1):
        group.number = 1
    group.used |= {"number", "step"}
    if group.number:
        species = _SPECIES.get(sort, "meadow_grass")
        species = _OWN_TREES.get(next(iter(draft.biomes), ""), species) if sort == "trees" else species
        return say_plant(draft, Entry("plant", species, some=8, without=species), group, item, target)
    for path in (f"vegetation.{name}" for name in sorts):
        if group.step or (draft.base is not None and group.scarce is None and group.amount is None):
            before = getattr(draft.base.vegetation, path.split(".")[1]) if draft.base else 0.3
            after = before / 2 if group.step < 0 else before + 0.25
            draft.set(path, min(after, 1.0), 3)
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


def _none_of(draft: Draft, species: str) -> str:
    draft.forbid(species)
    return f"no {species.replace('_', ' ')}"
