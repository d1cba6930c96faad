"""Every route keeps to its OpenAPI description, whatever it is sent."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.server.worlds import prepared_world
from worldloom.app.server.application import create_app
from worldloom.app.server.settings import ServerSettings
from worldloom.scene.store.store import Place, Store

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
HOST = {"host": "127.0.0.1:7860"}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory):
    """The server's description, with a world there to be found."""
    place = Place.at(tmp_path_factory.mktemp("schema") / "data")
    folder = prepared_world(tmp_path_factory.mktemp("room"))
    store = Store.open(place)
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    store.worlds.commit_folder(folder, paths, message="Made")
    store.close()
    app = create_app(ServerSettings(place, samples=False), pages=False)
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=HOST)


@pytest.mark.slow
def test_answers_keep_to_their_description(described: Any) -> None:
    operations = [result.ok() for result in described.get_all_operations()]
    assert len(operations) > 30
    answered = {(operation.label, status) for operation in operations for status in statuses(operation)}
    assert {("GET /api/v1/worlds", 200), ("POST /api/v1/uploads", 201), ("GET /api/v1/system", 200)} <= answered


def statuses(operation: Any) -> set[int]:
    """What an operation answers to all kinds of requests; checks each answer."""
    print(operation.label)  # pytest shows which one it was
    found: set[int] = set()

    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=SLOW_IS_FINE)
    @given(case=operation.as_strategy())
    def keeps_to_it(case: schemathesis.Case) -> None:
        answer = case.call(headers=HOST)
        found.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    keeps_to_it()
    return found
