"""Files come, grow, are replaced, repeated, cut and taken away: what reading a folder again and again does."""

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from inbox import Inbox
from promofuse.errors import ShopUnreachable
from promofuse.facts import OrderStatus
from promofuse.shops.amazon_reports import AmazonReports
from promofuse.store.offers import load_offers
from reports import START, Line, all_orders, at, encode, order_report, orders_csv

CATALOGUE = "sku,currency,unit_cost"


@dataclass(frozen=True)
class Kind:
    """A kind of shop, the name of its order file and how to write it."""

    name: str
    file: str
    write: Callable[..., bytes]


AMAZON = Kind("amazon-reports", "4711.txt", all_orders)
PLAIN = Kind("plain-files", "orders.csv", orders_csv)
FORMS = [
    {"encoding": encoding, "line_end": line_end, "packed": packed}
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252")
    for line_end, packed in (("\r\n", False), ("\n", True))
]


@pytest.fixture(params=[AMAZON, PLAIN], ids=lambda kind: kind.name)
def kind(request):
    return request.param


@pytest.fixture
def inbox(tmp_path, kind):
    with Inbox(tmp_path, kind.name) as shop:
        yield shop


@pytest.fixture
def amazon(tmp_path):
    with Inbox(tmp_path) as shop:
        yield shop


def orders(*numbers, **changes):
    return [Line(order_id=f"O-{n}", ordered_at=at(n), updated_at=at(n + 1), title="Müg", **changes) for n in numbers]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(map(str, form.values())).replace("\r", "r"))
def test_every_form_of_a_file_gives_the_same_facts(inbox, kind, form):
    inbox.put(kind.file, kind.write(orders(1, 2), **form))
    read = inbox.read()

    assert (read.files, read.rows, read.gaps) == (1, 2, ())
    assert [(k, line.item_price, line.ordered_at) for k, [line] in inbox.orders().items()] == [
        ("O-1", 3999, START + timedelta(minutes=1)),
        ("O-2", 3999, START + timedelta(minutes=2)),
    ]


def test_an_unchanged_file_is_not_read_again(inbox, kind):
    inbox.put(kind.file, kind.write(orders(1)))
    inbox.read()

    assert (inbox.read().files, inbox.read().rows) == (0, 0)


def test_a_file_that_was_only_touched_is_not_read_again(inbox, kind):
    path = inbox.put(kind.file, kind.write(orders(1)))
    inbox.read()
    os.utime(path, (START.timestamp(), START.timestamp()))

    assert [inbox.read().files for _ in range(2)] == [0, 0]


def test_a_growing_file_adds_and_a_replaced_one_keeps_what_was_told(inbox, kind):
    inbox.put(kind.file, kind.write(orders(1)))
    inbox.read()
    inbox.put(kind.file, kind.write(orders(1, 2)))
    inbox.read()
    inbox.put(kind.file, kind.write(orders(3)))
    inbox.read()

    assert set(inbox.orders()) == {"O-1", "O-2", "O-3"}


def test_the_same_bytes_under_another_name_are_one_file(amazon):
    amazon.put("a.txt", all_orders([*orders(1), Line(quantity="?")]))
    amazon.put("a (1).txt", all_orders([*orders(1), Line(quantity="?")]))
    read = amazon.read()

    assert (read.files, read.rows, len(read.gaps)) == (1, 1, 1)
    assert amazon.read().files == 0
    assert len(amazon.gaps()) == 1


def test_a_renamed_file_takes_its_gaps_along_and_a_deleted_one_takes_them_away(amazon):
    path = amazon.put("a.txt", all_orders([Line(quantity="?")]))
    amazon.read()
    path.rename(path.with_name("b.txt"))
    amazon.read()

    assert [gap.file for gap in amazon.gaps()] == ["b.txt"]

    path.with_name("b.txt").unlink()
    amazon.read()

    assert amazon.gaps() == []


def test_settings_whose_file_is_gone_count_on_and_that_is_said(amazon):
    path = amazon.put("catalogue.csv", encode([CATALOGUE, "MUG-1,USD,10"]))
    amazon.read()
    path.unlink()
    amazon.read()
    amazon.read()

    (gap,) = amazon.gaps()
    assert (gap.file, "its catalogue counts until another file tells it" in gap.reason) == ("catalogue.csv", True)

    amazon.put("costs.csv", encode([CATALOGUE, "MUG-1,USD,11"]))
    amazon.read()

    assert amazon.gaps() == []


def test_facts_of_a_file_that_is_gone_stay(inbox, kind):
    inbox.put(kind.file, kind.write(orders(1))).unlink()
    inbox.put(kind.file, kind.write(orders(1)))
    inbox.put("catalogue.csv", encode([CATALOGUE, "MUG-1,USD,10"]))
    inbox.read()
    for path in list(inbox.folder.iterdir()):
        path.unlink()
    inbox.read()

    assert set(inbox.orders()) == {"O-1"}
    assert len(inbox.facts()["offers"]) == 1


