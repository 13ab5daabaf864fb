"""Whatever a letter holds, its message parses back to it, with the headers that we wrote and no other."""

import email
import email.policy

from hypothesis import given
from hypothesis import strategies as st

from letters import ALL_KINDS, LANGUAGES, ORDER, letter_values, shipped_letter
from promofuse.drafts.locale import clean_header, clean_text, greeting_name, item_title
from promofuse.drafts.mime import HEADERS, Mailbox, build_message, check_header_block, message_id, parse_address
from promofuse.drafts.policy import check_letter, refusals
from promofuse.drafts.render import compile_letter, load_letter

LINES = ("\r\n", "\n", "\r", "\x00", "\u2028", "\x85", "\t", " ", "\x7f")
HEADER_WORDS = ("=?utf-8?q?", "=0D=0ABcc:_e@x?=", "=?", "?=", "Bcc: e@x", "\r\nBcc: e@x\r\n", "=", "@", ",", ";")
MARKS = (
    "{{",
    "}}",
    "{{7*7}}",
    "{%",
    "<",
    ">",
    '"',
    "\\",
    ".",
    "\u202e",
    "\ud800",
    "\u200d",
    "e\u0301",
    "é",
    "深",
    "😀",
)
NASTY = st.sampled_from((*LINES, *HEADER_WORDS, *MARKS))
TEXT = st.lists(NASTY | st.text(max_size=8), max_size=30).map("".join)
SENDER = Mailbox("Northlight", "service@northlight.example")


@given(TEXT)
def test_clean_is_clean_and_stays_so(text: str) -> None:
    line, lines = clean_header(text), clean_text(text)
    assert clean_header(line) == line
    assert clean_text(lines) == lines
    assert "=?" not in line
    assert len(line.splitlines()) <= 1
    (line + lines).encode("utf-8")


@given(TEXT.map(clean_header).filter(bool), TEXT.map(clean_text).filter(bool), TEXT)
def test_a_message_parses_back_to_what_it_was_built_from(subject: str, body: str, name: str) -> None:
    to = parse_address("b1@marketplace.example", name)
    assert isinstance(to, Mailbox)
    identity = message_id("INC-2026-0001", "A-1", "cancellation", 1, SENDER.domain)
    raw = build_message(sender=SENDER, to=to, subject=subject, body=body + "\n", message_id=identity)
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert check_header_block(raw, HEADERS) == ""
    assert tuple(parsed.keys()) == HEADERS
    assert not parsed.defects
    assert str(parsed["Subject"]) == subject
    assert parsed["Message-ID"] == identity
    assert [(a.display_name, a.addr_spec) for a in parsed["To"].addresses] == [(to.name, to.address)]
    assert [(a.display_name, a.addr_spec) for a in parsed["From"].addresses] == [(SENDER.name, SENDER.address)]
    assert parsed.get_content().replace("\r\n", "\n") == body + "\n"
    assert all(len(line) <= 78 for line in raw.split(b"\r\n") if b" " in line.strip() or b"=" in line)


@given(TEXT, TEXT, TEXT, st.sampled_from(LANGUAGES), st.sampled_from(ALL_KINDS))
def test_no_name_and_no_title_costs_a_buyer_the_letter(
    name: str, title: str, sku: str, language: str, kind: str
) -> None:
    platform = "ozon" if kind == "honour" else "amazon"
    letter = shipped_letter(kind, language, greeting_name=greeting_name(name), item=item_title(title, sku))
    problems = check_letter(letter.subject, letter.body, platform, language, ORDER, kind)
    assert refusals(problems) == ()
    assert "\u202e" not in letter.body


@given(TEXT)
def test_raw_values_in_a_letter_add_no_header_and_no_recipient(text: str) -> None:
    hostile = dict.fromkeys(letter_values(), text)
    letter = compile_letter(load_letter("cancellation", "en", None).source).render(hostile)
    to = parse_address("b1@marketplace.example", text)
    assert isinstance(to, Mailbox)
    identity = message_id(text, text, text, 1, SENDER.domain)
    raw = build_message(sender=SENDER, to=to, subject=letter.subject, body=letter.body, message_id=identity)
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert tuple(parsed.keys()) == HEADERS
    assert [a.addr_spec for a in parsed["To"].addresses] == ["b1@marketplace.example"]
    assert "49" not in letter.body or "49" in text


@given(TEXT)
def test_an_address_is_one_ascii_address_or_a_reason(text: str) -> None:
    parsed = parse_address(text)
    if isinstance(parsed, Mailbox):
        assert parsed.address.isascii()
        assert parsed.address.count("@") == 1
        assert not set(parsed.address) & set(" ,;<>\r\n\t")
    else:
        assert parsed.reason
