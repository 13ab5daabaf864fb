"""The phrases of findings."""

from fractions import Fraction

import pytest

from builders import promotion
from promofuse.rules.wording import amount_text, ids_text, number_text, percent_text, setting_text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"percent_off": Fraction("97.5")}, "97.5 % off"),
        ({"percent_off": None, "amount_off": Fraction(5), "min_amount": Fraction(50)}, "5.00 off from 50.00"),
        ({"percent_off": None, "fixed_price": Fraction(25)}, "fixed price 25.00"),
        ({"percent_off": None, "buy_quantity": 2, "get_quantity": 1}, "buy 2 get 1"),
        ({"percent_off": Fraction(50), "buy_quantity": 1, "get_quantity": 1}, "buy 1 get 1 50 % off"),
        ({"percent_off": None, "tiers": ((2, Fraction(5)), (4, Fraction(20)))}, "20 % off from 4 units"),
        ({"percent_off": None}, ""),
    ],
)
def test_settings(settings, text):
    assert setting_text(promotion(**settings), "USD") == text


def test_numbers():
    assert [number_text(Fraction(text)) for text in ("10", "100", "97.50", "1/3", "0")] == [
        "10", "100", "97.5", "0.3333", "0",
    ]  # fmt: skip
    assert percent_text(Fraction(1, 3)) == "33.33 %"
    assert (amount_text(Fraction(5, 2), "JPY"), amount_text(Fraction(5, 2), "")) == ("2", "2.5")


def test_ids():
    found = [ids_text([promotion(name) for name in names]) for names in ("A", "AB", "ABC")]

    assert found == ["A", "A and B", "A, B and C"]
