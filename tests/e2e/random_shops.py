"""Small shops made by dice: one promotion that may lose money, among everything else that goes on in a shop."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from shop_facts import (
    AMAZON,
    DAY,
    DIGITS,
    FREE_SHIPPING,
    HALF_SHIPPING,
    HOUR,
    MINUTE,
    OWN_SHOP,
    STATES,
    Health,
    Item,
    Order,
    Place,
    Promo,
    Revision,
    Shop,
    amount,
)
from shop_files import shop_files


def random_shop(dice: random.Random, name: str, at: datetime) -> Shop:
    """A shop with one promotion that may lose money, and the files that tell of it."""
    amazon_reports = name == "reports"
    place = OWN_SHOP if name == "own" else dice.choice(AMAZON)
    return _Maker(dice, name, place, at, amazon_reports=amazon_reports).shop()


class _Maker:
    def __init__(self, dice: random.Random, name: str, place: Place, at: datetime, *, amazon_reports: bool) -> None:
        self.dice, self.name, self.place, self.at, self.amazon_reports = dice, name, place, at, amazon_reports
        self.minor = 10 ** DIGITS[place.currency]
        self.codes = 77_000_000
        self.numbers = 0

    def odds(self, share: float) -> bool:
        return self.dice.random() < share

    def shop(self) -> Shop:
        dice, at = self.dice, self.at
        self.skus = [f"SKU-{n}" for n in range(dice.randint(2, 4))]
        self.promo_id, self.promo_name = (
            f"PLM-{dice.randint(100, 999)}",
            dice.choice(["Black Week", "Black Week, mugs"]),
        )
        self.shape = dice.choice(["faulty", "slip", "slip", "unrecorded", "unpriced", "no catalogue"])
        self.start = at - dice.choice([5, 12, 30, 60]) * HOUR - dice.randint(0, 59) * MINUTE
        self.prices = {sku: dice.randrange(20, 90) * self.minor for sku in self.skus}
        catalogue = {} if self.shape == "no catalogue" else {sku: self._offer(sku) for sku in self.skus}
        self.sane = [sku for sku in self.skus if catalogue and self._is_sane(catalogue[sku])]
        promos = self._promos()
        recorded = any(promo.promotion_id == self.promo_id for promo in promos)
        self.by_name = recorded and self.odds(0.4)
        orders = [*self._usual(), self._sure_loss(), *(self._order(spoilt=True) for _ in range(dice.randint(4, 16)))]
        dice.shuffle(orders)
        since = self.start + dice.choice([0, 90]) * MINUTE if self.odds(0.15) else None
        file_time = at + HOUR if self.odds(0.5) else at - dice.choice([1, 59, 600]) * MINUTE
        shop = Shop(
            name=self.name,
            kind="amazon-reports" if self.amazon_reports else "plain-files",
            platform="" if self.name == "own" else "amazon",
            place=self.place,
            at=at,
            catalogue=catalogue,
            promos=promos,
            orders=tuple(orders),
            health=self._health(),
            asked_for=self.promo_name if recorded and self.odds(0.3) else self.promo_id,
            cause=self.promo_id,
            faulty_since=self.start if recorded else None,
            since=since,
            plan=dice.choice(["", "under-limit"]),
            file_time=file_time,
        )
        return replace(shop, files=shop_files(shop, dice))

    def _offer(self, sku: str) -> dict[str, str]:
        """Costs that leave something at a healthy price, now and then exactly nothing at the spoilt one."""
        dice, price = self.dice, Fraction(self.prices[sku], self.minor)
        offer = {
            "sku": sku,
            "title": f"Mug {sku} größer" if "cp1252" in self.place.encodings else f"マグ {sku}",
            "external_id": f"B0{sku[-1] * 8}",
            "currency": self.place.currency,
            "unit_cost": f"{float(price) * dice.choice([0.2, 0.3]):.4f}",
            "price": "" if self.shape == "unpriced" else amount(self.prices[sku], self.place.currency),
            "fee_rate": dice.choice(["", "0.08", "0.15"]),
            "vat_rate": dice.choice(["", "0.19", "0.07"]),
            "min_fee": dice.choice(["", "0.30"]),
            "fulfilment_cost": dice.choice(["", "1.125"]),
            "shipping_cost": dice.choice(["", "2", "3.5"]),
        }
        if sku == self.skus[0]:
            return offer
        if self.odds(0.12):  # paid to the last minor unit
            spoilt = self._spoilt_price(sku)
            blank = dict.fromkeys(("fee_rate", "vat_rate", "min_fee", "fulfilment_cost", "shipping_cost"), "0")
            offer |= blank | {"unit_cost": amount(spoilt, self.place.currency)}
        elif self.odds(0.08):
            offer["currency"] = "EUR" if self.place.currency != "EUR" else "USD"
        return offer

    def _is_sane(self, offer: dict[str, str]) -> bool:
        return offer["currency"] == self.place.currency and offer["unit_cost"] != amount(
            self._spoilt_price(offer["sku"]), self.place.currency
        )

    def _spoilt_price(self, sku: str) -> int:
        return self.prices[sku] - self.prices[sku] * 90 // 100

    def _promos(self) -> tuple[Promo, ...]:
        dice, start = self.dice, self.start
        faulty = {"percent_off": "90"} if self.odds(0.7) else {"kind": "coupon", "percent_off": "90"}
        if self.odds(0.3):
            faulty |= {"fee_rate": "0.02", "fee_cap": "1.5", "fee_fixed": "0.6", "currency": self.place.currency}
        sound = faulty | {"percent_off": "5"}
        skus = dice.choice([(), tuple(self.skus), tuple(self.skus[:-1])])
        others = [
            Promo(
                "RIVAL-1",
                "Ten off",
                (Revision(start - 9 * DAY, None, {"percent_off": dice.choice(["10", "90", "95"])}),),
            ),
            Promo(
                HALF_SHIPPING,
                "Cheap shipping",
                (Revision(start - 9 * DAY, None, {"percent_off": "100"}),),
                level="shipping",
            ),
        ]
        if self.shape == "unrecorded":
            return tuple(others)
        if self.shape in ("faulty", "no catalogue"):
            seen, begins = (start, None) if self.odds(0.4) else (start + 3 * HOUR, start)
            revisions = [Revision(seen, begins, faulty)]
        else:
            revisions = [
                Revision(start - 2 * DAY, start - dice.choice([1, 3]) * DAY, sound),
                Revision(start, None, faulty),
            ]
        if self.odds(0.3) and self.shape != "unpriced":
            revisions.append(Revision(start + 4 * HOUR, None, sound))
        revisions.append(Revision(self.at + HOUR, None, sound | {"percent_off": "1"}))  # nobody knows of it yet
        return (Promo(self.promo_id, self.promo_name, tuple(revisions), skus), *others)

    def _health(self) -> tuple[Health, ...]:
        if self.odds(0.6):
            return ()
        rows = [Health(self.at - 2 * DAY, 7, 900), Health(self.at + HOUR, 9, 10)]
        if self.odds(0.5):
            rows.append(
                Health(
                    self.at - HOUR, self.dice.randint(0, 5), self.dice.randint(100, 300), self.dice.choice(["", "0.03"])
                )
            )
        elif self.odds(0.5):
            rows = [Health(self.at - 8 * DAY, 1, 900), *rows[1:]]
        return tuple(rows)

    def _usual(self) -> list[Order]:
        """Orders without the promotion; now and then they do not reach back seven days."""
        oldest = self.dice.choice([8, 8, 8, 5]) * DAY
        times = [self.at - oldest] + [self.at - self.dice.random() * oldest for _ in range(self.dice.randint(5, 40))]
        orders = [self._order(spoilt=False, at=time.replace(microsecond=0)) for time in times]
        return [*orders, self._order(spoilt=False, at=self.at - 7 * DAY)] if oldest > 7 * DAY else orders

    def _order(self, *, spoilt: bool, at: datetime | None = None) -> Order:
        dice = self.dice
        self.numbers += 1
        if at is None:
            begin, end = self.start - (0 if self.shape == "no catalogue" else 6) * HOUR, self.at + HOUR
            at = (begin + dice.random() * (end - begin)).replace(microsecond=0)
            at = dice.choice([at] * 8 + [self.start, self.at])
        updated = at + dice.choice([0, 5, 90]) * MINUTE
        by_marketplace = self.odds(0.2)
        status = dice.choices(STATES, (2, 10, 1, 2, 2) if spoilt else (1, 3, 0, 12, 1))[0]
        items = [
            self._item(at, status, spoilt=spoilt and (n == 0 or self.odds(0.4)))
            for n in range(dice.choices((1, 2, 3), (7, 2, 1))[0])
        ]
        if status == "Unshipped" and len(items) > 1 and self.odds(0.3):
            chosen = dice.randrange(len(items))
            items[chosen] = replace(items[chosen], cancelled=True)
        gone = status == "Cancelled" or any(item.cancelled for item in items)
        asked = self.odds(0.3 if gone else 0.12) and status != "Pending"
        by = (
            ""
            if not gone
            else "unknown"
            if self.amazon_reports
            else dice.choice(["buyer", "seller", "marketplace", "unknown"])
        )
        order = Order(
            order_id=f"{dice.randint(100, 999)}-{dice.randint(1000000, 9999999)}-{self.numbers:07d}",
            at=at,
            updated=updated,
            status=status,
            items=tuple(items),
            by_marketplace=by_marketplace,
            asked=asked,
            cancelled_by="buyer" if asked and by else by,
            email="" if self.odds(0.1) else f"b{self.numbers}@marketplace.example.com",
            name=dice.choice(self.place.names),
            language="" if self.amazon_reports else dice.choice(["", "", "de", "fr_FR", "zh-CN"]),
            country=self.place.country if self.place.marketplace else dice.choice(["US", "DE", "JP", "FR", ""]),
        )
        order = replace(order, before=self._before(order)) if self.odds(0.25) else order
        return replace(order, forgetful=status == "Cancelled" and self.odds(0.5))

    def _sure_loss(self) -> Order:
        """One order that surely loses money, where anything does."""
        order = self._order(spoilt=True, at=self.start + 10 * MINUTE)
        unit, sku = self.prices[self.skus[0]], self.skus[0]
        item = replace(order.items[0], sku=sku, quantity=1, price=unit, discount=unit * 90 // 100, shipping=0)
        item = replace(item, shipping_discount=0, named=(self.promo_id,), ids=(self.promo_id,), cancelled=False)
        return replace(order, status="Unshipped", items=(item,), cancelled_by="", before=None, forgetful=False)

    def _before(self, order: Order) -> Order | None:
        """The same order as an earlier report told it; with the same time where the state tells which is newer."""
        rank = STATES.index(order.status)
        if not rank or any(item.price is None for item in order.items):
            return None
        items = tuple(replace(item, cancelled=False) for item in order.items)
        tie = self.amazon_reports and self.odds(0.3) and not any(item.cancelled for item in order.items)
        updated = order.updated if tie else order.updated - MINUTE
        return replace(order, items=items, status=self.dice.choice(STATES[:rank]), updated=updated, before=None)

    def _item(self, at: datetime, status: str, *, spoilt: bool) -> Item:
        dice = self.dice
        self.codes += 1
        sku, quantity = dice.choice(self.skus), dice.choice([1, 1, 1, 2, 3])
        price, unit_off, ids = self.prices[sku] * quantity, 0, []
        if spoilt:
            ids = [self.promo_id]
            deep = at >= self.start and not self.odds(0.15)
            unit_off = self.prices[sku] * (90 if deep else 5) // 100
        elif self.odds(0.3):
            ids, unit_off = ["RIVAL-1"], self.prices[sku] // 10
        if spoilt and self.odds(0.12):
            ids.append("RIVAL-1")
        if self.odds(0.15):
            ids.append(dice.choice([FREE_SHIPPING, HALF_SHIPPING]))
        named = [self.promo_name if n == self.promo_id and self.by_name and not self.odds(0.2) else n for n in ids]
        shipping = dice.choice([0, 0, 4 * self.minor])
        known = not (status == "Pending" and self.odds(0.7))
        return Item(
            sku=sku,
            quantity=quantity,
            price=price if known else None,
            discount=unit_off * quantity if known else 0,
            shipping=shipping if known else 0,
            shipping_discount=shipping if known and HALF_SHIPPING in ids else 0,
            named=tuple(named),
            ids=tuple(ids),
            code=str(self.codes),
            told_code=not self.odds(0.1),
        )


def random_moment(dice: random.Random) -> datetime:
    """A minute of the years 2024 to 2027."""
    return datetime(2024, 1, 10, tzinfo=UTC) + timedelta(minutes=dice.randrange(3 * 365 * 24 * 60))
