from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofuse.money import Money, MoneyError, decimal_text, digits, exact, parse_minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("39.99", "USD", 3999), ("39.990", "USD", 3999), ("7", "USD", 700), ("-0.01", "USD", -1), ("1980", "JPY", 1980),
     ("1980.00", "JPY", 1980), ("1.234", "KWD", 1234), (".5", "EUR", 50)],
)  # fmt: skip
def test_amounts_are_read_exactly(text, currency, minor):
    assert parse_minor(text, currency) == minor


@pytest.mark.parametrize(
    "text", ["", "1,234.56", "1.234,56", "NaN", "inf", "1e3", "$1", "39.995", "１２", "--1", "1 000"]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(MoneyError):
        parse_minor(text, "USD")


def test_a_part_of_a_yen_is_refused():
    with pytest.raises(MoneyError, match="more decimals than JPY"):
        parse_minor("10.5", "JPY")


@pytest.mark.parametrize("code", ["usd", "US", "", "USDX", "U$D"])
def test_a_malformed_currency_is_refused(code):
    with pytest.raises(MoneyError):
        digits(code)


def test_costs_may_be_finer_than_a_cent():
    assert exact("14.505") == Fraction(14505, 1000)


@given(st.integers(-(10**14), 10**14), st.sampled_from(["USD", "JPY", "KWD"]))
def test_writing_and_reading_are_inverse(minor, currency):
    assert parse_minor(decimal_text(minor, currency), currency) == minor


def test_rounding_is_half_to_even():
    assert [Money.rounded(Fraction(n, 2), "USD").minor for n in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]


def test_two_currencies_never_add():
    with pytest.raises(MoneyError, match="do not add"):
        Money(1, "USD") + Money(1, "EUR")


def test_amounts_of_one_currency_add_and_turn_round():
    assert -(Money(150, "EUR") + Money(50, "EUR")) == Money(-200, "EUR")
