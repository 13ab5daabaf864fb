"""Plans: which of the orders that can still be cancelled are cancelled. A plan is a suggestion; a person approves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Final

from promofuse.facts import OrderStatus
from promofuse.incidents import AffectedOrder
from promofuse.response.health import CancellationRate
from promofuse.response.penalties import Band, Penalties
from promofuse.response.triage import Decision, Reason

CANCEL_ALL: Final = "cancel-all"
UNDER_LIMIT: Final = "under-limit"
LEAST_COST: Final = "least-cost"
LEGAL_REVIEW: Final = "legal-review"
PLANS: Final = (CANCEL_ALL, UNDER_LIMIT, LEAST_COST, LEGAL_REVIEW)
CHOOSING: Final = (UNDER_LIMIT, LEAST_COST)  # plans that keep what they have chosen as the incident grows

# What an order gets that a plan does not cancel.
KEPT: Final = {
    CANCEL_ALL: (Decision.HONOUR, Reason.UNDER_LIMIT),
    UNDER_LIMIT: (Decision.HONOUR, Reason.UNDER_LIMIT),
    LEAST_COST: (Decision.HONOUR, Reason.CHEAPER),
    LEGAL_REVIEW: (Decision.WAIT, Reason.LEGAL_REVIEW),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What cancelling costs beside what it saves, in exact minor units of `currency`, which is blank for several.

    `breach` is what crossing the limit costs, None while nobody has said; `goodwill` is spent on each cancelled order.
    `index` is the rate by which `penalties` are charged.
    """

    currency: str = ""
    breach: Fraction | None = None
    goodwill: Fraction = Fraction(0)
    penalties: Penalties | None = None
    index: CancellationRate | None = None

    @property
    def known(self) -> bool:
        """Whether a plan can be weighed: in one currency, with a price for crossing the limit or known penalties."""
        charged = self.penalties is not None and self.index is not None and self.index.now is not None
        return self.currency != "" and (self.breach is not None or charged)

    def with_more(self, cancelled: int) -> Prices:
        """The same where so many more orders are cancelled already."""
        return replace(self, index=self.index.with_more(cancelled) if self.index else None)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a plan costs in exact minor units. `unknown` orders are shipped at a loss that is not known."""

    shipping: Fraction  # losses of the orders that are shipped
    fees: Fraction
    goodwill: Fraction
    breach: Fraction  # of crossing the limit; 0 where it was crossed before
    unknown: int = 0
    blocks: bool = False  # the platform may block the account

    @property
    def total(self) -> Fraction:
        """All of it."""
        return self.shipping + self.fees + self.goodwill + self.breach


def costliest_first(orders: Sequence[AffectedOrder], bulk: Collection[str] = ()) -> list[AffectedOrder]:
    """By loss if honoured, the largest first; orders of unknown loss last.

    At equal loss orders of a `bulk` group come first, then those of more units, then by order id.
    """
    return [order for order, _ in _ranked(orders, bulk)[0]]


def _ranked(
    orders: Sequence[AffectedOrder], bulk: Collection[str]
) -> tuple[list[tuple[AffectedOrder, int | None]], int]:
    """The orders, costliest first, with their exact losses, and what these are to be divided by."""
    losses, scale = exact_losses(orders)
    keys = [
        (loss is None, -(loss or 0), order.order_id not in bulk, -_units(order), order.order_id)
        for order, loss in zip(orders, losses, strict=True)
    ]
    return [(orders[n], losses[n]) for n in sorted(range(len(orders)), key=keys.__getitem__)], scale


def _units(order: AffectedOrder) -> int:
    return sum([affected.line.quantity for affected in order.affected])


def exact_losses(orders: Iterable[AffectedOrder]) -> tuple[list[int | None], int]:
    """Each order's loss if honoured as an integer, and what all of them are to be divided by; None is not known.

    Sums and comparisons of integers are ten times as fast as those of fractions, and as exact.
    """
    standing = [
        [
            affected.contribution.amount
            for affected in order.affected
            if affected.contribution.amount is not None and affected.line.status is not OrderStatus.CANCELLED
        ]
        for order in orders
    ]
    scale = lcm(*{amount.denominator for amounts in standing for amount in amounts})
    return [
        -sum([amount.numerator * (scale // amount.denominator) for amount in amounts]) if amounts else None
        for amounts in standing
    ], scale


def suggested_plan(configured: str, *, legal_review: bool) -> str:
    """The plan that an incident opens with: where the law may be against cancelling, a person names one first."""
    return LEGAL_REVIEW if legal_review else configured


def offered_plans(rate: CancellationRate, prices: Prices | None = None) -> tuple[str, ...]:
    """The plans that can be made: staying under a limit needs a known rate, weighing costs needs prices too."""
    if rate.now is None:
        return (CANCEL_ALL, LEGAL_REVIEW)
    priced = prices is not None and prices.known
    return tuple(plan for plan in PLANS if plan != LEAST_COST or priced)


def cancel_set(
    plan: str,
    open_orders: Sequence[AffectedOrder],
    rate: CancellationRate,
    chosen: Collection[str] = (),
    *,
    bulk: Collection[str] = (),
    prices: Prices | None = None,
) -> frozenset[str]:
    """Order ids to cancel among orders that can be.

    A plan that chooses keeps what it has `chosen` before, whose buyers may have been told, and fills the room that is
    left, or adds what is worth cancelling; while the rate or the prices are unknown it adds none. Under legal review
    only orders whose buyers were told are cancelled.
    """
    kept = frozenset(order.order_id for order in open_orders if order.order_id in chosen)
    if plan == LEGAL_REVIEW:
        return kept
    if plan not in CHOOSING:
        return frozenset(order.order_id for order in open_orders)
    ranked, scale = _ranked(open_orders, bulk)
    rest = [one for one in ranked if one[0].order_id not in kept] if kept else ranked
    if plan == UNDER_LIMIT:
        room = max(0, (rate.room() or 0) - len(kept))
        return kept | {order.order_id for order, _ in rest[:room]}
    if prices is None or not prices.known or rate.now is None:
        return kept
    pinned = [order for order in open_orders if order.order_id in kept]
    known = [(order, loss) for order, loss in rest if loss is not None]
    return kept | {order.order_id for order in _cheapest(pinned, known, scale, rate, prices)}


def choose(
    plan: str,
    open_orders: Sequence[AffectedOrder],
    rate: CancellationRate,
    by_person: Mapping[str, Decision],
    chosen: Collection[str] = (),
    *,
    bulk: Collection[str] = (),
    prices: Prices | None = None,
) -> frozenset[str]:
    """The plan's cancel set among orders that no person has decided; what persons cancel takes up room."""
    free = [order for order in open_orders if order.order_id not in by_person]
    more = sum(by_person.get(order.order_id) is Decision.CANCEL for order in open_orders)
    if more:
        rate, prices = rate.with_more(more), prices and prices.with_more(more)
    return cancel_set(plan, free, rate, chosen, bulk=bulk, prices=prices)


