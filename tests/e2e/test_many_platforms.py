"""Several shops at once, other platforms than Amazon, readers of another language."""

from __future__ import annotations

import pytest

from desk import BAD, FINE, spoilt, table
from reports import all_orders, at, order_report, orders_csv


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

    ran = run("respond", "--promo", "P-1", "--plan", "cancel-all", "--at", at(60))

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

    incident = desk.respond()

    assert "lawyer" in (desk.folder() / "README.md").read_text("utf-8")
    assert (incident["plan"], incident["counts"]["cancel"]) == ("legal-review", 0)
    assert desk.drafts() == set()


def test_under_legal_review_a_person_names_the_plan(run, desk):
    own_shop(desk, "ozon", "ozon.ru")
    desk.respond()

    refused = run("approve", "INC-2026-0001", "--by", "Kim", "--at", at(61))
    assert refused.code == 5
    assert "legal review" in refused.err
    assert "legal-review" in run("plan", "INC-2026-0001", "--at", at(61)).out
    run("plan", "INC-2026-0001", "--cancel", "A", "--at", at(62))
    assert desk.decisions()["A"] == "cancel"
    ran = run("plan", "INC-2026-0001", "--use", "cancel-all", "--at", at(63))

    assert ran.code == 0
    assert {order for order, said in desk.decisions().items() if said == "cancel"} == {"A", "D", "F"}


def test_countries_for_legal_review_are_a_setting(desk):
    own_shop(desk, "ozon", "ozon.ru")
    config = desk.base / "config.toml"
    config.write_text(config.read_text() + "[response]\nlegal_review = []\n")

    assert desk.respond()["counts"]["cancel"] == 3


def test_penalties_price_the_plan_of_least_cost(run, desk):
    """Ozon charges nothing up to 4 %: of 400 orders 16 may be cancelled for free."""
    lines = [
        FINE.but(order_id=f"N-{n}", channel="", ordered_at=at(-2000 - 40 * n), item_code=str(n)) for n in range(600)
    ] + [BAD.but(order_id=f"B-{n}", channel="", ordered_at=at(n), item_code=f"9{n}") for n in range(5)]
    desk.shop("own", "plain-files", "ozon", "ozon.ru", {"orders.csv": orders_csv(lines)})
    desk.respond()

    plans = {p["name"]: p for p in run("plan", "INC-2026-0001", "--at", at(60), "--json").json["plans"]}

    assert list(plans) == ["cancel-all", "under-limit", "least-cost", "legal-review"]
    assert (plans["least-cost"]["cancel"], plans["least-cost"]["cost"]) == (5, "0.00")
    assert plans["legal-review"]["hold"] == 5
    assert run("plan", "INC-2026-0001", "--use", "least-cost", "--at", at(61)).code == 0
    assert "least-cost" in (desk.folder() / "README.md").read_text("utf-8")


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
    samples = {name for name in english if name.startswith("3-buyers/samples/")}  # with a translation for the reader
    assert {name for name in english if english[name] != chinese[name]} - samples == {
        name for name in english if name.endswith((".md", ".html"))
    }
    for name, text in chinese.items():
        if name.endswith(".md"):
            assert sum("\u4e00" <= c <= "\u9fff" for c in text.decode()) > 50, name
    # What is pasted into a case is English for every reader.
    assert b"WE ASK YOU TO" in chinese["2-support-notice.md"]
