import { Component } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";

/** What of a version could not be brought back: as it is, and as it was. */
export class LeftDialog extends Component {
    static template = "facturation_collab.LeftDialog";
    static components = { Dialog };
    static props = { number: Number, rows: Array, close: Function };
}
