"""JSON with the line of every value, so that an error in a file can be found. Plain Python, no Odoo."""

import json
import re
from bisect import bisect_left
from json.decoder import scanstring

BLANK = re.compile(r"[ \t\n\r]*")
SCALAR = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
DEPTH = 20
"""Deeper than any file of policies."""


def parse(text):
    """Return the value of a JSON text, and {path: line} of each value in it, the first line being 1.

    >>> value, lines = parse('{"a": 1,\\n "b": [2,\\n 3]}')
    >>> value, lines[("a",)], lines[("b", 1)]
    ({'a': 1, 'b': [2, 3]}, 1, 3)
    >>> parse('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: (1, 'a')

    :raises json.JSONDecodeError: where the text is no JSON
    :raises ValueError: (line, name) where an object has the same name twice
    """
    reader = _Reader(text)
    value, end = reader.read_value(reader.skip(0), ())
    if reader.skip(end) != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value, reader.lines


class _Reader:
    def __init__(self, text):
        self.text = text
        self.lines = {}
        self.ends = [found.start() for found in re.finditer("\n", text)]

    def skip(self, position):
        return BLANK.match(self.text, position).end()

    def line(self, position):
        return bisect_left(self.ends, position) + 1

    def read_value(self, position, path):
        """Return the value at a position, and where it ends."""
        if len(path) > DEPTH:
            raise json.JSONDecodeError("Too many levels", self.text, position)
        self.lines[path] = self.line(position)
        char = self.text[position : position + 1]
        if char == "{":
            return self.read_object(position + 1, path)
        if char == "[":
            return self.read_array(position + 1, path)
        if char == '"':
            return scanstring(self.text, position + 1, True)
        found = SCALAR.match(self.text, position)
        if not found:
            raise json.JSONDecodeError("Expecting value", self.text, position)
        return json.loads(found.group()), found.end()

    def read_object(self, position, path):
        value, position = {}, self.skip(position)
        while self.text[position : position + 1] != "}":
            if value:
                position = self.expect(",", position)
            if self.text[position : position + 1] != '"':
                raise json.JSONDecodeError("Expecting property name enclosed in double quotes", self.text, position)
            line = self.line(position)
            name, position = scanstring(self.text, position + 1, True)
            if name in value:
                raise ValueError(line, name)
            value[name], position = self.read_value(self.expect(":", self.skip(position)), (*path, name))
            position = self.skip(position)
        return value, position + 1

    def read_array(self, position, path):
        value, position = [], self.skip(position)
        while self.text[position : position + 1] != "]":
            if value:
                position = self.expect(",", position)
            item, position = self.read_value(position, (*path, len(value)))
            value.append(item)
            position = self.skip(position)
        return value, position + 1

    def expect(self, char, position):
        """Return where the next value begins after a separator."""
        if self.text[position : position + 1] != char:
            raise json.JSONDecodeError(f"Expecting '{char}' delimiter", self.text, position)
        return self.skip(position + 1)
