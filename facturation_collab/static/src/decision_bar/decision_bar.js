import { Component, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus } from "@web/core/utils/hooks";

const OUTCOMES = {
    approve: {
        label: _t("Approve"),
        question: _t("Comment on the approval"),
        placeholder: _t("For example: checked against the order."),
        button: "btn-success",
        icon: "fa-check",
    },
    return: {
        label: _t("Return"),
        question: _t("What has to be corrected?"),
        placeholder: _t("For example: the quantity on line 2 is not what was delivered."),
        button: "btn-warning",
        icon: "fa-undo",
    },
    reject: {
        label: _t("Reject"),
        question: _t("Why is it rejected for good?"),
        placeholder: _t("For example: this is not our order."),
        button: "btn-danger",
        icon: "fa-ban",
    },
};

/** A return to an earlier level, which decides anew on the same content. */
const TO_LEVEL = {
    ...OUTCOMES.return,
    question: _t("What has to be looked at again?"),
    placeholder: _t("For example: was all of it delivered?"),
};

/** The answer of one person: two large buttons, and a comment where one is needed or wanted. */
export class DecisionBar extends Component {
    static template = "facturation_collab.DecisionBar";
    static props = {
        isCommentRequired: { type: Boolean, optional: true },
        isBusy: { type: Boolean, optional: true },
        returnTargets: { type: Array, element: { type: Object, shape: { id: Number, name: String } }, optional: true },
        onDecide: Function, // (outcome, comment, step that decides anew or null) => Promise
        onRefuseLines: { type: Function, optional: true }, // for whoever decides on a share
        onAnswering: { type: Function, optional: true }, // (whether an answer is being written)
        onAsk: { type: Function, optional: true }, // opens the dialog that asks a question
    };
    static defaultProps = { isCommentRequired: false, isBusy: false, returnTargets: [] };

    setup() {
        this.outcomes = OUTCOMES;
        this.state = useState({ outcome: null, comment: "", isMissing: false, targetId: "" });
        this.comment = useRef("comment");
        useAutofocus({ refName: "comment", mobile: true });
    }

    get chosen() {
        return this.target ? TO_LEVEL : OUTCOMES[this.state.outcome];
    }

    get asksTarget() {
        return this.state.outcome === "return" && this.props.returnTargets.length > 0;
    }

    /** The earlier level that the invoice goes back to; none for whoever submitted it. */
    get target() {
        return (
            (this.asksTarget && this.props.returnTargets.find(({ id }) => String(id) === this.state.targetId)) || null
        );
    }

    get needsComment() {
        return this.state.outcome !== "approve" || this.props.isCommentRequired;
    }

    ask(outcome) {
        Object.assign(this.state, { outcome, isMissing: false, targetId: "" });
        this.props.onAnswering?.(Boolean(outcome));
    }

    onKeydown(ev) {
        if (ev.key === "Escape") {
            ev.stopPropagation();
            this.ask(null);
        }
    }

    approve() {
        return this.props.isCommentRequired ? this.ask("approve") : this.props.onDecide("approve", "", null);
    }

    async confirm() {
        const comment = this.state.comment.trim();
        if (this.needsComment && !comment) {
            this.state.isMissing = true;
            this.comment.el.focus();
        } else {
            await this.props.onDecide(this.state.outcome, comment, this.target);
        }
    }
}
