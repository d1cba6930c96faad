"""Which backends there are, under which terms, and what is said where one can't be used."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from worldloom.app.jobs.backends import backends as listed_backends
from worldloom.generate.models import files, hardware, registry
from worldloom.generate.models.card import OPEN_LICENCES, ROLES, Card, Need
from worldloom.generate.models.catalogue import OURS
from worldloom.scene.errors import InvalidDataError, NotFoundError


def test_importing_and_listing_loads_no_model_library() -> None:
    program = (
        "import sys; from worldloom.generate.models import registry;"
        "[registry.availability(card) for card in registry.backends()];"
        "print([m for m in ('torch', 'diffusers', 'transformers', 'cv2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_role_has_a_backend_and_defaults_are_open() -> None:
    assert {card.role for card in registry.backends()} == set(ROLES)
    for role in ("text_to_image", "inpainter", "panorama", "depth", "segmenter", "lifter"):
        card = registry.default(role)
        assert card.commercial
        assert card.licence == OURS or card.licence.lower() in OPEN_LICENCES
    assert registry.default("text_to_image").model == "black-forest-labs/FLUX.2-klein-4B"
    assert registry.default("depth").model == "depth-anything/Depth-Anything-V2-Small-hf"


def test_only_restricted_backends_have_no_open_licence() -> None:
    for card in registry.backends():
        is_open = card.licence == OURS or card.licence.lower() in OPEN_LICENCES
        assert is_open != card.restricted, card.id
        assert bool(card.terms) == card.restricted, card.id


def test_no_default_where_every_backend_is_restricted() -> None:
    with pytest.raises(NotFoundError, match="accept its terms"):
        registry.default("views")


def test_unknown_names_are_said() -> None:
    with pytest.raises(NotFoundError, match="no model backend 'dall-e'"):
        registry.get("dall-e")
    with pytest.raises(InvalidDataError, match="expected one of"):
        registry.backends("poet")  # pyright: ignore[reportArgumentType]


def test_without_a_gpu_the_reason_names_what_is_needed(monkeypatch: pytest.MonkeyPatch, klein: Path) -> None:
    card = registry.get("flux2-klein-4b")
    monkeypatch.setattr(hardware, "gpu_memory_gb", lambda: ())
    ok, reason = card.available(str(klein))
    assert not ok
    assert "NVIDIA GPU with about 13 GB" in reason
    assert "WORLDLOOM_MODELS_DEVICE=cpu" in reason
    with monkeypatch.context() as told:
        told.setenv("WORLDLOOM_MODELS_DEVICE", "cpu")
        assert card.available(str(klein)) == (True, "")
    assert card.available(str(klein), device="cpu") == (True, "")
    monkeypatch.setattr(hardware, "gpu_memory_gb", lambda: (8.0,))
    monkeypatch.setattr(hardware, "torch_has_cuda", lambda: True)
    assert "largest GPU here has 8 GB" in card.available(str(klein))[1]
    monkeypatch.setattr(hardware, "gpu_memory_gb", lambda: (24.0,))
    assert card.available(str(klein)) == (True, "")
    monkeypatch.setattr(hardware, "torch_has_cuda", lambda: False)
    assert "built for CUDA" in card.available(str(klein))[1]
    assert "expected 'cpu' or 'cuda'" in card.available(str(klein), device="tpu")[1]


def test_missing_files_tell_how_to_get_them(tmp_path: Path) -> None:
    card = registry.get("depth-anything-v2-small")
    ok, reason = card.available()
    assert not ok
    assert "hf download depth-anything/Depth-Anything-V2-Small-hf" in reason
    assert "lacks config.json" in card.available(str(tmp_path))[1]
    (tmp_path / "config.json").write_text("{}")
    assert "lacks its weights" in card.available(str(tmp_path))[1]
    assert "isn't a hub id" in card.available("no such folder")[1]


def test_half_a_download_is_not_taken_for_a_model(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "X", "vae": ["diffusers", "Y"]}))
    assert "lacks its component 'vae'" in files.how_to_get(str(tmp_path), "model_index.json")
    (tmp_path / "vae").mkdir()
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}
    (tmp_path / "vae" / "w.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "vae" / "one.safetensors").write_bytes(b"x")
    assert "lacks vae/two.safetensors" in files.how_to_get(str(tmp_path), "model_index.json")
    (tmp_path / "vae" / "two.safetensors").write_bytes(b"x")
    assert files.locate(str(tmp_path), "model_index.json") == tmp_path


def test_models_downloaded_by_hf_are_found_and_loaded(
    tmp_path: Path, depth_anything: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "hub" / "models--depth-anything--Depth-Anything-V2-Small-hf"
    for revision in ("old", "new"):
        (home / "snapshots" / revision).mkdir(parents=True)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("new")
    for path in depth_anything.iterdir():
        (home / "snapshots" / "new" / path.name).symlink_to(path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    card = registry.get("depth-anything-v2-small")
    assert card.available() == (True, "")
    model = registry.load(card)
    assert model.source.endswith("snapshots/new")
    assert model.depth(np.zeros((32, 48, 3), np.uint8)).depth.shape == (32, 48)


def test_a_folder_of_another_kind_is_refused(klein: Path, depth_anything: Path) -> None:
    ok, reason = registry.get("z-image-turbo").available(str(klein), device="cpu")
    assert not ok
    assert "holds Flux2KleinPipeline" in reason
    assert "reads ZImagePipeline" in reason
    assert "holds depth_anything" in registry.get("sam2").available(str(depth_anything))[1]


def test_a_missing_or_old_package_is_said() -> None:
    card = replace(registry.get("depth-anything-v2-small"), needs=(Need("no_such_package"),))
    assert "no_such_package is not installed; pip install 'worldloom[models]'" in card.available()[1]
    card = replace(card, needs=(Need("transformers", "99"),))
    assert "99 or newer is needed" in card.available()[1]
    # A project on PyPI that has nothing to do with the one wanted may have its name.
    assert Need("json.decoder").missing() == ""
    assert "json.pipelines is not installed" in Need("json.pipelines").missing()


def test_restricted_terms_must_be_accepted_by_name(monkeypatch: pytest.MonkeyPatch, sana: Path) -> None:
    card = registry.get("sana-wm")
    ok, reason = card.available(str(sana), device="cpu")
    assert not ok
    assert card.licence in reason
    assert "LTX-2 Community License" in reason
    assert "add sana-wm to the environment variable WORLDLOOM_ACCEPT_LICENCES" in reason
    with pytest.raises(InvalidDataError, match="not openly licensed"):
        registry.load("sana-wm", str(sana), device="cpu")
    with pytest.raises(InvalidDataError, match="not openly licensed"):
        registry.load("sana-wm", str(sana), device="cpu", accept=["sam3"])
    assert card.available(str(sana), device="cpu", accept=["sana-wm"])[0]
    monkeypatch.setenv("WORLDLOOM_ACCEPT_LICENCES", "sam3, sana-wm")
    assert card.available(str(sana), device="cpu")[0]


def test_a_sister_model_under_other_terms_is_noticed(tmp_path: Path, depth_anything: Path) -> None:
    for path in depth_anything.iterdir():
        (tmp_path / path.name).symlink_to(path)
    card = registry.get("depth-anything-v2-small")
    for front, wanted in (
        ("license: apache-2.0", ""),
        ("license: cc-by-nc-4.0", "cc-by-nc-4.0"),
        ("license: other\nlicense_name: some-research-license", "some-research-license"),
    ):
        (tmp_path / "README.md").write_text(f"---\n{front}\n---\n# A model\n")
        ok, reason = card.available(str(tmp_path))
        assert ok == (not wanted)
        assert wanted in reason
    ok, _ = card.available(str(tmp_path), accept=[card.id])
    assert ok
    assert registry.load(card, str(tmp_path), accept=[card.id]).licence == "some-research-license"


def test_damaged_files_are_said_in_a_sentence(tmp_path: Path, depth_anything: Path) -> None:
    for path in depth_anything.iterdir():
        data = path.read_bytes()
        (tmp_path / path.name).write_bytes(data[:200] if path.suffix == ".safetensors" else data)
    with pytest.raises(InvalidDataError, match="could not be loaded from"):
        registry.load("depth-anything-v2-small", str(tmp_path))


def _third(identifier: str = "theirs") -> Card:
    return replace(registry.get("sam2"), id=identifier, loader="tests.generate.models.test_cards:load_theirs")


def load_theirs(card: Card, folder: Path, *, device: str | None = None) -> tuple[str, str]:
    return card.id, folder.name


class _Entry:
    def __init__(self, name: str, gives: object) -> None:
        self.name, self._gives = name, gives

    def load(self) -> object:
        if isinstance(self._gives, Exception):
            raise self._gives
        return self._gives


def test_other_packages_add_backends(monkeypatch: pytest.MonkeyPatch, models_folder: Path) -> None:
    from tests.generate.models import tiny

    second = _third("second")
    entries = [_Entry("b", lambda: [second]), _Entry("a", _third())]
    monkeypatch.setattr(metadata, "entry_points", lambda group: entries if group == "worldloom.models" else [])
    assert [card.id for card in registry.backends()][-2:] == ["theirs", "second"]
    folder = tiny.sam2(models_folder / "sam2-theirs")
    assert registry.load("theirs", str(folder)) == ("theirs", "sam2-theirs")


def test_a_broken_package_does_not_take_ours_down(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        _Entry("bad", RuntimeError("no GPU driver\nat all")),
        _Entry("odd", lambda: ["x"]),
        _Entry("dup", _third("sam2")),
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda group: entries)
    with pytest.warns(UserWarning) as said:
        cards = registry.backends()
    assert sum(card.id == "sam2" for card in cards) == 1
    assert len(said) == 3
    assert "'bad' can't be used: no GPU driver" in str(said[0].message)


def test_the_settings_page_lists_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {one.name: one for one in listed_backends()}
    for card in registry.backends():
        one = listed[card.title]
        assert card.licence in one.licence
        available, reason = registry.availability(card)
        assert one.model
        assert one.available == available
        assert one.reason[1:] == reason.removeprefix(f"{card.title} can't be used: ")[1:]
        assert one.reason or one.available
    assert "opt-in" in listed["Segment Anything 3"].licence
    assert "hf download" in listed["Overlapped outpainting"].reason or "GPU" in listed["Overlapped outpainting"].reason
