"""What the check says of a shop: codes, amounts, times, order, words."""

from datetime import timedelta
from fractions import Fraction
from typing import ClassVar

from builders import NOON, offer, promotion
from promofuse.facts import PromotionKind
from promofuse.rules import Rule, build_rules, check_shop
from promofuse.verdicts import Confidence, Severity

DAY = timedelta(days=1)
STARTS = NOON + 2 * DAY


def check(offers, promotions, platform="amazon", rules=None, **settings):
    return check_shop("us", platform, offers, promotions, NOON, rules or build_rules(settings))


def codes(result):
    """The codes of what makes the check exit with 1."""
    return sorted(finding.code for finding in result.findings if finding.severity is not Severity.INFO)


def only(result, code):
    found = [finding for finding in result.findings if finding.code == code]
    assert len(found) == 1
    return found[0]


def test_a_slip_below_cost():
    mug = offer(shipping_cost=Fraction("3.50"), stock=100)
    slip = promotion(percent_off=Fraction("97.5"), intended_percent_off=Fraction("9.75"), redemption_limit=60)

    result = check([mug], [slip])

    assert codes(result) == ["PF101", "PF201"]
    found = only(result, "PF101")
    assert found.severity is Severity.CRITICAL
    assert (found.price, found.contribution, found.exposure) == (1, Fraction("-12.65"), 759)
    assert found.margin == Fraction("-12.65")
    assert (found.promotion_ids, found.combination, found.sku) == (("P-1",), ("P-1",), "MUG-1")
    assert (found.opens_at, found.editable_until) == (NOON - timedelta(hours=6), None)
    assert (found.confidence, found.assumed) == (Confidence.HIGH, False)
    assert found.message == (
        "MUG-1 can be bought for 1.00 USD, below cost: each unit loses 12.65 USD since 2026-03-10 06:00 UTC."
    )
    assert found.path == "price 40.00 -> 97.5 % off (P-1) 1.00"
    assert [" ".join(line.split()) for line in found.arithmetic] == [
        "price before promotions 40.00",
        "97.5 % off (P-1) -39.00",
        "= worst price 1.00",
        "fees -0.15",
        "cost -10.00",
        "shipping -3.50",
        "= left of a unit -12.65",
        "exposure: 60 units that stock, limits or budget allow x 12.65 = 759.00 USD",
    ]
    assert found.hint == "End P-1 now and set the quantity to 0 until the price is right again."
    typed = only(result, "PF201")
    assert typed.severity is Severity.CRITICAL
    assert typed.message == (
        "P-1 says 97.5 % off, but you planned 9.75 % off. "
        "On MUG-1 it leaves a price of 1.00 USD, and each unit loses 12.65."
    )


def test_a_coupon_can_be_corrected_until_it_locks():
    coupon = promotion(kind=PromotionKind.COUPON, status="scheduled", starts_at=STARTS, budget=Fraction(500))

    found = only(check([offer()], [coupon]), "PF101")

    assert (found.opens_at, found.editable_until) == (STARTS, STARTS - timedelta(hours=6))
    assert found.hint == "Correct P-1 before 2026-03-12 06:00 UTC. It can be edited for another 1 d 18 h."


def test_a_locked_coupon_says_so():
    coupon = promotion(kind=PromotionKind.COUPON, starts_at=NOON + timedelta(hours=3), budget=Fraction(500))

    assert "can no longer be edited" in only(check([offer()], [coupon]), "PF101").hint


def test_a_stack_of_two_sound_promotions():
    running = promotion("A", percent_off=Fraction(40))
    scheduled = promotion("B", percent_off=Fraction(35), status="scheduled", starts_at=STARTS)

    result = check([offer()], [running, scheduled])

    assert codes(result) == ["PF301"]
    found = only(result, "PF301")
    assert (found.price, found.contribution, found.exposure) == (10, Fraction("-1.5"), None)
    assert (found.combination, found.opens_at, found.editable_until) == (("A", "B"), STARTS, STARTS)
    assert not found.assumed
    assert found.path == "price 40.00 -> 40 % off (A) 24.00 -> 35 % off (B) 10.00"


def test_a_stack_on_an_unknown_platform_is_assumed():
    both = [promotion("A", percent_off=Fraction(40)), promotion("B", percent_off=Fraction(35))]

    found = only(check([offer()], both, platform="somewhere"), "PF301")

    assert found.assumed
    assert found.confidence is Confidence.LOW
    assert "It is assumed, not confirmed, that these promotions combine." in found.message


def test_each_promotion_below_cost_alone_is_named_even_if_another_one_is_worse():
    now = promotion("NOW", percent_off=Fraction(80), budget=Fraction(1), ends_at=NOON + DAY)
    worse = promotion("WORSE", percent_off=Fraction(90), budget=Fraction(1), starts_at=STARTS)

    below = [finding for finding in check([offer()], [now, worse]).findings if finding.code == "PF101"]
    found = {f.promotion_ids: (f.price, f.opens_at) for f in below}

    assert found == {("NOW",): (8, NOON - timedelta(hours=6)), ("WORSE",): (4, STARTS)}


