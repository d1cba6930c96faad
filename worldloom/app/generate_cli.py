"""Commands that make worlds from words, a picture, a panorama or boxes, and change them: here, or on a server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar, cast, get_args

import typer

from worldloom.scene.errors import InvalidDataError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from worldloom.generate.image.guides import Guides
    from worldloom.generate.make import Made
    from worldloom.generate.spec import WorldSpec
    from worldloom.scene.world import World

Model = TypeVar("Model", bound="BaseModel")
Output = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads this at run time
    typer.Option("--output", "-o", metavar="WORLD", help="Folder of the new world.", show_default=False),
]
Server = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        help="Have a server do it, in its library.", envvar="WORLDLOOM_SERVER", metavar="URL", show_default=False
    ),
]
Token = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="What the server asks for.", envvar="WORLDLOOM_TOKEN", show_default=False),
]
Seed = Annotated[int, typer.Option(help="Of everything random; same seed, same world.")]
Known = Annotated[str, typer.Argument(help="Folder of a world, or with --server its identifier.", show_default=False)]
Words = Annotated[str, typer.Argument(help="In plain English.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (generate, look, understand, extend, event):
        app.command(command.__name__)(command)


def generate(
    prompt: Annotated[str, typer.Argument(help="What the world is like.", show_default=False)] = "",
    output: Output = None,
    source: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", help="A picture, a panorama (2:1), or a GLB of boxes.", show_default=False),
    ] = None,
    kind: Annotated[
        str,
        typer.Option("--as", help="What that file is: picture, panorama or blockout; auto looks at it."),
    ] = "auto",
    guides: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="What is known of the picture (JSON), as `worldloom look` prints it.", show_default=False),
    ] = None,
    depth: Annotated[
        str, typer.Option(help="Where distances in a picture come from: geometry, or network (our own, small).")
    ] = "geometry",
    spec: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="A WorldSpec (JSON), as `worldloom understand` prints it.", show_default=False),
    ] = None,
    name: Annotated[str, typer.Option(help="Of the new world.")] = "",
    gaussians: Annotated[Optional[int], typer.Option(help="About how many.", show_default=False)] = None,  # noqa: UP045
    seed: Seed = 0,
    server: Server = None,
    token: Token = None,
) -> None:
    """Make a world from words, one picture, a panorama or a block-out."""
    from worldloom.generate.image.guides import DepthBy, Source

    wanted = _spec_in(spec) if spec is not None else None
    known = _guides_in(guides) if guides is not None else None
    if kind not in get_args(Source):
        raise InvalidDataError(f"--as '{kind}' is not known; say {', '.join(get_args(Source))}.")
    if wanted is not None and gaussians is not None:
        wanted = wanted.model_copy(update={"gaussians": gaussians})
    if depth not in get_args(DepthBy):
        raise InvalidDataError(f"--depth '{depth}' is not known; say {', '.join(get_args(DepthBy))}.")
    if server is not None:
        from worldloom.app.remote_cli import connect, follow

        with connect(server, token) as client:
            options: dict[str, Any] = {"gaussians": gaussians} if gaussians and wanted is None else {}
            operation = client.generate(
                prompt,
                file=source,
                spec=wanted,
                guides=known,
                name=name,
                seed=seed,
                source=kind,
                depth=depth,
                **options,
            )
            follow(client, operation, True)
        return
    if output is None:
        raise InvalidDataError("Say where the world shall go: --output WORLD, or --server URL.")
    from worldloom.generate import make

    started = time.perf_counter()
    if wanted is not None:
        made = make.from_spec(wanted)
    elif source is not None:
        made = make.from_file(
            source, source=cast(Source, kind), guides=known, depth=cast(DepthBy, depth), prompt=prompt, seed=seed
        )
    else:
        made = make.from_text(prompt, seed=seed, gaussians=gaussians)
    _keep(made, output, name, time.perf_counter() - started)


def look(
    picture: Annotated[Path, typer.Argument(help="A picture.", show_default=False)],
    guides: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="What is known already (JSON).", show_default=False),
    ] = None,
) -> None:
    """Print what a picture is taken for (JSON): lens, horizon, height; to be changed for `generate --guides`."""
    from worldloom.generate.image.look import look_at

    seen = look_at(picture, _guides_in(guides) if guides is not None else None)
    for sentence in seen.sentences:
        typer.echo(sentence, err=True)
    print(seen.guides.model_dump_json(indent=2, exclude_none=True))


def understand(prompt: Words, seed: Seed = 0) -> None:
    """Print what would be made of a text as a WorldSpec (JSON), and what of it is not understood."""
    from worldloom.generate import understand as reader

    read = reader.understand(prompt, seed=seed)
    for phrase in read.unknown:
        typer.echo(f"Not understood: {phrase.text}", err=True)
    for sentence in read.assumed:
        typer.echo(f"Assumed: {sentence}", err=True)
    print(read.spec.model_dump_json(indent=2))


def extend(
    world: Known,
    prompt: Annotated[str, typer.Argument(help="What the new part is like; as it is there, if left out.")] = "",
    towards: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="X,Y,Z", help="A place past the edge, metres.", show_default=False),
    ] = None,
    tile: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="X,Z", help="A tile of 64 m by its numbers; may be given again.", show_default=False),
    ] = None,
    seed: Seed = 0,
    server: Server = None,
    token: Token = None,
) -> None:
    """Make more of a world past its edge, as a new layer; nothing that is there changes."""
    place = _numbers(towards, 3, "--towards", "120,0,0") if towards else None
    tiles = [tuple(int(value) for value in _numbers(text, 2, "--tile", "2,-1")) for text in tile or []]
    if server is not None:
        from worldloom.app.remote_cli import connect, follow

        with connect(server, token) as client:
            operation = client.extend(world, prompt, towards=place, tiles=tiles, seed=seed)  # pyright: ignore[reportArgumentType]
            follow(client, operation, True)
        return
    from worldloom.generate.extend import Where
    from worldloom.generate.extend import extend as grow

    folder, before = _loaded(world)
    grown = grow(before, Where(towards=place, tiles=tiles), text=prompt, seed=seed)  # pyright: ignore[reportArgumentType]
    _replace(folder, grown.world, grown.notes)


def event(world: Known, prompt: Words, server: Server = None, token: Token = None) -> None:
    """Have it be night, snow, autumn, fog, sunrise... in a world."""
    if server is not None:
        from worldloom.app.remote_cli import connect, follow

        with connect(server, token) as client:
            follow(client, client.event(world, prompt), True)
        return
    from worldloom.generate.events import happen_in_words

    folder, before = _loaded(world)
    changed = happen_in_words(before, prompt)
    _replace(folder, changed.world, changed.notes)


def _spec_in(path: Path) -> WorldSpec:
    """The WorldSpec in a file."""
    from worldloom.generate.spec import WorldSpec

    return _read(path, WorldSpec)


def _guides_in(path: Path) -> Guides:
    """What is known of a picture, in a file."""
    from worldloom.generate.image.guides import Guides

    return _read(path, Guides)


def _read(path: Path, model: type[Model]) -> Model:
    from pydantic import ValidationError

    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidDataError(f"{path} can't be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidDataError(f"{path} is no {model.__name__}: {where or 'the file'}: {first['msg']}.") from None


def _keep(made: Made, output: Path, name: str, seconds: float) -> None:
    from dataclasses import replace

    from worldloom.scene import world as worlds

    world = replace(made.world, name=name) if name else made.world
    worlds.save(world, output)
    count = sum(len(layer.gaussians) for layer in world.layers)
    print(f"{output}: {world.name}, {count:,} Gaussians in {seconds:.1f} s, by {made.by}.")
    for note in made.notes:
        print(note)


def _loaded(world: str) -> tuple[Path, World]:
    from worldloom.scene import world as worlds

    folder = Path(world)
    return folder, worlds.load(folder)


def _replace(folder: Path, world: World, notes: tuple[str, ...]) -> None:
    """The folder's world changes in one step; the record of the one before, and its layers, stay beside it."""
    from worldloom.scene import world as worlds
    from worldloom.scene.files import write_bytes

    write_bytes(folder / "world.previous.json", (folder / "world.json").read_bytes())
    worlds.save(world, folder)
    print(f"{folder}: {', '.join(layer.name for layer in world.layers)}")
    for note in notes:
        print(note)


def _numbers(text: str, count: int, option: str, example: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != count or not all(abs(value) < 1e7 for value in values):
        raise InvalidDataError(f"{option} '{text}' is not understood; write it like {example}.")
    return values
