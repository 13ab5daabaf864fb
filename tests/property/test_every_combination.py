"""The worst price against every set of promotions, in every cart, tried one by one by arithmetic written down anew."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import combinations

from hypothesis import event, given, settings
from hypothesis import strategies as st

from builders import NOON, offer, promotion
from promofuse.facts import Promotion, PromotionKind
from promofuse.pricing.catalogue import worst_of
from promofuse.pricing.margin import costs_of
from promofuse.pricing.promotion_sets import PromotionSets
from promofuse.pricing.stacking import STACKING, Layer, layer_of, stacking_of
from promofuse.pricing.worst_case import unit_contribution

PLATFORMS = st.sampled_from((*STACKING, ""))
HOURS = st.integers(-3, 6).map(lambda hours: NOON + timedelta(hours=hours))
WHOLE = st.integers(0, 60).map(Fraction)
OFF = {"percent_off": None}
BENEFITS = st.one_of(
    st.fixed_dictionaries({"percent_off": st.integers(0, 110).map(Fraction)}),
    st.fixed_dictionaries({**{key: st.just(value) for key, value in OFF.items()}, "amount_off": WHOLE}),
    st.fixed_dictionaries(
        {
            "percent_off": st.none(),
            "kind": st.sampled_from((PromotionKind.DEAL, PromotionKind.FIXED_PRICE)),
            "fixed_price": WHOLE,
        }
    ),
    st.fixed_dictionaries(
        {
            "percent_off": st.none() | st.just(Fraction(50)),
            "buy_quantity": st.integers(0, 3),
            "get_quantity": st.integers(1, 2),
        }
    ),
    st.fixed_dictionaries(
        {
            "percent_off": st.none(),
            "tiers": st.lists(st.tuples(st.integers(1, 5), st.integers(0, 90).map(Fraction)), min_size=1, max_size=3)
            .map(tuple),
        }
    ),
)  # fmt: skip
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "min_quantity": st.integers(1, 5),
        "min_amount": st.integers(1, 150).map(Fraction),
        "max_units": st.integers(1, 4),
        "max_discount": st.integers(1, 50).map(Fraction),
        "skus": st.just(("*",)),
        "level": st.sampled_from(("item", "order")),
    },
)
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "starts_at": HOURS,
        "ends_at": HOURS,
        "status": st.sampled_from(("active", "scheduled", "ended")),
        "level": st.sampled_from(("item", "order", "shipping")),
        "code": st.just("CODE"),
        "combinability": st.sampled_from(("unrestricted", "preferential", "exclusive")),
        "combines": st.lists(st.sampled_from("ABCDEF"), max_size=4).map(tuple) | st.sampled_from((("all",), ("none",))),
        "combines_levels": st.sets(st.sampled_from(("item", "order", "shipping"))).map(tuple),
        "group": st.sampled_from(("", "g")),
        "segments": st.sampled_from(((), ("prime",), ("new_customer",), ("returning_customer",))),
        "priority": st.integers(0, 2),
        "stops_others": st.booleans(),
        "excludes_discounted": st.booleans(),
        "funded_share": st.sampled_from((Fraction(0), Fraction(1, 2), Fraction(1))),
    },
)


@st.composite
def promotions(draw, most=5):
    drawn = draw(st.lists(st.tuples(BENEFITS, st.one_of(st.just({}), CONDITIONS), EXTRAS), max_size=most))
    return [
        promotion(name, **(benefit | extras | conditions))
        for name, (benefit, conditions, extras) in zip("ABCDEF", drawn, strict=False)
    ]


def live(one: Promotion, at) -> bool:
    starts = one.starts_at or one.seen_at
    return one.status != "ended" and starts <= at and (one.ends_at is None or at < one.ends_at)


def taken(one: Promotion, line: Fraction, entry: Fraction, units: int, others: Fraction) -> Fraction:
    """What a promotion takes off a line of some units, in money, if the line is worth `line`."""
    reaches_others = "*" in one.skus
    order = entry + (others if reaches_others else 0)
    if units < (one.min_quantity or 0) or order < (one.min_amount or 0):
        return Fraction(0)
    hit = units if one.max_units is None else min(units, one.max_units)
    each = line / units
    ways = [Fraction(0)]
    if one.get_quantity:
        free = units // ((one.buy_quantity or 0) + one.get_quantity) * one.get_quantity
        ways.append(min(free, hit) * each * (one.percent_off if one.percent_off is not None else 100) / 100)
    else:
        percents = [percent for least, percent in one.tiers if units >= least]
        percents += [one.percent_off] if one.percent_off is not None else []
        ways += [hit * each * min(percent, Fraction(100)) / 100 for percent in percents]
    if one.amount_off is not None:
        if one.level == "order" or one.min_amount:
            ways.append(one.amount_off * entry / order if order else Fraction(0))
        else:
            ways.append(one.amount_off * hit)
    if one.fixed_price is not None:
        ways.append((each - one.fixed_price) * hit)
    most = min(line, line if one.max_discount is None else one.max_discount)
    return min(max(ways), most) * (1 - (one.funded_share or 0))


def applied_order(members, by_priority: bool):
    """Shares before what depends on the cart or the price, and that before plain amounts; or by priority."""

    def plain_amount(one):
        conditions = (
            one.fixed_price,
            one.min_amount,
            one.min_quantity,
            one.max_units,
            one.max_discount,
            one.funded_share,
        )
        return one.amount_off is not None and not any(conditions)

    def plain_share(one):
        return one.amount_off is None and not any((one.min_amount, one.max_units, one.max_discount))

    natural = sorted(
        members,
        key=lambda one: (
            2 if plain_amount(one) else 0 if plain_share(one) else 1,
            [Layer.PRICE, Layer.AUTOMATIC, Layer.SUBSCRIPTION, Layer.COUPON, Layer.CODE].index(layer_of(one)),
            one.promotion_id,
        ),
    )
    if by_priority and all(one.priority is not None for one in members):
        return sorted(natural, key=lambda one: one.priority)
    return natural


def price_of(members, price: Fraction, platform: str, units: int = 1, others: Fraction = Fraction(0)) -> Fraction:
    """The unit price in a cart: the platforms' arithmetic on the line's total, as plainly as possible."""
    bases = {
        "amazon": ("original", "original"), "ozon": ("original", "original"), "": ("original", "original"),
        "shopify": ("stage", "stage"), "woocommerce": ("stated", "stated"), "vendure": ("original", "running"),
        "medusa": ("running", "running"), "saleor": ("running", "running"), "magento": ("running", "running"),
    }[platform]  # fmt: skip
    original = left = price * units
    stated = [taken(one, original, original, units, others) for one in members if one.fixed_price is not None]
    left -= max(stated, default=Fraction(0))
    priced = left
    for level, base in zip(("item", "order"), bases, strict=True):
        entry = {"original": original, "stated": priced}.get(base, left)
        at_level = [one for one in members if one.level == level and one.fixed_price is None]
        for one in applied_order(at_level, platform in ("vendure", "magento")):
            if left > 0:
                left -= taken(one, left if base == "running" else entry, entry, units, others)
        left = max(left, Fraction(0))
    return left / units


def sets_by_trying(found, platform: str):
    stacking = stacking_of(platform)
    moments = {NOON, *(one.starts_at for one in found if one.starts_at and one.starts_at > NOON)}
    tried = set()
    for moment in moments:
        present = [one for one in found if live(one, moment) and one.level != "shipping"]
        for size in range(1, len(present) + 1):
            for members in combinations(present, size):
                ids = tuple(one.promotion_id for one in members)
                if ids not in tried and all(stacking.meet(a, b).together for a, b in combinations(members, 2)):
                    tried.add(ids)
                    yield members


CARTS = [(units, Fraction(others)) for units in (*range(1, 13), 15, 20, 30) for others in (0, 7, 19, 50, 75, 110, 149)]


@given(found=promotions(), price=st.integers(1, 100).map(Fraction), platform=PLATFORMS)
@settings(max_examples=200)
def test_no_set_of_promotions_is_cheaper_in_any_cart(found, price, platform):
    worst = PromotionSets(platform, NOON).worst_case(price, "USD", found)

    for members in sets_by_trying(found, platform):
        needed = {one.min_amount for one in members if one.min_amount}
        exact = {
            max(least - units * price_of((), price, platform), Fraction(0)) for least in needed for units in (1, 2)
        }
        for units, others in (*CARTS, *((1, more) for more in exact), *((2, more) for more in exact)):
            assert worst.price <= price_of(members, price, platform, units, others)
    event(f"bound: {worst.bound}, units: {worst.units}, others: {bool(worst.others)}")
    if worst.bound:
        return
    assert worst.price == price_of(worst.promotions, price, platform, worst.units, worst.others)
    assert worst.path[-1].price == worst.price
    assert worst.path[0].price == price
    if worst.promotions:
        opens = max(worst.opens_at, NOON)
        assert all(live(one, opens) for one in worst.promotions)
        for needed in worst.promotions:
            rest = [one for one in worst.promotions if one is not needed]
            assert price_of(rest, price, platform, worst.units, worst.others) > worst.price
    else:
        assert worst.price == price


@given(
    found=promotions(),
    price=st.integers(1, 100).map(Fraction),
    platform=PLATFORMS,
    shipping=st.integers(0, 20).map(Fraction),
    cost=st.integers(0, 60).map(Fraction),
)
def test_no_purchase_that_loses_money_is_missed(found, price, platform, shipping, cost):
    mug = offer(price=price, unit_cost=cost, shipping_cost=shipping)
    costs = costs_of(mug, platform)
    sets = PromotionSets(platform, NOON)
    worst, left = worst_of(sets, mug, costs, tuple(found))

    assert left == unit_contribution(worst, costs)
    if worst.bound:
        return
    assert worst.price == price_of(worst.promotions, price, platform, worst.units, worst.others)
    for members in sets_by_trying(found, platform):
        for units, others in CARTS:
            paid = price_of(members, price, platform, units, others)
            kept = paid - Fraction(15, 100) * paid - cost - shipping / units
            assert left < 0 or kept >= 0


@given(
    found=promotions(),
    prices=st.lists(st.integers(1, 100).map(Fraction), min_size=1, max_size=5),
    platform=PLATFORMS,
    seed=st.randoms(use_true_random=False),
)
def test_compiled_sets_do_not_depend_on_order_or_on_what_was_asked_before(found, prices, platform, seed):
    shared = PromotionSets(platform, NOON)
    shuffled = list(found)
    seed.shuffle(shuffled)

    for price in prices:
        one = shared.worst_case(price, "USD", found)
        other = PromotionSets(platform, NOON).worst_case(price, "USD", shuffled)
        assert (one.price, one.combination, one.opens_at) == (other.price, other.combination, other.opens_at)


@given(found=promotions(), price=st.integers(1, 100).map(Fraction), platform=PLATFORMS)
def test_one_more_promotion_never_makes_the_worst_dearer(found, price, platform):
    sets = PromotionSets(platform, NOON)

    assert all(
        sets.worst_case(price, "USD", found).price <= sets.worst_case(price, "USD", found[:count]).price
        for count in range(len(found))
    )
