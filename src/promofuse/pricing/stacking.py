"""What each platform lets combine, and what a percentage is taken of there: dated tables, and how a shop corrects them.

A table says what the platform does by itself; a promotion's own settings overrule it. Where nothing is known everything
combines and adds up on the original price, which is the worst that can happen, and is said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from promofuse.pricing.largest_sets import largest_sets
from promofuse.pricing.meeting import (
    Base,
    Layer,
    Lock,
    Meeting,
    PromotionFee,
    Slot,
    Stacking,
    begins,
    can_be_live,
    has_code,
    layer_of,
    overlap,
)
from promofuse.verdicts import Confidence

__all__ = [
    "STACKING", "Base", "Layer", "Lock", "Meeting", "PromotionFee", "Stacking", "begins", "can_be_live", "has_code",
    "largest_sets", "layer_of", "overlap", "read_pair", "stacking_of",
    "tune_stacking",
]  # fmt: skip

_LEVELS: Final = ("item", "order")
_READ: Final = date(2026, 11, 22)
_HIGH, _MEDIUM, _LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
_ITEM_AUTOMATIC: Final = (Layer.AUTOMATIC, "item")
_ORDER_AUTOMATIC: Final = (Layer.AUTOMATIC, "order")
_ITEM_CODE: Final = (Layer.CODE, "item")
_ORDER_CODE: Final = (Layer.CODE, "order")


def _together(confidence: Confidence, source: str) -> Meeting:
    return Meeting(together=True, confidence=confidence, source=source)


def _apart(confidence: Confidence, source: str) -> Meeting:
    return Meeting(together=False, confidence=confidence, source=source)


def _table(*rows: tuple[Slot, Slot, Meeting]) -> Mapping[frozenset[Slot], Meeting]:
    return MappingProxyType({frozenset((one, other)): meeting for one, other, meeting in rows})


_CODES: Final = "Claim Codes and Combinability, Seller Central help 200212920, read 2026-11"
_SELLERSPRITE: Final = "SellerSprite's published rule, a third party, read 2026-11"
_UNREAD: Final = "not documented: Seller Central has no matrix of these"

# Amazon: discounts add on the original price ($10 and 10 % of $100 are $20; two 50 % are free). A deal or sale price
# replaces the price, and coupons and percentages are still computed on the original one: list 30, deal 25, 5 % coupon
# are 23.50. Reports do not tell unrestricted codes from preferential and exclusive ones.
_AMAZON: Final = Stacking(
    platform="amazon",
    item=Base.ORIGINAL,
    order=Base.ORIGINAL,
    as_of=_READ,
    clips_coupons=True,
    otherwise=_together(_MEDIUM, _SELLERSPRITE),
    meetings=_table(
        (Layer.AUTOMATIC, Layer.AUTOMATIC, _together(_HIGH, _CODES)),
        (Layer.AUTOMATIC, Layer.CODE, _together(_HIGH, _CODES)),
        (Layer.CODE, Layer.CODE, _together(_LOW, "assumed: unrestricted codes combine, others do not")),
        (Layer.COUPON, Layer.COUPON, _together(_HIGH, "Seller Central help G202189370, read 2026-11")),
        (Layer.PRICE, Layer.PRICE, _apart(_MEDIUM, "assumed: one deal or sale price at a time")),
        *((Layer.SUBSCRIPTION, layer, _together(_LOW, _UNREAD)) for layer in Layer if layer is not Layer.SUBSCRIPTION),
        (Layer.SUBSCRIPTION, Layer.SUBSCRIPTION, _apart(_MEDIUM, "assumed: one funded discount a subscription")),
    ),
    locks=MappingProxyType(
        {
            "coupon": Lock(
                before=timedelta(hours=6),
                source="amazowl.com, a third party, unconfirmed, read 2026-11: locked about six hours before it starts",
            ),
            # It can be withdrawn later too, at the price of its fee.
            "deal": Lock(before=timedelta(hours=25), source="Seller Central help 202111610, read 2026-11"),
        }
    ),
    fees=MappingProxyType(
        {
            "coupon": (
                PromotionFee(
                    since=date.min,
                    per_redemption=Fraction("0.60"),
                    currency="USD",
                    source="the fee of amazon.com up to 2025-06-01, third parties, read 2026-11",
                ),
                PromotionFee(
                    since=date(2025, 6, 2),
                    rate=Fraction("0.025"),
                    source="2.5 % of sales and $5 a coupon on amazon.com since 2025-06-02, third parties, read 2026-11",
                ),
            ),
            "deal": (
                PromotionFee(
                    since=date(2025, 6, 2),
                    rate=Fraction("0.01"),
                    source="1 % of sales and $70 a day on amazon.com since 2025-06-02, third parties, read 2026-11",
                ),
            ),
        }
    ),
)

# Ozon computes one price from all that a seller set up; no rule was found for several seller promotions at once.
# An action states an absolute price. What Ozon pays itself lies on top and is paid back: `funded_share`.
_OZON: Final = Stacking(
    platform="ozon",
    item=Base.ORIGINAL,
    order=Base.ORIGINAL,
    as_of=_READ,
    otherwise=_together(_LOW, "assumed: no official rule for several seller promotions was found, 2026-11"),
    meetings=_table((Layer.PRICE, Layer.PRICE, _apart(_MEDIUM, "prices v5: one price a product results"))),
)

_SHOPIFY_DOCS: Final = "shopify.dev, DiscountCombinesWith 2026-10"
_HANDSHAKE: Final = _together(_LOW, f"assumed: only if both are set to combine ({_SHOPIFY_DOCS})")
# Shopify: classes combine if both say so (`combines_levels`); of product discounts one applies to a line, but for tags
# that name each other. Each order discount is taken of the subtotal after the product discounts.
_SHOPIFY: Final = Stacking(
    platform="shopify",
    item=Base.STAGE,
    order=Base.STAGE,
    as_of=_READ,
    otherwise=_HANDSHAKE,
    meetings=_table(
        *(
            (one, other, _apart(_HIGH, f"by default one product discount applies to a line ({_SHOPIFY_DOCS})"))
            for one, other in (
                (_ITEM_AUTOMATIC, _ITEM_AUTOMATIC),
                (_ITEM_AUTOMATIC, _ITEM_CODE),
                (_ITEM_CODE, _ITEM_CODE),
            )
        ),
        *(
            (Layer.PRICE, layer, _together(_HIGH, "a sale price is the product's price"))
            for layer in (Layer.AUTOMATIC, Layer.CODE)
        ),
        (Layer.PRICE, Layer.PRICE, _apart(_HIGH, "a product has one price")),
    ),
)

# Measured on a running Vendure 3.7.2: 60 % and 60 % on items leave 0; 60 % on the item and 20 % on the order leave
# 31.68 of 99.00. There is no setting that keeps promotions apart.
_VENDURE: Final = Stacking(
    platform="vendure",
    item=Base.ORIGINAL,
    order=Base.RUNNING,
    as_of=_READ,
    by_priority=True,
    otherwise=_together(_HIGH, "order-calculator.js of 3.7.2, and measured"),
)

# Measured on a running Medusa 2.21.2: 60 % and 60 % leave 15.84 of 99.00, 60 % and 20 % leave 31.68.
_MEDUSA: Final = Stacking(
    platform="medusa",
    item=Base.RUNNING,
    order=Base.RUNNING,
    as_of=_READ,
    otherwise=_together(_HIGH, "measured on 2.21.2"),
)

_SALEOR_SOURCE: Final = "saleor/discount/utils, read 2026-11"
_ONE_CATALOGUE: Final = _apart(_HIGH, f"the best catalogue promotion applies ({_SALEOR_SOURCE})")
_ONE_OF_VOUCHER_AND_ORDER: Final = _apart(
    _HIGH, f"an order has one voucher, or without it the best order promotion ({_SALEOR_SOURCE})"
)
_ON_TOP: Final = _together(_HIGH, f"computed on the price after the catalogue promotion ({_SALEOR_SOURCE})")
# Saleor: the best catalogue promotion (an item promotion without a code), then a voucher or the best order promotion.
_SALEOR: Final = Stacking(
    platform="saleor",
    item=Base.RUNNING,
    order=Base.RUNNING,
    as_of=_READ,
    otherwise=_together(_LOW, "assumed"),
    meetings=_table(
        *(
            (one, other, _ONE_CATALOGUE)
            for one, other in (
                (Layer.PRICE, Layer.PRICE),
                (Layer.PRICE, _ITEM_AUTOMATIC),
                (_ITEM_AUTOMATIC, _ITEM_AUTOMATIC),
            )
        ),
        *(
            (one, other, _ONE_OF_VOUCHER_AND_ORDER)
            for one, other in (
                (_ORDER_AUTOMATIC, _ORDER_AUTOMATIC),
                (_ORDER_AUTOMATIC, _ITEM_CODE),
                (_ORDER_AUTOMATIC, _ORDER_CODE),
                (Layer.CODE, Layer.CODE),
            )
        ),
        (_ITEM_AUTOMATIC, _ORDER_AUTOMATIC, _ON_TOP),
        (_ITEM_AUTOMATIC, _ITEM_CODE, _ON_TOP),
        (_ITEM_AUTOMATIC, _ORDER_CODE, _ON_TOP),
        (Layer.PRICE, Layer.AUTOMATIC, _ON_TOP),
        (Layer.PRICE, Layer.CODE, _ON_TOP),
    ),
)

# Magento: every valid cart rule by its sort order, each on what the ones before left, until one stops the others
# (`priority`, `stops_others`). Catalogue rules and special prices come first.
_MAGENTO: Final = Stacking(
    platform="magento",
    item=Base.RUNNING,
    order=Base.RUNNING,
    as_of=_READ,
    by_priority=True,
    otherwise=_together(_HIGH, "RulesApplier.php and ByPercent.php of Magento 2, read 2026-11"),
    meetings=_table(
        (Layer.CODE, Layer.CODE, _apart(_MEDIUM, "one coupon code a cart by default")),
        (Layer.PRICE, Layer.PRICE, _apart(_MEDIUM, "the lowest of the catalogue's prices counts")),
    ),
)

_WOO_SOURCE: Final = "class-wc-discounts.php, read 2026-11"
# WooCommerce: coupons combine unless one is for individual use (`combinability` exclusive). Each is taken of the price
# of the item, which is its sale price if it has one (`excludes_discounted`), whatever other coupons take off: 60 % and
# 20 % are 80 %. A shop that has switched sequential discounts on sets `item` and `order` to running.
_WOOCOMMERCE: Final = Stacking(
    platform="woocommerce",
    item=Base.STATED,
    order=Base.STATED,
    as_of=_READ,
    otherwise=_together(_HIGH, _WOO_SOURCE),
    meetings=_table((Layer.PRICE, Layer.PRICE, _apart(_HIGH, "a product has one sale price"))),
)

_UNKNOWN: Final = Stacking(
    platform="",
    item=Base.ORIGINAL,
    order=Base.ORIGINAL,
    as_of=_READ,
    otherwise=_together(_LOW, "assumed: the platform's rules are not known"),
)

STACKING: Final[Mapping[str, Stacking]] = {
    table.platform: table for table in (_AMAZON, _OZON, _SHOPIFY, _VENDURE, _MEDUSA, _SALEOR, _MAGENTO, _WOOCOMMERCE)
}


def stacking_of(platform: str) -> Stacking:
    """The platform's table; an unknown platform lets everything combine, and says that this is assumed."""
    return STACKING.get(platform, _UNKNOWN)


