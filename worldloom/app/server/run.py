"""Starting the server from the command line."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import socket
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from worldloom.app.server.settings import GIGABYTE, ServerSettings, is_loopback
from worldloom.generate.understand.llm import litellm_completion
from worldloom.scene.errors import InvalidDataError, WorldloomError
from worldloom.scene.store.store import Place, Store
from worldloom.scene.store.worlds import RECORD
from worldloom.scene.world_record import load_record

_SHORTEST_TOKEN = 12


def run(
    *,
    host: str,
    port: int,
    data: Path,
    database: str | None,
    blobs: str | None,
    token: str | None,
    cpu_jobs: int,
    job_memory: float | None,
    upload_limit: float,
    samples: bool,
    segmenters: Sequence[str] = (),
    open_browser: bool,
    language_model: str | None = None,
    pages: bool = True,
    show: Path | None = None,
) -> None:
    """Serve until Ctrl-C, which ends the process; arguments as those of `worldloom serve`.

    Args:
        show: a world's folder to take into the library first, and to send people to.

    Raises:
        WorldloomError: the port is taken, the folder can't be used, a database can't be reached, or litellm is wanted
            and not installed.
    """
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise InvalidDataError(f"The token is too short; give one of {_SHORTEST_TOKEN} characters or more.")
    if language_model is not None:
        litellm_completion()  # says at once if it can't be asked
    if token is None and not is_loopback(host):
        token = secrets.token_urlsafe(18)
    settings = ServerSettings(
        place=Place.at(data.expanduser(), database_url=database, blobs_url=blobs),
        host=host,
        port=port,
        token=token,
        upload_limit=int(upload_limit * GIGABYTE),
        cpu_jobs=cpu_jobs,
        memory_cap=int(job_memory * 1e9) if job_memory else None,
        samples=samples,
        segmenters=tuple(segmenters),
        language_model=language_model,
    )
    # Before Gradio is imported: it reads these then. Nothing is ever asked of another host.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ["GRADIO_TEMP_DIR"] = str(settings.temporary)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    listening = _listen(host, port)
    import uvicorn

    from worldloom.app.server.application import create_app
    from worldloom.app.server.stopping import GRACE_SECONDS, Server, serve

    page = f"world?world={_keep(settings.place, show)}" if show else ""
    app = create_app(settings, pages=pages)
    config = uvicorn.Config(app, log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=GRACE_SECONDS)
    address = _address(host, listening.getsockname()[1]) + page
    print(f"Worldloom is at {address}", flush=True)
    if token:
        print(f"Token: {token}   (or open {_with_token(address, token)})", flush=True)
    print(f"The library is in {settings.place.data}. Ctrl-C stops.", flush=True)
    if open_browser:
        threading.Timer(1.0, webbrowser.open, [_with_token(address, token)]).start()
    serve(Server(config, app.state.goodbye), listening)


def _keep(place: Place, folder: Path) -> str:
    """Take a world's folder into the library, once; returns the world's identifier."""
    from worldloom.app.jobs.prepare import prepare

    record = load_record(folder)
    paths = prepare(folder)
    store = Store.open(place)
    version = store.worlds.commit_folder(
        folder,
        paths,
        name=record.name,
        message=f"From {folder.absolute().name}",
        operation=hashlib.sha256((folder / RECORD).read_bytes()).hexdigest()[:16],
    )
    if store.worlds.get(version.world, deleted=True).deleted is not None:
        store.worlds.undelete(version.world)
    store.close()
    return version.world


def _with_token(address: str, token: str | None) -> str:
    if token is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}token={token}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise WorldloomError(
            f"Port {port} on {host} can't be had ({error}): stop what uses it, or choose another (0: a free one)."
        ) from None
    return listening


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"
