"""Random small shops, answered by the program and by an oracle that knows their true values; the two must agree.

SOAK_SHOPS=300 plays that many more rounds of three shops each.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections import Counter
from email import message_from_bytes
from email.policy import default
from fractions import Fraction

import pytest
from oracle import Settings, codes, expect, external_id, innocent, item_name
from random_shops import random_moment, random_shop
from shop_facts import amount

from commands import stamps
from desk import table

ROUNDS = range(int(os.environ.get("SOAK_SHOPS", "0")) or 12)
NAMES = ("reports", "plain", "own")
LETTERS = {"en", "de", "fr", "it", "es", "ja", "zh", "ru"}  # languages that have a template; the others get English
PEOPLE_CSV = ("orders.csv", "3-buyers/recipients.csv", "3-buyers/exceptions.csv", "2-fba-cancel.csv")


@pytest.mark.parametrize("seed", ROUNDS)
def test_the_program_and_the_oracle_agree(run, tmp_path, seed):
    dice = random.Random(seed)
    at = random_moment(dice)
    settings = Settings(
        limit=Fraction(dice.choice(["0.025", "0.1", "0.3"])),
        blank_codes=dice.random() < 0.3,
        reason=dice.choice(["PricingError", "GeneralAdjustment"]),
    )
    shops = [random_shop(dice, name, at) for name in NAMES]
    _write(tmp_path, shops, settings)
    for shop in shops:
        expected = expect(shop, settings)
        words = ["respond", "--promo", shop.asked_for, "--shop", shop.name, "--at", at.isoformat()]
        words += ["--plan", shop.plan] if shop.plan else []
        words += ["--since", shop.since.isoformat()] if shop.since else []

        ran = run(*words, "--json")

        if expected.refused:
            assert (ran.code, ran.out) == (5, ""), ran.err
            continue
        assert ran.code == 0, ran.err
        assert "line " not in ran.err.split("Next:")[0], ran.err  # no row was set aside
        if not expected.lines:
            assert ran.json["incidents"] == []
            continue
        (incident,) = ran.json["incidents"]
        _Answer(tmp_path / "outbox" / incident["id"], incident, shop, expected, settings).check()
        before = stamps(tmp_path / "outbox")
        assert run(*words).code == 0
        assert stamps(tmp_path / "outbox") == before


def _write(base, shops, settings):
    for shop in shops:
        shop.write(base)
    response = (
        f'[response]\ncancellation_limit = {float(settings.limit)}\ncancel_reason = "{settings.reason}"\n'
        f"blank_item_code = {str(settings.blank_codes).lower()}\n"
    )
    mail = '[mail]\nfrom_address = "service@nordlicht.example"\n'
    (base / "config.toml").write_text(response + mail + "".join(shop.config() for shop in shops), "utf-8")


class _Answer:
    """One incident's folder, held against what the oracle expects."""

    def __init__(self, folder, incident, shop, expected, settings):
        self.folder, self.incident, self.shop, self.expected, self.settings = folder, incident, shop, expected, settings
        self.orders = expected.orders
        self.rows = table(folder / "orders.csv")
        self.decided = dict(expected.settled) | {i: self._decision(i) for i in expected.choices}

    def _decision(self, order_id):
        (decision,) = {r["decision"] for r in self.rows if r["order_id"] == order_id and r["status"] != "cancelled"}
        assert decision in ("cancel", "honour")
        return decision

    def check(self):
        assert set(self.orders) == {row["order_id"] for row in self.rows}
        self.check_plan()
        self.check_numbers()
        self.check_order_rows()
        self.check_letters()
        self.check_cancellation_files()
        self.check_exceptions()
        self.check_marketplace_requests()
        self.check_privacy()

    def check_plan(self):
        room, losses = self.expected.room, self.expected.choices
        cancelled = {i for i in losses if self.decided[i] == "cancel"}
        assert len(cancelled) == (len(losses) if room is None else min(room, len(losses)))
        kept = set(losses) - cancelled
        worth = {i: Fraction(-1) if loss is None else loss for i, loss in losses.items()}
        assert not kept or not cancelled or max(worth[i] for i in kept) <= min(worth[i] for i in cancelled)

    def check_numbers(self):
        incident, lines = self.incident, self.expected.lines
        known = [-line.left for line in lines if line.left is not None]
        counts = Counter(self.decided.values())
        assert json.loads((self.folder / "incident.json").read_text("utf-8")) == incident
        assert incident["shop"] == self.shop.name
        assert incident["cause"]["promotion_id"] == self.shop.cause
        assert incident["cause"]["skus"] == sorted({line.item.sku for line in lines})
        assert incident["orders"] == len(self.orders)
        assert incident["units"] == sum(line.item.quantity for line in lines)
        assert incident["lost"] == (self.money(sum(known)) if known else None)
        assert incident["currency"] == self.shop.place.currency
        assert incident["plan"] == (self.shop.plan or "cancel-all")
        assert {name: count for name, count in incident["counts"].items() if count} == counts
        assert incident["rate"] == self.rate(counts["cancel"])
        gone = [touched[0].order for i, touched in self.orders.items() if self.decided[i] == "gone"]
        ledger = incident["ledger"]
        assert ledger["found"] == sum(count for name, count in ledger.items() if name != "found") == len(self.orders)
        assert ledger["buyer_cancelled"] == sum(order.cancelled_by == "buyer" for order in gone)
        assert (ledger["honoured"], ledger["too_late"], ledger["failed"]) == (counts["honour"], counts["too-late"], 0)
        assert ledger["open"] == sum(counts[name] for name in ("cancel", "wait", "request", "buyer-requested"))

    def rate(self, more):
        known = self.expected.rate
        return {
            "now": known and share(*known),
            "after": known and share(known[0] + more, known[1]),
            "limit": share(self.expected.limit, 1),
            "cancelled": known and known[0],
            "orders": known and known[1],
        }

    def check_order_rows(self):
        expected = Counter(
            (
                line.order.order_id,
                line.item.sku,
                str(line.item.quantity),
                line.order.at.isoformat().replace("+00:00", "Z"),
                "marketplace" if line.order.by_marketplace else "merchant",
                line.order.status.lower().replace(" ", "_") if line.stands else "cancelled",
                amount(line.item.paid, self.shop.place.currency),
                "" if line.left is None else self.money(line.left),
                "" if line.left is None else self.money(-line.left),
                self.shop.place.currency,
                self.decided[line.order.order_id] if line.stands else "gone",
                "" if line.stands else line.order.cancelled_by,
            )
            for line in self.expected.lines
        )
        names = (
            "order_id", "sku", "quantity", "ordered_at", "fulfilled_by", "status", "paid", "contribution", "loss",
            "currency", "decision", "cancelled_by",
        )  # fmt: skip
        assert Counter(tuple(row[name] for name in names) for row in self.rows) == expected
        reasons = {
            "cancel": "pricing-error", "honour": "kept-under-limit", "wait": "payment-pending",
            "request": "fulfilled-by-marketplace", "buyer-requested": "buyer-asked", "gone": "already-cancelled",
        }  # fmt: skip
        for row in self.rows:
            late = "already-shipped" if row["status"] == "shipped" else "part-shipped"
            assert row["reason"] == (late if row["decision"] == "too-late" else reasons[row["decision"]])
            assert row["line_id"] in {"", *(item.code for item in self.orders[row["order_id"]][0].order.items)}

    def check_letters(self):
        drafts = [
            json.loads(line) for line in (self.folder / "3-buyers/manifest.jsonl").read_text("utf-8").split("\n")[:-1]
        ]
        paths = {draft["path"] for draft in drafts}
        wanted = {i for i, touched in self.orders.items() if self.decided[i] == "cancel" and touched[0].order.email}
        assert {draft["order_id"] for draft in drafts} == wanted
        assert len(drafts) == len(wanted) == len(paths)
        assert paths == {f"3-buyers/drafts/{path.name}" for path in self.folder.glob("3-buyers/drafts/*")}
        for draft in drafts:
            touched = self.orders[draft["order_id"]]
            order, raw = touched[0].order, (self.folder / draft["path"]).read_bytes()
            kind = "part-cancellation" if innocent(order, touched) else "cancellation"
            assert (draft["kind"], draft["language"]) == (kind, self.language(order))
            assert draft["group"] == f"{draft['kind']}.{draft['language']}"
            assert (draft["sha256"], draft["bytes"]) == (hashlib.sha256(raw).hexdigest(), len(raw))
            message = message_from_bytes(raw, policy=default)
            assert [a.addr_spec for a in message["To"].addresses] == [order.email] == [draft["to"]]
            assert (message["Message-ID"], message["Subject"]) == (draft["message_id"], draft["subject"])
            text = message.get_content()
            standing = [line.item for line in touched if line.stands]
            assert order.order_id in text
            assert all(item_name(self.shop, item.sku) in text for item in standing)
            units = sum(item.quantity for item in standing)
            assert units == 1 or str(units) in text.replace(order.order_id, "")
            assert not any(other in text for other in self.orders if other != order.order_id)
        recipients = table(self.folder / "3-buyers/recipients.csv")
        assert [(r["order_id"], r["email"], r["group"]) for r in recipients] == [
            (d["order_id"], d["to"], d["group"]) for d in drafts
        ]
        assert all(row["draft"] == "" or row["draft"] in paths for row in self.rows)
        assert paths == {row["draft"] for row in self.rows} - {""}

    def language(self, order):
        code = order.language.split("_")[0].split("-")[0] or self.shop.place.language
        code = code or {"DE": "de", "JP": "ja", "FR": "fr"}.get(order.country, "en")
        return code if code in LETTERS else "en"

    def check_cancellation_files(self):
        expected = Counter()
        for order_id, touched in self.orders.items():
            decision, order = self.decided[order_id], touched[0].order
            if decision not in ("cancel", "buyer-requested") or order.status == "Pending":
                continue
            reason = "BuyerCanceled" if decision == "buyer-requested" else self.settings.reason
            known = codes(self.shop, order, touched)
            if isinstance(known, set):
                expected.update((order_id, reason, code) for code in known)
            elif self.settings.blank_codes and not innocent(order, touched):
                expected[order_id, "", ""] += 1
        trial, rest = (self.cancellations(name) for name in ("1-try-one", "2-all"))
        assert Counter(trial + rest) == expected
        assert len({order_id for order_id, _, _ in trial}) == min(1, len(expected))
        assert not {order_id for order_id, _, _ in trial} & {order_id for order_id, _, _ in rest}

    def cancellations(self, name):
        if not self.shop.platform:
            rows = table(self.folder / f"4-cancel/{name}.csv", "ascii")
            return [(row["order_id"], row["reason"], row["line_id"]) for row in rows]
        template, header, *rows, end = (self.folder / f"4-cancel/{name}.txt").read_bytes().decode("ascii").split("\r\n")
        assert (template.split("\t")[0], end) == ("TemplateType=OrderCancellation", "")
        assert header.split("\t") == ["order-id", "cancellation-reason-code", "amazon-order-item-code"]
        return [tuple(row.split("\t")) for row in rows]

    def check_exceptions(self):
        expected = set()
        for order_id, touched in self.orders.items():
            decision, order = self.decided[order_id], touched[0].order
            if decision == "cancel" and not order.email:
                expected.add((order_id, "address missing"))
            if decision in ("cancel", "buyer-requested"):
                known = codes(self.shop, order, touched)
                expected |= {(order_id, known)} if isinstance(known, str) else set()
        found = [(row["order_id"], row["reason"]) for row in table(self.folder / "3-buyers/exceptions.csv")]
        assert Counter(found) == Counter(expected)

    def check_marketplace_requests(self):
        path = self.folder / "2-fba-cancel.csv"
        expected = Counter(
            (line.order.order_id, external_id(self.shop, line.item.sku), str(line.item.quantity))
            for line in self.expected.lines
            if line.stands and self.decided[line.order.order_id] == "request"
        )
        assert path.exists() == bool(expected and self.shop.platform)
        if path.exists():
            assert Counter((r["order_id"], r["asin"], r["quantity"]) for r in table(path)) == expected

    def check_privacy(self):
        buyers = {x for t in self.orders.values() for x in (t[0].order.email, t[0].order.name) if len(x) > 5}
        for name in ("README.md", "1-stop.md", "2-support-notice.md", "5-annotation-request.md", "incident.json"):
            text = (self.folder / name).read_text("utf-8")
            assert not [buyer for buyer in buyers if buyer in text]

    def money(self, minor):
        return amount(round(minor), self.shop.place.currency)


def share(part, whole):
    millionths = round(Fraction(part) / whole * 10**6)
    return f"{millionths // 10**6}.{millionths % 10**6:06d}"
