"""What letters must say and may not say, as dated tables: a file for each family, and RULES with all of them.

Words are regular expressions over folded text: NFKC and casefolded (`ss` for the sharp s, `!` for the full-width one),
without soft hyphens and zero-width characters, without spaces between Chinese or Japanese characters. In languages
written with letters they match whole words; in ja, zh and `*` (any language) they match anywhere. `_` stands for up to
60 characters of the same sentence; line breaks and the spaces around them are not part of a list of words. To forbid
a word, add it here, and a sentence that uses it to tests/rules/letter_policy.toml.

Sources: SC is Amazon's Seller Central help (communication guidelines, G1701, TV8NTY5RM6N9LUN, read 2026-11); Ozon is
its help for sellers; Design are this house's own rules; Law is where a sentence could bind the seller or inflame the
buyer.
"""

from typing import Final

from promofuse.drafts.policy_rules.advice import ADVICE
from promofuse.drafts.policy_rules.amazon import AMAZON
from promofuse.drafts.policy_rules.base import ANNOUNCING, FOLLOW_UP, HONOUR, KINDS, PART, PROVEN, PolicyRule, pattern
from promofuse.drafts.policy_rules.conduct import CONDUCT
from promofuse.drafts.policy_rules.must import MUST
from promofuse.drafts.policy_rules.never import NEVER
from promofuse.drafts.policy_rules.own_shop import OWN_SHOP
from promofuse.drafts.policy_rules.ozon import OZON
from promofuse.drafts.policy_rules.promises import PROMISES

RULES: Final = (*MUST, *NEVER, *CONDUCT, *PROMISES, *AMAZON, *OZON, *OWN_SHOP, *ADVICE)

__all__ = ["ANNOUNCING", "FOLLOW_UP", "HONOUR", "KINDS", "PART", "PROVEN", "RULES", "PolicyRule", "pattern"]
