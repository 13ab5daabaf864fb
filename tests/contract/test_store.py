"""The database itself: opening, migrating, refusing, writers in turn, and personal data at rest."""

import stat
import subprocess
import sys
import threading
from dataclasses import fields, replace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from inbox import Inbox
from promofuse.errors import ConfigError, StoreError
from promofuse.facts import (
    AccountHealth,
    Buyer,
    CancellationListed,
    FeedError,
    ItemDetail,
    Offer,
    OrderLine,
    Promotion,
    PromotionKind,
)
from promofuse.store import evidence_tables, incident_tables, tables
from promofuse.store.buyers import load_buyers, save_buyers
from promofuse.store.engine import DATABASE, HEAD, open_store
from promofuse.store.migrate import migrations
from promofuse.store.privacy import KEY_FILE, load_keys
from promofuse.store.promotions import load_promotions
from reports import Line, order_report, orders_csv


def test_a_new_database_is_the_owners_alone_and_in_wal_mode(tmp_path):
    data_dir = tmp_path / "var"
    with open_store("", data_dir) as store, store.read() as db:
        settings = [db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys")]

    assert settings == ["wal", 1]
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((data_dir / DATABASE).stat().st_mode) == 0o600


def test_the_newest_revision_is_the_one_that_opening_looks_for():
    assert ScriptDirectory.from_config(migrations()).get_heads() == [HEAD]


def test_migrations_make_the_tables_that_the_code_declares(tmp_path):
    assert incident_tables
    with open_store("", tmp_path) as store, store.write() as db:
        differences = compare_metadata(MigrationContext.configure(db), tables.Row.metadata)

    assert differences == []


@pytest.mark.parametrize(
    ("fact", "table"),
    [
        (OrderLine, tables.OrderLineRow),
        (ItemDetail, tables.ItemDetailRow),
        (Offer, tables.OfferRow),
        (Promotion, tables.PromotionRow),
        (AccountHealth, tables.AccountHealthRow),
        (CancellationListed, evidence_tables.CancellationListedRow),
        (FeedError, evidence_tables.FeedErrorRow),
    ],
)
def test_every_field_of_a_fact_has_a_column(fact, table):
    assert {field.name for field in fields(fact)} <= {column.name for column in table.__table__.columns}


def test_opening_again_imports_neither_alembic_nor_the_orm(tmp_path):
    open_store("", tmp_path).close()
    script = (
        "import sys; from pathlib import Path; from promofuse.store.engine import open_store; "
        "open_store('', Path(sys.argv[1])).close(); print({'alembic', 'sqlmodel'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True)

    assert told.stdout == "set()\n"


def test_a_database_of_a_newer_program_is_refused(tmp_path):
    with open_store("", tmp_path) as store, store.write() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError, match="newer Promofuse"):
        open_store("", tmp_path)


def test_a_file_that_is_no_database_is_refused_with_a_hint(tmp_path):
    (tmp_path / DATABASE).write_bytes(b"this is not a database, it only has its name" * 100)

    with pytest.raises(StoreError) as error:
        open_store("", tmp_path)
    assert "backup" in error.value.hint


@pytest.mark.parametrize("url", ["postgresql://host/db", "nonsense", "sqlite://"])
def test_other_databases_are_a_configuration_error(tmp_path, url):
    with pytest.raises(ConfigError, match="only a SQLite file"):
        open_store(url, tmp_path)


def test_a_url_names_the_file(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/elsewhere.sqlite3", tmp_path / "var"):
        assert (tmp_path / "elsewhere.sqlite3").exists()
    assert not (tmp_path / "var").exists()


def test_reading_connections_cannot_write(tmp_path):
    with open_store("", tmp_path) as store, pytest.raises(OperationalError), store.read() as db:
        db.exec_driver_sql("DELETE FROM gap")


def test_an_exception_undoes_its_transaction(tmp_path):
    with open_store("", tmp_path) as store:
        with pytest.raises(OperationalError), store.write() as db:  # noqa: PT012 the first statement is to be undone
            db.exec_driver_sql("INSERT INTO shop VALUES ('us', 1)")
            db.exec_driver_sql("SELECT no_such_column")
        with store.read() as db:
            assert db.exec_driver_sql("SELECT count(*) FROM shop").scalar() == 0


def test_writers_wait_for_each_other(tmp_path):
    with open_store("", tmp_path) as store:
        with store.write() as db:
            db.exec_driver_sql("INSERT INTO shop VALUES ('us', 0)")

        def add():
            for _ in range(50):
                with store.write() as db:
                    [count] = db.exec_driver_sql("SELECT first_read_at FROM shop").one()
                    db.exec_driver_sql(f"UPDATE shop SET first_read_at = {count + 1}")

        threads = [threading.Thread(target=add) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.read() as db:
            assert db.exec_driver_sql("SELECT first_read_at FROM shop").scalar() == 150


@pytest.mark.parametrize("kind", ["amazon-reports", "plain-files"])
def test_no_byte_of_a_buyer_is_in_the_data_folder(tmp_path, kind):
    with Inbox(tmp_path, kind) as inbox:
        line = Line(name="Zacharias Quill", email="zq-4711@marketplace.example", language="fr")
        inbox.put("orders.csv", order_report([line]) if kind == "amazon-reports" else orders_csv([line]))
        inbox.read()
        assert inbox.facts()["buyers"]["O-1"].name == "Zacharias Quill"
        files = {path: path.read_bytes() for path in (tmp_path / "var").iterdir()}

    assert any(b"MUG-1" in content for content in files.values())
    assert all(secret not in content for content in files.values() for secret in (b"Zacharias", b"Quill", b"zq-4711"))


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    first = load_keys(tmp_path).seal(b"x", "here")
    path = tmp_path / KEY_FILE

    assert load_keys(tmp_path).open(first, "here") == b"x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_a_sealed_value_opens_only_in_its_place_with_its_key_and_unchanged(tmp_path):
    keys, others = load_keys(tmp_path / "a"), load_keys(tmp_path / "b")
    sealed = keys.seal(b"Ann", "buyer|sealed|us|O-1")

    assert keys.open(sealed, "buyer|sealed|us|O-1") == b"Ann"
    assert sealed != keys.seal(b"Ann", "buyer|sealed|us|O-1")
    for key, value, place in (
        (keys, sealed, "buyer|sealed|us|O-2"),
        (keys, sealed[:-1] + bytes([sealed[-1] ^ 1]), "buyer|sealed|us|O-1"),
        (keys, b"", "buyer|sealed|us|O-1"),
        (others, sealed, "buyer|sealed|us|O-1"),
    ):
        with pytest.raises(StoreError):
            key.open(value, place)


def test_a_damaged_key_is_never_replaced(tmp_path):
    (tmp_path / KEY_FILE).write_text("half a k")

    with pytest.raises(StoreError, match="damaged"):
        load_keys(tmp_path)
    assert (tmp_path / KEY_FILE).read_text() == "half a k"


def test_buyers_that_did_not_change_are_not_written_again(tmp_path):
    keys = load_keys(tmp_path)
    buyer = Buyer(order_id="O-1", email="a@b.example", name="Ann")
    with open_store("", tmp_path) as store:
        sealed = []
        for _ in range(2):
            with store.write() as db:
                save_buyers(db, keys, "us", [buyer, buyer], newest_last=False)
                sealed.append(db.exec_driver_sql("SELECT sealed FROM buyer").scalars().all())
        with store.read() as db:
            assert load_buyers(db, keys, "us", ["O-1", "O-2"]) == {"O-1": buyer}

    assert sealed[0] == sealed[1]
    assert len(sealed[0]) == 1


def test_a_database_of_the_first_schema_keeps_what_it_holds(tmp_path):
    """What an older Promofuse wrote is there after the upgrade, and reads as a promotion of today."""
    config = migrations()
    with create_engine(f"sqlite:///{tmp_path / DATABASE}").begin() as db:
        config.attributes["connection"] = db
        command.upgrade(config, "0001")
        columns = "shop, file, row, promotion_id, seen_at"
        known = {row[1]: row[2] for row in db.exec_driver_sql("PRAGMA table_info(promotion)") if row[3]}
        blanks = {name: "''" if "CHAR" in kind else "0" for name, kind in known.items()}
        given = blanks | {"shop": "'us'", "file": "'p.csv'", "row": "0", "promotion_id": "'P-1'", "seen_at": "1"}
        given |= {"kind": "'percent_off'", "status": "'active'", "level": "'item'"}
        assert set(columns.split(", ")) <= set(given)
        db.exec_driver_sql(
            f"INSERT INTO promotion ({', '.join(map(repr, given))}) VALUES ({', '.join(given.values())})"
        )

    with open_store("", tmp_path) as store, store.read() as db:
        differences = compare_metadata(MigrationContext.configure(db), tables.Row.metadata)
        (promotion,) = load_promotions(db, "us")

    assert differences == []
    today = Promotion(promotion_id="P-1", seen_at=promotion.seen_at, kind=PromotionKind.PERCENT_OFF)
    assert promotion == replace(today, status=promotion.status, skus=promotion.skus, combines=promotion.combines)
