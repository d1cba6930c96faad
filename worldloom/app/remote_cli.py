"""Commands that ask a server: the verbs of the REST API."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from worldloom.app.server.schemas import OperationModel
    from worldloom.client import Client

Server = Annotated[
    str,
    typer.Option("--server", help="Address of the server.", envvar="WORLDLOOM_SERVER", metavar="URL"),
]
Token = Annotated[
    Optional[str],  # noqa: UP045 - typer reads this at run time
    typer.Option("--token", help="What the server asks for.", envvar="WORLDLOOM_TOKEN", show_default=False),
]
Identifier = Annotated[str, typer.Argument(help="Its identifier.", show_default=False)]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is done.")]
DEFAULT = "http://127.0.0.1:7860"
_PANEL = "On a server (--server URL)"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (
        worlds, versions, import_, export, operations, cancel, finish, retry, log,
    ):  # fmt: skip
        app.command(command.__name__.rstrip("_"), rich_help_panel=_PANEL)(command)


def worlds(
    query: Annotated[str, typer.Argument(help="Words in names and tags.")] = "",
    tag: Annotated[Optional[str], typer.Option(help="A tag.", show_default=False)] = None,  # noqa: UP045
    bin: Annotated[bool, typer.Option("--bin", help="Those in the bin instead.")] = False,
    server: Server = DEFAULT,
    token: Token = None,
) -> None:
    """List worlds."""
    with connect(server, token) as client:
        for world in client.worlds(query, tag=tag, deleted=bin):
            tags = f"  [{', '.join(world.tags)}]" if world.tags else ""
            print(f"{world.id}  {world.gaussians:>10,}  version {world.head:<4} {world.name}{tags}")


def versions(
    world: Identifier,
    server: Server = DEFAULT,
    token: Token = None,
) -> None:
    """List the versions of a world."""
    with connect(server, token) as client:
        for version in client.versions(world):
            made = time.strftime("%Y-%m-%d %H:%M", time.localtime(version.created))
            print(f"{version.number:>4}  {made}  {version.gaussians:>10,}  {version.message}")


def import_(
    file: Annotated[Path, typer.Argument(help="A splat file, or a zipped world.", show_default=False)],
    name: Annotated[Optional[str], typer.Option(help="Of the new world.", show_default=False)] = None,  # noqa: UP045
    wait: Wait = True,
    server: Server = DEFAULT,
    token: Token = None,
) -> None:
    """Take a splat file or a zipped world into a server's library."""
    with connect(server, token) as client:
        follow(client, client.import_file(file, name=name or file.stem), wait)


def export(
    world: Identifier,
    target: Annotated[Path, typer.Argument(help="The file; its ending says the format.", show_default=False)],
    version: Annotated[Optional[int], typer.Option(help="By default the newest.", show_default=False)] = None,  # noqa: UP045
    server: Server = DEFAULT,
    token: Token = None,
) -> None:
    """Fetch a world as .ply, .compressed.ply, .splat, .spz, .glb, .usdc, .usdz or .zip."""
    ending = "compressed.ply" if target.name.endswith(".compressed.ply") else target.suffix.lstrip(".")
    with connect(server, token) as client:
        done = follow(client, client.export(world, ending, version=version), True)
        client.download(done, target)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


def operations(server: Server = DEFAULT, token: Token = None) -> None:
    """List long work."""
    with connect(server, token) as client:
        for one in client.operations():
            print(f"{one.id}  {one.kind:<12} {one.status:<10} {one.fraction:>4.0%}  {one.title}")


def cancel(
    operation: Identifier,
    server: Server = DEFAULT,
    token: Token = None,
) -> None:
    """Stop long work; `retry` goes on from its last checkpoint."""
    with connect(server, token) as client:
        print(client.cancel(operation).status)


def finish(
    operation: Identifier,
    server: Server = DEFAULT,
    token: Token = None,
) -> None:
    """Make the world with what was trained so far."""
    with connect(server, token) as client:
        print(client.finish(operation).status)


def retry(
    operation: Identifier,
    wait: Wait = True,
    server: Server = DEFAULT,
    token: Token = None,
) -> None:
    """Try what failed or was cancelled again, from where it stopped."""
    with connect(server, token) as client:
        follow(client, client.retry(operation), wait)


def log(
    operation: Identifier,
    server: Server = DEFAULT,
    token: Token = None,
) -> None:
    """Print the end of a worker's log."""
    with connect(server, token) as client:
        print(client.log(operation))


def connect(server: str, token: str | None) -> Client:
    """A client, imported when it is needed."""
    from worldloom.client import Client

    return Client(server, token=token)


def follow(client: Client, operation: OperationModel, wait: bool) -> OperationModel:
    """Show how far an operation is until it is done; without waiting, say how to ask."""
    if not wait:
        print(f"{operation.id}  {operation.title}: {operation.status}")
        return operation
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[words]}"))
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bars:
        bar = bars.add_task(operation.title, total=1.0, words="waiting")

        def show(found: OperationModel) -> None:
            bars.update(bar, completed=found.fraction, words=f"{found.stage} {found.message}".strip() or found.status)

        done = client.wait(operation, progress=show)
    if done.world and done.kind != "export":
        print(f"World   {done.world}")
        print(f"Walk    {client.server}/viewer/?world={done.world}")
    for line in (done.result or {}).get("summary", []):
        print(line)
    return done
