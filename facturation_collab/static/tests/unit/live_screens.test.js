import { beforeEach, expect, mockSendBeacon, test } from "@odoo/hoot";
import { click, edit, queryAllTexts } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, Deferred } from "@odoo/hoot-mock";
import {
    clickSave,
    contains,
    defineModels,
    fields,
    getService,
    makeServerError,
    MockServer,
    models,
    mountView,
    mountWithCleanup,
    onRpc,
    serverState,
} from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { tell } from "./live_test_helpers";
import { makeMove } from "./validation_test_data";

class AccountMove extends models.Model {
    _name = "account.move";

    ref = fields.Char({ string: "Reference" });
    state = fields.Char();
    content_revision = fields.Integer();
    presence = fields.Generic({ type: "json" });
    _records = [
        { id: 1, ref: "First", state: "draft", content_revision: 3 },
        { id: 2, ref: "Second", state: "draft", content_revision: 1 },
        { id: 3, ref: "Third", state: "posted", content_revision: 1 },
    ];
}

defineMailModels();
defineModels([AccountMove]);

const COLLEAGUE = 77;
let isReadable = true;

beforeEach(() => {
    isReadable = true;
    mockSendBeacon(() => true);
    onRpc("account.move", "get_unsaved", () => false);
    onRpc("account.move", "report_presence", () => ({ people: [], revision: 0, is_on: true, is_shown: true }));
    onRpc("account.move", "leave_presence", () => true);
    onRpc("account.move", "get_changes_since", () => ({ people: "Paul", rows: [], revision: 4, title: "" }));
    for (const method of ["web_read", "web_search_read", "web_save"]) {
        onRpc("account.move", method, ({ args }) => {
            expect.step(method === "web_read" ? `web_read ${args[0]}` : method);
            if (!isReadable) {
                throw makeServerError({ type: "AccessError", errorName: "odoo.exceptions.AccessError" });
            }
            delete args[1]?.expected_revision;
            return undefined;
        });
    }
});

async function change(id, values) {
    MockServer.env["account.move"].write([id], values);
    await tell("invoice", { id, revision: values.content_revision || 1, user: COLLEAGUE });
}

const FORM = `<form js_class="account_move_form">
    <field name="content_revision" invisible="1"/><widget name="invoice_presence"/><field name="ref"/><field name="state"/>
</form>`;

async function openForm() {
    await mountView({ type: "form", resModel: "account.move", resId: 1, arch: FORM });
    await advanceTime(500);
    expect.verifySteps(["web_read 1"]);
    document.activeElement.blur();
}

async function openList(arch = `<list><field name="ref"/><field name="state"/></list>`) {
    await mountView({ type: "list", resModel: "account.move", arch, domain: [["state", "=", "draft"]] });
    await advanceTime(500);
    expect.verifySteps(["web_search_read"]);
}

const rows = () => queryAllTexts(".o_data_row .o_data_cell[name=ref]");

test("a form follows what others change", async () => {
    await openForm();
    await change(1, { ref: "Theirs", content_revision: 4 });
    expect(".o_field_widget[name=ref] input").toHaveValue("Theirs");
    expect(".o_invoice_presence_news[aria-live=polite]").toHaveText("The invoice is shown as it is now.");
    expect.verifySteps(["web_read 1"]);
});

test("a form of another invoice asks for nothing", async () => {
    await openForm();
    await change(2, { ref: "Theirs" });
    expect.verifySteps([]);
});

test("many changes within a moment are read once", async () => {
    await openForm();
    await tell("invoice", ...[4, 5, 6, 7].map((revision) => ({ id: 1, revision, user: COLLEAGUE })));
    expect.verifySteps(["web_read 1"]);
});

test("what is typed stays, and it is said politely that the invoice changed", async () => {
    await openForm();
    await click(".o_field_widget[name=ref] input");
    await edit("Mine");
    await change(1, { state: "posted", content_revision: 4 });
    expect(".o_field_widget[name=ref] input").toHaveValue("Mine");
    expect(".o_invoice_presence_news[role=status] .o_invoice_news").toHaveText(/Paul changed this invoice meanwhile/);
    expect.verifySteps([]);
    await clickSave();
    expect.verifySteps(["web_save"]);
    expect(".o_invoice_news").toHaveCount(0);
    expect(".o_field_widget[name=state] input").toHaveValue("posted");
});

test("what is typed while the invoice is read stays", async () => {
    await openForm();
    const reading = new Deferred();
    onRpc("account.move", "web_read", async () => {
        await reading;
    });
    await change(1, { state: "posted", content_revision: 4 });
    await click(".o_field_widget[name=ref] input");
    await edit("Mine");
    reading.resolve();
    await animationFrame();
    expect(".o_field_widget[name=ref] input").toHaveValue("Mine");
    expect.verifySteps(["web_read 1"]);
    await clickSave();
    expect.verifySteps(["web_save"]);
    expect(".o_field_widget[name=state] input").toHaveValue("posted");
});

test("what was discarded gives way to what it is now", async () => {
    await openForm();
    await click(".o_field_widget[name=ref] input");
    await edit("Mine");
    await change(1, { ref: "Theirs", content_revision: 4 });
    await contains(".o_form_button_cancel").click();
    document.activeElement.blur();
    await advanceTime(1000);
    await animationFrame();
    expect(".o_field_widget[name=ref] input").toHaveValue("Theirs");
    expect(".o_invoice_news").toHaveCount(0);
    expect.verifySteps(["web_read 1"]);
});

