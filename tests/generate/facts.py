"""Checks a WorldSpec against the facts of `prompts.toml`."""

from __future__ import annotations

import colorsys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worldloom.generate.spec import ObjectSpec, WorldSpec

GOLDEN = Path(__file__).parent / "prompts.toml"
HELD_OUT = Path(__file__).parent / "prompts_held_out.toml"


@dataclass(frozen=True)
class Prompt:
    text: str
    facts: tuple[tuple[str, Any], ...]


def prompts(path: Path) -> list[Prompt]:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["prompt"]
    return [Prompt(table.pop("text"), tuple(_flat(table, ""))) for table in tables]


def failing(spec: WorldSpec, prompt: Prompt) -> list[str]:
    """The facts that are not so, in words."""
    return [f"{path} = {value!r}, is {found!r}" for path, value in prompt.facts
            for ok, found in [_holds(spec, path, value)] if not ok]  # fmt: skip


def _flat(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _holds(spec: WorldSpec, path: str, value: Any) -> tuple[bool, Any]:
    if path == "biomes":
        found: Any = [biome.name for biome in spec.biomes]
        return set(value) <= set(found), found
    if path == "without":
        return {_alike(v) for v in value} <= {_alike(w) for w in spec.without}, spec.without
    if path == "plants":
        found = {group.species for group in spec.vegetation.plants} | {thing.what for thing in spec.objects}
        return set(value) <= found, sorted(found)
    if path == "rooms":
        found = Counter(room.function for room in spec.interior.rooms)
        return not Counter(value) - found, dict(found)
    parts = path.split(".")
    if parts[0] == "objects":
        return _object_holds(spec, parts[1], parts[2], value)
    if path.startswith("vegetation.plants."):
        groups = [group for group in spec.vegetation.plants if group.species == parts[2]]
        things = [thing for thing in spec.objects if thing.what == parts[2]]
        found = [getattr(part, parts[3], None) for part in (*groups, *things)]
        return any(_equal(parts[3], one, value) for one in found), found
    if path.startswith("interior.rooms."):
        found = [getattr(room, parts[2]) for room in spec.interior.rooms]
        return any(_equal(parts[2], one, value) for one in found), found
    found = spec
    for part in parts:
        found = getattr(found, part)
    return _equal(parts[-1], found, value), found


def _object_holds(spec: WorldSpec, what: str, leaf: str, value: Any) -> tuple[bool, Any]:
    things = [thing for thing in spec.objects if thing.what == what]
    if leaf == "count":
        total = sum(thing.count for thing in things)
        return _equal(leaf, total, value), total
    if leaf == "relation":
        found = [
            (r.relation, *(_what(spec, t) for t in (r.target, r.other) if t))
            for thing in things
            for r in thing.relations
        ]
        return any(_related(one, value) for one in found), found
    found = [getattr(thing, leaf) for thing in things]
    return any(_equal(leaf, one, value) for one in found), found


def _what(spec: WorldSpec, target: str) -> str:
    by_id: dict[str, ObjectSpec] = {thing.id: thing for thing in spec.objects}
    return by_id[target].what if target in by_id else target


def _related(found: tuple[str, ...], wanted: list[Any]) -> bool:
    return len(found) >= len(wanted) and all(
        one in (want if isinstance(want, list) else [want]) for one, want in zip(found, wanted)
    )


def _alike(name: str) -> str:
    name = name.rstrip("s")
    return {"house": "building", "person": "people"}.get(name, name)


def _equal(leaf: str, found: Any, value: Any) -> bool:
    if found is None:
        return False
    if leaf.endswith("colour"):
        return _colour_is(found, value)
    if isinstance(value, list) and value and not isinstance(value[0], str):
        low, high = value
        return low <= found <= high if low <= high else found >= low or found <= high
    if isinstance(value, list):
        return found in value
    return (type(found) is type(value) and found == value) or (
        not isinstance(value, (bool, str)) and not isinstance(found, (bool, str)) and found == value
    )


def _colour_is(rgb: tuple[float, float, float], name: str) -> bool:
    """By hue, saturation and value, not by our own table of colours."""
    hue, saturation, value = colorsys.rgb_to_hsv(*rgb)
    hue *= 360
    dark = name.startswith("dark ")
    plain = name.removeprefix("dark ")
    if plain in ("white", "black", "grey"):
        return saturation < 0.2 and {"white": value > 0.85, "black": value < 0.2, "grey": 0.3 < value < 0.8}[plain]
    low, high = _HUES[plain]
    return (
        saturation > 0.3
        and (low <= hue <= high if low < high else hue >= low or hue <= high)
        and (not dark or value < 0.45)
    )


_HUES = {
    "red": (345, 20),
    "yellow": (42, 65),
    "green": (70, 165),
    "turquoise": (160, 192),
    "blue": (195, 250),
    "purple": (260, 320),
}
