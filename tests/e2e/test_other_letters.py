"""Shops in plain files: letters that are asked for, texts to paste into chats, what is said where much is unknown."""

import json
from email import message_from_bytes
from email.policy import default

import pytest

from desk import table
from reports import at, comma

DAY = 24 * 60
COLUMNS = (
    "order_id", "line_id", "ordered_at", "updated_at", "sku", "quantity", "item_price", "item_discount", "currency",
    "promotion_ids", "status", "fulfilled_by", "buyer_name", "buyer_email", "buyer_language", "cancelled_by",
    "cancelled_at", "refunded_amount", "refunded_at", "replaces_order_id",
)  # fmt: skip


def orders(minutes, **changes):
    """Four orders of a promotion that went wrong, as the shop shows them at a time; changes by order id."""
    rows = [
        {
            "order_id": f"B-{n}", "line_id": f"L-{n}", "ordered_at": at(n), "updated_at": at(minutes), "sku": "MUG-1",
            "quantity": "1", "item_price": "39.99", "item_discount": "38.99", "currency": "USD",
            "promotion_ids": "P-1", "status": "unshipped", "fulfilled_by": "merchant", "buyer_name": "Ada Lovelace",
            "buyer_email": f"b{n}@post.example", "buyer_language": "de",
        }
        for n in range(4)
    ]  # fmt: skip
    return {"orders.csv": comma(COLUMNS, [row | changes.get(row["order_id"].replace("-", ""), {}) for row in rows])}


@pytest.fixture
def shop(desk, run):
    """A shop of one's own, or one on a marketplace, with an incident of four orders."""

    def shop(platform, settings, **changes):
        desk.settings = f"[response]\n{settings}\n"
        desk.shop(kind="plain-files", platform=platform, marketplace="", files=orders(60, **changes))
        assert desk.respond()["counts"]["cancel"] + desk.respond()["counts"]["honour"] == 4

    return shop


def letters(desk):
    lines = (desk.folder() / "3-buyers/manifest.jsonl").read_text("utf-8").splitlines()
    return {(entry["order_id"], entry["kind"]): entry for entry in map(json.loads, lines)}


def readme(desk):
    return (desk.folder() / "README.md").read_text("utf-8")


def text(desk, pair):
    raw = (desk.folder() / letters(desk)[pair]["path"]).read_bytes()
    return message_from_bytes(raw, policy=default).get_content()


ID = "INC-2026-0001"
CANCELLED = {"status": "cancelled", "cancelled_by": "seller", "cancelled_at": at(90)}


def test_a_buyer_whose_order_is_shipped_after_all_is_told_so_where_that_is_allowed(desk, run, shop):
    shop("medusa", "honour_notice = true", B2={"buyer_email": ""}, B3={"replaces_order_id": "A-1"})
    assert run("plan", ID, "--honour", "B-1", "B-2", "--at", at(60)).code == 0

    assert letters(desk).keys() == {("B-0", "cancellation"), ("B-1", "honour")}
    assert (desk.folder() / "3-buyers/templates/honour.de.txt").exists()
    assert "zu dem Preis, zu dem Sie bestellt haben" in text(desk, ("B-1", "honour"))
    assert "A letter says so to 1 buyer. 1 of them replaces an earlier order: its price is no error." in readme(desk)
    assert "A letter to the buyer (1 of 1 written)" in readme(desk)
    assert table(desk.folder() / "3-buyers/exceptions.csv") == []  # a buyer who waits for his parcel needs no letter


@pytest.mark.parametrize(("platform", "settings"), [("amazon", "honour_notice = true"), ("", "honour_notice = true"),
                                                    ("medusa", "honour_notice = false")])  # fmt: skip
def test_no_letter_about_an_order_that_is_shipped(desk, run, shop, platform, settings):
    shop(platform, settings)
    assert run("plan", ID, "--honour", "B-1", "--at", at(60)).code == 0

    assert ("B-1", "honour") not in letters(desk)
    assert "Ship at the price paid. No message to the buyer." in readme(desk)


