"""How to stop it, by platform and by what the promotion is, and the file that takes Amazon's offers off sale."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from promofuse.facts import FulfilledBy, Promotion, PromotionKind
from promofuse.response.triage import OrderDecision

# Platforms with a runbook of their own; all others have that of a shop of one's own.
RUNBOOKS: Final = (
    "amazon", "ozon", "shopify", "woocommerce", "magento", "vendure", "medusa", "saleor", "shop",
)  # fmt: skip

_LEVERS: Final = {
    PromotionKind.COUPON: "coupon",
    PromotionKind.DEAL: "deal",
    PromotionKind.SALE_PRICE: "sale-price",
}
_PROGRAMS: Final = {  # the platform's own types go before the kind
    "lightning_deal": "deal",
    "best_deal": "deal",
    "seven_day_deal": "deal",
    "deal_of_the_day": "deal",
    "prime_exclusive": "prime-exclusive",
    "price_discount": "prime-exclusive",
    "sale_price": "sale-price",
    "business_price": "sale-price",
    "quantity_price": "sale-price",
    "ozon_action": "marketplace-action",
}
# Seller Central help 200385490 and public copies of the Price & Quantity template (read 2026-11): tab-separated,
# columns by name, a blank leaves a value as it is. That quantity 0 takes a seller-fulfilled offer off sale is common
# practice; marketplaces with a template in their own language may want its first lines above these.
_STOP_HEAD: Final = (
    "sku\tprice\tminimum-seller-allowed-price\tmaximum-seller-allowed-price\tquantity\thandling-time"
    "\tfulfillment-channel\r\n"
)
_SKU: Final = re.compile(r"[!-~](?:[ -~]{0,38}[!-~])?")


def runbook_of(platform: str) -> str:
    """The name of the platform's runbook."""
    return platform.casefold() if platform.casefold() in RUNBOOKS else "shop"


def lever_of(promotion: Promotion | None) -> str:
    """What kind of thing is to be ended, as runbooks name it; `price` where nobody knows of a promotion.

    One of coupon, deal, prime-exclusive, sale-price, marketplace-action, claim-code, percentage-off.
    """
    if promotion is None:
        return "price"
    known = _PROGRAMS.get(promotion.program.casefold()) or _LEVERS.get(promotion.kind, "")
    return known or ("claim-code" if promotion.code else "percentage-off")


def stop_skus(decisions: Iterable[OrderDecision]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The affected SKUs that a file can take off sale, and those to close by hand.

    By hand: what the marketplace fulfils, whose quantity is not the seller's and which a quantity in a file may turn
    into a seller-fulfilled offer, and SKUs that would break the file.
    """
    by_sku: dict[str, bool] = {}
    for decided in decisions:
        for affected in decided.order.affected:
            line = affected.line
            ours = line.fulfilled_by is FulfilledBy.MERCHANT and _SKU.fullmatch(line.sku) is not None
            by_sku[line.sku] = by_sku.get(line.sku, True) and ours
    return tuple(sorted(sku for sku, ours in by_sku.items() if ours)), tuple(
        sorted(sku for sku, ours in by_sku.items() if not ours)
    )


def amazon_stop_file(skus: Iterable[str]) -> bytes:
    """The price and quantity file that sets these seller-fulfilled SKUs to 0, as uploaded in Seller Central."""
    return (_STOP_HEAD + "".join(f"{sku}\t\t\t\t0\t\t\r\n" for sku in skus)).encode("ascii")
