"""What the name of a column says about its values; all names are words in lower case, without accents."""

from __future__ import annotations

import re

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
