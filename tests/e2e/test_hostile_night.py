"""A night whose files are full of attacks and damage, from the shop's folder to the outbox, for both kinds of shop."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import os
import zlib
from pathlib import Path

import pytest
from hostile import (
    BAD_ADDRESSES,
    BAD_NUMBERS,
    BAD_TIMES,
    HOSTILE,
    check_cells,
    check_message,
    check_places,
    check_report,
    check_upload,
)

from desk import table
from reports import ALL_ORDERS, ORDER_REPORT, ORDERS_CSV, Line, at, comma, tsv
from reports import _all_orders_cells as order_cells
from reports import _item_cells as item_cells
from reports import _plain_cells as plain_cells

NOW = at(60)
KINDS = ("amazon-reports", "plain-files")
BAD = Line(price="39.99", discount="38.99", promotion_ids=("P-1",), title="Mug")
CATALOGUE = comma(
    ("sku", "currency", "unit_cost", "price"),
    [{"sku": "MUG-1", "currency": "USD", "unit_cost": "14.50", "price": "39.99"}],
)


def csv_file(columns, rows):
    """CSV that can carry anything; the builder of reports writes what spreadsheets write."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def promotions(promotion_id="P-1", name="Black mug"):
    cells = {"promotion_id": promotion_id, "name": name, "seen_at": at(-60), "percent_off": "97.5", "skus": "*"}
    return csv_file(tuple(cells), [cells])


@pytest.fixture
def night(run, tmp_path):
    """A shop of either kind that is answered."""

    class Night:
        base = tmp_path
        inbox = tmp_path / "inbox"
        folder = tmp_path / "outbox/INC-2026-0001"

        def shop(self, kind, lines, platform="amazon", extra=()):
            self.kind = kind
            self.inbox.mkdir(exist_ok=True)
            (tmp_path / "config.toml").write_text(
                f'[shops.us]\nkind = "{kind}"\nplatform = "{platform}"\nmarketplace = "amazon.com"\nfolder = "inbox"\n'
                'seller_name = "Lumina"\nsigner = "Chen"\n[mail]\nfrom_address = "service@lumina.example"\n'
            )
            files = {"catalogue.csv": CATALOGUE, "promotions.csv": promotions(), **dict(extra)}
            if kind == "plain-files":
                files["orders.csv"] = csv_file(ORDERS_CSV, map(plain_cells, lines))
            else:
                files["orders.txt"] = tsv(ALL_ORDERS, map(order_cells, lines))
                files["report.txt"] = tsv(ORDER_REPORT, map(item_cells, lines))
            for name, content in files.items():
                (self.inbox / name).write_bytes(content)

        def respond(self, promo="P-1"):
            ran = run("respond", "--promo", promo, "--at", NOW, "--json")
            assert ran.code == 0, ran.err
            assert "Traceback" not in ran.err
            (incident,) = ran.json["incidents"]
            self.check(incident)
            return ran

        def drafts(self):
            text = (self.folder / "3-buyers/manifest.jsonl").read_text("utf-8")
            return [json.loads(line) for line in text.split("\n")[:-1]]

        def exceptions(self):
            return {(row["order_id"], row["reason"]) for row in table(self.folder / "3-buyers/exceptions.csv")}

        def gaps(self):
            checks = run("doctor", "--at", NOW, "--json").json["checks"]
            return "\n".join(check["message"] + check["hint"] for check in checks)

        def check(self, incident):
            """What must hold whatever the files said."""
            check_places(tmp_path)
            assert sum(incident["counts"].values()) == incident["orders"] == incident["ledger"]["found"]
            for draft in self.drafts():
                check_message((self.folder / draft["path"]).read_bytes(), draft["to"], draft["order_id"])
            for path in self.folder.rglob("*.csv"):
                if path.parent.name != "4-cancel":
                    check_cells(path)
            if (self.folder / "4-cancel/2-all.txt").exists():
                check_upload(self.folder / "4-cancel")
            for path in self.folder.glob("*.md"):
                check_report(path.read_text("utf-8"))

    return Night()


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_name_and_title_cost_nobody_the_letter(night, kind):
    lines = [
        BAD.but(order_id=f"O-{n}", item_code=str(700 + n), name=text, title=text)
        for n, text in enumerate(HOSTILE.values())
    ]
    night.shop(kind, lines)

    night.respond()

    drafted = {draft["order_id"] for draft in night.drafts()}
    # A tab or a line end in a report tears its row apart, a NUL spoils a row anywhere; and only that one.
    tears = "\x00" if kind == "plain-files" else "\t\n\x00"
    torn = {line.order_id for line in lines if any(c in line.name for c in tears)}
    assert drafted >= {line.order_id for line in lines} - torn


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_address_gets_no_letter_and_stays_in_the_cancellation_file(night, kind):
    bad = [text for text in BAD_ADDRESSES if kind == "plain-files" or not any(c in text for c in "\t\r\n\x00")]
    lines = [BAD.but(order_id=f"O-{n}", item_code=str(700 + n), email=text) for n, text in enumerate(bad)]
    night.shop(kind, [*lines, BAD.but(order_id="O-good", item_code="999")])

    night.respond()

    told = {order_id for order_id, _ in night.exceptions()}
    assert [draft["to"] for draft in night.drafts()] == ["b1@marketplace.amazon.com"]
    skipped = {line.order_id for line in lines if "\x00" in line.email}  # its row is damaged and set aside
    assert told == {line.order_id for line in lines} - skipped
    rows = (night.folder / "4-cancel/2-all.txt").read_text().count("PricingError") + 1
    assert rows == len(lines) + 1 - len(skipped)


