"""What letters of one's own shop may not say: there is no marketplace that would act for the seller."""

from __future__ import annotations

from typing import Final

from promofuse.drafts.policy_rules.base import PolicyRule

OWN_SHOP: Final = (
    PolicyRule(
        code="OWN-N01",
        name="marketplace-words",
        says="say that you return the money: your own shop has no marketplace that does, and its software does not",
        source="Design; Shopify orderCancel: the shop refunds by originalPaymentMethodsRefund",
        words={
            "en": r"""
                (?:amazon|ozon|ebay|shopify|vendure|medusa|the (?:marketplace|platform))_(?:returns?|refunds?|
                releases?|pays?|
                will _(?:return|refund|release|pay|inform)|informs?)
            """,
            "de": r"""
                (?:amazon|ozon|ebay|shopify|vendure|medusa|der marktplatz|die plattform)_(?:zahlt|erstattet|überweist|
                informiert|zurück)|(?:zahlt|erstattet|überweist|wird) (?:amazon|ozon|shopify|der marktplatz|
                die plattform)
            """,
            "ja": r"""
                (?:マーケットプレイス|プラットフォーム|amazon|アマゾン|ozon|shopify)(?:より|から|が|にて)_(?:返金|
                返還|連絡|解除)
            """,
            "zh": r"(?:平台|亚马逊|amazon|ozon|shopify)_(?:退款|退回|退还|返还|通知|解除)",
            "fr": r"""
                (?:amazon|ozon|shopify|la (?:marketplace|place de marché|plateforme))_(?:rembours\w+|restitu\w+|
                inform\w+)
            """,
            "it": r"(?:amazon|ozon|shopify|il marketplace|la piattaforma)_(?:rimbors\w+|restitui\w+|inform\w+)",
            "es": r"""
                (?:amazon|ozon|shopify|el (?:marketplace|mercado)|la plataforma)_(?:dev(?:ol|uel)\w+|reembols\w+|
                inform\w+)
            """,
            "ru": r"(?:amazon|ozon|озон|shopify|маркетплейс|площадка|платформа)_(?:верн\w+|возвра\w+|сообщ\w+)",
        },
    ),
    PolicyRule(
        code="SHP-N01",
        name="internal-name",
        says="call the order by its name, as #1001: the buyer does not know Shopify's inner ids",
        source="Shopify Admin GraphQL: Order.name",
        words={"*": r"gid://\S*"},
    ),
)
