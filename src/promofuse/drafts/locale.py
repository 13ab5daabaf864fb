"""What a letter may show of the shop's data: clean text, greeting names, item titles, local dates and amounts.

Names and titles are hostile until they have been through here. Whatever is odd about them becomes a blank, and
the template then greets without a name or names the item as "as in your order": bad data never costs a buyer
the letter.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

from promofuse.drafts.policy import is_allowed
from promofuse.marketplaces import find_marketplace
from promofuse.money import Money

if TYPE_CHECKING:
    from babel import Locale

HEADER_LENGTH: Final = 200
TEXT_LENGTH: Final = 10_000
NAME_LENGTH: Final = 60
TITLE_LENGTH: Final = 80

# Controls, line and paragraph separators, lone surrogates, unassigned and private characters.
_UNPRINTABLE: Final = frozenset({"Cc", "Zl", "Zp", "Cs", "Cn", "Co"})
# Embeddings, overrides and isolates turn the direction of what follows; the byte order mark is not text.
_DIRECTION: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_PUNCTUATION_IN_NAMES: Final = frozenset(" '’‘.-‐·・\u200c\u200d")
# What shops write where they know no name.
_NO_NAME: Final = frozenset(
    {"none", "null", "nan", "unknown", "undefined", "anonymous", "test", "customer", "buyer", "amazon customer"}
)
_EMOJIS: Final = re.compile("(?:[\U0001f1e6-\U0001faff\u2600-\u27bf][\ufe0f\u200d]*)+")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def clean_header(text: str, length: int = HEADER_LENGTH) -> str:
    """One line that is safe in a header: NFC, no control, direction mark, surrogate or encoded word, 200 characters.

    A sequence `=?` is broken by a space, because CPython decodes encoded words in a value that is set and writes the
    line ends in them as they are (CVE-2024-6923). Source: RFC 2047 §2.
    """
    if not text:  # as many a placeholder's value
        return text
    if not text.isprintable():
        text = "".join(map(_printable, text))
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return text.replace("=?", "= ?")[:length].rstrip()


def clean_text(text: str) -> str:
    r"""Text of several lines: NFC, lines end in \n, at most one blank line in a row, 10,000 characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.replace("\n", "").isprintable():
        text = "".join(c if c == "\n" else _printable(c) for c in text)
    lines = "\n".join(line.rstrip() for line in unicodedata.normalize("NFC", text).split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()[:TEXT_LENGTH].rstrip()


def _printable(character: str) -> str:
    """The character, a space in its place, or nothing where it only changes the direction of writing."""
    if character in _DIRECTION:
        return ""
    return " " if unicodedata.category(character) in _UNPRINTABLE else character


def _is_dirty(text: str) -> bool:
    """Whether text holds what no person types into a name or a title."""
    return "=?" in text or any(_printable(c) != c for c in text)


def greeting_name(name: str) -> str:
    """The buyer's name as a letter may show it, or blank for a greeting without a name.

    Blank for anything but letters, marks, spaces and `' . - ·`, for fewer than two letters, for names longer than
    60 characters or of more than six words, for stand-ins such as `Amazon Customer`, and for a name that would break
    a rule of `policy` (a buyer may call himself Gift Card).
    """
    clean = clean_header(name)
    if _is_dirty(name.strip()) or len(clean) > NAME_LENGTH or clean.count(" ") > 5 or clean.casefold() in _NO_NAME:
        return ""
    kinds = [unicodedata.category(c)[0] for c in clean if c not in _PUNCTUATION_IN_NAMES]
    letters, marks = kinds.count("L"), kinds.count("M")
    if letters < 2 or marks > letters or letters + marks != len(kinds) or not clean[0].isalpha():
        return ""
    return clean if is_allowed(clean) else ""


def is_right_to_left(name: str) -> bool:
    """Whether a name is written from right to left."""
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in name)


def item_title(title: str, sku: str) -> str:
    """The item as a letter may name it: its title without emojis in at most 80 characters, else its SKU, else blank."""
    return _speakable(title) or _speakable(sku)


@lru_cache(maxsize=4096)
def _speakable(text: str) -> str:
    clean = _shorten(" ".join(_EMOJIS.sub(" ", clean_header(text)).split()))
    if _is_dirty(text.strip()) or clean[:1] in "=+-@" or sum(map(str.isalnum, clean)) < 2:
        return ""
    return clean if is_allowed(clean) else ""


def _shorten(text: str) -> str:
    """Cut at a space where there is one near, with an ellipsis."""
    if len(text) <= TITLE_LENGTH:
        return text
    cut = text[: TITLE_LENGTH - 1]
    space = cut.rfind(" ", TITLE_LENGTH // 2)
    return cut[: space if space > 0 else None].rstrip(" ,;:-") + "…"


def local_day(at: datetime, marketplace: str) -> date:
    """The day of an aware time in the marketplace's zone; UTC where that is not known."""
    return at.astimezone(_zone(marketplace)).date()


def local_date(at: datetime, language: str, marketplace: str) -> str:
    """The day of an aware time in the marketplace's zone, in words: `3 November 2026`; UTC where it is not known."""
    return _day_in_words(local_day(at, marketplace), "long", _locale(language, marketplace))


def local_time(at: datetime, language: str, marketplace: str) -> str:
    """An aware time in the marketplace's zone, to the minute: `Nov 3, 2026 02:15 PST`; UTC where it is not known."""
    local = at.astimezone(_zone(marketplace))
    return f"{_day_in_words(local.date(), 'medium', _locale(language, marketplace))} {local:%H:%M %Z}"


@lru_cache(maxsize=1024)
def _day_in_words(day: date, form: Literal["medium", "long"], locale: Locale) -> str:
    from babel.dates import format_date

    return format_date(day, format=form, locale=locale)


def local_money(amount: Money, language: str, marketplace: str) -> str:
    """An amount as people there write it: `$1,234.50`, `1.234,50 €`."""
    from babel.numbers import format_currency

    return format_currency(Decimal(str(amount)), amount.currency, locale=_locale(language, marketplace))


def percent_text(share: Fraction | None, language: str) -> str:
    """A share in percent with at most two decimals, half to even: `2.38%`; blank if unknown."""
    from babel.numbers import format_percent

    if share is None:
        return ""
    rounded = Decimal(round(share * 10_000)).scaleb(-4)
    return format_percent(rounded, locale=_locale(language, ""), decimal_quantization=False)


def _zone(marketplace: str) -> ZoneInfo:
    place = find_marketplace(marketplace)
    return ZoneInfo(place.zone if place else "UTC")


@lru_cache(maxsize=256)
def _locale(language: str, marketplace: str) -> Locale:
    """The language as it is written in the marketplace's country, else the language, else English."""
    from babel import Locale, UnknownLocaleError

    place = find_marketplace(marketplace)
    for name in (f"{language}_{place.country}" if place else language, language):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en")
