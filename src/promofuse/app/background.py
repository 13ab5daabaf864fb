"""What a post-mortem needs beside the case, from the store: alarms, the check as it would have been, usual orders."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from promofuse.config import Config
from promofuse.instants import DAY, micros
from promofuse.marketplaces import find_marketplace
from promofuse.outbox.after_words import Background
from promofuse.response.case import Case
from promofuse.response.caught import Shelf, look_back
from promofuse.response.guards import Settings
from promofuse.rules import build_rules
from promofuse.rules.history import History
from promofuse.rules.recurrence import SoonAfterIncident
from promofuse.store.engine import Connection
from promofuse.store.histories import load_past_incidents
from promofuse.store.offers import load_offers
from promofuse.store.orders import count_orders_with_skus, oldest_order
from promofuse.store.promotions import load_promotions
from promofuse.store.watch import load_alarms

_USUAL_FOR = timedelta(days=28)
_INCIDENTS_FOR = timedelta(days=366)


def load_background(db: Connection, config: Config, case: Case) -> Background:
    """Look back at an incident with what the store knows as of the case's time."""
    shop, cause = config.shops[case.shop], case.cause
    rules = build_rules(config.rules, config.shops)
    offers = load_offers(db, case.shop)
    begin = case.promotion.seen_at if case.promotion else case.since
    past = load_past_incidents(db, case.shop, begin - _INCIDENTS_FOR, case.opened_at)
    others = [one for one in past if one.incident_id != case.incident_id]
    place = find_marketplace(shop.marketplace)
    first_order = min(decided.order.ordered_at for decided in case.decisions)
    shelf = Shelf(
        shop=case.shop,
        platform=shop.platform,
        offers=offers,
        promotions=[revision for revision in load_promotions(db, case.shop) if revision.seen_at <= case.at],
        rules=rules,
        history=History(
            zone=place.zone if place else "", incidents=tuple(one for one in others if one.opened_at <= begin)
        ),
        stacking=shop.stacking_table,
    )
    skus = set(case.skus)
    usual, days = _usual(db, case, first_order)
    return Background(
        alarms=load_alarms(db, case.shop, cause, case.at),
        caught=look_back(shelf, case.promotion, first_order, skus),
        offers=[offer for offer in offers if offer.sku in skus],
        usual=usual,
        usual_days=days,
        earlier=[
            one.incident_id
            for one in others
            if (one.promotion_id == cause.promotion_id if cause.promotion_id else set(one.skus) == set(cause.skus))
        ],
        again_days=next((rule.days for rule in rules if isinstance(rule, SoonAfterIncident)), 14),
        settings=Settings(
            alerts=bool(config.alerts.to),
            own_address=shop.from_address,
            loss_budget=Fraction(config.watch.loss_budget),
        ),
    )


def _usual(db: Connection, case: Case, first_order: datetime) -> tuple[int | None, Fraction]:
    """Orders with the incident's SKUs in the four weeks before it, and the days that the order files reach back."""
    end = min(case.since, first_order) if case.cause.promotion_id else first_order
    oldest = oldest_order(db, case.shop)
    start = max(end - _USUAL_FOR, oldest) if oldest else end
    days = Fraction(micros(end) - micros(start), DAY)
    if days < 1:
        return None, Fraction(0)
    return count_orders_with_skus(db, case.shop, case.skus, start, end), days
