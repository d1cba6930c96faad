"""Engines and optional parts: what each is for, under which licence, and whether it can be used here."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from worldloom.app.jobs.devices import gpus
from worldloom.generate.models import registry
from worldloom.generate.models.card import ROLES, Card
from worldloom.render.native.build import LIBRARY


@dataclass(frozen=True)
class Backend:
    """Something that work can be done with."""

    name: str
    purpose: str
    licence: str
    available: bool
    reason: str = ""
    """Why not, and what to do; or more about it."""
    model: bool = False
    """Whether it is an open-weight model (or works with some), for the models tier of making worlds."""


def backends() -> tuple[Backend, ...]:
    """All of them. Cheap: nothing is loaded to find out."""
    return (
        _cpu(),
        _cuda(),
        Backend("COLMAP (SIFT)", "finding where photos were taken", "BSD-3-Clause", _installed("pycolmap")),
        _optional("pi_heif", "HEIC photos", "reading an iPhone's photos", "BSD-3-Clause", ""),
        _optional("av", "FFmpeg (PyAV)", "reading videos", "BSD-3-Clause; FFmpeg LGPL", ""),
        _optional("pxr", "OpenUSD", "writing and reading USD and USDZ", "TOST-1.0 (Apache-style)", "usd"),
        _optional("pye57", "E57 scans", "reading laser scans", "MIT", "pointcloud"),
        _optional("laspy", "LAS and LAZ", "reading point clouds", "BSD-2-Clause", "pointcloud"),
        _optional("pg8000", "PostgreSQL", "an index shared by several servers", "BSD-3-Clause", "postgres"),
        _optional("s3fs", "S3", "keeping worlds in object storage", "BSD-3-Clause", "s3"),
        *(_model(card) for card in registry.backends()),
    )


def _cpu() -> Backend:
    built = LIBRARY.is_file()
    reason = "" if built else "The C++ library was not built; install Worldloom again with a C++ compiler at hand."
    return Backend("CPU engine", "making and rendering worlds without a GPU", "Apache-2.0 (ours)", built, reason)


def _cuda() -> Backend:
    found = gpus()
    reason = ", ".join(found)
    if not found:
        reason = "No NVIDIA GPU was found."
    elif not _installed("gsplat"):
        reason = "Install it with: pip install 'worldloom[cuda]'"
    ready = bool(found) and _installed("gsplat")
    return Backend("CUDA engine (gsplat)", "making worlds on an NVIDIA GPU", "Apache-2.0", ready, reason)


def _model(card: Card) -> Backend:
    available, reason = registry.availability(card)
    licence = f"{card.licence}; opt-in" if card.restricted else card.licence
    reason = reason.removeprefix(f"{card.title} can't be used: ")
    return Backend(card.title, ROLES[card.role], licence, available, reason[:1].upper() + reason[1:], model=True)


def _optional(module: str, name: str, purpose: str, licence: str, extra: str) -> Backend:
    if _installed(module):
        return Backend(name, purpose, licence, True)
    wanted = f"worldloom[{extra}]" if extra else "worldloom"
    return Backend(name, purpose, licence, False, f"Install it with: pip install '{wanted}'")


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
