import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

import { ValidationComments } from "../validation_comments/validation_comments";
import { ValidationStep } from "../validation_step/validation_step";
import { describeMoment } from "../utils/dates";
import { REQUEST_STATES } from "../utils/validation_states";

let nextPanelId = 1;

function sayWhoSubmitted(name, moment) {
    return _t("Submitted by %(name)s %(when)s", { name, when: moment.relative });
}

/**
 * Who has the invoice, since when, why them, what they said and what comes next; before submission, what would happen.
 * Draws what the server says in `account.move.validation_panel` and decides nothing itself.
 */
export class ValidationPanel extends Component {
    static template = "facturation_collab.ValidationPanel";
    static components = { ValidationComments, ValidationStep };
    static props = {
        panel: Object,
        startCollapsed: { type: Boolean, optional: true },
        showBankWarning: { type: Boolean, optional: true },
        showDifference: { type: Boolean, optional: true },
        onOpenRequest: { type: Function, optional: true },
    };
    static defaultProps = { startCollapsed: false, showBankWarning: true, showDifference: true };

    setup() {
        this.bodyId = `o_validation_panel_body_${nextPanelId++}`;
        // null: nobody touched the toggle, the panel opens by itself while there is something to know
        this.state = useState({ isExpanded: null });
    }

    get panel() {
        return this.props.panel;
    }

    /** The state to show: of the request; before a new submission, what became of the one before. */
    get shownState() {
        return this.panel.preview ? this.panel.history?.[0]?.state || "preview" : this.panel.state;
    }

    get display() {
        return REQUEST_STATES[this.shownState] || REQUEST_STATES.preview;
    }

    get isExpanded() {
        const isSettled = ["approved", "cancelled"].includes(this.panel.state) && !this.panel.preview;
        return this.state.isExpanded ?? !(isSettled || this.props.startCollapsed);
    }

    get isLate() {
        return this.panel.steps.some((step) => step.state === "open" && step.late);
    }

    /** Steps with their rank: levels that run at the same time share one. */
    get rankedSteps() {
        const sequences = [...new Set(this.panel.steps.map((step) => step.sequence))];
        return this.panel.steps.map((step) => ({ step, rank: sequences.indexOf(step.sequence) + 1 }));
    }

    get submittedAt() {
        return describeMoment(this.panel.submitted_at);
    }

    get submittedText() {
        return sayWhoSubmitted(this.panel.submitter.name, this.submittedAt);
    }

    get history() {
        return (this.panel.history || []).map((run) => {
            const submitted = describeMoment(run.submitted_at);
            const display = REQUEST_STATES[run.state] || REQUEST_STATES.cancelled;
            return { ...run, display, submitted, text: submitted && sayWhoSubmitted(run.submitter, submitted) };
        });
    }

    get historyTitle() {
        return _t("Earlier validations (%(count)s)", { count: this.history.length });
    }

    toggle() {
        this.state.isExpanded = !this.isExpanded;
    }
}
