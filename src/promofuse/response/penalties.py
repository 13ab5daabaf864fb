"""What platforms do about cancellations: limits, fees by band, deadlines. Dated tables; what is unconfirmed says so.

Read 2026-11. Limits: Seller Central help 200285210 (Amazon, India), docs.ozon.com/global/en/commissions/ozon-fees/fines
(Ozon), vendors' guides (Walmart: 2 or 2.5 %, the stricter is taken; eBay). A shop's own account health goes before all
of them, and so does a limit that the configuration sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Final

DEFAULT_LIMIT: Final = Fraction(25, 1000)
DEFECT_LIMIT: Final = Fraction(1, 100)  # order defect rate, 60 days (help G200205140; the report's target goes first)
LATE_LIMIT: Final = Fraction(4, 100)  # late shipment rate (the report's target goes first)

# A rate has to stay strictly below these.
_LIMITS: Final = {
    "amazon": DEFAULT_LIMIT,
    "amazon.in": Fraction(2, 100),
    "ozon": Fraction(4, 100),  # the end of the zone without charge
    "walmart": Fraction(2, 100),
    "ebay": Fraction(5, 1000),
}

# How long after the expected ship date the platform cancels by itself, against the seller (help G201722390, US).
_CANCELS_ITSELF: Final = {"amazon": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Band:
    """Above the rate `over`, each cancelled order costs the share `fee` of its price."""

    over: Fraction
    fee: Fraction
    blocks: bool = False  # the account may be blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalties:
    """A platform's charge for cancelled orders, by the rate of the last `days` whole days before today in `zone`.

    The bands rise, and their fees never fall. `cap` is the most an order is charged, in minor units of `currency`; in
    another currency it does not hold. `confirmed` is False where only others say so.
    """

    bands: tuple[Band, ...]
    days: int
    zone: str
    currency: str
    cap: int | None = None
    confirmed: bool = True

    def band(self, rate: Fraction) -> Band | None:
        """The band that a rate lies in; None where nothing is charged."""
        return next((band for band in reversed(self.bands) if rate > band.over), None)


_PENALTIES: Final = {
    # realFBS under the global contract. That every order a plan cancels is charged by the band the plan ends in is our
    # reading, the dearer one.
    "ozon": Penalties(
        bands=(
            Band(Fraction(4, 100), Fraction(3, 100)),
            Band(Fraction(10, 100), Fraction(6, 100)),
            Band(Fraction(20, 100), Fraction(9, 100)),
            Band(Fraction(40, 100), Fraction(9, 100), blocks=True),
        ),
        days=14,
        zone="Europe/Moscow",
        currency="RUB",
        cap=150_000,
    ),
    # 35 % of the orders that were not fulfilled, as reported of 2023; no page of the platform's own was found.
    "wildberries": Penalties(
        bands=(Band(Fraction(0), Fraction(35, 100)),),
        days=14,
        zone="Europe/Moscow",
        currency="RUB",
        confirmed=False,
    ),
}


def cancellation_limit(platform: str, marketplace: str, configured: Fraction) -> Fraction:
    """The limit where account health tells none: the configured one, or the platform's where that was left alone."""
    if configured != DEFAULT_LIMIT:
        return configured
    return _LIMITS.get(marketplace.casefold(), _LIMITS.get(platform.casefold(), configured))


def penalties_of(platform: str) -> Penalties | None:
    """What a platform charges for cancelled orders, where that is known."""
    return _PENALTIES.get(platform.casefold())


def cancels_itself_after(platform: str) -> timedelta | None:
    """How long after the expected ship date an order that was not shipped is cancelled by the platform; None: never."""
    return _CANCELS_ITSELF.get(platform.casefold())
