"""What no letter may do, on any platform: beg, advertise, blame the marketplace, name other orders, or run on."""

from __future__ import annotations

from typing import Final

from promofuse.drafts.policy_rules.base import PolicyRule

CONDUCT: Final = (
    PolicyRule(
        code="ANY-N08",
        name="unfilled-placeholder",
        says="a placeholder was left unfilled",
        source="Design",
        words={"*": r"\{\{|\}\}|\{%|%\}|\{#|#\}"},
    ),
    PolicyRule(
        code="ANY-N11",
        name="pity",
        says="never appeal to pity",
        source="Design; research on apologies",
        words={
            "en": r"""
                bankrupt\w*|ruin(?:ed)? us|(?:my|our) famil(?:y|ies)|small business|
                lose (?:my|our) (?:job|business|account)|
                out of business|(?:cannot|can't|could not|will not) survive|(?:little|tiny) shop
            """,
            "de": r"""
                insolven\w+|bankrott\w*|pleite|(?:meine|unsere) familien?|ruinier\w*|
                existenzbedroh\w*|existenz \w*|klein(?:en|er|es) (?:laden|betrieb)
            """,
            "ja": r"""
                倒産|破産|家族を養|生活が苦|
                店をたた|廃業|存続
            """,
            "zh": r"""
                破产|破產|倒闭|倒閉|养家|小本(?:生意|经营)|倾家荡产|求求|可怜|
                亏不起|虧不起|赔不起|亏本
            """,
            "fr": r"""
                faillite|ruin\w+|(?:ma|notre) famille|petite entreprise|
                en péril|petite boutique|mettre la clé
            """,
            "it": r"""
                falliment\w+|bancarotta|rovin\w+|(?:mia|nostra) famiglia|piccola (?:impresa|azienda)|
                costring\w+ a chiudere|piccolo negozio
            """,
            "es": r"""
                quiebra|bancarrota|arruin\w+|(?:mi|nuestra) familia|pequeña empresa|
                oblig\w+ a cerrar|pequeñ[ao] (?:tienda|negocio)
            """,
            "ru": r"""
                банкрот\w*|разор\w+|(?:моя|наша|мою|нашу) семь\w+|малый бизнес|
                (?:маленьк|небольш)\w+ магазин\w*
            """,
        },
    ),
    PolicyRule(
        code="ANY-N12",
        name="another-order",
        says="never name another order",
        source="Design: nobody's data in another's letter",
        words={"*": r"(?<![\d-])(?:\d{3}-\d{7}-\d{7}|\d{6,12}-\d{4}-\d{1,3})(?![\d-])"},  # Amazon's, Ozon's
    ),
    PolicyRule(
        code="ANY-N13",
        name="too-long",
        says="keep the text within 2,000 characters",
        source="SP-API Messaging: createUnexpectedProblem",
    ),
    PolicyRule(
        code="ANY-N16",
        name="blames-the-marketplace",
        says="never blame the marketplace or its software: the mistake is yours",
        source="Ozon: no negative statements about Ozon; Design: no false reason",
        words={
            "en": r"""
                (?:amazon|ozon|ebay|walmart|shopify|the (?:marketplace|platform|software))(?:'s)? (?:\w+ )?(?:mistake|
                error|fault|
                bug|glitch)|(?:caused|set|made) by (?:amazon|ozon|ebay|walmart|shopify|the (?:marketplace|platform))|
                because of (?:amazon|ozon|shopify)
            """,
            "de": r"""
                (?:fehler|schuld|verschulden) (?:von|bei|des|der) (?:amazon|ozon|ebay|shopify|marktplatz\w*|plattform)|
                (?:amazon|ozon|shopify|der marktplatz|die plattform) _(?:verursacht|schuld)
            """,
            "ja": r"""
                (?:amazon|アマゾン|ozon|shopify|プラットフォーム|マーケットプレイス)(?:側)?の(?:ミス|誤り|責任|不具合|
                エラー|障害)
            """,
            "zh": r"(?:亚马逊|amazon|ozon|shopify|平台)(?:方|系统|后台|方面)?的?(?:错误|失误|问题|故障|责任|原因)",
            "fr": r"""
                (?:erreur|faute) (?:de|d'|du|de la) ?(?:amazon|ozon|shopify|marketplace|plateforme)|à cause (?:de|
                d') ?(?:amazon|ozon|shopify)
            """,
            "it": r"""
                (?:errore|colpa) (?:di|del|della|dell')(?: )?(?:amazon|ozon|shopify|marketplace|piattaforma)|
                a causa di (?:amazon|ozon|shopify)
            """,
            "es": r"""
                (?:error|culpa) (?:de|del|de la) (?:amazon|ozon|shopify|marketplace|plataforma)|
                por culpa de (?:amazon|ozon|shopify)
            """,
            "ru": r"""
                (?:ошибк\w+|вин\w+|сбо\w+) (?:(?:на стороне|в|со стороны) )?(?:amazon|ozon|озон\w*|shopify|
                маркетплейс\w*|площадк\w+|платформ\w+)
            """,
        },
    ),
    PolicyRule(
        code="ANY-N17",
        name="advertising",
        says="advertise nothing: the letter is about this order alone",
        source="SC: no marketing; Law: advertising by mail needs consent (2002/58/EC article 13)",
        words={
            "en": r"""
                newsletters?|subscribe|follow us|new (?:collection|arrivals?|products?)|our (?:latest|
                other) (?:offers?|products?)|
                check out our|visit our (?:shop|store)|don't miss|shop now|black friday
            """,
            "de": r"""
                newsletter\w*|abonnier\w*|folgen sie uns|neue (?:kollektion|produkte|angebote)|weitere angebote|
                besuchen sie unseren|jetzt (?:kaufen|shoppen)|neuheiten
            """,
            "ja": r"メールマガジン|メルマガ|新商品|新作|フォローして|セール(?:開催|実施)|お買い得|ぜひご覧",
            "zh": r"新品|上新|关注我们|關注我們|收藏(?:本店|店铺)|订阅|参加我们的活动|欢迎选购|更多商品|双十一",
            "fr": r"""
                newsletters?|abonnez-vous|suivez-nous|nouvelle collection|nouveautés|nos autres (?:offres|produits|
                articles)|visitez notre
            """,
            "it": r"""
                newsletter|iscriv(?:iti|etevi|a|ersi)|segu(?:iteci|ici)|nuova collezione|novità|altre offerte|
                altri nostri prodotti|visit(?:i|ate) il nostro
            """,
            "es": r"""
                boletín|newsletter|suscr[ií]b\w+|síganos|nueva colección|novedades|otras ofertas|
                nuestros otros productos|
                visite nuestr[ao]
            """,
            "ru": r"""
                рассылк\w+|подпишитесь|подписк\w+|новинк\w*|нов(?:ая|ую|ой) коллекци\w+|наши (?:другие )?(?:товары|
                предложения)|участвуйте в акции|распродаж\w*
            """,
        },
    ),
)
