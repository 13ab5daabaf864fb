"""An incident that goes on: later reports, other starts and plans, several shops, other platforms and languages."""

from __future__ import annotations

import json
import os

import pytest
from test_many_shops import table

from commands import stamps
from reports import ALL_ORDERS, START, Line, all_orders, at, comma, order_report, orders_csv

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


def test_a_start_that_a_person_gave_overrules_and_stays(desk):
    desk.shop()
    desk.orders("a", [WEEK_OLD, BAD.but(order_id="B-early", ordered_at=at(-300)), *spoilt(10)])

    assert desk.respond()["orders"] == 10
    assert desk.respond("--since", at(5))["orders"] == 5
    assert desk.respond()["orders"] == 5
    assert desk.respond("--since", at(-400))["orders"] == 11
    assert desk.decisions().keys() >= {"B-early", "B-9"}


def test_a_start_after_everything_is_nothing_to_do(desk):
    desk.shop()
    desk.orders("a", spoilt(2))

    ran = desk.respond("--since", at(30))

    assert (ran.code, ran.json["incidents"]) == (0, [])
    assert not desk.outbox.exists()


def test_growth_changes_only_what_the_news_changes(desk):
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(8)])
    desk.respond()
    before = stamps(desk.folder() / "3-buyers/drafts")
    trial = (desk.folder() / "4-cancel/1-try-one.txt").read_bytes()
    later = [line.but(updated_at=at(70)) for line in spoilt(8)]
    news = [
        later[1].but(status="Shipped"),
        later[2].but(status="Cancelled", price="", discount="", promotion_ids=(), quantity="0"),
        *spoilt(2, first=8),
    ]
    desk.orders("b", news)
    desk.put({"c.txt": order_report([later[3].but(asked_to_cancel="true")])})

    incident = desk.respond(minutes=80)

    assert incident["orders"] == 10
    expected = {f"B-{n}": "cancel" for n in range(10)} | {"B-1": "too-late", "B-2": "gone", "B-3": "buyer-requested"}
    assert desk.decisions() == expected
    assert desk.drafts() == {order_id for order_id, decision in expected.items() if decision == "cancel"}
    after = stamps(desk.folder() / "3-buyers/drafts")
    assert {name: stamp for name, stamp in after.items() if name in before} == {
        name: stamp for name, stamp in before.items() if name in after
    }
    assert desk.rows() == desk.drafts() | {"B-3"}
    assert (desk.folder() / "4-cancel/1-try-one.txt").read_bytes() == trial
    assert incident["ledger"] | {"open": 0} == {
        "found": 10, "cancelled": 0, "honoured": 0, "buyer_cancelled": 0, "unknown": 1, "failed": 0, "too_late": 1,
        "open": 0,
    }  # fmt: skip
    # All but the oldest order are in the window; nobody knows who cancelled the one.
    assert (incident["rate"]["cancelled"], incident["rate"]["orders"]) == (1, 13)


def test_a_trial_that_went_through_makes_room_for_the_next_one(desk):
    desk.shop()
    desk.orders("a", spoilt(3))
    desk.respond()
    first = (desk.folder() / "4-cancel/1-try-one.txt").read_text().split("\n")[2].split("\t")[0]
    gone = next(line for line in spoilt(3) if line.order_id == first)
    desk.orders("b", [gone.but(status="Cancelled", updated_at=at(70))])

    desk.respond(minutes=80)

    assert desk.rows() == {"B-0", "B-1", "B-2"} - {first}


def edit(path):
    path.write_bytes(path.read_bytes().replace(b"Kind regards", b"With many regards"))


def test_an_edited_letter_to_a_buyer_whose_order_has_left_is_not_among_the_drafts(desk):
    desk.shop()
    desk.orders("a", spoilt(3))
    desk.respond()
    edit(desk.folder() / "3-buyers/drafts/B-1.eml")
    desk.orders("b", [line.but(status="Shipped", updated_at=at(70)) for line in spoilt(2)])

    desk.respond(minutes=80)

    assert desk.drafts() == {"B-2"}
    (kept,) = (desk.folder() / "3-buyers/withdrawn").iterdir()
    assert b"With many regards" in kept.read_bytes()


