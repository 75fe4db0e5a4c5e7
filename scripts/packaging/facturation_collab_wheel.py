"""The build backend of the repository: whool builds the wheel of an addon in the addon's own folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whool import buildapi

ADDON = Path(__file__).resolve().parents[2] / "facturation_collab"


@contextmanager
def _in_addon() -> Iterator[None]:
    here = os.getcwd()
    os.chdir(ADDON)
    try:
        yield
    finally:
        os.chdir(here)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """The wheel of the addon (PEP 517)."""
    target = os.path.abspath(wheel_directory)
    with _in_addon():
        return buildapi.build_wheel(target, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    """The source distribution of the addon (PEP 517)."""
    target = os.path.abspath(sdist_directory)
    with _in_addon():
        return buildapi.build_sdist(target, config_settings)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    """The wheel's metadata (PEP 517)."""
    target = os.path.abspath(metadata_directory)
    with _in_addon():
        return buildapi.prepare_metadata_for_build_wheel(target, config_settings)
