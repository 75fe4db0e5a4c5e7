import ast
import doctest
import json
import sys
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import file_path

from .. import chains, comparison, fingerprints
from ..audit import verify
from .integrity_common import IntegrityCase

VERIFIER = file_path("facturation_collab/audit/verify.py")


@tagged("post_install", "-at_install")
class TestVerifierRules(IntegrityCase):
    """The program in the pack stands alone, and its rules are those of the addon."""

    def test_it_imports_nothing_but_the_standard_library(self):
        tree = ast.parse(Path(VERIFIER).read_text())
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        self.assertTrue(names)
        self.assertLessEqual(names, sys.stdlib_module_names)

    def test_its_examples_hold(self):
        result = doctest.testmod(verify)
        self.assertGreater(result.attempted, 5)
        self.assertEqual(result.failed, 0)

    def test_hashes_are_the_same(self):
        bill = self._create_posted()
        request = bill.validation_request_id
        seal = self._seal()
        archive = self.env["account.validation.archive"]
        for event in request.event_ids:
            values = json.loads(json.dumps(archive._get_event(event)))
            self.assertEqual(verify.event_payload(values), event._get_payload(event._get_hashed_values()))
        self.assertEqual(verify.seal_payload(archive._get_seal(seal)), seal.sudo()._get_own_payload())
        for values in ({"é": [None, True, 1.5]}, [], "“x”\n"):
            self.assertEqual(verify.canonical(values), fingerprints.canonical(values))
            self.assertEqual(verify.chained_hash("a", values), chains.chained_hash("a", values))

    def test_broken_links_are_the_same(self):
        payloads = [{"position": position} for position in range(4)]
        chain, previous = [], ""
        for position, payload in enumerate(payloads, start=1):
            hash_ = chains.chained_hash(previous, payload)
            chain.append({"sequence": position, "previous_hash": previous, "hash": hash_, "payload": payload})
            previous = hash_
        forged = [chain, chain[1:], chain[:2] + chain[3:], chain[::-1]]
        forged += [
            [{**link, key: value} if link is chain[2] else link for link in chain]
            for key, value in (("hash", "0"), ("previous_hash", "0"), ("payload", {}), ("sequence", 9))
        ]
        for links in forged:
            rows = [(link["sequence"], link["previous_hash"], link["hash"], link["payload"]) for link in links]
            expected = chains.broken_link(rows)
            self.assertEqual(verify.broken_link(links, lambda link: link["payload"]), expected)
            self.assertEqual(expected is None, links is chain)

    def test_trees_are_the_same(self):
        for size in range(1, 20):
            leaves = [[number, number, 1, "x"] for number in range(size)]
            root = chains.merkle_root([chains.leaf_hash(leaf) for leaf in leaves])
            for kept in (set(), {0}, {size - 1}, set(range(0, size, 3)), set(range(size))):
                tree = json.loads(fingerprints.canonical(chains.pruned_tree(leaves, kept)))
                self.assertEqual(verify.tree_hash(tree), root)
                self.assertEqual(verify.shown_leaves(tree), [leaves[position] for position in sorted(kept)])

    def test_content_is_compared_alike(self):
        approved = {"date": "2026-01-15", "ref": "A", "lines": [{"name": "a", "quantity": "1"}], "instalments": None}
        changes = [{}, {"ref": "B"}, {"date": "2026-02-01"}, {"date": "2026-01-01"}, {"date": None}, {"lines": []}]
        changes += [{"lines": [{"name": "b"}]}, {"lines": [{"name": "a", "new": 1}]}, {"instalments": [1]}, {"new": 1}]
        found = []
        for change in changes:
            posted = {**approved, **change}
            found.append(comparison.changed_content(approved, posted))
            self.assertEqual(verify.changed_content(approved, posted), found[-1])
        self.assertEqual(found, [[], ["ref"], [], ["date"], ["date"], ["lines"], ["lines"], [], [], []])
