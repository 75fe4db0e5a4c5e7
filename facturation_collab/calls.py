"""What a program may pass to the public methods of this addon."""

from odoo.exceptions import UserError


def check_call(records, *texts, single=False):
    """Refuse what no screen sends, before anything is done. Odoo passes on whatever a program sends.

    :param records: the records that the method was called on, whatever their ids are
    :param texts: the arguments that have to be a text, or None
    :param single: whether exactly one record is needed
    :raises UserError: says what to pass instead
    """
    ids = records._ids
    if any(type(id_) is not int or id_ <= 0 for id_ in ids):
        raise UserError(records.env._("Pass the ids of the records as a list of positive numbers."))
    if single and len(ids) != 1:
        raise UserError(records.env._("Pass the id of exactly one record."))
    if any(text and not (isinstance(text, str) and "\0" not in text) for text in texts):
        raise UserError(records.env._("Pass the comment as a text, without zero characters."))
