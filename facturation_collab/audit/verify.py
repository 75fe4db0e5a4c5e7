#!/usr/bin/env python3
"""Verify an audit pack, offline, with nothing but Python 3.10 or later.

    python3 verify.py pack.zip
    python3 verify.py pack.zip --digest SHA256-of-the-pack --seal HASH-of-a-seal

Without an argument it verifies the folder that it lies in (an unpacked pack). It says what is intact and what does not
fit, and ends with exit code 0 (intact) or 1 (broken, or not readable). `--digest` and `--seal` compare with what was
noted elsewhere when the pack or the seal was made: that is what a forger of a whole pack cannot change.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

FORMAT = 1
# Mode and state of a validation that holds the posted content to what was approved.
AGREED = {("enforce", "approved"), ("enforce", "forced")}
ENGINE_USER = 1
EVENT_FIELDS = ("request_id", "step_id", "sequence", "type", "user_id", "comment", "data")
SEAL_FIELDS = ("company_id", "sequence", "date_from", "date", "watermark", "leaf_count", "root")
SET_BY_POSTING = frozenset({"invoice_date", "date", "invoice_date_due", "instalments", "invoice_currency_rate"})


class Broken(Exception):
    """Something in the pack is not what it should be; the text says what."""


# The rules: the same as in Odoo, written again so that this file needs nothing else.


def canonical(data):
    """Canonical JSON text: sorted keys, no spaces, no escaped characters.

    >>> canonical({"b": 1, "a": ["é", None]})
    '{"a":["é",null],"b":1}'
    """
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sha256(text):
    """SHA-256 of a text in UTF-8.

    >>> sha256("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def chained_hash(previous, payload):
    """Hash of a link of a chain: over the hash of the link before and its own canonical form."""
    return sha256(f"{previous}\n{canonical(payload)}")


def is_sampled(key, percent):
    """Is something in the sample of a share?

    >>> is_sampled("1", 100), is_sampled("1", 0)
    (True, False)
    """
    return int(sha256(key)[:8], 16) * 100 < percent * 16**8


def event_payload(event):
    """What the hash of an event covers."""
    version = event.get("version") or 1
    payload = {name: event.get(name) or None for name in EVENT_FIELDS} | {"date": event["date"]}
    return payload if version < 2 else payload | {"version": version}


def seal_payload(seal):
    """What the hash of a seal covers."""
    return {"kind": "seal", "version": 1, **{name: seal.get(name) or None for name in SEAL_FIELDS}}


def broken_link(chain, payload):
    """First link of a chain that does not fit: (position from 1, problem), or None.

    >>> broken_link([{"sequence": 2, "hash": ""}], event_payload)
    (1, 'missing')
    """
    previous = ""
    for position, link in enumerate(chain, start=1):
        if link["sequence"] != position:
            return position, "missing"
        if (link.get("previous_hash") or "") != previous:
            return position, "follow"
        if link["hash"] != chained_hash(previous, payload(link)):
            return position, "changed"
        previous = link["hash"]
    return None


def tree_hash(tree):
    """Root of a Merkle tree (RFC 6962, section 2.1): a hash, {"leaf": value}, or two subtrees in a list.

    >>> tree_hash({"leaf": "a"}) == hashlib.sha256(b'\\x00"a"').hexdigest(), tree_hash("00")
    (True, '00')
    """
    if isinstance(tree, str):
        return tree
    if isinstance(tree, dict):
        return hashlib.sha256(b"\x00" + canonical(tree["leaf"]).encode()).hexdigest()
    left, right = (bytes.fromhex(tree_hash(part)) for part in tree)
    return hashlib.sha256(b"\x01" + left + right).hexdigest()


def shown_leaves(tree):
    """The leaves that a tree shows.

    >>> shown_leaves(["00", {"leaf": [1]}])
    [[1]]
    """
    if isinstance(tree, str):
        return []
    if isinstance(tree, dict):
        return [tree["leaf"]]
    return [leaf for part in tree for leaf in shown_leaves(part)]


def changed_content(approved, posted):
    """Names of what differs between the approved and the posted content, but for what posting itself sets.

    >>> changed_content({"date": "2026-01-15", "ref": "A"}, {"date": "2026-02-01", "ref": "B"})
    ['ref']
    """
    names = (set(approved) & set(posted)) - {"version"}
    return sorted(name for name in names if not is_same(name, approved[name], posted[name]))


def is_same(name, before, after):
    """Is one part of the content what was approved?"""
    if before is None and name in SET_BY_POSTING:
        return True
    if name == "date":
        return before <= (after or "")
    if name == "lines":
        return len(before) == len(after) and all(
            all(old[key] == new[key] for key in set(old) & set(new)) for old, new in zip(before, after, strict=True)
        )
    return before == after


# The pack


class Pack:
    """The files of a pack, in a ZIP or in a folder."""

    def __init__(self, path):
        self.path = Path(path)
        self.zip = None if self.path.is_dir() else zipfile.ZipFile(self.path)

    def names(self):
        """Names of all files, sorted."""
        if self.zip:
            names = self.zip.namelist()
            if len(names) != len(set(names)):
                raise Broken("Two files of the pack have the same name: one was added to it.")
            return sorted(name for name in names if not name.endswith("/"))
        found = (path for path in self.path.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return sorted(path.relative_to(self.path).as_posix() for path in found)

    def content(self, name):
        """Bytes of a file."""
        try:
            return self.zip.read(name) if self.zip else (self.path / name).read_bytes()
        except (KeyError, FileNotFoundError):
            raise Broken(f"{name} is missing: it was removed from the pack.") from None

    def json(self, name):
        """Content of a JSON file."""
        return json.loads(self.content(name).decode())


def check_files(pack, manifest):
    """Every file is there and is what the manifest says."""
    listed = manifest["files"]
    for name in sorted(set(listed) | (set(pack.names()) - {"manifest.json"})):
        if name not in listed:
            yield f"{name} is not in the manifest: it was added to the pack."
        elif name not in pack.names():
            yield f"{name} is missing: it was removed from the pack."
        elif hashlib.sha256(pack.content(name)).hexdigest() != listed[name]:
            yield f"{name} was changed: it is not what the manifest says."


def check_request(request):
    """The chain of one request, its snapshot, its plan, its decisions and its state."""
    place = f"{request['invoice']}, validation {request['id']}"
    events = request["events"]
    link = broken_link(events, event_payload)
    if link:
        position, problem = link
        event = events[position - 1]
        words = {
            "missing": "is missing, or the events are not in their order",
            "follow": "does not follow the one before",
            "changed": f"({event['type']}, {event['user']}) is not what its hash says",
        }
        yield f"{place}: event {position} {words[problem]}."
    if not events:
        yield f"{place}: event 1 is missing."
    recorded = (events[0]["data"] if events else None) or {}
    if sha256(request["snapshot"] or "") != request["fingerprint"]:
        yield f"{place}: the snapshot is not what its fingerprint says."
    if recorded.get("fingerprint", request["fingerprint"]) != request["fingerprint"]:
        yield f"{place}: the submission recorded another fingerprint."
    if "plan" in recorded and sha256(request["plan"] or "") != recorded["plan"]:
        yield f"{place}: the plan (policy and steps) is not what the submission recorded."
    if any(event["request_id"] != request["id"] for event in events):
        yield f"{place}: it holds an event of another request."
    yield from check_decisions(place, request)
    yield from check_places(place, request)


def check_decisions(place, request):
    """Who counts as having approved has an event that says so; the state is what the events lead to."""
    events = request["events"]
    for step in request["steps"]:
        own = [event for event in events if event["step_id"] == step["id"]]
        voters = {event["user_id"] for event in own if event["type"] == "approved"}
        voters |= {(event["data"] or {}).get("user_id") for event in own if event["type"] == "carried"}
        if voters != set(step["voters"]):
            yield f"{place}: step “{step['name']}” counts other people than its events say."
    yield from check_merged(place, events)
    yield from check_refused(place, request)
    yield from check_shares(place, request)
    yield from check_automatic(place, request)
    states = [event["data"]["state"] for event in events if (event["data"] or {}).get("state")]
    if events and request["state"] != (states[-1] if states else "pending"):
        yield f"{place}: its state “{request['state']}” is not where its events lead."


def check_merged(place, events):
    """An approval that was counted from another step was given there, before, by the same person, in the same way."""
    given = set()
    for event in events:
        if event["type"] == "approved":
            data = event["data"] or {}
            key = (event["user_id"], data.get("authentication"))
            if "merged_from" in data and (data["merged_from"], *key) not in given:
                yield f"{place}: event {event['sequence']} counts an approval that was given nowhere else."
            given.add((event["step_id"], *key))


def check_refused(place, request):
    """The lines that a step counts as refused are those of the events of its decisions."""
    for step in request["steps"]:
        refused = {}
        for event in request["events"]:
            if event["step_id"] == step["id"] and event["type"] == "approved":
                found = (event["data"] or {}).get("refused") or []
                refused.update({position: [position, reason, event["user_id"]] for position, reason in found})
        if (step.get("refused") or []) != sorted(refused.values()):
            yield f"{place}: step “{step['name']}” counts other lines as refused than its events say."


def check_shares(place, request):
    """The shares of a level add up to the invoice, to the last cent."""
    if sha256(request["snapshot"] or "") != request["fingerprint"]:
        return
    content, levels = json.loads(request["snapshot"]), {}
    for step in request["steps"]:
        if step.get("share") and not step.get("supersedes_id"):
            levels.setdefault((step["sequence"], step.get("level_id")), []).append(step["share"])
    for shares in levels.values():
        for name in ("untaxed", "tax", "total"):
            if sum(Decimal(share[name]) for share in shares) != Decimal(content[f"amount_{name}"]):
                yield f"{place}: the shares of a level do not add up to the invoice."
                break


def seated(planned, changes):
    """Who has a voice on a step: the approvers of its plan, with the places that were given to others since.

    >>> sorted(seated([1, 2], [{"out": [1], "in": [3]}, {"out": [3], "in": [4]}]))
    [2, 4]
    """
    seats = set(planned)
    for change in changes:
        seats = (seats - set(change.get("out") or ())) | set(change.get("in") or ())
    return seats


def check_places(place, request):
    """Whoever decided was asked: an approver of the plan, somebody who got a place since, or for one of these."""
    recorded = ((request["events"] or [{}])[0].get("data") or {}).get("plan")
    steps = {step["id"]: step for step in sorted(request["steps"], key=lambda step: step["id"])}
    if not recorded or sha256(request["plan"] or "") != recorded:
        return
    plan = json.loads(request["plan"])["steps"]
    first = [step["id"] for step in steps.values() if not step.get("supersedes_id")]
    if len(plan) != len(first):
        yield f"{place}: it has {len(first)} steps, and {len(plan)} were recorded at its submission."
        return
    planned = dict(zip(first, (step["approver_ids"] for step in plan), strict=True))
    for step in steps.values():
        events = [event for event in request["events"] if event["step_id"] == step["id"]]
        old = steps.get(step.get("supersedes_id"), {"approvers": []})
        asked = planned.get(step["id"], [person["id"] for person in old["approvers"]])
        yield from check_step(f"{place}: step “{step['name']}”", step, asked, events)


def check_step(place, step, planned, events):
    """The approvers of one step are those of the plan and of the events, and each voice was given once."""
    changes, taken, represented = [], set(), set()
    for event in events:
        data = event["data"] or {}
        if data.get("seats"):
            changes.append(data["seats"])
        if event["type"] not in ("approved", "returned", "rejected", "returned_to"):
            continue
        voice = data.get("for") or event["user_id"]
        if voice in taken or voice not in seated(planned, changes):
            yield f"{place}: event {event['sequence']} decides for somebody who was not asked, or had decided."
        taken.add(voice)
        if data.get("for") and event["type"] == "approved":
            represented.add(voice)
    if {person["id"] for person in step["approvers"]} != seated(planned, changes):
        yield f"{place} asks other people than its plan and its events say."
    if set(step.get("represented", ())) != represented:
        yield f"{place} counts voices for other people than its events say."


def check_carried(request, validations):
    """An approval that stands after a correction was given, on the same invoice, and does not concern what changed."""
    steps = {step["id"]: step for step in request["steps"]}
    for event in (event for event in request["events"] if event["type"] == "carried"):
        data, step = event["data"] or {}, steps.get(event["step_id"], {})
        origin = validations.get(data.get("from_request"), {"events": []})
        given = [one for one in origin["events"] if one["id"] == data.get("from_event")]
        place = f"{request['invoice']}, validation {request['id']}: event {event['sequence']}"
        if not given or not is_same_approval(given[0], origin, request, step, data):
            yield f"{place} takes over an approval of an earlier submission, and no such approval was given."
        elif request["on_change"] != "concerned" or is_concerned(step, origin, data):
            yield f"{place} takes over an approval, and what changed since had to be asked again."


def is_same_approval(event, origin, request, step, data):
    """Is this event the approval that a step takes over?"""
    found = (event["type"], event["step_id"], event["hash"], event["user_id"], origin["fingerprint"])
    expected = ("approved", data.get("step"), data.get("from_hash"), data.get("user_id"), data.get("fingerprint"))
    is_place = origin["move_id"] == request["move_id"] and origin["id"] < request["id"]
    return found == expected and is_place and step.get("previous_step_id") == data.get("step")


def is_concerned(step, origin, data):
    """Does a step have to be asked again about what changed since an approval, as it was recorded?

    >>> step = {"facets": ["amounts"], "tolerance_percent": 5, "tolerance_amount": 0, "authentication": None}
    >>> changes = ({"facets": ["amounts"], "moved": moved} for moved in (50, 51))
    >>> [is_concerned(step, {"amount": 1000}, change) for change in changes]
    [False, True]
    >>> is_concerned(step, {"amount": 1000}, {"facets": ["document"]}), is_concerned(step, {}, {"facets": ["texts"]})
    (True, False)
    """
    concerning = set(data.get("facets") or ()) & {*(step["facets"] or ()), "document"}
    percent, amount, moved, approved = (
        Decimal(str(value or 0))
        for value in (step["tolerance_percent"], step["tolerance_amount"], data.get("moved"), origin.get("amount"))
    )
    limits = [limit for limit, is_set in ((percent * approved / 100, percent), (amount, amount)) if is_set]
    if limits and not step["authentication"] and moved <= min(limits):
        concerning -= {"amounts"}
    return bool(concerning)


def check_superseded(request):
    """A step was superseded because somebody returned the invoice to an earlier level, and the other way round."""
    pairs = {}
    for event in request["events"]:
        if event["type"] == "returned_to":
            pairs |= {int(old): new for old, new in ((event["data"] or {}).get("steps") or {}).items()}
    for step in request["steps"]:
        is_recorded = (step["state"] == "superseded") == (step["id"] in pairs)
        old = step.get("supersedes_id")
        if not is_recorded or (old and pairs.get(old) != step["id"]) or (not old and step["id"] in pairs.values()):
            place = f"{request['invoice']}, validation {request['id']}"
            yield f"{place}: step “{step['name']}” is not what a return to an earlier level recorded."


def check_automatic(place, request):
    """An approval without a voice has its event, and the plan allowed it."""
    automatic = [event for event in request["events"] if event["type"] == "auto_approved"]
    states = {step["state"] for step in request["steps"]}
    if not automatic:
        if request["state"] == "approved" and states and "approved" not in states:
            yield f"{place}: it is approved without anybody having approved it, and no event says why."
        return
    plan = json.loads(request["plan"] or "{}")
    criteria = plan.get("automatic")
    allowed = (
        criteria
        and [event["user_id"] for event in automatic] == [ENGINE_USER]
        and all(step["reason"]["amount"] <= criteria["amount_max"] + 1e-9 for step in plan["steps"])
        and not any(step.get("authentication") for step in plan["steps"])
        and not any(step["voters"] for step in request["steps"])
        and not is_sampled(f"{plan['move_id']}:{plan['policy_id']}", criteria["sample"])
    )
    if not allowed:
        yield f"{place}: it was approved automatically, and its policy did not allow that."


def check_invoice(invoice, validations):
    """The requests of an invoice are there, and what is posted is what was approved."""
    missing = [number for number in invoice["requests"] if number not in validations]
    if missing:
        yield f"{invoice['name']}: validation {missing[0]} is missing: it was removed from the pack."
    latest = validations.get(max(invoice["requests"], default=0))
    if latest and latest["move_id"] != invoice["id"]:
        yield f"{invoice['name']}: validation {latest['id']} belongs to another invoice."
    if latest and invoice["state"] == "posted" and (latest["mode"], latest["state"]) in AGREED:
        changed = changed_content(json.loads(latest["snapshot"]), invoice["content"])
        if changed:
            yield f"{invoice['name']}: the posted content is not what was approved: {', '.join(changed)}."


def check_attachments(pack, invoice):
    """The attached files that the pack holds are what it says of them."""
    for attachment in invoice["attachments"]:
        name = attachment.get("file")
        if name and hashlib.sha256(pack.content(name)).hexdigest() != attachment["sha256"]:
            yield f"{invoice['name']}: attachment {attachment['name']} is not what its hash says."


def check_seals(pack, seals, requests):
    """The seals of each company follow each other, and what they cover is in the pack."""
    for company, chain in sorted(seals.items()):
        link = broken_link(chain, seal_payload)
        if link:
            yield f"Company {company}: seal {link[0]} is missing, was replaced or was changed."
    by_name = {
        f"trees/{seal['company_id']}-{seal['sequence']}.json": seal for chain in seals.values() for seal in chain
    }
    for name in pack.names():
        if name.startswith("trees/"):
            seal = by_name.get(name)
            if not seal:
                yield f"{name} belongs to no seal."
            else:
                yield from check_tree(pack.json(name), seal, requests)


def check_tree(tree, seal, validations):
    """A tree has the root of its seal, and the chains that it shows are in the pack, as they were sealed."""
    place = f"Seal {seal['sequence']} of company {seal['company_id']} ({seal['date']})"
    if tree_hash(tree) != seal["root"]:
        yield f"{place}: the list of what it covers is not what its root says."
    for number, move, sequence, hash_ in shown_leaves(tree):
        request = validations.get(number)
        if not request:
            yield f"{place} covers validation {number} of invoice no. {move}, which was removed from the pack."
        elif request["move_id"] != move:
            yield f"{place} covers validation {number} for another invoice."
        else:
            sealed = [event for event in request["events"] if event["sequence"] == sequence]
            if not sealed or sealed[0]["hash"] != hash_:
                yield f"{place}: event {sequence} of validation {number} is not the one that was sealed."


def load(pack):
    """The requests and invoices of a pack, by number."""
    folders = {"requests": {}, "invoices": {}}
    for name in pack.names():
        folder, _slash, rest = name.partition("/")
        if folder in folders and rest.endswith(".json"):
            content = pack.json(name)
            folders[folder][content["id"]] = content
    return folders["requests"], folders["invoices"]


def verify(pack):
    """Yield a sentence for each thing that does not fit."""
    manifest = pack.json("manifest.json")
    if manifest.get("format") != FORMAT:
        raise Broken(f"The pack has format {manifest.get('format')}, and this program knows format {FORMAT}.")
    yield from check_files(pack, manifest)
    requests, invoices = load(pack)
    for kind, found in (("requests", requests), ("invoices", invoices)):
        for number in sorted(set(manifest[kind]) ^ set(found)):
            yield f"{kind}/{number}.json was removed from the pack or added to it."
    for number in sorted(requests):
        yield from check_request(requests[number])
        yield from check_carried(requests[number], requests)
        yield from check_superseded(requests[number])
    for number in sorted(invoices):
        yield from check_invoice(invoices[number], requests)
        yield from check_attachments(pack, invoices[number])
    yield from check_seals(pack, pack.json("seals.json"), requests)


def check_notes(path, pack, options):
    """What was noted elsewhere is what is here."""
    if options.digest:
        if pack.zip is None:
            yield "--digest needs the ZIP file itself, not a folder."
        elif hashlib.sha256(Path(path).read_bytes()).hexdigest() != options.digest.lower():
            yield "The pack is not the one whose SHA-256 was noted."
    hashes = {seal["hash"] for chain in pack.json("seals.json").values() for seal in chain}
    if options.seal and options.seal.lower() not in hashes:
        yield "The seal whose hash was noted is not among the seals of this pack."


def say(text):
    """Write a line."""
    sys.stdout.write(f"{text}\n")


def main(arguments=None):
    """Verify a pack and say so; 0 when it is intact."""
    parser = argparse.ArgumentParser(description="Verify an audit pack, offline.")
    parser.add_argument("pack", nargs="?", default=str(Path(__file__).resolve().parent), help="ZIP file or folder")
    parser.add_argument("--digest", help="SHA-256 of the ZIP as it was noted when the pack was made")
    parser.add_argument("--seal", help="hash of a seal that was noted elsewhere")
    options = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        pack = Pack(options.pack)
        problems = [*verify(pack), *check_notes(options.pack, pack, options)]
        if not problems:
            return conclude(pack)
    except Broken as problem:
        problems = [str(problem)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile) as problem:
        problems = [f"The pack cannot be read ({type(problem).__name__}: {problem})."]
    for problem in problems:
        say(f"BROKEN  {problem}")
    say(f"\n{len(problems)} problem(s). The first one: {problems[0]}")
    return 1


def conclude(pack):
    """Say what is intact; 0."""
    requests, invoices = load(pack)
    events = sum(len(request["events"]) for request in requests.values())
    say(f"INTACT  {len(invoices)} invoice(s), {len(requests)} validation(s), {events} event(s).")
    for company, chain in sorted(pack.json("seals.json").items()):
        last = chain[-1]
        say(f"INTACT  {len(chain)} seal(s) of company {company}; the last one: {last['hash']} of {last['date']} UTC.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