def _cheapest(
    pinned: Sequence[AffectedOrder],
    known: Sequence[tuple[AffectedOrder, int]],
    loss_scale: int,
    rate: CancellationRate,
    prices: Prices,
) -> Sequence[AffectedOrder]:
    """Which of the orders of `known` loss are cancelled at the least cost; of equal plans the one that cancels fewest.

    Between two thresholds every cancellation costs the same, so there the best is to cancel what gains most by it. Of
    these best sets, one for each stretch between thresholds, the cheapest is the cheapest of all. Fees never fall with
    the rate.
    """
    paid, paid_pinned = [_paid(order) for order, _ in known], [_paid(order) for order in pinned]
    most = len(pinned) + len(known)
    starts = sorted({0, *(start for start in _thresholds(rate, prices) if start <= most)})
    best: tuple[Fraction, int] | None = None
    taken: Sequence[int] = ()
    for low, high in zip(starts, [*(start - 1 for start in starts[1:]), most], strict=True):
        if high < len(pinned):
            continue
        charges, scale = _charges(paid, _band(prices, low), prices)
        gains = [loss * scale - charge * loss_scale for (_, loss), charge in zip(known, charges, strict=True)]
        worth = sum([gain > 0 for gain in gains])
        many = max(low - len(pinned), min(worth, high - len(pinned)), 0)
        ranked: Sequence[int] = range(len(known))
        if many < len(known):
            ranked = sorted(ranked, key=gains.__getitem__, reverse=True)  # stable: bulk groups stay first
        cost = _breach(rate, prices, low) + Fraction(sum(_charges(paid_pinned, _band(prices, low), prices)[0]), scale)
        picked = gains if many == len(known) else [gains[n] for n in ranked[:many]]
        cost -= Fraction(sum(picked), scale * loss_scale)
        if best is None or (cost, many) < best:
            best, taken = (cost, many), ranked[:many]
        if worth <= high - len(pinned):
            break  # all that is worth it fits, and further on nothing is cheaper
    return [known[n][0] for n in taken]


