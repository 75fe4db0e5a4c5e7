"""Chains of events and trees of seals: what is hashed, in which form, and where a chain breaks first.

Plain functions on plain values, as in `lifecycle`; `audit/verify.py` repeats them for whoever has nothing but a pack.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from .fingerprints import canonical, fingerprint


def chained_hash(previous: str, payload: Mapping[str, Any]) -> str:
    """Return the hash of an event: over its own canonical form and the hash of the event before it.

    >>> chained_hash("", {"type": "submitted"}) != chained_hash("0", {"type": "submitted"})
    True
    """
    return fingerprint(f"{previous}\n{canonical(payload)}")


EVENT_VERSION = 2
"""Version of the canonical form of an event. The first one did not name its version; events keep the one they were
hashed with.
"""

EVENT_FIELDS = ("request_id", "step_id", "sequence", "type", "user_id", "comment", "data")


def event_payload(values: Mapping[str, Any], date: str, version: int) -> dict[str, Any]:
    """Return what the hash of an event covers.

    :param date: when it happened, as text in UTC

    >>> event_payload({"request_id": 1, "type": "opened", "comment": ""}, "2026-01-15 09:00:00", 2)["version"]
    2
    >>> "version" in event_payload({"request_id": 1}, "2026-01-15 09:00:00", 1)
    False
    """
    payload = {name: values.get(name) or None for name in EVENT_FIELDS} | {"date": date}
    return payload if version < 2 else payload | {"version": version}


def broken_link(chain: Iterable[tuple[int, str, str, Mapping[str, Any]]]) -> tuple[int, str] | None:
    """Return the first event of a chain that does not fit, as (position from 1, problem), or None.

    Problems: an event is *missing* at that position, does not *follow* the one before, or was *changed*.

    :param chain: (sequence, previous hash, hash, payload) of the events of one request, by sequence

    >>> first = chained_hash("", {"type": "submitted"})
    >>> broken_link([(1, "", first, {"type": "submitted"})]) is None
    True
    >>> broken_link([(1, "", first, {"type": "approved"})])
    (1, 'changed')
    >>> broken_link([(2, first, "", {})]), broken_link([(1, first, "", {})])
    ((1, 'missing'), (1, 'follow'))
    """
    previous = ""
    for position, (sequence, before, own, payload) in enumerate(chain, start=1):
        if sequence != position:
            return position, "missing"
        if before != previous:
            return position, "follow"
        if own != chained_hash(previous, payload):
            return position, "changed"
        previous = own
    return None


# Seals: a Merkle tree as RFC 6962, section 2.1 (Certificate Transparency) defines it. Leaves and nodes are hashed with
# a different first byte, so that neither can stand for the other.


def leaf_hash(leaf: Any) -> str:
    """Return the hash of one leaf: the canonical form of a sealed chain.

    >>> leaf_hash([1, 2, 3, ""]) == hashlib.sha256(bytes([0]) + b'[1,2,3,""]').hexdigest()
    True
    """
    return hashlib.sha256(b"\x00" + canonical(leaf).encode()).hexdigest()


def node_hash(left: str, right: str) -> str:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def merkle_root(hashes: Sequence[str]) -> str:
    """Return the root over hashes of leaves, in order.

    >>> a, b, c = leaf_hash("a"), leaf_hash("b"), leaf_hash("c")
    >>> (
    ...     merkle_root([a, b, c]) == node_hash(node_hash(a, b), c),
    ...     merkle_root([a]) == a,
    ...     merkle_root([]) == fingerprint(""),
    ... )
    (True, True, True)
    """
    if not hashes:
        return fingerprint("")
    if len(hashes) == 1:
        return hashes[0]
    split = _split(len(hashes))
    return node_hash(merkle_root(hashes[:split]), merkle_root(hashes[split:]))


def pruned_tree(leaves: Sequence[Any], kept: Collection[int], start: int = 0) -> Any:
    """Return a Merkle tree that shows some leaves and only hashes of all others, from which the root follows.

    A leaf that is shown is {"leaf": value}, two subtrees are a list, a subtree without a shown leaf is its hash.

    :param kept: positions of the leaves to show

    >>> pruned_tree(["a", "b", "c"], {2}) == [node_hash(leaf_hash("a"), leaf_hash("b")), {"leaf": "c"}]
    True
    >>> tree_hash(pruned_tree(list("abcdefg"), {0, 5})) == merkle_root([leaf_hash(x) for x in "abcdefg"])
    True
    """
    if not any(position in kept for position in range(start, start + len(leaves))):
        return merkle_root([leaf_hash(leaf) for leaf in leaves])
    if len(leaves) == 1:
        return {"leaf": leaves[0]}
    split = _split(len(leaves))
    return [pruned_tree(leaves[:split], kept, start), pruned_tree(leaves[split:], kept, start + split)]


def tree_hash(tree: Any) -> str:
    """Return the root of a tree as `pruned_tree` made it."""
    if isinstance(tree, str):
        return tree
    if isinstance(tree, Mapping):
        return leaf_hash(tree["leaf"])
    left, right = tree
    return node_hash(tree_hash(left), tree_hash(right))


def _split(size: int) -> int:
    """Return the largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def seal_payload(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the hash of a seal covers besides the hash of the seal before it (dates as text in UTC)."""
    names = ("company_id", "sequence", "date_from", "date", "watermark", "leaf_count", "root")
    return {"kind": "seal", "version": 1, **{name: values.get(name) or None for name in names}}
