from datetime import UTC, datetime
from fractions import Fraction

import pytest

from promofuse.shops.cells import (
    Amounts,
    BadCell,
    read_flag,
    read_list,
    read_number,
    read_quantity,
    read_share,
    read_time,
)


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2026-03-10T12:00:00Z", datetime(2026, 3, 10, 12, tzinfo=UTC)),
        (" 2026-03-10T12:00:00.655871+00:00 ", datetime(2026, 3, 10, 12, 0, 0, 655871, tzinfo=UTC)),
        ("2026-03-10T04:00:00-08:00", datetime(2026, 3, 10, 12, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_utc(cell, time):
    read = read_time(cell, "when")

    assert read == time
    assert read.tzinfo is UTC


@pytest.mark.parametrize("cell", ["2026-03-10T12:00:00", "2026-03-10"])
def test_a_time_without_offset_is_refused_and_says_what_to_write(cell):
    with pytest.raises(BadCell, match="no offset from UTC; write Z"):
        read_time(cell, "when")


@pytest.mark.parametrize(
    "cell", ["", "yesterday", "10/03/2026 12:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_what_is_no_time_of_this_age_is_refused(cell):
    with pytest.raises(BadCell) as bad:
        read_time(cell, "when")

    assert bad.value.column == "when"


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [
        ("39.99", "USD", 3999),
        ("39.990", "USD", 3999),
        ("39.990", "KWD", 39990),
        ("0.0", "USD", 0),
        ("1200", "JPY", 1200),
    ],
)
def test_amounts_become_minor_units(cell, currency, minor):
    assert Amounts().read(cell, currency, "price") == minor


@pytest.mark.parametrize(
    "cell", ["NaN", "nan", "Infinity", "1e3", "1,234.50", "39,99", "-1.00", "39.999", "$5", "1" * 30, "٣"]
)
def test_what_is_no_amount_is_refused(cell):
    amounts = Amounts()

    for _ in range(2):  # a bad cell is not remembered as good
        with pytest.raises(BadCell):
            amounts.read(cell, "USD", "price")


def test_the_same_cell_in_two_currencies_is_two_amounts():
    amounts = Amounts()

    assert (amounts.read("500", "USD", "p"), amounts.read("500", "JPY", "p")) == (50000, 500)


@pytest.mark.parametrize("cell", ["1.0", "-1", "", "²", "1 000", "9999999999", "one"])
def test_what_is_no_whole_number_is_refused(cell):
    with pytest.raises(BadCell):
        read_quantity(cell, "quantity")


def test_numbers_are_exact_and_shares_at_most_one():
    assert read_number("97.5", "percent") == Fraction(195, 2)
    assert read_share("0.15", "share") == Fraction(3, 20)
    with pytest.raises(BadCell, match=r"write 15 % as 0\.15"):
        read_share("15", "share")


def test_lists_keep_their_order_and_lose_blanks_and_repetitions():
    assert read_list(" B ;A;;B", ";") == ("B", "A")


def test_flags_are_words_and_a_blank_is_no():
    assert [read_flag(cell, "flag") for cell in ("TRUE", "1", "", "false")] == [True, True, False, False]
    with pytest.raises(BadCell):
        read_flag("perhaps", "flag")
