"""What no letter may claim or promise, on any platform: that something is done, accepted, paid or certain."""

from __future__ import annotations

from typing import Final

from promofuse.drafts.policy_rules.base import ANNOUNCING, HONOUR, PolicyRule

PROMISES: Final = (
    PolicyRule(
        code="ANY-N06",
        name="accepted-the-order",
        says="never say that the order was accepted or confirmed: it can bind you",
        source="Law: a confirmation may conclude the contract",
        words={
            "en": r"""
                (?:accept|confirm)(?:ed|ing)? (?:your|the|this) (?:order|purchase)|
                (?:order|purchase) (?:is|was|has been|had been|is now) (?:accepted|confirmed)|order confirmation|
                (?:accepted|confirmed) order|acceptance of your order|
                (?:which|that) we (?:have |had )?(?:accepted|confirmed)
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
                (?:订单|訂單)(?:已经?|已經|被)?(?:确认|確認|接受|受理|成立)|
                (?:订单|訂單)(?:已经?|已經)?生效
            """,
            "fr": r"""
                (?:accepté|confirmé|confirmons|acceptons) votre commande|commande (?:est |a été )?(?:acceptée|
                confirmée)|
                confirmation de (?:votre )?commande
            """,
            "it": r"""
                (?:accettato|confermato|confermiamo|accettiamo) (?:il suo|il tuo) ordine|
                ordine (?:è (?:stato )?)?(?:accettato|confermato)|conferma (?:d'|dell'|del suo )ordine
            """,
            "es": r"""
                (?:aceptado|confirmado|confirmamos|aceptamos) su pedido|
                pedido (?:ha sido |está |fue )?(?:aceptado|confirmado)|confirmación (?:del|de su) pedido
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
                no(?:t| such)? (?:mistake|error)s? again|
                (?:is|be|was) the last time|we (?:promise|guarantee) _(?:never|not|last|again)
            """,
            "de": r"""
                (?:nie|niemals|nicht|kein\w*)(?: wieder| mehr| noch einmal| erneut)+ (?:vorkomm\w*|passier\w*|
                gescheh\w*|auftret\w*|wiederhol\w*)|nie wieder|kommt nicht wieder vor|nicht wiederhol\w+
            """,
            "ja": r"""
                二度と|再発(?:させません|いたしません|しません|することはありません)|
                再発(?:する)?(?:こと)?[はも](?:ございません|ありません)|(?:絶対に|決して)(?:起こし|繰り返し)ません
            """,
            "zh": r"""
                (?:不会|不會|绝不|决不|永不|不)(?:会|會)?再(?:次|度)?(?:发生|發生|出现|出現|犯)|下不为例|杜绝|
                不会有下一?次
            """,
            "fr": r"ne se (?:re)?produira (?:plus|pas|jamais)|n'arrivera (?:plus|pas|jamais)|plus jamais|jamais plus",
            "it": r"non (?:si ripeterà|accadrà|succederà|capiterà)(?: mai)?(?: più)?|mai più",
            "es": r"no (?:se repetirá|volverá a \w+)|nunca (?:más|volverá)|jamás",
            "ru": r"""
                (?:больше|никогда|впредь) (?:больше )?(?:этого |такого |такое |это )?не (?:повтор\w+|случ\w+|
                произойд\w+|будет)|
                (?:это|такое|этого|такого) (?:больше )?не (?:повтор\w+|произойд\w+|случит\w+)
            """,
        },
    ),
    PolicyRule(
        code="ANY-N09",
        name="cancelled-before-proof",
        kinds=ANNOUNCING | HONOUR,
        says='write "we are cancelling": that it has been cancelled is not proven yet',
        source="Design: message timing",
        words={
            "en": r"""
                (?<!be )(?<!being )cancell?ed|
                cancell?ation (?:is|was|has been) (?:complete\w*|done|confirmed|successful)
            """,
            "de": r"""
                (?:wurden?|ist|sind|haben|hat|hatten|war|waren)\b(?:[^.?!,;]|
                (?<=\d)\.){0,80}\bstorniert(?! wird| werden)|
                storniert worden|bereits storniert|storniert wurden?|
                stornierung (?:ist|wurde) (?:erfolgt|abgeschlossen|durchgeführt)
            """,
            "ja": r"""
                (?:キャンセル|取り?消し?)(?:を|と)?(?:させて(?:いただき|頂き)|いたし|致し|され|し|となり|になり|
                なり|完了し)ました|(?:キャンセル|取り?消し?)(?:処理)?(?:済|が完了|は完了|を完了)
            """,
            "zh": r"""
                (?:已经?|已經|已被|被|刚刚?)(?:为您|為您|全部|成功|于[^。，]{1,30})*取消|取消了|取消(?:成功|完成|完毕)
            """,
            "fr": r"""
                (?:a été|ont été|avons|est|sont)(?: déjà| désormais| bien)* annulée?s?|
                annulation (?:est|a été) (?:effectuée|confirmée|terminée)
            """,
            "it": r"""
                (?:è|è stat[oa]|abbiamo|sono stat[ie])(?: già| ormai| appena)* annullat\w+|
                annullamento (?:è stato )?(?:effettuato|completato|confermato)
            """,
            "es": r"""
                (?:ha sido|han sido|hemos|fue|está)(?: ya)? (?:cancelad|anulad)\w+|se ha (?:cancelado|anulado)|
                cancelación (?:está|ha sido) (?:hecha|completada|confirmada)
            """,
            "ru": r"(?:мы|уже) _отменили|отменили|(?<!будет )(?<!будут )отмен[её]н[аоы]?",
        },
    ),
    PolicyRule(
        code="ANY-N10",
        name="refunded-before-proof",
        until_refunded=True,
        says="never say that money has been returned before it is proven",
        source="Design: no money promise that is not executed",
        words={
            "en": r"""
                (?:has|have|had|was|were)(?: already| now)? been (?:refunded|credited|reimbursed|returned|paid back)|
                we(?:'ve| have)?(?: already)? (?:refunded|reimbursed)|
                (?:was|were)(?: already)? (?:refunded|reimbursed)|
                refund (?:was|has been) (?:issued|sent|made|processed)|
                (?:your )?money is already|your money is (?:now )?back|refund is (?:complete|completed|done)
            """,
            "de": r"""
                (?:wurden?|haben|ist|sind|hat)\b(?:[^.?!,;]|(?<=\d)[.,]){0,80}\b(?:erstattet|zurückerstattet|
                zurückgezahlt|gutgeschrieben|überwiesen)(?! wird| werden)|
                (?:erstattung|rückerstattung) (?:ist|wurde) (?:erfolgt|veranlasst|durchgeführt)|
                (?:bereits|schon) zurück(?:erhalten|bekommen)|
                (?:erstattung|rückerstattung|rückzahlung) ist abgeschlossen
            """,
            "ja": r"""
                返金(?:を)?(?:いたし|致し|し|され|させて(?:いただき|頂き)|完了し)ました|
                返金(?:処理)?(?:済|が完了|は完了)
            """,
            "zh": r"""
                (?:已经?|已為您|已为您)(?:为您|全额|全額|成功|于[^。，]{1,30})*(?:退款|退还|退回)|退款(?:已|成功|
                完成)|退了款|
                (?:款项|钱)(?:已经?|已經)退|已(?:经|經)?(?:为您|為您)?(?:办理|处理|完成)了?退款
            """,
            "fr": r"""
                (?:a|ont|avons|avez|est|sont)(?: déjà| bien)?(?: été)?(?: déjà)? (?:remboursé|recrédité|restitué|
                crédité)\w*|
                remboursement (?:a été |est )(?:effectué|émis|fait)|
                (?:argent|montant) est (?:déjà |bien )+(?:revenu|de retour)|
                remboursement (?:est|a été) (?:terminé|achevé|finalisé)
            """,
            "it": r"""
                (?:è|abbiamo|è già|è stat[oa]|sono stat[ie])(?: già)?(?: stat[oa])? (?:rimborsat|restituit|
                riaccreditat)\w+|
                rimborso (?:è (?:già )?stato )(?:effettuato|emesso|eseguito)|
                (?:denaro|importo) è già|rimborso è (?:stato )?completato
            """,
            "es": r"""
                (?:ha|han|hemos)(?: sido)?(?: ya)? (?:reembolsad|devuelt|abonad)\w+|
                reembolso (?:ha sido |está |se ha )(?:hecho|emitido|realizado|efectuado)|
                (?:dinero|importe) ya está|(?:le|se lo) (?:reembolsamos|devolvimos|abonamos) (?:ayer|hoy|ya)|
                reembolso se ha completado
            """,
            "ru": r"""
                (?:мы|уже) _вернули|вернули|(?<!будет )(?<!будут )возвращ[её]н[аоы]?|
                деньги уже (?:у вас|на |верн\w+|возвращ\w+)|возврат (?:выполнен|произведён|завершён)
            """,
        },
    ),
    PolicyRule(
        code="ANY-N14",
        name="other-amount",
        says="name no amount but the one that the shop's data show as returned, written as the letter writes it",
        source="Design: no money promise that is not executed",
        words={
            "*": r"""
                (?:[$€£¥₽₹₩]|(?<![a-z])(?:usd|eur|gbp|jpy|cny|rmb|rub|cad|aud|chf|pln|mxn|
                brl|inr)) ?\d(?:[\d.,']| (?=\d))*|
                (?<![\d.,])\d(?:[\d.,']| (?=\d))* ?(?:[$€£¥₽₹₩円元]|
                (?:usd|eur(?:os?)?|gbp|jpy|cny|rmb|rub|cad|aud|chf|pln|mxn|brl|inr|dollars?|yen|yuan|
                руб(?:л\w+|\.)?)(?!\w))
            """,
        },
    ),
    PolicyRule(
        code="ANY-N15",
        name="remedy-with-strings",
        says="tie nothing that you offer to anything that the buyer does or leaves",
        source="Design; Ozon: terms on reviews; SC: no incentives",
        words={
            "en": r"""
                in (?:return|exchange) for|(?:provided|on condition) that you|if you (?:agree|accept|promise|withdraw|
                (?:do not|don't) (?:complain|claim|dispute|report))|as long as you
            """,
            "de": r"""
                im gegenzug|als gegenleistung|unter der bedingung|vorausgesetzt,? dass sie|
                (?:wenn|sofern|falls) sie (?:zustimmen|einverstanden|verzichten|akzeptieren)|dafür verzichten sie
            """,
            "ja": r"""
                引き換えに|引換えに|見返り|(?:を|が)条件(?:に|と)|ご了承いただけ(?:る場合|れば|ましたら)|
                同意いただけ(?:る場合|れば)
            """,
            "zh": r"""
                作为交换|作為交換|条件是|前提是|以换取|只要您(?:不|同意|接受)|(?:如果|若)您(?:同意|接受|撤销|不投诉)
            """,
            "fr": r"""
                en échange|en contrepartie|à condition que|si vous (?:acceptez|renoncez|êtes d'accord)|
                sous réserve que vous
            """,
            "it": r"in cambio|a condizione che|a patto che|(?:se|qualora) (?:accett\w+|rinunci\w*|è d'accordo)",
            "es": r"""
                a cambio|a condición de|con la condición|siempre que usted|si (?:usted )?(?:acepta|renuncia|
                está de acuerdo)
            """,
            "ru": r"взамен|в обмен|при условии|если вы (?:согла\w+|откаж\w+|не будете|примете)",
        },
    ),
)
