"""What the name of a column says about its values; secrets and personal data, which no spec gets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqspec.core.api.training import is_key
from seqspec.training.scaffold.text import words_of

ID = re.compile(
    r"(^| )(id|ids|key|uuid|guid|no|nr|row ?names?|row ?num(ber)?|row ?id|index|unnamed( \d+)?|obs|case ?id|serial"
    r"|record|seqn?|pid|obs ?no|ref|ref(erence|erenz)?( ?(no|nr|num|number|nummer))?|numero|nummer|matricule"
    r"|aktenzeichen|lfd nr)$|^(id|no) |^x$|^(subject|patient|customer|person|user|account|order|case|respondent"
    r"|participant|student|pupil)( (id|no|nr|num|number))?$"
)
_ENGLISH_ENTITY = re.compile(
    r"(^| )(id|ids|uuid|guid|pid)$|^(subject|patient|customer|person|user|respondent|participant|student|pupil|account"
    r"|client|member|employee|individual|family|household|instructor|prof(essor)?|teacher|rater|physician|doctor"
    r"|player|driver)( (id|no|nr|num|number|name))?$"
)
"""Names of columns that identify what several rows are about."""
CODE = re.compile(
    r"(^| )(zip|zipcode|postal|postcode|fips|sic|naics|icd|cusip|isin)( |$)|codes?( ?\d+)?$|(^| )(type|class)$"
)
NAMES = re.compile(
    r"(store|shop|town|city|state|region|district|county|country|origin|occ(upation)?( ?\d+)?|industry|ward|department"
    r"|dept|team|site|(treatment )?arms?|action|mode"
    r"|cent(er|re)|firm|company|agent|race|religion|marital( status)?|status|group|cluster|stratum|pooled stratum"
    r"|birth ?place|species|colou?r|season|weekday|day of week|flight"
    r"|plz|postleitzahl|bundesland|filiale|code postal)( (no|nr|number))?"
)
"""Names of columns whose integers are names."""
PLACES = re.compile(r"(school|hospital|house|family|clinic|plot|block|batch)( (no|nr|number))?")
"""The same, unless they start at 0, as counts do."""
PEOPLE = re.compile("family|household")
MEASURE = re.compile(r"(^| )(year|month|day|week|hour|minute|time|date|age|t|period|quarter)( |$)")
TIME = re.compile(r"birth|born|\bdob\b|first reg|erst ?zulassung|\bbuilt\b|baujahr|manufactur")

_NUMBERED = r"(nr|nummer|id|no|num|kennung|schlussel)"
_PERSONS = (
    r"kunde(n|s)?|klient(en)?|mandant(en)?|patient(en)?|proband(en)?|mitarbeiter|personal|person(en)?|schuler|student(en)?"
    r"|matrikel|mitglied(s|er)?|versicherten|versicherungs|teilnehmer|nutzer|benutzer|lieferanten|haushalts?|fahrer"
    r"|lehrer|arzt"
    r"|klant|lid|leerling|deelnemer|medewerker|personeels|patient"
)
_CASES = (
    r"auftrags?|bestell(ungs?)?|angebots?|rechnungs?|vertrags?|konto|fall|akten?|vorgangs?|order|dossier|contract"
    r"|factuur"
)
_NAMED = (
    r"clien[ts]e?s?|cliente|patient|paciente|paziente|eleve|etudiant|salarie|employe|adherent|assure|membre|commande"
    r"|contrat|facture|dossier|compte|pedido|empleado|alumno|socio|contrato|factura|expediente|cuenta|persona|ordine"
    r"|dipendente|studente|alunno|contratto|fattura|pratica|conto|encomenda|funcionario|aluno|processo|conta"
)
_OTHER_ENTITY = re.compile(
    rf"^(kunde|patient|proband|klient|mandant)$|^({_PERSONS}|{_CASES}) ?{_NUMBERED}$"
    rf"|^(n|no|nr|num|numero|codigo|cod|codice|code|id|identifiant|ref|reference|matricule|clave)"
    rf" (de |del |di |du |da |do )?(la |l )?({_NAMED})$|^matricule$"
)
"""The same in German, Dutch, French, Spanish, Italian and Portuguese; Mitarbeiter is a number of persons."""


def is_entity_name(words: str) -> bool:
    """Whether a column identifies what several rows are about, such as a person or a case."""
    return _ENGLISH_ENTITY.search(words) is not None or _OTHER_ENTITY.search(words) is not None


_ALWAYS = re.compile(
    r"passw|\bpwd\b|secret|api ?key|private ?key|credential|\bssn\b|social ?security|\bcvv\b"
    r"|\bcvc\b|\biban\b|\bpin\b|passport"
)
"""Names of columns that are not used, whatever they contain, unless that is yes and no."""
_OFTEN = re.compile(
    r"e ?mail|phone|\btel\b|\bmobile\b|\bfax\b|\btoken\b|card ?(no|nr|num)|credit ?card|\bcc ?num"
    r"|first ?name|last ?name|surname|full ?name|\baddress\b|\bstreet\b|licen[cs]e ?(no|nr|num|plate)"
    r"|account ?(no|nr|num)|\bip ?addr"
)
"""Names of columns that are not used if they have long numbers, @, or many different texts."""
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_URL_PASSWORD = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
_TOKEN = re.compile(r"\bsk-[A-Za-z0-9]{20,}|\beyJ[\w-]{8,}\.[\w-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY")
_PHONE = re.compile(r"(\+|00)\d[\d ()./-]{6,}\d|\(?(?!19|20)\d{3,5}\)?[ ./-]{1,2}\d{3,4}[ .-]\d{3,4}")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_IBAN = re.compile(r"[A-Z]{2}\d{2} ?([A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}")
_CARD = re.compile(r"\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}|\d{4}[ -]?\d{6}[ -]?\d{5}")
_MOST = 0.5
_LUHN = 0.9
"""One in ten random numbers has a valid check digit."""
_LONG_DIGITS = 7
_FEW_TEXTS = 30


def name_is_sensitive(name: str, values: Sequence[str]) -> bool:
    """Whether a column of this name holds secrets or personal data; `values` are some of its distinct values."""
    words = words_of(name)
    if _ALWAYS.search(words):
        return True
    if _OFTEN.search(words) is None:
        return False
    texts = sum(any(map(str.isalpha, value)) for value in values)
    return texts > _FEW_TEXTS or any("@" in value or sum(map(str.isdigit, value)) >= _LONG_DIGITS for value in values)


def sensitive_content(values: Sequence[str], long_text: bool = False) -> str | None:
    """What distinct values look like: e-mail addresses, keys, telephone or card numbers; None if nothing.

    One value that contains a key or an e-mail address is enough, unless the values are long texts.
    """
    if not values:
        return None
    least = len(values) // 20 if long_text else 0
    if sum(map(_has_key, values)) > least:
        return "keys or passwords"
    if sum("@" in value and _MAIL.search(value) is not None for value in values) > least:
        return "e-mail addresses"
    for pattern, kind in ((_SSN, "social security numbers"), (_IBAN, "bank accounts"), (_PHONE, "telephone numbers")):
        if sum(pattern.fullmatch(value) is not None for value in values) > _MOST * len(values):
            return kind
    cards = [value for value in values if _CARD.fullmatch(value)]
    if len(cards) > _MOST * len(values) and sum(map(_luhn, cards)) > _LUHN * len(cards):
        return "card numbers"
    return None


def _has_key(value: str) -> bool:
    if "://" in value and _URL_PASSWORD.search(value):
        return True
    return any(map(is_key, re.split(r"[\s/='\",;:]+", value))) or _TOKEN.search(value) is not None


def _luhn(text: str) -> bool:
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = (digit * 2 - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(digits))
    return sum(doubled) % 10 == 0
