"""Files that are handed to `worldloom edit`, and pictures that worlds keep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.edit.test_compose_files import RED, TWO_SQUARES, picture
from tests.edit.test_look_passing import room_with_passer_by
from worldloom.app.cli import app
from worldloom.app.edit_files import photos_by_name
from worldloom.app.jobs.prepare import prepare
from worldloom.scene import world as worlds
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.provenance import hash_file
from worldloom.scene.store.store import Place, Store
from worldloom.scene.world import World


def edited(home: Path, *words: object) -> str:
    """What `worldloom edit` says."""
    done = CliRunner().invoke(app, ["edit", "--data", str(home), *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def kept(world: World, folder: Path, home: Path) -> str:
    """Keep a world in a library; returns its id."""
    worlds.save(world, folder)
    store = Store.open(Place.at(home))
    try:
        return store.worlds.commit_folder(folder, prepare(folder), name="w", message="").world
    finally:
        store.close()


def test_an_obj_is_inserted_with_its_materials_and_photos_are_handed_in(tmp_path: Path) -> None:
    world, sources = room_with_passer_by(tmp_path, (4, 5, 6))
    photos = tmp_path / "photos"
    (photos / "deep").mkdir(parents=True)
    for view in world.captures:
        assert view.picture is not None
        Image.open(sources.blob(view.picture)).save(photos / "deep" / view.name, quality=95)
    bare = replace(world, captures=tuple(view.model_copy(update={"picture": None}) for view in world.captures))
    home = tmp_path / "home"
    number = kept(bare, tmp_path / "world", home)
    said = edited(home, number, "erase-transients", "--photos", photos, "--no-save")
    assert "12 views' photos" in said

    (tmp_path / "a.obj").write_text(TWO_SQUARES.format(library="a.mtl"))
    (tmp_path / "a.mtl").write_text("newmtl left\nmap_Kd a.png\n")
    (tmp_path / "a.png").write_bytes(picture(RED))
    said = edited(home, number, "insert", tmp_path / "a.obj", "budget=400", "--no-save")
    assert "Insert a.zip" in said and "Not there" not in said


def test_pictures_of_captures_are_kept_with_every_version(tmp_path: Path) -> None:
    world, sources = room_with_passer_by(tmp_path, ())
    folder, home = tmp_path / "world", tmp_path / "home"
    (folder / "captures").mkdir(parents=True)
    views = []
    for view in world.captures:
        assert view.picture is not None
        Image.open(sources.blob(view.picture)).save(folder / "new.webp", lossless=True)
        blob = hash_file(folder / "new.webp").sha256
        (folder / "new.webp").rename(folder / "captures" / f"{blob}.webp")
        views.append(view.model_copy(update={"picture": blob}))
    number = kept(replace(world, captures=tuple(views)), folder, home)
    edited(home, number, "delete", "--sphere", "0,0,0,0.5")
    store = Store.open(Place.at(home))
    try:
        first, second = (store.worlds.version(number, version) for version in (1, 2))
        names = {path for path in first.files if path.startswith("captures/")}
        assert len(names) == 12 and names <= set(second.files)
    finally:
        store.close()
    CliRunner().invoke(app, ["edit", str(folder), "--sphere", "0,0,0,0.5", "delete", str(tmp_path / "after")])
    assert len(list((tmp_path / "after" / "captures").iterdir())) == 12
    next((folder / "captures").iterdir()).write_bytes(b"another")
    with pytest.raises(FormatError, match="another file"):
        prepare(folder)


def test_photos_are_found_by_path_or_by_a_name_that_only_one_has(tmp_path: Path) -> None:
    for name in ("a/1.jpg", "b/1.jpg", "b/2.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = photos_by_name(tmp_path, ["a/1.jpg", "2.jpg", "1.jpg", "3.jpg"])
    assert found == {"a/1.jpg": tmp_path / "a/1.jpg", "2.jpg": tmp_path / "b/2.jpg"}
    with pytest.raises(InvalidDataError, match="None of the 3 pictures"):
        photos_by_name(tmp_path, ["x.jpg"])
    (tmp_path / "phone.HEIC").touch()
    assert list(photos_by_name(tmp_path, ["phone.HEIC"])) == ["phone.HEIC"]


def test_photos_are_not_taken_for_a_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["edit", str(tmp_path), "erase-transients", "--photos", str(tmp_path)])
    assert result.exit_code != 0 and "worlds of a library" in str(result.exception or result.output)
