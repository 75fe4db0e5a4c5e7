import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { PersonAvatar } from "../person_avatar/person_avatar";
import { ConflictDialog } from "../simultaneous_edit/conflict_dialog";
import { CONFLICT } from "../simultaneous_edit/invoice_model";
import { describeMoment } from "../utils/dates";
import { VersionComparisonDialog } from "../version_comparison/version_comparison_dialog";
import { LeftDialog } from "./left_dialog";

const PAGE = 20;
const ROWS_SHOWN = 8;

const ICONS = {
    change: "fa-pencil",
    created: "fa-plus",
    submitted: "fa-paper-plane",
    approved: "fa-check",
    auto_approved: "fa-check",
    carried: "fa-check",
    returned: "fa-undo",
    returned_to: "fa-undo",
    rejected: "fa-ban",
};

let nextHistoryId = 1;

/**
 * What became of an invoice, the newest first: who, when, through what, each value before and after, with the events of
 * its validation among them. Reads only while it is shown; the server finds the words and says who may do what.
 */
export class InvoiceHistory extends Component {
    static template = "facturation_collab.InvoiceHistory";
    static components = { PersonAvatar };
    static props = {
        moveId: Number,
        revision: Number,
        beforeRestore: Function, // saves what is typed; () => Promise of the version that is on the screen, or false
        onRestored: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.historyId = `o_invoice_history_${nextHistoryId++}`;
        this.state = useState({ told: null, filters: {}, picked: [], unfolded: {}, isBusy: false });
        onWillStart(() => this.load(this.props));
        onWillUpdateProps(async (next) => {
            if (next.revision !== this.props.revision || next.moveId !== this.props.moveId) {
                this.state.picked = [];
                await this.load(next);
            }
        });
    }

    // ------------------------------------------------------------------ what is shown

    get items() {
        return this.state.told.items.map((item) => ({
            ...item,
            moment: describeMoment(item.date),
            icon: ICONS[item.type || item.kind] || "fa-info",
            shownRows: this.getRows(item),
            hiddenCount: (item.rows || []).length - this.getRows(item).length,
        }));
    }

    getRows({ key, rows = [] }) {
        return this.state.unfolded[key] ? rows : rows.slice(0, ROWS_SHOWN);
    }

    get selects() {
        const { people, places, through } = this.state.told.choices;
        return [
            {
                name: "user_id",
                label: _t("Person"),
                all: _t("Everybody"),
                options: people.map(({ id, name }) => ({ key: id, label: name })),
            },
            { name: "place", label: _t("Field or line"), all: _t("All fields and lines"), options: places },
            { name: "through", label: _t("Through"), all: _t("Any way"), options: through },
        ];
    }

    get days() {
        return [
            { name: "date_from", label: _t("From") },
            { name: "date_to", label: _t("To") },
        ];
    }

    get isFiltered() {
        return Object.keys(this.state.filters).length > 0;
    }

    get hasMore() {
        return this.state.told.items.length < this.state.told.total;
    }

    getMoreText(item) {
        return _t("and %s more", item.hiddenCount);
    }

    getVersionText(item) {
        return item.first_number && item.first_number !== item.number
            ? _t("Versions %(first)s to %(last)s", { first: item.first_number, last: item.number })
            : _t("Version %s", item.number);
    }

    // ------------------------------------------------------------------ reading

    read(props, offset) {
        const args = [[props.moveId], { ...this.state.filters }, offset, PAGE];
        return this.orm.silent.call("account.move", "get_history", args);
    }

    async load(props = this.props) {
        this.state.told = await this.read(props, 0);
    }

    async loadMore() {
        const told = await this.read(this.props, this.state.told.items.length);
        this.state.told.items.push(...told.items);
        this.state.told.total = told.total;
    }

    filter(name, value) {
        if (value) {
            this.state.filters[name] = name === "user_id" ? Number(value) : value;
        } else {
            delete this.state.filters[name];
        }
        return this.load();
    }

    clearFilters() {
        this.state.filters = {};
        return this.load();
    }

    // ------------------------------------------------------------------ comparing

    /** Two versions at most are picked; a third one takes the place of the first. */
    pick(number) {
        const { picked } = this.state;
        this.state.picked = picked.includes(number)
            ? picked.filter((other) => other !== number)
            : [...picked, number].slice(-2);
    }

    comparePicked() {
        const [before, after] = [...this.state.picked].sort((one, other) => one - other);
        return this.compare(before, after);
    }

    compare(before, after = null) {
        this.dialog.add(VersionComparisonDialog, {
            moveId: this.props.moveId,
            before,
            after,
            onRestore: (number) => this.askRestore(number),
        });
    }

    // ------------------------------------------------------------------ bringing a version back

    askRestore(number) {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Bring version %s back?", number),
            body: _t(
                "The invoice gets the content of that version again, as an edit of yours: totals are computed again, and nothing of the history is lost."
            ),
            confirmLabel: _t("Bring it back"),
            confirm: () => this.restore(number),
            cancel: () => {},
        });
    }

    async restore(number) {
        const revision = await this.props.beforeRestore();
        if (revision === false) {
            return;
        }
        this.state.isBusy = true;
        try {
            await this.callRestore(number, revision);
        } finally {
            this.state.isBusy = false;
        }
    }

    async callRestore(number, expected) {
        let answer;
        try {
            const args = [[this.props.moveId], number, expected];
            answer = await this.orm.call("account.move", "action_restore_version", args);
        } catch (error) {
            if (error.data?.name !== CONFLICT) {
                throw error;
            }
            this.askChoices(number, error.data.context);
            return;
        }
        this.notification.add(_t("Version %s is back.", number), { type: "success" });
        if (answer.left.length) {
            this.dialog.add(LeftDialog, { number, rows: answer.left });
        }
        await this.props.onRestored();
    }

    /** Others changed the same since: ask what stays, as for any save. */
    askChoices(number, { people, rows, revision, seen }) {
        this.dialog.add(ConflictDialog, {
            people,
            rows,
            confirm: (choices) => this.callRestore(number, { revision, seen, choices }),
        });
    }
}
