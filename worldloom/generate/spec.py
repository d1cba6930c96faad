"""`WorldSpec`: everything a generated world is made from. Seeded, typed, editable; kept as its provenance.

Free of numpy and torch, so that pages and the API can show and check one.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["landscape", "island", "town", "interior", "cave", "space_station"]
BiomeName = Literal[
    "meadow",
    "forest",
    "conifer_forest",
    "jungle",
    "savanna",
    "desert",
    "tundra",
    "alpine",
    "heath",
    "wetland",
    "farmland",
    "coast",
    "canyon",
    "volcanic",
]
Shape = Literal["flat", "rolling", "hills", "mountains", "cliffs", "canyon", "dunes", "terraces", "volcano", "valley"]
Weather = Literal["clear", "cloudy", "overcast", "fog", "rain", "storm", "snow"]
Season = Literal["spring", "summer", "autumn", "winter"]
Material = Literal[
    "wood",
    "stone",
    "brick",
    "plaster",
    "concrete",
    "metal",
    "gold",
    "glass",
    "marble",
    "thatch",
    "tile",
    "slate",
    "sand",
    "ice",
    "crystal",
    "fabric",
    "leather",
    "clay",
]
TownStyle = Literal["european", "medieval", "mediterranean", "nordic", "japanese", "desert", "modern", "futuristic"]
RoomFunction = Literal[
    "living_room",
    "kitchen",
    "bedroom",
    "bathroom",
    "dining_room",
    "study",
    "library",
    "hall",
    "office",
    "classroom",
    "shop",
    "restaurant",
    "gallery",
    "workshop",
    "throne_room",
    "chapel",
    "corridor",
    "storage",
]
RelationName = Literal[
    "on", "above", "below", "beside", "near", "behind", "in_front_of", "in", "around", "between", "along", "facing"
]
Size = Literal["tiny", "small", "normal", "large", "huge"]

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Colour = tuple[Share, Share, Share]
"""sRGB, 0..1."""
Word = Annotated[str, Field(min_length=1, max_length=60)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class BiomeShare(_Part):
    name: BiomeName
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class Relief(_Part):
    """The lie of the land."""

    shape: Shape = "rolling"
    height: Annotated[float, Field(ge=0, le=1500, allow_inf_nan=False)] = 18.0
    """Metres from the lowest to the highest ground."""
    ruggedness: Share = 0.4
    """0 smooth, 1 broken rock."""
    erosion: Share = 0.5
    """How far rain has worn it down."""


class Water(_Part):
    sea: bool = False
    """The sea lies at y = 0 on one side, or all around an island."""
    lakes: Annotated[int, Field(ge=0, le=12)] = 0
    rivers: Annotated[int, Field(ge=0, le=6)] = 0
    waterfalls: Annotated[int, Field(ge=0, le=4)] = 0
    frozen: bool = False
    lava: bool = False
    """Lakes and rivers are of lava."""
    colour: Colour | None = None


class PlantGroup(_Part):
    """One species of plant, spread over the land."""

    species: Word
    """A name in `worldloom.generate.catalogue.PLANTS`."""
    share: Share = 0.5
    """Of all the plants of its sort (trees, bushes, flowers)."""
    count: Annotated[int, Field(ge=1, le=5000)] | None = None
    """Exactly so many; None: as many as `share` and the density give."""
    colour: Colour | None = None
    """Of leaves or blossom; None: the species' own in this season."""


class Vegetation(_Part):
    trees: Share = 0.3
    """Cover; 0 none, 1 closed forest."""
    bushes: Share = 0.3
    grass: Share = 0.6
    flowers: Share = 0.1
    plants: tuple[PlantGroup, ...] = ()
    """Species asked for; where none of a sort is, the biome chooses."""


