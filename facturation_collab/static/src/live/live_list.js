import { onWillDestroy, status, useEffect } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { getFieldsSpec } from "@web/model/relational_model/utils";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { ListController } from "@web/views/list/list_controller";

import { Refresher } from "./refresher";

/**
 * A list or kanban of invoices follows what others do: rows that it shows are read again by themselves, the whole of it
 * only when one came or went. Nothing moves under somebody who edits a row.
 */
class LiveList {
    constructor(controller, live, orm, notification) {
        Object.assign(this, { controller, orm, notification });
        this.told = new Set();
        this.refresher = new Refresher(live, () => this.follow());
        const tell = (ids, payload, spread) => {
            ids.forEach((id) => this.told.add(id));
            this.refresher.want(payload, spread);
        };
        this.screen = live.open({
            onInvoice: (payload) => tell([payload.id], payload, 300),
            onPresence: (payload) => !payload.is_place && tell([payload.id], null, 300),
            onLists: (payload) => tell(payload.ids, payload, 600),
            onMissed: () => {
                this.isAllTold = true;
                this.refresher.want();
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

    close() {
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
        this.isWaitingTold = false;
        const ids = [...this.told];
        const isAllTold = this.isAllTold;
        this.told.clear();
        this.isAllTold = false;
        if (isAllTold || (ids.length && !(await this.readRows(ids)))) {
            await this.reload();
        }
        return true;
    }

    /** Read the rows of these invoices again; false when one of them came into the list, or left it. */
    async readRows(ids) {
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
            (rows.size && this.model.config.groupBy?.length)
        ) {
            return false;
        }
        for (const record of this.records) {
            if (rows.has(record.resId) && !record.isInEdition) {
                record._applyValues(rows.get(record.resId));
            }
        }
        return true;
    }

    async reload() {
        const selected = new Set(this.model.root.selection.map((record) => record.resId));
        this.model.useSampleModel = false;
        await this.model.load();
        for (const record of this.model.root.records) {
            if (selected.has(record.resId)) {
                record.toggleSelection(true);
            }
        }
    }

    tellWaiting() {
        if (!this.isWaitingTold) {
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
        () => list.refresher.onLoaded(),
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
