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
                (?:veuillez|merci de|(?:pourriez|pouvez)-vous|vous (?:pouvez|devez|pourriez)|prions de|demandons de|
                invitons à) _annuler|annulez|annuler (?:vous-même|votre commande)|
                (?:demande[rz]?|sollicite[rz]|effectue[rz]|envoye[rz]) _(?:annulation|remboursement)
            """,
            "it": r"""
                (?:(?:la|le) (?:preghiamo|chiediamo|invitiamo)|può|puoi|potrebbe|deve) _annullar\w+|annulli|
                (?:richied\w+|invi\w*|chied[aei]\w*) _(?:annullamento|rimborso)
            """,
            "es": r"""
                (?:por favor,?|puede|podría|debe|(?:le )?(?:pedimos|rogamos) que) _(?:cancel[ea]\w*|anul[ea]\w*)|
                cancele|anule|(?:solicit[ea]\w*|pid[ae]\w*|env[ií]\w*) _(?:cancelación|reembolso|devolución)
            """,
            "ru": r"""
                (?:пожалуйста,?|просим|можете|могли бы|прошу|нужно|следует) _отмен(?:ить|ите|яйте|ять)|отмените|
                (?:оформ\w+|запрос\w+|подайте|подать|отправ\w+) _(?:отмен\w+|возврат\w*|заявк\w+)
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
                rupture de stock|en rupture|épuisé\w*|(?:plus|pas) (?:disponibles?|en stock)|indisponib\w+|
                (?:problèmes?|difficultés?|retards?|erreurs?) (?:(?:de |d')(?:livraison|expédition|stock|transport)|
                logistiques?)|
                (?:pas|plus|impossible de|ne pouvons) (?:vous )?(?:livrer|expédier)|approvisionnement|fournisseur\w*
            """,
            "it": r"""
                esaurit\w+|non (?:è )?(?:più )?disponibil\w+|
                (?:problem\w+|ritard\w+|error\w+) (?:(?:di|nella|nel) (?:spedizione|
                consegna|magazzino|stock)|logistic\w+)|
                non possiamo (?:spedir|consegnar)\w+|fornitor\w+|(?:senza|mancanza di) scorte
            """,
            "es": r"""
                agotad\w+|existencias|no (?:está )?(?:ya )?disponibl\w+|(?:sin|falta de|fuera de) stock|proveedor\w*|
                (?:problemas?|retrasos?|errore?s?) (?:(?:de|en el|en la) (?:envío|entrega|almacén|transporte)|
                logístic\w+)|
                no podemos (?:enviar|entregar)\w*
            """,
            "ru": r"""
                (?:нет|отсутств\w+|не осталось) (?:в наличии|на складе)|закончил\w+|распродан\w*|поставщик\w*|
                (?:проблем\w+|трудност\w+|задержк\w+|ошибк\w+) (?:с|со|в|на|при) (?:доставк\w+|отправк\w+|склад\w+)|
                не можем (?:отправить|доставить)|нет в продаже
            """,
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
            "fr": r"pirat(?:é\w*|age|es?)|cyberattaque\w*|virus|hack\w*",
            "it": r"hacker\w*|attacc\w+ informatic\w+|virus|violazione (?:dei dati|informatica)",
            "es": r"hacke\w+|pirat(?:ead\w+|eo|as?)|ciberataque\w*|virus",
            "ru": r"взлом\w*|хакер\w*|кибератак\w*|вирус\w*",
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
            "fr": r"""
                fraud\w+|abus\w*|profité de|mauvaise foi|revend\w+|suspect\w*|escro\w+|
                vous (?:deviez|auriez dû|avez dû) _(?:savoir|remarquer|constater|comprendre)
            """,
            "it": r"""
                frod\w+|truff\w+|abus\w+|approfitta\w+|mala ?fede|rivend\w+|sospett\w+|
                (?:avrebbe dovuto|doveva) _(?:sapere|accorgersi|capire|notare)
            """,
            "es": r"""
                fraud\w+|abus\w+|aprovech\w+|mala fe|revend\w+|sospech\w+|estaf\w+|
                (?:debía|debería|tenía que|debió) _(?:saber|notar|darse cuenta)
            """,
            "ru": r"""
                мошенн\w+|злоупотреб\w+|перекуп\w+|перепрода\w+|воспользовал\w+ _ошибк\w+|недобросовест\w+|подозрит\w+|
                вы (?:должны были|не могли не) _(?:знать|понять|понимать|заметить)
            """,
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
            "fr": r"""
                légal\w*|juridi\w+|(?:aucun|pas le|pas de) droit|pas (?:tenus?|obligés?|dans l'obligation)|
                conditions générales|contrat\w*|la loi|nul et
            """,
            "it": r"""
                legal\w+|giuridic\w+|(?:nessun|non ha|alcun) diritto|non siamo (?:tenuti|obbligati)|contratt\w+|
                per legge|condizioni generali
            """,
            "es": r"""
                legal\w*|jurídic\w+|(?:ningún|no tiene) derecho|no estamos obligados|contrat\w+|por ley|
                condiciones generales
            """,
            "ru": r"""
                юридическ\w+|закон(?:а|у|ом|е|ы|н\w+)?|не обязаны|(?:не )?име(?:ем|ете|ют) (?:\w+ )?прав\w+|вправе|
                договор\w*
            """,
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
            "fr": r"faillite|ruin\w+|(?:ma|notre) famille|petite entreprise",
            "it": r"falliment\w+|bancarotta|rovin\w+|(?:mia|nostra) famiglia|piccola (?:impresa|azienda)",
            "es": r"quiebra|bancarrota|arruin\w+|(?:mi|nuestra) familia|pequeña empresa",
            "ru": r"банкрот\w*|разор\w+|(?:моя|наша|мою|нашу) семь\w+|малый бизнес",
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
