import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** The share of an invoice that a step asks about: its amount, its lines, and which of them were refused, and why. */
export class ValidationShare extends Component {
    static template = "facturation_collab.ValidationShare";
    static props = {
        share: Object,
        isOpen: { type: Boolean, optional: true },
    };
    static defaultProps = { isOpen: false };

    get title() {
        return _t("This share: %(amount)s", { amount: this.props.share.amount });
    }

    get refusedCount() {
        return this.props.share.lines.filter((line) => line.refused).length;
    }

    get refusedText() {
        return _t("%(count)s refused", { count: this.refusedCount });
    }
}