def test_a_half_written_file_gives_its_whole_lines_and_is_read_again_even_if_unchanged(inbox, kind):
    inbox.put(kind.file, kind.write(orders(1, 2), ended=False))
    read = inbox.read()

    assert set(inbox.orders()) == {"O-1"}
    assert [(gap.line, "if it is complete, add a line end" in gap.reason) for gap in read.gaps] == [(3, True)]
    assert inbox.read().files == 1

    inbox.put(kind.file, kind.write(orders(1, 2)))

    assert inbox.read().gaps == ()
    assert set(inbox.orders()) == {"O-1", "O-2"}
    assert inbox.gaps() == []
    assert inbox.read().files == 0


def test_a_cut_gzip_file_is_half_written(inbox, kind):
    whole = kind.write(orders(*range(400)), packed=True)
    inbox.put(kind.file, whole[: len(whole) // 2])
    inbox.read()

    assert 0 < len(inbox.orders()) < 400
    assert "still being written" in inbox.gaps()[0].reason

    inbox.put(kind.file, whole)
    inbox.read()

    assert (len(inbox.orders()), inbox.gaps()) == (400, [])


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(all_orders(orders(1)))
    shop = AmazonReports(tmp_path, "amazon.com")
    [source] = shop.sources()
    with shop.open(source) as reading:
        with path.open("ab") as more:
            more.write(b"x")
        list(reading.batch.facts)

    assert not reading.finished
    assert "changed while it was being read" in reading.batch.gaps[-1].reason


def test_gaps_of_a_file_are_replaced_when_it_is_read_again(amazon):
    amazon.put("a.txt", all_orders([Line(quantity="?"), Line(sku="")]))
    amazon.read()
    amazon.put("a.txt", all_orders([Line(), Line(sku="")]))
    amazon.read()

    assert [(gap.line, gap.column) for gap in amazon.gaps()] == [(3, "sku")]


@pytest.mark.parametrize("name", [".a.txt", "a.txt.tmp", "a.txt.PART", "a.crdownload", "~$catalogue.csv"])
def test_hidden_and_unfinished_downloads_are_not_looked_at(amazon, name):
    amazon.put(name, b"nothing\n")

    assert amazon.read().files == 0
    assert amazon.gaps() == []


def test_folders_and_dangling_links_are_not_looked_at(amazon):
    (amazon.folder / "old").mkdir()
    (amazon.folder / "lost.txt").symlink_to(amazon.folder / "nowhere")

    assert amazon.read().gaps == ()


def test_a_file_that_may_not_be_opened_is_a_gap_until_it_may(amazon, monkeypatch):
    path = amazon.put("a.txt", all_orders(orders(1)))
    opening = type(path).open

    def refuse(self, *args, **kwargs):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opening(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(type(path), "open", refuse)
        amazon.read()
    assert "Permission denied" in amazon.gaps()[0].reason

    amazon.read()
    assert (set(amazon.orders()), amazon.gaps()) == ({"O-1"}, [])


def test_a_file_is_read_again_when_the_shops_settings_change(tmp_path):
    with Inbox(tmp_path, marketplace="") as inbox:
        inbox.put("open.txt", encode(["sku\tasin\tprice\tquantity", "MUG-1\tB0\t9.50\t3"]))
        inbox.read()
        assert "set `marketplace`" in inbox.gaps()[0].reason

    with Inbox(tmp_path, marketplace="amazon.de") as inbox:
        inbox.read()
        assert inbox.gaps() == []
        assert [(o.sku, o.currency) for o in inbox.facts()["offers"]] == [("MUG-1", "EUR")]


def test_a_bomb_is_one_gap_and_is_not_unpacked_again(amazon):
    amazon.put("a.txt.gz", gzip.compress(bytes(100 << 20)))
    amazon.read()

    assert amazon.read().files == 0
    assert ["not read" in gap.reason for gap in amazon.gaps()] == [True]


def test_catalogue_rows_that_are_gone_from_their_path_vanish(amazon):
    amazon.put("catalogue.csv", encode([CATALOGUE, "MUG-1,USD,10", "CUP-2,USD,5"]))
    amazon.put("more.csv", encode([CATALOGUE, "POT-3,USD,7"]))
    amazon.read()
    amazon.put("catalogue.csv", encode([CATALOGUE, "MUG-1,USD,11"]))
    amazon.read()

    assert [(o.sku, o.unit_cost) for o in amazon.facts()["offers"]] == [("MUG-1", 11), ("POT-3", 7)]


def test_a_catalogue_that_returns_to_former_content_counts_again(amazon):
    for cost in (10, 11, 10):
        amazon.put("catalogue.csv", encode([CATALOGUE, f"MUG-1,USD,{cost}"]))
        amazon.read()

    assert [o.unit_cost for o in amazon.facts()["offers"]] == [10]


def test_a_catalogue_saved_with_semicolons_is_told_so(amazon):
    amazon.put("catalogue.csv", encode(["sku;currency;unit_cost", "MUG-1;USD;10"]))

    [gap] = amazon.read().gaps

    assert "separated by semicolons, save it with commas" in gap.reason


def test_of_two_catalogues_the_newer_file_counts_whatever_its_name(amazon):
    amazon.put("catalogue.csv", encode([CATALOGUE, "MUG-1,USD,10"]))
    amazon.put("catalogue (1).csv", encode([CATALOGUE, "MUG-1,USD,12"]))
    amazon.read()

    with amazon.store.read() as db:
        [offer] = load_offers(db, "us")

    assert offer.unit_cost == 12


def test_two_catalogues_of_the_same_bytes_each_stand_for_their_path(amazon):
    for name in ("catalogue.csv", "copy.csv"):
        amazon.put(name, encode([CATALOGUE, "MUG-1,USD,10"]))
    amazon.read()
    amazon.put("catalogue.csv", encode([CATALOGUE, "CUP-2,USD,5"]))
    amazon.read()

    assert {o.sku for o in amazon.facts()["offers"]} == {"MUG-1", "CUP-2"}


def test_a_path_that_now_holds_something_else_forgets_what_it_held(amazon):
    amazon.put("today.csv", encode([CATALOGUE, "MUG-1,USD,10"]))
    amazon.read()
    amazon.put("today.csv", encode(["promotion_id,seen_at", "P-1,2026-03-10T12:00:00Z"]))
    amazon.read()

    assert amazon.facts()["offers"] == []
    assert [p.promotion_id for p in amazon.facts()["promotions"]] == ["P-1"]


def test_a_missing_folder_is_unreachable_and_the_other_shops_are_read(tmp_path):
    with Inbox(tmp_path) as inbox:
        inbox.put("a.txt", all_orders(orders(1)))
        us = inbox.config.shops["us"]
        gone = us.model_copy(update={"folder": tmp_path / "nowhere"})
        inbox.config = inbox.config.model_copy(update={"shops": {"de": gone, "us": us}})
        from promofuse.app.read import read_shops

        de, us = read_shops(inbox.config, inbox.store, inbox.keys, START)

        assert isinstance(de.error, ShopUnreachable)
        assert "folder" in de.error.hint
        assert (us.error, us.rows) == (None, 1)
        assert [read.shop for read in read_shops(inbox.config, inbox.store, inbox.keys, START, ["us"])] == ["us"]


def test_lines_of_the_first_read_were_seen_when_ordered_later_ones_when_read(amazon):
    amazon.put("a.txt", all_orders(orders(1)))
    amazon.read(minutes=600)
    amazon.put("b.txt", all_orders(orders(1, 2, 700)))
    amazon.read(minutes=650)
    amazon.put("b.txt", all_orders([*orders(1, 2, 700), *orders(1, status="Shipped")]))
    amazon.read(minutes=660)

    seen = {k: (line.seen_at - START) / timedelta(minutes=1) for k, [line] in amazon.orders().items()}
    assert seen == {"O-1": 1, "O-2": 650, "O-700": 700}


def test_the_first_read_lasts_until_the_orders_are_complete(amazon):
    amazon.put("catalogue.csv", encode([CATALOGUE, "MUG-1,USD,10"]))
    amazon.read(minutes=600)
    amazon.put("a.txt", all_orders(orders(1, 2), ended=False))
    amazon.read(minutes=601)
    amazon.put("a.txt", all_orders(orders(1, 2)))
    amazon.read(minutes=602)

    seen = [(line.seen_at - START) / timedelta(minutes=1) for [line] in amazon.orders().values()]
    assert seen == [1, 2]


def test_plain_lines_keep_the_earliest_time_they_were_seen(tmp_path):
    columns = ("order_id", "line_id", "ordered_at", "seen_at", "sku", "quantity", "currency", "item_price", "status")
    rows = [f"O-1,1,{at(0)},{at(seen)},MUG-1,1,USD,9.00,{state}" for seen, state in ((3, "pending"), (9, "shipped"))]
    with Inbox(tmp_path, "plain-files") as inbox:
        inbox.put("orders.csv", encode([",".join(columns), *rows]))
        inbox.read()

        assert (inbox.line().seen_at, inbox.line().status) == (START + timedelta(minutes=3), OrderStatus.SHIPPED)


def test_hostile_values_are_stored_as_they_are(amazon):
    names = ['=HYPERLINK("http://x")', "{{7*7}}", "Doe, J <e@x>", "\u202eevil", "'; DROP TABLE buyer; --", "x" * 5000]
    lines = [Line(order_id=f"O-{n}", name=name, title=name) for n, name in enumerate(names)]
    amazon.put("r.txt", order_report(lines))
    amazon.put("a.txt", all_orders(lines))

    assert amazon.read().gaps == ()
    assert [buyer.name for buyer in amazon.facts()["buyers"].values()] == names
    assert [line.title for [line] in amazon.orders().values()] == names
