from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from promofuse.drafts.locale import (
    clean_header,
    clean_text,
    greeting_name,
    item_title,
    local_date,
    local_day,
    local_money,
    local_time,
    percent_text,
)
from promofuse.money import Money

NIGHT = datetime(2026, 11, 3, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain", "plain"),
        ("  two   spaces ", "two spaces"),
        ("a\r\nBcc: e@x", "a Bcc: e@x"),
        ("a\x00b\x0bc\x0cd\x85e", "a b c d e"),
        ("a\u2028b\u2029c", "a b c"),
        ("\u202eevil\u202c", "evil"),
        ("\u2066x\u2069\ufeff", "x"),
        ("\ud800x", "x"),
        ("e\u0301", "é"),
        ("=?UTF-8?Q?hi=0D=0ABcc:_e@x?=", "= ?UTF-8?Q?hi=0D=0ABcc:_e@x?="),
        ("=\u202e?utf-8?q?x?=", "= ?utf-8?q?x?="),
        ("x" * 300, "x" * 200),
        ("", ""),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
    ],
)
def test_clean_header(text: str, clean: str) -> None:
    assert clean_header(text) == clean
    assert clean_header(clean) == clean


def test_clean_text_keeps_lines_and_nothing_else_of_the_controls() -> None:
    assert clean_text("a \r\n\r\n\r\n\r\nb\x00\u202ec\rd\u2028e\n\n") == "a\n\nb c\nd e"
    assert len(clean_text("x" * 20_000)) == 10_000


@pytest.mark.parametrize(
    "name", ["Anna Müller", "Tom O'Neil", "José Núñez", "J.-P. Dupont", "陈伟", "佐藤 花子", "علی‌رضا", "श्री राम"]
)
def test_names_are_greeted(name: str) -> None:
    assert greeting_name(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "=1+1",
        "+49",
        "-Bob",
        "@bob",
        "<b>Bob</b>",
        "Bob2",
        "Bob\r\nBcc: x",
        "Bob\x00",
        "\u202eboB",
        "Doe, John",
        'Bob "the" Builder',
        "Bob\\",
        "visit www.x.com",
        "x.com",
        "Gift Card",
        "羊毛党",
        "Amazon Customer",
        "null",
        "R",
        "😀 Bob",
        "{{7*7}}",
        "{% for %}",
        "=?UTF-8?Q?Bob?=",
        "x" * 61,
        "a b c d e f g",
        "Z\u0334\u0322\u0334\u0322a\u0334\u0322l\u0334",
        "\ud800Bob",
        "'Bob",
    ],
)
def test_odd_names_are_not_greeted(name: str) -> None:
    assert greeting_name(name) == ""


@pytest.mark.parametrize(
    ("title", "sku", "item"),
    [
        ('Headset "HS-022" 5\'', "HS-022", 'Headset "HS-022" 5\''),
        ("", "HS-022", "HS-022"),
        ("Gift Set, 3 pieces", "HS-022", "HS-022"),
        ("See www.x.com", "HS-022", "HS-022"),
        ('=HYPERLINK("x")', "HS-022", "HS-022"),
        ("{{7*7}}", "HS-022", "HS-022"),
        ("<script>x</script>", "HS-022", "HS-022"),
        ("Lamp\r\nBcc: e@x", "HS-022", "HS-022"),
        ("Lamp\u202e", "HS-022", "HS-022"),
        ("😀", "2065550123", ""),
        ("🔥 Desk lamp ❤️ 👩‍👩‍👧 black ✅", "HS-022", "Desk lamp black"),
        ("Lamp, only $1.00", "HS-022", "HS-022"),
        ("مصباح مكتب أسود", "HS-022", "مصباح مكتب أسود"),
        ("Coupon", "=1+1", ""),
        ("word " * 40, "S", "word word word word word word word word word word word word word word word…"),
        ("台" * 100, "S", "台" * 79 + "…"),
    ],
)
def test_item_title_falls_back_to_the_sku_and_then_to_nothing(title: str, sku: str, item: str) -> None:
    assert item_title(title, sku) == item


@pytest.mark.parametrize(
    ("language", "marketplace", "text"),
    [
        ("en", "amazon.com", "November 2, 2026"),
        ("en", "amazon.co.uk", "3 November 2026"),
        ("de", "amazon.de", "3. November 2026"),
        ("ja", "amazon.co.jp", "2026年11月3日"),
        ("zh", "amazon.com", "2026年11月2日"),
        ("fr", "Amazon.fr", "3 novembre 2026"),
        ("xx", "nowhere", "November 3, 2026"),
        ("../..", "", "November 3, 2026"),
    ],
)
def test_the_day_is_the_marketplaces_in_the_buyers_words(language: str, marketplace: str, text: str) -> None:
    assert local_date(NIGHT, language, marketplace) == text


def test_a_night_in_utc_is_still_the_day_before_in_america() -> None:
    assert local_day(NIGHT, "amazon.com") == date(2026, 11, 2)
    assert local_day(NIGHT, "amazon.de") == date(2026, 11, 3)
    assert local_day(NIGHT, "") == date(2026, 11, 3)


def test_local_time_names_its_zone() -> None:
    assert local_time(NIGHT, "en", "amazon.com") == "Nov 2, 2026 19:30 PST"
    assert local_time(NIGHT, "zh", "") == "2026年11月3日 03:30 UTC"


def test_amounts_and_shares() -> None:
    assert local_money(Money(123450, "EUR"), "de", "amazon.de") == "1.234,50\u00a0€"
    assert local_money(Money(-1234, "USD"), "en", "amazon.com") == "-$12.34"
    assert local_money(Money(1200, "JPY"), "ja", "amazon.co.jp") == "￥1,200"
    assert percent_text(Fraction(1, 42), "en") == "2.38%"
    assert percent_text(Fraction(3, 10), "de") == "30\u00a0%"
    assert percent_text(None, "en") == ""
