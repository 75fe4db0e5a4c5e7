import { Component } from "@odoo/owl";
import { formatCurrency } from "@web/core/currency";
import { _t } from "@web/core/l10n/translation";

import { describeMoment } from "../utils/dates";

/** Everything that waits for the present user, the most urgent first. */
export class ValidationQueue extends Component {
    static template = "facturation_collab.ValidationQueue";
    static props = {
        moves: Array,
        currentId: { type: Number, optional: true },
        onSelect: Function, // (moveId) => void
    };

    get entries() {
        return this.props.moves.map((move) => ({
            id: move.id,
            title: move.invoice_partner_display_name || move.display_name,
            amount: formatCurrency(move.amount_total, move.currency_id),
            department: move.department_id?.display_name || "",
            since: describeMoment(move.validation_since),
            isLate: Boolean(describeMoment(move.validation_deadline)?.isPast),
            lateness: move.validation_lateness || _t("Late"),
            isCurrent: move.id === this.props.currentId,
        }));
    }
}
