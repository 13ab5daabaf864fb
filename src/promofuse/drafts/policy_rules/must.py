"""What every letter has to say, by its kind."""

from __future__ import annotations

from typing import Final

from promofuse.drafts.policy_rules.base import HONOUR, KINDS, PART, PolicyRule

MUST: Final = (
    PolicyRule(
        code="ANY-M01",
        name="order-id",
        must=True,
        says="name the order id in the text",
        source="SC: proactive messages carry the order id",
    ),
    PolicyRule(
        code="ANY-M02",
        name="cancelled-by-us",
        must=True,
        kinds=KINDS - HONOUR,
        says="say that it is you who cancel",
        source="SC: confirm what was done; Design",
        words={
            "en": r"we _cancel\w*|cancell?(?:ed|ing|ation)_by us|our cancellation",
            "de": r"wir _stornier(?:en|t|ten)|stornier(?:en|t|ten) wir|von uns _storniert|stornierung durch uns",
            "ja": r"""
                (?:当店|弊社|弊店|当社|私ども|わたくしども)_(?:キャンセル|取り?消)|
                (?:キャンセル|取り?消し?)(?:を)?(?:させて|いたし)
            """,
            "zh": r"(?:我们|我們|我店|本店|小店)_取消",
            "fr": r"nous _annul(?:ons|é|er)\w*|annulée?s? par (?:nos soins|nous)",
            "it": r"annulliamo|abbiamo _annullat[oiae]|stiamo annullando|annullat\w+ da noi",
            "es": r"cancelamos|(?:hemos|vamos a|estamos) _cancel\w+|anulamos|cancelad\w+ por nosotros",
            "ru": r"мы _отменяем|отменяем|мы _отменили|нами отмен\w+|нашей отмен\w+",
        },
    ),
    PolicyRule(
        code="ANY-M03",
        name="money-state",
        must=True,
        kinds=KINDS - HONOUR,
        says="say what happens with the money: not charged, released or returned",
        source="SC: confirm that the amount was adjusted",
        words={
            "en": r"""
                not (?:be |been )?charged|not pay|no charge|refund\w*|(?:authori[sz]ation|reservation)_released|
                return(?:ed|s)? _(?:in full|the full amount|to (?:your|the|that same))
            """,
            "de": r"""
                nicht(?:s)? (?:belastet|berechnet|bezahl\w+)|bezahlen _nichts|
                (?:vormerkung|reservierung|autorisierung)_(?:aufgehoben|freigegeben)|erstatt\w+|rückerstattung|
                zahl(?:t|en) _zurück|zurück(?:ge)?zahl\w+
            """,
            "ja": r"(?:代金|料金|お支払い|ご請求)_(?:ございません|ありません|発生しません|解除|返金)|返金",
            "zh": r"(?:无需|無需|不会|不會|不用|不必)_(?:付款|支付|扣款|收费)|退款|退回|退还|解除|原路返回",
            "fr": r"(?:pas|ne) _(?:débité\w*|prélevé\w*|facturé\w*|paye[zr]?)|rembours\w+",
            "it": r"non _(?:addebit\w+|paga\w*)|rimbors\w+|restitui\w+",
            "es": r"no _(?:cobra\w*|cargo|paga\w*)|reembols\w+|dev(?:ol|uel)\w+",
            "ru": r"не _(?:спис\w+|спиш\w+|плат\w+)|возвра\w+|верн\w+",
        },
    ),
    PolicyRule(
        code="ANY-M04",
        name="nothing-to-do",
        must=True,
        says="say that the buyer has nothing to do",
        source="Design",
        words={
            "en": r"""
                nothing _to do|need to do nothing|(?:not|\w+n't|no) need to (?:do|take)|(?:don't|do not) have to do|
                no(?: further)? action
            """,
            "de": r"""
                (?:müssen|brauchen)(?: sie)? nichts(?: weiter)? (?:zu )?(?:tun|unternehmen|veranlassen)|
                nichts (?:weiter )?zu tun|nichts (?:weiter )?(?:tun|unternehmen)
            """,
            "ja": r"(?:お手続き|手続き|ご対応|操作)_(?:ございません|ありません|不要|必要ない)",
            "zh": r"""
                (?:无需|無需|不需要|不用|不必)(?:您)?(?:做|进行|進行)?(?:任何|其他)_操作|
                (?:无需|無需|不需要|不用)(?:您)?操作|无需(?:您)?做任何
            """,
            "fr": r"rien à faire|aucune (?:action|démarche)",
            "it": r"(?:non deve|non devi|non è necessario|non occorre) _(?:fare|far) nulla|nessuna azione",
            "es": r"no (?:tiene|tienes|necesita|necesitas|hace falta) _hacer nada|ninguna acción",
            "ru": r"(?:ничего|никаких действий) _(?:не нужно|делать|не требуется)|не (?:нужно|требуется) ничего",
        },
    ),
    PolicyRule(
        code="ANY-M05",
        name="one-apology",
        must=True,
        kinds=KINDS - HONOUR,
        says="apologise exactly once",
        source="Research on apologies: own it once, plainly",
        words={
            "en": r"sorry|apolog\w+|regret\w*|pardon|forgive\w*",
            "de": r"entschuldig\w+|verzeih\w*|bedauer\w+|tut (?:uns|mir) _leid|leid tun",
            "ja": r"申し?訳|お?詫び|おわび|謝罪|陳謝|すみません|ごめん",
            "zh": r"道歉|抱歉|致歉|歉意|对不起|對不起|赔礼|不好意思|谢罪|见谅",
            "fr": r"désolée?s?|excus\w+|pardon\w*|regrett\w+",
            "it": r"scus\w+|spiacent\w+|dispiac\w+|rammaric\w+",
            "es": r"disculp\w+|perd[oó]n\w*|lamenta(?!blemente)\w*|sentimos",
            "ru": r"извин\w+|простите|(?<!к )сожале\w+",
        },
    ),
    PolicyRule(
        code="ANY-M06",
        name="rest-of-the-order",
        must=True,
        kinds=PART,
        says="say in a part cancellation that the rest of the order comes as planned",
        source="Design",
        words={
            "en": r"""
                (?:rest|remainder|remaining items?|other items?|everything else)_(?:as planned|as usual|unchanged|
                not affected|ship\w*|sent)
            """,
            "de": r"""
                (?:übrigen?|restlichen?|anderen|rest)_(?:wie geplant|unverändert|versen\w+|verschick\w+|geliefert|
                nicht betroffen)
            """,
            "ja": r"(?:その他|それ以外|ほか|他|残り)の_(?:予定どおり|予定通り|通常どおり|通常通り|発送|お届け)",
            "zh": r"(?:其余|其餘|其他|剩余)_(?:照常|按计划|正常|如期|发货|不受影响)",
            "fr": r"reste_(?:comme prévu|expédi\w+|inchangé\w*)",
            "it": r"(?:resto|altri articoli)_(?:come previsto|spedi\w+|invariat\w+)",
            "es": r"resto_(?:según lo previsto|como estaba previsto|env[ií]\w+|sin cambios)",
            "ru": r"остальн\w+_(?:по плану|как обычно|отправ\w+|без изменений)",
        },
    ),
    PolicyRule(
        code="ANY-M07",
        name="kept-price",
        must=True,
        kinds=HONOUR,
        says="say in a notice of an honoured order that it is sent at the price that the buyer saw",
        source="Design",
        words={
            "en": r"""
                at the price (?:of your order|you (?:ordered at|saw|paid))|at (?:that|this|the ordered) price|
                keep(?:ing)? to (?:the|that|this) price
            """,
            "de": r"""
                zu (?:dem|diesem) preis|zum preis ihrer bestellung|zum bestellten preis|
                bleibt es bei (?:diesem|dem) preis
            """,
            "ja": r"(?:ご注文時|その|この)の?価格の?(?:まま|で|にて)",
            "zh": r"按(?:照)?(?:您)?(?:下单时的|订单(?:上)?的|这个|该|原)价格?",
            "fr": r"(?:à|a) ce prix|au prix (?:auquel|de votre commande)|maintenons (?:ce|le) prix",
            "it": r"a questo prezzo|al prezzo (?:a cui|del suo ordine)|manteniamo (?:questo|il) prezzo",
            "es": r"a (?:ese|este) precio|al precio (?:al que|de su pedido)|mantenemos (?:ese|este|el) precio",
            "ru": r"по (?:этой|той же) цене|по цене(?:,? по которой| вашего заказа)|цена остаётся",
        },
    ),
    PolicyRule(
        code="AMZ-M01",
        name="reason",
        must=True,
        kinds=KINDS - HONOUR,
        says="give the true reason, a wrong price, in agreement with the reason code that Amazon shows",
        source="SC: confirm why the amount was adjusted",
        words={
            "en": r"""
                (?:pric(?:e|ed|ing)|promotion)_(?:error|mistake|wrong\w*|incorrect\w*)|
                (?:error|mistake|wrong\w*|incorrect\w*)_(?:pric(?:e|ed|ing)|promotion)
            """,
            "de": r"""
                preisfehler\w*|(?:falsch\w*|fehler\w*|irrtüm\w*|versehen\w*)_(?:preis\w*)|
                preis\w*_(?:falsch\w*|fehler\w*|irrtüm\w*|versehen\w*)
            """,
            "ja": r"価格_(?:誤|間違|ミス|エラー)|(?:誤|間違)_価格",
            "zh": r"价格_(?:错|有误|失误)|(?:错|有误|失误)_价格|標?价错误|價格_(?:錯|有誤)",
            "fr": r"(?:erreur|incorrect|erroné|mauvais|faux)_(?:prix|tarif)|prix_(?:erreur|incorrect|erroné|faux)",
            "it": r"(?:errore|errato|sbagliato)_prezzo|prezzo_(?:errore|errato|sbagliato)",
            "es": r"(?:error|incorrecto|erróneo|equivocado)_precio|precio_(?:error|incorrecto|erróneo|equivocado)",
            "ru": r"ошиб\w+_цен\w+|цен\w+_(?:ошиб\w+|неверн\w+)|неверн\w+_цен\w+",
        },
    ),
)