def test_an_edited_letter_keeps_its_words_when_drafts_move_into_subfolders(desk, monkeypatch):
    monkeypatch.setattr("promofuse.outbox.letters.SHARD_FROM", 4)
    desk.shop()
    desk.orders("a", spoilt(4))
    desk.respond()
    edit(desk.folder() / "3-buyers/drafts/B-1.eml")
    desk.orders("b", spoilt(1, first=4))

    desk.respond()

    drafts = list((desk.folder() / "3-buyers/drafts").rglob("*.eml"))
    assert len(drafts) == 5
    assert [path.name for path in drafts if b"With many regards" in path.read_bytes()] == ["B-1.eml"]


class TestUnderLimit:
    @pytest.fixture
    def desk(self, desk):
        """Room for five cancellations among 220 orders."""
        desk.shop()
        desk.orders("a", [WEEK_OLD, *usual(200), *spoilt(20)])
        incident = desk.respond("--plan", "under-limit")
        assert incident["counts"]["cancel"] == 5
        return desk

    def test_what_was_chosen_stays_chosen_when_dearer_orders_come(self, desk):
        before = desk.drafts()
        desk.orders("b", spoilt(3, first=20, quantity="3", price="119.97", discount="116.97"))

        incident = desk.respond()

        assert (incident["counts"]["cancel"], incident["counts"]["honour"]) == (5, 18)
        assert desk.drafts() == before

    def test_asking_for_the_plan_again_works_it_out_anew(self, desk):
        desk.orders("b", spoilt(3, first=20, quantity="3", price="119.97", discount="116.97"))

        desk.respond("--plan", "under-limit")

        assert desk.drafts() >= {"B-20", "B-21", "B-22"}
        assert len(desk.drafts()) == 5

    @pytest.mark.parametrize("command", ["respond", "outbox"])
    def test_data_that_grows_old_does_not_widen_the_plan(self, run, desk, command):
        before = desk.decisions()

        words = ("respond", "--promo", "P-1") if command == "respond" else ("outbox", "INC-2026-0001")
        ran = run(*words, "--at", at(600))

        assert ran.code == 0
        assert desk.decisions() == before
        assert len(desk.rows()) == 5
        incident = json.loads((desk.folder() / "incident.json").read_text())
        assert (incident["plan"], incident["rate"]["now"]) == ("under-limit", None)

    def test_old_data_leaves_no_room_for_new_orders(self, desk):
        desk.orders("b", spoilt(2, first=20))

        incident = desk.respond(minutes=600)

        assert (incident["counts"]["cancel"], incident["counts"]["honour"]) == (5, 17)

    def test_no_room_at_all_stays_no_cancellation_when_data_grows_old(self, desk):
        desk.shop("de")
        desk.put({"a.txt": all_orders([WEEK_OLD, *spoilt(5)]), "b.txt": order_report(spoilt(5))}, "de")
        assert desk.respond("--plan", "under-limit", "--shop", "de")["counts"]["cancel"] == 0

        assert desk.respond("--shop", "de", minutes=600)["counts"]["cancel"] == 0

    def test_cancellations_of_the_plan_use_the_room_up(self, desk):
        done = [
            line.but(status="Cancelled", updated_at=at(70)) for line in spoilt(20) if line.order_id in desk.drafts()
        ]
        desk.orders("b", done)

        incident = desk.respond(minutes=80)

        assert (incident["counts"]["gone"], incident["counts"]["cancel"]) == (5, 0)
        assert incident["rate"]["now"] == incident["rate"]["after"] == "0.022727"

    def test_a_person_may_still_cancel_all(self, desk):
        assert desk.respond("--plan", "cancel-all")["counts"]["cancel"] == 20
        assert desk.respond(minutes=600)["counts"]["cancel"] == 20


def test_an_incident_of_a_price_does_not_shrink_as_days_go_by(run, desk):
    desk.shop()
    cheap = [line.but(price="1.00", discount="", promotion_ids=()) for line in spoilt(3)]
    desk.orders("a", [WEEK_OLD, *cheap])
    assert run("respond", "--sku", "MUG-1", "--at", at(60)).code == 0

    ran = run("respond", "--sku", "MUG-1", "--at", at(8 * 24 * 60), "--json")

    assert ran.json["incidents"][0]["orders"] == 3
    assert run("outbox", "INC-2026-0001", "--at", at(8 * 24 * 60)).code == 0


