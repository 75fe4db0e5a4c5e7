import { AccountMoveFormController } from "@account/components/account_move_form/account_move_form";
import { patch } from "@web/core/utils/patch";

/**
 * Whoever may read an invoice but not edit it reads it: nothing is typed that the server would refuse afterwards.
 * The server says who that is; the buttons of the header stay.
 */
patch(AccountMoveFormController.prototype, {
    get modelParams() {
        const params = super.modelParams;
        return { ...params, hooks: { ...params.hooks, onRootLoaded: this.onRootLoaded.bind(this) } };
    },

    onRootLoaded(root) {
        const isReadonly = this.props.readonly || root.data.validation_is_readonly || this.live?.isLeft;
        const mode = isReadonly ? "readonly" : "edit";
        if (root.config.mode !== mode) {
            // Not awaited: a reload holds the mutex that switching needs.
            root.switchMode(mode);
        }
    },
});
