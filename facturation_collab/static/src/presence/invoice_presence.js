import { Component, onWillDestroy, useEffect, useExternalListener, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { imageUrl } from "@web/core/utils/urls";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { isUnreadable } from "../live/live_form";
import { isOutOfReach } from "../simultaneous_edit/out_of_reach";
import { describePerson, PRESENCE_MODES } from "./presence_marks";
import { PresenceReporter } from "./presence_reporter";

const LONG_EDIT = 60;
const EDITABLE = "input, textarea, select, [contenteditable='true']";

/** Above an invoice: who else has it open, where they edit, what changed meanwhile, and asking to take over. */
export class InvoicePresence extends Component {
    static template = "facturation_collab.InvoicePresence";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.live = useState(this.env.invoiceLive || { news: "", spoken: "", isLeft: false });
        this.state = useState({ people: [], isShown: false, asker: null, said: "", askedId: null });
        this.reporter = new PresenceReporter(
            (method, args) => this.call(method, args),
            (answer) => this.onAnswer(answer)
        );
        this.screen = useService("invoice_live").open({
            onPresence: () => this.askSoon(),
            onTakeOver: (payload) => this.onTakeOver(payload),
        });
        useEffect(
            (resId) => {
                Object.assign(this.state, { people: [], asker: null, said: "", askedId: null });
                this.screen.show(resId ? [resId] : []);
                this.reporter.start(resId);
                return () => this.reporter.stop();
            },
            () => [this.record.resId]
        );
        useEffect(
            () => this.noteFocus(document.activeElement),
            () => [this.record.dirty, this.record.isInEdition]
        );
        useExternalListener(document, "focusin", (ev) => this.noteFocus(ev.target));
        onWillDestroy(() => {
            browser.clearTimeout(this.expiry);
            browser.clearTimeout(this.soon);
            this.screen.close();
        });
    }

    get record() {
        return this.props.record;
    }

    get people() {
        return this.state.people.map((person) => ({
            ...person,
            display: PRESENCE_MODES[person.mode],
            text: describePerson(person),
            image: imageUrl("res.users", person.id, "avatar_128"),
            isLong: this.state.isShown && this.isLongEdit(person),
        }));
    }

    /** Somebody who has been editing for long, or went away from what they had typed. */
    isLongEdit({ mode, place, since }) {
        return mode === "idle" ? Boolean(place) : mode === "editing" && Date.now() - since > LONG_EDIT * 1000;
    }

    // ------------------------------------------------------------------ saying what is done here

    noteFocus(element) {
        const field = element?.closest?.(".o_form_view .o_field_widget[name]");
        const isTyped = Boolean(field) && element.matches(EDITABLE) && this.record.isInEdition && !element.readOnly;
        // What is not saved stays where it was typed, also when nobody is there any more.
        const place = isTyped ? this.getPlace(field) : this.record.dirty ? this.reporter.place : "";
        this.reporter.update(this.record.dirty || isTyped, place, this.record.dirty);
    }

    /** The field of the invoice, or of one of its lines, that has the focus. */
    getPlace(field) {
        const name = field.getAttribute("name");
        const row = field.closest(".o_data_row[data-id]");
        const list = row?.closest(".o_field_widget[name].o_field_x2many, .o_field_x2many[name]");
        const listName = list?.getAttribute("name");
        if (!listName) {
            return name;
        }
        const line = this.record.data[listName]?.records?.find(({ id }) => id === row.dataset.id);
        return line?.resId ? `${listName}/${line.resId}/${name}` : `${listName}/${name}`;
    }

    // ------------------------------------------------------------------ who is there

    async call(method, args) {
        try {
            return await this.orm.silent.call("account.move", method, args);
        } catch (error) {
            if (isUnreadable(error)) {
                this.live.close?.();
            } else if (!isOutOfReach(error)) {
                throw error;
            }
            return null;
        }
    }

    onAnswer({ people, is_shown, revision }) {
        const now = Date.now();
        this.state.isShown = is_shown;
        this.state.people = people.map(({ seconds, expires, ...person }) => ({
            ...person,
            since: now - seconds * 1000,
            until: now + expires * 1000,
        }));
        this.planExpiry();
        this.live.check?.(revision);
    }

    /** Whoever does not report themselves any more is gone, without asking the server. */
    planExpiry() {
        browser.clearTimeout(this.expiry);
        const next = Math.min(...this.state.people.map(({ until }) => until));
        if (Number.isFinite(next)) {
            this.expiry = browser.setTimeout(
                () => {
                    this.state.people = this.state.people.filter(({ until }) => until > Date.now());
                    this.planExpiry();
                },
                Math.max(next - Date.now(), 0) + 50
            );
        }
    }

    askSoon() {
        browser.clearTimeout(this.soon);
        this.soon = browser.setTimeout(() => this.reporter.report(), 100 + Math.random() * 200);
    }

    // ------------------------------------------------------------------ taking over

    getName(userId) {
        return this.state.people.find(({ id }) => id === userId)?.name || _t("A colleague");
    }

    onTakeOver({ user: userId, kind }) {
        if (userId === user.userId) {
            return;
        }
        if (kind === "asked") {
            if (this.record.isInEdition) {
                this.state.asker = { id: userId, name: this.getName(userId) };
            }
            return;
        }
        this.state.askedId = null;
        this.state.said =
            kind === "given"
                ? _t("%s saved and leaves the invoice to you.", this.getName(userId))
                : _t("%s goes on editing for now.", this.getName(userId));
    }

    async ask(person) {
        this.state.askedId = person.id;
        try {
            await this.call("ask_take_over", [[this.record.resId], this.reporter.tab, person.id]);
            this.state.said = _t("%s was asked to save and to leave the invoice to you.", person.name);
        } catch (error) {
            this.tellRefusal(error);
        }
    }

    async answer(isGiven) {
        const { id, name } = this.state.asker;
        if (isGiven && !(await this.record.save())) {
            return;
        }
        this.state.asker = null;
        try {
            await this.call("answer_take_over", [[this.record.resId], this.reporter.tab, id, isGiven]);
        } catch (error) {
            this.tellRefusal(error);
        }
        if (isGiven) {
            this.live.isLeft = true;
            this.record.switchMode("readonly");
            this.state.said = _t("You left this invoice to %s.", name);
        }
    }

    tellRefusal(error) {
        if (!(error instanceof RPCError)) {
            throw error;
        }
        this.state.askedId = null;
        this.state.said = error.data?.message || error.message;
    }

    editAgain() {
        this.live.isLeft = false;
        this.state.said = "";
        this.record.switchMode("edit");
    }
}

registry.category("view_widgets").add("invoice_presence", { component: InvoicePresence });