def test_a_health_report_of_no_orders_leaves_the_counting_to_the_orders(desk):
    columns = ("as_of", "marketplace", "metric", "numerator", "denominator")
    row = dict(zip(columns, (at(0), "amazon.com", "cancellation_rate", "0", "0"), strict=True))
    desk.shop(files={"account_health.csv": comma(columns, [row])})
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(1)])

    assert desk.respond()["rate"]["orders"] == 4


@pytest.mark.parametrize("second", ["Amazon Free Shipping", "Z-9"])
def test_of_several_ids_that_nobody_recorded_the_named_one_counts(desk, second):
    desk.shop(files={"promotions.csv": promotions()})
    desk.orders("a", [BAD, BAD.but(order_id="O-2", promotion_ids=(second, "P-1"))])

    assert desk.respond()["orders"] == 2


def test_promotion_ids_that_only_the_order_report_tells_count(desk):
    columns = tuple(column for column in ALL_ORDERS if column != "promotion-ids")
    desk.shop()
    desk.put({"a.txt": all_orders(spoilt(3), columns), "b.txt": order_report(spoilt(3))})

    assert desk.respond()["orders"] == 3


def test_an_open_incident_whose_facts_are_gone_is_not_nothing_to_do(run, desk):
    desk.shop()
    desk.orders("a", spoilt(3))
    desk.respond()
    before = stamps(desk.folder())
    desk.put({"promotions.csv": promotions({"seen_at": at(30), "percent_off": "9.75"})})  # written over, not added

    ran = run("respond", "--promo", "P-1", "--at", at(60))

    assert ran.code == 0
    assert "INC-2026-0001 is open" in ran.out
    assert "nothing to do" not in ran.out
    assert stamps(desk.folder()) == before


def test_a_dry_run_leaves_no_incident(run, desk):
    desk.shop()
    desk.orders("a", spoilt(3))

    assert desk.respond("--dry-run")["orders"] == 3
    assert not desk.outbox.exists()
    assert run("incidents", "--json").json["incidents"] == []


class TestShops:
    @pytest.fixture
    def desk(self, desk):
        desk.shop("us")
        desk.put({"a.txt": all_orders(spoilt(3))})
        desk.shop("de", marketplace="amazon.de")
        desk.put({"a.txt": all_orders(spoilt(2, channel="Amazon.de")), "b.txt": order_report(spoilt(2))}, "de")
        desk.shop("quiet", kind="plain-files", platform="shopify", marketplace="")
        desk.put({"orders.csv": orders_csv([FINE])}, "quiet")
        return desk

    def test_a_promotion_of_several_shops_needs_one_to_be_named(self, desk):
        ran = desk.respond()

        assert (ran.code, ran.out) == (2, "")
        assert "us, de, quiet" in ran.err
        assert not desk.outbox.exists()

    def test_each_shop_has_its_own_incident_and_rate(self, desk):
        de, us = desk.respond("--shop", "de"), desk.respond("--shop", "us")

        assert (de["id"], de["shop"], de["orders"]) == ("INC-2026-0001", "de", 2)
        assert (us["id"], us["shop"], us["orders"]) == ("INC-2026-0002", "us", 3)
        assert (desk.drafts(1), desk.drafts(2)) == ({"B-0", "B-1"}, set())
        assert {row["reason"] for row in table(desk.folder(2) / "3-buyers/exceptions.csv")} == {
            "address missing", "item code missing",
        }  # fmt: skip

    def test_the_same_order_ids_in_two_shops_do_not_meet(self, desk):
        desk.respond("--shop", "de")
        desk.put({"c.txt": all_orders([spoilt(1)[0].but(status="Shipped", updated_at=at(70))])}, "us")

        assert desk.respond("--shop", "de", minutes=80)["counts"]["too-late"] == 0
        assert desk.respond("--shop", "us", minutes=80)["counts"]["too-late"] == 1

    def test_a_shop_without_such_an_order_opens_nothing(self, desk):
        ran = desk.respond("--shop", "quiet")

        assert (ran.code, ran.json["incidents"]) == (0, [])

    def test_a_missing_folder_stops_only_those_who_need_it(self, desk):
        (desk.base / "inbox/us").rename(desk.base / "inbox/away")

        assert desk.respond("--shop", "de")["orders"] == 2
        assert desk.respond("--shop", "us").code == 4


