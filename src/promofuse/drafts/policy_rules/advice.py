"""What makes a letter worse without being forbidden: shown to the reviewer, never a refusal."""

from __future__ import annotations

from typing import Final

from promofuse.drafts.policy_rules.base import PolicyRule
from promofuse.verdicts import Severity

_WARNING: Final = Severity.WARNING

ADVICE: Final = (
    PolicyRule(
        code="ANY-W01",
        name="begins-with-unfortunately",
        severity=_WARNING,
        says="begin with the news, not with regret",
        source="Research on apologies",
        words={
            "en": r"unfortunately|regrettably|sadly|we regret",
            "de": r"leider|bedauerlicherweise|zu unserem bedauern",
            "ja": r"残念ながら|誠に残念|あいにく|遺憾ながら",
            "zh": r"很遗憾|非常遗憾|遗憾地|很遺憾|不幸|可惜",
            "fr": r"malheureusement|nous regrettons",
            "it": r"purtroppo|sfortunatamente",
            "es": r"lamentablemente|desafortunadamente|por desgracia",
            "ru": r"к сожалению",
        },
    ),
    PolicyRule(
        code="ANY-W02",
        name="long",
        severity=_WARNING,
        says="keep it under 900 characters",
        source="Design",
    ),
    PolicyRule(
        code="ANY-W03",
        name="capitals",
        severity=_WARNING,
        says="do not write a sentence in capitals",
        source="Design",
    ),
    PolicyRule(
        code="ANY-W04",
        name="exclamation-mark",
        severity=_WARNING,
        says="write no exclamation marks",
        source="Design",
        words={"*": "!"},
    ),
    PolicyRule(
        code="ANY-W05",
        name="unchecked-language",
        severity=_WARNING,
        says="what the letter must say is not checked in this language: read it",
        source="Design: unknown is a verdict",
    ),
    PolicyRule(
        code="ANY-W06",
        name="passive-mistake",
        severity=_WARNING,
        says="say who made the mistake",
        source="Research on apologies",
        words={
            "en": r"""
                (?:mistakes?|errors?) (?:was|were|has been|have been) made|
                (?:mistake|error) (?:has )?(?:occurred|happened)
            """,
            "de": r"""
                fehler (?:ist|sind) (?:aufgetreten|passiert|unterlaufen|geschehen)|es wurde ein fehler gemacht|
                (?:kam es|es kam) zu einem fehler
            """,
            "ja": r"(?:誤り|エラー|ミス|不具合)が(?:発生|生じ)",
            "zh": r"(?:出现|发生|出現|發生)了?(?:错误|失误|问题|錯誤)|系统(?:错误|故障|问题)",
            "fr": r"une erreur (?:s'est (?:produite|glissée)|est survenue|a été commise)|il y a eu une erreur",
            "it": r"si è verificato un (?:errore|problema)|è stato (?:commesso|fatto) un errore|c'è stato un errore",
            "es": r"se ha (?:producido|cometido) un error|se produjo un error|hubo un error|ha habido un error",
            "ru": r"(?:произошла|возникла|случилась|была допущена) ошибка|произош[её]л сбой",
        },
    ),
    PolicyRule(
        code="ANY-W07",
        name="internal-id",
        severity=_WARNING,
        says="leave our own incident id out",
        source="Design",
        words={"*": r"(?<!\w)inc-\d{4}-\d{3,}"},
    ),
    PolicyRule(
        code="ANY-W08",
        name="tone",
        severity=_WARNING,
        own_language=True,
        says="address the buyer as shops of his language do: politely, by name, without flattery",
        source="Design",
        words={
            "en": r"dear (?:friend|customer|buyer|sir|madam|valued \w+)|my friend|esteemed|honou?red|most sincere",
            "de": r"du|dich|dir|dein\w*|euch|lieber? (?:freund|kunde|kundin)",
            "ja": r"あなた|きみ|君|お前|ごめんね",
            "zh": r"亲[,们爱]|你(?!好)|宝贝|小主|尊贵",
            "fr": r"tu|toi|ton|tes|ta|t'(?:as|es|avons)|cher ami|chère amie",
            "it": r"tu|tuo|tua|tuoi|tue|ti|caro amico|cara amica",
            "es": r"tú|tu|tus|ti|contigo|querid[oa] amig[oa]",
            "ru": r"ты|тебя|тебе|твой|твоя|твоё|твоего|твоей|дорогой друг",
        },
    ),
)
