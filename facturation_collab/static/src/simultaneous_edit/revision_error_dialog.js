import { Component } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { standardErrorDialogProps } from "@web/core/errors/error_dialogs";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

import { ValidationDifference } from "../validation_difference/validation_difference";
import { CONFLICT } from "./invoice_model";

/** Somebody changed the invoice since it was opened: what changed, before anything counts. */
export class RevisionErrorDialog extends Component {
    static template = "facturation_collab.RevisionErrorDialog";
    static components = { Dialog, ValidationDifference };
    static props = { ...standardErrorDialogProps };

    setup() {
        this.action = useService("action");
    }

    get difference() {
        const { title, rows } = this.props.data.context.difference || {};
        return rows && { title, rows };
    }

    async reload() {
        this.props.close();
        await this.action.doAction({ type: "ir.actions.client", tag: "soft_reload" });
    }
}

registry.category("error_dialogs").add(CONFLICT, RevisionErrorDialog);
