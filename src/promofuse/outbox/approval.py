"""Approval: which drafts a person has agreed to as they stand, which went out, and which he can still decide on.

An approval binds a draft by the digest of its bytes, and the plan with it. A draft that changed since, or that was
approved under another plan, is no longer approved. A letter that has gone out, or may have, stands for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from promofuse.drafts.mime import read_head
from promofuse.drafts.policy_rules import FOLLOW_UP
from promofuse.outbox.letters import Draft, Letters, draft_path
from promofuse.outbox.spool import Content
from promofuse.store.deliveries import Delivery, DeliveryState, Pair

FINAL: Final = frozenset(
    {
        DeliveryState.CLAIMED,
        DeliveryState.SENDING,
        DeliveryState.SENT,
        DeliveryState.UNKNOWN,
        DeliveryState.HANDED_OUT,
    }
)
TOLD: Final = FINAL - {DeliveryState.CLAIMED}  # the buyer knows, or may
# Approved and not begun: a person can still take these back, from a sender too, which then finds them changed.
STOPPABLE: Final = (DeliveryState.APPROVED, DeliveryState.RETRY, DeliveryState.CLAIMED)
# What `approve` takes up: not decided on yet, or refused by a mail server and to be tried again.
UNDECIDED: Final = ("rendered", "edited", DeliveryState.FAILED.value)


def stand(
    letters: Letters,
    deliveries: Mapping[Pair, Delivery],
    messages: Mapping[Pair, Content],
    plans: Mapping[int, str],
    plan: str,
) -> Letters:
    """The drafts with the state of each. Letters that went out stand as they went, whatever the facts say today.

    `messages` are the bytes of the final letters, `plans` the plan of each batch of approvals. An order gets one
    letter of one kind, and one that follows it up: where one went out, no other is drawn up.
    """
    gone_out = {(order_id, kind in FOLLOW_UP): (order_id, kind) for (order_id, kind), one in deliveries.items()
                if one.state in FINAL}  # fmt: skip
    drafts = [
        replace(draft, state=_state(draft, deliveries.get((draft.order_id, draft.kind)), plans, plan))
        for draft in letters.drafts
        if (draft.order_id, draft.kind in FOLLOW_UP) not in gone_out
    ]
    wanted = len({draft.order_id for draft in drafts} | {order_id for order_id, _ in gone_out})
    kept = (pair for pair in gone_out.values() if pair in messages)  # bytes that were erased are gone for good
    drafts += [_as_it_went(deliveries[pair], messages[pair], wanted) for pair in kept]
    order = {decided.order_id: place for place, decided in enumerate(letters.decisions)}
    drafts.sort(key=lambda draft: (order.get(draft.order_id, len(order)), draft.order_id))
    return replace(letters, drafts=tuple(drafts))


def _as_it_went(delivery: Delivery, content: Content, wanted: int) -> Draft:
    to, subject = read_head(bytes(content))
    return Draft(
        order_id=delivery.order_id,
        kind=delivery.kind,
        language=delivery.language,
        to=to,
        subject=subject,
        message_id=delivery.message_id,
        path=draft_path(delivery.order_id, wanted, delivery.kind),
        content=content,
        state=delivery.state.value,
    )


def _state(draft: Draft, delivery: Delivery | None, plans: Mapping[int, str], plan: str) -> str:
    if delivery is None or draft.state == "refused" or delivery.sha256 != draft.sha256:
        return draft.state
    if delivery.state is DeliveryState.WITHHELD:
        return draft.state  # it stands again, and a person has to agree again
    if delivery.state in (DeliveryState.APPROVED, DeliveryState.RETRY) and plans.get(delivery.batch) != plan:
        return draft.state
    return delivery.state.value


def changed_since(drafts: Iterable[Draft], deliveries: Mapping[Pair, Delivery]) -> list[Draft]:
    """Drafts that were approved and no longer are, because they or the plan changed."""
    agreed = (DeliveryState.APPROVED, DeliveryState.RETRY)
    return [
        draft
        for draft in drafts
        if draft.state in ("rendered", "edited", "refused")
        and (delivery := deliveries.get((draft.order_id, draft.kind)))
        and delivery.state in agreed
    ]


def listed(drafts: Sequence[Draft], on_disk: Mapping[str, str], edited_groups: Collection[str]) -> list[Draft]:
    """The drafts that lay in the folder as they are now, so that a person could have read them.

    One that a person rewrote himself counts, alone or through its group's template. One that is new, or that new facts
    changed, has to be read first.
    """
    return [
        draft
        for draft in drafts
        if on_disk.get(draft.path) == draft.sha256 or (draft.path in on_disk and draft.group in edited_groups)
    ]


def batch_root(drafts: Iterable[Draft]) -> str:
    """One digest over a batch: sha256 over the lines `<order id> <kind> <sha256>` in the order of the manifest."""
    lines = "".join(f"{draft.order_id} {draft.kind} {draft.sha256}\n" for draft in drafts)
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()
