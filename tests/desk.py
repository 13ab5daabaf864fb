"""A desk: a configuration with any number of shops whose reports come in one after the other, and their outbox."""

from __future__ import annotations

import csv
import os

import pytest

from reports import START, Line, all_orders, at, comma, order_report

BAD = Line(price="39.99", discount="38.99", promotion_ids=("P-1",))
FINE = BAD.but(discount="", promotion_ids=())
WEEK_OLD = FINE.but(order_id="W-0", ordered_at=at(-8 * 24 * 60))
CATALOGUE = comma(
    ("sku", "currency", "unit_cost", "price", "title", "external_id"),
    [
        {
            "sku": "MUG-1", "currency": "USD", "unit_cost": "14.50", "price": "39.99",
            "title": "Blue mug", "external_id": "B0CATALOG1",
        },
        {"sku": "CUP-2", "currency": "USD", "unit_cost": "3", "price": "20"},
    ],
)  # fmt: skip


def promotions(*rows):
    columns = ("promotion_id", "seen_at", "name", "percent_off", "skus", "intended_percent_off")
    return comma(columns, [{"promotion_id": "P-1", "name": "Black mug", "skus": "MUG-1", **row} for row in rows])


SLIP = promotions({"seen_at": at(-120), "percent_off": "97.5", "intended_percent_off": "9.75"})


@pytest.fixture
def desk(run, tmp_path):
    """A configuration with any number of shops, whose files come in one after the other."""

    class Desk:
        base = tmp_path
        outbox = tmp_path / "outbox"
        settings = ""
        shops: tuple[str, ...] = ()

        def shop(self, name="us", kind="amazon-reports", platform="amazon", marketplace="amazon.com", files=None):
            self.shops += (
                f'[shops.{name}]\nkind = "{kind}"\nplatform = "{platform}"\nmarketplace = "{marketplace}"\n'
                f'folder = "inbox/{name}"\nseller_name = "Nordlicht"\nsigner = "Kim"\n',
            )
            (tmp_path / "inbox" / name).mkdir(parents=True)
            self.put({"catalogue.csv": CATALOGUE, "promotions.csv": SLIP, **(files or {})}, name)
            mail = '[mail]\nfrom_address = "service@nordlicht.example"\n'
            (tmp_path / "config.toml").write_text(self.settings + mail + "".join(self.shops))

        def put(self, files, name="us"):
            """Lay files into the folder; they carry no news by their own time."""
            for file, content in files.items():
                path = tmp_path / "inbox" / name / file
                path.write_bytes(content)
                os.utime(path, (START.timestamp() - 10**6 - len(content),) * 2)

        def orders(self, file, lines, codes=True):
            """An All Orders report, with the Order Report that belongs to it."""
            self.put({f"{file}.txt": all_orders(lines)})
            if codes:
                self.put({f"{file}-report.txt": order_report(lines)})

        def respond(self, *words, minutes=60, promo="P-1"):
            ran = run("respond", "--promo", promo, "--at", at(minutes), "--json", *words)
            return ran.json["incidents"][0] if ran.code == 0 and ran.json["incidents"] else ran

        def folder(self, number=1):
            return self.outbox / f"INC-2026-{number:04d}"

        def decisions(self, number=1):
            return {row["order_id"]: row["decision"] for row in table(self.folder(number) / "orders.csv")}

        def drafts(self, number=1):
            return {path.stem for path in (self.folder(number) / "3-buyers/drafts").glob("*.eml")}

        def rows(self, number=1):
            files = sorted((self.folder(number) / "4-cancel").glob("*.txt"))
            return {line.split("\t")[0] for path in files for line in path.read_text().split("\n")[2:-1]}

    return Desk()


def spoilt(count, first=0, **changes):
    return [
        BAD.but(order_id=f"B-{n}", item_code=str(9000 + n), ordered_at=at(n), updated_at=at(n), **changes)
        for n in range(first, first + count)
    ]


def usual(count):
    return [FINE.but(order_id=f"N-{n}", ordered_at=at(-2000 - n), item_code=str(5000 + n)) for n in range(count)]


def table(path, encoding="utf-8-sig"):
    """The rows of a CSV file."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))
