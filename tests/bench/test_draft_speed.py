"""Ten thousand letters rendered, checked, built and written durably, against the plain way to do it.

ext4 is slow to create files for some minutes after many were deleted (it passes over fresh inodes): measure on a quiet
machine, and not right after a large tree was removed.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from letters import letter_values
from promofuse.drafts.locale import greeting_name, item_title, local_date
from promofuse.drafts.mime import Mailbox, build_message, message_id, parse_address
from promofuse.drafts.policy import check_letter, refusals
from promofuse.drafts.render import CompiledLetter, Letter, compile_letter, load_letter
from promofuse.outbox.folder import write_files

DRAFTS, SLOW_DRAFTS = 10_000, 500
TIMES_FASTER = 8
NAMES = ("Anna Müller", "Tom O'Neil", "陈伟", "<b>Bob</b>", "", "José Núñez", "=1+1", "Zoë Ångström", "Mary Smith")
FIRST = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
SENDER = Mailbox("Northlight", "service@northlight.example")
LANGUAGES = ("en", "de", "ja", "zh")


def order_of(number: int) -> str:
    return f"203-1234567-{number:07d}"


def render(letters: dict[str, CompiledLetter], number: int) -> tuple[str, Letter]:
    language = LANGUAGES[number % 4]
    letter = letters[language].render(
        letter_values(
            order_id=order_of(number),
            greeting_name=greeting_name(f"{NAMES[number % 9]} {'ABCDEFGHIJ'[number % 10]}mann" if number % 3 else ""),
            item=item_title(f"Headset HS-{number % 120:03d}", f"HS-{number % 120:03d}"),
            quantity=str(1 + number % 2),
            order_date=local_date(FIRST + timedelta(seconds=number), language, "amazon.com"),
        )
    )
    return language, letter


def load() -> dict[str, CompiledLetter]:
    return {language: compile_letter(load_letter("cancellation", language, None).source) for language in LANGUAGES}


def draft(letters: dict[str, CompiledLetter], number: int) -> bytes:
    language, letter = render(letters, number)
    order_id = order_of(number)
    problems = check_letter(letter.subject, letter.body, "amazon", language, order_id, "cancellation")
    assert not refusals(problems), problems
    to = parse_address(f"b{number:06d}@marketplace.amazon.com")
    assert isinstance(to, Mailbox)
    identity = message_id("INC-2026-0001", order_id, "cancellation", 1, SENDER.domain)
    return build_message(sender=SENDER, to=to, subject=letter.subject, body=letter.body, message_id=identity)


def write_slowly(letters: dict[str, CompiledLetter], folder: Path) -> None:
    folder.mkdir()
    for number in range(SLOW_DRAFTS):
        _, letter = render(letters, number)
        message = EmailMessage()
        message["From"] = f"{SENDER.name} <{SENDER.address}>"
        message["To"] = f"b{number:06d}@marketplace.amazon.com"
        message["Subject"] = letter.subject
        message["Message-ID"] = message_id("INC-2026-0001", order_of(number), "cancellation", 1, SENDER.domain)
        message.set_content(letter.body)
        with (folder / f"{order_of(number)}.eml").open("wb") as file:
            file.write(message.as_bytes(policy=SMTP))
            file.flush()
            os.fsync(file.fileno())


def test_ten_thousand_drafts(tmp_path: Path) -> None:
    started = time.perf_counter()
    letters = load()
    files = {f"3-buyers/drafts/{n % 256:02x}/{order_of(n)}.eml": draft(letters, n) for n in range(DRAFTS)}
    built = time.perf_counter()
    assert len(write_files(tmp_path / "INC-2026-0001", files)) == DRAFTS
    fast = DRAFTS / (time.perf_counter() - started)
    only_built = DRAFTS / (built - started)
    started = time.perf_counter()
    write_slowly(letters, tmp_path / "slow")
    slow = SLOW_DRAFTS / (time.perf_counter() - started)
    print(f"\ndrafts/s: {fast:,.0f} ({only_built:,.0f} without writing) against {slow:,.0f}: {fast / slow:.1f} times")
    assert fast >= TIMES_FASTER * slow
