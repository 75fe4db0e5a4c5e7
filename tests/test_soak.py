"""Thirty people on twenty bills, on two servers of one database: every keystroke is saved, or was shown in a conflict.

Half a minute among the other tests; `SOAK_SECONDS=600` lets it run for ten. The figures go into the report of the run.
"""

import json
import os

from soak import Soak

SECONDS = int(os.environ.get("SOAK_SECONDS", "30"))
# Conflicts, and what PostgreSQL answers to whoever comes second: Odoo replays that call.
EXPECTED = [r"odoo\.http: (?!Exception during request handling)", r"odoo\.sql_db: bad query: "]


def test_no_keystroke_is_lost(database, start_server, record_property):
    name = database("soak")
    servers = [start_server(name, workers=2, expected=EXPECTED) for _node in range(2)]
    soak = Soak(servers)
    soak.run(SECONDS)
    problems, summary = soak.get_problems(), soak.summarize()
    record_property("summary", json.dumps(summary))
    assert not problems, "\n".join(problems[:20])
    assert summary["conflicts"] and summary["chosen"] and summary["given up"] and summary["saved"], summary