test("somebody who may no longer read the invoice is told kindly", async () => {
    await openForm();
    isReadable = false;
    await tell("invoice", { id: 1, revision: 3 });
    expect(".o_notification_content").toHaveText("You may no longer read this invoice.");
    expect(".o_error_dialog").toHaveCount(0);
    expect.verifySteps(["web_read 1"]);
});

test("a row that is shown is read again by itself", async () => {
    await openList();
    await change(2, { ref: "Theirs" });
    expect(rows()).toEqual(["First", "Theirs"]);
    expect.verifySteps(["web_search_read"]);
});

test.tags("desktop");
test("a row that left the list goes, one that came appears, and a selection stays", async () => {
    await openList();
    await click(".o_data_row:first .o_list_record_selector input");
    await change(2, { state: "posted" });
    expect(rows()).toEqual(["First"]);
    expect(".o_data_row:first .o_list_record_selector input").toBeChecked();
    MockServer.env["account.move"].write([3], { state: "draft" });
    await tell("lists", { ids: [3] });
    expect(rows()).toEqual(["First", "Third"]);
    expect.verifySteps(["web_search_read", "web_search_read", "web_search_read", "web_search_read"]);
});

test("a list asks nothing about invoices that it does not show, and little about those that might come", async () => {
    await openList();
    await tell("invoice", { id: 3, revision: 9 });
    await tell("presence", { id: 3 });
    expect.verifySteps([]);
    await tell("lists", { ids: [3, 99] });
    expect.verifySteps(["web_search_read"]);
    expect(rows()).toEqual(["First", "Second"]);
});

test.tags("desktop");
test("nothing moves under a row that is being edited", async () => {
    await openList(`<list editable="bottom"><field name="ref"/><field name="state"/></list>`);
    await click(".o_data_row:first .o_data_cell[name=ref]");
    await animationFrame();
    await change(2, { ref: "Theirs" });
    expect(rows()).not.toInclude("Theirs");
    expect(".o_notification_content").toHaveText(/shown when you have finished editing/);
    expect.verifySteps([]);
    await contains(".o_list_button_discard").click();
    await advanceTime(1000);
    await animationFrame();
    expect(rows()).toEqual(["First", "Theirs"]);
    expect.verifySteps(["web_search_read"]);
});

test("a kanban follows too", async () => {
    await mountView({
        type: "kanban",
        resModel: "account.move",
        arch: `<kanban><templates><t t-name="card"><field name="ref"/></t></templates></kanban>`,
    });
    await change(1, { ref: "Theirs" });
    expect(queryAllTexts(".o_kanban_record:not(.o_kanban_ghost)")).toEqual(["Theirs", "Second", "Third"]);
    expect.verifySteps(["web_search_read", "web_search_read"]);
});

test("after sleep each screen looks once", async () => {
    await openForm();
    getService("bus_service").trigger("BUS:RECONNECT");
    await advanceTime(3000);
    expect.verifySteps(["web_read 1"]);
});

test("what a page did itself is not read twice", async () => {
    await openForm();
    await click(".o_field_widget[name=ref] input");
    await edit("Mine");
    await clickSave();
    await tell("invoice", { id: 1, revision: 4, user: serverState.userId });
    await advanceTime(2000);
    expect.verifySteps(["web_save"]);
});

// To validate

let queue = [];

async function openInbox() {
    onRpc("account.move", "web_search_read", () => ({ records: queue, length: queue.length }));
    onRpc("account.move", "web_read", ({ args }) => queue.filter((move) => args[0].includes(move.id)));
    queue = [
        makeMove(),
        makeMove({ id: 42, display_name: "Draft Bill (INV-8)", invoice_partner_display_name: "Deco" }),
    ];
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "facturation_collab.to_validate" });
    await animationFrame();
    expect(".o_to_validate_pager").toHaveText(/1 of 2/);
}

test("the inbox and its counter follow what comes and goes", async () => {
    await openInbox();
    queue = [...queue, makeMove({ id: 43, display_name: "Draft Bill (INV-9)" })];
    await tell("inbox", { ids: [43] });
    expect(".o_to_validate_pager").toHaveText(/1 of 3/);
    queue = queue.slice(1);
    await tell("inbox", { ids: [41] });
    expect(".o_to_validate_pager").toHaveText(/1 of 2/);
    expect(".o_validation_card_partner").toHaveText("Deco");
    expect(".o_to_validate_news[aria-live=polite]").toHaveText(/does not wait for you any more/);
});

test("an answer that is being written stays when somebody else was faster", async () => {
    await openInbox();
    await contains(".o_decision_return").click();
    await contains(".o_decision_comment").edit("Wrong quantity", { confirm: false });
    queue = queue.slice(1);
    await tell("inbox", { ids: [41] });
    expect(".o_decision_comment").toHaveValue("Wrong quantity");
    expect(".o_validation_card_partner").toHaveText("Azure Interior");
    expect(".o_to_validate_pager").toHaveText(/1 to validate/);
    expect(".o_to_validate_news").toHaveText(/does not wait for you any more/);
    await contains(".o_decision_back").click();
    await advanceTime(1000);
    await animationFrame();
    expect(".o_validation_card_partner").toHaveText("Deco");
});
