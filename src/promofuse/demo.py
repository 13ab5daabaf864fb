"""The reference night as report files: a mistyped code sells a headset for about a dollar in three storefronts.

The files have the formats and encodings of Seller Central's downloads and are then read like anybody's. Nothing
here tells the rest of the program what to find. All names, ids and addresses are invented.
"""

from __future__ import annotations

import csv
import io
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final

from promofuse.config import example_config
from promofuse.errors import UsageError
from promofuse.marketplaces import MARKETPLACES
from promofuse.money import decimal_text

MARKER: Final = ".promofuse-demo"
TYPED, MEANT = Fraction("97.5"), Fraction("9.75")

ALL_ORDERS: Final = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "order-channel", "url", "ship-service-level", "product-name", "sku",
    "asin", "item-status", "quantity", "currency", "item-price", "item-tax", "shipping-price", "shipping-tax",
    "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount", "ship-promotion-discount", "ship-city",
    "ship-state", "ship-postal-code", "ship-country", "promotion-ids", "is-business-order",
    "purchase-order-number", "price-designation",
)  # fmt: skip
ORDER_REPORT: Final = (
    "order-id", "order-item-id", "purchase-date", "payments-date", "buyer-email", "buyer-name",
    "buyer-phone-number", "sku", "product-name", "quantity-purchased", "currency", "item-price", "item-tax",
    "shipping-price", "shipping-tax", "ship-service-level", "recipient-name", "ship-address-1", "ship-address-2",
    "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country", "ship-phone-number",
    "item-promotion-discount", "item-promotion-id", "ship-promotion-discount", "ship-promotion-id",
    "delivery-start-date", "delivery-end-date", "delivery-time-zone", "delivery-Instructions", "sales-channel",
    "is-buyer-requested-cancellation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Storefront:
    """One shop of the demo: its size, prices and buyers."""

    name: str
    marketplace: str
    promotion_id: str
    price: int  # of the headset, minor units
    unit_cost: int
    shipping_cost: int
    spoilt_orders: int
    orders_a_day: int
    title: str
    buyers: tuple[str, ...]


STOREFRONTS: Final = (
    Storefront(
        "us", "amazon.com", "PLM-US-4471", 3999, 1450, 350, 300, 55, 'Over-ear headset "Lumen" 5\' cable',
        ("Mary Smith", "José Núñez", "Anna Müller", "Tom O'Neil", "Wei Zhang", "Zoë Ångström", "=1+1", "<b>Bob</b>"),
    ),
    Storefront(
        "de", "amazon.de", "PLM-DE-4472", 4499, 1390, 420, 40, 20, "Over-Ear-Kopfhörer „Lumen“",
        ("Jürgen Groß", "Anke Schäfer", "Mehmet Yılmaz", "Doe, Jane", "Łukasz Nowak"),
    ),
    Storefront(
        "jp", "amazon.co.jp", "PLM-JP-4473", 5980, 2100, 480, 25, 15, "オーバーイヤーヘッドホン「Lumen」",
        ("佐藤 花子", "鈴木一郎", "高橋 健", "山田太郎"),
    ),
)  # fmt: skip


@dataclass(slots=True)
class _Order:
    """One order on its way into the two reports."""

    number: int
    at: datetime
    channel: str  # Merchant or Amazon
    status: str
    lines: list[tuple[str, str, int, int, int, str]] = field(default_factory=list)  # sku, title, qty, price, off, promo
    buyer: str = ""
    asked: bool = False


def write_demo(folder: Path, at: datetime, percent: Fraction = TYPED) -> Path:
    """Write config.toml and the report files of the night before `at`; returns the config's path.

    `percent` is what stands in the promotion and what buyers got. An older demo in the folder is replaced;
    any other content is refused (UsageError).
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise UsageError(f"{folder} is not empty", hint="choose another folder: promofuse demo --dir DIR")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("Written by `promofuse demo`, which replaces this folder when it runs again.\n")
    config = folder / "config.toml"
    config.write_text(_config(), "utf-8")
    download(folder, at, at, percent)
    return config


def download(folder: Path, morning: datetime, now: datetime, percent: Fraction = TYPED) -> None:
    """Write the reports as a seller would have downloaded them at `now`, in the night that ends at `morning`."""
    for place in STOREFRONTS:
        inbox = folder / "inbox" / place.name
        inbox.mkdir(parents=True, exist_ok=True)
        for name, content in storefront_files(place, morning, now, percent).items():
            (inbox / name).write_bytes(content)


def start_of(morning: datetime) -> datetime:
    """When the promotion of the night starts."""
    return morning - timedelta(hours=8, minutes=30)


def storefront_files(place: Storefront, morning: datetime, now: datetime, percent: Fraction) -> dict[str, bytes]:
    """The files that a seller would have downloaded from one storefront, by name."""
    dice = random.Random(place.name)  # noqa: S311  (sample data, the same every time)
    start = start_of(morning)
    every = [*_usual(place, dice, morning, now), *_spoilt(place, dice, morning, now, percent)]
    orders = sorted((o for o in every if o.at <= now), key=lambda order: (order.at, order.number))
    encoding = MARKETPLACES[place.marketplace].encoding
    stamp = f"{morning:%y%m%d}"
    return {
        f"{stamp}0{place.spoilt_orders}.txt": _tab_file(ALL_ORDERS, _all_orders(place, orders, now), encoding),
        f"orderreport{stamp}.txt": _tab_file(ORDER_REPORT, _order_report(place, orders), encoding),
        "catalogue.csv": _catalogue(place),
        "promotions.csv": _promotions(place, start, percent),
    }


def _usual(place: Storefront, dice: random.Random, morning: datetime, now: datetime) -> Iterator[_Order]:
    """Four weeks of an ordinary shop: 40 products, full price, most shipped by now."""
    for number in range(place.orders_a_day * 28):
        ordered = morning - timedelta(seconds=dice.randrange(120, 28 * 86_400))
        age = now - ordered
        channel = "Amazon" if dice.random() < 0.3 else "Merchant"
        status = "Shipped" if age > timedelta(hours=dice.randrange(6, 30)) else "Unshipped"
        if dice.random() < 0.006 and age > timedelta(hours=1):
            status = "Cancelled"
        elif age < timedelta(hours=1):
            status = "Pending"
        order = _Order(number, ordered, channel, status, buyer=dice.choice(place.buyers))
        for _ in range(1 + (dice.random() < 0.08)):
            product = dice.randrange(1, 40)
            price = _price_of(place, product)
            quantity = 1 + (dice.random() < 0.1)
            order.lines.append((_sku(product), f"Gadget No. {product}", quantity, price * quantity, 0, ""))
        yield order


def _spoilt(
    place: Storefront, dice: random.Random, morning: datetime, now: datetime, percent: Fraction
) -> Iterator[_Order]:
    """The night: the headset with the code, faster and faster, in every state that an order can be in."""
    start = start_of(morning)
    seconds = (morning - start).total_seconds() - 240
    for number in range(place.spoilt_orders):
        ordered = start + timedelta(seconds=60 + seconds * ((number + dice.random()) / place.spoilt_orders) ** 0.6)
        channel = "Amazon" if number % 6 == 5 else "Merchant"
        age = now - ordered
        status = "Unshipped"
        if number % 25 == 7:
            status = "Cancelled"
        elif age > timedelta(hours=7) and number % 3 == 0:
            status = "Shipped"
        elif number % 17 == 3 or age < timedelta(minutes=6):
            status = "Pending"
        quantity = dice.choice((1, 1, 1, 1, 1, 2, 2, 5))
        price = place.price * quantity
        off = round(price * percent / 100)
        order = _Order(1_000_000 + number, ordered, channel, status, buyer=dice.choice(place.buyers))
        order.asked = status == "Cancelled" or (status == "Unshipped" and number % 40 == 12)
        order.lines.append((_sku(0), place.title, quantity, price, off, place.promotion_id))
        if number % 12 == 4:
            product = dice.randrange(1, 40)
            order.lines.append((_sku(product), f"Gadget No. {product}", 1, _price_of(place, product), 0, ""))
        yield order


def _sku(product: int) -> str:
    return f"LUM-HS-{product:03d}" if product == 0 else f"LUM-GD-{product:03d}"


def _price_of(place: Storefront, product: int) -> int:
    return place.price * (60 + product * 37 % 90) // 100


def _order_id(place: Storefront, order: _Order) -> str:
    first = 100 + (order.number * 7919 + len(place.name) * 31 + place.price) % 900
    return f"{first}-{(order.number * 104_729 + place.price) % 10_000_000:07d}-{order.number % 10_000_000:07d}"


def _all_orders(place: Storefront, orders: Sequence[_Order], now: datetime) -> Iterator[list[str]]:
    country = MARKETPLACES[place.marketplace].country
    currency = MARKETPLACES[place.marketplace].currency
    for order in orders:
        order_id = _order_id(place, order)
        updated = min(order.at + timedelta(minutes=25), now)
        for sku, title, quantity, price, off, promotion in order.lines:
            hidden = order.status == "Cancelled" or (order.status == "Pending" and order.channel == "Merchant")
            row = dict.fromkeys(ALL_ORDERS, "") | {
                "amazon-order-id": order_id,
                "merchant-order-id": order_id,
                "purchase-date": order.at.isoformat(timespec="seconds"),
                "last-updated-date": updated.isoformat(timespec="seconds"),
                "order-status": order.status,
                "fulfillment-channel": order.channel,
                "sales-channel": place.marketplace.capitalize(),
                "ship-service-level": "Standard",
                "product-name": title,
                "sku": sku,
                "asin": _asin(sku),
                "item-status": "Cancelled" if order.status == "Cancelled" else order.status,
                "quantity": str(quantity),
                "currency": currency,
                "item-price": "" if hidden and not promotion else decimal_text(price, currency),
                "item-promotion-discount": decimal_text(off, currency) if off else "",
                "ship-country": country,
                "promotion-ids": promotion,
                "is-business-order": "false",
            }
            yield list(row.values())


def _order_report(place: Storefront, orders: Sequence[_Order]) -> Iterator[list[str]]:
    """Merchant-fulfilled orders only, never pending ones; the last few are not in it yet: the report is older."""
    currency = MARKETPLACES[place.marketplace].currency
    shown = [order for order in orders if order.channel == "Merchant" and order.status != "Pending"]
    for order in shown[: len(shown) - max(2, place.spoilt_orders // 50)]:
        order_id = _order_id(place, order)
        for item, (sku, title, quantity, price, off, promotion) in enumerate(order.lines):
            row = dict.fromkeys(ORDER_REPORT, "") | {
                "order-id": order_id,
                "order-item-id": f"{order.number % 10_000_000:013d}{item}",
                "purchase-date": order.at.isoformat(timespec="seconds"),
                "payments-date": order.at.isoformat(timespec="seconds"),
                "buyer-email": f"b{order.number:07d}{place.name}@marketplace.{place.marketplace}",
                "buyer-name": order.buyer,
                "sku": sku,
                "product-name": title,
                "quantity-purchased": str(quantity),
                "currency": currency,
                "item-price": decimal_text(price, currency),
                "item-promotion-discount": decimal_text(off, currency) if off else "",
                "item-promotion-id": promotion,
                "ship-country": MARKETPLACES[place.marketplace].country,
                "sales-channel": place.marketplace.capitalize(),
                "is-buyer-requested-cancellation": str(order.asked).lower(),
            }
            yield list(row.values())


def _asin(sku: str) -> str:
    return "B0" + sku.replace("-", "")


def _tab_file(header: Sequence[str], rows: Iterator[list[str]], encoding: str) -> bytes:
    lines = ["\t".join(header), *("\t".join(row) for row in rows)]
    return "".join(f"{line}\r\n" for line in lines).encode(encoding, "replace")


def _csv_file(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _catalogue(place: Storefront) -> bytes:
    """The one file that no platform can give: what the goods cost."""
    currency = MARKETPLACES[place.marketplace].currency
    rows: list[Sequence[object]] = [
        ("sku", "title", "external_id", "price", "currency", "unit_cost", "fee_rate", "shipping_cost", "stock")
    ]
    for product in range(40):
        price = place.price if product == 0 else _price_of(place, product)
        cost = place.unit_cost if product == 0 else price * 38 // 100
        title = place.title if product == 0 else f"Gadget No. {product}"
        amounts = [decimal_text(amount, currency) for amount in (price, cost, place.shipping_cost)]
        rows.append(
            (_sku(product), title, _asin(_sku(product)), amounts[0], currency, amounts[1], "0.15", amounts[2], 400)
        )
    return _csv_file(rows)


def _promotions(place: Storefront, start: datetime, percent: Fraction) -> bytes:
    seen = start - timedelta(hours=5)
    header = (
        "promotion_id", "seen_at", "name", "kind", "status", "starts_at", "ends_at", "skus", "percent_off", "code",
        "code_kind", "currency", "intended_percent_off",
    )  # fmt: skip
    row = (
        place.promotion_id, seen.isoformat(), "Black Week headset", "percent_off", "active", start.isoformat(),
        (start + timedelta(days=7)).isoformat(), _sku(0), f"{float(percent):g}", "LUMEN9", "group",
        MARKETPLACES[place.marketplace].currency, f"{float(MEANT):g}",
    )  # fmt: skip
    return _csv_file((header, row))


def _config() -> str:
    """config.example.toml with the demo's shops instead of the one shop in it."""
    head, _, rest = example_config().partition("# One table for each shop")
    _, mark, tail = rest.partition("# Settings of rules")
    tables = "\n".join(
        f'[shops.{place.name}]\nkind = "amazon-reports"\nmarketplace = "{place.marketplace}"\n'
        f'folder = "inbox/{place.name}"\nseller_name = "Lumina Home"\nsigner = "Chen Wei"\n'
        for place in STOREFRONTS
    )
    text = head + tables + "\n" + mark + tail
    return text.replace(
        'from_address = ""                # sender of letters;',
        'from_address = "service@lumina.example"  # sender of letters;',
    )