AMAZON_WORDS = (
    "Amazon", "Seller Central", "FBA", "ASIN", "All Orders", "Order Report", "Buyer-Seller Messaging", "亚马逊",
)  # fmt: skip
MIXED = (
    BAD.but(order_id="A"),
    BAD.but(order_id="B", fulfilled_by="Amazon"),
    BAD.but(order_id="C", status="pending", price="", discount=""),
    BAD.but(order_id="D", email=""),
    BAD.but(order_id="E", asked_to_cancel="true"),
    BAD.but(order_id="F", item_code=""),
    BAD.but(order_id="G", status="shipped"),
)


def own_shop(desk, platform, marketplace="", language="en"):
    lines = [line.but(channel="", email=line.email and "ann@post.example") for line in MIXED]
    desk.settings = f'reader_language = "{language}"\n'
    desk.shop("own", "plain-files", platform, marketplace, {"orders.csv": orders_csv(lines)})


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("platform", ["", "shopify", "ozon", "vendure"])
def test_elsewhere_nothing_speaks_of_amazon(run, desk, platform, language):
    own_shop(desk, platform, "ozon.ru" if platform == "ozon" else "", language)

    ran = run("respond", "--promo", "P-1", "--at", at(60))

    assert ran.code == 0
    texts = {"terminal": ran.out + ran.err, "doctor": "".join(run("doctor", "--at", at(60)).out.splitlines(True)[:-2])}
    texts |= {str(p.relative_to(desk.folder())): p.read_text("utf-8") for p in desk.folder().rglob("*") if p.is_file()}
    assert {name for name, text in texts.items() if any(word in text for word in AMAZON_WORDS)} == set()
    assert "2-fba-cancel.csv" not in texts
    assert not [name for name in texts if name.startswith("4-cancel") and name.endswith(".txt")]
    rows = [row for n in ("1-try-one", "2-all") for row in table(desk.folder() / f"4-cancel/{n}.csv", "ascii")]
    assert {(row["order_id"], row["reason"]) for row in rows} >= {("A", "PricingError"), ("D", "PricingError")}
    assert {row["order_id"] for row in rows if row["reason"] == "BuyerCanceled"} == {"E"}


def test_a_russian_marketplace_says_to_ask_a_lawyer_first(desk):
    own_shop(desk, "ozon", "ozon.ru")

    desk.respond()

    assert "lawyer" in (desk.folder() / "README.md").read_text("utf-8")


def test_plain_files_of_an_amazon_shop_get_amazons_files(desk):
    lines = [line.but(order_id=f"1-{line.order_id}") for line in MIXED]
    desk.shop("us", "plain-files", files={"orders.csv": orders_csv(lines)})

    incident = desk.respond()

    assert incident["counts"]["request"] == 1
    assert desk.rows() == {"1-A", "1-D", "1-E"}
    (row,) = table(desk.folder() / "2-fba-cancel.csv")
    assert row == {"order_id": "1-B", "asin": "B0CATALOG1", "quantity": "1"}
    assert "Seller Central" in (desk.folder() / "README.md").read_text("utf-8")
    assert "Blue mug" in (desk.folder() / "3-buyers/samples/cancellation.en-shortest.txt").read_text("utf-8")


def test_the_readers_language_changes_texts_for_people_and_nothing_else(run, desk):
    own_shop(desk, "amazon", "amazon.com", "zh")
    run("respond", "--promo", "P-1", "--at", at(60))
    chinese = {str(p.relative_to(desk.folder())): p.read_bytes() for p in desk.folder().rglob("*") if p.is_file()}
    config = desk.base / "config.toml"
    config.write_text(config.read_text().replace('"zh"', '"en"'))

    run("outbox", "INC-2026-0001", "--at", at(60))

    english = {str(p.relative_to(desk.folder())): p.read_bytes() for p in desk.folder().rglob("*") if p.is_file()}
    assert english.keys() == chinese.keys()
    assert {name for name in english if english[name] != chinese[name]} == {
        name for name in english if name.endswith(".md")
    }
    for name, text in chinese.items():
        if name.endswith(".md"):
            assert sum("\u4e00" <= c <= "\u9fff" for c in text.decode()) > 50, name
    # What is pasted into a case is English for every reader.
    assert b"WE ASK YOU TO" in chinese["2-support-notice.md"]
