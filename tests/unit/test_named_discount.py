"""Numbers in a promotion's name, and slips of the hand."""

from fractions import Fraction

import pytest

from promofuse.rules.named_discount import named_discounts
from promofuse.rules.slips import digit_slip


@pytest.mark.parametrize(
    ("name", "share_of_50"),
    [
        ("10% off", ["0.1"]),
        ("-10 % on mugs", ["0.1"]),
        ("save 12.5 percent", ["0.125"]),
        ("9,75% Rabatt", ["0.0975"]),
        ("9折", ["0.1"]),
        ("全场 8.5 折", ["0.15"]),
        ("85折", ["0.15"]),
        ("１０％ off", ["0.1"]),
        ("$5 off", ["0.1"]),
        ("€ 5 Rabatt", ["0.1"]),
        ("5€ off", ["0.1"]),
        ("立减5元", ["0.1"]),
        ("满100减30", ["0.3"]),
        ("满20减10元", ["0.2"]),
        ("$80 off", ["1"]),
        ("半价", ["0.5"]),
        ("Buy 2 save 10%, buy 3 save 20%", ["0.1", "0.2"]),
        ("Summer 2026", []),
        ("Deals under $20", []),
        ("0% fees", []),
        ("Model 折叠 3", []),
        ("", []),
    ],
)
def test_named_discounts(name, share_of_50):
    found = [discount.share_of(Fraction(50)) for discount in named_discounts(name)]

    assert found == [Fraction(share) for share in share_of_50]


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ("9.75", "97.5", "ten times"),
        ("97.5", "9.75", "a tenth"),
        ("19.99", "1.99", "a tenth"),
        ("0.5", "50", "a hundred times"),
        ("12", "21", "two digits swapped"),
        ("15.90", "19.50", "two digits swapped"),
        ("1.5", "51", ""),
        ("1.59", "1.95", "two digits swapped"),
        ("20", "25", ""),
        ("10", "12", ""),
        ("10", "10", ""),
        ("0", "10", ""),
        ("123", "321", ""),
    ],
)
def test_digit_slips(before, now, words):
    assert digit_slip(Fraction(before), Fraction(now)) == words
