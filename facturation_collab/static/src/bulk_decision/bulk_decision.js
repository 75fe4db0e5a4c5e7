import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { describeServerError } from "../utils/errors";

const MODEL = "account.validation.bulk.wizard";

/**
 * The summary of a decision on several invoices, and the decision itself: slice after slice, each a call of its own, with the
 * progress shown. What fails is listed; what is not sent yet can be sent again.
 */
export class BulkDecision extends Component {
    static template = "facturation_collab.BulkDecision";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ isRunning: false, left: null, total: 0, done: 0, failed: [], error: "" });
    }

    get summary() {
        return this.props.record.data[this.props.name] || { clean: [], totals: [], apart: [] };
    }

    get hasStarted() {
        return this.state.left !== null;
    }

    get isFinished() {
        return this.hasStarted && !this.state.left.length;
    }

    get buttonLabel() {
        const count = (this.hasStarted ? this.state.left : this.summary.clean).length;
        return {
            approve: _t("Approve (%s)", count),
            return: _t("Return (%s)", count),
            reject: _t("Reject (%s)", count),
        }[this.summary.outcome];
    }

    get processed() {
        return this.state.done + this.state.failed.length;
    }

    get progressText() {
        return _t("%(processed)s of %(total)s", { processed: this.processed, total: this.state.total });
    }

    /** What stays to be looked at: apart from the start, or failed. */
    get apart() {
        return [...this.state.failed, ...this.summary.apart];
    }

    async run() {
        const { record } = this.props;
        if (!(await record.save({ reload: false }))) {
            return;
        }
        if (!this.hasStarted) {
            const left = [...this.summary.clean];
            Object.assign(this.state, { left, total: left.length });
        }
        Object.assign(this.state, { isRunning: true, error: "" });
        try {
            while (this.state.left.length) {
                await this.decideSlice(this.state.left.slice(0, this.summary.slice));
            }
        } catch (error) {
            this.state.error = describeServerError(error);
        } finally {
            this.state.isRunning = false;
        }
    }

    async decideSlice(pairs) {
        const { done, failed } = await this.orm.call(MODEL, "action_decide_slice", [[this.props.record.resId], pairs]);
        this.state.left = this.state.left.slice(pairs.length);
        this.state.done += done.length;
        this.state.failed.push(...failed);
    }
}

export const bulkDecision = {
    component: BulkDecision,
    displayName: _t("Decision on several invoices"),
    supportedTypes: ["json"],
};

registry.category("fields").add("bulk_decision", bulkDecision);
