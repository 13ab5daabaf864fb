from zoneinfo import ZoneInfo

import pytest

from promofuse.marketplaces import MARKETPLACES, about_a_dollar, buyer_language, find_marketplace
from promofuse.money import digits


@pytest.mark.parametrize("name", ["amazon.de", "Amazon.de", " www.amazon.de ", "A1PA6795UKMFR9", "a1pa6795ukmfr9"])
def test_a_marketplace_is_known_by_domain_sales_channel_and_platform_id(name):
    assert find_marketplace(name) == MARKETPLACES["amazon.de"]


@pytest.mark.parametrize("name", ["", "Non-Amazon US", "shop.example"])
def test_what_is_not_listed_is_none(name):
    assert find_marketplace(name) is None


@pytest.mark.parametrize(
    ("told", "marketplace", "country", "language"),
    [
        ("zh-CN", "amazon.com", "US", "zh"),
        ("DE_de", "", "", "de"),
        ("", "Amazon.co.jp", "US", "ja"),
        ("", "shop.example", "at", "de"),
        ("", "", "TW", "zh"),
        ("", "", "FR", "fr"),
        ("", "", "XX", "en"),
        ("", "", "", "en"),
    ],
)
def test_the_language_is_the_buyers_else_the_marketplaces_else_the_countrys(told, marketplace, country, language):
    assert buyer_language(told, marketplace, country) == language


@pytest.mark.parametrize("place", MARKETPLACES.values(), ids=lambda place: place.name)
def test_each_row_of_the_table_can_be_used(place):
    assert ZoneInfo(place.zone).key == place.zone
    assert digits(place.currency) in (0, 2)
    assert "x".encode(place.encoding) == b"x"
    assert len(place.language) == len(place.country) == 2


def test_a_budget_in_dollars_is_no_trifle_in_another_currency():
    assert [about_a_dollar(currency) for currency in ("USD", "EUR", "CNY", "JPY", "RUB", "")] == [1, 1, 10, 100, 100, 1]
