"""The discounts that a promotion's name speaks of: `10% off`, `9折`, `$5 off`, `满200减30`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

_NUMBER: Final = r"(\d{1,6}(?:[.,]\d{1,2})?)"
_OFF: Final = r"(?:off|discount|rabatt|de réduction|de descuento|di sconto|скидка|скидки)"
_PERCENT: Final = re.compile(_NUMBER + r"\s*(?:%|percent\b|pct\b|процент)")
_HALF: Final = re.compile(r"half price|half off|半价")
# 9折 is "pay nine tenths", 85折 "pay 85 hundredths".
_ZHE: Final = re.compile(r"(\d(?:\.\d)?|\d{2})\s*折")
_MINUS: Final = re.compile(r"满\s*" + _NUMBER + r"\s*元?\s*减\s*" + _NUMBER)
_AMOUNTS: Final = (
    re.compile(r"[$€£¥₽]\s*" + _NUMBER + r"\s*" + _OFF),
    re.compile(_NUMBER + r"\s*(?:[$€£¥₽]|usd|eur|gbp|元|руб\.?)\s*" + _OFF),
    re.compile(r"save\s*[$€£¥]\s*" + _NUMBER),
    re.compile(r"立减\s*" + _NUMBER),
)


@dataclass(frozen=True, slots=True)
class NamedDiscount:
    """One discount that a name speaks of: a share of the price, or an amount off a purchase of at least `minimum`."""

    text: str
    share: Fraction | None = None
    amount: Fraction = Fraction(0)
    minimum: Fraction = Fraction(0)

    def share_of(self, price: Fraction) -> Fraction:
        """The share that it takes off a price in major units, 0 to 1."""
        if self.share is not None:
            return self.share
        return min(self.amount / max(price, self.minimum), Fraction(1))


def named_discounts(name: str) -> tuple[NamedDiscount, ...]:
    """The discounts in a promotion's name; empty where it speaks of none."""
    return tuple(_found(unicodedata.normalize("NFKC", name).casefold()))


def _found(name: str) -> Iterator[NamedDiscount]:
    for match in _PERCENT.finditer(name):
        if 0 < (percent := _exact(match[1])) <= 100:
            yield NamedDiscount(match[0], share=percent / 100)
    for match in _ZHE.finditer(name):
        paid = _exact(match[1])
        if paid:
            yield NamedDiscount(match[0], share=1 - paid / (10 if paid < 10 else 100))
    for match in _HALF.finditer(name):
        yield NamedDiscount(match[0], share=Fraction(1, 2))
    for match in _MINUS.finditer(name):
        yield NamedDiscount(match[0], amount=_exact(match[2]), minimum=_exact(match[1]))
    for pattern in _AMOUNTS:
        for match in pattern.finditer(name):
            yield NamedDiscount(match[0], amount=_exact(match[1]))


def _exact(text: str) -> Fraction:
    return Fraction(text.replace(",", "."))
