"""A shop's account as far as its files tell it: the cancellation rate, what stands beside it, what cancelling costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from promofuse.config import Config
from promofuse.incidents import AffectedOrder
from promofuse.marketplaces import find_marketplace, home_country
from promofuse.money import power
from promofuse.response.health import (
    WINDOW,
    Account,
    CancellationRate,
    PlaceRate,
    clean_on,
    counted_rate,
    deadlines,
    defect_causes,
    reported_metric,
    reported_rate,
    roll,
)
from promofuse.response.penalties import (
    DEFECT_LIMIT,
    LATE_LIMIT,
    Penalties,
    cancellation_limit,
    cancels_itself_after,
    penalties_of,
)
from promofuse.response.plan import Prices
from promofuse.response.triage import FREE, Decision, OrderDecision, Reason
from promofuse.store.engine import Connection
from promofuse.store.offers import load_account_health
from promofuse.store.orders import load_cancellation_window


def load_rate(db: Connection, config: Config, shop: str, at: datetime, as_of: datetime | None) -> CancellationRate:
    """The cancellation rate: as the platform reports it, else counted from orders that cover the window."""
    settings = config.shops[shop]
    limit = cancellation_limit(settings.platform, settings.marketplace, Fraction(config.response.cancellation_limit))
    reported = reported_rate(load_account_health(db, shop), settings.marketplace, at, limit)
    if reported:
        return reported
    return _counted(db, config, shop, (at - WINDOW, at), as_of, limit)


def _counted(
    db: Connection,
    config: Config,
    shop: str,
    window: tuple[datetime, datetime],
    as_of: datetime | None,
    limit: Fraction,
) -> CancellationRate:
    start, end = window
    counts = load_cancellation_window(db, shop, start, end)
    oldest_allowed = end - timedelta(minutes=config.response.max_data_age)
    return counted_rate(
        orders=counts.orders,
        cancelled=counts.cancelled,
        reaches_back=counts.reaches_back,
        fresh=as_of is not None and as_of >= oldest_allowed,
        limit=limit,
        as_of=end,
        leaving=counts.leaving,
        days=(end - start).days,
    )


def load_prices(
    db: Connection,
    config: Config,
    shop: str,
    at: datetime,
    as_of: datetime | None,
    affected: Iterable[AffectedOrder],
) -> Prices:
    """What cancelling costs in the currency of the affected orders, as far as it is known or set."""
    settings, response = config.shops[shop], config.response
    currencies = {a.line.currency for order in affected for a in order.affected}
    if len(currencies) != 1:
        return Prices()
    currency = currencies.pop()
    minor = power(currency)
    penalties = penalties_of(settings.platform)
    return Prices(
        currency=currency,
        breach=Fraction(response.cost_of_breach) * minor if response.cost_of_breach else None,
        goodwill=Fraction(settings.repair_cost) * minor,
        penalties=penalties,
        index=_index(db, config, shop, at, as_of, penalties) if penalties else None,
    )


def _index(
    db: Connection, config: Config, shop: str, at: datetime, as_of: datetime | None, penalties: Penalties
) -> CancellationRate:
    """The rate that penalties go by: as the platform reports it, else counted over its own days, today excluded."""
    free = penalties.bands[0].over
    reported = reported_rate(load_account_health(db, shop), config.shops[shop].marketplace, at, free)
    if reported:
        return reported
    today = at.astimezone(ZoneInfo(penalties.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    end = today.astimezone(at.tzinfo)
    return _counted(db, config, shop, (end - timedelta(days=penalties.days), end), as_of, free)


def load_account(
    db: Connection,
    config: Config,
    shop: str,
    rate: CancellationRate,
    decisions: Sequence[OrderDecision],
    at: datetime,
) -> Account:
    """What stands beside the cancellation rate, with the plan that these decisions are."""
    settings = config.shops[shop]
    reports = load_account_health(db, shop)
    ours = [decided for decided in decisions if decided.seller_ships]
    cancelled = [decided for decided in decisions if decided.decision is Decision.CANCEL]
    days = roll(rate, at, [d.order.ordered_at for d in ours], [d.order.ordered_at for d in cancelled])
    standing = [d for d in ours if d.reason in FREE or d.reason in (Reason.PAYMENT_PENDING, Reason.REPLACEMENT)]
    return Account(
        days=days,
        clean_on=clean_on(days, rate.limit),
        defects=reported_metric(reports, "order_defect_rate", settings.marketplace, at, DEFECT_LIMIT),
        late=reported_metric(reports, "late_shipment_rate", settings.marketplace, at, LATE_LIMIT),
        deadlines=deadlines([d.ship_by for d in standing], at, cancels_itself_after(settings.platform)),
        causes=defect_causes(reports, settings.marketplace, at),
        places=_places(db, shop, cancelled, at) if rate.source == "orders" else (),
    )


def _places(db: Connection, shop: str, cancelled: Iterable[OrderDecision], at: datetime) -> tuple[PlaceRate, ...]:
    """Each marketplace of the window; blank where there is only one."""
    counts: dict[str, list[int]] = {}
    for name, orders, gone in load_cancellation_window(db, shop, at - WINDOW, at).places:
        place = counts.setdefault(_place(name), [0, 0, 0])
        place[0], place[1] = place[0] + orders, place[1] + gone
    if len(counts) < 2:
        return ()
    for decided in cancelled:
        counts.setdefault(_place(decided.order.lines[0].marketplace), [0, 0, 0])[2] += 1
    return tuple(
        PlaceRate(name, orders, gone, gone + more) for name, (orders, gone, more) in sorted(counts.items()) if orders
    )


def _place(name: str) -> str:
    place = find_marketplace(name)
    return place.name if place else name.strip().casefold()


def ask_a_lawyer(config: Config, shop: str, currency: str = "") -> bool:
    """Whether the law of the shop's country may be against cancelling over a price error.

    `currency` is the one of the affected orders, blank while they are not known.
    """
    settings = config.shops[shop]
    return home_country(settings.platform, settings.marketplace, currency) in config.response.legal_review