def _thresholds(rate: CancellationRate, prices: Prices) -> list[int]:
    """From how many cancellations on the limit is crossed, or a dearer band of penalties reached."""
    starts = []
    room = rate.room()
    if prices.breach and room is not None and not rate.over:
        starts.append(room + 1)
    index = prices.index
    if prices.penalties and index and index.orders and index.cancelled is not None:
        counted, gone = index.orders, index.cancelled
        overs = [band.over for band in prices.penalties.bands]  # the least k with (c + k) / n > over
        starts += [max(0, over.numerator * counted // over.denominator + 1 - gone) for over in overs]
    return starts


def _band(prices: Prices, cancelled: int) -> Band | None:
    rate = prices.index.after(cancelled) if prices.index else None
    return prices.penalties.band(rate) if prices.penalties and rate is not None else None


def _paid(order: AffectedOrder) -> int:
    """What was paid for the affected lines that stand, which is taken for the price that a platform's fee goes by."""
    return sum([a.line.paid or 0 for a in order.affected if a.line.status is not OrderStatus.CANCELLED])


def _charges(paid: Sequence[int], band: Band | None, prices: Prices) -> tuple[list[int], int]:
    """What cancelling each order costs, fee and goodwill, as integers, and what they are to be divided by."""
    goodwill, penalties = prices.goodwill, prices.penalties
    if band is None or penalties is None:
        return [goodwill.numerator] * len(paid), goodwill.denominator
    scale = lcm(goodwill.denominator, band.fee.denominator)
    share, extra = int(band.fee * scale), int(goodwill * scale)
    if penalties.cap is None or penalties.currency != prices.currency:
        return [share * amount + extra for amount in paid], scale
    cap = penalties.cap * scale
    return [min(share * amount, cap) + extra for amount in paid], scale


def _breach(rate: CancellationRate, prices: Prices, cancelled: int) -> Fraction:
    after = rate.after(cancelled)
    crossed = after is not None and after >= rate.limit and not rate.over
    return prices.breach if crossed and prices.breach is not None else Fraction(0)


def bill(
    cancelled: Sequence[AffectedOrder],
    kept: Sequence[AffectedOrder],
    rate: CancellationRate,
    prices: Prices,
) -> Bill:
    """What cancelling these orders and shipping those costs."""
    band = _band(prices, len(cancelled))
    losses, loss_scale = exact_losses(kept)
    charges, scale = _charges([_paid(order) for order in cancelled], band, prices)
    goodwill = prices.goodwill * len(cancelled)
    return Bill(
        shipping=Fraction(sum(loss for loss in losses if loss is not None), loss_scale),
        fees=Fraction(sum(charges), scale) - goodwill,
        goodwill=goodwill,
        breach=_breach(rate, prices, len(cancelled)),
        unknown=losses.count(None),
        blocks=band is not None and band.blocks,
    )
