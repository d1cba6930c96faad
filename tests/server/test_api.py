"""The REST API, asked as programs ask it. Workers don't run here; test_jobs.py has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.conftest import Server

WALL = {"op": "update_layer", "layer": "room", "name": "House", "visible": False, "translation": [1, 2, 3]}


def post(server: Server, path: str, body: Any = None, key: str | None = None) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return server.client.post(f"/api/v1{path}", json=body, headers=headers)


def upload(server: Server, name: str = "a.jpg", data: bytes = b"pixels") -> str:
    answer = server.client.post("/api/v1/uploads", files=[("files", (name, data))])
    assert answer.status_code == 201
    return answer.json()["id"]


def test_a_world_is_listed_and_described(server: Server) -> None:
    (world,) = server.client.get("/api/v1/worlds").json()["worlds"]
    assert world["id"] == server.world and world["name"] == "Room" and world["gaussians"] == 3600
    picture = server.client.get(world["thumbnail"])
    assert picture.headers["content-type"] == "image/jpeg" and picture.content[:2] == b"\xff\xd8"
    assert "immutable" in picture.headers["cache-control"]
    assert server.client.get(f"/api/v1/worlds/{server.world}").json() == world


def test_a_scene_has_all_that_a_viewer_loads(server: Server) -> None:
    scene = server.client.get(f"/api/v1/worlds/{server.world}/scene").json()
    assert [layer["name"] for layer in scene["layers"]] == ["room", "sky"]
    assert scene["layers"][0]["count"] == 3200 and scene["spawn"]["position"] == [0.0, 1.6, 1.5]
    assert scene["bounds"]["upper"][1] == pytest.approx(2.4, abs=0.15), "the sky doesn't count"
    for layer in scene["layers"]:
        file = server.client.get(layer["url"])
        assert len(file.content) == layer["bytes"] and file.content[:2] == b"\x1f\x8b"
    mesh = server.client.get(scene["collider_url"])
    assert mesh.content[:4] == b"glTF" and mesh.headers["content-type"] == "model/gltf-binary"


def test_parts_of_files_can_be_asked_for(server: Server) -> None:
    url = server.client.get(f"/api/v1/worlds/{server.world}/scene").json()["layers"][0]["url"]
    whole = server.client.get(url).content
    part = server.client.get(url, headers={"range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == whole[10:20]


def test_edits_make_versions_and_restoring_brings_them_back(server: Server) -> None:
    address = f"/worlds/{server.world}"
    spawn = {"position": [1, 1.6, 0], "rotation": [1, 0, 0, 0]}
    notes = [{"text": "the door", "position": [0, 1, 0]}]
    path = {"name": "tour", "seconds": [0, 2], "poses": [spawn, spawn], "vertical_fov": 50}
    operations = [
        WALL,
        {"op": "set_spawn", "spawn": spawn},
        {"op": "set_annotations", "annotations": notes},
        {"op": "set_camera_paths", "camera_paths": [path]},
        {"op": "set_environment", "environment": {"background": [1, 0, 0], "fog_density": 0.1}},
        {"op": "set_portal", "portal": {"name": "gate", "position": [0, 1, 0], "world": "abc"}},
    ]
    assert post(server, f"{address}:edit", {"base_version": 1, "operations": operations}).json()["version"] == 2
    scene = server.client.get(f"/api/v1{address}/scene").json()
    room = scene["layers"][0]
    assert (room["name"], room["visible"], room["translation"]) == ("House", False, [1, 2, 3])
    assert scene["spawn"]["position"] == [1, 1.6, 0]
    assert scene["annotations"] == [{**notes[0], "title": "", "view": None, "link": None}]
    assert scene["authored"]["portals"][0]["world"] == "abc"
    assert scene["camera_paths"][0]["name"] == "tour" and scene["environment"]["background"] == [1, 0, 0]
    assert scene["bounds"]["lower"][0] == pytest.approx(-1, abs=0.2)
    old = server.client.get(f"/api/v1{address}/scene?version=1").json()
    assert old["version"] == 1 and old["head"] == 2 and old["layers"][0]["name"] == "room"
    assert post(server, f"{address}:restore", {"version": 1}).json()["number"] == 3
    versions = server.client.get(f"/api/v1{address}/versions").json()["versions"]
    assert [(version["number"], version["parent"]) for version in versions] == [(3, 1), (2, 1), (1, None)]
    assert server.client.get(f"/api/v1{address}/record").json()["layers"][0]["name"] == "room"


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (WALL | {"layer": "roof"}, "There is no layer 'roof'; the layers are 'room', 'sky'"),
        (WALL | {"name": "sky"}, "There is a layer 'sky' already"),
        ({"op": "update_layer", "layer": "room", "rotation": [0, 0, 0, 0]}, "quaternion"),
        ({"op": "update_layer", "layer": "room", "scale": -1}, "scale"),
        ({"op": "explode"}, "explode"),
        (
            {"op": "set_camera_paths", "camera_paths": [{"name": "a", "seconds": [1], "poses": []}]},
            "needs one time for each pose",
        ),
        ({"op": "set_annotations", "annotations": [{"text": "a", "position": [1, 2]}]}, "position"),
    ],
)
def test_senseless_edits_are_refused(server: Server, operation: dict[str, Any], words: str) -> None:
    answer = post(server, f"/worlds/{server.world}:edit", {"base_version": 1, "operations": [operation]})
    assert answer.status_code == 422 and words in answer.json()["detail"]
    assert server.client.get(f"/api/v1/worlds/{server.world}").json()["head"] == 1


def test_an_edit_that_was_overtaken_is_refused(server: Server) -> None:
    body = {"base_version": 1, "operations": [WALL | {"name": "Other"}]}
    assert post(server, f"/worlds/{server.world}:edit", body).status_code == 200
    answer = post(server, f"/worlds/{server.world}:edit", body)
    assert answer.status_code == 409 and "version 2" in answer.json()["detail"]


def test_worlds_are_renamed_tagged_copied_deleted_and_fetched_back(server: Server) -> None:
    address = f"/api/v1/worlds/{server.world}"
    changed = server.client.patch(address, json={"name": "Hall", "tags": ["Stone", "old"]}).json()
    assert changed["name"] == "Hall" and changed["tags"] == ["old", "stone"]
    copy = post(server, f"/worlds/{server.world}:duplicate", {"name": "Second"}).json()
    assert copy["tags"] == ["old", "stone"]
    found = server.client.get("/api/v1/worlds?query=hall&tag=stone").json()["worlds"]
    assert [world["id"] for world in found] == [server.world]
    assert server.client.delete(address).json()["deleted"] is not None
    assert server.client.get(f"{address}/scene").status_code == 404
    assert [world["name"] for world in server.client.get("/api/v1/worlds?deleted=true").json()["worlds"]] == ["Hall"]
    assert post(server, f"/worlds/{server.world}:undelete").json()["deleted"] is None
    assert server.client.get(f"{address}/scene").status_code == 200


def test_pages_lead_to_one_another(server: Server) -> None:
    for number in range(4):
        post(server, f"/worlds/{server.world}:duplicate", {"name": f"Copy {number}"})
    first = server.client.get("/api/v1/worlds?page_size=3").json()
    second = server.client.get(f"/api/v1/worlds?page_size=3&page_token={first['next_page_token']}").json()
    assert len(first["worlds"]) == 3 and len(second["worlds"]) == 2 and second["next_page_token"] is None
    assert server.client.get("/api/v1/worlds?page_token=x").status_code == 422


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b.jpg", "..\\x.jpg"])
def test_names_of_uploads_lead_nowhere(server: Server, name: str) -> None:
    (file,) = server.client.get(f"/api/v1/uploads/{upload(server, name)}").json()["files"]
    parts = file["name"].split("/")
    assert "\\" not in file["name"] and not {"..", "", "."} & set(parts)


def test_work_is_queued_once_for_one_key(server: Server) -> None:
    body = {"uploads": [upload(server)], "name": "Fox"}
    first = post(server, "/worlds:reconstruct", body, "k1")
    again = post(server, "/worlds:reconstruct", body, "k1")
    assert first.status_code == again.status_code == 202 and first.json()["id"] == again.json()["id"]
    assert again.headers["idempotent-replay"] == "true"
    other = post(server, "/worlds:reconstruct", body | {"name": "Wolf"}, "k1")
    assert other.status_code == 422 and "another request" in other.json()["detail"]
    assert post(server, "/worlds:reconstruct", body, "k2").json()["id"] != first.json()["id"]


def test_a_refused_request_leaves_its_key_free(server: Server) -> None:
    body = {"uploads": ["0" * 12], "name": "Fox"}
    assert post(server, "/worlds:reconstruct", body, "k1").status_code == 404
    body["uploads"] = [upload(server)]
    assert post(server, "/worlds:reconstruct", body, "k1").status_code == 202


@pytest.mark.parametrize(
    "change",
    [
        {"uploads": []},
        {"name": ""},
        {"preset": "fast"},
        {"seed": -1},
        {"gaussians": 5},
        {"settings": ["no equals sign"]},
        {"extra": 1},
        {"engine": "tpu"},
    ],
)
def test_senseless_reconstructions_are_refused(server: Server, change: dict[str, Any]) -> None:
    answer = post(server, "/worlds:reconstruct", {"uploads": [upload(server)], "name": "Fox"} | change)
    assert answer.status_code == 422 and next(iter(change)) in answer.json()["detail"]


def test_what_is_understood_of_a_text_is_told_before_anything_is_made(server: Server) -> None:
    answer = post(server, "/worlds:understand", {"prompt": "a red lighthouse on an island at night, zorbly"}).json()
    assert answer["spec"]["kind"] == "island" and answer["spec"]["objects"][0]["what"] == "lighthouse"
    assert [phrase["text"] for phrase in answer["unknown"]] == ["zorbly"] and answer["description"]
    edited = post(server, "/worlds:understand", {"prompt": "make it noon", "spec": answer["spec"]}).json()
    assert 11 <= edited["spec"]["hour"] <= 13 and edited["spec"]["kind"] == "island"
    assert server.client.get("/api/v1/operations").json()["operations"] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"prompt": ""}, "words"),
        ({"prompt": "雪山的湖边有一座小屋"}, "English"),
        ({"prompt": "a lake", "spec": {"kind": "moon"}}, "kind"),
        ({"prompt": "a lake", "gaussians": 5}, "gaussians"),
        ({"prompt": "a lake", "tier": "magic"}, "tier"),
    ],
)
def test_what_no_world_can_be_made_of_is_told_at_once(server: Server, body: dict[str, Any], words: str) -> None:
    answer = post(server, "/worlds:generate", body)
    assert answer.status_code == 422 and words in answer.json()["detail"]
    assert server.client.get("/api/v1/operations").json()["operations"] == []


def test_worlds_of_words_and_their_changes_are_queued(server: Server) -> None:
    made = post(server, "/worlds:generate", {"prompt": "a quiet lake"})
    assert made.status_code == 202 and made.json()["title"] == "a quiet lake"
    grown = post(server, "/worlds:extend", {"world": server.world, "towards": [90, 0, 0]})
    assert grown.status_code == 202 and grown.json()["world"] == server.world
    night = post(server, f"/worlds/{server.world}:event", {"prompt": "make it night"})
    assert night.status_code == 202 and night.json()["kind"] == "event"
    assert post(server, f"/worlds/{server.world}:event", {}).status_code == 422
    assert post(server, "/worlds:extend", {"world": "0" * 12}).status_code == 404


def test_an_estimate_grows_with_photos_and_quality(server: Server) -> None:
    few = upload(server)
    parts = [("files", (f"{number}.jpg", b"x")) for number in range(40)]
    many = server.client.post("/api/v1/uploads", files=parts).json()["id"]

    def needs(name: str, preset: str) -> Any:
        return post(server, "/worlds:estimate", {"uploads": [name], "preset": preset}).json()

    draft, more, high = needs(few, "draft"), needs(many, "draft"), needs(many, "high")
    assert draft["photos"] == 1 and more["photos"] == 40
    assert draft["seconds"] < more["seconds"] < high["seconds"]
    assert draft["memory_bytes"] < more["memory_bytes"] < high["memory_bytes"]


ANSWERS: list[Callable[[Server], Any]] = [
    lambda server: server.client.get("/api/v1/worlds/0123456789ab"),
    lambda server: server.client.get("/api/v1/worlds/UPPER"),
    lambda server: server.client.get("/api/v1/nothing"),
    lambda server: server.client.put("/api/v1/worlds"),
    lambda server: server.client.post("/api/v1/worlds:estimate", content=b"{"),
    lambda server: server.client.get("/api/v1/worlds?page_size=0"),
    lambda server: server.client.get(f"/api/v1/worlds/{server.world}/scene?version=9"),
    lambda server: server.client.get(f"/api/v1/worlds/{server.world}/report"),
]


@pytest.mark.parametrize("ask", ANSWERS)
def test_every_error_is_a_problem_with_a_sentence(server: Server, ask: Callable[[Server], Any]) -> None:
    answer = ask(server)
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert 400 <= answer.status_code < 500 and body["status"] == answer.status_code
    assert len(body["detail"]) > 10 and body["detail"][-1] == "." and "Traceback" not in body["detail"]


def test_the_documentation_is_served_from_here(server: Server) -> None:
    page = server.client.get("/api/v1/docs").text
    assert "//cdn" not in page and "https://" not in page.replace("https://fastapi", "")
    description = server.client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/worlds:reconstruct", "/api/v1/worlds/{world}:export"} <= set(description["paths"])


def test_the_viewer_is_compressed_and_kept(server: Server) -> None:
    page = server.client.get("/viewer/?world=x")
    assert page.headers["cache-control"] == "no-cache" and page.headers["content-encoding"] == "gzip"
    script = page.text.split('src="./')[1].split('"')[0]
    answer = server.client.get(f"/viewer/{script}")
    assert "immutable" in answer.headers["cache-control"] and answer.headers["content-encoding"] == "gzip"
    same = {"if-none-match": page.headers["etag"]}
    assert server.client.get("/viewer/", headers=same).status_code == 304
    assert server.client.get("/viewer", follow_redirects=False).headers["location"] == "/viewer/"


def test_open_pages_are_seen_and_commanded(server: Server) -> None:
    address = f"/api/v1/worlds/{server.world}"
    with server.client.websocket_connect(f"{address}/live", headers={"host": "127.0.0.1:7860"}) as page:
        page.send_json({"type": "hello", "viewer": "page-1"})
        assert page.receive_json()["type"] == "viewers"
        page.send_json({"type": "camera", "position": [1, 2, 3], "rotation": [1, 0, 0, 0], "vertical_fov": 60})
        page.send_json({"type": "pick", "point": [0, 1, 0], "normal": None, "layer": "room", "distance": 2.5})
        for nonsense in ("", "[]", "{}", '"x"', "null", '{"type": {}}', "x" * 100):
            page.send_text(nonsense)
        page.send_json({"type": "hello", "viewer": "page-1"})
        page.receive_json()
        (viewer,) = server.client.get(f"{address}/viewers").json()["viewers"]
        assert viewer["camera"]["position"] == [1, 2, 3] and viewer["pick"]["layer"] == "room"
        unknown = post(server, f"/worlds/{server.world}/viewers/nobody:command", {"name": "get_camera"})
        assert unknown.status_code == 404
        record = server.client.get(f"{address}/scene").json()
        assert record["head"] == 1
        post(server, f"/worlds/{server.world}:edit", {"base_version": 1, "operations": [WALL]})
        assert page.receive_json() == {"type": "version", "number": 2}


def test_a_command_is_answered_by_the_page(server: Server) -> None:
    import threading

    address = f"/api/v1/worlds/{server.world}"
    with server.client.websocket_connect(f"{address}/live", headers={"host": "127.0.0.1:7860"}) as page:
        page.send_json({"type": "hello", "viewer": "p"})
        page.receive_json()

        def answer(body: dict[str, Any]) -> None:
            asked = page.receive_json()
            assert asked["type"] == "command" and asked["args"] == {"x": 0.5}
            page.send_json({"type": "result", "id": asked["id"], **body})

        for body, status in (({"value": [1, 2]}, 200), ({"error": "There is nothing."}, 409)):
            thread = threading.Thread(target=answer, args=(body,))
            thread.start()
            found = post(server, f"/worlds/{server.world}/viewers/p:command", {"name": "pick", "args": {"x": 0.5}})
            thread.join()
            assert found.status_code == status
            assert found.json().get("value") == body.get("value")
            assert status == 200 or "There is nothing." in json.dumps(found.json())
