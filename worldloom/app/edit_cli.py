"""`worldloom edit`: every operation, undo, branches and saves, on a server, in a library here, or on a file."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from worldloom.scene.errors import InvalidDataError

if TYPE_CHECKING:
    from worldloom.app.editing.local import LocalEditing
    from worldloom.app.server.edit_schemas import EditResult
    from worldloom.client_editing import Editing
    from worldloom.edit.operation import Operation

    AnyEditing = Editing | LocalEditing


@dataclass(frozen=True)
class Asked:
    """What was said on the command line."""

    words: list[str]
    """After the verb."""
    where: dict[str, Any] | None
    save: bool
    message: str
    target: str | None


Verb = Callable[["AnyEditing", Asked], None]
VERBS: dict[str, Verb] = {}
"""What can follow the world, besides the names of operations. Other command files add theirs."""


def verb(name: str) -> Callable[[Verb], Verb]:
    """Adds a verb."""

    def add(function: Verb) -> Verb:
        VERBS[name] = function
        return function

    return add


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("edit")(edit)


def edit(
    world: Annotated[
        str, typer.Argument(help="A world's identifier, its folder, or a splat file.", show_default=False)
    ],
    words: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads this at run time
        typer.Argument(
            help="do JSON (or - for standard input); undo, redo, log, save; branches, branch NAME, merge NAME; insert "
            "FILE; or an operation's name with FIELD=JSON. Of a file or folder: where the result goes.",
            show_default=False,
        ),
    ] = None,
    do: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--do", metavar="JSON", help="An operation, or a list of them.", show_default=False),
    ] = None,
    sphere: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="X,Y,Z,R", help="Where: in a ball, metres.", show_default=False),
    ] = None,
    box: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="X,Y,Z,W,H,D", help="Where: in a box of that middle and size.", show_default=False),
    ] = None,
    thing: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--object", metavar="X,Y,Z", help="Where: the thing at that place.", show_default=False),
    ] = None,
    photos: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="DIR", help="Of erase-transients: the photos that the world was made from.", show_default=False
        ),
    ] = None,
    layer: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Where: in these layers.", show_default=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Where: everywhere.")] = False,
    branch: Annotated[str, typer.Option(help="Which branch.")] = "main",
    person: Annotated[str, typer.Option(help="Who does it: undo takes back one's own.")] = "cli",
    save: Annotated[bool, typer.Option("--save/--no-save", help="Keep a version at once.")] = True,
    message: Annotated[str, typer.Option("--message", "-m", help="What the version is called.")] = "",
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Id of what is undone or done again.", show_default=False),
    ] = None,
    segmenter: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="Models that `segment` and `say` find things by, here: sam2, clipseg (by words), or ID=FOLDER.",
            envvar="WORLDLOOM_SEGMENTERS",
            show_default=False,
        ),
    ] = None,
    server: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--server", help="Edit there.", envvar="WORLDLOOM_SERVER", metavar="URL", show_default=False),
    ] = None,
    token: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--token", help="What the server asks for.", envvar="WORLDLOOM_TOKEN", show_default=False),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder of the library.", envvar="WORLDLOOM_HOME", metavar="DIR")] = Path(
        "~/.worldloom"
    ),
) -> None:
    """Change a world: select, delete, move, undo, branch, save. Every change is kept in the world's log."""
    where = _where(sphere, box, thing, layer, everything)
    rest = list(words or [])
    if Path(world).exists():
        if photos is not None:
            raise InvalidDataError(
                f"--photos is for worlds of a library: import {world} first. The small photos that a world's folder "
                "keeps are used in any case."
            )
        _edit_file(Path(world), do or [], rest, where)
        return
    with _opened(world, branch, person, server, token, data, segmenter or ()) as editing:
        if do:
            show(editing.do(_operations(do), save=save, message=message))
            return
        if not rest:
            raise InvalidDataError(f"Say what to do: {', '.join(VERBS)}, or an operation.")
        name, *after = rest
        asked = Asked(after, where, save, message, target)
        if name in VERBS:
            VERBS[name](editing, asked)
        elif name.lstrip().startswith(("{", "[")) or name == "-":
            VERBS["do"](editing, Asked(rest, where, save, message, target))
        else:
            from worldloom.app.edit_files import kept_photos

            more = {"photos": kept_photos(editing, photos)} if photos is not None else None
            show(editing.do([_named(name, after, where, more)], save=save, message=message))


@verb("do")
def _do(editing: AnyEditing, asked: Asked) -> None:
    show(editing.do(_operations(asked.words), save=asked.save, message=asked.message))


@verb("undo")
def _undo(editing: AnyEditing, asked: Asked) -> None:
    show(editing.undo(asked.target))


@verb("redo")
def _redo(editing: AnyEditing, asked: Asked) -> None:
    show(editing.redo(asked.target))


@verb("save")
def _save(editing: AnyEditing, asked: Asked) -> None:
    print(f"Version {editing.save(asked.message)}")


@verb("log")
def _log(editing: AnyEditing, asked: Asked) -> None:
    log = editing.log()
    for line in log.edits:
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(line.created))
        state = "" if line.in_force or line.kind != "do" else "  (undone)"
        state = f"  (skipped: {line.skipped})" if line.skipped else state
        print(f"{line.number:>4}  {made}  {line.id:<18} {line.person:<12} {line.title}{state}")
    print(f"{log.number} entries from version {log.base} on" + (", not all of them saved" if log.dirty else ""))


