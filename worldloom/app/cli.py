"""The command line. Everything heavy is imported inside the command that needs it, so that help answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from worldloom import __version__
from worldloom.app.command_cli import register as register_command
from worldloom.app.edit_cli import register as register_edit
from worldloom.app.edit_files import register as register_edit_files
from worldloom.app.generate_cli import register as register_generate
from worldloom.app.remote_cli import register
from worldloom.app.segment_cli import register as register_segment
from worldloom.scene.errors import InvalidDataError, WorldloomError

if TYPE_CHECKING:
    from worldloom.reconstruct.pipeline import Outcome

app = typer.Typer(
    name="worldloom",
    help="Photos, video or a point cloud in; a 3D Gaussian-splat world to walk through out.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)

register(app)
register_generate(app)
register_edit(app)
register_command()
register_segment()
register_edit_files()

_STAGES = "collect, select, pose, align, initialise, train, clean, evaluate"


def main() -> None:
    """Run a command. Exit status: 0 done, 2 something was wrong and one sentence says what, 130 stopped by Ctrl-C."""
    try:
        app(standalone_mode=False)
    except WorldloomError as error:
        _complain(str(error))
        sys.exit(2)
    except typer.Exit as error:
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _complain("Stopped. What was done is kept; run the same command again to go on.")
        sys.exit(130)
    except Exception as error:
        usage = getattr(error, "show", None)  # a usage error of the argument parser
        if usage is None:
            raise
        usage()
        sys.exit(2)


def _complain(sentence: str) -> None:
    print(f"worldloom: {sentence}", file=sys.stderr)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Photos, video or a point cloud in; a 3D Gaussian-splat world to walk through out."""


@app.command()
def reconstruct(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="A folder or list of photos, videos, a zip, a COLMAP model, a transforms.json, or an E57/PLY/LAS "
            "point cloud with or without photos.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads this at run time
        typer.Option("--output", "-o", metavar="WORLD", help="Folder of the new world.", show_default=False),
    ] = None,
    server: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Have a server make it, into its library, instead of this machine.",
            envvar="WORLDLOOM_SERVER",
            metavar="URL",
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="What the server asks for.", envvar="WORLDLOOM_TOKEN", show_default=False),
    ] = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Of the new world; by default the folder's.", show_default=False),
    ] = None,
    preset: Annotated[str, typer.Option(help="draft (minutes), standard, or high.")] = "standard",
    masks: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads this at run time
        typer.Option(help="Folder of masks named like the photos; black is ignored.", show_default=False),
    ] = None,
    gaussians: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Never more Gaussians than this; bounds memory and time.", show_default=False),
    ] = None,
    iterations: Annotated[Optional[int], typer.Option(help="Training steps.", show_default=False)] = None,  # noqa: UP045
    size: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Longest side of the training pictures, pixels.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything random; same seed, same world.")] = 0,
    no_holdout: Annotated[
        bool, typer.Option("--no-holdout", help="Train on all photos instead of measuring quality on every 8th.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="Continue an interrupted training, or begin it anew.")
    ] = True,
    until: Annotated[Optional[str], typer.Option(help="Stop after this stage.", show_default=False)] = None,  # noqa: UP045
    redo: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--from", help="Run this stage and those after it again.", show_default=False),
    ] = None,
    only: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Run this one stage; those before it must have run.", show_default=False),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="STAGE.FIELD=VALUE",
            help="Any option of any stage; see `worldloom options`.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="cpu or cuda; by default CUDA where it works.", show_default=False),
    ] = None,
    threads: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="CPU threads; by default all cores.", show_default=False),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")] = False,
) -> None:
    """Turn photos into a world.

    The stages are collect, select, pose, align, initialise, train, clean and evaluate. Each keeps its result in the
    world's folder, so running the same command again continues where it stopped. Ctrl-C during training finishes the
    world with what there is.
    """
    from worldloom.reconstruct import presets

    _check_choice("preset", preset, ("draft", "standard", "high"))
    _check_choice("engine", engine, ("cpu", "cuda"))
    for option, stage in (("until", until), ("from", redo), ("only", only)):
        _check_choice(option, stage, tuple(_STAGES.split(", ")))
    if output is None:
        if server is None:
            raise InvalidDataError("Say where the world goes: -o FOLDER, or --server URL.")
        _reconstruct_on_server(
            server, token, inputs, name, preset, seed, gaussians, iterations, not no_holdout, settings, engine, size
        )
        return
    overrides: dict[str, object] = {}
    for dotted, value in (
        ("train.cap", gaussians),
        ("train.iterations", iterations),
        ("views.max_size", size),
        ("collect.masks", str(masks) if masks else None),
    ):
        if value is not None:
            overrides[dotted] = value
    overrides |= {"train.seed": seed, "pose.seed": seed, "initialise.seed": seed}
    if no_holdout:
        overrides["views.holdout_every"] = None
    options = presets.preset(preset, settings or [], overrides)  # pyright: ignore[reportArgumentType] - checked above
    outcome = _reconstruct(
        inputs,
        output,
        options,
        until=until,
        redo=redo,
        only=only,
        resume=resume,
        engine=engine,
        threads=threads,
        quiet=quiet,
    )
    if not quiet:
        _print_outcome(outcome)


