"""How a document is encrypted, without Odoo: AES-256-GCM, a versioned header, several keys of which the first writes.

Plain functions on plain values. Keys come in as text from the server's configuration and never leave this module.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"FCENC"
VERSION = 1
"""Version of the form of an encrypted document. A change of the form is a new version: old documents stay readable."""

NAME_PREFIX = "x"
"""First letter of the name of an encrypted document. Odoo names files by a SHA-1 in hexadecimal, so that none of them
begins with it.
"""
NAME_LENGTH = 40
KEY_LENGTH = 32
NONCE_LENGTH = 12
CHECK_LENGTH = 8
KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")


class EncryptionError(Exception):
    """A document cannot be encrypted or decrypted. `key_id` names the key, where one is known."""

    def __init__(self, key_id: str = ""):
        super().__init__(key_id)
        self.key_id = key_id


class BadKeysError(EncryptionError):
    """The list of keys cannot be read."""


class MissingKeyError(EncryptionError):
    """The key that encrypted the document is not in the list."""


class WrongKeyError(EncryptionError):
    """The list has another key under the name of the one that encrypted the document."""


class AlteredError(EncryptionError):
    """The document is not what was written under this name: altered, cut off, or put in the place of another."""


def parse_keys(text: str) -> dict[str, bytes]:
    """Read a list of keys: `id=base64`, separated by commas or line ends. The first one encrypts, all of them decrypt.

    >>> list(parse_keys("2027=" + "B" * 43 + "=, 2026=" + "A" * 43 + "="))
    ['2027', '2026']
    >>> parse_keys("")
    {}

    An error names the entry, by its position where it has no name, and never shows a part of a key.

    >>> parse_keys("c2hvcnQ")
    Traceback (most recent call last):
    ...
    odoo.addons.facturation_collab.encryption.BadKeysError: number 1
    >>> parse_keys("2026=c2hvcnQ=")
    Traceback (most recent call last):
    ...
    odoo.addons.facturation_collab.encryption.BadKeysError: 2026
    """
    keys: dict[str, bytes] = {}
    for position, item in enumerate(filter(None, re.split(r"[,\s]+", text)), 1):
        key_id, separator, encoded = item.partition("=")
        if not separator or not KEY_ID.fullmatch(key_id):
            raise BadKeysError(f"number {position}")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise BadKeysError(key_id) from None
        if len(key) != KEY_LENGTH or key_id in keys:
            raise BadKeysError(key_id)
        keys[key_id] = key
    return keys


def new_name() -> str:
    """Return the name of a new encrypted document: random, so that it tells nothing of what is in it.

    >>> name = new_name()
    >>> is_encrypted(name), len(name), name != new_name()
    (True, 40, True)
    """
    return NAME_PREFIX + secrets.token_hex(NAME_LENGTH // 2)[: NAME_LENGTH - len(NAME_PREFIX)]


def is_encrypted(name: str | None) -> bool:
    """Tell by its name, or by the path of its file, whether a document is encrypted.

    >>> is_encrypted("da39a3ee5e6b4b0d3255bfef95601890afd80709"), is_encrypted("x3/x3f"), is_encrypted(None)
    (False, True, False)
    """
    return bool(name) and name.startswith(NAME_PREFIX)


def encrypt(content: bytes, name: str, keys: Mapping[str, bytes]) -> bytes:
    """Encrypt a document with the first key, under a fresh nonce, bound to its name and its header.

    >>> keys = {"new": b"n" * 32, "old": b"o" * 32}
    >>> blob = encrypt(b"secret", "x1", keys)
    >>> b"secret" in blob, get_key_id(blob), decrypt(blob, "x1", keys)
    (False, 'new', b'secret')
    >>> blob == encrypt(b"secret", "x1", keys)
    False
    """
    key_id = next(iter(keys))
    header = _get_header(key_id, keys[key_id]) + os.urandom(NONCE_LENGTH)
    sealed = AESGCM(keys[key_id]).encrypt(header[-NONCE_LENGTH:], content, header + name.encode())
    return header + sealed


def decrypt(blob: bytes, name: str, keys: Mapping[str, bytes]) -> bytes:
    """Decrypt a document that was written under this name.

    :raises MissingKeyError, WrongKeyError, AlteredError: each names the key
    >>> blob = encrypt(b"secret", "x1", {"old": b"o" * 32})
    >>> decrypt(blob, "x1", {"new": b"n" * 32, "old": b"o" * 32})
    b'secret'
    >>> decrypt(blob, "x1", {"new": b"n" * 32})
    Traceback (most recent call last):
    ...
    odoo.addons.facturation_collab.encryption.MissingKeyError: old
    >>> decrypt(blob, "x1", {"old": b"n" * 32})
    Traceback (most recent call last):
    ...
    odoo.addons.facturation_collab.encryption.WrongKeyError: old
    >>> decrypt(blob, "x2", {"old": b"o" * 32})
    Traceback (most recent call last):
    ...
    odoo.addons.facturation_collab.encryption.AlteredError: old
    """
    key_id = get_key_id(blob)
    if key_id not in keys:
        raise MissingKeyError(key_id)
    start = len(MAGIC) + 2 + len(key_id)
    if not hmac.compare_digest(blob[start : start + CHECK_LENGTH], _get_key_check(keys[key_id])):
        raise WrongKeyError(key_id)
    end = start + CHECK_LENGTH + NONCE_LENGTH
    header, sealed = blob[:end], blob[end:]
    try:
        return AESGCM(keys[key_id]).decrypt(header[-NONCE_LENGTH:], sealed, header + name.encode())
    except (InvalidTag, ValueError):
        raise AlteredError(key_id) from None


def get_key_id(blob: bytes) -> str:
    """Return the name of the key that encrypted a document.

    :raises AlteredError: when this is no encrypted document
    >>> get_key_id(b"%PDF-1.4 plain")
    Traceback (most recent call last):
    ...
    odoo.addons.facturation_collab.encryption.AlteredError
    """
    length = len(MAGIC)
    if blob[:length] != MAGIC or blob[length : length + 1] != bytes([VERSION]):
        raise AlteredError
    size = int.from_bytes(blob[length + 1 : length + 2], "big")
    key_id = blob[length + 2 : length + 2 + size].decode("ascii", "replace")
    if not KEY_ID.fullmatch(key_id):
        raise AlteredError
    return key_id


def _get_header(key_id: str, key: bytes) -> bytes:
    """Magic, version, the key's name and a check value of the key; the nonce follows."""
    return MAGIC + bytes([VERSION, len(key_id)]) + key_id.encode() + _get_key_check(key)


def _get_key_check(key: bytes) -> bytes:
    """A value that tells two keys apart and says nothing else of them: a wrong key is no altered document."""
    return hmac.new(key, b"facturation_collab key check", hashlib.sha256).digest()[:CHECK_LENGTH]