@verb("branches")
def _branches(editing: AnyEditing, asked: Asked) -> None:
    for one in editing.branches():
        left = f"  left {one.parent} after {one.forked}" if one.parent else ""
        print(f"{one.name:<24} from version {one.base}{left}")


@verb("branch")
def _branch(editing: AnyEditing, asked: Asked) -> None:
    editing.fork(_only(asked.words, "the new branch's name"))
    print(f"Edit it with --branch '{asked.words[0]}'.")


@verb("merge")
def _merge(editing: AnyEditing, asked: Asked) -> None:
    found = editing.merge(_only(asked.words, "the branch's name"))
    print(f"{found.merged} operations were taken over")
    for sentence in found.refused:
        print(sentence)


def _edit_file(source: Path, do: Sequence[str], words: list[str], where: dict[str, Any] | None) -> None:
    from worldloom.app.editing.local import edit_file

    operations = _operations(do)
    if not operations and words:  # `worldloom edit in.ply delete --sphere 0,0,0,1 out.ply`
        *named, last = words
        operations, words = [_named(named[0], named[1:], where)] if named else [], [last]
    if not operations:
        raise InvalidDataError("Say what to do: --do JSON, or an operation's name.")
    if len(words) > 1 or (not words and not source.is_dir()):
        raise InvalidDataError("Say where the result goes: one file or folder, last.")
    target = Path(words[0]) if words else source
    for operation, done in zip(operations, edit_file(source, operations, target)):
        print(f"{operation.title}: {done.count:,}  {done.note}".rstrip())
    print(target)


@contextmanager
def _opened(
    world: str,
    branch: str,
    person: str,
    server: str | None,
    token: str | None,
    data: Path,
    segmenters: Sequence[str],
) -> Iterator[AnyEditing]:
    if server is not None:
        from worldloom.client import Client

        with Client(server, token=token) as client:
            yield client.editing(world, branch=branch, person=person)
        return
    from worldloom.app.editing.local import LocalEditing
    from worldloom.app.editing.segmenters import Segmenters
    from worldloom.scene.store.store import Place, Store

    place = Place.at(data.expanduser())
    if not place.data.is_dir():
        raise InvalidDataError(f"{world} is no file, and there is no library in {place.data}; give --server or --data.")
    store = Store.open(place)
    try:
        with LocalEditing(store, world, branch, person, Segmenters(segmenters)) as editing:
            yield editing
    finally:
        store.close()


def _operations(texts: Sequence[str]) -> list[Operation]:
    from worldloom.edit.registry import parse

    found: list[Operation] = []
    for text in texts:
        try:
            data = json.loads(sys.stdin.read() if text == "-" else text)
        except ValueError as error:
            raise InvalidDataError(f"The operations are no JSON: {error}.") from None
        found += [parse(one) for one in (data if isinstance(data, list) else [data])]
    return found


def _named(
    name: str, words: Sequence[str], where: dict[str, Any] | None, more: dict[str, Any] | None = None
) -> Operation:
    """An operation by its name, with FIELD=JSON."""
    from worldloom.edit.registry import OPERATIONS, parse

    name = name.replace("-", "_")
    if name not in OPERATIONS:
        raise InvalidDataError(
            f"There is no '{name}', and it is no JSON; there are {', '.join([*VERBS, *OPERATIONS])}."
        )
    where_asked = {"where": where} if where is not None else {}
    return parse({"op": name, **where_asked, **(more or {}), **fields(words)})


def fields(words: Sequence[str]) -> dict[str, Any]:
    """What FIELD=JSON say; what is no JSON is text.

    Raises:
        InvalidDataError: one has no =.
    """
    data: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise InvalidDataError(f"'{word}': write FIELD=VALUE.")
        try:
            data[key] = json.loads(value)
        except ValueError:
            data[key] = value
    return data


def _where(
    sphere: str | None, box: str | None, thing: str | None, layers: list[str] | None, everything: bool
) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = []
    if sphere is not None:
        x, y, z, radius = _numbers(sphere, 4, "--sphere")
        found.append({"by": "sphere", "center": [x, y, z], "radius": radius})
    if box is not None:
        x, y, z, *size = _numbers(box, 6, "--box")
        found.append({"by": "box", "center": [x, y, z], "size": size})
    if thing is not None:
        found.append({"by": "object", "at": _numbers(thing, 3, "--object")})
    if layers:
        found.append({"by": "layer", "names": layers})
    if everything:
        found.append({"by": "everything"})
    if len(found) > 1:
        raise InvalidDataError("Say where in one way: --sphere, --box, --object, --layer or --everything.")
    return found[0] if found else None


def _numbers(text: str, count: int, option: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count:
        raise InvalidDataError(f"{option} {text}: give {count} numbers with commas between them.")
    return values


def _only(words: Sequence[str], what: str) -> str:
    if len(words) != 1:
        raise InvalidDataError(f"Give {what}.")
    return words[0]


def show(result: EditResult) -> None:
    """Print what came of operations."""
    for one in result.results:
        print(f"{one.title}: {one.count:,}  {one.note}".rstrip())
        for name, value in one.figures.items():
            print(f"  {name}: {value:.6g}")
    if result.version is not None:
        print(f"Version {result.version}")
    elif result.operation is not None:
        print(f"Being saved: {result.operation}")