def _reconstruct_on_server(
    server: str,
    token: str | None,
    inputs: list[Path],
    name: str | None,
    preset: str,
    seed: int,
    gaussians: int | None,
    iterations: int | None,
    holdout: bool,
    settings: list[str] | None,
    engine: str | None,
    size: int | None,
) -> None:
    from worldloom.app.remote_cli import connect, follow

    lines = [*(settings or []), *([f"views.max_size={size}"] if size else [])]
    with connect(server, token) as client:
        operation = client.reconstruct(
            inputs,
            name=name or inputs[0].absolute().stem,
            preset=preset,
            seed=seed,
            gaussians=gaussians,
            iterations=iterations,
            holdout=holdout,
            settings=lines,
            engine=engine or "auto",
        )
        follow(client, operation, True)


def _reconstruct(
    inputs: list[Path],
    output: Path,
    options: object,
    *,
    until: str | None = None,
    redo: str | None = None,
    only: str | None = None,
    resume: bool = True,
    engine: str | None = None,
    threads: int | None = None,
    quiet: bool = False,
) -> Outcome:
    from worldloom import render
    from worldloom.app.terminal import TerminalProgress
    from worldloom.reconstruct.pipeline import reconstruct as run

    if threads is not None:
        if threads < 1:
            raise InvalidDataError(f"--threads {threads}: give one or more.")
        render.set_threads(threads)
    with TerminalProgress(quiet=quiet) as progress:
        return run(
            inputs,
            output,
            options,  # pyright: ignore[reportArgumentType]
            progress,
            until=until,
            redo_from=redo,
            only=only,
            resume=resume,
            engine=engine,  # pyright: ignore[reportArgumentType]
        )


def _print_outcome(outcome: Outcome) -> None:
    rows = [("World", outcome.world_folder), ("PLY", outcome.ply), ("SPZ", outcome.spz), ("Report", outcome.report)]
    for name, path in rows:
        if path is not None:
            print(f"{name:<8}{path}")
    for line in outcome.summary:
        print(line)


def _check_choice(option: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise InvalidDataError(f"--{option} {value}: choose one of {', '.join(choices)}.")


@app.command()
def options(
    preset: Annotated[str, typer.Option(help="Whose values to show: draft, standard, high.")] = "standard",
) -> None:
    """List every option of every stage, for `--set`."""
    from rich.console import Console
    from rich.table import Table

    from worldloom.reconstruct import presets

    _check_choice("preset", preset, ("draft", "standard", "high"))
    table = Table("Option", "Value", "What it is", box=None, pad_edge=False)
    for name, (value, words) in presets.describe(presets.preset(preset)):  # pyright: ignore[reportArgumentType]
        table.add_row(name, str(value), words)
    Console().print(table)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A splat file, or a world's folder.", show_default=False)],
    target: Annotated[Path, typer.Argument(help="The new file; its ending says the format.", show_default=False)],
) -> None:
    """Convert between .ply, .compressed.ply, .splat, .spz, .glb and .usdc/.usdz."""
    from worldloom import export
    from worldloom.scene import world as worlds

    if source.is_dir():
        world = worlds.load(source)
        export.write_world(world, target)
        gaussians = world.gaussians()
    else:
        gaussians = export.read(source)
        export.write(gaussians, target)
    print(f"{target}: {len(gaussians):,} Gaussians, {target.stat().st_size / 1e6:.1f} MB")


def _read_any(source: Path):
    from worldloom import export
    from worldloom.scene import world as worlds

    return worlds.load(source).gaussians() if source.is_dir() else export.read(source)


@app.command()
def info(
    source: Annotated[Path, typer.Argument(help="A splat file, or a world's folder.", show_default=False)],
) -> None:
    """Say what is in a splat file or a world."""
    from worldloom.scene.geometry import statistics

    gaussians = _read_any(source)
    found = statistics(gaussians)
    print(f"{found.count:,} Gaussians, SH degree {found.sh_degree}, {found.bytes / 1e6:.1f} MB in memory")
    if found.bounds is not None:
        low, high = (
            ", ".join(f"{value:.3g}" for value in corner) for corner in (found.bounds.lower, found.bounds.upper)
        )
        print(f"from ({low}) to ({high}) m")
        print(f"median size {found.median_scale:.3g} m, largest {found.largest_scale:.3g} m")
        print(f"mean opacity {found.mean_opacity:.2f}, {found.transparent_share:.0%} nearly transparent")


