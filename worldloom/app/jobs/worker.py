"""A process that does one piece of work and ends: `python -m worldloom.app.jobs.worker OPERATION`."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import sys
import time
import traceback
from dataclasses import asdict
from pathlib import Path

from worldloom.app.jobs.kinds import KINDS, checked
from worldloom.app.jobs.work import Result, Work
from worldloom.scene.errors import WorldloomError
from worldloom.scene.store.operations import Operation
from worldloom.scene.store.store import Place, Store

PLACE_VARIABLE = "WORLDLOOM_PLACE"
"""Where the store is, as JSON. In the environment rather than the arguments: it may hold the database's password."""


def place_variable(place: Place) -> str:
    """The value of `PLACE_VARIABLE`."""
    return json.dumps({**asdict(place), "data": str(place.data)})


def main() -> None:
    """Do the work named on the command line and write down how it ended."""
    _be_modest()
    place = json.loads(os.environ[PLACE_VARIABLE])
    store = Store.open(Place(Path(place["data"]), place["database_url"], place["blobs_url"]))
    operation = _own_operation(store, sys.argv[1])
    if operation is None:
        return
    folder = store.workplace(operation.id)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"--- {operation.title}, attempt {operation.attempts}", flush=True)
    try:
        result = _run(Work(store, operation, folder))
    except WorldloomError as error:
        print(error, flush=True)
        store.operations.fail(operation.id, _without_folders(str(error), folder))
    except MemoryError:
        traceback.print_exc()
        store.operations.fail(
            operation.id, "There was not enough memory; choose the draft preset, or fewer or smaller photos."
        )
    except Exception as error:
        traceback.print_exc()
        store.operations.fail(
            operation.id, f"Something unexpected went wrong ({type(error).__name__}: {error}); the log has the details."
        )
    else:
        store.operations.succeed(operation.id, result.values, result.world)
        print("done", flush=True)


def _without_folders(sentence: str, folder: Path) -> str:
    """File names as the user knows them, without the server's folders before them."""
    return re.sub(rf"{re.escape(str(folder))}/(inputs/([0-9a-z]{{12}}/)?)?", "", sentence)


def _own_operation(store: Store, name: str) -> Operation | None:
    """The operation, once the dispatcher has noted that this process does it. None if it died before it could: then
    another worker does it."""
    for _ in range(100):
        operation = store.operations.get(name)
        if operation.status != "running":
            return None
        if operation.process is not None:
            return operation if operation.process.pid == os.getpid() else None
        time.sleep(0.1)
    return None


def _run(work: Work) -> Result:
    kind = KINDS[work.operation.kind]
    parameters = checked(kind.name, work.operation.parameters)
    return importlib.import_module(kind.module).run(parameters, work)


def _be_modest() -> None:
    """Leave the machine to the server: less urgent on the CPU, the first to go when memory ends."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("700")


if __name__ == "__main__":
    main()
