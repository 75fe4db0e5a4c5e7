{
    "name": "Example: a project's team sees and edits what is charged to it",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "facturation_collab contributors",
    "depends": ["facturation_collab"],
    "data": ["security/rules.xml"],
}
