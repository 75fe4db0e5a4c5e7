import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { SIZES } from "@web/core/ui/ui_service";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { useSetupAction } from "@web/search/action_hook";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { askAuthentication, isAuthenticationAction } from "../authentication_dialog/authentication_dialog";
import { DecisionBar } from "../decision_bar/decision_bar";
import { DocumentPreview } from "../document_preview/document_preview";
import { useLiveInbox } from "../live/live_inbox";
import { ValidationCard } from "../validation_card/validation_card";
import { ValidationQueue } from "../validation_queue/validation_queue";
import { describeServerError } from "../utils/errors";

const QUEUE_LIMIT = 80;
const LINES_SHOWN = 6;

const QUEUE_FIELDS = {
    display_name: {},
    invoice_partner_display_name: {},
    amount_total: {},
    currency_id: {},
    department_id: { fields: { display_name: {} } },
    validation_since: {},
    validation_deadline: {},
    validation_lateness: {},
};

const CARD_FIELDS = {
    ...QUEUE_FIELDS,
    content_revision: {},
    ref: {},
    invoice_date: {},
    invoice_date_due: {},
    amount_untaxed: {},
    amount_tax: {},
    message_main_attachment_id: { fields: { name: {}, mimetype: {}, checksum: {} } },
    invoice_line_ids: {
        fields: { name: {}, display_type: {}, price_subtotal: {} },
        limit: LINES_SHOWN,
    },
    validation_request_id: {},
    validation_comment_required: {},
    validation_can_refuse_lines: {},
    validation_return_targets: {},
    validation_panel: {},
};

const METHODS = { approve: "action_approve", return: "action_return", reject: "action_reject" };

const DONE = {
    approve: _t("Your approval is recorded."),
    return: _t("The invoice goes back to be corrected."),
    reject: _t("The invoice is rejected."),
};

/** The invoice on the screen is no longer the one that waits for a decision. */
class ResubmittedError extends Error {}

/**
 * "To validate": what waits for the present user, one invoice after the other. Made for a phone; a wide screen shows the
 * queue and the document beside the card. It reads invoices and calls the public `action_*` methods, nothing else.
 */
