{
    "name": "Example: amounts are hidden from contributors",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "facturation_collab contributors",
    "depends": ["facturation_collab"],
    "data": ["security/groups.xml"],
}