class Settlement(_Part):
    """Buildings that belong together: a village, a town, a farm, a city."""

    buildings: Annotated[int, Field(ge=0, le=400)] = 0
    style: TownStyle = "european"
    floors: tuple[int, int] = (1, 3)
    """Fewest and most storeys."""
    roads: Literal["none", "path", "dirt", "gravel", "cobble", "asphalt"] = "cobble"
    road_count: Annotated[int, Field(ge=0, le=40)] = 0
    """Roads besides the town's own streets."""
    wall_material: Material | None = None
    wall_colour: Colour | None = None
    roof_material: Material | None = None
    roof_colour: Colour | None = None
    ruined: bool = False
    town_wall: bool = False


class Room(_Part):
    function: RoomFunction = "living_room"
    width: Annotated[float, Field(ge=1.5, le=60)] | None = None
    """Metres along x; None: what the function needs."""
    depth: Annotated[float, Field(ge=1.5, le=60)] | None = None


class Interior(_Part):
    rooms: tuple[Room, ...] = ()
    ceiling: Annotated[float, Field(ge=2.0, le=30)] = 2.7
    """Height, metres."""
    windows: Share = 0.5
    wall_material: Material | None = None
    wall_colour: Colour | None = None
    floor_material: Material | None = None
    floor_colour: Colour | None = None
    furnished: bool = True


class Relation(_Part):
    """Where an object stands: `relation` its `target`."""

    relation: RelationName
    target: Word
    """The `id` of another object, or a feature: "lake", "river", "sea", "shore", "village", "road", "forest", "cliff",
    "hill", "peak", "field", "room", "wall", "table", "ground", "sky", "centre"."""
    other: Word | None = None
    """The second target of "between"."""


class ObjectSpec(_Part):
    """A thing, or several alike, that someone asked for."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$")]
    what: Word
    """A name in `worldloom.generate.catalogue.OBJECTS`."""
    count: Annotated[int, Field(ge=1, le=500)] = 1
    size: Size = "normal"
    height: Annotated[float, Field(gt=0, le=1000)] | None = None
    """Metres, where the text says so."""
    colour: Colour | None = None
    material: Material | None = None
    ruined: bool = False
    glowing: bool = False
    relations: Annotated[tuple[Relation, ...], Field(max_length=6)] = ()


class Style(_Part):
    name: Literal["natural", "painterly", "fantasy", "cyberpunk", "spooky", "cosy", "alien", "toy", "noir"] = "natural"
    palette: Annotated[tuple[Colour, ...], Field(max_length=8)] = ()
    """Colours that tint the world; none: as they are."""
    saturation: Annotated[float, Field(ge=0, le=2)] = 1.0


class WorldSpec(_Part):
    """A world before it is built. The same spec gives the same bytes."""

    worldspec: Literal[1] = 1
    """Version of this record's layout."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    title: Annotated[str, Field(max_length=200)] = ""
    prompt: Annotated[str, Field(max_length=4000)] = ""
    """The text it was understood from, if any."""
    kind: Kind = "landscape"
    extent: Annotated[float, Field(ge=8, le=2000)] = 160.0
    """Metres from edge to edge."""
    biomes: Annotated[tuple[BiomeShare, ...], Field(min_length=1, max_length=6)] = (BiomeShare(name="meadow"),)
    relief: Relief = Relief()
    water: Water = Water()
    vegetation: Vegetation = Vegetation()
    settlement: Settlement = Settlement()
    interior: Interior = Interior()
    objects: Annotated[tuple[ObjectSpec, ...], Field(max_length=60)] = ()
    without: Annotated[tuple[Word, ...], Field(max_length=40)] = ()
    """What the text says there is none of: "trees", "people", "lighthouse"..."""
    hour: Annotated[float, Field(ge=0, lt=24)] = 15.0
    """Local solar time."""
    weather: Weather = "clear"
    season: Season = "summer"
    style: Style = Style()
    gaussians: Annotated[int, Field(ge=2_000, le=5_000_000)] = 600_000
    """How many to make, about; never more than a tenth above."""
