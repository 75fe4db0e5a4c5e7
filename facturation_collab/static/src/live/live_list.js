import { onWillDestroy, status, useEffect } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { getFieldsSpec } from "@web/model/relational_model/utils";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { ListController } from "@web/views/list/list_controller";

import { loadUnless } from "./load_unless";
import { Refresher } from "./refresher";

const SHORTEST_LEASE = 5;

/**
 * A list or kanban of invoices follows what others do: rows that it shows are read again by themselves, the whole of it
 * only when one came or went. Nothing moves under somebody who edits a row.
 */
class LiveList {
    constructor(controller, live, orm, notification) {
        Object.assign(this, { controller, orm, notification });
        this.told = new Set();
        this.refresher = new Refresher(live, () => this.follow());
        this.screen = live.open({
            onInvoice: (payload) => this.tellMoved([payload.id], payload, 300),
            onPresence: (payload) => !payload.is_place && this.tell([payload.id], null, 300),
            onLists: (payload) => this.tellMoved(payload.ids, payload, 600),
            onMissed: () => {
                this.isAllTold = true;
                this.tellMoved([]);
            },
        });
    }

    get model() {
        return this.controller.model;
    }

    get records() {
        return this.model.useSampleModel ? [] : this.model.root.records;
    }

    get shownIds() {
        return this.records.map((record) => record.resId).filter(Boolean);
    }

    show() {
        this.screen.show(this.shownIds);
        this.refresher.retry();
    }

    tell(ids, payload, spread) {
        ids.forEach((id) => this.told.add(id));
        this.refresher.want(payload, spread);
    }

    /** The invoices themselves changed: they may have come, gone, or belong to another group. */
    tellMoved(ids, payload, spread) {
        this.mayMove = true;
        this.tell(ids, payload, spread);
    }

    /** Whoever vanished without a word is not told: a mark is asked about again when it runs out. */
    planExpiry() {
        browser.clearTimeout(this.expiry);
        const marked = this.records.filter(({ data }) => data.presence?.length);
        if (marked.length) {
            const leases = marked.flatMap(({ data }) => data.presence.map(({ expires }) => expires));
            const ids = marked.map(({ resId }) => resId);
            const seconds = Math.max(Math.min(...leases), SHORTEST_LEASE);
            this.expiry = browser.setTimeout(() => this.tell(ids, null, 300), seconds * 1000);
        }
    }

    close() {
        browser.clearTimeout(this.expiry);
        this.screen.close();
        this.refresher.close();
    }

    async follow() {
        if (status(this.controller) !== "mounted") {
            return true;
        }
        if (this.model.root.editedRecord) {
            this.tellWaiting();
            return false;
        }
        const { told, isAllTold, mayMove } = this;
        Object.assign(this, { told: new Set(), isAllTold: false, mayMove: false, isWaitingTold: false });
        if (!isAllTold && (!told.size || (await this.readRows([...told], mayMove)))) {
            return true;
        }
        const isShown = await this.reload();
        this.isAllTold ||= !isShown;
        return isShown;
    }

    /** Read the rows of these invoices again; false when one of them came into the list, or left it. */
    async readRows(ids, mayMove) {
        const { root } = this.model;
        const { resModel, activeFields, fields, context, evalContext } = root;
        const domain = Domain.and([root.domain || [], [["id", "in", ids]]]).toList(context);
        const specification = getFieldsSpec(activeFields, fields, evalContext || context);
        const found = await this.orm.silent.webSearchRead(resModel, domain, {
            specification,
            context,
            limit: ids.length,
        });
        const shown = new Set(this.shownIds);
        const rows = new Map(found.records.map((values) => [values.id, values]));
        const isLeft = ids.some((id) => shown.has(id) && !rows.has(id));
        if (
            isLeft ||
            [...rows.keys()].some((id) => !shown.has(id)) ||
            (mayMove && rows.size && this.model.config.groupBy?.length)
        ) {
            return false;
        }
        for (const record of this.records) {
            if (rows.has(record.resId) && !record.isInEdition) {
                record._applyValues(rows.get(record.resId));
            }
        }
        this.planExpiry();
        return true;
    }

    /** Read the whole of it again; false when somebody began to edit a row meanwhile. */
    async reload() {
        const selected = new Set(this.model.root.selection.map((record) => record.resId));
        this.model.useSampleModel = false;
        if (!(await loadUnless(this.model, () => this.model.root.editedRecord))) {
            return false;
        }
        for (const record of this.model.root.records) {
            if (selected.has(record.resId)) {
                record.toggleSelection(true);
            }
        }
        return true;
    }

    tellWaiting() {
        if (this.mayMove && !this.isWaitingTold) {
            this.isWaitingTold = true;
            this.notification.add(_t("Invoices of this list changed. They are shown when you have finished editing."), {
                type: "info",
            });
        }
    }
}

function useLiveList(controller) {
    const list = new LiveList(controller, useService("invoice_live"), useService("orm"), useService("notification"));
    useEffect(
        () => list.show(),
        () => [list.shownIds.join(), controller.model.root.editedRecord]
    );
    useEffect(
        () => {
            list.refresher.onLoaded();
            list.planExpiry();
        },
        () => [controller.model.root.id]
    );
    onWillDestroy(() => list.close());
}

patch(ListController.prototype, {
    setup() {
        super.setup();
        if (this.props.resModel === "account.move") {
            useLiveList(this);
        }
    },
});

patch(KanbanController.prototype, {
    setup() {
        super.setup();
        if (this.props.resModel === "account.move") {
            useLiveList(this);
        }
    },
});
