"""Rules of questions on invoices that need no database: states, transitions, and what of an e-mail is an answer."""

import re
from collections.abc import Mapping

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "open": frozenset({"answered", "closed", "withdrawn"}),
    "answered": frozenset({"open", "accepted", "closed", "withdrawn"}),
    "accepted": frozenset({"open"}),
    "closed": frozenset({"open"}),
}
"""Whoever asked accepts an answer, or asks again: nothing is accepted by itself. A question that was withdrawn stays
so.
"""
AUTOMATIC_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply")
AUTOMATIC_PRECEDENCES = ("auto_reply", "bulk", "junk", "list")
REPLY_MARKS = re.compile(r"^\s*((re|fwd?|tr|wg|aw)\s*:\s*)+", re.IGNORECASE)
QUOTE_HEADS = re.compile(
    r"^\s*(-{2,}\s*(original message|message d.origine|forwarded message)\s*-{2,}"
    r"|(on|le)\b.{0,200}(wrote|a écrit)\s*:"
    r"|_{10,})\s*$",
    re.IGNORECASE,
)


def can_move(old: str, new: str) -> bool:
    """Tell whether a question may go from a state to another one.

    >>> can_move("open", "answered"), can_move("open", "accepted"), can_move("withdrawn", "open")
    (True, False, False)
    """
    return new in TRANSITIONS.get(old, ())


def is_automatic(headers: Mapping[str, str]) -> bool:
    """Tell whether an e-mail was written by a machine: such an e-mail answers nothing. One that nobody can answer,
    without a path back, is a machine's, too.

    >>> is_automatic({"Auto-Submitted": "auto-replied"}), is_automatic({"Auto-Submitted": "no"})
    (True, False)
    >>> (
    ...     is_automatic({"Precedence": "Bulk"}),
    ...     is_automatic({"X-Autoreply": "yes"}),
    ...     is_automatic({"Subject": "Re: Price"}),
    ... )
    (True, True, False)
    >>> is_automatic({"Return-Path": "<>"}), is_automatic({"Return-Path": "<ann@example.com>"})
    (True, False)
    """
    values = {name.lower(): str(value or "").strip().lower() for name, value in headers.items()}
    if values.get("auto-submitted", "no").split(";")[0].strip() not in ("", "no"):
        return True
    if values.get("return-path") == "<>":
        return True
    return values.get("precedence") in AUTOMATIC_PRECEDENCES or any(name in values for name in AUTOMATIC_HEADERS)


def named_documents(subject: str) -> list[str]:
    """Return what may be the number or the reference of a document in the subject of an e-mail.

    >>> named_documents("Re: Fwd: BILL/2026/11/0001: the price?")
    ['BILL/2026/11/0001: the price?', 'BILL/2026/11/0001', 'the', 'price']
    >>> named_documents("  ")
    []
    """
    text = REPLY_MARKS.sub("", subject).strip()
    words = [word.strip(".,:;!?()[]«»“”\"'") for word in text.split()]
    return list(dict.fromkeys(name for name in (text, *words) if len(name) > 2))


def without_quote(text: str) -> str:
    """Return what somebody wrote in the plain text of a reply, without what they replied to.

    >>> without_quote("The price is right.\\n\\nOn Mon, Jan 5 Ann wrote:\\n> Is it?")
    'The price is right.'
    >>> without_quote("Oui.\\nLe 5 janvier Ann a écrit :\\n> Est-ce juste ?")
    'Oui.'
    >>> without_quote("> quoted\\nIt is.\\n> quoted")
    'It is.'
    >>> without_quote("> all is quoted")
    ''
    """
    kept = []
    for line in text.splitlines():
        if QUOTE_HEADS.match(line):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
    return "\n".join(kept).strip()
