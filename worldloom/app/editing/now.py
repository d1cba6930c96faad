"""A session's world at one moment, for what only looks: others go on editing meanwhile, since states never change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worldloom.app.editing.session import Session
from worldloom.edit.operation import Sources
from worldloom.edit.state import EditState
from worldloom.scene.store.store import Store

Keep = Callable[[bytes], str]
"""Keeps content and returns its SHA-256."""


@dataclass(frozen=True)
class Now:
    """See the module."""

    world: str
    state: EditState
    sources: Sources
    """What operations refer to, also what is kept from now on."""

    @staticmethod
    def of(session: Session) -> Now:
        """With what others have done up to now."""
        session.refresh()
        return Now(session.world, session.state, session.sources)

    def keeper(self, store: Store, name: str) -> Keep:
        """Keeps content for this world's edits."""
        return lambda made: store.uploads.add_bytes(name, made, world=self.world)
