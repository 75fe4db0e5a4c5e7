import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

let nextDialogId = 1;

const KINDS = {
    added: { label: _t("added"), badge: "text-bg-success" },
    removed: { label: _t("removed"), badge: "text-bg-danger" },
    changed: { label: _t("changed"), badge: "text-bg-warning" },
};

/** Two versions of an invoice side by side: only what differs, or everything. */
export class VersionComparisonDialog extends Component {
    static template = "facturation_collab.VersionComparisonDialog";
    static components = { Dialog };
    static props = {
        moveId: Number,
        before: Number,
        after: { type: [Number, { value: null }], optional: true }, // the present version by default
        onRestore: { type: Function, optional: true }, // (number) => void
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.dialogId = `o_version_comparison_${nextDialogId++}`;
        this.state = useState({ compared: null, showsAll: false });
        onWillStart(() => this.load(this.props.before, this.props.after ?? null));
    }

    get title() {
        return _t("What changed");
    }

    get sides() {
        return [
            { key: "before", label: _t("Before") },
            { key: "after", label: _t("After") },
        ];
    }

    async load(before, after) {
        this.state.compared = await this.orm.call("account.move", "compare_versions", [
            [this.props.moveId],
            before,
            after,
        ]);
    }

    choose(side, value) {
        const numbers = { before: this.state.compared.before.number, after: this.state.compared.after.number };
        numbers[side] = Number(value);
        return this.load(numbers.before, numbers.after);
    }

    isShown(row) {
        return this.state.showsAll || row.kind !== "same";
    }

    get fields() {
        return this.state.compared.fields.filter((row) => this.isShown(row));
    }

    get lines() {
        return this.state.compared.lines
            .filter((line) => this.isShown(line))
            .map((line) => ({
                ...line,
                display: KINDS[line.kind],
                rows: line.rows.filter((row) => this.isShown(row)),
            }));
    }

    get isSame() {
        const { fields, lines } = this.state.compared;
        return [...fields, ...lines].every((row) => row.kind === "same");
    }

    /** The older of both can be brought back. */
    get restorable() {
        const { before, revision, can_restore } = this.state.compared;
        return this.props.onRestore && can_restore && before.number !== revision ? before.number : null;
    }

    get restoreText() {
        return _t("Bring version %s back", this.restorable);
    }

    restore() {
        this.props.onRestore(this.restorable);
        this.props.close();
    }
}
