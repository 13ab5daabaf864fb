"""Every shipped letter: all kinds in all languages, on every platform, with ordinary and with hostile values."""

import email
import email.policy
from datetime import UTC, datetime

import pytest

from letters import ALL_KINDS, LANGUAGES, ORDER, shipped_letter
from promofuse.drafts.locale import clean_header, greeting_name, item_title, local_date, local_money
from promofuse.drafts.mime import HEADERS, Mailbox, build_message, check_header_block, message_id, parse_address
from promofuse.drafts.policy import check_letter
from promofuse.drafts.policy_rules import ANNOUNCING, HONOUR, PROVEN
from promofuse.drafts.render import Letter
from promofuse.marketplaces import marketplace_name
from promofuse.money import Money

PLATFORMS = ("amazon", "", "ozon", "shopify", "medusa", "walmart")
PLACES = {
    "en": ("amazon.com", "USD"),
    "de": ("amazon.de", "EUR"),
    "fr": ("amazon.fr", "EUR"),
    "it": ("amazon.it", "EUR"),
    "es": ("amazon.es", "EUR"),
    "ja": ("amazon.co.jp", "JPY"),
    "zh": ("amazon.cn", "CNY"),
    "ru": ("ozon.ru", "RUB"),
}
REFUNDS = {
    "en": "$1,234.50 has been returned to the payment method that you used on November 5, 2026.",
    "de": "Der Betrag von 1.234,50 € wurde am 5. November 2026 auf demselben Weg zurückgezahlt,",
    "fr": "Le montant de 1 234,50 € vous a été remboursé le 5 novembre 2026 par le même moyen de paiement.",
    "it": "L'importo di 1.234,50 € Le è stato rimborsato in data 5 novembre 2026 con lo stesso metodo",
    "es": "El importe de 1.234,50 € se le ha devuelto el 5 de noviembre de 2026 por el mismo medio",
    "ja": "￥123,450を2026年11月5日にお支払い方法へ返金いたしました。",
    "zh": "款项 ¥1,234.50 已于 2026年11月5日 退回您的原支付方式，",
    "ru": "Сумма 1 234,50 ₽ возвращена 5 ноября 2026 г. тем же способом,",
}
OFFERS = {
    "en": "You find a voucher of 5 EUR for your next order in your account.",
    "de": "In Ihrem Konto finden Sie einen Gutschein über 5 EUR für Ihre nächste Bestellung.",
    "fr": "Vous trouverez dans votre compte un bon d'achat de 5 EUR pour votre prochaine commande.",
    "it": "Nel Suo account trova un buono sconto di 5 EUR per il prossimo ordine.",
    "es": "En su cuenta encontrará un vale de 5 EUR para su próximo pedido.",
    "ja": "次回のご注文にお使いいただける500円分のクーポンをアカウントに追加いたしました。",
    "zh": "我们已向您的账户发放一张 5 EUR 的优惠券，可在下次购物时使用。",
    "ru": "В Вашем личном кабинете Вы найдёте купон на 500 ₽ для следующего заказа.",
}
VALUES = {
    "plain": {},
    "many": {"quantity": "12"},
    "nothing known": {"greeting_name": "", "item": "", "signer": ""},
    "long title": {"item": item_title("Adjustable desk lamp with a very long name " * 5, "S")},
    "several titles": {"item": ", ".join(item_title(f"Desk lamp {colour} " * 6, "S") for colour in ("red", "blue"))},
    "right to left": {"greeting_name": greeting_name("דוד כהן"), "item": item_title("مصباح مكتب أسود", "S")},
    "emoji": {"greeting_name": greeting_name("😀 Bob"), "item": item_title("🔥 Lamp 💡 black ❤️", "S")},
    "hostile": {"greeting_name": greeting_name("B\r\nBcc: e@x"), "item": item_title("=?utf-8?q?=0ABcc:_e@x?=", "L-1")},
    "template": {"greeting_name": greeting_name("{{7*7}}"), "item": item_title("{% for %}", "L-1")},
    "offending": {"greeting_name": greeting_name("Gift Card"), "item": item_title("Free coupon, 5 stars!", "L-1")},
}


def done(language: str) -> dict[str, str]:
    """The values of an order that is cancelled and refunded."""
    marketplace, currency = PLACES[language]
    return {
        "cancelled_date": clean_header(local_date(datetime(2026, 11, 4, 12, tzinfo=UTC), language, marketplace)),
        "refund_amount": clean_header(local_money(Money(123450, currency), language, marketplace)),
        "refund_date": clean_header(local_date(datetime(2026, 11, 5, 12, tzinfo=UTC), language, marketplace)),
    }


def problems(letter: Letter, platform: str, language: str, kind: str, **known: str) -> set[str]:
    names = ("Northlight", "Kim")
    found = check_letter(letter.subject, letter.body, platform, language, ORDER, kind, names=names, **known)
    forbidden = {"AMZ-N10"} if kind in HONOUR and platform in ("amazon", "") else set()
    assert forbidden <= {problem.code for problem in found}
    return {problem.code for problem in found} - forbidden


