"""Canonical form and hash of plain values, and what follows from a hash. Plain functions, as in `lifecycle`."""

import hashlib
import json
from collections.abc import Callable
from typing import Any


def canonical(data: Any, default: Callable[[Any], Any] | None = None) -> str:
    """Return the canonical JSON text of plain values: sorted keys, no spaces, no escaped characters.

    :param default: what makes a plain value of any other

    >>> canonical({"b": 1, "a": ["é", None]})
    '{"a":["é",null],"b":1}'
    """
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=default)


def fingerprint(text: str) -> str:
    """Return the SHA-256 (FIPS 180-4) of a text in UTF-8, as 64 hexadecimal digits.

    >>> fingerprint("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def is_sampled(key: str, percent: float) -> bool:
    """Tell whether something is in the sample of a share, always with the same answer for the same key.

    >>> [is_sampled(str(number), 100) for number in range(3)], is_sampled("1", 0)
    ([True, True, True], False)
    >>> 80 < sum(is_sampled(str(number), 10) for number in range(1000)) < 120
    True
    """
    return int(fingerprint(key)[:8], 16) * 100 < percent * 16**8
