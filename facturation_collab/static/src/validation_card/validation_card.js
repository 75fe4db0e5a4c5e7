import { Component, useEffect, useRef } from "@odoo/owl";
import { formatCurrency } from "@web/core/currency";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

import { DocumentPreview } from "../document_preview/document_preview";
import { ValidationDifference } from "../validation_difference/validation_difference";
import { ValidationPanel } from "../validation_panel/validation_panel";
import { ValidationShare } from "../validation_share/validation_share";
import { describeMoment } from "../utils/dates";
import { VersionComparisonDialog } from "../version_comparison/version_comparison_dialog";

/** What one needs to know of an invoice to decide about it, read top to bottom on a phone. */
export class ValidationCard extends Component {
    static template = "facturation_collab.ValidationCard";
    static components = { DocumentPreview, ValidationDifference, ValidationPanel, ValidationShare };
    static props = {
        move: Object,
        showDocument: { type: Boolean, optional: true },
        onOpen: Function,
    };
    static defaultProps = { showDocument: false };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.title = useRef("title");
        // Screen readers and keyboards start at the top of each new card.
        useEffect(
            () => this.title.el?.focus(),
            () => [this.props.move.id]
        );
    }

    get move() {
        return this.props.move;
    }

    get panel() {
        return this.move.validation_panel || null;
    }

    /** The open step that asks the present user; any open step when the user stands in for somebody else. */
    get myStep() {
        const openSteps = (this.panel?.steps || []).filter((step) => step.state === "open");
        const isMine = (step) => (step.people || []).some((person) => person.id === user.userId);
        return openSteps.find(isMine) || openSteps[0] || null;
    }

    get since() {
        return describeMoment(this.myStep?.since || this.move.validation_since);
    }

    get sinceText() {
        return _t("With you for %(duration)s", { duration: this.since.elapsed });
    }

    get deadline() {
        return describeMoment(this.myStep?.deadline || this.move.validation_deadline);
    }

    get isLate() {
        return Boolean(this.deadline?.isPast);
    }

    get deadlineText() {
        if (this.isLate) {
            return this.myStep?.lateness || _t("Late by %(duration)s", { duration: this.deadline.elapsed });
        }
        return _t("Answer expected within %(duration)s", { duration: this.deadline.elapsed });
    }

    get facts() {
        const day = (value) => value && formatDate(deserializeDate(value));
        return [
            { label: _t("Department"), value: this.move.department_id?.display_name },
            { label: _t("Reference"), value: this.move.ref },
            { label: _t("Date"), value: day(this.move.invoice_date) },
            { label: _t("Due on"), value: day(this.move.invoice_date_due) },
        ].filter((fact) => fact.value);
    }

    /** Lines come with their content up to a limit; the others with their id only. */
    get lines() {
        return this.move.invoice_line_ids.filter((line) => "display_type" in line);
    }

    get hiddenLinesText() {
        const count = this.move.invoice_line_ids.length - this.lines.length;
        return count ? _t("and %(count)s more lines", { count }) : "";
    }

    /** What changed since I approved it, else since it was submitted, else since it was created. */
    async showChanges() {
        const moveId = this.move.id;
        const { since } = await this.orm.call("account.move", "get_history", [[moveId], {}, 0, 1]);
        this.dialog.add(VersionComparisonDialog, { moveId, before: since[0]?.number ?? 0 });
    }

    format(amount) {
        return formatCurrency(amount, this.move.currency_id);
    }
}
