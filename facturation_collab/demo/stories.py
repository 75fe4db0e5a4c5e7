"""What happens to an invoice of the demo, and when.

A story is a list of (working days after the invoice was entered, who, what). Who: its author, somebody for whom it
waits (approver), finance, or the system. What: a method `_tell_<what>` of the loader.
"""

SUBMITTED = [(0, "author", "submit")]
APPROVED = [*SUBMITTED, (1, "approver", "approve"), (2, "approver", "approve"), (2, "approver", "approve")]
RETURNED = [*SUBMITTED, (1, "approver", "return")]
RESUBMITTED = [*RETURNED, (1, "author", "correct"), (2, "author", "submit")]
POSTED = [*APPROVED, (3, "finance", "post")]
# Whoever still waits approves: nobody, unless the bill is in the sample of the automatic approval.
AUTOMATIC = [*SUBMITTED, (1, "approver", "approve"), (1, "approver", "approve"), (2, "finance", "post")]
ESCALATED = [*SUBMITTED, (4, "system", "escalate")]
QUESTIONED = [*SUBMITTED, (1, "approver", "approve"), (2, "approver", "ask_again")]
SHARED = [*SUBMITTED, (1, "approver", "approve")]
REFUSED = [*SUBMITTED, (1, "approver", "refuse"), (2, "approver", "approve"), (2, "approver", "approve")]
REJECTED = [*SUBMITTED, (1, "approver", "reject")]

STORIES = {
    "received": [],
    "draft": [],
    "direct": [(1, "finance", "post")],
    "observed": [*SUBMITTED, (2, "finance", "post")],
    "pending": SUBMITTED,
    "half": [*SUBMITTED, (1, "approver", "approve")],
    "approved": APPROVED,
    "posted": POSTED,
    "partial": [*POSTED, (18, "finance", "pay_half")],
    "paid": [*POSTED, (18, "finance", "pay")],
    "returned": RETURNED,
    "resubmitted": RESUBMITTED,
    "corrected": [*RESUBMITTED, (3, "approver", "approve"), (4, "approver", "approve"), (5, "finance", "post")],
    "withdrawn": [*SUBMITTED, (1, "author", "withdraw")],
    "automatic": AUTOMATIC,
    "escalated": ESCALATED,
    "questioned": QUESTIONED,
    "shared": SHARED,
    "refused": REFUSED,
    "rejected": REJECTED,
    "abandoned": [*REJECTED, (2, "finance", "cancel")],
}

# What people write with it, in the language they work in.
COMMENTS = {
    "submit": {
        "fr": ["", "Conforme au devis signé.", "", "Budget validé en réunion de service."],
        "en": ["", "Matches the signed quote.", "", "Please have a look before Friday."],
    },
    "approve": {
        "fr": ["", "Bon pour accord.", "Livraison constatée."],
        "en": ["", "Fine with me.", "Delivered as ordered."],
    },
    "return": {
        "fr": ["Le montant ne correspond pas au bon de commande.", "Il manque la remise de 5 % du devis."],
        "en": ["The discount of the quote is missing.", "Please check the quantity: we ordered less."],
    },
    "ask_again": {
        "fr": ["Le film a-t-il été livré en entier ?"],
        "en": ["Was the whole film delivered?"],
    },
    "refuse": {
        "fr": ["Ligne résiliée en septembre."],
        "en": ["This line was cancelled in September."],
    },
    "reject": {
        "fr": ["Déjà facturé le mois dernier.", "Prestation annulée, rien n'est dû."],
        "en": ["We never ordered this.", "Already invoiced last month."],
    },
    "withdraw": {
        "fr": ["Erreur de fournisseur, je corrige."],
        "en": ["Wrong vendor, I am correcting it."],
    },
}


def comment(what, lang, number):
    """Return what somebody who works in `lang` (an Odoo code) writes with the act on the invoice of that number."""
    texts = COMMENTS[what][lang[:2]]
    return texts[number % len(texts)]
