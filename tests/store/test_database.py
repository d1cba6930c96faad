from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from worldloom.scene.errors import InvalidDataError, WorldloomError
from worldloom.scene.store.database import new_id, open_database
from worldloom.scene.store.store import Place, Store
from worldloom.scene.store.tables import Base


def test_migrations_make_the_tables_that_the_code_expects(store: Store) -> None:
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_opening_again_changes_nothing(place: Place) -> None:
    first = Store.open(place)
    first.set_setting("preferences", {"engine": "cpu"})
    first.close()
    second = Store.open(place)
    assert second.setting("preferences") == {"engine": "cpu"} and second.setting("other") == {}
    second.close()


def test_many_processes_may_open_a_new_store_at_once(place: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: Store.open(place), range(8)))
    assert [store.worlds.count() for store in stores] == [0] * 8
    for store in stores:
        store.close()


def test_an_index_of_a_newer_version_is_left_alone(place: Place) -> None:
    store = Store.open(place)
    with store.database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(WorldloomError, match="newer Worldloom"):
        Store.open(place)


@pytest.mark.parametrize("url", ["nonsense", "oracle://x", "mysql+nothing://x/y"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(InvalidDataError, match="no database that can be used"):
        open_database(url)


def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(WorldloomError, match="can't be used") as caught:
        open_database("postgresql://me:secret@127.0.0.1:9/x")
    assert "secret" not in str(caught.value)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldloomError, match="--data"):
        Store.open(Place.at(tmp_path / "file"))


def test_identifiers_are_short_and_differ() -> None:
    names = {new_id() for _ in range(2000)}
    assert len(names) == 2000 and all(len(name) == 12 and name.isalnum() for name in names)


def test_the_store_does_without_torch() -> None:
    code = "import sys, worldloom.scene.store.store, worldloom.client; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
