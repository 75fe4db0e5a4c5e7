import { AccountMoveFormView } from "@account/components/account_move_form/account_move_form";
import { _t } from "@web/core/l10n/translation";
import { RelationalModel } from "@web/model/relational_model/relational_model";

import { askChoices } from "./ask_choices";
import { isGone, isOutOfReach, isSessionOver, keepInTab } from "./out_of_reach";

export const CONFLICT = "odoo.addons.facturation_collab.exceptions.RevisionConflict";
export const REVISION = "content_revision";

/**
 * An invoice whose saves say which revision the form shows. The server merges what meets nothing of others; what does is
 * asked about, and stays in the form until somebody has chosen.
 */
class InvoiceRecord extends RelationalModel.Record {
    get isInvoice() {
        return this.config.isRoot && Boolean(this.resId) && REVISION in this.activeFields;
    }

    /** Tells the server that nobody is left to ask: it keeps what meets something until the next visit. */
    get context() {
        const context = super.context;
        return this.isInvoice && this.model._urgentSave ? { ...context, keep_unsaved: true } : context;
    }

    _getChanges(...args) {
        const changes = super._getChanges(...args);
        if (this.isSavingRevision && !args.length && Object.keys(changes).length) {
            changes.expected_revision = this.expectedRevision;
        }
        return changes;
    }

    get expectedRevision() {
        const revision = this.data[REVISION];
        return this.choices ? { revision, ...this.choices } : revision;
    }

    async _save(options = {}) {
        if (!this.isInvoice) {
            return super._save(options);
        }
        const before = this.data[REVISION];
        this.isSavingRevision = true;
        let saved = false;
        try {
            if (this.model._urgentSave && this.model.outOfReach) {
                return this.keepUntilNextVisit();
            }
            saved = await super._save({
                ...options,
                onError: (error, callbacks) => this.onRevisionError(error, callbacks, options),
            });
        } finally {
            this.isSavingRevision = false;
        }
        if (saved && !this.model._urgentSave) {
            await this.onRevisionSaved(before, options);
        }
        return saved;
    }

    /** The page is closed while the server cannot be asked. False lets the browser warn whoever is about to leave. */
    keepUntilNextVisit() {
        const changes = this._getChanges();
        if (!Object.keys(changes).length) {
            return true;
        }
        keepInTab(this.resId, changes);
        return isSessionOver(this.model.outOfReach);
    }

    async onRevisionError(error, callbacks, options) {
        this.model.noteReach(error);
        if (error.data?.name === CONFLICT) {
            this.choices = await askChoices(this.model.dialog, error.data.context);
            return this.choices && this._save(options);
        }
        if (options.onError) {
            return options.onError(error, callbacks);
        }
        if (!this.isInEdition) {
            await this._load({});
        }
        throw error;
    }

    async onRevisionSaved(before, { reload = true, nextId }) {
        this.choices = null;
        if (nextId) {
            return;
        }
        const now = this.model.savedRevision;
        if (!reload && now) {
            this._values[REVISION] = now;
            this.data[REVISION] = now;
        }
        if (now > before + 1) {
            const changes = await this.model.orm.call(this.resModel, "get_changes_since", [[this.resId], before]);
            this.model.notification.add(_t("What %s changed meanwhile was merged with yours.", changes.people), {
                type: "info",
            });
        }
    }
}

/** Reads the revision with each save, also where the form asks for nothing else. */
export class InvoiceModel extends RelationalModel {
    static Record = InvoiceRecord;

    /** Remember why the server could not be asked the last time, if so. */
    noteReach(error) {
        this.outOfReach = error && isOutOfReach(error) ? error : null;
    }

    /** What somebody types stays in the form when what follows from it cannot be asked for. Natively it is taken back. */
    async _onchange(config, params) {
        let isKept = false;
        const onError = (error) => {
            this.noteReach(error);
            isKept = isOutOfReach(error) || isGone(error);
            if (!isKept) {
                params.onError(error);
            } else if (isOutOfReach(error) && !isSessionOver(error)) {
                Promise.reject(error); // shown as for every other call; the rest is said once, by the save
            }
        };
        const values = await super._onchange(config, { ...params, onError: params.onError && onError });
        if (isKept) {
            return {};
        }
        this.noteReach();
        return values;
    }

    setup(params, services) {
        super.setup(params, services);
        const { orm } = this;
        this.orm = Object.assign(Object.create(orm), {
            webSave: async (resModel, ids, changes, kwargs) => {
                if (!this.root.isInvoice || resModel !== this.root.resModel) {
                    return orm.webSave(resModel, ids, changes, kwargs);
                }
                const specification = { ...kwargs.specification, [REVISION]: {} };
                const records = await orm.webSave(resModel, ids, changes, { ...kwargs, specification });
                this.noteReach();
                this.savedRevision = records[0]?.[REVISION];
                return records;
            },
        });
    }
}

AccountMoveFormView.Model = InvoiceModel;
