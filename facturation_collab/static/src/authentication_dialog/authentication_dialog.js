import { Component, useRef, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { user } from "@web/core/user";

import { describeServerError } from "../utils/errors";

const APPROVE = "action_approve";
const TAG = "facturation_collab.authentication";

/** The library of Odoo's own passkeys, where that app is installed. */
function getPasskeys() {
    return odoo.loader.modules.get("@auth_passkey/../lib/simplewebauthn");
}

/**
 * Asks the approver to prove who they are, as the server wants it, and approves. It shows what is approved; the answer goes
 * to the server with the token that names it, and is kept nowhere.
 */
export class AuthenticationDialog extends Component {
    static template = "facturation_collab.AuthenticationDialog";
    static components = { Dialog };
    static props = {
        close: Function,
        token: String,
        moves: { type: Array, element: Object },
        authentication: { validate: (value) => ["password", "second_factor"].includes(value) },
        answers: { type: Array, element: String },
        comment: { type: String, optional: true },
        notice: { type: String, optional: true },
        // What `moves` are: invoices, or the one step of a share, with the lines of it that are refused.
        model: { type: String, optional: true },
        refused: { type: [Array, { value: null }], optional: true },
        onDone: Function, // (the action that the server answers)
        onSetUp: Function,
    };
    static defaultProps = { comment: "", notice: "", model: "account.move", refused: null };

    setup() {
        this.orm = useService("orm");
        this.input = useRef("answer");
        useAutofocus({ refName: "answer", mobile: true });
        this.state = useState({ way: this.ways[0]?.type, value: "", error: "", isBusy: false, round: 0 });
    }

    get title() {
        return this.props.authentication === "second_factor"
            ? _t("Confirm with your second factor")
            : _t("Confirm that it is you");
    }

    /** The ways that are open to this person, in this browser. */
    get ways() {
        const ways = {
            webauthn: { type: "webauthn", label: _t("Use a passkey") },
            totp: { type: "totp", label: _t("Use the code of my authenticator app") },
            password: { type: "password", label: _t("Use my password") },
        };
        return Object.values(ways).filter(
            ({ type }) => this.props.answers.includes(type) && (type !== "webauthn" || getPasskeys())
        );
    }

    get otherWays() {
        return this.ways.filter(({ type }) => type !== this.state.way);
    }

    get mustSetUp() {
        return !this.ways.length;
    }

    choose(way) {
        Object.assign(this.state, { way, value: "", error: "" });
    }

    async confirm() {
        const { way, value } = this.state;
        if (way !== "webauthn" && !value.trim()) {
            this.state.error = way === "totp" ? _t("Enter the code first.") : _t("Enter your password first.");
            this.input.el?.focus();
            return;
        }
        Object.assign(this.state, { isBusy: true, error: "" });
        try {
            const answer = await this.getAnswer();
            if (answer) {
                await this.approve(answer);
            }
        } catch (error) {
            // A new round has a new, empty field.
            const round = this.state.round + 1;
            Object.assign(this.state, { error: describeServerError(error), value: "", round });
        } finally {
            this.state.isBusy = false;
        }
    }

    async getAnswer() {
        const { way, value } = this.state;
        if (way !== "webauthn") {
            return { type: way, [way === "totp" ? "token" : "password"]: value };
        }
        const options = await rpc("/auth/passkey/start-auth");
        // The person may close what the browser shows: then nothing was answered.
        const response = await getPasskeys()
            .startAuthentication(options)
            .catch(() => null);
        return response && { type: "webauthn", webauthn_response: JSON.stringify(response) };
    }

    async approve(answer) {
        const { moves, token, comment, model, refused } = this.props;
        const ids = moves.map((move) => move.id);
        const more = refused ? { refused } : {};
        const action = await this.orm.call(model, `${APPROVE}_authenticated`, [ids], {
            token,
            answer,
            comment,
            ...more,
        });
        this.props.onDone(action);
        this.props.close();
    }

    setUp() {
        this.props.onSetUp();
        this.props.close();
    }
}

export function isAuthenticationAction(action) {
    return action?.tag === TAG;
}

/**
 * Opens the dialog that the server asked for.
 *
 * @param {Object} env
 * @param {Object} action as `action_approve` answers
 * @returns {Promise<{ isApproved: boolean, next?: Object|false }>}
 */
export function askAuthentication(env, action) {
    const { dialog, orm } = env.services;
    const ids = action.params.moves.map((move) => move.id);
    return new Promise((resolve) => {
        let isLeft = true;
        const leave = (outcome) => {
            isLeft = false;
            resolve(outcome);
        };
        /** Odoo's own set-up, over the invoice; then back to the question, if it can be answered now. */
        const setUp = async () => {
            await setUpSecondFactor(env);
            const { model = "account.move", refused, comment } = action.params;
            const again = refused
                ? await orm.call(model, "action_refuse_lines", [ids], { refused, comment })
                : await orm.call(model, APPROVE, [ids], { comment });
            const isReady = isAuthenticationAction(again) && again.params.answers.length;
            return isReady ? askAuthentication(env, again) : { isApproved: false };
        };
        dialog.add(
            AuthenticationDialog,
            {
                ...action.params,
                onDone: (next) => leave({ isApproved: true, next }),
                onSetUp: () => leave(setUp()),
            },
            { onClose: () => isLeft && resolve({ isApproved: false }) }
        );
    });
}

async function setUpSecondFactor(env) {
    const { action, orm } = env.services;
    const setUp = await orm.call("res.users", "action_totp_enable_wizard", [[user.userId]]);
    await new Promise((resolve) => action.doAction(setUp, { onClose: resolve }));
}

registry.category("actions").add(TAG, async (env, action) => {
    const { isApproved, next } = await askAuthentication(env, action);
    if (!isApproved) {
        return null;
    }
    // The dialog for the comment may still be open below.
    await env.services.action.doAction({ type: "ir.actions.act_window_close" });
    return next || { type: "ir.actions.client", tag: "soft_reload" };
});
