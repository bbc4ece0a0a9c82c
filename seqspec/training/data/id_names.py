"""The names that identifiers have."""

from __future__ import annotations

import re

_ID_NAME = re.compile(
    r"(^|[\W_])(id|no|nr|num|number|key|index|idx|uuid|guid|row|rownames?|rowid|ref|réf)$|^unnamed"
    # Kundennr and klantnummer, N° client, número de pedido.
    r"|(nr|n[ou]mmer)\.?$|^(n[°º]|n[uú]m[eé]ro|c[óo]digo|codice|identifiant)([\W_]|$)"
)
"""Searched in names of lower case."""


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
_ENTITY = re.compile(
    rf"^(kunde|patient|proband|klient|mandant)$|^({_PERSONS}|{_CASES}) ?{_NUMBERED}$"
    rf"|^(n|no|nr|num|numero|codigo|cod|codice|code|id|identifiant|ref|reference|matricule|clave)"
    rf" (de |del |di |du |da |do )?(la |l )?({_NAMED})$|^matricule$"
)
"""Names of columns that identify what several rows are about: German, Dutch, French, Spanish, Italian, Portuguese."""


def is_entity_name(words: str) -> bool:
    """Whether these words name an identifier of a person or a case in another language than English.

    They are of lower case and without accents. Mitarbeiter, a number of persons, has no such name.
    """
    return _ENTITY.search(words) is not None


def is_id_name(name: str) -> bool:
    """Whether the name is one that ids have, such as `customer_id` or `row`."""
    return bool(_ID_NAME.search(name.lower())) or name.endswith(("Id", "ID"))
