import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { InvoiceHistory } from "./invoice_history";

/** The history as a page of the invoice form: it follows what is saved. */
export class InvoiceHistoryWidget extends Component {
    static template = "facturation_collab.InvoiceHistoryWidget";
    static components = { InvoiceHistory };
    static props = { ...standardWidgetProps };

    get record() {
        return this.props.record;
    }

    /** What is typed belongs to the version that is on the screen: it is saved before another one comes back. */
    async save() {
        return (await this.record.save()) && this.record.data.content_revision;
    }

    reload() {
        return this.record.model.load();
    }
}

registry.category("view_widgets").add("invoice_history", { component: InvoiceHistoryWidget });
