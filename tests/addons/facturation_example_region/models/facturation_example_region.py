from odoo import fields, models


class FacturationExampleRegion(models.Model):
    _name = "facturation.example.region"
    _description = "Region"

    name = fields.Char(required=True)
    user_ids = fields.Many2many("res.users", string="People")


class ResPartner(models.Model):
    _inherit = "res.partner"

    region_id = fields.Many2one("facturation.example.region", index="btree_not_null")
