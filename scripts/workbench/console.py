"""What the commands print, and how they fail: one plain sentence that says the way out."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_lock = threading.Lock()


class Failure(Exception):
    """An expected failure. Its message is one whole sentence with the way out, printed without a traceback."""


def say(message: str = "") -> None:
    """Print one line at once, even when several threads report."""
    with _lock:
        print(message, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step that takes a while, and say how long it took."""
    say(f"==> {title} ...")
    start = time.monotonic()
    yield
    say(f"    {title}: {time.monotonic() - start:.1f} s")


def command(main: Callable[[], int]) -> None:
    """Run the main function of a script: exit with its code, turn a ``Failure`` into one line."""
    try:
        code = main()
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr, flush=True)
        code = 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr, flush=True)
        code = 130
    sys.exit(code)
