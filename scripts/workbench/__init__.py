"""The workbench behind ``scripts/``: it brings Odoo, Python, PostgreSQL and a browser together in ``.cache/``.

Standard library only, Python 3.10 to 3.13: it runs before anything is installed.
"""
