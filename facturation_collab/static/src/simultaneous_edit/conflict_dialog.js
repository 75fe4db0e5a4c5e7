import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";

export const MINE = "mine";
export const THEIRS = "theirs";

/** What both changed, each with the value before, theirs and mine. Nothing is discarded until it is confirmed. */
export class ConflictDialog extends Component {
    static template = "facturation_collab.ConflictDialog";
    static components = { Dialog };
    static props = {
        title: { type: String, optional: true },
        people: String,
        rows: {
            type: Array,
            element: {
                type: Object,
                shape: { key: String, label: String, before: String, theirs: String, mine: String },
            },
        },
        confirm: Function,
        discard: { type: Function, optional: true },
        close: Function,
    };

    setup() {
        this.state = useState({ choices: {} });
        this.sides = [THEIRS, MINE];
    }

    get title() {
        return this.props.title || _t("You and %s changed the same", this.props.people);
    }

    get isComplete() {
        return this.props.rows.every((row) => row.key in this.state.choices);
    }

    getName(side) {
        return side === MINE ? _t("Mine") : _t("Theirs");
    }

    chooseAll(side) {
        for (const row of this.props.rows) {
            this.state.choices[row.key] = side;
        }
    }

    confirm() {
        this.props.confirm({ ...this.state.choices });
        this.props.close();
    }

    discard() {
        this.props.discard();
        this.props.close();
    }
}
