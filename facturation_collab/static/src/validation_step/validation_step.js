import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

import { PersonAvatar } from "../person_avatar/person_avatar";
import { ValidationDifference } from "../validation_difference/validation_difference";
import { ValidationShare } from "../validation_share/validation_share";
import { describeMoment } from "../utils/dates";
import { STEP_STATES } from "../utils/validation_states";

const PEOPLE_SHOWN = 4;

/** One step of a circuit: who is asked, why, since when, until when, and what they answered. */
export class ValidationStep extends Component {
    static template = "facturation_collab.ValidationStep";
    static components = { PersonAvatar, ValidationDifference, ValidationShare };
    static props = {
        step: Object,
        rank: Number,
        isPreview: { type: Boolean, optional: true },
        showDifference: { type: Boolean, optional: true },
    };
    static defaultProps = { isPreview: false, showDifference: true };

    setup() {
        this.state = useState({ showEverybody: false });
    }

    get display() {
        return STEP_STATES[this.props.isPreview ? "preview" : this.props.step.state];
    }

    get isOpen() {
        return !this.props.isPreview && this.props.step.state === "open";
    }

    get isDone() {
        return ["approved", "returned", "rejected"].includes(this.props.step.state);
    }

    get since() {
        return this.isOpen ? describeMoment(this.props.step.since) : null;
    }

    get decidedAt() {
        return this.isDone ? describeMoment(this.props.step.decided_at) : null;
    }

    get deadline() {
        return this.isOpen ? describeMoment(this.props.step.deadline) : null;
    }

    get isLate() {
        return this.isOpen && this.props.step.late;
    }

    get sinceText() {
        return _t("Waiting for %(duration)s", { duration: this.since.elapsed });
    }

    get decidedText() {
        return _t("%(state)s %(when)s", { state: this.display.label, when: this.decidedAt.relative });
    }

    get deadlineText() {
        if (!this.deadline) {
            return "";
        }
        if (this.isLate) {
            // In working days where the server knows them.
            return this.props.step.lateness || _t("Late by %(duration)s", { duration: this.deadline.elapsed });
        }
        return this.deadline.isPast
            ? ""
            : _t("Answer expected within %(duration)s", { duration: this.deadline.elapsed });
    }

    get people() {
        const people = this.props.step.people || [];
        return this.state.showEverybody ? people : people.slice(0, PEOPLE_SHOWN);
    }

    get othersCount() {
        return (this.props.step.people || []).length - this.people.length;
    }

    get othersText() {
        return _t("and %(count)s more", { count: this.othersCount });
    }

    showEverybody() {
        this.state.showEverybody = true;
    }
}