def parsed(letter: Letter, name: str) -> email.message.EmailMessage:
    """The letter as a message to one buyer, read back by a mail parser; its header block is ours and no more."""
    sender = Mailbox("Northlight", "service@northlight.example")
    to = parse_address("b1@marketplace.example", name)
    assert isinstance(to, Mailbox)
    raw = build_message(
        sender=sender,
        to=to,
        subject=letter.subject,
        body=letter.body,
        message_id=message_id("INC-2026-0001", ORDER, "cancelled", 1, sender.domain),
    )
    assert check_header_block(raw, HEADERS) == ""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert not message.defects
    return message


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_it_keeps_the_rules_of_every_platform_and_reads_back(kind: str, language: str, values: dict[str, str]) -> None:
    for platform in PLATFORMS:
        letter = shipped_letter(kind, language, marketplace=marketplace_name(platform), **values)
        long = {"ANY-W02"} if len(letter.body) > 900 else set()  # advice, where an order has many long titles
        assert problems(letter, platform, language, kind) == long, (platform, letter.body)
        assert len(letter.body) <= 1000
        assert ORDER in letter.subject
        assert "\n\n\n" not in letter.body
        assert not any(line != line.strip() for line in letter.body.splitlines())
        message = parsed(letter, values.get("greeting_name", "Ada"))
        assert tuple(message.keys()) == HEADERS
        assert str(message["Subject"]) == letter.subject
        assert [address.addr_spec for address in message["To"].addresses] == ["b1@marketplace.example"]
        assert message.get_content().replace("\r\n", "\n") == letter.body


@pytest.mark.parametrize("kind", sorted(PROVEN))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refund_is_told_with_amount_and_date_as_people_there_write_them(kind: str, language: str) -> None:
    for platform in PLATFORMS:
        letter = shipped_letter(kind, language, marketplace=marketplace_name(platform), **done(language))
        assert REFUNDS[language] in letter.body
        refunded = done(language)["refund_amount"]
        assert problems(letter, platform, language, kind, refunded=refunded) == set()
        assert problems(letter, platform, language, kind) == {"ANY-N10", "ANY-N14"}


@pytest.mark.parametrize("kind", sorted({"cancelled", "part-cancelled"}))
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_day_of_the_cancellation_is_named_where_it_is_known(kind: str, language: str) -> None:
    day = done(language)["cancelled_date"]
    assert day in shipped_letter(kind, language, cancelled_date=day).body
    assert problems(shipped_letter(kind, language, cancelled_date=day), "amazon", language, kind) == set()


@pytest.mark.parametrize("kind", sorted(set(ALL_KINDS) - HONOUR))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shop_of_ones_own_returns_the_money_itself(kind: str, language: str) -> None:
    own, marketplace = (shipped_letter(kind, language, marketplace=name) for name in ("", "Ozon"))
    assert "Ozon" in marketplace.body
    assert "Ozon" not in own.body
    if kind != "refund-follow-up":
        assert "OWN-N01" in problems(marketplace, "medusa", language, kind)
    assert problems(own, "medusa", language, kind) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_in_another_language_than_it_should_be_is_refused(language: str) -> None:
    other = shipped_letter("cancellation", "en" if language != "en" else "fr")
    assert {"ANY-M02", "ANY-M03", "ANY-M04", "ANY-M05"} <= problems(other, "amazon", language, "cancellation")


@pytest.mark.parametrize("kind", sorted(set(ALL_KINDS) - HONOUR - {"refund-follow-up"}))
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_has_its_own_paragraph_and_never_goes_to_amazon(kind: str, language: str) -> None:
    offer = OFFERS[language]
    for platform in ("medusa", "shopify", "ozon"):
        letter = shipped_letter(kind, language, marketplace=marketplace_name(platform), repair=offer)
        assert f"\n\n{offer}\n\n" in letter.body
        assert problems(letter, platform, language, kind, repair=offer) == set()
    for platform in ("amazon", ""):
        assert "AMZ-N01" in problems(letter, platform, language, kind, repair=offer)
        assert "AMZ-N01" in problems(letter, platform, language, kind)


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_long_enough_to_explain_and_short_enough_to_read(kind: str, language: str) -> None:
    """600 to 900 characters where a cancellation is announced; docs/templates.md names the exceptions."""
    shortest, longest = (600, 900) if kind in ANNOUNCING else (480, 850)
    if language in ("ja", "zh"):
        shortest, longest = 200, 450
    for more in ({}, done(language) if kind in PROVEN else {}):
        length = len(shipped_letter(kind, language, **more).body)
        assert shortest <= length <= longest, length
    full = shipped_letter(kind, language, item="x" * 80, quantity="12", greeting_name="N" * 60)
    assert len(full.body) <= 950
