"""A world from words: what is understood is shown, can be changed as a form, and is built."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, get_args

import gradio as gr
from pydantic import ValidationError

from worldloom.app.server.schemas import Understood
from worldloom.app.server.service import Service
from worldloom.app.server.words import understood
from worldloom.generate.catalogue import OBJECTS
from worldloom.generate.spec import (
    BiomeName,
    BiomeShare,
    Kind,
    ObjectSpec,
    Relation,
    Season,
    Shape,
    Size,
    TownStyle,
    Weather,
    WorldSpec,
)
from worldloom.scene.errors import WorldloomError

_EXAMPLES = (
    "A quiet alpine lake at dawn, pines on the shore and a small wooden cabin",
    "A medieval village on a hill in autumn, with a church and a stone bridge",
    "A tropical island with palm trees and a red lighthouse on a cliff",
    "A cosy reading room with a fireplace, bookshelves and a green armchair",
)
_COLUMNS = ("what", "count", "size", "colour", "material", "where", "of what")


def build(service: Service, progress: gr.HTML, progress_of: Any) -> None:
    """The tab. `progress_of` gives the HTML that follows an operation."""
    prompt = gr.Textbox(
        label="What is the world like?",
        placeholder=_EXAMPLES[0],
        lines=4,
        max_length=4000,
        elem_id="prompt",
    )
    gr.Examples([[text] for text in _EXAMPLES], prompt, label="For example")
    with gr.Row():
        read = gr.Button("What is understood?", elem_id="understand")
        make = gr.Button("Make the world", variant="primary", elem_id="make")
    account = gr.HTML("", elem_id="account", apply_default_css=False)
    spec = gr.State(None)
    with gr.Accordion("Change it", open=True, visible=False, elem_id="form") as form:
        fields = _fields()
    with gr.Accordion("For experts", open=False), gr.Row():
        seed = gr.Number(label="Seed", precision=0, minimum=0, value=0)
        gaussians = gr.Number(label="Gaussians", precision=0, minimum=2000, maximum=5_000_000, value=600_000)

    def shown(text: str, seed: float | None) -> tuple[Any, ...]:
        try:
            reading = understood(text, int(seed or 0))
        except WorldloomError as error:
            raise gr.Error(str(error), title="This can't be read") from None
        return (
            _account(text, reading),
            reading.spec.model_dump(mode="json"),
            gr.update(visible=True),
            *_values(reading.spec),
        )

    read.click(shown, [prompt, seed], [account, spec, form, *fields], show_progress="minimal", api_visibility="private")
    # What was understood of an older text must not be built for a newer one.
    prompt.input(lambda: (None, gr.update(visible=False), ""), None, [spec, form, account], api_visibility="private")

    def begin(
        text: str, kept: dict[str, Any] | None, seed: float | None, gaussians: float | None, *values: Any
    ) -> tuple[str, str]:
        try:
            options: dict[str, Any] = {"prompt": text or "", "seed": int(seed or 0)}
            if kept is None:
                options["gaussians"] = int(gaussians or 600_000)
            else:
                changed = _changed(WorldSpec.model_validate(kept), values)
                sizes = {"gaussians": int(gaussians or 600_000), "seed": int(seed or 0)}
                options["spec"] = changed.model_copy(update=sizes).model_dump(mode="json")
            operation = service.generate("", **options)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise gr.Error(f"'{where}' can't be used: {first['msg']}.", title="The world can't be made") from None
        except WorldloomError as error:
            raise gr.Error(str(error), title="The world can't be made") from None
        return progress_of(operation.id), ""

    make.click(
        begin,
        [prompt, spec, seed, gaussians, *fields],
        [progress, account],
        show_progress="minimal",
        api_visibility="private",
    )


def _fields() -> list[Any]:
    """The form, in the order of `_values`."""
    with gr.Row():
        kind = gr.Dropdown(_named(get_args(Kind)), label="Kind")
        biome = gr.Dropdown(_named(get_args(BiomeName)), label="Land")
        extent = gr.Slider(8, 1000, step=1, label="Size, metres")
    with gr.Row():
        shape = gr.Dropdown(_named(get_args(Shape)), label="Relief")
        height = gr.Slider(0, 500, step=1, label="Height, metres")
        hour = gr.Slider(0, 23.9, step=0.1, label="Hour")
    with gr.Row():
        weather = gr.Dropdown(_named(get_args(Weather)), label="Weather")
        season = gr.Dropdown(_named(get_args(Season)), label="Season")
        sea = gr.Checkbox(label="Sea")
    with gr.Row():
        lakes = gr.Slider(0, 12, step=1, label="Lakes")
        rivers = gr.Slider(0, 6, step=1, label="Rivers")
        trees = gr.Slider(0, 1, step=0.01, label="Trees")
    with gr.Row():
        bushes = gr.Slider(0, 1, step=0.01, label="Bushes")
        grass = gr.Slider(0, 1, step=0.01, label="Grass")
        flowers = gr.Slider(0, 1, step=0.01, label="Flowers")
    with gr.Row():
        buildings = gr.Slider(0, 200, step=1, label="Buildings")
        style = gr.Dropdown(_named(get_args(TownStyle)), label="Their style")
        without = gr.Textbox(label="Without", placeholder="trees, people", max_lines=1)
    things = gr.Dataframe(
        headers=list(_COLUMNS),
        datatype=["str", "number", "str", "str", "str", "str", "str"],
        column_count=len(_COLUMNS),
        column_limits=(len(_COLUMNS), len(_COLUMNS)),
        row_count=1,
        label="Things",
        type="array",
        wrap=True,
    )
    land = [kind, biome, extent, shape, height, hour, weather, season, sea, lakes, rivers]
    return [*land, trees, bushes, grass, flowers, buildings, style, without, things]


def _named(values: Sequence[str]) -> list[tuple[str, str]]:
    return [(value.replace("_", " ").capitalize(), value) for value in values]


def _values(spec: WorldSpec) -> list[Any]:
    """What the form shows of a spec."""
    rows = [
        [
            one.what,
            one.count,
            one.size,
            _hex(one.colour) if one.colour else "",
            one.material or "",
            one.relations[0].relation if one.relations else "",
            one.relations[0].target if one.relations else "",
        ]
        for one in spec.objects
    ]
    cover, water, town = spec.vegetation, spec.water, spec.settlement
    return [
        *(spec.kind, spec.biomes[0].name, spec.extent, spec.relief.shape, spec.relief.height, spec.hour),
        *(spec.weather, spec.season, water.sea, water.lakes, water.rivers),
        *(cover.trees, cover.bushes, cover.grass, cover.flowers),
        *(town.buildings, town.style, ", ".join(spec.without)),
        rows or [[""] * len(_COLUMNS)],
    ]


def _changed(spec: WorldSpec, values: Sequence[Any]) -> WorldSpec:
    """The spec with what the form says.

    Raises:
        ValidationError: a value does not fit.
    """
    (kind, biome, extent, shape, height, hour, weather, season, sea, lakes, rivers) = values[:11]
    (trees, bushes, grass, flowers, buildings, style, without, rows) = values[11:]
    biomes = spec.biomes
    if biome != spec.biomes[0].name:
        biomes = (BiomeShare(name=biome, share=spec.biomes[0].share), *spec.biomes[1:])
    parts = {
        "kind": kind,
        "biomes": biomes,
        "extent": extent,
        "relief": {**spec.relief.model_dump(), "shape": shape, "height": height},
        "water": {**spec.water.model_dump(), "sea": sea, "lakes": int(lakes), "rivers": int(rivers)},
        "vegetation": {
            **spec.vegetation.model_dump(),
            "trees": trees,
            "bushes": bushes,
            "grass": grass,
            "flowers": flowers,
        },
        "settlement": {**spec.settlement.model_dump(), "buildings": int(buildings), "style": style},
        "hour": float(hour) % 24,
        "weather": weather,
        "season": season,
        "without": tuple(word.strip() for word in str(without or "").split(",") if word.strip()),
        "objects": _objects(spec, rows),
    }
    return WorldSpec.model_validate({**spec.model_dump(), **parts})


def _objects(spec: WorldSpec, rows: Sequence[Sequence[Any]]) -> tuple[ObjectSpec, ...]:
    """The things of the table; what the table does not show of one that was there is kept."""
    before = list(spec.objects)
    made: list[ObjectSpec] = []
    for number, row in enumerate(rows):
        what, count, size, colour, material, where, target = (str(value or "").strip() for value in row)
        if not what:
            continue
        name = what.lower().replace(" ", "_")
        if name not in OBJECTS and not any(one.what == name for one in before):
            raise gr.Error(f"'{what}' is nothing that can be made; choose one of: {', '.join(OBJECTS[:20])}...")
        old = next((one for one in before if one.what == name), None)
        if old is not None:
            before.remove(old)
        base = old.model_dump() if old is not None else {"id": f"{name}_form_{number + 1}", "what": name}
        relations = [Relation(relation=where, target=target)] if where and target else []  # pyright: ignore[reportArgumentType]
        if old is not None and old.relations:
            relations += list(old.relations[1:])
        found = {
            "count": int(float(count or 1)),
            "size": size if size in get_args(Size) else "normal",
            "colour": _colour(colour),
            "material": material or None,
            "relations": tuple(relation.model_dump() for relation in relations),
        }
        made.append(ObjectSpec.model_validate({**base, **found}))
    return tuple(made)


def _hex(colour: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * value):02x}" for value in colour)


def _colour(text: str) -> tuple[float, float, float] | None:
    if not text:
        return None
    from worldloom.app.pages.world import parse_colour

    try:
        return parse_colour(text)
    except WorldloomError as error:
        raise gr.Error(str(error)) from None


def _account(text: str, reading: Understood) -> str:
    """The text with what was understood and what was not marked, and the world in plain English."""
    marks = sorted([*reading.understood, *reading.unknown], key=lambda phrase: (phrase.start, -phrase.end))
    pieces: list[str] = []
    at = 0
    for phrase in marks:
        if phrase.start < at:
            continue
        kind = "unknown" if phrase.by == "nothing" else "similar" if phrase.by == "similarity" else "known"
        pieces.append(escape(text[at : phrase.start]))
        pieces.append(
            f'<mark class="{kind}" title="{escape(phrase.meaning, quote=True)}">'
            f"{escape(text[phrase.start : phrase.end])}</mark>"
        )
        at = phrase.end
    pieces.append(escape(text[at:]))
    unknown = ", ".join(dict.fromkeys(phrase.text for phrase in reading.unknown))
    lines = [f"<p class='reading'>{''.join(pieces)}</p>", f"<p>{escape(reading.description)}</p>"]
    lines.append(f"<p><b>Not understood:</b> {escape(unknown) if unknown else 'nothing'}.</p>")
    if reading.assumed:
        lines.append(f"<p><b>Chosen, since you did not say:</b> {escape(' '.join(reading.assumed))}</p>")
    if reading.note:
        lines.append(f"<p>{escape(reading.note)}</p>")
    return "".join(lines)
