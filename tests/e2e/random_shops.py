"""Small shops made by dice, as values that a test can reason about, and as the files that such a shop would export."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from reports import ALL_ORDERS, ORDER_REPORT, Line, all_orders, comma, order_report, orders_csv

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DIGITS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0}
STATES = ("Pending", "Unshipped", "Partially Shipped", "Shipped", "Cancelled")
FREE_SHIPPING = "Core Free Shipping 2015-04-08"  # on lines, in no promotions.csv
HALF_SHIPPING = "SHIP-1"  # in promotions.csv, level shipping


@dataclass(frozen=True)
class Place:
    """A storefront: what its reports look like and who buys there."""

    marketplace: str
    currency: str
    language: str
    country: str
    encodings: tuple[str, ...]
    names: tuple[str, ...]


WEST = ("cp1252", "utf-8", "utf-8-sig")
AMAZON = (
    Place("amazon.com", "USD", "en", "US", WEST, ("Ann Lee", "José Núñez", "O'Neil, Tom", "")),
    Place("amazon.de", "EUR", "de", "DE", WEST, ("Jürgen Groß", "Zoë Ångström", "Anke Schäfer")),
    Place("amazon.co.uk", "GBP", "en", "GB", WEST, ("Siân Bevan", "=1+1", "Mary Smith")),
    Place("amazon.co.jp", "JPY", "ja", "JP", ("cp932", "utf-8", "utf-8-sig"), ("佐藤 花子", "髙橋 健", "Ken Sato")),
)
OWN_SHOP = Place("", "USD", "", "US", ("utf-8", "utf-8-sig"), ("Ann Lee", "李小龙", "Łukasz Nowak"))


@dataclass(frozen=True)
class Item:
    """One true order line. `named` is what stands on it, `ids` what that means; a blank `code` is not known."""

    sku: str
    quantity: int
    price: int | None
    discount: int = 0
    shipping: int = 0
    shipping_discount: int = 0
    named: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    cancelled: bool = False
    code: str = ""
    told_code: bool = True  # by the Order Report, or in the line_id column

    @property
    def paid(self) -> int | None:
        if self.price is None:
            return None
        return self.price - self.discount + self.shipping - self.shipping_discount


@dataclass(frozen=True)
class Order:
    """One true order in its newest state. `before` is an older state that an earlier report tells."""

    order_id: str
    at: datetime
    updated: datetime
    status: str
    items: tuple[Item, ...]
    by_marketplace: bool = False
    asked: bool = False
    cancelled_by: str = ""
    email: str = ""
    name: str = ""
    language: str = ""
    country: str = ""
    before: Order | None = None
    forgetful: bool = False  # the newest report of a cancelled order knows neither prices nor promotion ids

    @property
    def in_order_report(self) -> bool:
        return self.status != "Pending" and not self.by_marketplace

    def stands(self, item: Item) -> bool:
        return not item.cancelled and self.status != "Cancelled"


@dataclass(frozen=True)
class Revision:
    """One row of promotions.csv; `cells` are its settings."""

    seen_at: datetime
    starts_at: datetime | None
    cells: dict[str, str]


@dataclass(frozen=True)
class Promo:
    """A recorded promotion. An empty `skus` means all."""

    promotion_id: str
    name: str
    revisions: tuple[Revision, ...]
    skus: tuple[str, ...] = ()
    level: str = "item"


@dataclass(frozen=True)
class Health:
    """A row of account_health.csv."""

    as_of: datetime
    cancelled: int
    orders: int
    target: str = ""


@dataclass(frozen=True)
class Shop:
    """Everything there is to know about one shop, and what is asked of it."""

    name: str
    kind: str
    platform: str
    place: Place
    at: datetime
    catalogue: dict[str, dict[str, str]]
    promos: tuple[Promo, ...]
    orders: tuple[Order, ...]
    health: tuple[Health, ...]
    asked_for: str  # what stands behind --promo
    cause: str
    faulty_since: datetime | None  # None: its first line
    since: datetime | None  # --since
    plan: str
    file_time: datetime
    files: dict[str, bytes] = field(repr=False, default_factory=dict)

    def write(self, base: Path) -> None:
        """Lay the files into the shop's folder."""
        folder = base / "inbox" / self.name
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            path = folder / name
            path.write_bytes(content)
            os.utime(path, (self.file_time.timestamp(),) * 2)

    def config(self) -> str:
        return (
            f'[shops.{self.name}]\nkind = "{self.kind}"\nplatform = "{self.platform}"\nfolder = "inbox/{self.name}"\n'
            f'marketplace = "{self.place.marketplace}"\nseller_name = "Nordlicht Ltd"\nsigner = "Kim"\n'
        )


def amount(minor: int | None, currency: str) -> str:
    """Minor units as a report writes them."""
    if minor is None:
        return ""
    return str(Decimal(minor).scaleb(-DIGITS[currency]))


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
        return replace(shop, files=_files(shop, dice))

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


