"""An incident's case composed from the facts as they stand: affected orders, rate, plan, decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from promofuse.app.account import ask_a_lawyer, load_account, load_prices, load_rate
from promofuse.config import Config
from promofuse.drafts.policy_rules import FOLLOW_UP, HONOUR
from promofuse.facts import Offer, OrderLine, Promotion, fill_blanks
from promofuse.incidents import Cause, faulty_since, find_affected, is_of_cause, why_not_affected
from promofuse.outbox.approval import TOLD
from promofuse.pricing.attribution import PromotionBook, states_price
from promofuse.pricing.margin import CostBook
from promofuse.response.case import Case
from promofuse.response.ledger import Proofs, match_results, not_taken, rejected_reason, settle_all
from promofuse.response.plan import CANCEL_ALL, KEPT, choose, offered_plans
from promofuse.response.triage import Decision, asked_by_buyer, bulk_groups, decide, settled
from promofuse.store.buyers import load_buyers, load_item_details
from promofuse.store.deliveries import load_deliveries
from promofuse.store.engine import Connection
from promofuse.store.events import was_confirmed
from promofuse.store.evidence import load_evidence
from promofuse.store.incidents import IncidentRecord, load_incident_orders, orders_of_others
from promofuse.store.offers import load_offers
from promofuse.store.orders import (
    data_as_of,
    load_orders_naming,
    load_orders_with_sku,
    load_skus,
    promotion_id_cells,
)
from promofuse.store.privacy import Keys
from promofuse.store.promotions import load_promotions


def compose_case(db: Connection, config: Config, keys: Keys, record: IncidentRecord, at: datetime) -> Case | None:
    """The incident as of `at`; None where no order is affected. A closed one keeps its orders and takes no more."""
    shop = config.shops[record.shop]
    promotions = promotion_book(db, record.shop, at)
    costs = CostBook(load_offers(db, record.shop), shop.platform)
    lookback = record.opened_at - timedelta(days=config.watch.lookback_days)
    orders = _orders_of(db, record, promotions, lookback)
    details = load_item_details(db, record.shop, orders)
    for order_id, lines in orders.items():  # in place: a large incident is not kept twice
        orders[order_id] = [_named(line, costs.offers) for line in fill_blanks(lines, details.get(order_id, ()))]
    since = record.since or _start(record, promotions, costs, orders, at, lookback)
    if since is None:
        return None
    found = find_affected(record.cause, orders, promotions, costs, since, at)
    others = orders_of_others(db, record)
    recorded = load_incident_orders(db, record.incident_id)
    left = {
        order_id: why_not_affected(record.cause, orders.get(order_id, ()), promotions, costs, since, at)
        for order_id in sorted(recorded - {o.order_id for o in found})
    }
    del orders
    closed = record.state == "closed"
    affected = [o for o in found if o.order_id not in others and (not closed or o.order_id in recorded)]
    if not affected:
        return None
    as_of = data_as_of(db, record.shop, at)
    rate = load_rate(db, config, record.shop, at, as_of)
    prices = load_prices(db, config, record.shop, at, as_of, affected)
    # A plan that is being carried out never widens because its data grew old.
    in_force = record.summary.get("plan") == record.plan
    plan = record.plan if in_force or record.plan in offered_plans(rate, prices) else CANCEL_ALL
    ascii_ids = shop.platform == "amazon"
    asked = {o.order_id: asked_by_buyer(o, details.get(o.order_id, ())) for o in affected}
    undecided = [o for o in affected if settled(o, buyer_asked=asked[o.order_id]) is None]
    gone_out = {pair: one for pair, one in load_deliveries(db, record.incident_id).items() if one.state in TOLD}
    told = {o: one.changed_at for (o, kind), one in gone_out.items() if kind not in HONOUR | FOLLOW_UP}
    promised = frozenset(order_id for order_id, kind in gone_out if kind in HONOUR)
    by_person = {**record.by_person, **dict.fromkeys(promised, Decision.HONOUR)}
    buyers = load_buyers(db, keys, record.shop, [o.order_id for o in affected])
    bulk = bulk_groups(affected, buyers, many_orders=config.response.bulk_orders, many_units=config.response.bulk_units)
    chosen = choose(plan, undecided, rate, by_person, {*record.chosen, *told}, bulk=bulk, prices=prices)
    decisions = tuple(
        decide(
            o,
            details.get(o.order_id, ()),
            buyers.get(o.order_id),
            chosen,
            by_person,
            kept=KEPT[plan],
            bulk=bulk.get(o.order_id, ""),
            ascii_ids=ascii_ids,
        )
        for o in affected
    )
    evidence = load_evidence(db, record.shop)
    matches = match_results(evidence.uploads, evidence.results)
    proofs = Proofs(matches, evidence.listed)
    return Case(
        incident_id=record.incident_id,
        shop=record.shop,
        platform=shop.platform,
        marketplace=shop.marketplace,
        cause=record.cause,
        state=record.state,
        opened_at=record.opened_at,
        at=at,
        since=since,
        data_as_of=as_of,
        plan=plan,
        rate=rate,
        decisions=decisions,
        promotion=_faulty_revision(promotions, record.cause, since),
        trial=record.trial,
        told=told,
        promised=promised,
        stopped_at=record.stopped_at,
        confirmed=was_confirmed(db, record.incident_id),
        letters_after=config.response.message_timing == "after",
        letters_first=config.response.message_timing == "before",
        honour_notice=config.response.honour_notice,
        refund_follow_up=timedelta(days=days) if (days := config.response.refund_follow_up) else None,
        not_taken=not_taken(matches, record.incident_id),
        rejected_reason=rejected_reason(
            [match.result for match in matches if match.uploads], config.response.cancel_reason
        ),
        account=load_account(db, config, record.shop, rate, decisions, at),
        prices=prices,
        ask_a_lawyer=ask_a_lawyer(config, record.shop, prices.currency),
        left=left,
        ledger=settle_all(
            decisions,
            proofs,
            len({o.order_id for o in affected} | recorded),
            honoured=record.honoured | {o for o, said in by_person.items() if said is Decision.HONOUR},
            left=left,
        ),
    )


def promotion_book(db: Connection, shop: str, at: datetime) -> PromotionBook:
    """The shop's promotions as they were known at `at`."""
    return PromotionBook(p for p in load_promotions(db, shop) if p.seen_at <= at)


