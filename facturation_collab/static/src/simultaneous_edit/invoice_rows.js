import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";
import { DynamicList } from "@web/model/relational_model/dynamic_list";
import { RelationalModel } from "@web/model/relational_model/relational_model";

import { askChoices } from "./ask_choices";
import { CONFLICT, REVISION } from "./invoice_model";

/** How to find the invoice of a row, in the lists whose rows people edit. */
const INVOICE_OF_ROW = {
    "account.move": (row) => row.resId,
    "account.move.line": (row) => row.data.move_id?.id,
};

/** Somebody was asked what stays, and goes on editing: nothing was saved, and nothing is wrong. */
class GoesOnEditing extends Error {}

/**
 * Return the revision of each invoice that these rows show: {id: revision}. Rows of one invoice that were read at
 * different moments count as the oldest.
 */
function getRevisions(rows, resModel) {
    const revisions = {};
    for (const row of rows) {
        const id = INVOICE_OF_ROW[resModel](row);
        if (id && REVISION in row.data) {
            revisions[id] = Math.min(row.data[REVISION], revisions[id] ?? Infinity);
        }
    }
    return revisions;
}

function getTitle({ people, invoice }) {
    return _t("You and %(people)s changed the same in “%(invoice)s”", { people, invoice });
}

/** Return an ORM service whose saves of rows say which revisions the list shows, and ask about what meets others. */
function withRevisions(model) {
    const { orm } = model;
    const getRowRevisions = (resModel, resIds) =>
        getRevisions(
            model.root.records.filter((row) => resIds.includes(row.resId)),
            resModel
        );
    const withExpected = (changes, expected) =>
        Object.keys(expected).length ? { ...changes, expected_revision: expected } : changes;

    return Object.assign(Object.create(orm), {
        async webSave(resModel, resIds, changes, kwargs) {
            const expected = getRowRevisions(resModel, resIds);
            for (;;) {
                try {
                    return await orm.webSave(resModel, resIds, withExpected(changes, expected), kwargs);
                } catch (error) {
                    const conflict = error.data?.name === CONFLICT && error.data.context;
                    if (!conflict) {
                        throw error;
                    }
                    const answer = await askChoices(model.dialog, conflict, getTitle(conflict));
                    if (!answer) {
                        throw new GoesOnEditing("Nothing was saved");
                    }
                    expected[conflict.move_id] = { revision: conflict.revision, ...answer };
                }
            }
        },
        webSaveMulti(resModel, resIds, changes, kwargs) {
            const values = resIds.map((id, index) => withExpected(changes[index], getRowRevisions(resModel, [id])));
            return orm.webSaveMulti(resModel, resIds, values, kwargs);
        },
    });
}

patch(RelationalModel.prototype, {
    setup(...args) {
        super.setup(...args);
        if (!this.config.isMonoRecord && this.config.resModel in INVOICE_OF_ROW) {
            this.orm = withRevisions(this);
        }
    },
});

patch(DynamicList.prototype, {
    /** What was typed stays in the row of whoever goes on editing. */
    async _multiSave(editedRecord, changes) {
        this.unsavedRows = null;
        try {
            return await super._multiSave(editedRecord, changes);
        } catch (error) {
            if (!(error instanceof GoesOnEditing)) {
                throw error;
            }
            editedRecord._applyChanges(changes);
            editedRecord.dirty = true;
            this.unsavedRows = { editedRecord, changes };
            this.model._updateConfig(editedRecord.config, { mode: "edit" }, { reload: false });
            return false;
        }
    },

    /** Whoever goes on editing stays in the row. What was meant for all selected rows is still meant for all of them. */
    async leaveEditMode(options = {}) {
        if (options.discard) {
            this.unsavedRows = null;
        } else if (this.resModel in INVOICE_OF_ROW && this.editedRecord?.selected && !this.model._urgentSave) {
            const before = this.unsavedRows;
            await this.model._askChanges();
            const now = this.unsavedRows;
            if (now && now !== before) {
                return false; // asked just now
            }
            if (now && now.editedRecord === this.editedRecord) {
                return this.multiSave(now.editedRecord, now.changes);
            }
        }
        return super.leaveEditMode(options);
    },
});

registry.category("error_handlers").add(
    "facturation_collab.goes_on_editing",
    (_env, error, original) => {
        const isHandled = original instanceof GoesOnEditing;
        if (isHandled) {
            error.unhandledRejectionEvent?.preventDefault();
        }
        return isHandled;
    },
    { sequence: 1 }
);