@app.command()
def render(
    world: Annotated[Path, typer.Argument(help="A world's folder, or a splat file.", show_default=False)],
    target: Annotated[Path, typer.Argument(help="The picture: .png or .jpg.", show_default=False)],
    size: Annotated[str, typer.Option(help="Width x height, pixels.")] = "1280x720",
    position: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Eye: x,y,z in metres; by default the spawn pose.", show_default=False),
    ] = None,
    target_point: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--look-at", help="Point to look at: x,y,z.", show_default=False),
    ] = None,
    field_of_view: Annotated[float, typer.Option("--fov", help="Vertical field of view, degrees.")] = 60.0,
) -> None:
    """Render a picture of a world."""
    from worldloom.app.picture import render_picture

    render_picture(world, target, size=size, position=position, look_at=target_point, vertical_fov=field_of_view)
    print(target)


@app.command()
def view(
    world: Annotated[Path, typer.Argument(help="A world's folder.", show_default=False)],
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")] = 8010,
) -> None:
    """Walk through a world, on this machine only. Its library, with what you change, is kept in its folder."""
    _show(world, port)


def _show(world: Path, port: int) -> None:
    from worldloom.app.server.run import run

    run(
        host="127.0.0.1",
        port=port,
        data=world / "library",
        database=None,
        blobs=None,
        token=None,
        cpu_jobs=1,
        job_memory=None,
        upload_limit=8.0,
        samples=False,
        open_browser=False,
        show=world,
    )


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own asks everyone for a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 7860,
    data: Annotated[Path, typer.Option(help="Folder of the library.", envvar="WORLDLOOM_HOME", metavar="DIR")] = Path(
        "~/.worldloom"
    ),
    database: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Index of worlds and work: postgresql://...; by default SQLite in the folder.",
            envvar="WORLDLOOM_DATABASE",
            show_default=False,
        ),
    ] = None,
    blobs: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Where files are kept: s3://..., or any address of fsspec; by default in the folder.",
            envvar="WORLDLOOM_BLOBS",
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="What to ask everyone for; by default one is made up where it is needed.",
            envvar="WORLDLOOM_TOKEN",
            show_default=False,
        ),
    ] = None,
    cpu_jobs: Annotated[int, typer.Option(min=1, help="Heavy operations at a time where there is no GPU.")] = 1,
    job_memory: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="GB that one operation may hold; by default 3/4 of the machine's.", show_default=False),
    ] = None,
    upload_limit: Annotated[float, typer.Option(min=0.001, help="GB that one upload may have.")] = 8.0,
    language_model: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Has a language model read orders in words (litellm's ids, ollama/qwen3:8b); by default rules do.",
            envvar="WORLDLOOM_LANGUAGE_MODEL",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[bool, typer.Option(help="Put the sample worlds into a new library.")] = True,
    segmenter: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="Find things by this segmentation model: sam2, clipseg (by words), or ID=FOLDER.",
            envvar="WORLDLOOM_SEGMENTERS",
            show_default=False,
        ),
    ] = None,
    pages: Annotated[
        bool, typer.Option(help="Serve the web app's pages; without them only the API and the viewer, in less memory.")
    ] = True,
    open_browser: Annotated[bool, typer.Option("--open", help="Show the page in the browser.")] = False,
) -> None:
    """Serve the web app: make worlds, walk in them, take them with you."""
    from worldloom.app.server.run import run

    run(
        host=host,
        port=port,
        data=data,
        database=database,
        blobs=blobs,
        token=token,
        cpu_jobs=cpu_jobs,
        job_memory=job_memory,
        upload_limit=upload_limit,
        samples=samples,
        segmenters=segmenter or (),
        pages=pages,
        open_browser=open_browser,
        language_model=language_model,
    )


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put the demo world.")] = Path("worldloom-demo"),
    serve_page: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve a page to look at it.")] = True,
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")] = 8010,
) -> None:
    """Reconstruct the bundled sample photos and show the result."""
    from worldloom.app.demo import demo_options, sample_photos

    outcome = _reconstruct([sample_photos()], folder, demo_options())
    _print_outcome(outcome)
    if serve_page:
        _show(outcome.world_folder, port)


if __name__ == "__main__":
    main()