def _files(shop: Shop, dice: random.Random) -> dict[str, bytes]:
    """The shop's folder, by file name."""
    files = {"promotions.csv": _promotions_csv(shop)}
    if shop.catalogue:
        columns = tuple(next(iter(shop.catalogue.values())))
        files["catalogue.csv"] = comma(columns, shop.catalogue.values(), **_form(dice, ("utf-8", "utf-8-sig")))
    if shop.health:
        columns = ("as_of", "marketplace", "metric", "numerator", "denominator", "target")
        files["account_health.csv"] = comma(columns, [_health_cells(row, shop) for row in shop.health])
    form = _form(dice, shop.place.encodings)
    older = [order.before for order in shop.orders if order.before is not None]
    if shop.kind == "plain-files":
        rows = [line for order in [*older, *shop.orders] for line in _lines(order, shop)]
        files["orders.csv.gz" if form["packed"] else "orders.csv"] = orders_csv(rows, **form)
        return files
    early = [line for order in older for line in _lines(order, shop)]
    late = [line for order in shop.orders for line in _lines(order, shop)]
    files["5512.txt"] = all_orders(late, _shuffled(ALL_ORDERS, dice), **form)
    if early:
        files[dice.choice(["1204.txt", "9904.txt"])] = all_orders(early, **_form(dice, shop.place.encodings))
    told = [
        line
        for order in shop.orders
        if order.in_order_report
        for item, line in zip(order.items, _lines(replace(order, forgetful=False), shop), strict=True)
        if item.told_code
    ]
    files["orderreport.txt"] = order_report(told, _shuffled(ORDER_REPORT, dice), **_form(dice, shop.place.encodings))
    return files


def _form(dice: random.Random, encodings: tuple[str, ...]) -> dict[str, object]:
    return {
        "encoding": dice.choice(encodings),
        "line_end": dice.choice(["\n", "\r\n"]),
        "packed": dice.random() < 0.2,
    }


def _shuffled(columns: tuple[str, ...], dice: random.Random) -> tuple[str, ...]:
    return tuple(dice.sample(columns, len(columns)))


def _lines(order: Order, shop: Shop) -> list[Line]:
    """The rows that tell an order."""
    reports, currency = shop.kind == "amazon-reports", shop.place.currency
    lines = []
    for item in order.items:
        cancelled = not order.stands(item)
        if order.forgetful:
            item = replace(item, price=None, discount=0, shipping=0, shipping_discount=0, named=())  # noqa: PLW2901
        status = order.status if reports else order.status.replace(" ", "_")
        lines.append(
            Line(
                order_id=order.order_id,
                sku=item.sku,
                quantity="0" if order.forgetful and order.before is not None else str(item.quantity),
                currency=currency,
                price=amount(item.price, currency),
                discount=amount(item.discount, currency) if item.discount else "",
                shipping=amount(item.shipping, currency) if item.shipping else "",
                shipping_discount=amount(item.shipping_discount, currency) if item.shipping_discount else "",
                promotion_ids=item.named,
                ordered_at=order.at.isoformat(),
                updated_at=order.updated.isoformat(),
                status="cancelled" if cancelled and not reports else status,
                item_status="Cancelled" if cancelled and reports else "",
                fulfilled_by="Amazon" if order.by_marketplace else "Merchant",
                channel=shop.place.marketplace.replace("amazon", "Amazon"),
                asin=f"B0{item.sku[-1] * 8}",
                title=f"Mug {item.sku}",
                country=order.country,
                item_code=item.code if item.told_code else "",
                email=order.email,
                name=order.name,
                language=order.language,
                asked_to_cancel="true" if order.asked else "false",
                cancelled_by=order.cancelled_by if cancelled else "",
            )
        )
    return lines


def _promotions_csv(shop: Shop) -> bytes:
    columns = (
        "promotion_id", "seen_at", "name", "kind", "status", "starts_at", "skus", "level", "percent_off", "currency",
        "fee_fixed", "fee_rate", "fee_cap",
    )  # fmt: skip
    rows = [
        {
            "promotion_id": promo.promotion_id,
            "seen_at": revision.seen_at.isoformat(),
            "name": promo.name,
            "kind": "percent_off",
            "starts_at": revision.starts_at.isoformat() if revision.starts_at else "",
            "skus": ";".join(promo.skus) or "*",
            "level": promo.level,
            **revision.cells,
        }
        for promo in shop.promos
        for revision in promo.revisions
    ]
    return comma(columns, rows)


def _health_cells(row: Health, shop: Shop) -> dict[str, str]:
    return {
        "as_of": row.as_of.isoformat(),
        "marketplace": shop.place.marketplace,
        "metric": "cancellation_rate",
        "numerator": str(row.cancelled),
        "denominator": str(row.orders),
        "target": row.target,
    }


def random_moment(dice: random.Random) -> datetime:
    """A minute of the years 2024 to 2027."""
    return datetime(2024, 1, 10, tzinfo=UTC) + timedelta(minutes=dice.randrange(3 * 365 * 24 * 60))
