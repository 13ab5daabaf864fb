"""What rules see of a whole shop: who shares an SKU, what was sold under which id, what came before."""

from datetime import timedelta
from fractions import Fraction

from builders import NOON, line, offer, promotion
from promofuse.rules import build_rules, check_shop
from promofuse.rules.history import History, PastIncident, ShopCase
from promofuse.rules.run import CheckResult
from promofuse.rules.slips import digit_slip
from promofuse.verdicts import Severity

HOUR = timedelta(hours=1)
SOUND = {"percent_off": Fraction(10), "ends_at": NOON + 48 * HOUR}


def check(offers, promotions, platform="amazon", **history) -> CheckResult:
    return check_shop("us", platform, offers, promotions, NOON, build_rules({}), History(**history))


def codes(result):
    return [finding.code for finding in result.findings]


def shop(*promotions, sold=()):
    seen: list[ShopCase] = []

    class Spy(build_rules({})[0].__class__):
        def check_shop(self, shop):
            seen.append(shop)
            return ()

    check_shop("us", "amazon", [offer()], promotions, NOON, [Spy()], History(sold=sold))
    return seen[0]


def test_promotions_beside_one_share_an_sku_with_it_and_are_not_about_shipping():
    whole = shop(
        promotion("A"),
        promotion("B", skus=("CUP-1",)),
        promotion("C", skus=("MUG-1", "CUP-1")),
        promotion("D", skus=("*",)),
        promotion("E", level="shipping"),
    )

    beside = {
        case.promotion.promotion_id: [other.promotion.promotion_id for other in whole.beside(case)]
        for case in whole.promotions
    }
    assert beside == {
        "A": ["C", "D"], "B": ["C", "D"], "C": ["A", "B", "D"], "D": ["A", "B", "C"], "E": ["A", "C", "D"],
    }  # fmt: skip


def test_a_line_that_names_a_promotion_by_its_name_is_sold_under_its_id():
    whole = shop(promotion("A", name="Spring, mugs"), sold=(line(promotion_ids=("Spring", " mugs", "GONE")),))

    assert {promotion_id: len(lines) for promotion_id, lines in whole.sold_by_promotion.items()} == {"A": 1}


def test_a_slip_of_each_kind():
    pairs = [(9, 99), (12, 21), (5, 50), (50, 5), (1, 100), (15, 155), (10, 15), (5, 15), (20, 25), (10, 10)]

    assert [digit_slip(Fraction(before), Fraction(now)) for before, now in pairs] == [
        "a digit typed twice", "two digits swapped", "ten times", "a tenth", "a hundred times", "a digit typed twice",
        "", "", "", "",
    ]  # fmt: skip


def test_a_long_run_of_duplicates_names_each_pair_once():
    three = [promotion(name, amount_off=Fraction(9), percent_off=None, ends_at=NOON + HOUR) for name in "ABC"]

    pairs = [f.promotion_ids for f in check([offer()], three).findings if f.code == "PF302"]

    assert sorted(pairs) == [("A", "B"), ("A", "C"), ("B", "C")]


def test_duplicates_whose_prices_are_not_known_are_still_told():
    both = [promotion(name, amount_off=Fraction(9), percent_off=None, ends_at=NOON + HOUR) for name in "AB"]

    found = next(f for f in check([offer(price=None)], both).findings if f.code == "PF302")

    assert (found.promotion_ids, found.price) == (("A", "B"), None)
    assert found.message == "A and B are the same discount twice: 9.00 off."


def test_duplicates_in_two_currencies_are_not_duplicates():
    both = [
        promotion("A", amount_off=Fraction(9), percent_off=None, currency="USD", ends_at=NOON + HOUR),
        promotion("B", amount_off=Fraction(9), percent_off=None, currency="EUR", ends_at=NOON + HOUR),
    ]

    assert "PF302" not in codes(check([offer(), offer(currency="EUR")], both))


def test_an_order_paid_below_plan_with_an_id_that_nobody_knows_is_not_judged():
    strange = line(promotion_ids=("P-1", "PLATFORM"), item_price=4000, item_discount=3900, ordered_at=NOON - HOUR)
    plan = promotion(**SOUND)

    assert "PF701" not in codes(check([offer()], [plan], sold=(strange,)))
    assert "PF701" in codes(check([offer()], [plan], sold=(line(item_price=4000, item_discount=3900),)))


def test_an_order_without_a_price_is_not_judged():
    assert codes(check([offer()], [promotion(**SOUND)], sold=(line(item_price=None, item_discount=0),))) == []


