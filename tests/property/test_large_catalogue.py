"""The check of a large catalogue says what the check offer by offer says, at once and after every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from builders import NOON, offer, promotion
from promofuse.facts import PromotionKind
from promofuse.money import power
from promofuse.pricing import bounds
from promofuse.pricing.batch import Catalogue
from promofuse.pricing.columns import PARTS
from promofuse.pricing.stacking import STACKING
from promofuse.rules import build_rules, check_shop
from promofuse.rules.standing import StandingCheck

RULES = build_rules({})
SKUS = [f"S{number}" for number in range(6)]
CENTS = st.integers(0, 6000).map(lambda cents: Fraction(cents, 100))
ODD = st.one_of(CENTS, CENTS, st.fractions(0, 60), st.just(Fraction(10) ** 12), st.none())
OFFERS = st.builds(
    offer,
    st.sampled_from(SKUS),
    currency=st.sampled_from(("USD", "USD", "JPY")),
    price=ODD,
    list_price=st.none() | CENTS,
    unit_cost=ODD,
    fee_rate=st.sampled_from((None, Fraction(0), Fraction(15, 100), Fraction(1, 3), Fraction(1))),
    min_fee=st.just(Fraction(0)) | CENTS,
    fulfilment_cost=st.just(Fraction(0)) | CENTS,
    shipping_cost=st.just(Fraction(0)) | CENTS,
    vat_rate=st.sampled_from((Fraction(0), Fraction(1, 5), Fraction(19, 100))),
    stock=st.none() | st.integers(0, 100),
    floor_price=st.none() | CENTS,
    min_margin=st.none() | st.sampled_from((Fraction(0), Fraction(1, 10), Fraction(9, 10))),
)
SETTINGS = st.one_of(
    st.fixed_dictionaries({"percent_off": st.integers(0, 100).map(Fraction)}),
    st.fixed_dictionaries({"percent_off": st.none(), "amount_off": CENTS}),
    st.fixed_dictionaries({"percent_off": st.none(), "fixed_price": CENTS, "kind": st.just(PromotionKind.DEAL)}),
    st.fixed_dictionaries({"percent_off": st.none(), "buy_quantity": st.just(2), "get_quantity": st.just(1)}),
    st.fixed_dictionaries({"percent_off": st.none(), "tiers": st.just(((2, Fraction(10)), (5, Fraction(60))))}),
    st.just({"percent_off": None}),
)
EXTRAS = st.fixed_dictionaries(
    {"skus": st.one_of(st.just(("*",)), st.lists(st.sampled_from((*SKUS, "GONE")), max_size=5).map(tuple))},
    optional={
        "currency": st.sampled_from(("", "USD", "JPY")),
        "kind": st.just(PromotionKind.COUPON),
        "level": st.sampled_from(("item", "order", "shipping")),
        "starts_at": st.integers(-5, 30).map(lambda hours: NOON + timedelta(hours=hours)),
        "ends_at": st.integers(-5, 30).map(lambda hours: NOON + timedelta(hours=hours)),
        "seen_at": st.integers(-9, 9).map(lambda hours: NOON + timedelta(hours=hours)),
        "min_amount": st.integers(1, 100).map(Fraction),
        "min_quantity": st.integers(1, 4),
        "max_units": st.integers(1, 3),
        "max_discount": CENTS,
        "funded_share": st.sampled_from((Fraction(1, 3), Fraction(1))),
        "excluded_skus": st.lists(st.sampled_from(SKUS), max_size=2).map(tuple),
        "intended_price": CENTS,
        "intended_percent_off": st.integers(0, 100).map(Fraction),
        "budget": CENTS,
        "fee_rate": st.just(Fraction(1, 10)),
        "fee_fixed": st.just(Fraction(1)),
        "code": st.just("CODE"),
        "name": st.just("5 % off"),
    },
)


@st.composite
def revisions(draw, most=5):
    drawn = draw(st.lists(st.tuples(st.sampled_from("ABCD"), SETTINGS, EXTRAS), max_size=most))
    return [promotion(name, **(settings | extras)) for name, settings, extras in drawn]


@pytest.fixture(autouse=True)
def _small_groups_too(monkeypatch):
    monkeypatch.setattr(bounds, "_FEW", 0)


def one_by_one(offers, promotions, at, platform):
    return check_shop("us", platform, offers, [one for one in promotions if one.seen_at <= at], at, RULES)


PLATFORMS = st.sampled_from((*STACKING, ""))
KEEP_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(offers=st.lists(OFFERS, max_size=10), promotions=revisions(), platform=PLATFORMS)
@settings(KEEP_FIXTURE, max_examples=200)
def test_at_once(offers, promotions, platform):
    known = [one for one in promotions if one.seen_at <= NOON]
    found = StandingCheck("us", platform, offers, RULES).check(known, NOON, once=True)

    expected = one_by_one(offers, promotions, NOON, platform)
    event(f"findings: {min(len(expected.findings), 5)}, unknowns: {min(len(expected.unknowns), 3)}")
    assert found.findings == expected.findings
    assert found.unknowns == expected.unknowns


CHANGES = st.lists(st.tuples(st.integers(0, 12), revisions(2), st.lists(OFFERS, max_size=2)), min_size=1, max_size=4)


@given(offers=st.lists(OFFERS, min_size=1, max_size=10), promotions=revisions(), changes=CHANGES, platform=PLATFORMS)
@settings(KEEP_FIXTURE, max_examples=150)
def test_after_every_change(offers, promotions, changes, platform):
    standing = StandingCheck("us", platform, offers, RULES)
    catalogue = {(one.sku, one.currency): one for one in offers}
    standing.check([one for one in promotions if one.seen_at <= NOON], NOON)
    at = NOON

    for hours, more, other_amounts in changes:
        at += timedelta(hours=hours)
        promotions = promotions + [replace(one, seen_at=at) for one in more]
        changed = [one for one in other_amounts if (one.sku, one.currency) in catalogue]
        catalogue |= {(one.sku, one.currency): one for one in changed}
        known = [one for one in promotions if one.seen_at <= at]
        found = standing.check(known, at, changed=changed)

        expected = one_by_one(list(catalogue.values()), promotions, at, platform)
        assert found.findings == expected.findings
        assert found.unknowns == expected.unknowns


@given(offers=st.lists(OFFERS, min_size=1, max_size=10), promotions=revisions(), platform=PLATFORMS, data=st.data())
@settings(KEEP_FIXTURE, max_examples=200)
def test_a_bound_is_never_better_than_what_is_so(offers, promotions, platform, data):
    """Price and what is left are bounded from below, and each screen lets through all that it asks for."""
    shop = Catalogue("us", platform, offers)
    shop.move([one for one in promotions if one.seen_at <= NOON], NOON)
    found = shop.bounds(np.arange(len(shop)))
    share = data.draw(st.sampled_from([Fraction(1, 10), Fraction(1, 3), Fraction(1)]))

    for place, row in enumerate(found.rows):
        case = shop.case(int(row))
        worst = case.worst
        if found.unsure[place] or worst is None:
            continue
        minor = power(worst.currency)
        assert found.price[place] <= worst.price * minor * PARTS
        assert found.price_at_most(worst.price * minor)[place]
        assert found.below_floor[place] or case.offer.floor_price is None or worst.price >= case.offer.floor_price
        listed = case.offer.list_price
        if case.offer.price is not None and listed is not None and case.offer.price <= share * listed:
            assert found.price_before_at_most(share)[place]
        left = case.contribution
        if left is None:
            continue
        assert found.least_left[place] <= left * minor * PARTS
        assert found.may_lose[place] or left >= 0
        margin = case.margin(worst, left)
        least = share if case.offer.min_margin is None else case.offer.min_margin
        assert found.margin_below(share)[place] or margin is None or margin >= least
