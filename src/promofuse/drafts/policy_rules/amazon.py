"""What Amazon forbids in a message to a buyer."""

from __future__ import annotations

from typing import Final

from promofuse.drafts.policy_rules.base import HONOUR, PolicyRule

AMAZON: Final = (
    PolicyRule(
        code="AMZ-N01",
        name="remedy",
        says="offer nothing on Amazon: no coupon, discount, gift, credit or compensation, no new order",
        source="SC: no marketing, no incentives",
        words={
            "en": r"""
                coupons?|vouchers?|discount(?:s|ed)?|gifts?|gift ?cards?|compensat\w+|promo(?:tion(?:al)?)? codes?|
                (?:store|shop|account) credits?|rebates?|
                free (?:of charge|shipping|item|product|sample|replacement)|for free|freebies?|bonus(?:es)?|
                special (?:offer|price|deal)s?|(?:re-?order|order (?:it |this |the item )?again)\w*|
                make it up to you|goodwill|cashback|
                next (?:order|purchase)|\d+ ?% off|(?:small|little) presents?|buy it again|
                place (?:your|the|a new) order again
            """,
            "de": r"""
                gutschein\w*|rabatt\w*|geschenk\w*|gratis\w*|kostenlos\w*|entschädig\w*|kompensation\w*|
                preisnachlass\w*|nachlass|kulanz\w*|wiedergutmach\w*|bonus\w*|aktionscode\w*|sonderangebot\w*|
                (?:erneut|nochmals?|neu) (?:zu )?bestell\w*|
                kleine aufmerksamkeit|(?:nächste\w*|folgende\w*) (?:bestellung|einkauf)|
                (?:bestellen|kaufen) sie _(?:noch ?(?:ein)?mal|wieder)
            """,
            "ja": r"""
                クーポン|割引|値引|ギフト|プレゼント|補償|賠償|お詫びの(?:品|しるし|印)|
                ポイント(?:を)?(?:進呈|付与|プレゼント|差し上げ)|無料|特典|景品|粗品|再注文|再度_?注文|
                キャッシュバック|
                次回|% ?(?:オフ|引き)|改めてご?(?:注文|購入)
            """,
            "zh": r"""
                优惠|優惠|代金券|折扣|折價|打折|礼品|禮品|礼物|禮物|赠品|赠送|贈送|补偿|補償|赔偿|賠償|红包|紅包|
                返现|返利|免费|免費|积分|重新(?:下单|购买|下單)|再次(?:下单|购买)|
                下次(?:购|买|下单|给)|打[一二三四五六七八九\d.]+折|下一单
            """,
            "fr": r"""
                bons? d'achat|code promo\w*|coupons?|remises?|réductions?|cadeaux?|dédommag\w+|compens\w+|un avoir|
                gratuit\w*|geste commercial|vous offr\w+|vous (?:est|sont) offert\w*|(?:commandez|commander|
                passez commande) (?:à|de) nouveau|
                recommandez|
                prochaine? (?:commande|achat)|repass\w+ (?:une )?commande
            """,
            "it": r"""
                buon[oi] (?:sconto|regalo|acquisto)|un buono|coupon|scont[oi]|regal[oi]|omaggi[oi]?|risarc\w+|
                indennizz\w+|gratuit\w+|gratis|compens\w+|(?:ordin\w+|acquist\w+) di nuovo|
                prossim[oa] (?:ordine|acquisto)|riordin\w+|riacquist\w+
            """,
            "es": r"""
                cup[oó]n(?:es)?|descuentos?|regal[aáo]\w*|vales?|compens\w+|indemniz\w+|gratis|gratuit\w+|
                (?:pida|haga el pedido|compre|ordene) (?:de nuevo|otra vez)|bonificaci\w+|
                próxim[oa] (?:compra|pedido)|obsequio\w*|(?:volver|vuelva) a (?:pedir|comprar)\w*
            """,
            "ru": r"""
                купон\w*|скидк\w*|скидок|промокод\w*|подар\w*|компенс\w*|бонус\w*|бесплатн\w*|
                (?:закажите|заказать|оформите заказ) (?:снова|ещё раз|повторно)|кэшб[еэ]к|
                следующ\w+ (?:заказ|покупк)\w*
            """,
        },
    ),
    PolicyRule(
        code="AMZ-N02",
        name="link",
        says="no link, web address or domain on Amazon",
        source="SC: links only where the order needs them",
        words={
            "*": r"""
                [a-z][a-z0-9+.-]{1,9}://|www\.|(?<![\w@-])(?:[\w-]{1,63}\.){1,4}(?:com|net|org|info|biz|shop|store|
                online|site|app|dev|top|vip|xyz|club|live|link|page|io|me|co|ly|gg|tv|cc|cn|hk|tw|de|at|ch|fr|it|es|
                pt|ru|su|jp|uk|ie|us|ca|mx|br|eu|in|au|nl|be|pl|se|tr|ae|sa|sg|kr|example)(?![\w.-]*\w)
            """,
            "en": r"click (?:here|below|on)|(?:this|following) link",
            "de": r"klicken sie|(?:folgende\w*|diese\w*) link",
            "ja": r"クリック|リンク|url",
            "zh": r"点击(?:这里|此处|链接|下方)|链接|鏈接|連結|网址|網址|扫码|二维码",
            "fr": r"cliquez|(?:ce|le) lien|lien suivant",
            "it": r"clicc\w+|(?:questo|il|seguente) link",
            "es": r"haga clic|(?:este|el siguiente|el) enlace|pulse aquí",
            "ru": r"нажмите (?:здесь|на)|перейдите по|(?:эта|эту|по) ссылк\w+|ссылк\w+",
        },
    ),
    PolicyRule(
        code="AMZ-N03",
        name="e-mail-address",
        says="no e-mail address on Amazon",
        source="SC; SP-API Messaging",
        words={"*": r"\S@\S+", "en": r"\w+ ?[\[(]at[\])] ?\w+"},
    ),
    PolicyRule(
        code="AMZ-N04",
        name="phone",
        says="no phone number and no call on Amazon",
        source="SC",
        words={
            # Dates such as 03.11.2026 or 2026-11-03 are no phone numbers.
            "*": r"""
                (?<![\w./-])(?!(?:\d{1,2}[./-]\d{1,2}[./-]\d{4}|
                \d{4}[./-]\d{1,2}[./-]\d{1,2})(?![\d./-]*\d))\+?\(?\d(?:[ ()./-]{0,3}\d){6,}
            """,
            "en": r"""
                (?:call|phone|ring|text) (?:us|me)|tele?phone\w*|phone (?:number|call)s?|by phone|hotline|
                (?:we|i)(?: will|'ll)? call you
            """,
            "de": r"rufen sie|anrufen|anruf|telefon\w*|hotline|telefonisch",
            "ja": r"電話|お電話|フリーダイヤル|携帯番号",
            "zh": r"电话|電話|手机号|手機|热线|熱線|致电|来电",
            "fr": r"téléph\w+|appel(?:ez|er)(?:-nous)?|hotline",
            "it": r"telefon\w+|chiamat\w+|chiam(?:i|are)",
            "es": r"tel[eé]fon\w+|ll[aá]m(?:e|ar|enos)\w*",
            "ru": r"телефон\w*|позвон\w+",
        },
    ),
    PolicyRule(
        code="AMZ-N05",
        name="review",
        says="no word about reviews, feedback or ratings on Amazon",
        source="SC: no influence on reviews",
        words={
            "*": r"[★☆]",
            "en": r"""
                reviews?|feedbacks?|ratings?|rate (?:us|our|this|the)|testimonials?|stars|
                (?:\d|one|two|three|four|five)[ -]stars?
            """,
            "de": r"""
                bewertung\w*|bewerten|rezension\w*|feedback\w*|sternen?|\d[ -]stern\w*|rückmeldung\w*|
                beurteil\w+
            """,
            "ja": r"レビュー|評価|評点|フィードバック|口コミ|クチコミ|[1-5一二三四五]つ?星|星[1-5一二三四五]",
            "zh": r"评价|評價|评论|評論|好评|好評|差评|差評|中评|晒单|评分|打分|反馈|反饋|[1-5一二三四五]星",
            "fr": r"""
                commentaires?|évalu\w+|étoiles?|(?:un|votre|l'|des|vos|bon|mauvais) ?avis|notez-nous|
                (?:mauvaise|bonne) note|nous noter
            """,
            "it": r"""
                recension\w+|feedback|valuta(?:zion|re|te|rci)\w*|(?:\d|un[ao]?|due|tre|quattro|cinque) stell[ae]|
                giudizi[o]? _(?:negativ|positiv)\w+
            """,
            "es": r"""
                reseñas?|opini[oó]n(?:es)?|valoraci[oó]n(?:es)?|valór[ea]\w*nos|valorar\w*|estrellas?|comentarios?|
                (?:mala|buena) nota|calificaci\w+|puntuaci\w+
            """,
            "ru": r"отзыв\w*|оцен(?:к\w*|ок|ите|ить)|рейтинг\w*|зв[её]зд\w*",
        },
    ),
    PolicyRule(
        code="AMZ-N06",
        name="other-channel",
        says="name no other channel than the reply to this message",
        source="SC: messages stay on Amazon",
        words={
            "*": r"whats ?app|we ?chat|telegram|facebook|instagram|messenger|viber|skype|tiktok|twitter|kakao",
            "en": r"""
                (?:contact|write to|message|mail|e-?mail|reach) us (?:directly|at|on|by|via|through|outside)|
                e-?mail (?:us|me)|our (?:own )?(?:web ?site|web ?shop|online (?:shop|store)|home ?page)|
                outside (?:of )?amazon|directly (?:with|from) us|
                drop us|send us an? e-?mail
            """,
            "de": r"""
                (?:unser\w*|auf der) (?:eigenen? )?(?:website|webseite|webshop|onlineshop|online-shop|internetseite|
                homepage)|ausserhalb von amazon|per (?:e-?mail|post)|direkt bei uns|
                schreiben sie uns (?:an|direkt)|
                per mail|uns eine (?:e-?)?mail
            """,
            "ja": r"""
                (?<![a-z])line(?:で|に|の|公式|id|@)|公式サイト|ホームページ|当店サイト|自社サイト|
                直接(?:ご連絡|当店に)|メールアドレス|
                メール(?:で|にて|を(?:お送|くだ))
            """,
            "zh": r"""
                微信|(?<![a-z])qq(?![a-z])|淘宝|官网|官網|支付宝|私聊|加我|加好友|私下|公众号|抖音|邮箱|郵箱|
                直接联系我们|
                [发發]送?(?:邮件|电邮|郵件)
            """,
            "fr": r"""
                notre (?:site|boutique|page)|en dehors d'(?:amazon|ozon)|directement (?:auprès de|chez|avec) nous|
                contactez-nous (?:par|sur|directement)|écrivez-nous (?:par|à)|
                (?:un|par) (?:e-?mail|mail|courriel)
            """,
            "it": r"""
                nostro (?:sito|negozio)|fuori da (?:amazon|ozon)|direttamente (?:da|con) noi|ci contatti|contattateci|
                ci scriva|
                (?:una|via|per) (?:e-?)?mail
            """,
            "es": r"""
                nuestr[ao] (?:página|sitio|web|tienda)|fuera de (?:amazon|ozon)|directamente con nosotros|contáctenos|
                escríbanos|
                (?:un|por) correo|correo electrónico
            """,
            "ru": r"""
                наш\w* (?:сайт|магазин)\w*|телеграм\w*|ватсап\w*|вотсап\w*|вне (?:amazon|ozon)|напрямую|
                личные сообщения|напишите нам (?:на|в)|свяжитесь с нами
            """,
        },
    ),
    PolicyRule(
        code="AMZ-N07",
        name="html",
        says="plain text only: no HTML",
        source="SP-API Messaging: no HTML",
        words={
            "*": r"""
                </?[a-z!][^<>]{0,200}>|&(?:[a-z]{2,8}|#x?[0-9a-f]{1,6});|<(?:script|img|a|b|i|br|p|div|style|html)\b
            """,
        },
    ),
    PolicyRule(
        code="AMZ-N08",
        name="attachment",
        says="no attachments, and no words about them",
        source="SC: attachments only where the order needs them",
        words={
            "en": r"attach(?:ed|ment|ments|ing)?|enclosed|enclosure",
            "de": r"anhang|anhänge|angehängt|beigefügt\w*|anbei|anlagen?",
            "ja": r"添付|同封|別紙",
            "zh": r"附件|附上|随信|見附|见附",
            "fr": r"pièces? jointes?|ci-joint\w*",
            "it": r"allegat\w+|in allegato",
            "es": r"adjunt\w+",
            "ru": r"вложени\w+|прилага\w+|во вложении",
        },
    ),
    PolicyRule(
        code="AMZ-N09",
        name="emoji",
        says="no emojis on Amazon",
        source="SC: communication guidelines",
        words={"*": "[\U0001f1e6-\U0001faff\u2600-\u27bf]"},
    ),
    PolicyRule(
        code="AMZ-N10",
        name="honour-notice",
        kinds=HONOUR,
        says="send no letter about an order that you honour on Amazon: the buyer waits for the parcel, not for mail",
        source="SC: only messages that the order needs",
    ),
)
