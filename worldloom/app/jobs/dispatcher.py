"""Starts workers for waiting operations and watches them: cancels, caps memory, tells of those that died.

All that it knows is in the index. A server that is killed and started again finds the workers that still run, and puts
the operations of those that don't back into the queue, where they go on from their last checkpoint.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

from worldloom.app.jobs.devices import Slot, machine
from worldloom.app.jobs.kinds import KINDS
from worldloom.app.jobs.worker import PLACE_VARIABLE, place_variable
from worldloom.scene.store.operations import MOST_ATTEMPTS, Operation, Process
from worldloom.scene.store.store import Store

LOG = "log.txt"
_BUSY_SECONDS = 0.25
_IDLE_SECONDS = 1.0
"""Between two looks, while workers run and while none does."""
_LOG_LINES = 12

_logger = logging.getLogger(__name__)


class Dispatcher:
    """A thread of the server. Workers are processes in sessions of their own and outlive it."""

    def __init__(self, store: Store, slots: Sequence[Slot], memory_cap: int) -> None:
        """
        Args:
            memory_cap: bytes that one worker and its children may hold.
        """
        self._store = store
        self._slots = {slot.name: slot for slot in slots}
        self._memory_cap = memory_cap
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    @property
    def slots(self) -> tuple[str, ...]:
        """What work can be done on."""
        return tuple(self._slots)

    def start(self) -> None:
        """Take up what an earlier server left, then work."""
        self._recover()
        self._thread.start()

    def wake(self) -> None:
        """Something was put into the queue, or is to be cancelled."""
        self._wake.set()

    def stop(self, *, workers: bool = True) -> None:
        """End.

        Args:
            workers: stop the workers too; their operations wait for the next server, from their last checkpoint.
        """
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        if workers:
            for operation in self._mine():
                _kill(operation.process)
                self._reap(operation)
                if not self._store.operations.get(operation.id).over:
                    self._store.operations.requeue(operation.id, attempts=operation.attempts - 1)

    def _run(self) -> None:
        while not self._stop.is_set():
            busy = True
            try:
                busy = self._look()
            except Exception:  # a database that is away for a moment must not end all work
                _logger.exception("The dispatcher could not do its round; it tries again.")
                self._stop.wait(2)
            self._wake.wait(_BUSY_SECONDS if busy else _IDLE_SECONDS)
            self._wake.clear()

    def _look(self) -> bool:
        """One round; returns whether anything is under way."""
        busy = {operation.slot for operation in self._mine() if self._watch(operation)}
        self._children = {name: child for name, child in self._children.items() if child.poll() is None}
        return self._begin_waiting(busy) or bool(busy)

    def _mine(self) -> tuple[Operation, ...]:
        return tuple(one for one in self._store.operations.running(machine()) if one.slot in self._slots)

    def _recover(self) -> None:
        for operation in self._mine():
            if _alive(operation.process):
                continue
            if operation.wish == "cancel":
                self._store.operations.cancelled(operation.id)
            elif operation.attempts >= MOST_ATTEMPTS:
                self._fail(operation, f"It was interrupted {operation.attempts} times")
            else:
                self._store.operations.requeue(operation.id, attempts=operation.attempts)

    def _begin_waiting(self, busy: set[str | None]) -> bool:
        """Give waiting work to slots that aren't busy; returns whether there was any."""
        begun = False
        free = {
            name: [kind.name for kind in KINDS.values() if kind.heavy == slot.heavy]
            for name, slot in self._slots.items()
            if name not in busy
        }
        while free and (operation := self._store.operations.claim(free)):
            assert operation.slot is not None
            del free[operation.slot]
            self._begin(operation, self._slots[operation.slot])
            begun = True
        return begun

    def _begin(self, operation: Operation, slot: Slot) -> None:
        folder = self._store.workplace(operation.id)
        folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **slot.environment, PLACE_VARIABLE: place_variable(self._store.place)}
        with (folder / LOG).open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "worldloom.app.jobs.worker", operation.id],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        self._children[operation.id] = child
        started = 0.0
        with contextlib.suppress(psutil.NoSuchProcess):
            started = psutil.Process(child.pid).create_time()
        self._store.operations.set_process(operation.id, Process(machine(), child.pid, started))

    def _watch(self, operation: Operation) -> bool:
        """See to one that is under way; returns whether it goes on."""
        if operation.wish == "cancel":
            _kill(operation.process)
            self._reap(operation)
            if not self._store.operations.get(operation.id).over:
                self._store.operations.cancelled(operation.id)
        elif not _alive(operation.process):
            self._reap(operation)
            if not self._store.operations.get(operation.id).over:
                self._fail(operation, "Its worker was stopped from outside, or crashed")
        elif (held := _memory(operation.process)) > self._memory_cap:
            _kill(operation.process)
            self._reap(operation)
            self._fail(
                operation,
                f"It needed more than {self._memory_cap / 1e9:.1f} GB of memory (it held {held / 1e9:.1f} GB). "
                "Choose the draft preset, fewer or smaller photos, or a higher --job-memory",
            )
        else:
            return True
        return False

    def _reap(self, operation: Operation) -> None:
        child = self._children.pop(operation.id, None)
        if child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=2)

    def _fail(self, operation: Operation, why: str) -> None:
        lines = last_lines(self._store.workplace(operation.id) / LOG, _LOG_LINES)
        ending = f" Its last words:\n{lines}" if lines else ""
        self._store.operations.fail(operation.id, f"{why}. Retry goes on where it stopped.{ending}")


def last_lines(path: Path, count: int) -> str:
    """The end of a text file; empty if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - 16_384, 0))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])


def _alive(process: Process | None) -> bool:
    found = _find(process)
    return found is not None and found.status() != psutil.STATUS_ZOMBIE


def _find(process: Process | None) -> psutil.Process | None:
    """The process, unless it is gone or another one has its number now."""
    if process is None or process.machine != machine():
        return None
    try:
        found = psutil.Process(process.pid)
        return found if abs(found.create_time() - process.started) < 1 else None
    except psutil.NoSuchProcess:
        return None


def _kill(process: Process | None) -> None:
    """End a worker and all its children at once. Everything it writes is written beside and renamed."""
    if _find(process) is not None and process is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _memory(process: Process | None) -> int:
    """Bytes that a worker and its children hold."""
    found = _find(process)
    if found is None:
        return 0
    total = 0
    with contextlib.suppress(psutil.Error):
        for one in [found, *found.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total
