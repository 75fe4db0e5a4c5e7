import json

from odoo import api, models

from .. import fingerprints


class AccountValidationVerifier(models.AbstractModel):
    """The version of the policy that a request ran under is the one that its plan names, with the content of then."""

    _inherit = "account.validation.verifier"

    @api.model
    def _check_plan(self, request, events):
        yield from super()._check_plan(request, events)
        try:
            recorded = json.loads(request.plan or "{}").get("policy_version")
        except ValueError:
            return  # said by `super()`
        version = request.policy_version_id
        found = [version.number, version.digest]
        if recorded and (found != recorded or fingerprints.fingerprint(version.content or "") != version.digest):
            yield "version", {}


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _get_request_sentences(self):
        return super()._get_request_sentences() | {
            "version": self.env._(
                "%(place)s: the version of the policy that it ran under was changed: it is not what the submission "
                "recorded."
            ),
        }
