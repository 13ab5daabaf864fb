"""A shop's true values: what its files tell and what an oracle reasons about."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

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
