import { onWillDestroy, status, useEffect, useExternalListener, useState, useSubEnv } from "@odoo/owl";
import { AccountMoveFormController } from "@account/components/account_move_form/account_move_form";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { FetchRecordError } from "@web/model/relational_model/errors";

import { loadUnless } from "./load_unless";
import { Refresher } from "./refresher";

const EDITABLE = "input, textarea, select, [contenteditable='true']";
const TYPING = 5000;
const GONE = ["odoo.exceptions.AccessError", "odoo.exceptions.MissingError"];

/** Whether the server no longer lets the present user read what a screen shows. */
export function isUnreadable(error) {
    return error instanceof FetchRecordError || (error instanceof RPCError && GONE.includes(error.data?.name));
}

/**
 * An open invoice follows what others do: at once when nobody types in it, else it says so and waits. Whoever may no
 * longer read it is told, and sees the list.
 */
patch(AccountMoveFormController.prototype, {
    setup() {
        super.setup();
        this.liveService = useService("invoice_live");
        this.liveNotification = useService("notification");
        this.live = useState({
            news: "",
            spoken: "",
            isLeft: false,
            check: (revision) => this.checkRevision(revision),
        });
        this.live.close = () => this.closeUnreadable();
        useSubEnv({ invoiceLive: this.live });
        this.typedAt = 0;
        this.refresher = new Refresher(this.liveService, () => this.followInvoice());
        this.liveScreen = this.liveService.open({
            onInvoice: (payload) => this.onInvoiceTold(payload),
            onMissed: () => this.model.root.resId && this.refresher.want(),
        });
        useEffect(
            (resId) => {
                this.live.isLeft = false;
                this.liveScreen.show(resId ? [resId] : []);
            },
            () => [this.model.root.resId]
        );
        // What had to wait is read when somebody has saved, discarded or left the field.
        useEffect(
            () => void browser.setTimeout(() => this.refresher.retry(), 100),
            () => [this.model.root.dirty]
        );
        for (const event of ["keydown", "input"]) {
            useExternalListener(document, event, () => (this.typedAt = Date.now()), { capture: true });
        }
        useExternalListener(document, "focusout", () => browser.setTimeout(() => this.refresher.retry(), 200));
        onWillDestroy(() => {
            this.liveScreen.close();
            this.refresher.close();
        });
    },

    onRootLoaded(root) {
        super.onRootLoaded(root);
        this.refresher?.onLoaded();
        if (this.live) {
            this.live.news = "";
        }
    },

    async onRecordSaved(...args) {
        await super.onRecordSaved(...args);
        this.refresher.onLoaded();
        this.live.news = "";
    },

    onInvoiceTold(payload) {
        this.refresher.want(payload, 100);
    },

    checkRevision(revision) {
        if (revision > this.model.root.data.content_revision) {
            this.refresher.want();
        }
    },

    /** Whether reading the invoice again would take something from under somebody's hands. */
    async isBeingTyped() {
        const { root } = this.model;
        const element = document.activeElement;
        const hasFocus = this.rootRef.el?.contains(element) && element.matches(EDITABLE) && !element.readOnly;
        // A line closes when it is read again, so that a cursor in it counts even if it rests.
        const isTyping = hasFocus && (Date.now() - this.typedAt < TYPING || element.closest(".o_field_x2many"));
        return this.formInDialog > 0 || root.dirty || isTyping || root.isDirty();
    },

    async followInvoice() {
        if (!this.model.root.resId || status(this) !== "mounted") {
            return true;
        }
        try {
            const isBeingTyped = () => this.isBeingTyped();
            if (!(await isBeingTyped()) && (await loadUnless(this.model, isBeingTyped))) {
                this.live.spoken = _t("The invoice is shown as it is now.");
                return true;
            }
            await this.tellWaiting();
        } catch (error) {
            this.onUnreadable(error);
            return true;
        }
        browser.setTimeout(() => this.refresher.retry(), TYPING);
        return false;
    },

    async tellWaiting() {
        if (this.live.news) {
            return;
        }
        const { resModel, resId, data } = this.model.root;
        const call = [resModel, "get_changes_since", [[resId], data.content_revision]];
        const { people } = await this.orm.silent.call(...call);
        this.live.news = people
            ? _t("%s changed this invoice meanwhile. What you type stays: both are merged when you save.", people)
            : _t("This invoice moved on meanwhile. It is shown as it is now when you have finished.");
    },

    onUnreadable(error) {
        if (!isUnreadable(error)) {
            throw error;
        }
        this.closeUnreadable();
    },

    async closeUnreadable() {
        if (this.isUnreadable || status(this) === "destroyed") {
            return;
        }
        this.isUnreadable = true;
        this.refresher.close();
        this.liveNotification.add(_t("You may no longer read this invoice."), { type: "warning" });
        await this.model.root.discard();
        const { breadcrumbs, historyBack } = this.env.config;
        const { menu } = this.env.services;
        const app = menu.getCurrentApp() || menu.getApps()[0];
        if (breadcrumbs.length > 1) {
            historyBack();
        } else if (app) {
            // Opened by its address: there is nothing to go back to.
            await menu.selectMenu(app);
        }
    },
});
