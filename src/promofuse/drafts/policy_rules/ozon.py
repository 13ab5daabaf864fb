"""What Ozon forbids in a message to a buyer: mostly what Amazon does, in a shorter text."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from promofuse.drafts.policy_rules.amazon import AMAZON
from promofuse.drafts.policy_rules.base import PolicyRule

_SOURCE: Final = "Ozon: communication rules with clients (docs.ozon.ru/global/en/policies/communication)"
_AMAZON: Final = {rule.code: rule for rule in AMAZON}

OZON: Final = (
    PolicyRule(
        code="OZN-N01",
        name="chat-too-long",
        says="keep the text within 1,000 characters: Ozon's chat takes no more",
        source="Ozon Seller API: /v1/chat/send/message",
    ),
    *(
        replace(_AMAZON[amazon], code=code, name=name, says=says, source=_SOURCE)
        for amazon, code, name, says in (
            ("AMZ-N02", "OZN-N02", "link-in-chat", "no link, web address or domain on Ozon"),
            ("AMZ-N03", "OZN-N03", "e-mail-address-in-chat", "no e-mail address on Ozon"),
            ("AMZ-N04", "OZN-N04", "phone-in-chat", "no phone number and no call on Ozon"),
            ("AMZ-N05", "OZN-N05", "review-in-chat", "no word about reviews, feedback or ratings on Ozon"),
            ("AMZ-N06", "OZN-N06", "other-channel-than-chat", "name no other channel than the chat"),
            ("AMZ-N07", "OZN-N07", "html-in-chat", "plain text only in Ozon's chat: no HTML"),
        )
    ),
)
