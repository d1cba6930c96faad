"""All sessions of a server. Free of torch: that is loaded with the first session."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from worldloom.scene.errors import ConflictError, NotFoundError, WorldloomError
from worldloom.scene.store.store import Store

if TYPE_CHECKING:
    from worldloom.app.editing.session import Session, Submit

IDLE_SECONDS = 300.0
"""After so long without a page and a request, a session is closed and its memory is free."""
_MOST_SESSIONS = 32

_logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class _Desk:
    """A session and the thread that it works on."""

    def __init__(self, world: str, branch: str, folder: Path) -> None:
        self.world = world
        self.branch = branch
        self.folder = folder
        self.session: Session | None = None
        self.pending = 0
        self.gone = False
        self.used = time.monotonic()
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=f"edit-{world}")


class Sessions:
    """One for each branch of a world that someone edits, opened when it is first asked for. For any thread."""

    def __init__(self, store: Store, submit: Submit, folder: Path) -> None:
        """
        Args:
            folder: for files that pages load; what an earlier server left there is removed.
        """
        self._store = store
        self._submit = submit
        self._folder = folder
        self._desks: dict[tuple[str, str], _Desk] = {}
        self._lock = threading.Lock()
        shutil.rmtree(folder, ignore_errors=True)

    def call(self, world: str, branch: str, function: Callable[[Session], Answer]) -> Future[Answer]:
        """Have something done with a session, after all that was asked of it before.

        Raises:
            ConflictError: too many worlds are being edited. All else is raised by the future.
        """
        with self._lock:
            desk = self._desks.get((world, branch))
            if desk is None:
                self._make_room()
                name = f"{world}-{secrets.token_hex(4)}"
                desk = self._desks[world, branch] = _Desk(world, branch, self._folder / name)
            desk.pending += 1
            asked = desk.thread.submit(self._work, desk, function)
        asked.add_done_callback(lambda asked: self._answered(desk) if asked.cancelled() else None)
        return asked

    def poke(self, world: str) -> None:
        """Something has changed this world: its sessions take it in, if there are any."""
        with self._lock:
            branches = [desk.branch for desk in self._desks.values() if desk.world == world]
        for branch in branches:
            self.call(world, branch, lambda session: session.refresh())

    def file(self, world: str, name: str) -> Path:
        """A file that a session of this world has written for its pages.

        Raises:
            NotFoundError: there is none.
        """
        from worldloom.app.editing.contents import content_path

        with self._lock:
            folders = [desk.folder for desk in self._desks.values() if desk.world == world]
        for folder in folders:
            if (path := content_path(folder, name)).is_file():
                return path
        raise NotFoundError("There is no such file any more; load the scene again.")

    def sweep(self, *, idle: float = IDLE_SECONDS) -> None:
        """Close sessions that nobody has used for so many seconds."""
        now = time.monotonic()
        with self._lock:
            for desk in list(self._desks.values()):
                if self._free(desk) and now - desk.used > idle:
                    self._drop(desk)

    def close(self, *, patience: float = 0.5) -> None:
        """Close all, for good.

        Args:
            patience: seconds for what is being done to end. Of what has not ended then, nothing is in the log.
        """
        with self._lock:
            closing = [self._drop(desk) for desk in list(self._desks.values())]
        wait([closed for closed in closing if closed is not None], timeout=patience)

    @property
    def open(self) -> int:
        """How many there are."""
        return len(self._desks)

    def _work(self, desk: _Desk, function: Callable[[Session], Answer]) -> Answer:
        from worldloom.app.editing.session import Session

        try:
            if desk.gone:
                raise ConflictError("This session was closed in this very moment; try again.")
            if desk.session is None:
                desk.session = Session(self._store, self._submit, desk.world, desk.branch, desk.folder)
            return function(desk.session)
        except WorldloomError:
            if desk.session is None:
                with self._lock:
                    self._drop(desk)
            raise
        except Exception:
            _logger.exception("Editing %s (%s) went wrong; its session is opened anew.", desk.world, desk.branch)
            with self._lock:
                self._drop(desk)
            raise
        finally:
            self._answered(desk)

    def _answered(self, desk: _Desk) -> None:
        with self._lock:
            desk.used = time.monotonic()
            desk.pending -= 1

    def _make_room(self) -> None:
        if len(self._desks) < _MOST_SESSIONS:
            return
        idle = [desk for desk in self._desks.values() if self._free(desk)]
        if not idle:
            raise ConflictError(f"{_MOST_SESSIONS} worlds are being edited here already; try again later.")
        self._drop(min(idle, key=lambda desk: desk.used))

    def _free(self, desk: _Desk) -> bool:
        return not desk.pending and (desk.session is None or not desk.session.followed)

    def _drop(self, desk: _Desk) -> Future[None] | None:
        """Returns what ends when its session is closed, if it has one."""
        if self._desks.get((desk.world, desk.branch)) is desk:
            del self._desks[desk.world, desk.branch]
        desk.gone = True
        closed = desk.thread.submit(desk.session.close) if desk.session is not None else None
        desk.session = None
        desk.thread.shutdown(wait=False)
        return closed