@pytest.mark.parametrize("platform", ["amazon", "shopify"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", ["order_id", "item_code", "sku"])
def test_hostile_ids_break_no_file_and_are_named(night, kind, field, platform):
    lines = [BAD.but(order_id=f"O-{n}", item_code=str(700 + n)) for n in range(len(HOSTILE))]
    lines = [line.but(**{field: text}) for line, text in zip(lines, HOSTILE.values(), strict=True)]
    night.shop(kind, [*lines, BAD.but(order_id="O-good", item_code="999")], platform)

    night.respond()

    assert "O-good" in {draft["order_id"] for draft in night.drafts()}
    if platform == "amazon" and field != "sku":
        named = {order_id for order_id, reason in night.exceptions() if "not usable in the file" in reason}
        written = {
            line.split("\t")[0]
            for name in ("1-try-one.txt", "2-all.txt")
            for line in (night.folder / "4-cancel" / name).read_text().splitlines()[2:]
        }
        assert named
        assert not named & written


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", [name for name in HOSTILE if name not in ("nul", "blank")])
def test_a_hostile_promotion_is_answered_by_its_id(night, kind, which):
    text = " ".join(HOSTILE[which].replace(",", " ").replace(";", " ").split())
    night.shop(
        kind, [BAD.but(promotion_ids=(text,))], extra={"promotions.csv": promotions(text, HOSTILE[which])}.items()
    )

    night.respond(text)

    assert len(night.drafts()) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", ["price", "discount", "shipping", "quantity", "ordered_at", "updated_at", "currency"])
def test_every_bad_row_is_named_and_the_rest_is_read(night, kind, field):
    cells = {"currency": ("US", "usd!", "€"), "ordered_at": BAD_TIMES, "updated_at": BAD_TIMES}.get(field, BAD_NUMBERS)
    lines = [BAD.but(order_id=f"X-{n}", **{field: text}) for n, text in enumerate(cells)]
    night.shop(kind, [*lines, BAD.but(order_id="O-good")])
    columns = {
        "plain-files": {"price": "item_price", "discount": "item_discount", "shipping": "shipping_price"},
        "amazon-reports": {
            "price": "item-price", "discount": "item-promotion-discount", "shipping": "shipping-price",
            "ordered_at": "purchase-date", "updated_at": "last-updated-date",
        },
    }[kind]  # fmt: skip
    file, column = "orders.csv" if kind == "plain-files" else "orders.txt", columns.get(field, field)

    ran = night.respond()

    (incident,) = ran.json["incidents"]
    assert incident["orders"] == 1
    shown = [
        line for line in ran.err.splitlines() if line.strip().startswith(f"{file}, line ") and f", {column}: " in line
    ]
    assert len(shown) == min(10, len(cells)) or "more; `promofuse doctor`" in ran.err
    assert f"{file}, line 2" in ran.err
    assert file in (night.folder / "README.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_absurd_but_readable_numbers_crash_nothing(night, kind):
    huge = BAD.but(order_id="O-huge", price="0.01", discount="999999999999999.99", quantity="999999999", item_code="1")
    free = BAD.but(order_id="O-free", price="0.00", discount="0.00", item_code="2")
    night.shop(kind, [huge, free, BAD])

    ran = night.respond()

    (incident,) = ran.json["incidents"]
    assert incident["orders"] == 3
    assert incident["units"] == 999_999_999 + 2


@pytest.mark.parametrize("kind", KINDS)
def test_repeated_rows_are_one_line_or_twins_and_each_goes_once(night, kind):
    night.shop(kind, [BAD] * 3)

    ran = night.respond()

    (incident,) = ran.json["incidents"]
    assert incident["orders"] == 1
    assert len(night.drafts()) == 1


def bomb(size):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"0" * (1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(size)), packer.flush()])


JUNK = {
    "bomb.txt.gz": (bomb(200), "times its size"),
    "orders-torn.csv.gz": (gzip.compress(os.urandom(5000))[:-2000], "orders-torn.csv.gz"),
    "damaged.csv.gz": (b"\x1f\x8b" + os.urandom(50), "damaged"),
    "noise.txt": (os.urandom(5000), "noise.txt"),
    "empty.csv": (b"", "empty"),
    "spaces.csv": (b"\n \n\n", "empty"),
    "long.csv": (b"a" * 3_000_000 + b"\n", "longer than a million"),
    "page.html": (b"<html><body>Please sign in</body></html>\n", "not a file that is read here"),
    "laughs.xml": (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>\n', "not a file that is read here"),
    "orders.zip": (b"PK\x03\x04../../evil", "not a file that is read here"),
    "catalogue-2.csv": (b"sku,unit_cost\nMUG-1,1\n", "no column currency"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", JUNK)
def test_a_damaged_file_beside_the_good_ones_is_named(night, kind, name):
    content, said = JUNK[name]
    night.shop(kind, [BAD], extra={name: content}.items())

    ran = night.respond()

    assert name in ran.err
    assert said in ran.err
    assert len(night.drafts()) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_left_alone(night, kind):
    night.shop(kind, [BAD])
    (night.inbox / "orders-old.csv").mkdir()
    (night.inbox / "gone.txt").symlink_to(night.base / "nowhere")
    (night.inbox / "loop.csv").symlink_to(night.inbox / "loop.csv")
    os.mkfifo(night.inbox / "pipe.csv")

    night.respond()

    assert len(night.drafts()) == 1


def test_an_unreadable_file_is_named(night, monkeypatch):
    night.shop("plain-files", [BAD], extra={"promotions-2.csv": promotions("P-2")}.items())
    really_open = Path.open

    def refuse(path, *words, **more):
        if path.name == "promotions-2.csv":
            raise PermissionError(errno.EACCES, "Permission denied")
        return really_open(path, *words, **more)

    monkeypatch.setattr(Path, "open", refuse)

    assert "promotions-2.csv: cannot be read: Permission denied" in night.respond().err


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252", "cp932", "utf-16-le"])
def test_a_report_in_an_unexpected_encoding_is_read(night, encoding):
    night.shop("amazon-reports", [BAD])
    name = {"cp932": "髙橋 健", "cp1252": "Jürgen Groß"}.get(encoding, "Jürgen 髙橋")
    (night.inbox / "report.txt").write_bytes(tsv(ORDER_REPORT, [item_cells(BAD.but(name=name))], encoding=encoding))

    night.respond()

    (draft,) = night.drafts()
    assert draft["to"] == "b1@marketplace.amazon.com"


def test_bytes_that_no_encoding_has_cost_no_letter(night):
    night.shop("amazon-reports", [BAD])
    whole = (night.inbox / "report.txt").read_bytes()
    (night.inbox / "report.txt").write_bytes(whole.replace(b"Ann Lee", b"Ann \xed\xa0\x80\x81\xff Lee"))

    night.respond()

    assert len(night.drafts()) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_buyers_are_in_their_own_folder_and_nowhere_else_in_plain(night, kind):
    secrets = ("Xaviera Quux-Zyzzogeton", "zyzzogeton-alias@marketplace.amazon.com")
    night.shop(kind, [BAD.but(name=secrets[0], email=secrets[1])])

    ran = night.respond()

    for path in [*(night.base / "var").rglob("*"), *night.folder.glob("*"), *night.folder.glob("4-cancel/*")]:
        if path.is_file():
            assert not [s for s in secrets if s.encode() in path.read_bytes()], path
    assert not [s for s in secrets if s in ran.out + ran.err]
    assert (night.base / "var").stat().st_mode & 0o077 == 0


def test_a_name_that_shifts_its_row_shows_no_address_in_plain(night):
    secret = "zyzzogeton-alias@marketplace.amazon.com"
    night.shop("plain-files", [BAD])
    shifted = comma(ORDERS_CSV, [plain_cells(BAD.but(order_id="O-2", name="NAME", email=secret, asked_to_cancel=""))])
    row = shifted.splitlines(keepends=True)[1].replace(b"NAME", b"Lee, Ann, Dr")
    with (night.inbox / "orders.csv").open("ab") as orders:
        orders.write(row)

    ran = night.respond()

    assert "orders.csv, line 3: has 24 cells where the header has 22" in ran.err
    assert secret.split("@", maxsplit=1)[0] not in ran.err + (night.folder / "README.md").read_text("utf-8")
    assert not [path for path in (night.base / "var").iterdir() if secret.encode() in path.read_bytes()]