def test_what_a_buyer_was_promised_stands(desk, run, shop):
    shop("medusa", "honour_notice = true")
    run("plan", ID, "--honour", "B-1", "--at", at(60))
    assert run("approve", ID, "--group", "honour.de", "--by", "Kim", "--at", at(60)).code == 0
    assert run("export", ID, "--group", "honour.de", "--at", at(60)).code == 0

    refused = run("plan", ID, "--cancel", "B-1", "--at", at(60))
    assert (refused.code, "was told that it is shipped at that price" in refused.err) == (5, True)
    assert run("plan", ID, "--undo", "B-1", "--at", at(60)).code == 0
    assert desk.decisions()["B-1"] == "honour"
    assert (
        run("incidents", ID, "--at", at(60), "--json").json["counts"] | {"cancel": 3, "honour": 1}
        == run("incidents", ID, "--at", at(60), "--json").json["counts"]
    )
    assert "told of a cancellation" not in readme(desk)


def test_a_notice_that_is_approved_is_withheld_once_the_order_is_to_be_cancelled(desk, run, shop):
    shop("medusa", "honour_notice = true")
    run("plan", ID, "--honour", "B-1", "--at", at(60))
    run("approve", ID, "--group", "honour.de", "--by", "Kim", "--at", at(60))
    assert run("plan", ID, "--cancel", "B-1", "--at", at(60)).code == 0

    assert ("B-1", "cancellation") in letters(desk)
    assert ("B-1", "honour") not in letters(desk)
    assert run("export", ID, "--at", at(60)).code == 5


def test_why_least_cost_cannot_be_worked_out_is_said(desk, run, shop):
    shop("ozon", "legal_review = []")
    refused = run("plan", ID, "--use", "least-cost", "--at", at(60))
    assert refused.code == 5
    assert "the cancellation rate is unknown: the order reports do not reach" in run("plan", ID, "--at", at(60)).out
    assert "cancellation rate" in refused.err  # the files do not reach back seven days either
    week = {f"B{n}": {"status": "shipped", "ordered_at": at(-8 * DAY), "promotion_ids": ""} for n in (3,)}
    desk.put(orders(60, **week))
    desk.respond()
    refused = run("plan", ID, "--use", "least-cost", "--at", at(60))
    assert (
        "the rate that Ozon charges by, and it is unknown: the order reports do not reach back 14 days" in refused.err
    )
    assert "What Ozon charges for cancelled orders: **not known**" in readme(desk)
    looked = run("plan", ID, "--at", at(60))
    assert "charges for cancelled orders is unknown: the order reports do not reach back 14 days" in looked.out
    assert "Never 352" in readme(desk)


def test_where_orders_have_a_chat_and_no_address_there_is_a_text_to_paste(desk, run, shop):
    nobody = {"buyer_email": "", "buyer_language": "ru", "order_id": "45678901-0001-1"}
    shop("ozon", "legal_review = []", B0=nobody, B1={"buyer_email": ""}, B2={"buyer_email": "", "line_id": ""})

    chats = {row["order_id"]: row for row in table(desk.folder() / "3-buyers/chat.csv")}
    assert {order_id: row["language"] for order_id, row in chats.items()} == {
        "45678901-0001-1": "ru", "B-1": "de", "B-2": "de",
    }  # fmt: skip
    assert chats["B-1"]["text"].startswith("Guten Tag Ada Lovelace,\n\nwir stornieren Ihre Bestellung B-1 vom")
    assert "Если Вы уже заплатили, Ozon вернёт деньги" in chats["45678901-0001-1"]["text"]
    assert all(len(row["text"]) <= 1000 for row in chats.values())
    assert letters(desk).keys() == {("B-3", "cancellation")}
    assert {row["reason"] for row in table(desk.folder() / "3-buyers/exceptions.csv")} == {
        "address missing", "item code missing",
    }  # fmt: skip
    assert "3. **Paste the texts**" not in readme(desk)
    assert (
        "**Paste the texts** of `3-buyers/chat.csv` into the orders' chats when the trial went well, 3 texts"
        in readme(desk)
    )
    assert "buyer_email" not in readme(desk)
    assert "(4 of 4 written)" in readme(desk)


