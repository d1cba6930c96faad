"""Fuzz one reader with atheris (`pip install atheris`), by hand:

    python -m tests.export.fuzz_readers .spz [corpus folder] [-max_total_time=600] [other libFuzzer options]

The seeds are small valid files that our writer makes. Any exception but `FormatError` is a finding.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris  # pyright: ignore[reportMissingImports]

with atheris.instrument_imports(include=["worldloom.export"]):  # pyright: ignore[reportAttributeAccessIssue]
    from worldloom import export
    from worldloom.export import blocks, compressed_ply, ply, splat, spz  # noqa: F401  (instrumented here)

from tests.export.samples import KINDS, plain_gaussians
from worldloom.scene.errors import FormatError


def main() -> None:
    suffix, *arguments = sys.argv[1:] or [""]
    kinds = [kind for kind in KINDS if kind.suffix == suffix]
    if not kinds:
        sys.exit(f"Usage: {__doc__}")
    folder = Path(tempfile.mkdtemp())
    seeds = folder / "seeds"
    seeds.mkdir()
    for degree in range(4):
        for kind in kinds:
            export.write(plain_gaussians(3, degree), folder / f"seed{suffix}", **kind.options)
            (seeds / f"{kind}-{degree}").write_bytes((folder / f"seed{suffix}").read_bytes())
    path = folder / f"fuzzed{suffix}"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with contextlib.suppress(FormatError):
            export.read(path)

    atheris.Setup([sys.argv[0], *arguments, str(seeds)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
