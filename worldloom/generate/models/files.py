"""Where a model's files are on this machine: a folder, or the cache that `hf download` fills. Never the network."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from worldloom.scene.errors import InvalidDataError

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def locate(model: str, marker: str) -> Path | None:
    """The folder with the files of `model`, a folder or a hub id; None where it is not here or not whole.

    Args:
        marker: a file that every folder of this model has: "model_index.json", "config.json", "model.pt".
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder if is_whole(folder, marker) else None
    if not _HUB_ID.fullmatch(model):
        return None
    for snapshot in _snapshots(model):
        if is_whole(snapshot, marker):
            return snapshot
    return None


def how_to_get(model: str, marker: str) -> str:
    """A sentence for where `locate` found nothing."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        lacking = _lacking(folder, marker)
        return f"the folder {folder} lacks {lacking}; copy the whole model there."
    if not _HUB_ID.fullmatch(model):
        return f"there is no folder {model}, and it isn't a hub id like 'owner/name'."
    return f"its files are not on this machine; get them with: hf download {model}, or name the folder they are in."


def is_whole(folder: Path, marker: str) -> bool:
    """Whether the marker is there, and with it every component and every piece of the weights that indexes name."""
    return not _lacking(folder, marker)


def check_kind(folder: Path, marker: str, kinds: tuple[str, ...], backend: str) -> None:
    """Raise InvalidDataError unless the folder's model is one of `kinds` (see `Card.pipelines`)."""
    described = _json(folder / marker)
    kind = described.get("_class_name") or described.get("model_type") or "a model of no stated kind"
    if kind not in kinds:
        raise InvalidDataError(
            f"The folder {folder} holds {kind}, but the backend '{backend}' reads {' or '.join(kinds)}; "
            "name another folder or another backend."
        )


def declared_licence(folder: Path) -> str:
    """The licence in the front matter of the folder's README.md (a hub model card); empty where none is stated."""
    readme = folder / "README.md"
    if not readme.is_file():
        return ""
    with readme.open(encoding="utf-8", errors="replace") as file:
        head = file.read(20_000)
    front = re.match(r"---\s*\n(.*?)\n---", head, re.DOTALL)
    if not front:
        return ""
    fields = dict(re.findall(r"^(license|license_name):[ \t]*['\"]?([^'\"\n]+?)['\"]?[ \t]*$", front[1], re.MULTILINE))
    licence = fields.get("license", "")
    return fields.get("license_name", licence) if licence == "other" else licence


def weight_bytes(folder: Path) -> int:
    """Size of the weights in the folder."""
    return sum(path.stat().st_size for end in ("safetensors", "bin", "pt") for path in folder.rglob(f"*.{end}"))


def _snapshots(model: str) -> list[Path]:
    """Downloaded revisions, the current one first."""
    home = _hub_cache() / f"models--{model.replace('/', '--')}"
    kept = sorted((home / "snapshots").glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)
    try:
        current = (home / "refs" / "main").read_text().strip()
    except OSError:
        return kept
    return sorted(kept, key=lambda path: path.name != current)


def _hub_cache() -> Path:
    """As huggingface_hub finds it."""
    if told := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(told).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("HF_HOME", f"{caches}/huggingface")).expanduser() / "hub"


def _lacking(folder: Path, marker: str) -> str:
    """The first thing missing; empty where nothing is."""
    if not (folder / marker).is_file():
        return marker
    if marker == "model_index.json":
        for name, value in _json(folder / marker).items():
            is_component = isinstance(value, list) and len(value) == 2 and value[0] is not None
            if is_component and not (folder / name).is_dir():
                return f"its component '{name}'"
    for index in sorted(folder.rglob("*.index.json")):
        for piece in sorted(set(_json(index).get("weight_map", {}).values())):
            if not (index.parent / piece).is_file():
                return str((index.parent / piece).relative_to(folder))
    return "" if weight_bytes(folder) else "its weights (*.safetensors)"


def _json(path: Path) -> dict:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InvalidDataError(f"{path} can't be read as JSON; download the model again.") from None
    return value if isinstance(value, dict) else {}
