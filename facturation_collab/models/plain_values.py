"""Plain values of records, for canonical forms and comparisons, read a column at a time from what the ORM has in
memory: that costs a fraction of reading them one by one.
"""

FLOAT_DIGITS = 6


def plain(value, field, digits):
    """Return the value of a field of a record as a plain value: ids, ISO dates, and numbers as text.

    :param digits: decimals of amounts
    """
    if field.relational:
        return sorted(value.ids) if field.type.endswith("2many") else value.id or None
    if field.type == "monetary":
        return number(value, digits)
    if field.type == "float":
        return number(value, FLOAT_DIGITS)
    if field.type in ("date", "datetime"):
        return field.to_string(value) if value else None
    return value or None


def number(value, digits):
    """Return a number that is rounded already as text with so many decimals; zero has no sign.

    >>> number(12.5, 2), number(-0.0, 2), number(-0.001, 2), number(-0.01, 2), number(1e6, 0)
    ('12.50', '0.00', '0.00', '-0.01', '1000000')
    """
    text = f"{value:.{digits}f}"
    return text[1:] if text[0] == "-" and not float(text) else text


def plain_rows(records, names, digits):
    """Return the plain values of records: [{name: value}], in their order."""
    fields = [records._fields[name] for name in names]
    columns = zip(fields, _copy_columns(records, fields), strict=True)
    rows = zip(*(_plain_column(records, field, column, digits) for field, column in columns), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def copy_rows(records, fields):
    """Return {id: values in the order of the fields}, as the ORM has them in memory."""
    ids = records._ids
    return dict(zip(ids, zip(*_copy_columns(records, fields), strict=True), strict=True)) if ids else {}


def _copy_columns(records, fields):
    records._recompute_recordset([field.name for field in fields])
    return [_copy_column(records, field) for field in fields]


def _copy_column(records, field):
    cache = field._get_cache(records.env)
    try:
        return [cache[id_] for id_ in records._ids]
    except KeyError:
        records.mapped(field.name)
        return [cache[id_] for id_ in records._ids]


def _plain_column(records, field, column, digits):
    """Return values in memory as plain values. Numbers and ids are plain there; others become values of a record first,
    where there are any.
    """
    if field.type == "many2one":
        return column
    if field.type in ("monetary", "float"):
        places = digits if field.type == "monetary" else FLOAT_DIGITS
        return [number(value or 0.0, places) for value in column]
    empty = [] if field.relational else None
    return [
        plain(field.convert_to_record(value, record), field, digits) if value else empty
        for value, record in zip(column, records, strict=True)
    ]
