import { Component } from "@odoo/owl";

/** What changed since somebody last saw the invoice: each value before and after, so that one decides on the change. */
export class ValidationDifference extends Component {
    static template = "facturation_collab.ValidationDifference";
    static props = {
        difference: { type: Object, shape: { title: String, rows: Array } },
    };
}
