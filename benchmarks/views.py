"""The specification with which the web client reads a view, from the view's own architecture. Runs inside Odoo."""

import ast

from lxml import etree

SHOWN_LINES = 40  # what a list inside a form loads at once


def of_list(env, xmlid, extra=()):
    """Return the specification of a list view, with more columns."""
    model = env["account.move"]
    arch = etree.fromstring(model.get_view(env.ref(xmlid).id, "list")["arch"])
    specification = _of_node(env, model, arch)
    return specification | {name: _of_field(env, model, name) for name in extra if name not in specification}


def of_form(env):
    """Return the specification of the native form of an invoice."""
    model = env["account.move"]
    arch = etree.fromstring(model.get_view(env.ref("account.view_move_form").id, "form")["arch"])
    return _of_node(env, model, arch)


def _of_node(env, model, node):
    found = {}
    for child in node:
        if child.tag == "field" and child.get("name") in model._fields:
            found[child.get("name")] = _of_field(env, model, child.get("name"), child)
        elif isinstance(child.tag, str) and child.tag != "groupby":
            found |= _of_node(env, model, child)
    return found


def _of_field(env, model, name, node=None):
    field = model._fields[name]
    if not field.relational:
        return {}
    found = {"fields": {"display_name": {}}}
    if node is None:
        return found
    if context := _of_context(node.get("context", "{}")):
        found["context"] = context
    if views := [child for child in node if child.tag in ("list", "kanban")]:
        lines = _of_node(env, env[field.comodel_name], views[0])
        found |= {"fields": lines, "limit": SHOWN_LINES, "order": views[0].get("default_order") or ""}
    return found


def _of_context(text):
    """Return what of a field's context depends on no record: the web client sends it with a specification."""
    found = {}
    tree = ast.parse(text.strip(), mode="eval").body
    for key, value in zip(tree.keys, tree.values, strict=True):
        try:
            found[ast.literal_eval(key)] = ast.literal_eval(value)
        except ValueError:
            continue
    return found