def test_a_member_below_cost_alone_is_reported_with_the_stack_that_it_opens():
    bad = promotion("BAD", percent_off=Fraction(80), budget=Fraction(1))
    small = promotion("SMALL", percent_off=Fraction(5), starts_at=STARTS)

    result = check([offer()], [bad, small])

    assert codes(result) == ["PF101"]
    found = result.findings[0]
    assert (found.promotion_ids, found.combination, found.price) == (("BAD",), ("BAD", "SMALL"), 6)
    assert "BAD alone leaves 8.00 since" in found.message


def test_a_usual_fee_rate_is_assumed():
    found = only(check([offer(fee_rate=None)], [promotion(budget=Fraction(1))]), "PF101")

    assert found.assumed
    assert found.confidence is Confidence.MEDIUM
    assert "The fee rate is the platform's usual one." in found.message


def test_free_by_rounding_is_free():
    almost = promotion(percent_off=Fraction("99.99"), budget=Fraction(1))

    assert codes(check([offer()], [almost])) == ["PF101", "PF103"]


def test_less_than_planned_is_only_told():
    found = only(check([offer()], [promotion(percent_off=Fraction(5), intended_percent_off=Fraction(15))]), "PF201")

    assert found.severity is Severity.INFO


def test_many_skus_of_one_promotion_are_folded_with_the_worst_first():
    offers = [offer(f"MUG-{number:02}", unit_cost=Fraction(10 + number)) for number in range(30)]

    result = check(offers, [promotion(skus=("*",), budget=Fraction(1))])

    below = [finding for finding in result.findings if finding.code == "PF101"]
    assert [finding.sku for finding in below] == [f"MUG-{number:02}" for number in range(29, 19, -1)]
    assert below[0].message.endswith(" 30 SKUs in all; the worst 10 are listed.")
    assert "in all" not in below[1].message
    whole = only(result, "PF401")
    assert whole.severity is Severity.CRITICAL
    assert "covers the whole catalogue, 30 offers; with it 30 of them can be bought below cost" in whole.message


def test_what_several_rules_cannot_tell_is_said_once_and_counted():
    offers = [offer(f"MUG-{number:02}", unit_cost=None) for number in range(15)]
    promotions = [promotion("A", skus=("*",), budget=Fraction(1)), promotion("B", skus=("*",), budget=Fraction(1))]

    unknowns = check(offers, promotions).unknowns

    assert len(unknowns) == 10
    assert {unknown.code for unknown in unknowns} == {"PF101"}
    assert unknowns[0].reason == "no unit_cost for MUG-00 in USD (15 such SKUs in all; 10 are listed)"


def test_worst_and_dearest_first():
    offers = [
        offer("THIN", price=Fraction(12)),
        offer("CAPPED", stock=5),
        offer("DEAR", stock=50),
        offer("OPEN"),
    ]
    promotions = [
        promotion("P", skus=("CAPPED", "DEAR", "OPEN"), budget=Fraction(10_000)),
        promotion("Q", skus=("THIN",), percent_off=Fraction(1)),
    ]

    found = [(f.code, f.sku) for f in check(offers, promotions).findings if f.sku]

    assert found == [("PF101", "OPEN"), ("PF101", "DEAR"), ("PF101", "CAPPED"), ("PF102", "THIN")]


class Broken(Rule):
    """It breaks."""

    code: ClassVar = "PF999"
    name: ClassVar = "broken"
    severity: ClassVar = Severity.WARNING
    examples: ClassVar = ()

    def check_offer(self, case):
        raise ZeroDivisionError(case.offer.sku)


class Mute(Rule):
    """It finds and cannot say what."""

    code: ClassVar = "PF998"
    name: ClassVar = "mute"
    severity: ClassVar = Severity.CRITICAL
    examples: ClassVar = ()

    def check_offer(self, case):
        yield self.on_offer(case, case.worst, words=lambda: {}["words"])


def test_a_rule_that_crashes_is_seen_and_stops_no_other():
    result = check([offer()], [promotion(budget=Fraction(1))], rules=(Broken(), Mute(), *build_rules({})))

    assert "PF101" in codes(result)
    assert [(unknown.code, unknown.sku, unknown.promotion_ids) for unknown in result.unknowns] == [
        ("PF999", "MUG-1", ("P-1",))
    ]
    assert result.unknowns[0].reason == "the rule broken crashed: ZeroDivisionError: MUG-1"
    assert only(result, "PF998").message == "mute: its message could not be written, KeyError: 'words'"


def test_nothing_to_say_of_a_sound_shop():
    result = check([offer()], [promotion(percent_off=Fraction(10))])

    assert (result.findings, result.unknowns) == ((), ())