export class ToValidate extends Component {
    static template = "facturation_collab.ToValidate";
    static components = { DecisionBar, DocumentPreview, Layout, ValidationCard, ValidationQueue };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.ui = useService("ui");
        this.state = useState({ queue: [], total: 0, move: null, isBusy: false, error: "", round: 0, news: "" });
        this.isAnswering = false;
        this.refresher = useLiveInbox({
            getIds: () => this.state.queue.map((move) => move.id),
            follow: () => this.follow(),
        });
        useSetupAction({ getLocalState: () => ({ moveId: this.state.move?.id }) });
        onWillStart(() => this.load(this.props.state?.moveId || this.props.action.params?.move_id));
    }

    // ------------------------------------------------------------------ what is shown

    /** The document has a column of its own where there is room for it; else the card shows its first page. */
    get showsDocument() {
        return this.ui.size >= SIZES.LG;
    }

    get position() {
        return this.state.queue.findIndex((move) => move.id === this.state.move?.id);
    }

    get progressText() {
        if (this.position < 0) {
            return _t("%(total)s to validate", { total: this.state.total });
        }
        return _t("%(position)s of %(total)s", { position: this.position + 1, total: this.state.total });
    }

    get hasPrevious() {
        return this.position > 0;
    }

    get hasNext() {
        return this.position < this.state.queue.length - 1;
    }

    // ------------------------------------------------------------------ reading

    /** Nobody is waited for but on a request under way: one condition, whose index has rows of open steps only. */
    get domain() {
        return [["validation_waiting_user_ids", "in", [user.userId]]];
    }

    /** Reads the queue again and shows `moveId`, or what now stands at `index`. */
    async load(moveId, index = 0) {
        const records = await this.loadQueue();
        const next = records.find((move) => move.id === moveId) || records[Math.min(index, records.length - 1)];
        await this.show(next?.id);
    }

    async loadQueue() {
        const { records, length } = await this.orm.webSearchRead("account.move", this.domain, {
            specification: QUEUE_FIELDS,
            order: "validation_urgency, validation_since, id",
            limit: QUEUE_LIMIT,
        });
        Object.assign(this.state, { queue: records, total: length });
        this.refresher.onLoaded();
        return records;
    }

    /** Somebody else did something: the queue follows at once, the card unless an answer is being written. */
    async follow() {
        const { move, isBusy } = this.state;
        if (isBusy) {
            return false;
        }
        if (this.isAnswering) {
            await this.loadQueue();
        } else {
            await this.load(move?.id, Math.max(this.position, 0));
        }
        if (move && !this.state.queue.some(({ id }) => id === move.id)) {
            this.state.news = _t("“%s” does not wait for you any more.", move.display_name);
        }
        return true;
    }

    onAnswering(isAnswering) {
        this.isAnswering = isAnswering;
        if (!isAnswering && this.state.news) {
            this.refresher.want();
        }
    }

    async show(moveId) {
        const [move] = moveId ? await this.orm.webRead("account.move", [moveId], { specification: CARD_FIELDS }) : [];
        this.state.move = move || null;
    }

    /** A card that cannot be read any more, because somebody else was faster, gives way to the next one. */
    async select(moveId) {
        Object.assign(this.state, { error: "", news: "" });
        this.isAnswering = false;
        try {
            await this.show(moveId);
        } catch (error) {
            this.state.error = describeServerError(error);
            await this.load();
        }
    }

    selectBeside(offset) {
        return this.select(this.state.queue[this.position + offset].id);
    }

    // ------------------------------------------------------------------ deciding

    /** `target`: the step of an earlier level that decides anew, for a return to it. */
    async decide(outcome, comment, target) {
        const { move } = this.state;
        const index = this.position;
        Object.assign(this.state, { isBusy: true, error: "", news: "" });
        try {
            await this.checkNotResubmitted(move);
            const answer = await this.orm.call("account.move", METHODS[outcome], [[move.id]], {
                comment,
                context: { seen_revision: move.content_revision },
                ...(target && { step_id: target.id }),
            });
            if (isAuthenticationAction(answer) && !(await askAuthentication(this.env, answer)).isApproved) {
                return;
            }
            const done = target
                ? _t("The invoice goes back to level “%s”, then it comes back to you.", target.name)
                : DONE[outcome];
            this.notification.add(done, { type: "success", title: move.display_name });
            this.state.round++;
            this.isAnswering = false;
            await this.load(null, index);
        } catch (error) {
            this.state.error = error instanceof ResubmittedError ? error.message : describeServerError(error);
            await this.load(move.id, index);
        } finally {
            this.state.isBusy = false;
            this.refresher.retry();
        }
    }

    /** Nobody approves a version they have not seen: a card left open while the invoice was corrected is read again first. */
    async checkNotResubmitted(move) {
        const [current] = await this.orm.read("account.move", [move.id], ["validation_request_id"], { load: "" });
        if (current.validation_request_id !== move.validation_request_id) {
            throw new ResubmittedError(
                _t("This invoice was corrected and submitted again in the meantime. Please look at the new version.")
            );
        }
    }

    /** Single lines are refused in the dialog of the form. */
    refuseLines() {
        return this.openDialog("action_open_refusal");
    }

    /** A question is asked in the dialog of the form; the card then says what it holds. */
    askQuestion() {
        return this.openDialog("action_open_question_dialog");
    }

    async openDialog(method) {
        const { move } = this.state;
        const index = this.position;
        this.state.error = "";
        try {
            const dialog = await this.orm.call("account.move", method, [[move.id]]);
            await this.action.doAction(dialog, { onClose: () => this.load(move.id, index) });
        } catch (error) {
            this.state.error = describeServerError(error);
        }
    }

    openMove() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "account.move",
            res_id: this.state.move.id,
            views: [[false, "form"]],
        });
    }

    openInvoices() {
        return this.action.doAction("facturation_collab.account_move_action_in");
    }
}

registry.category("actions").add("facturation_collab.to_validate", ToValidate);
