"""The letters of a case: what their placeholders stand for on each platform, and their translation for the reader."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from fractions import Fraction
from pathlib import Path

import pytest

from builders import NOON, affected, line
from promofuse.drafts.mime import Mailbox
from promofuse.drafts.render import load_letter
from promofuse.facts import Buyer, OrderLine, OrderStatus
from promofuse.incidents import Cause
from promofuse.outbox.edits import check_edited_draft
from promofuse.outbox.letters import Draft, LetterHead, Letters, letter_values, write_letters
from promofuse.outbox.translation import translation
from promofuse.outbox.words import Desk
from promofuse.response.case import Case
from promofuse.response.health import CancellationRate
from promofuse.response.triage import Decision, OrderDecision, Reason

OFFER = {"de": "Sie finden einen Gutschein über 5 EUR in Ihrem Konto.", "en": "You find a voucher of 5 EUR."}
HEAD = LetterHead(Mailbox("Northlight", "service@northlight.example"), "Northlight", "Kim", None, OFFER)


def order(*lines: OrderLine, language: str = "de") -> OrderDecision:
    order = affected(*lines)
    buyer = Buyer(order_id=order.order_id, email="b1@buyers.example", name="Ada Lovelace", language=language)
    return OrderDecision(order, Decision.CANCEL, Reason.PRICING_ERROR, buyer, {})


def case(*decisions: OrderDecision, platform: str = "medusa") -> Case:
    return Case(
        incident_id="INC-2026-0001",
        shop="own",
        platform=platform,
        marketplace="",
        cause=Cause("P-1"),
        state="open",
        opened_at=NOON,
        at=NOON,
        since=NOON,
        data_as_of=NOON,
        plan="cancel-all",
        rate=CancellationRate(Fraction(25, 1000), 400, 3, "orders"),
        decisions=decisions,
    )


def desk(reader: str) -> Desk:
    values = dict.fromkeys(Desk.__dataclass_fields__, "") | {"cancel_within": 2, "max_data_age": 60, "repair": {}}
    return Desk(**values | {"reader_language": reader, "seller_name": "Northlight", "signer": "Kim"})


def text_of(draft: Draft) -> str:
    return message_from_bytes(draft.raw, policy=default).get_content().replace("\r\n", "\n")


def written(platform: str, language: str = "de", head: LetterHead = HEAD) -> Letters:
    return write_letters(case(order(line(title="Desk lamp"), language=language), platform=platform), head, {})


def done(*refunds: int | None) -> OrderDecision:
    """A cancelled order of one line for each refund."""
    at = datetime(2026, 3, 11, 23, 30, tzinfo=UTC)
    return order(
        *(
            replace(
                line(line_key=f"k{number}", refunded_amount=amount, refunded_at=at if amount else None),
                status=OrderStatus.CANCELLED,
                cancelled_at=at,
            )
            for number, amount in enumerate(refunds)
        )
    )


@pytest.mark.parametrize(
    ("platform", "payer", "offered"),
    [("medusa", "zahlen wir", True), ("shopify", "zahlen wir", True), ("ozon", "zahlt Ozon", True),
     ("amazon", "zahlt Amazon", False), ("", "zahlen wir", False), ("walmart", "zahlt Walmart", True)],
)  # fmt: skip
def test_who_returns_the_money_and_whether_something_is_offered(platform: str, payer: str, offered: bool) -> None:
    [draft] = written(platform).drafts
    assert payer in text_of(draft)
    assert (OFFER["de"] in text_of(draft)) == offered
    assert draft.repair == (OFFER["de"] if offered else "")


def test_a_language_without_words_of_an_offer_offers_nothing() -> None:
    [draft] = written("medusa", "fr").drafts
    assert draft.language == "fr"
    assert draft.repair == ""
    assert "voucher" not in text_of(draft)


def test_an_offer_that_asks_for_something_is_no_letter() -> None:
    letters = written("medusa", head=replace(HEAD, repair={"de": "Im Gegenzug erhalten Sie einen Gutschein."}))
    assert letters.drafts == ()


def test_what_is_cancelled_and_returned_is_told_from_the_lines() -> None:
    values = letter_values(done(3000, 990), case(), "en", HEAD)
    assert values["refund_amount"] == "$39.90"
    assert values["cancelled_date"] == values["refund_date"] == "March 11, 2026"
    assert values["quantity"] == "2"
    partly = letter_values(done(3000, None), case(), "en", HEAD)
    assert (partly["refund_amount"], partly["refund_date"]) == ("", "")
    fresh = letter_values(order(line()), case(), "en", HEAD)
    assert [fresh[name] for name in ("refund_amount", "refund_date", "cancelled_date")] == ["", "", ""]


def test_an_edited_draft_may_keep_the_offer_and_the_amount_that_we_wrote() -> None:
    [draft] = written("medusa").drafts
    names = HEAD.names
    assert check_edited_draft(draft.raw, draft, "medusa", names) == ""
    assert "ANY-N14" in check_edited_draft(draft.raw, replace(draft, repair=""), "medusa", names)
    assert "AMZ-N01" in check_edited_draft(draft.raw, draft, "amazon", names)


def test_a_platform_of_the_users_own_wording(tmp_path: Path) -> None:
    own = tmp_path / "buyer" / "cancellation" / "medusa"
    own.mkdir(parents=True)
    source = load_letter("cancellation", "de", None).source
    (own / "de.txt.j2").write_text(source.replace("Guten Tag", "Sehr geehrte Kundschaft"), "utf-8")
    head = replace(HEAD, templates_dir=tmp_path)
    assert "Sehr geehrte Kundschaft" in text_of(written("medusa", head=head).drafts[0])
    assert "Guten Tag" in text_of(written("amazon", head=head).drafts[0])


def translated(platform: str, language: str, reader: str, edit: tuple[str, str] = ("", "")) -> str:
    decided = order(line(title="Desk lamp"), language=language)
    whole = case(decided, platform=platform)
    [draft] = write_letters(whole, HEAD, {}).drafts
    raw = draft.raw.replace(edit[0].encode(), edit[1].encode())
    return translation(replace(draft, content=raw), whole, {decided.order_id: decided}, desk(reader))


def test_what_is_offered_is_shown_in_the_readers_words_too() -> None:
    offers = {"de": "Sie erhalten einen Gutschein.", "en": "You get a voucher."}
    decided = order(line(title="Desk lamp"), language="de")
    whole = case(decided, platform="medusa")
    [draft] = write_letters(whole, replace(HEAD, repair=offers), {}).drafts
    for known, says in ((offers, "You get a voucher."), ({}, "Sie erhalten einen Gutschein.")):
        shown = translation(draft, whole, {decided.order_id: decided}, replace(desk("en"), repair=known))
        assert says in shown
        assert "The same in English" in shown
    [plain] = write_letters(whole, replace(HEAD, repair={}), {}).drafts
    assert "voucher" not in translation(plain, whole, {decided.order_id: decided}, replace(desk("en"), repair=offers))


def test_a_sample_says_what_it_says_in_the_readers_language() -> None:
    english = translated("medusa", "ja", "en")
    assert "The same in English; this part is not sent." in english
    assert "Subject: Your order O-1: we are cancelling it because of our pricing error" in english
    assert "Hello Ada Lovelace,\n\nWe are cancelling your order O-1 of March 10, 2026.\nItem: Desk lamp\n" in english
    assert "we return the full amount" in english
    chinese = translated("amazon", "en", "zh")
    assert "以上内容的中文对照" in chinese
    assert "我们正在取消您于 2026年3月10日 提交的订单（订单号：O-1）。" in chinese
    assert "Amazon 会将款项全额退回" in chinese


def test_an_offer_is_shown_as_it_is_sent() -> None:
    assert OFFER["de"] in translated("medusa", "de", "en")
    assert OFFER["de"] not in translated("amazon", "de", "en")


def test_nothing_stands_below_a_sample_that_the_reader_can_read() -> None:
    assert translated("medusa", "en", "en") == ""
    assert translated("medusa", "zh", "zh") == ""


def test_a_letter_with_its_own_wording_is_not_said_to_be_the_same() -> None:
    text = translated("medusa", "de", "en", edit=("Guten Tag", "Hallo"))
    assert "This letter has a wording of its own. Ours would say, in English (not sent):" in text
    assert "The same in English" not in text
