"""Letters handed out to a person's own mail program: `.eml` files, a mail-merge table, texts to paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.policy import default as email_policy

from promofuse.outbox.contents import people_csv
from promofuse.outbox.letters import Draft, draft_name


def write_export(drafts: Sequence[Draft], names: Mapping[str, str]) -> dict[str, bytes]:
    """The files of an export by path. `X-Unsent: 1` makes Thunderbird and classic Outlook open a letter to be sent.

    Only letters that are handed out get that header: what Promofuse sends must not lie about ready to send.
    """
    rows = []
    texts = []
    files = {}
    for draft in drafts:
        body = message_from_bytes(draft.raw, policy=email_policy).get_content()
        rows.append((draft.order_id, draft.to, names.get(draft.order_id, ""), draft.language, draft.subject, body))
        texts.append(f"Order {draft.order_id}\nTo: {draft.to}\nSubject: {draft.subject}\n\n{body}")
        files[f"eml/{draft_name(draft.order_id, draft.kind)}.eml"] = b"X-Unsent: 1\r\n" + draft.raw
    rule = "\n" + "-" * 72 + "\n\n"
    return {
        **files,
        "mail-merge.csv": people_csv(("order_id", "email", "name", "language", "subject", "body"), rows),
        "paste.txt": rule.join(texts).encode(),
    }
