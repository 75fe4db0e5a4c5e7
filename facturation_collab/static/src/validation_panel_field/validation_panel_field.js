import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { ValidationPanel } from "../validation_panel/validation_panel";

/** The validation panel as a field of the invoice form. Draws nothing when the server has nothing to say. */
export class ValidationPanelField extends Component {
    static template = "facturation_collab.ValidationPanelField";
    static components = { ValidationPanel };
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get panel() {
        return this.props.record.data[this.props.name];
    }

    openRequest(requestId) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Validation request"),
            res_model: "account.validation.request",
            res_id: requestId,
            views: [[false, "form"]],
        });
    }
}

export const validationPanelField = {
    component: ValidationPanelField,
    displayName: _t("Validation panel"),
    supportedTypes: ["json"],
};

registry.category("fields").add("validation_panel", validationPanelField);
