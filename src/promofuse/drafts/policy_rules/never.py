"""What no letter may say, on any platform: that the buyer should cancel, a false reason, an accusation, the law."""

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
                cancel (?:your|the|this) order (?:now|today|in|via|through|from)|
                (?:if|that) you (?:could |would |can |will |might )?(?:cancel\w*|withdr[ae]w\w*)|
                withdraw (?:your|the|this) (?:order|purchase)|
                (?:raise|make|start|initiate) (?:a|the|your) cancell?ation|click _cancel\w*|
                cancell?ation (?:from|on) your (?:side|end)|(?:please|kindly) return (?:it|the|this)
            """,
            "de": r"""
                (?<!wir )stornieren sie|(?:können|könnten|sollten|müssen|möchten|würden|dürfen) sie _stornieren|
                sie (?:können|könnten|sollten|müssten|müssen|dürfen) _stornieren|selbst (?:zu )?stornieren|
                (?:stornierung|stornierungsanfrage|stornoanfrage|rückerstattung|erstattung|rückgabe)_(?:beantrag\w*|
                zu beantragen|anforder\w*|anzufordern|einreich\w*|einzureichen|anfrag\w*)|
                (?:beantragen|fordern|reichen|stellen) sie _(?:storn\w+|erstattung|rückerstattung)|
                bitten sie,? _zu stornieren|
                wenn sie _(?:stornier(?:en|ten)|widerruf\w+|zurückz[iö]e?\w+)|
                (?:ziehen|widerrufen|treten) sie _(?:bestellung|kauf|auftrag|vertrag)|storno(?:antrag|wunsch)\w*|
                stornierung (?:ihrerseits|von ihrer seite)|bitte um (?:die |eine |ihre )?stornierung|
                klicken sie _stornier\w+
            """,
            "ja": r"""
                (?:キャンセル|取り?消し?)(?:を|の)?(?:ご)?(?:お願い|申請|依頼|リクエスト|して(?:くだ|下|いただ|頂)|
                の?お?手続きを(?:お願い|して|行って|お取り))|
                (?:キャンセル|取り?消し?|返金|返品)(?:の)?(?:ご)?(?:申請|リクエスト|請求|依頼)を?|
                お客様(?:の(?:方|ほう|側))?(?:で|から|にて|より)_(?:キャンセル|取り?消)|
                取り?下げ(?:て)?(?:くだ|下さ|いただ|頂)|取り?下げ(?:を)?お願い
            """,
            "zh": r"""
                [请請](?:您|你)?(?:尽快|盡快|先|自行|帮忙|配合|协助|协商|主动|及时|立即|也)*(?:在_)?(?:申请|申請|
                取消|点击|提交|发起|操作)|(?:麻烦|烦请|劳烦|拜托|希望)(?:您|你)_(?:取消|退款)|
                (?:申请|申請|提交|发起)_?(?:退款|取消|退货|退貨)|
                (?:您|你)(?:可以|需要|应该|可|也可以)_?(?:取消|申请)|自行取消|
                请(?:您|你)?(?:帮忙|把|将|尽快|主动)*(?:撤销|撤单|退款|退货)|(?:您|你)(?:看|那边|这边)?(?:能不能|能否|可否|方便)_?(?:取消|退|撤)|
                帮忙(?:退|取消|撤)
            """,
            "fr": r"""
                (?:veuillez|merci de|(?:pourriez|pouvez)-vous|vous (?:pouvez|devez|pourriez)|prions de|demandons de|
                invitons à) _annuler|annulez|annuler (?:vous-même|votre commande)|
                (?:demande[rz]?|sollicite[rz]|effectue[rz]|envoye[rz]) _(?:annulation|remboursement)|
                gré d'annul\w+|procéde[rz] à (?:l'|une )annulation|cliqu\w+ sur \W{0,2}annul\w+|
                renonce[rz] à (?:cette|votre|la) commande|si vous (?:pouviez |pourriez |vouliez )?annul\w+
            """,
            "it": r"""
                (?:(?:la|le) (?:preghiamo|chiediamo|invitiamo)|può|puoi|potrebbe|deve) _annullar\w+|annulli|
                (?:richied\w+|invi\w*|chied[aei]\w*) _(?:annullamento|rimborso)|
                se (?:lei )?(?:potesse |volesse )?annull(?:are|asse|assi)|
                rinunci\w+ (?:all'(?:ordine|acquisto)|al suo ordine|a questo ordine)|clicc\w+ su \W{0,2}annull\w+
            """,
            "es": r"""
                (?:por favor,?|puede|podría|debe|(?:le )?(?:pedimos|rogamos) que) _(?:cancel[ea]\w*|anul[ea]\w*)|
                cancele|anule|(?:solicit[ea]\w*|pid[ae]\w*|env[ií]\w*) _(?:cancelación|reembolso|devolución)|
                que (?:usted )?(?:cancel|anul)(?:ara|ase|e)|desist\w+ del? (?:la )?(?:pedido|compra)|
                (?:haga clic en|pulse) \W{0,2}(?:cancelar|anular)
            """,
            "ru": r"""
                (?:пожалуйста,?|просим|можете|могли бы|прошу|нужно|следует) _отмен(?:ить|ите|яйте|ять)|отмените|
                (?:оформ\w+|запрос\w+|подайте|подать|отправ\w+) _(?:отмен\w+|возврат\w*|заявк\w+)|
                нажмите _отмен\w+|откажитесь_ от|отказаться от (?:заказа|покупки)
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
                (?:lost|damaged) (?:in|during|by)|
                (?:do not|don't|no longer) have (?:it|them|this item|the item|any)|none left|
                (?:our|the) suppliers?|
                (?:item|product|parcel|unit) (?:is|was|got|has been) (?:damaged|defective|broken|lost|faulty)
            """,
            "de": r"""
                ausverkauft|vergriffen|nicht (?:mehr )?(?:auf lager|vorrätig|lieferbar|verfügbar)|
                lager(?:bestand|fehler|problem)\w*|liefer(?:engp\w+|schwierig\w+|problem\w*|verzöger\w+)|
                versand(?:problem|schwierig|verzöger)\w*|nicht (?:liefern|versenden|verschicken)|engpass\w*|
                logistik\w*|
                nicht mehr da|unser\w* (?:lieferant\w*|zulieferer\w*|hersteller\w*)|
                (?:artikel|ware|produkt) (?:ist|war|wurde) (?:leider )?(?:defekt|beschädigt|kaputt|verloren)
            """,
            "ja": r"""
                在庫|品切れ|売り?切れ|完売|欠品|入荷|
                (?:配送|発送|輸送|物流)(?:上|会社|業者)?(?:の)?(?:問題|都合|遅延|遅れ|トラブル|事情)|
                (?:発送|配送|お届け)(?:が)?(?:でき|出来|いたしかね)|仕入れ|
                仕入先|メーカー(?:の)?(?:都合|欠品|終了)|(?:破損|故障|紛失)(?:して|が|の|と|で)|不良品
            """,
            "zh": r"""
                缺货|缺貨|无货|無貨|断货|售罄|没货|沒貨|卖完|库存|庫存|
                (?:无法|不能|没法)(?:正常)?(?:发货|配送|寄出)|发不了货|
                (?:物流|快递|运输|配送|供应商|仓库)_?(?:问题|原因|异常|延误|故障)|供应不足|
                (?:商品|产品)(?:已经?|已經)?(?:下架|停产|停產|损坏|破损)|厂家|停产
            """,
            "fr": r"""
                rupture de stock|en rupture|épuisé\w*|(?:plus|pas) (?:disponibles?|en stock)|indisponib\w+|
                (?:problèmes?|difficultés?|retards?|erreurs?) (?:(?:de |d')(?:livraison|expédition|stock|transport)|
                logistiques?)|
                (?:pas|plus|impossible de|ne pouvons) (?:vous )?(?:livrer|expédier)|approvisionnement|fournisseur\w*|
                n'avons plus (?:cet article|l'article|ce produit|le produit)|
                (?:colis|article|produit) (?:a été|est) (?:endommagé|perdu|cassé|défectueux)
            """,
            "it": r"""
                esaurit\w+|non (?:è )?(?:più )?disponibil\w+|
                (?:problem\w+|ritard\w+|error\w+) (?:(?:di|nella|nel) (?:spedizione|
                consegna|magazzino|stock)|logistic\w+)|
                non possiamo (?:spedir|consegnar)\w+|fornitor\w+|(?:senza|mancanza di) scorte|
                non abbiamo più|
                (?:articolo|prodotto|pacco) è (?:terminato|finito|difettoso|danneggiato|andato perso|stato danneggiato)
            """,
            "es": r"""
                agotad\w+|existencias|no (?:está )?(?:ya )?disponibl\w+|(?:sin|falta de|fuera de) stock|proveedor\w*|
                (?:problemas?|retrasos?|errore?s?) (?:(?:de|en el|en la) (?:envío|entrega|almacén|transporte)|
                logístic\w+)|
                no podemos (?:enviar|entregar)\w*|
                (?:no|ni) (?:tenemos|nos queda\w*) _(?:artículo|producto|unidades)|
                (?:paquete|artículo|producto) (?:se (?:perdió|dañó|rompió)|está (?:dañado|defectuoso|roto))
            """,
            "ru": r"""
                (?:нет|отсутств\w+|не осталось) (?:в наличии|на складе)|закончил\w+|распродан\w*|поставщик\w*|
                (?:проблем\w+|трудност\w+|задержк\w+|ошибк\w+) (?:с|со|в|на|при) (?:доставк\w+|отправк\w+|склад\w+)|
                не можем (?:отправить|доставить)|нет в продаже|
                товара (?:больше |уже )*нет|посылк\w+ (?:потерял\w+|повреждена|утеряна)|
                товар (?:повреждён|потерян|бракованн\w+)
            """,
        },
    ),
    PolicyRule(
        code="ANY-N03",
        name="hacked",
        says="never blame an attack: it is not true",
        source="Design: no false reason",
        words={
            "en": r"""
                hack(?:ed|ers?|ing)|cyber ?-?attack\w*|data breach|security breach|malware|virus|
                br(?:oke|oken|eaking) into|compromised|cyber ?(?:incident|crime)\w*|unauthori[sz]ed access
            """,
            "de": r"""
                gehackt\w*|hacker\w*|hackerangriff\w*|cyberangriff\w*|virus|
                von (?:fremden|unbekannten|dritten) _(?:übernommen|gekapert)|unbefugt\w* zugriff\w*
            """,
            "ja": r"""
                ハッキング|ハッカー|ハックされ|不正アクセス|サイバー攻撃|乗っ取|ウイルス|
                第三者に(?:よる|よって)
            """,
            "zh": r"黑客|駭客|被黑|网络攻击|入侵|盗号|病毒|中毒",
            "fr": r"""
                pirat(?:é\w*|age|es?)|cyberattaque\w*|virus|hack\w*|
                attaque informatique|accès non autorisé
            """,
            "it": r"""
                hacker\w*|attacc\w+ informatic\w+|virus|violazione (?:dei dati|informatica)|
                (?:account|sistema|sito) è stato violato|accesso non autorizzato
            """,
            "es": r"""
                hacke\w+|pirat(?:ead\w+|eo|as?)|ciberataque\w*|virus|
                entrado en nuestr[ao]|ataque informático|acceso no autorizado
            """,
            "ru": r"""
                взлом\w*|хакер\w*|кибератак\w*|вирус\w*|
                несанкционированн\w+ доступ\w*
            """,
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
                suspicious|scalp(?:er|ers|ing)|
                (?:obvious|evident|clear) (?:to you )?that _pric\w+|(?:obviously|evidently|clearly) _pric\w+|
                you (?:\w+ )?knew
            """,
            "de": r"""
                missbr[aä]u\w+|betrug\w*|betrüg\w*|wiederverkäufer\w*|ausgenutzt|ausnutz\w*|bösgläubig\w*|
                schnäppchenjäger\w*|unredlich\w*|(?:hätten|müssen|mussten) sie _(?:erkennen|wissen|gewusst|erkannt)|
                verdächtig\w*|
                (?:offensichtlich|erkennbar|eindeutig)_preis\w*|sie (?:wussten|haben gewusst)
            """,
            "ja": r"""
                不正(?!アクセス)|転売|詐欺|悪用|悪意|悪質|気付かれたはず|ご存じだったはず|お気づきだったはず|
                (?:お?分かり|お?気付き|お?気づき|ご承知|ご存[じ知])_(?:はず|筈)
            """,
            "zh": r"""
                羊毛|恶意|惡意|欺诈|诈骗|詐騙|黄牛|转卖|轉賣|占便宜|钻空子|漏洞|职业打假|刷单|贪|
                (?:您|你)(?:明明|早就|肯定|应该)(?:知道|清楚|明白)|明显(?:不合理|偏低)
            """,
            "fr": r"""
                fraud\w+|abus\w*|profité de|mauvaise foi|revend\w+|suspect\w*|escro\w+|
                vous (?:deviez|auriez dû|avez dû) _(?:savoir|remarquer|constater|comprendre)|
                (?:évident|manifeste\w*|flagrant) _prix|vous (?:saviez|n'ignoriez)
            """,
            "it": r"""
                frod\w+|truff\w+|abus\w+|approfitta\w+|mala ?fede|rivend\w+|sospett\w+|
                (?:avrebbe dovuto|doveva) _(?:sapere|accorgersi|capire|notare)|
                (?:evidente|ovvio|palese\w*) _prezzo|(?:lei|voi) sapev\w+
            """,
            "es": r"""
                fraud\w+|abus\w+|aprovech\w+|mala fe|revend\w+|sospech\w+|estaf\w+|
                (?:debía|debería|tenía que|debió) _(?:saber|notar|darse cuenta)|
                (?:evidente|obvio|claro) que _precio|(?:usted )?sabía que
            """,
            "ru": r"""
                мошенн\w+|злоупотреб\w+|перекуп\w+|перепрода\w+|воспользовал\w+ _ошибк\w+|недобросовест\w+|подозрит\w+|
                вы (?:должны были|не могли не) _(?:знать|понять|понимать|заметить)|
                очевидно,? что _цен\w+|вы (?:знали|понимали)
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
                (?:no|valid|invalid) contract|void|
                the law|under our (?:terms|conditions|polic(?:y|ies))|(?:the|this|a|any|sales) contracts?|civil code
            """,
            "de": r"""
                rechtlich\w*|gesetzlich\w*|gesetz|(?:nicht|keineswegs) verpflichtet|
                kein(?:en|erlei)? (?:rechts)?anspr[uü]ch\w*|kein recht|agb|geschäftsbedingungen|vertrag\w*|
                nichtig\w*|
                bgb|anfecht\w+|(?:wir fechten|fechten wir)|kaufvertrag\w*|(?:da|hier)zu (?:sind wir )?berechtigt
            """,
            "ja": r"""
                法的|法律|法令|民法|義務(?:は|が|を)|権利(?:は|が|を)|規約|契約|
                錯誤|売買契約
            """,
            "zh": r"法律|民法|无权|無權|有权|有權|没有(?:权利|义务)|沒有(?:權利|義務)|义务|依法|合同|合約",
            "fr": r"""
                légal\w*|juridi\w+|(?:aucun|pas le|pas de) droit|pas (?:tenus?|obligés?|dans l'obligation)|
                conditions générales|contrat\w*|la loi|nul et|
                code civil|en droit d\S+|avons le droit|vente est nulle
            """,
            "it": r"""
                legal\w+|giuridic\w+|(?:nessun|non ha|alcun) diritto|non siamo (?:tenuti|obbligati)|contratt\w+|
                per legge|condizioni generali|
                codice civile|(?:abbiamo|avevamo) il diritto|la legge|ordine è nullo
            """,
            "es": r"""
                legal\w*|jurídic\w+|(?:ningún|no tiene) derecho|no estamos obligados|contrat\w+|por ley|
                condiciones generales|
                código civil|(?:tenemos|teníamos) derecho|la ley|venta es nula
            """,
            "ru": r"""
                юридическ\w+|закон(?:а|у|ом|е|ы|н\w+)?|не обязаны|(?:не )?име(?:ем|ете|ют) (?:\w+ )?прав\w+|вправе|
                договор\w*|
                кодекс\w*|сделк\w+ _недействительн\w+
            """,
        },
    ),
)