def read_pair(text: str) -> frozenset[Slot]:
    """A pair such as `coupon + code` or `automatic:order + code`, as a shop writes it; raises ValueError."""
    parts = [part.strip().casefold() for part in text.split("+")]
    if len(parts) != 2:
        raise ValueError(f"{text!r}: name two kinds of promotions, such as coupon + code")
    return frozenset(map(_read_slot, parts))


def _read_slot(text: str) -> Slot:
    name, colon, level = text.partition(":")
    if name not in list(Layer) or (colon and level not in _LEVELS):
        kinds = ", ".join(Layer)
        raise ValueError(f"{text!r} is no kind of promotion; there are {kinds}, each also as KIND:item or KIND:order")
    return (Layer(name), level) if colon else Layer(name)


def tune_stacking(
    table: Stacking,
    *,
    item: Base | None = None,
    order: Base | None = None,
    together: Iterable[frozenset[Slot]] = (),
    apart: Iterable[frozenset[Slot]] = (),
    holds_floor: bool = False,
) -> Stacking:
    """The table as a shop knows it better: what it says itself is sure, and counts before what the table says."""
    said = {
        **dict.fromkeys(together, _together(_HIGH, "the shop's own setting")),
        **dict.fromkeys(apart, _apart(_HIGH, "the shop's own setting")),
    }
    return replace(
        table,
        item=item or table.item,
        order=order or table.order,
        own=MappingProxyType(said),
        holds_floor=holds_floor or table.holds_floor,
    )
