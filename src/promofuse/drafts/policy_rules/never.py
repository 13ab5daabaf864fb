"""What no letter may say, on any platform."""

from __future__ import annotations

from typing import Final

from promofuse.drafts.policy_rules.base import PolicyRule

NEVER: Final = (
    PolicyRule(
        code="ANY-N01",
        name="asks-to-cancel",
        says="never ask the buyer to cancel or to request a cancellation or refund: you cancel, and say so",
        source="SC: do not request that buyers submit a cancellation; Design",
        words={
            "en": r"""
                (?:please|kindly|(?:could|can|would|will) you|(?:ask|want|need|invite|urge)(?:ing)? you to|
                you (?:can|may|should|must|could|need to|have to|will have to)|feel free to|remember to|
                go ahead and) _(?:cancel|request _(?:cancellation|refund|return)|apply for _(?:cancellation|
                refund))|(?:submit|send|file|open|place)(?: us)? (?:a |the |your )?(?:cancell?ation|refund|
                return)(?: request)?|cancel _(?:yourself|on your (?:side|end)|in your account)|
                cancel (?:your|the|this) order (?:now|today|in|via|through|from)
            """,
            "de": r"""
                (?<!wir )stornieren sie|(?:können|könnten|sollten|müssen|möchten|würden|dürfen) sie _stornieren|
                sie (?:können|könnten|sollten|müssten|müssen|dürfen) _stornieren|selbst (?:zu )?stornieren|
                (?:stornierung|stornierungsanfrage|stornoanfrage|rückerstattung|erstattung|rückgabe)_(?:beantrag\w*|
                zu beantragen|anforder\w*|anzufordern|einreich\w*|einzureichen|anfrag\w*)|
                (?:beantragen|fordern|reichen|stellen) sie _(?:storn\w+|erstattung|rückerstattung)|
                bitten sie,? _zu stornieren
            """,
            "ja": r"""
                (?:キャンセル|取り?消し?)(?:を|の)?(?:ご)?(?:お願い|申請|依頼|リクエスト|して(?:くだ|下|いただ|頂)|
                の?お?手続きを(?:お願い|して|行って|お取り))|
                (?:キャンセル|取り?消し?|返金|返品)(?:の)?(?:ご)?(?:申請|リクエスト|請求|依頼)を?|
                お客様(?:の(?:方|ほう|側))?(?:で|から|にて|より)_(?:キャンセル|取り?消)
            """,
            "zh": r"""
                [请請](?:您|你)?(?:尽快|盡快|先|自行|帮忙|配合|协助|协商|主动|及时|立即|也)*(?:在_)?(?:申请|申請|
                取消|点击|提交|发起|操作)|(?:麻烦|烦请|劳烦|拜托|希望)(?:您|你)_(?:取消|退款)|
                (?:申请|申請|提交|发起)_?(?:退款|取消|退货|退貨)|
                (?:您|你)(?:可以|需要|应该|可|也可以)_?(?:取消|申请)|自行取消
            """,
            "fr": r"""
                (?:veuillez|merci de|pourriez-vous|pouvez-vous|vous (?:pouvez|devez)) _annuler|
                demande[rz]? _(?:annulation|remboursement)
            """,
            "it": r"(?:la preghiamo di|può|puoi|potrebbe|deve) _annullare|richied\w+ _(?:annullamento|rimborso)",
            "es": r"""
                (?:por favor,?|puede|podría|debe|le pedimos que) _(?:cancel[ea]\w*|anul[ea]\w*)|
                solicit[ea]\w* _(?:cancelación|reembolso)
            """,
            "ru": r"""
                (?:пожалуйста,?|просим|можете|прошу) _отмени\w+|
                (?:оформите|запросите|подайте) _(?:отмен\w+|возврат\w*|заявк\w+)
            """,
        },
    ),
    PolicyRule(
        code="ANY-N02",
        name="false-reason",
        says="never give stock, supply or shipping as the reason: it is not true",
        source="Design: no false reason; SC reason codes",
        words={
            "en": r"""
                out of stock|(?:sold|run|ran) out|back-?ordered|(?:not|no longer|un)[ -]?(?:available|in stock)|
                (?:stock|inventory|supply|supplier|warehouse|logistics|carrier|courier|shipping|delivery|
                shipment) (?:\w+ )?(?:issues?|problems?|errors?|delays?|shortages?|difficult\w+|reasons?)|
                (?:stock|inventory|supply) (?:is|are|was|were|ran|has|have)|(?:cannot|can't|can not|could not|
                couldn't|unable to|not able to) (?:ship|deliver|supply|dispatch|source)|discontinued|
                (?:lost|damaged) (?:in|during|by)
            """,
            "de": r"""
                ausverkauft|vergriffen|nicht (?:mehr )?(?:auf lager|vorrätig|lieferbar|verfügbar)|
                lager(?:bestand|fehler|problem)\w*|liefer(?:engp\w+|schwierig\w+|problem\w*|verzöger\w+)|
                versand(?:problem|schwierig|verzöger)\w*|nicht (?:liefern|versenden|verschicken)|engpass\w*|
                logistik\w*
            """,
            "ja": r"""
                在庫|品切れ|売り?切れ|完売|欠品|入荷|
                (?:配送|発送|輸送|物流)(?:上|会社|業者)?(?:の)?(?:問題|都合|遅延|遅れ|トラブル|事情)|
                (?:発送|配送|お届け)(?:が)?(?:でき|出来|いたしかね)|仕入れ
            """,
            "zh": r"""
                缺货|缺貨|无货|無貨|断货|售罄|没货|沒貨|卖完|库存|庫存|
                (?:无法|不能|没法)(?:正常)?(?:发货|配送|寄出)|发不了货|
                (?:物流|快递|运输|配送|供应商|仓库)_?(?:问题|原因|异常|延误|故障)|供应不足
            """,
            "fr": r"""
                rupture de stock|épuisé\w*|(?:plus|pas) (?:disponibles?|en stock)|indisponib\w+|
                problèmes? (?:de |d')(?:livraison|expédition|stock)
            """,
            "it": r"esaurit\w+|non (?:più )?disponibil\w+|problem\w+ di (?:spedizione|consegna|magazzino)",
            "es": r"""
                agotad\w+|sin existencias|no (?:está )?disponibl\w+|problemas? de (?:envío|entrega|stock)|
                falta de stock
            """,
            "ru": r"нет в наличии|закончил\w+|распродан\w*|отсутств\w+ на складе|проблем\w+ с доставк\w+",
        },
    ),
    PolicyRule(
        code="ANY-N03",
        name="hacked",
        says="never blame an attack: it is not true",
        source="Design: no false reason",
        words={
            "en": r"hack(?:ed|ers?|ing)|cyber ?-?attack\w*|data breach|security breach|malware|virus",
            "de": r"gehackt\w*|hacker\w*|hackerangriff\w*|cyberangriff\w*|virus",
            "ja": r"ハッキング|ハッカー|ハックされ|不正アクセス|サイバー攻撃|乗っ取|ウイルス",
            "zh": r"黑客|駭客|被黑|网络攻击|入侵|盗号|病毒|中毒",
            "fr": r"pirat(?:é\w*|age)|cyberattaque\w*",
            "it": r"hackerat\w+|attacco informatico",
            "es": r"hackead\w+|pirat(?:ead\w+|eo)|ciberataque\w*",
            "ru": r"взлом\w*|хакер\w*|кибератак\w*",
        },
    ),
    PolicyRule(
        code="ANY-N04",
        name="accuses-the-buyer",
        says="never accuse the buyer: the mistake is yours",
        source="Design",
        words={
            "en": r"""
                abus(?:e|ed|es|ing|ive)|fraud\w*|scam\w*|resell(?:er|ers|ing)?|(?:took|take|taken|taking) advantage|
                exploit(?:ed|ing|ation)?|bad faith|bargain[ -]hunt\w*|
                you (?:\w+ )?(?:must|should|could)(?: have)? (?:known?|realised|realized|noticed)|dishonest\w*|
                suspicious|scalp(?:er|ers|ing)
            """,
            "de": r"""
                missbr[aä]u\w+|betrug\w*|betrüg\w*|wiederverkäufer\w*|ausgenutzt|ausnutz\w*|bösgläubig\w*|
                schnäppchenjäger\w*|unredlich\w*|(?:hätten|müssen|mussten) sie _(?:erkennen|wissen|gewusst|erkannt)|
                verdächtig\w*
            """,
            "ja": r"不正(?!アクセス)|転売|詐欺|悪用|悪意|悪質|気付かれたはず|ご存じだったはず|お気づきだったはず",
            "zh": r"羊毛|恶意|惡意|欺诈|诈骗|詐騙|黄牛|转卖|轉賣|占便宜|钻空子|漏洞|职业打假|刷单|贪",
            "fr": r"frauduleu\w+|fraude\w*|abus\w*|profité de|mauvaise foi|revendeur\w*",
            "it": r"frod\w+|truff\w+|abus\w+|approfitta\w+|malafede|rivenditor\w+",
            "es": r"fraud\w+|abus\w+|aprovecha\w+|mala fe|revendedor\w*",
            "ru": r"мошенн\w+|злоупотреб\w+|перекупщик\w*|воспользовал\w+ ошибкой|недобросовест\w+",
        },
    ),
    PolicyRule(
        code="ANY-N05",
        name="legal-claim",
        says="never claim rights or quote law: it inflames, and it differs by country",
        source="Law",
        words={
            "en": r"""
                (?:no|any) (?:legal )?(?:rights?|claims?|entitlement) (?:to|on|against)|
                not (?:legally )?(?:obliged|obligated|required|bound)|no(?: legal)? obligation|legal(?:ly)?|
                lawful(?:ly)?|by law|our rights?|entitled|terms (?:and|&) conditions|binding|
                (?:no|valid|invalid) contract|void
            """,
            "de": r"""
                rechtlich\w*|gesetzlich\w*|gesetz|(?:nicht|keineswegs) verpflichtet|
                kein(?:en|erlei)? (?:rechts)?anspr[uü]ch\w*|kein recht|agb|geschäftsbedingungen|vertrag\w*|
                nichtig\w*
            """,
            "ja": r"法的|法律|法令|民法|義務(?:は|が|を)|権利(?:は|が|を)|規約|契約",
            "zh": r"法律|民法|无权|無權|有权|有權|没有(?:权利|义务)|沒有(?:權利|義務)|义务|依法|合同|合約",
            "fr": r"légal\w*|juridi\w+|aucun droit|pas (?:tenus?|obligés?)|conditions générales|contrat",
            "it": r"legal\w+|giuridic\w+|nessun diritto|non siamo (?:tenuti|obbligati)|contratto",
            "es": r"legal\w*|jurídic\w+|ningún derecho|no estamos obligados|contrato",
            "ru": r"юридическ\w+|закон\w*|не обязаны|не имеете права|имеем право|договор\w*",
        },
    ),
    PolicyRule(
        code="ANY-N06",
        name="accepted-the-order",
        says="never say that the order was accepted or confirmed: it can bind you",
        source="Law: a confirmation may conclude the contract",
        words={
            "en": r"""
                (?:accept|confirm)(?:ed|ing)? (?:your|the|this) (?:order|purchase)|
                (?:order|purchase) (?:is|was|has been|had been|is now) (?:accepted|confirmed)|order confirmation|
                (?:accepted|confirmed) order|acceptance of your order
            """,
            "de": r"""
                (?:bestellung|auftrag)_(?:angenommen|bestätigt)|(?:auftrags|bestell)bestätigung\w*|
                (?:angenommene|bestätigte)\w* bestellung|annahme ihrer bestellung|bestätigen (?:wir )?_bestellung|
                bestellung bestätigen
            """,
            "ja": r"""
                注文(?:を|は|が)?_?(?:お受けし|承りました|承って|受け付けました|受諾|確定し|確認いたしました|成立)|
                ご?注文確認|ご?注文確定
            """,
            "zh": r"""
                (?:接受|确认|確認|受理)了?(?:您|你)?的?(?:订单|訂單)|
                (?:订单|訂單)(?:已经?|已經|被)?(?:确认|確認|接受|受理|成立)
            """,
            "fr": r"""
                (?:accepté|confirmé) votre commande|commande (?:est |a été )?(?:acceptée|confirmée)|
                confirmation de commande
            """,
            "it": r"""
                (?:accettato|confermato) (?:il suo|il tuo) ordine|ordine (?:è stato )?(?:accettato|confermato)|
                conferma d'ordine
            """,
            "es": r"""
                (?:aceptado|confirmado) su pedido|pedido (?:ha sido )?(?:aceptado|confirmado)|
                confirmación del pedido
            """,
            "ru": r"""
                (?:приняли|подтвердили) _заказ\w*|заказ (?:был )?(?:принят|подтвержд[её]н)|подтверждени\w+ заказа
            """,
        },
    ),
    PolicyRule(
        code="ANY-N07",
        name="never-again",
        says="never promise that it cannot happen again",
        source="Design: no promise that is not being carried out",
        words={
            "en": r"""
                (?:never|not|\w+n't)(?: ever)? (?:happen|occur|be repeated)(?: ever)?(?: again)?|never again|
                no(?:t| such)? (?:mistake|error)s? again
            """,
            "de": r"""
                (?:nie|niemals|nicht|kein\w*)(?: wieder| mehr| noch einmal| erneut)+ (?:vorkomm\w*|passier\w*|
                gescheh\w*|auftret\w*|wiederhol\w*)|nie wieder|kommt nicht wieder vor|nicht wiederhol\w+
            """,
            "ja": r"二度と|再発(?:させません|いたしません|しません|することはありません)",
            "zh": r"(?:不会|不會|绝不|决不|永不|不)(?:会|會)?再(?:次|度)?(?:发生|發生|出现|出現|犯)|下不为例|杜绝",
            "fr": r"ne se (?:re)?produira (?:plus|pas)|plus jamais",
            "it": r"non (?:si ripeterà|accadrà|succederà)(?: mai)?(?: più)?|mai più",
            "es": r"no (?:se repetirá|volverá a \w+)|nunca más",
            "ru": r"(?:больше|никогда) (?:больше )?не повтор\w+|никогда не повтор\w+",
        },
    ),
    PolicyRule(
        code="ANY-N08",
        name="unfilled-placeholder",
        says="a placeholder was left unfilled",
        source="Design",
        words={"*": r"\{\{|\}\}|\{%|%\}|\{#|#\}"},
    ),
    PolicyRule(
        code="ANY-N09",
        name="cancelled-before-proof",
        until_proven=True,
        says='write "we are cancelling": that it has been cancelled is not proven yet',
        source="Design: message timing",
        words={
            "en": r"""
                (?<!be )(?<!being )cancell?ed|
                cancell?ation (?:is|was|has been) (?:complete\w*|done|confirmed|successful)
            """,
            "de": r"""
                (?:wurden?|ist|sind|haben|hat|hatten|war|waren)\b[^.?!,;]{0,80}\bstorniert(?! wird| werden)|
                storniert worden|bereits storniert|storniert wurden?|
                stornierung (?:ist|wurde) (?:erfolgt|abgeschlossen|durchgeführt)
            """,
            "ja": r"""
                (?:キャンセル|取り?消し?)(?:を|と)?(?:させて(?:いただき|頂き)|いたし|致し|され|し|となり|になり|
                なり|完了し)ました|(?:キャンセル|取り?消し?)(?:処理)?(?:済|が完了|は完了|を完了)
            """,
            "zh": r"(?:已经?|已經|已被|被|刚刚?)(?:为您|為您|全部|成功)*取消|取消了|取消(?:成功|完成|完毕)",
            "fr": r"(?:a été|avons|est) (?:déjà )?annulée?s?",
            "it": r"(?:è stato|abbiamo|sono stati) (?:già )?annullat\w+",
            "es": r"(?:ha sido|hemos|fue|está) (?:ya )?(?:cancelad|anulad)\w+",
            "ru": r"(?:был|уже|мы) _(?:отмен[её]н\w*|отменили)",
        },
    ),
    PolicyRule(
        code="ANY-N10",
        name="refunded-before-proof",
        until_proven=True,
        says="never say that money has been returned before it is proven",
        source="Design: no money promise that is not executed",
        words={
            "en": r"""
                (?:has|have|had|was|were)(?: already| now)? been (?:refunded|credited|reimbursed)|
                we(?:'ve| have)?(?: already)? (?:refunded|reimbursed)|
                (?:was|were)(?: already)? (?:refunded|reimbursed)|
                refund (?:was|has been) (?:issued|sent|made|processed)
            """,
            "de": r"""
                (?:wurden?|haben|ist|sind|hat)\b[^.?!,;]{0,80}\b(?:erstattet|zurückerstattet|zurückgezahlt|
                gutgeschrieben)(?! wird| werden)|
                (?:erstattung|rückerstattung) (?:ist|wurde) (?:erfolgt|veranlasst|durchgeführt)
            """,
            "ja": r"""
                返金(?:を)?(?:いたし|致し|し|され|させて(?:いただき|頂き)|完了し)ました|
                返金(?:処理)?(?:済|が完了|は完了)
            """,
            "zh": r"(?:已经?|已為您|已为您)(?:为您|全额|全額|成功)*(?:退款|退还|退回)|退款(?:已|成功|完成)|退了款",
            "fr": r"(?:a été|avons|avez été) (?:déjà )?remboursé\w*",
            "it": r"(?:è stato|abbiamo|è già stato) (?:già )?rimborsat\w+",
            "es": r"(?:ha sido|hemos) (?:ya )?reembolsad\w+",
            "ru": r"(?:был\w*|уже|мы) _(?:возвращен\w*|вернули)",
        },
    ),
    PolicyRule(
        code="ANY-N11",
        name="pity",
        says="never appeal to pity",
        source="Design; research on apologies",
        words={
            "en": r"""
                bankrupt\w*|ruin(?:ed)? us|(?:my|our) famil(?:y|ies)|small business|
                lose (?:my|our) (?:job|business|account)
            """,
            "de": r"insolven\w+|bankrott\w*|pleite|(?:meine|unsere) familien?|ruinier\w*",
            "ja": r"倒産|破産|家族を養|生活が苦",
            "zh": r"破产|破產|倒闭|倒閉|养家|小本(?:生意|经营)|倾家荡产|求求|可怜",
            "fr": r"faillite|ruin\w+",
            "it": r"fallimento|bancarotta|rovin\w+",
            "es": r"quiebra|bancarrota|arruin\w+",
            "ru": r"банкрот\w*|разор\w+",
        },
    ),
    PolicyRule(
        code="ANY-N12",
        name="another-order",
        says="never name another order",
        source="Design: nobody's data in another's letter",
        words={"*": r"(?<![\d-])\d{3}-\d{7}-\d{7}(?![\d-])"},
    ),
    PolicyRule(
        code="ANY-N13",
        name="too-long",
        says="keep the text within 2,000 characters",
        source="SP-API Messaging: createUnexpectedProblem",
    ),
)
