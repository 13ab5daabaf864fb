"""Names, titles and ids as attackers and broken exports write them, through template, policy and message."""

import email
import email.policy

import pytest

from letters import ALL_KINDS, LANGUAGES, ORDER, letter_values, shipped_letter
from promofuse.drafts.locale import greeting_name, item_title
from promofuse.drafts.mime import HEADERS, Mailbox, build_message, check_header_block, message_id, parse_address
from promofuse.drafts.policy import check_letter, refusals

CORPUS = {
    "crlf": "Bob\r\nBcc: e@evil.example",
    "lf": "Bob\nBcc: e@evil.example",
    "cr": "Bob\rBcc: e@evil.example",
    "nul": "Bob\x00Bcc: e@evil.example",
    "vt": "Bob\x0bBcc: e@evil.example",
    "ff": "Bob\x0cBcc: e@evil.example",
    "nel": "Bob\x85Bcc: e@evil.example",
    "line-separator": "Bob\u2028Bcc: e@evil.example",
    "paragraph-separator": "Bob\u2029Bcc: e@evil.example",
    "encoded-word-crlf": "=?UTF-8?Q?hi=0D=0ABcc:_e@evil.example?=",
    "encoded-word-lf-after-emoji": "A 😀 =?UTF-8?Q?=0A?=Bcc: e@evil.example",
    "encoded-word-split-by-a-mark": "=\u202e?UTF-8?Q?=0D=0ABcc:_e@evil.example?=",
    "trailing-lf": "Bob\n",
    "five-kilobytes": "Bob " * 1250,
    "ten-kilobyte-word": "x" * 10_000,
    "empty": "",
    "space": "   ",
    "none": "None",
    "comma-and-address": "Doe, J <e@evil.example>",
    "quotes": 'Bob "the" Builder',
    "backslash": "Bob\\",
    "emoji-zwj": "👩‍👩‍👧 Bob",
    "rtl": "דוד כהן",
    "right-to-left-override": "Bob\u202egpj.exe",
    "homograph-domain": "аmazon.com",
    "punycode": "xn--mazon-3ve.com",
    "two-addresses": "a@evil.example,b@evil.example",
    "no-at": "evil.example",
    "quoted-local-part": '"e x"@evil.example',
    "dots": ".",
    "dot-line": "\r\n.\r\n",
    "lone-surrogate": "Bob\ud800",
    "template": "{{7*7}}",
    "template-block": "{% for x in range(10**9) %}x{% endfor %}",
    "template-escape": "{{ ''.__class__.__mro__ }}",
    "html": "<script>alert(1)</script>",
    "formula": '=HYPERLINK("https://evil.example")',
    "byte-order-mark": "\ufeffBob",
    "zalgo": "B\u0334\u0322\u0334o\u0334\u0322\u0334b",
    "accusation": "Coupon Fraud",
    "phone": "+1 206 555 0123",
    "review": "Five Star Review",
    "emoji-in-a-title": "Desk lamp 🔥💡 black",
    "arabic-title": "مصباح مكتب أسود",
    "two-directions": "Lamp مصباح (black)",
    "price": "Only $1.00",
    "blame": "Amazon error",
    "internal-name": "gid://shopify/Order/55",
}
SENDER = Mailbox("Northlight", "service@northlight.example")


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hostile", CORPUS.values(), ids=CORPUS)
def test_a_hostile_name_and_title_cost_nobody_the_letter(hostile: str, language: str, kind: str) -> None:
    platform = "ozon" if kind == "honour" else "amazon"
    letter = shipped_letter(kind, language, greeting_name=greeting_name(hostile), item=item_title(hostile, hostile))
    assert refusals(check_letter(letter.subject, letter.body, platform, language, ORDER, kind)) == ()
    assert "evil" not in letter.body


@pytest.mark.parametrize("hostile", CORPUS.values(), ids=CORPUS)
def test_no_value_adds_a_header_or_a_recipient_even_if_nobody_cleaned_it(hostile: str) -> None:
    letter = shipped_letter("cancelled", "en", **dict.fromkeys(letter_values(), hostile))
    to = parse_address("b1@marketplace.example", hostile)
    assert isinstance(to, Mailbox)
    raw = build_message(
        sender=SENDER,
        to=to,
        subject=letter.subject,
        body=letter.body,
        message_id=message_id("INC-2026-0001", hostile, "cancellation", 1, SENDER.domain),
    )
    assert check_header_block(raw, HEADERS) == ""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert tuple(parsed.keys()) == HEADERS
    assert [address.addr_spec for address in parsed["To"].addresses] == ["b1@marketplace.example"]
    assert parsed["From"].addresses[0].addr_spec == SENDER.address
    assert parsed.get_content().replace("\r\n", "\n") == letter.body
    assert "49" not in letter.body


@pytest.mark.parametrize("hostile", [text for text in CORPUS.values() if text.strip()])
def test_an_order_id_that_had_to_be_cleaned_is_refused_not_repaired(hostile: str) -> None:
    letter = shipped_letter("cancellation", "en", order_id=hostile)
    problems = check_letter(letter.subject, letter.body, "amazon", "en", hostile, "cancellation")
    assert refusals(problems) or hostile in letter.body


@pytest.mark.parametrize("name", [name for name in CORPUS if name not in ("empty", "space", "trailing-lf")])
def test_no_hostile_text_is_an_address(name: str) -> None:
    assert not isinstance(parse_address(CORPUS[name]), Mailbox)
