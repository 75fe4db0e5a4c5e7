"""The addons' terms: exported by Odoo, compared with the files in ``i18n/``, merged into them."""

from __future__ import annotations

import json
from pathlib import Path

from .bench import Bench
from .process import run

LANGUAGE = "fr"

_COMPARE = """
import json, sys, polib
exported, template, translation = sys.argv[1:]
key = lambda entry: (entry.msgctxt, entry.msgid)
wanted = {key(entry) for entry in polib.pofile(exported)}
present = {key(entry) for entry in polib.pofile(template)}
translated = {
    key(entry) for entry in polib.pofile(translation) if entry.msgstr.strip() and not entry.fuzzy and not entry.obsolete
}
terms = lambda keys: sorted(message for _context, message in keys)
print(json.dumps([terms(wanted - present), terms(present - wanted), terms(wanted - translated)]))
"""

_MERGE = """
import sys, polib
exported, template, translation, language = sys.argv[1:]
fresh = polib.pofile(exported)
for name in ("POT-Creation-Date", "PO-Revision-Date"):
    # A date would make every refresh a change.
    fresh.metadata.pop(name, None)
fresh.save(template)
try:
    catalog = polib.pofile(translation)
except OSError:
    catalog = polib.POFile()
    catalog.metadata = {**fresh.metadata, "Language": language, "Plural-Forms": "nplurals=2; plural=(n > 1);"}
catalog.merge(fresh)
for entry in catalog.obsolete_entries():
    catalog.remove(entry)
catalog.save(translation)
print(sum(not entry.translated() for entry in catalog))
"""


def export(bench: Bench, database: str, addon: Path) -> Path:
    """The addon's terms as Odoo finds them."""
    target = bench.temporary / f"{addon.name}.pot"
    arguments = ["i18n", "export", "-d", database, "-l", "pot", "-o", target, addon.name]
    bench.run_odoo(arguments, failure=f"The terms of {addon.name} could not be exported")
    return target


def files(addon: Path) -> tuple[Path, Path]:
    """The template and the French translation of an addon."""
    return addon / "i18n" / f"{addon.name}.pot", addon / "i18n" / f"{LANGUAGE}.po"


def problems(bench: Bench, database: str, addon: Path) -> list[str]:
    """One sentence for every kind of term that is not where it should be."""
    template, translation = files(addon)
    way_out = "run `scripts/i18n` and translate what is new."
    missing_files = [str(path) for path in (template, translation) if not path.exists()]
    if missing_files:
        return [f"{' and '.join(missing_files)} is missing: {way_out}"]
    exported = export(bench, database, addon)
    answer = run([bench.python, "-c", _COMPARE, exported, template, translation], failure="The terms were not compared")
    absent, stale, untranslated = json.loads(answer.stdout)
    found = {"not in the template": absent, "in the template but gone": stale, "not translated to French": untranslated}
    return [
        f"{addon.name}: {len(terms)} terms {what}, {terms[:8]}: {way_out}" for what, terms in found.items() if terms
    ]


def refresh(bench: Bench, database: str, addon: Path) -> int:
    """Write the template anew and merge it into the translation; return how many terms wait for a translator."""
    template, translation = files(addon)
    template.parent.mkdir(exist_ok=True)
    exported = export(bench, database, addon)
    command = [bench.python, "-c", _MERGE, exported, template, translation, LANGUAGE]
    return int(run(command, failure="The terms were not merged").stdout)
