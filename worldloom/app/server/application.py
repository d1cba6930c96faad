"""The whole server as one ASGI app."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware

from worldloom import __version__
from worldloom.app.editing.segmenters import Segmenters
from worldloom.app.jobs.devices import default_memory_cap, slots
from worldloom.app.jobs.dispatcher import Dispatcher
from worldloom.app.jobs.estimate import Estimator
from worldloom.app.server import api, edits, live, problems, propose, segment, shares, static
from worldloom.app.server.edit_socket import EditSockets
from worldloom.app.server.guard import Guard
from worldloom.app.server.schemas import API
from worldloom.app.server.service import Service
from worldloom.app.server.settings import ServerSettings
from worldloom.assets.samples import SAMPLES
from worldloom.scene.errors import WorldloomError
from worldloom.scene.store.store import Store


def create_app(settings: ServerSettings, *, pages: bool = True) -> FastAPI:
    """Open the store and put everything together. Workers start with the app and stop with it.

    Args:
        pages: with Gradio's pages; without, only the API and the viewer.

    Raises:
        WorldloomError: the store can't be opened, or another server uses its folder.
    """
    Segmenters(settings.segmenters)  # one that can't be used is told of before anything is opened
    store = Store.open(settings.place)
    lock = _lock(settings.place.data)
    settings.temporary.mkdir(parents=True, exist_ok=True)
    work_slots = slots(cpu_jobs=settings.cpu_jobs, light_jobs=settings.light_jobs)
    dispatcher = Dispatcher(store, work_slots, settings.memory_cap or default_memory_cap())
    service = Service(settings, store, dispatcher, Estimator(store))
    pages_alive = live.Live(service)
    editors = EditSockets(service)

    def revoke(links: set[str]) -> None:
        pages_alive.revoke(links)
        editors.revoke(links)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if settings.samples:
            _offer_samples(service)
        dispatcher.start()
        watching = [
            asyncio.create_task(pages_alive.watch_versions()),
            asyncio.create_task(editors.watch()),
            asyncio.create_task(_watch_links(store, (pages_alive, editors))),
        ]
        try:
            yield
        finally:
            for task in watching:
                task.cancel()
            service.editing.close()
            dispatcher.stop()
            store.close()
            lock.close()

    app = FastAPIOffline(  # FastAPI, with its documentation's scripts served from here
        title="Worldloom",
        version=__version__,
        description="Photos in, worlds to walk through out.",
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=f"{API}/docs",
        redoc_url=None,
        static_url=f"{API}/docs-files",
    )
    app.state.service = service

    async def goodbye() -> None:
        await asyncio.gather(editors.stop(), pages_alive.stop())

    app.state.goodbye = goodbye
    problems.install(app)
    app.include_router(api.router(service), prefix=API)
    app.include_router(edits.router(service, editors), prefix=API, responses=problems.RESPONSES)  # pyright: ignore[reportArgumentType]
    app.include_router(propose.router(service), prefix=API, responses=problems.RESPONSES)  # pyright: ignore[reportArgumentType]
    app.include_router(segment.router(service), prefix=API, responses=problems.RESPONSES)  # pyright: ignore[reportArgumentType]
    links = shares.router(store, revoke, enforced=settings.token is not None)
    app.include_router(links, prefix=API, responses=problems.RESPONSES)  # pyright: ignore[reportArgumentType]
    app.include_router(live.router(pages_alive), prefix=API, responses=problems.RESPONSES)  # pyright: ignore[reportArgumentType]
    app.include_router(static.router())
    if pages:
        from worldloom.app.pages import mount

        app = mount(app, service, pages_alive)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=6)
    app.add_middleware(Guard, settings=settings, store=store)
    return app


async def _watch_links(store: Store, open_pages: Sequence[live.Live | EditSockets]) -> None:
    """Close pages whose link was revoked, by whatever process."""
    while True:
        await asyncio.sleep(1.0)
        for pages in open_pages:
            if links := pages.shares():
                pages.revoke(await run_in_threadpool(store.shares.revoked, links))


def _offer_samples(service: Service) -> None:
    """A library that was never used gets the sample worlds."""
    if service.store.setting("samples").get("offered"):
        return
    for sample in SAMPLES:
        service.submit("import", sample.title, sample=sample.name, name=sample.title)
    service.store.set_setting("samples", {"offered": True})


def _lock(data: Path):
    """Two servers must not dispatch work of one folder."""
    file = open(data / "server.lock", "w")  # noqa: SIM115 - held until the server ends
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise WorldloomError(
            f"Another Worldloom server uses {data}; use that one, or give another --data folder."
        ) from None
    file.write(str(os.getpid()))
    file.flush()
    return file
