import { AccountMoveFormController } from "@account/components/account_move_form/account_move_form";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { patch } from "@web/core/utils/patch";

import { ConflictDialog } from "./conflict_dialog";
import { readFromTab, removeFromTab } from "./out_of_reach";

/** What somebody left unsaved when the page was closed in a conflict is offered at their next visit, once. */
patch(AccountMoveFormController.prototype, {
    onRootLoaded(root) {
        super.onRootLoaded(root);
        if (root.resId && "content_revision" in root.activeFields && this.unsavedOffered !== root.resId) {
            this.unsavedOffered = root.resId;
            this.offerUnsaved(root);
        }
    },

    async offerUnsaved({ resModel, resId }) {
        await this.saveKeptInTab(resModel, resId);
        const unsaved = await this.orm.silent.call(resModel, "get_unsaved", [[resId]]);
        if (!unsaved) {
            return;
        }
        const finish = async (method, args) => {
            await this.orm.call(resModel, method, [[resId], ...args]);
            await this.model.load();
        };
        this.dialogService.add(ConflictDialog, {
            title: _t("You left changes unsaved on %s", unsaved.date),
            people: unsaved.people,
            rows: unsaved.rows,
            confirm: (choices) => finish("action_save_unsaved", [unsaved.seen, choices]),
            discard: () => finish("action_discard_unsaved", []),
        });
    },

    /** Save what was typed when the server could not be asked: merged, or kept as what a closed page leaves. */
    async saveKeptInTab(resModel, resId) {
        const changes = readFromTab(resId);
        if (!changes) {
            return;
        }
        const context = { ...user.context, keep_unsaved: true };
        const saved = await this.orm.webSave(resModel, [resId], changes, { specification: {}, context });
        removeFromTab(resId);
        if (saved.length) {
            await this.model.load();
            this.model.notification.add(_t("What you had typed before you left was saved."), { type: "success" });
        }
    },
});