@pytest.mark.parametrize("platform", ["amazon", "", "shopify"])
def test_elsewhere_a_missing_address_is_to_be_filled_in(desk, shop, platform):
    shop(platform, "", B1={"buyer_email": ""})

    assert not (desk.folder() / "3-buyers/chat.csv").exists()


def test_a_second_letter_where_the_money_does_not_show_as_returned(desk, run, shop):
    shop("medusa", "refund_follow_up = 5")
    assert run("approve", ID, "--by", "Kim", "--at", at(60)).code == 0
    assert run("export", ID, "--at", at(60)).code == 0
    refunded = {"refunded_amount": "1.00", "refunded_at": at(2 * DAY)}
    late = 6 * DAY
    desk.put(orders(late, B0=CANCELLED, B1=CANCELLED | refunded, B2=CANCELLED))
    assert run("outbox", ID, "--at", at(4 * DAY)).code == 0
    assert {kind for _, kind in letters(desk)} == {"cancellation"}
    desk.respond(minutes=late)

    second = {pair: entry for pair, entry in letters(desk).items() if pair[1] == "refund-follow-up"}
    assert second.keys() == {("B-0", "refund-follow-up"), ("B-2", "refund-follow-up")}
    assert len(letters(desk)) == 6  # the first letters stand as they went
    assert {entry["path"] for entry in second.values()} == {
        "3-buyers/drafts/B-0.refund-follow-up.eml", "3-buyers/drafts/B-2.refund-follow-up.eml",
    }  # fmt: skip
    assert "noch nicht erkennen" in text(desk, ("B-0", "refund-follow-up"))

    group = ("--group", "refund-follow-up.de")
    assert run("approve", ID, *group, "--by", "Kim", "--at", at(late)).code == 0
    assert run("export", ID, *group, "--at", at(late)).code == 0
    eml = sorted(path.name for path in (desk.folder() / "3-buyers/export").rglob("*.refund-follow-up.eml"))
    assert eml == ["B-0.refund-follow-up.eml", "B-2.refund-follow-up.eml"]
    desk.respond(minutes=late)
    assert [entry["state"] for entry in letters(desk).values()] == ["handed_out"] * 6
    assert (
        run("approve", ID, "--by", "Kim", "--at", at(late)).code == 0
    )  # nothing is left to decide, and none comes twice
    assert len(letters(desk)) == 6


def test_a_persons_edit_of_a_second_letter_is_its_own(desk, run, shop):
    shop("medusa", "refund_follow_up = 5")
    run("approve", ID, "--by", "Kim", "--at", at(60))
    run("export", ID, "--at", at(60))
    desk.put(orders(6 * DAY, B0=CANCELLED))
    desk.respond(minutes=6 * DAY)
    path = desk.folder() / "3-buyers/drafts/B-0.refund-follow-up.eml"
    path.write_bytes(path.read_bytes().replace(b"m=C3=BCssen nichts tun", b"m=C3=BCssen nichts weiter tun"))
    desk.respond(minutes=6 * DAY)

    assert letters(desk)["B-0", "refund-follow-up"]["state"] == "edited"
    assert letters(desk)["B-0", "cancellation"]["state"] == "handed_out"


def test_a_shop_of_ones_own_with_indian_prices_is_told_to_ask_a_lawyer(desk, run, shop):
    rupees = {"currency": "INR"}
    catalogue = b"sku,currency,unit_cost,price\nMUG-1,INR,14.50,39.99\n"
    desk.settings = ""
    desk.shop(
        kind="plain-files", platform="medusa", marketplace="",
        files=orders(60, B0=rupees, B1=rupees, B2=rupees, B3=rupees) | {"catalogue.csv": catalogue},
    )  # fmt: skip
    told = desk.respond()

    assert told["plan"] == "cancel-all"  # where the shop is, its files do not say: a person decides
    assert "**Ask a lawyer before you cancel.**" in readme(desk)
