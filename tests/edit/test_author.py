"""Portals, media, motion, weather and triggers: as records, as operations, and in a world's files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import ValidationError

from tests.edit.worlds import NoSources, editing, garden
from worldloom.app.jobs.prepare import prepare
from worldloom.edit.author.media import check_file
from worldloom.edit.author.record import UpdateLayer
from worldloom.edit.author.things import (
    AddAnnotation,
    RemoveAnnotation,
    RemoveThing,
    RenameThing,
    ReplaceAnnotation,
    SetAnimation,
    SetCameraPath,
    SetFigure,
    SetMedium,
    SetPortal,
    SetTrigger,
    SetWeather,
)
from worldloom.edit.change.world_motion import moved_world
from worldloom.edit.history import Entry, History, undoable
from worldloom.edit.operation import Applied, Applying, Operation
from worldloom.edit.registry import parse
from worldloom.edit.state import EditState
from worldloom.scene import world as worlds
from worldloom.scene.authored import (
    Animate,
    Audio,
    Authored,
    BoxZone,
    ChangeHour,
    ChangeWeather,
    Fly,
    Go,
    LayerAnimation,
    ParticleWeather,
    Play,
    Portal,
    Say,
    SphereZone,
    Trigger,
    Video,
)
from worldloom.scene.errors import ConflictError, FormatError, InvalidDataError, WorldloomError
from worldloom.scene.geometry import Transform
from worldloom.scene.provenance import hash_file
from worldloom.scene.store.store import Place, Store
from worldloom.scene.world_record import Annotation, CameraPath, Pose, View, load_record, parse_record

CHIME = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(28)
FILM = b"\x1a\x45\xdf\xa3" + bytes(60)
PATH = CameraPath(name="round", seconds=(0, 2), poses=(Pose(), Pose(position=(0, 1.6, -2))), loop=True, easing="both")
PORTAL = Portal(name="gate", position=(0, 1, -3), world="abc123abc123", spawn=Pose(position=(1, 2, 3)))
SPIN = LayerAnimation(name="turning", layer="house", motion="spin", pivot=(1, 0.5, -2))
NOTE = Annotation(text="A long story", position=(1, 1, 1), title="Door", view=View(), link="https://example.org/a?b=1")
RAIN = ParticleWeather(kind="rain", amount=0.8, wind=(1, 0, 0))


class Kept(NoSources):
    """Files, each called by its content."""

    def __init__(self, folder: Path, *contents: bytes) -> None:
        self._files: dict[str, Path] = {}
        for number, content in enumerate(contents):
            path = folder / f"{number}.bin"
            path.write_bytes(content)
            self._files[hash_file(path).sha256] = path
        self.names = tuple(self._files)

    def blob(self, sha256: str) -> Path:
        if sha256 not in self._files:
            return super().blob(sha256)
        return self._files[sha256]


@pytest.fixture
def sources(tmp_path: Path) -> Kept:
    folder = tmp_path / "sources"
    folder.mkdir()
    return Kept(folder, CHIME, FILM)


def done(state: EditState, *operations: Operation, sources: NoSources | None = None) -> Applied:
    applied = Applied(state)
    for number, operation in enumerate(operations):
        applied = operation.apply(applied.state, Applying(f"e{number}", "ann", sources or NoSources()))
    return applied


def chime(sources: Kept) -> Audio:
    return Audio(name="chime", blob=sources.names[0], format="wav", position=(0, 2, 0))


def film(sources: Kept) -> Video:
    return Video(name="film", blob=sources.names[1], format="webm", position=(0, 2, 0))


def everything(sources: Kept) -> list[Operation]:
    trigger = Trigger(
        name="hall",
        zone=SphereZone(center=(0, 1, 0), radius=2),
        on_enter=(
            Say(text="Welcome"),
            Play(medium="chime"),
            Fly(path="round"),
            Animate(animation="turning"),
            ChangeWeather(weather=RAIN),
            ChangeHour(hour=21.5),
            Go(portal="gate"),
        ),
        on_leave=(Play(medium="chime", on=False), ChangeWeather(weather=None)),
    )
    return [
        SetCameraPath(camera_path=PATH),
        SetPortal(portal=PORTAL),
        SetMedium(medium=chime(sources)),
        SetMedium(medium=film(sources)),
        SetAnimation(animation=SPIN),
        SetTrigger(trigger=trigger),
        SetTrigger(trigger=Trigger(name="box", zone=BoxZone(center=(1, 0, 0), size=(1, 2, 3)))),
        SetWeather(weather=RAIN),
        SetFigure(figure="fox"),
        AddAnnotation(annotation=NOTE),
    ]


def test_a_world_with_everything_is_read_back_as_it_was_written(tmp_path: Path, sources: Kept) -> None:
    world = done(editing(), *everything(sources), sources=sources).state.baked()
    worlds.save(world, tmp_path / "world")
    again = worlds.load(tmp_path / "world")
    assert again.authored == world.authored
    assert len(again.authored.triggers[0].on_enter) == 7
    assert (again.camera_paths, again.annotations) == (world.camera_paths, world.annotations)


def test_a_world_of_before_is_still_read(tmp_path: Path) -> None:
    worlds.save(garden(), tmp_path)
    content = json.loads((tmp_path / "world.json").read_bytes())
    del content["authored"]
    content["camera_paths"] = [{"name": "old", "seconds": [0], "poses": [{"position": [0, 1, 0]}]}]
    content["annotations"] = [{"text": "old", "position": [0, 1, 0]}]
    record = parse_record(json.dumps(content).encode(), "old")
    assert record.authored == Authored()
    assert (record.camera_paths[0].speed, record.camera_paths[0].loop) == (1.0, False)
    assert record.annotations[0].link is None


def test_undoing_everything_gives_the_first_bytes_back(sources: Kept) -> None:
    base = editing()
    history = History(base, sources)
    digests = [base.digest()]
    more = [
        RenameThing(kind="medium", name="chime", new_name="bell"),
        RemoveThing(kind="portal", name="gate"),
        RemoveAnnotation(annotation=NOTE),
        SetWeather(weather=None),
        UpdateLayer(layer="house", name="home"),
    ]
    for number, operation in enumerate([*everything(sources), *more]):
        history.add(Entry(f"e{number}", "ann", "do", parse(operation.model_dump_json())))
        digests.append(history.state.digest())
    assert len(set(digests)) == len(digests)
    for number, expected in enumerate(reversed(digests[:-1])):
        history.add(Entry(f"u{number}", "ann", "undo", target=undoable(history.entries)[-1]))
        assert history.state.digest() == expected


def test_a_thing_of_the_same_name_is_replaced_or_refused() -> None:
    state = done(editing(), SetPortal(portal=PORTAL)).state
    wider = PORTAL.model_copy(update={"size": (4.0, 4.0)})
    assert done(state, SetPortal(portal=wider)).state.world.authored.portals == (wider,)
    with pytest.raises(ConflictError, match="already"):
        done(state, SetPortal(portal=wider, only_new=True))


def test_triggers_follow_what_they_speak_of(sources: Kept) -> None:
    state = done(editing(), *everything(sources), sources=sources).state
    called = done(state, RenameThing(kind="medium", name="chime", new_name="bell")).state.world.authored
    assert [action.medium for action in called.triggers[0].on_enter if isinstance(action, Play)] == ["bell"]
    assert [action.medium for action in called.triggers[0].on_leave if isinstance(action, Play)] == ["bell"]
    for kind, name in (("medium", "chime"), ("camera_path", "round"), ("animation", "turning"), ("portal", "gate")):
        applied = done(state, parse({"op": "remove_thing", "kind": kind, "name": name}))
        assert "hall" in applied.note
        assert len(applied.state.world.authored.triggers[0].on_enter) == 6
    assert done(state, RemoveThing(kind="medium", name="film")).note == ""


def test_a_layers_animation_follows_its_name() -> None:
    state = done(editing(), SetAnimation(animation=SPIN), UpdateLayer(layer="house", name="home")).state
    assert state.world.authored.animations[0].layer == "home"
    by_key = done(editing(), SetAnimation(animation=SPIN.model_copy(update={"layer": "v1.1"}))).state
    assert by_key.world.authored.animations[0].layer == "house"


def test_notes_are_changed_one_by_one() -> None:
    other = Annotation(text="Other", position=(0, 0, 0))
    state = done(editing(), AddAnnotation(annotation=NOTE), AddAnnotation(annotation=other)).state
    new = NOTE.model_copy(update={"text": "Shorter"})
    changed = done(state, ReplaceAnnotation(old=NOTE, annotation=new)).state
    assert changed.world.annotations == (new, other)
    assert done(changed, RemoveAnnotation(annotation=new)).state.world.annotations == (other,)
    with pytest.raises(ConflictError, match="meanwhile"):
        done(changed, RemoveAnnotation(annotation=NOTE))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"op": "remove_thing", "kind": "portal", "name": "x"}, "There is no portal 'x'; there are none yet"),
        ({"op": "rename_thing", "kind": "medium", "name": "x", "new_name": "y"}, "no sound or video 'x'"),
        ({"op": "set_animation", "animation": {**SPIN.model_dump(), "layer": "roof"}}, "no layer 'roof'"),
        (
            {
                "op": "set_trigger",
                "trigger": {
                    "name": "t",
                    "zone": {"shape": "sphere", "center": [0, 0, 0], "radius": 1},
                    "on_enter": [{"do": "play", "medium": "x"}],
                },
            },
            "no sound or video 'x'",
        ),
        ({"op": "set_camera_path", "camera_path": {"name": "p", "seconds": [1], "poses": []}}, "one time for each"),
        (
            {
                "op": "set_medium",
                "medium": {"kind": "audio", "name": "m", "blob": "0" * 64, "format": "mp3", "position": [0, 0, 0]},
            },
            "no blob",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(data: dict, says: str) -> None:
    with pytest.raises(WorldloomError, match=says):
        done(editing(), parse(data))


@pytest.mark.parametrize(
    ("record", "change"),
    [
        (PORTAL, {"name": ""}),
        (PORTAL, {"name": " gate"}),
        (PORTAL, {"world": "../x"}),
        (PORTAL, {"size": (0, 1)}),
        (PORTAL, {"position": (float("nan"), 0, 0)}),
        (PORTAL, {"rotation": (0, 0, 0, 0)}),
        (SPIN, {"axis": (0, 0, 0)}),
        (SPIN, {"period": 0}),
        (SPIN, {"phase": 1.5}),
        (RAIN, {"wind": (99, 99, 0)}),
        (RAIN, {"amount": 2}),
        (NOTE, {"link": "javascript:alert(1)"}),
        (NOTE, {"link": "https://a b"}),
        (NOTE, {"title": "x" * 201}),
        (PATH, {"speed": 0}),
        (PATH, {"easing": "bouncy"}),
    ],
)
def test_limits(record, change: dict) -> None:
    type(record).model_validate(record.model_dump())
    with pytest.raises(ValidationError):
        type(record).model_validate(record.model_dump() | change)


def test_two_of_a_kind_need_two_names() -> None:
    with pytest.raises(ValidationError, match="share a name"):
        Authored(portals=(PORTAL, PORTAL))


@pytest.mark.parametrize(
    ("content", "format", "fits"),
    [
        (b"ID3\x04" + bytes(20), "mp3", True),
        (b"\xff\xfb\x90\x00" + bytes(20), "mp3", True),
        (b"OggS" + bytes(20), "ogg", True),
        (CHIME, "wav", True),
        (b"\0\0\0\x20ftypM4A " + bytes(20), "m4a", True),
        (CHIME, "mp3", False),
        (b"<script>alert(1)</script>", "wav", False),
        (b"", "ogg", False),
    ],
)
def test_a_file_is_what_it_is_said_to_be(tmp_path: Path, content: bytes, format: str, fits: bool) -> None:
    path = tmp_path / "sound"
    path.write_bytes(content)
    sound = Audio.model_validate({"name": "s", "blob": "0" * 64, "format": format, "position": (0, 0, 0)})
    if fits:
        check_file(path, sound)
        return
    with pytest.raises(FormatError, match=f"no .{format} file"):
        check_file(path, sound)


numbers = some.floats(-2, 2)


@settings(deadline=None, max_examples=20)
@given(some.tuples(numbers, numbers, numbers), some.tuples(numbers, numbers, numbers), some.floats(0.3, 3))
def test_the_world_moves_with_all_that_is_in_it(shift, turn, scale: float) -> None:
    world = replace(
        garden(20),
        annotations=(NOTE,),
        authored=Authored(
            portals=(PORTAL,),
            media=(Audio(name="a", blob="0" * 64, format="mp3", position=(1, 2, 3)),),
            animations=(SPIN, SPIN.model_copy(update={"name": "lift", "motion": "translate"})),
            triggers=(Trigger(name="t", zone=BoxZone(center=(1, 0, 0), size=(1, 2, 3))),),
            weather=RAIN,
        ),
    )
    by = Transform(shift, (1.0, *turn), scale)
    moved = moved_world(editing(world), by)
    assert moved.world.authored.animations[1].amplitude == pytest.approx(scale)
    assert moved.world.authored.portals[0].spawn == PORTAL.spawn  # in another world
    back = moved_world(moved, by.inverse).world
    for new, old in zip(numbers_of(back.authored.model_dump()), numbers_of(world.authored.model_dump()), strict=True):
        assert new == pytest.approx(old, abs=1e-5)
    for new, old in zip(numbers_of(back.annotations[0].model_dump()), numbers_of(NOTE.model_dump()), strict=True):
        assert new == pytest.approx(old, abs=1e-5)


def numbers_of(data: object) -> list[float]:
    if isinstance(data, dict):
        return [number for value in data.values() for number in numbers_of(value)]
    if isinstance(data, (list, tuple)):
        return [number for value in data for number in numbers_of(value)]
    return [float(data)] if isinstance(data, (int, float)) else []


def test_media_are_files_of_the_version_for_as_long_as_the_world_has_them(tmp_path: Path, sources: Kept) -> None:
    store = Store.open(Place.at(tmp_path / "store"))
    world = done(editing(), *everything(sources), sources=sources).state.baked()
    folder = tmp_path / "world"
    worlds.save(world, folder)
    sound, screen = (f"media/{name}.{end}" for name, end in zip(sources.names, ("wav", "webm")))
    with pytest.raises(FormatError, match="missing or another file"):
        prepare(folder)
    (folder / "media").mkdir()
    (folder / sound).write_bytes(CHIME)
    (folder / screen).write_bytes(FILM)
    version = store.worlds.commit_folder(folder, prepare(folder), message="first")
    assert {sound, screen} <= version.files.keys()
    assert version.files[sound].sha256 == sources.names[0]

    again = tmp_path / "again"
    store.worlds.checkout(version, again)
    assert (again / sound).read_bytes() == CHIME
    assert {sound, screen} <= set(prepare(again))
    copy = store.worlds.version(store.worlds.duplicate(version.world).id)
    assert sound in copy.files

    less = done(EditState.of(world, "v1"), RemoveThing(kind="medium", name="chime")).state.world
    record = load_record(folder).model_copy(update={"authored": less.authored})
    second = store.worlds.edit(version.world, version.number, record, "without the chime")
    assert sound not in second.files
    assert screen in second.files
    back = store.worlds.restore(version.world, version.number)
    assert sound in back.files
    third = store.worlds.edit(version.world, back.number, load_record(folder), "with it again")
    assert third.files[sound] == version.files[sound]

    (folder / sound).write_bytes(b"RIFF\0\0\0\0WAVEelse")
    with pytest.raises(FormatError, match="missing or another file"):
        prepare(folder)
    strange = record.model_copy(
        update={"authored": Authored(media=(chime(sources).model_copy(update={"blob": "1" * 64}),))}
    )
    with pytest.raises(InvalidDataError, match="lacks media"):
        store.worlds.edit(version.world, third.number, strange, "a sound from nowhere")