def _orders_of(
    db: Connection, record: IncidentRecord, promotions: PromotionBook, lookback: datetime
) -> dict[str, list[OrderLine]]:
    """All orders that can hold a line of the cause."""
    cause = record.cause
    start = record.since or lookback
    if not cause.promotion_id:
        return {k: v for sku in cause.skus for k, v in load_orders_with_sku(db, record.shop, sku, start).items()}
    cells = [c for c in promotion_id_cells(db, record.shop) if promotions.mentions(c, cause.promotion_id)]
    orders = load_orders_naming(db, record.shop, cells)
    for revision in promotions.revisions(cause.promotion_id):
        if states_price(revision):
            begin = record.since or promotions.effective_from(revision)
            for sku in {sku for sku, _ in load_skus(db, record.shop) if revision.covers(sku)}:
                orders |= load_orders_with_sku(db, record.shop, sku, begin)
    return orders


def _named(line: OrderLine, offers: Mapping[tuple[str, str], Offer]) -> OrderLine:
    """The line with the catalogue's title and the platform's id where the order files have none."""
    offer = offers.get((line.sku, line.currency))
    if offer is None or (line.title and line.external_id):
        return line
    return replace(line, title=line.title or offer.title, external_id=line.external_id or offer.external_id)


def _start(
    record: IncidentRecord,
    promotions: PromotionBook,
    costs: CostBook,
    orders: Mapping[str, list[OrderLine]],
    at: datetime,
    lookback: datetime,
) -> datetime | None:
    """When the faulty setting began. A record that is written over later does not make an open incident younger."""
    cause = record.cause
    if not cause.promotion_id:
        return lookback
    lines = [
        line
        for order in orders.values()
        for line in order
        if line.ordered_at <= at and is_of_cause(cause, line, promotions, costs) is False
    ]
    told = (record.start, faulty_since(cause, promotions, costs, lines))
    return min((time for time in told if time), default=None)


def _faulty_revision(promotions: PromotionBook, cause: Cause, since: datetime) -> Promotion | None:
    revisions = promotions.revisions(cause.promotion_id)
    return promotions.revision(cause.promotion_id, since) or (revisions[0] if revisions else None)
