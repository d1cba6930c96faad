"""`Card`: what a model backend is, under which terms, and whether it can be used here. Loads nothing to find out."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from worldloom.generate.models import files, hardware
from worldloom.scene.errors import InvalidDataError

Role = Literal["text_to_image", "inpainter", "panorama", "depth", "segmenter", "views", "lifter", "object"]

ROLES: dict[Role, str] = {
    "text_to_image": "a picture from words",
    "inpainter": "filling in a part of a picture",
    "panorama": "a picture all around from words",
    "depth": "how far away things in a picture are",
    "segmenter": "which pixels belong to what",
    "views": "pictures along a camera path",
    "lifter": "a world from a panorama",
    "object": "one object from a picture",
}
"""What each role is for, in words for people."""

Question = Literal["points", "boxes", "words"]

OPEN_LICENCES = frozenset({"apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0"})
"""Licences (SPDX, lower case) that ask for no decision: any use, commercial use too."""

ACCEPT_VARIABLE = "WORLDLOOM_ACCEPT_LICENCES"
"""Environment variable with the ids, separated by commas, of backends whose restricted terms were accepted."""


@dataclass(frozen=True)
class Need:
    """A Python package that a backend runs on."""

    module: str
    """Import name; of a dotted one the parent must hold that submodule (other projects share some names)."""
    minimum: str = ""
    """Lowest version, of the distribution named like the module; empty for any."""
    install: str = "pip install 'worldloom[models]'"
    """What to type."""

    def missing(self) -> str:
        """Empty where the package is here, else a sentence."""
        if not _importable(self.module):
            return f"the package {self.module} is not installed; {self.install}."
        if self.minimum:
            found, least = metadata.version(self.module), self.minimum
            if _numbers(found) < _numbers(least):
                return f"the package {self.module} is version {found}, but {least} or newer is needed; {self.install}."
        return ""


@dataclass(frozen=True)
class Card:
    """A model backend. `registry.load` makes the model of it."""

    id: str
    role: Role
    title: str
    model: str
    """Model on the Hugging Face hub that is taken unless another id or a folder is named; empty: it must be named."""
    licence: str
    """SPDX identifier or the licence's own name, of the weights."""
    commercial: bool
    """Whether the licence allows commercial use."""
    vram_gb: float
    """GPU memory as its makers quote or as its files suggest; not measured by us."""
    loader: str
    """"package.module:callable", called as callable(card, folder, device=..., **options)."""
    terms: str = ""
    """What a restricted licence forbids or asks, in a sentence or two."""
    restricted: bool = False
    """True: usable only once its terms were accepted by id."""
    needs: tuple[Need, ...] = ()
    marker: str = "model_index.json"
    """The file that a folder of this model has; empty for backends without files of their own."""
    on_cpu: bool = False
    """Small enough to be useful without a GPU."""
    pipelines: tuple[str, ...] = ()
    """Values of `_class_name` in model_index.json, or of `model_type` in config.json, that it can read; empty: any."""
    asked_by: tuple[Question, ...] = ()
    """Of segmenters: what they can be asked by."""
    parts: tuple[Role, ...] = ()
    """Other roles that it is made of: our own algorithms, which are only as available as those."""

    def available(
        self, model: str | None = None, *, device: str | None = None, accept: Iterable[str] = ()
    ) -> tuple[bool, str]:
        """Whether it can be loaded now, and if not, a sentence that says what to do. Cheap: imports nothing heavy.

        Args:
            model: another hub id or a folder, instead of `self.model`.
            device: "cpu" to do without a GPU all the same.
            accept: ids whose terms are accepted, besides those in WORLDLOOM_ACCEPT_LICENCES.
        """
        try:
            self.check(model, device=device, accept=accept)
        except InvalidDataError as error:
            return False, str(error)
        return True, ""

    def check(self, model: str | None = None, *, device: str | None = None, accept: Iterable[str] = ()) -> Path | None:
        """The folder of the model's files (None for backends without any), everything that it needs being there.

        Raises:
            InvalidDataError: with the sentence of `available`.
        """
        if self.restricted:
            self._check_terms(self.licence, accept)
        for need in self.needs:
            if sentence := need.missing():
                raise InvalidDataError(f"{self.title} can't be used: {sentence}")
        wanted = model or self.model
        folder = None
        if self.marker:
            if not wanted:
                raise InvalidDataError(f"{self.title} needs the folder or hub id of a model; none was named.")
            folder = files.locate(wanted, self.marker)
            if folder is None:
                raise InvalidDataError(f"{self.title} can't be used: {files.how_to_get(wanted, self.marker)}")
            if self.pipelines:
                files.check_kind(folder, self.marker, self.pipelines, self.id)
            if not self.restricted and (declared := files.declared_licence(folder)):
                self._check_declared(declared, folder, accept)
        hardware.check(self.title, self.vram_gb, on_cpu=self.on_cpu, device=device)
        return folder

    def licence_of(self, folder: Path | None) -> str:
        """The licence that the files in `folder` say they have, else the card's."""
        declared = files.declared_licence(folder) if folder else ""
        return self.licence if not declared or declared.lower() == self.licence.lower() else declared

    def _check_declared(self, declared: str, folder: Path, accept: Iterable[str]) -> None:
        """A folder may hold a sister model under other terms; its own README says so."""
        if declared.lower() not in OPEN_LICENCES and declared.lower() != self.licence.lower():
            self._check_terms(declared, accept, f"The model in {folder}")

    def _check_terms(self, licence: str, accept: Iterable[str], subject: str = "") -> None:
        if self.id not in accepted(accept):
            raise InvalidDataError(
                f"{subject or self.title} is not openly licensed ({licence}). "
                f"{self.terms + ' ' if self.terms else ''}Read its terms; to accept them, add {self.id} to the "
                f"environment variable {ACCEPT_VARIABLE}, or pass accept=('{self.id}',)."
            )


def accepted(more: Iterable[str] = ()) -> frozenset[str]:
    """Ids of the backends whose restricted terms were accepted, by the environment or by `more`."""
    listed = os.environ.get(ACCEPT_VARIABLE, "").split(",")
    return frozenset(name.strip() for name in (*listed, *more) if name.strip())


def _importable(module: str) -> bool:
    parent, _, rest = module.partition(".")
    try:
        spec = importlib.util.find_spec(parent)
    except (ImportError, ValueError):
        return False
    if spec is None or not rest:
        return spec is not None
    # By looking, since find_spec of a submodule would import its parent.
    inside = Path(*rest.split("."))
    places = [Path(place) / inside for place in spec.submodule_search_locations or ()]
    return any(place.is_dir() or place.with_suffix(".py").is_file() for place in places)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
