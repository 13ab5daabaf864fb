"""What differs by marketplace: language, zone, currency, text encoding. A dated table, not a rule.

Sources: reference of marketplace ids in the Selling Partner API documentation, read 2026-11; languages are the
marketplace's default. A marketplace that is not listed has no defaults: the order line then decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One storefront: `name` is the domain in lower case, `marketplace_id` the platform's own id or blank."""

    name: str
    marketplace_id: str
    country: str
    language: str
    currency: str
    zone: str
    encoding: str = "cp1252"


MARKETPLACES: Final = {
    m.name: m
    for m in (
        Marketplace("amazon.com", "ATVPDKIKX0DER", "US", "en", "USD", "America/Los_Angeles"),
        Marketplace("amazon.ca", "A2EUQ1WTGCTBG2", "CA", "en", "CAD", "America/Los_Angeles"),
        Marketplace("amazon.com.mx", "A1AM78C64UM0Y8", "MX", "es", "MXN", "America/Los_Angeles"),
        Marketplace("amazon.com.br", "A2Q3Y263D00KWC", "BR", "pt", "BRL", "America/Sao_Paulo"),
        Marketplace("amazon.co.uk", "A1F83G8C2ARO7P", "GB", "en", "GBP", "Europe/London"),
        Marketplace("amazon.ie", "A28R8C7NBKEWEA", "IE", "en", "EUR", "Europe/Dublin"),
        Marketplace("amazon.de", "A1PA6795UKMFR9", "DE", "de", "EUR", "Europe/Berlin"),
        Marketplace("amazon.fr", "A13V1IB3VIYZZH", "FR", "fr", "EUR", "Europe/Paris"),
        Marketplace("amazon.it", "APJ6JRA9NG5V4", "IT", "it", "EUR", "Europe/Rome"),
        Marketplace("amazon.es", "A1RKKUPIHCS9HS", "ES", "es", "EUR", "Europe/Madrid"),
        Marketplace("amazon.nl", "A1805IZSGTT6HS", "NL", "nl", "EUR", "Europe/Amsterdam"),
        Marketplace("amazon.com.be", "AMEN7PMS3EDWL", "BE", "fr", "EUR", "Europe/Brussels"),
        Marketplace("amazon.se", "A2NODRKZP88ZB9", "SE", "sv", "SEK", "Europe/Stockholm"),
        Marketplace("amazon.pl", "A1C3SOZRARQ6R3", "PL", "pl", "PLN", "Europe/Warsaw"),
        Marketplace("amazon.com.tr", "A33AVAJ2PDY3EV", "TR", "tr", "TRY", "Europe/Istanbul"),
        Marketplace("amazon.ae", "A2VIGQ35RCS4UG", "AE", "en", "AED", "Asia/Dubai"),
        Marketplace("amazon.sa", "A17E79C6D8DWNP", "SA", "ar", "SAR", "Asia/Riyadh"),
        Marketplace("amazon.eg", "ARBP9OOSHTCHU", "EG", "ar", "EGP", "Africa/Cairo"),
        Marketplace("amazon.in", "A21TJRUUN4KGV", "IN", "en", "INR", "Asia/Kolkata"),
        Marketplace("amazon.co.jp", "A1VC38T7YXB528", "JP", "ja", "JPY", "Asia/Tokyo", "cp932"),
        Marketplace("amazon.com.au", "A39IBJ37TRP1C6", "AU", "en", "AUD", "Australia/Sydney"),
        Marketplace("amazon.sg", "A19VAU5U5O7RUS", "SG", "en", "SGD", "Asia/Singapore"),
        Marketplace("amazon.cn", "AAHKV2X7AFYLW", "CN", "zh", "CNY", "Asia/Shanghai"),
        Marketplace("ozon.ru", "", "RU", "ru", "RUB", "Europe/Moscow"),
    )
}

# Platforms where somebody else keeps the shop and moves the money, as they call themselves (2026-11).
_MARKETPLACE_NAMES: Final = {
    name.casefold(): name
    for name in (
        "Amazon", "Ozon", "Wildberries", "Walmart", "eBay", "Etsy", "Allegro", "Kaufland", "OTTO", "Zalando",
        "Cdiscount", "Bol", "Rakuten", "Lazada", "Shopee", "AliExpress", "Temu", "Taobao", "Tmall", "JD",
    )
}  # fmt: skip

# The main language of a country, for orders that name neither a language nor a known marketplace.
_COUNTRY_LANGUAGE: Final = {
    **{m.country: m.language for m in reversed(MARKETPLACES.values())},
    **dict.fromkeys(("AT", "CH", "LI"), "de"),
    **dict.fromkeys(("TW", "HK", "MO"), "zh"),
    **dict.fromkeys(("AR", "CL", "CO", "PE"), "es"),
    "LU": "fr",
    "PT": "pt",
    "BY": "ru",
    "KZ": "ru",
}

# Units about as much worth as a dollar, to the power of ten (2026-11, rough on purpose); all others are near it.
_ABOUT_A_DOLLAR: Final = {
    **dict.fromkeys(("CNY", "CZK", "DKK", "EGP", "HKD", "MXN", "NOK", "SEK", "THB", "TRY", "TWD", "UAH", "ZAR"), 10),
    **dict.fromkeys(("HUF", "INR", "JPY", "KZT", "PHP", "RUB"), 100),
    **dict.fromkeys(("ARS", "CLP", "COP", "KRW"), 1_000),
    **dict.fromkeys(("IDR", "VND"), 10_000),
}


def about_a_dollar(currency: str) -> int:
    """How many units of a currency are worth about a dollar, as a power of ten: 100 for yen, 1 for euros.

    For thresholds that a seller sets once for all his shops, never for money that is shown or added.
    """
    return _ABOUT_A_DOLLAR.get(currency, 1)


def find_marketplace(name: str) -> Marketplace | None:
    """Look a marketplace up by domain, platform id or sales channel (`Amazon.de`), whatever the case."""
    key = name.strip().casefold()
    return MARKETPLACES.get(key.removeprefix("www.")) or next(
        (m for m in MARKETPLACES.values() if m.marketplace_id and m.marketplace_id.casefold() == key), None
    )


def marketplace_name(platform: str) -> str:
    """The name of a platform that is a marketplace, as `Ozon`; blank for a shop of one's own and an unknown one."""
    return _MARKETPLACE_NAMES.get(platform.casefold(), "")


_HOME: Final = {"ozon": "RU", "wildberries": "RU"}  # platforms of one country


_HOME_OF: Final = {"RUB": "RU", "INR": "IN"}  # currencies of one country, in which nobody else prices a shop


def home_country(platform: str, marketplace: str, currency: str = "") -> str:
    """The country whose law a shop's sales are under as far as is known, as two letters; blank where it is not.

    A shop of one's own, which names no marketplace, is taken to be where its currency is.
    """
    place = find_marketplace(marketplace)
    return place.country if place else _HOME.get(platform.casefold(), "") or _HOME_OF.get(currency, "")


def buyer_language(buyer: str, marketplace: str, country: str) -> str:
    """Language of a letter as a two-letter code: the buyer's, else the marketplace's, else the country's, else en."""
    if buyer.strip():
        return buyer.strip().replace("_", "-").split("-")[0].casefold()
    if place := find_marketplace(marketplace):
        return place.language
    return _COUNTRY_LANGUAGE.get(country.strip().upper(), "en")