def test_a_sku_without_cost_is_a_warning_where_it_was_paid_below_plan():
    paid = line(item_price=4000, item_discount=3900)

    result = check([offer(unit_cost=None)], [promotion(**SOUND)], sold=(paid,))

    found = next(f for f in result.findings if f.code == "PF701")
    assert (found.severity.value, found.price, found.contribution) == ("warning", 1, None)


def test_the_loss_of_a_unit_that_was_sold_is_exact():
    two = line(quantity=3, item_price=12000, item_discount=11700)

    found = next(f for f in check([offer(shipping_cost=Fraction(4))], [promotion(**SOUND)], sold=(two,)).findings)

    assert (found.code, found.price) == ("PF701", 1)
    assert found.contribution == Fraction("1") * Fraction(85, 100) - 10 - Fraction(4, 3)
    assert found.opens_at == two.ordered_at


def test_a_promotion_that_was_ended_twice_ended_at_the_first_time():
    ended = [
        promotion(seen_at=NOON - 30 * HOUR, **SOUND),
        promotion(seen_at=NOON - 20 * HOUR, status="ended", **SOUND),
        promotion(seen_at=NOON - 2 * HOUR, status="ended", **SOUND),
    ]
    used = line(item_price=4000, item_discount=400, ordered_at=NOON - 10 * HOUR)

    (found,) = [f for f in check([offer()], ended, sold=(used,)).findings if f.code == "PF702"]

    assert "P-1 ended at 2026-03-09 16:00 UTC, and order O-1 used it since" in found.message


def test_promotions_without_a_record_are_one_finding_with_the_most_used_first():
    sold = [line(f"O-{n}", promotion_ids=("RARE",)) for n in range(3)]
    sold += [line(f"Q-{n}", promotion_ids=("OFTEN",)) for n in range(5)]

    (found,) = check([offer()], [], sold=tuple(sold)).findings

    assert (found.code, found.promotion_ids) == ("PF805", ("OFTEN", "RARE"))
    assert found.message.startswith("5 orders name OFTEN, and 1 more promotions, of which there is no record")


def test_pairs_that_are_only_assumed_to_combine_are_one_finding():
    three = [promotion(name, percent_off=Fraction(5), ends_at=NOON + HOUR, code=name) for name in "ABC"]

    (found,) = [f for f in check([offer()], three, platform="").findings if f.code == "PF803"]

    assert found.promotion_ids == ("A", "B", "C")
    assert "A and B and 2 more pairs combine on the shop's platform" in found.message


def test_of_two_incidents_the_newer_is_named():
    incidents = [
        PastIncident(incident_id=f"INC-2026-000{n}", opened_at=NOON - n * 48 * HOUR, skus=("MUG-1",)) for n in (1, 2)
    ]
    fresh = promotion(starts_at=NOON + 2 * HOUR, **SOUND)

    (found,) = [f for f in check([offer()], [fresh], incidents=tuple(incidents)).findings if f.code == "PF605"]

    assert "follows an incident on MUG-1, INC-2026-0001" in found.message
    assert "before 2026-03-10 14:00 UTC" in found.hint


def test_a_scope_that_shrank_or_named_all_before_says_nothing():
    wide = promotion(skus=tuple(f"S-{n}" for n in range(20)), seen_at=NOON - 2 * HOUR, **SOUND)
    narrow = promotion(skus=("S-1",), seen_at=NOON - HOUR, **SOUND)
    everything = promotion(skus=("*",), seen_at=NOON - 3 * HOUR, **SOUND)
    shelf = [offer(f"S-{n}") for n in range(60)]

    assert "PF402" not in codes(check(shelf, [wide, narrow]))
    assert "PF402" not in codes(check(shelf, [everything, wide]))


def test_midnight_in_utc_is_a_warning_only_beside_a_midnight_of_the_marketplace():
    def severity(starts, ends):
        """Hours from midnight in UTC two days on; midnight in Los Angeles is at 7."""
        midnight = NOON + 36 * HOUR
        slip = promotion(percent_off=Fraction(10), starts_at=midnight + starts * HOUR, ends_at=midnight + ends * HOUR)
        found = check([offer()], [slip], zone="America/Los_Angeles").findings
        return [finding.severity for finding in found if finding.code == "PF603"]

    assert severity(0, 48 + 7) == severity(7, 48) == [Severity.WARNING]
    assert severity(0, 48) == severity(0, 50) == severity(5, 48) == [Severity.INFO]
    assert severity(7, 48 + 7) == severity(5, 50) == []
