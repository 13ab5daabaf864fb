"""The worst price against every set of promotions tried one by one."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, promotion
from promofuse.facts import Promotion, PromotionKind
from promofuse.pricing.promotion_sets import PromotionSets
from promofuse.pricing.stacking import stacking_of

HOURS = st.integers(-3, 6).map(lambda hours: NOON + timedelta(hours=hours))
SETTINGS = st.one_of(
    st.fixed_dictionaries({"percent_off": st.integers(0, 110).map(Fraction)}),
    st.fixed_dictionaries({"percent_off": st.none(), "amount_off": st.integers(0, 60).map(Fraction)}),
    st.fixed_dictionaries(
        {
            "percent_off": st.none(),
            "amount_off": st.integers(0, 60).map(Fraction),
            "min_amount": st.integers(0, 90).map(Fraction),
        }
    ),
    st.fixed_dictionaries(
        {
            "percent_off": st.none(),
            "kind": st.sampled_from((PromotionKind.DEAL, PromotionKind.FIXED_PRICE)),
            "fixed_price": st.integers(0, 60).map(Fraction),
        }
    ),
)
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "starts_at": HOURS,
        "ends_at": HOURS,
        "status": st.sampled_from(("active", "scheduled", "ended")),
        "level": st.sampled_from(("item", "order", "shipping")),
        "code": st.just("CODE"),
        "combines": st.lists(st.sampled_from("ABCDEF"), max_size=4).map(tuple) | st.sampled_from((("all",), ("none",))),
    },
)


@st.composite
def promotions(draw) -> list[Promotion]:
    drawn = draw(st.lists(st.tuples(SETTINGS, EXTRAS), max_size=6))
    return [promotion(name, **(settings | extras)) for name, (settings, extras) in zip("ABCDEF", drawn, strict=False)]


def live(one: Promotion, at) -> bool:
    starts = one.starts_at or one.seen_at
    return one.status != "ended" and starts <= at and (one.ends_at is None or at < one.ends_at)


def price_of(members, price: Fraction, platform: str) -> Fraction:
    """The platforms' arithmetic, written down once more and as plainly as possible."""
    item_adds, order_adds = {"vendure": (True, False), "medusa": (False, False)}.get(platform, (True, True))
    left = min([price, *(one.fixed_price for one in members if one.fixed_price is not None)])
    for level, adds in (("item", item_adds), ("order", order_adds)):
        at_level = [one for one in members if one.level == level and one.fixed_price is None]
        for one in at_level:
            if one.percent_off is not None:
                left -= (price if adds else left) * min(one.percent_off / 100, Fraction(1))
        for one in sorted(at_level, key=lambda one: not one.min_amount):
            if one.amount_off is not None and left > 0:
                of = price if adds else left
                left -= min(of, one.amount_off * of / max(of, one.min_amount or 0))
        left = max(left, Fraction(0))
    return left


def best_by_trying(found, price: Fraction, platform: str) -> Fraction:
    stacking = stacking_of(platform)
    moments = {NOON, *(one.starts_at for one in found if one.starts_at and one.starts_at > NOON)}
    best = price
    for moment in moments:
        present = [one for one in found if live(one, moment) and one.level != "shipping"]
        for size in range(1, len(present) + 1):
            for members in combinations(present, size):
                if all(stacking.meet(one, other).together for one, other in combinations(members, 2)):
                    best = min(best, price_of(members, price, platform))
    return best


@given(
    found=promotions(),
    price=st.integers(1, 100).map(Fraction),
    platform=st.sampled_from(("amazon", "vendure", "medusa", "")),
)
def test_no_set_of_promotions_is_cheaper(found, price, platform):
    worst = PromotionSets(platform, NOON).worst_case(price, "USD", found)

    assert worst.price == best_by_trying(found, price, platform)
    assert worst.path[-1].price == worst.price
    assert worst.path[0].price == price
    assert not worst.bound
    if worst.promotions:
        opens = max(worst.opens_at, NOON)
        assert all(live(one, opens) for one in worst.promotions)
        for needed in worst.promotions:
            others = [one for one in worst.promotions if one is not needed]
            assert price_of(others, price, platform) > worst.price


@given(
    found=promotions(),
    prices=st.lists(st.integers(1, 100).map(Fraction), min_size=1, max_size=5),
    platform=st.sampled_from(("amazon", "medusa", "")),
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


@given(found=promotions(), price=st.integers(1, 100).map(Fraction), platform=st.sampled_from(("amazon", "medusa", "")))
def test_one_more_promotion_never_makes_the_worst_dearer(found, price, platform):
    sets = PromotionSets(platform, NOON)

    assert all(
        sets.worst_case(price, "USD", found).price <= sets.worst_case(price, "USD", found[:count]).price
        for count in range(len(found))
    )
