"""Money as integer minor units with an ISO 4217 code; the only place that rounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

# ISO 4217 (2026-01): currencies whose minor unit is not a hundredth.
_DIGITS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{0,12})?|-?\.\d{1,12}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class MoneyError(ValueError):
    """A text is not an amount, or two currencies meet."""


@lru_cache(maxsize=256)
def digits(currency: str) -> int:
    """Decimal places of a currency's minor unit: 2 for USD, 0 for JPY. Raises MoneyError on a malformed code."""
    if not _CURRENCY.fullmatch(currency):
        raise MoneyError(f"{currency!r} is not a currency code such as USD")
    return _DIGITS.get(currency, 2)


def power(currency: str) -> int:
    """Minor units in one major unit: 100 for USD, 1 for JPY."""
    return int(10 ** digits(currency))


def exact(text: str) -> Fraction:
    """Read a plain decimal with a dot (`14.505`, `-3`) exactly; raises MoneyError on anything else."""
    if not _DECIMAL.fullmatch(text):
        hint = " (use a dot and no thousands separator)" if "," in text else ""
        raise MoneyError(f"{text[:40]!r} is not a decimal number{hint}")
    return Fraction(text)


def parse_minor(text: str, currency: str) -> int:
    """Read an amount as minor units: `39.99` USD is 3999. Raises MoneyError on parts of a minor unit."""
    minor = exact(text) * power(currency)
    if minor.denominator != 1:
        raise MoneyError(f"{text!r} has more decimals than {currency} has")
    return minor.numerator


def decimal_text(minor: int, currency: str) -> str:
    """Write minor units as a plain decimal: 3999 USD is `39.99`, -5 JPY is `-5`."""
    places = digits(currency)
    sign, units = "-" if minor < 0 else "", str(abs(minor)).rjust(places + 1, "0")
    return f"{sign}{units[:-places]}.{units[-places:]}" if places else f"{sign}{units}"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in integer minor units of one currency. Two currencies never add."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        digits(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read `39.99` in a currency; raises MoneyError."""
        return cls(parse_minor(text, currency), currency)

    @classmethod
    def rounded(cls, minor: Fraction, currency: str) -> Money:
        """Round an exact number of minor units half to even, for showing."""
        return cls(round(minor), currency)

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise MoneyError(f"{self.currency} and {other.currency} do not add")
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return decimal_text(self.minor, self.currency)
