"""Grows the skeletons that `generate` plants: `python -m worldloom.assets.make_plant_skeletons`."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from worldloom.generate.build.plants.skeletons import FILE, VARIANTS, grown, packed
from worldloom.generate.build.plants.tree_kinds import KINDS


def make(path: Path = FILE) -> None:
    """Write the file; the same code gives the same bytes."""
    names = [f"{species}_{variant}" for species in KINDS for variant in range(VARIANTS)]
    pieces = [packed(grown(species, variant)) for species in KINDS for variant in range(VARIANTS)]
    arrays = {"joints": np.concatenate(pieces), "names": np.array(names), "ends": np.cumsum([len(p) for p in pieces])}
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    make()
