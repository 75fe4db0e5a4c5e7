import { beforeEach, expect, mockSendBeacon, test } from "@odoo/hoot";
import { click, edit, queryAllTexts } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { contains, defineModels, fields, MockServer, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { tell } from "./live_test_helpers";

class AccountMove extends models.Model {
    _name = "account.move";

    ref = fields.Char({ string: "Reference" });
    content_revision = fields.Integer();
    presence = fields.Generic({ type: "json" });
    _records = [{ id: 1, ref: "First", content_revision: 3, presence: false }];
}

defineMailModels();
defineModels([AccountMove]);

const PAUL = { id: 77, name: "Paul", mode: "viewing", place: "", seconds: 5, expires: 45 };
let people = [];
let answer = {};
let left = 0;
let isReportNoted = true;

beforeEach(() => {
    people = [];
    left = 0;
    isReportNoted = true;
    answer = { revision: 3, is_on: true, is_shown: true };
    mockSendBeacon(() => {
        left++;
        return true;
    });
    onRpc("account.move", "get_unsaved", () => false);
    onRpc("account.move", "web_save", ({ args }) => {
        delete args[1].expected_revision;
    });
    onRpc("account.move", "report_presence", ({ args }) => {
        if (isReportNoted) {
            expect.step(`${args[2]} ${args[3]}`.trim());
        }
        return { ...answer, people };
    });
    for (const method of ["ask_take_over", "answer_take_over"]) {
        onRpc("account.move", method, ({ args }) => {
            expect.step(`${method} ${args.slice(2)}`);
            return true;
        });
    }
});

async function open() {
    await mountView({
        type: "form",
        resModel: "account.move",
        resId: 1,
        arch: `<form js_class="account_move_form"><field name="content_revision" invisible="1"/>
            <widget name="invoice_presence"/><field name="ref"/></form>`,
    });
    document.activeElement.blur();
    await advanceTime(100);
    await animationFrame();
}

test("faces have names, and say what each does", async () => {
    people = [PAUL, { ...PAUL, id: 78, name: "Jane", mode: "editing", place: "Reference" }];
    await open();
    expect(queryAllTexts(".o_invoice_presence_text")).toEqual(["Paul has it open", "Jane is editing: Reference"]);
    expect(".o_invoice_presence_face img:first").toHaveAttribute("alt", "Paul");
    expect.verifySteps(["viewing"]);
});

test("it reports itself every twenty seconds, and what is being edited", async () => {
    await open();
    await advanceTime(20000);
    expect.verifySteps(["viewing", "viewing"]);
    await click(".o_field_widget[name=ref] input");
    await advanceTime(100);
    expect.verifySteps(["editing ref"]);
    await edit("Mine");
    await advanceTime(3000);
    expect.verifySteps([]);
});

test("who does nothing for a while is away, and back at the first key", async () => {
    await open();
    await advanceTime(46000);
    expect.verifySteps(["viewing", "viewing", "viewing", "idle"]);
    await click(".o_form_view");
    await advanceTime(100);
    expect.verifySteps(["viewing"]);
});

test("who came or left is shown when it is told, and who vanished goes by itself", async () => {
    await open();
    people = [PAUL];
    await tell("presence", { id: 1 });
    expect(".o_invoice_presence_person").toHaveCount(1);
    expect.verifySteps(["viewing", "viewing"]);
    people = [{ ...PAUL, expires: 3 }];
    await tell("presence", { id: 1 });
    await advanceTime(4000);
    await animationFrame();
    expect(".o_invoice_presence_person").toHaveCount(0);
    expect.verifySteps(["viewing"]);
});

test("who closes the page says so without waiting for an answer", async () => {
    await open();
    window.dispatchEvent(new Event("pagehide"));
    expect(left).toBe(1);
    expect.verifySteps(["viewing"]);
});

test("where the company does not want it, nothing more is asked", async () => {
    answer.is_on = false;
    answer.is_shown = false;
    await open();
    await advanceTime(60000);
    expect.verifySteps(["viewing"]);
});

test("somebody who edits for long is asked to leave the invoice", async () => {
    people = [{ ...PAUL, mode: "editing", seconds: 30 }];
    await open();
    expect(".o_invoice_presence_ask").toHaveCount(0);
    people = [{ ...PAUL, mode: "editing", seconds: 90 }];
    await tell("presence", { id: 1 });
    await contains(".o_invoice_presence_ask").click();
    expect(".o_invoice_presence_said").toHaveText("Paul was asked to save and to leave the invoice to you.");
    expect(".o_invoice_presence_ask").not.toBeEnabled();
    await tell("take_over", { id: 1, user: 77, kind: "given" });
    expect(".o_invoice_presence_said").toHaveText("Paul saved and leaves the invoice to you.");
    expect.verifySteps(["viewing", "viewing", "ask_take_over 77"]);
});

test("who went away from what they had typed is asked, too", async () => {
    people = [{ ...PAUL, mode: "idle", place: "Reference" }];
    await open();
    expect(".o_invoice_presence_text").toHaveText("Paul is away and has not saved: Reference");
    expect(".o_invoice_presence_ask").toBeEnabled();
    expect.verifySteps(["viewing"]);
});

test("who is asked saves and leaves, or goes on", async () => {
    isReportNoted = false;
    people = [PAUL];
    await open();
    await click(".o_field_widget[name=ref] input");
    await edit("Mine");
    await tell("take_over", { id: 1, user: 77, kind: "asked" });
    expect(".o_invoice_presence_asker").toHaveText(/Paul asks you to save/);
    await contains(".o_invoice_presence_keep").click();
    expect(".o_invoice_presence_asker").toHaveCount(0);
    expect(".o_field_widget[name=ref] input").toHaveValue("Mine");
    await tell("take_over", { id: 1, user: 77, kind: "asked" });
    await contains(".o_invoice_presence_give").click();
    await animationFrame();
    expect.verifySteps(["answer_take_over 77,false", "answer_take_over 77,true"]);
    expect(MockServer.env["account.move"].browse(1)[0].ref).toBe("Mine");
    expect(".o_field_widget[name=ref] input").toHaveCount(0);
    expect(".o_invoice_presence_said").toHaveText(/You left this invoice to Paul/);
    await contains(".o_invoice_presence_again").click();
    expect(".o_field_widget[name=ref] input").toHaveCount(1);
});

test("a list marks what somebody has open, with words", async () => {
    AccountMove._records[0].presence = [PAUL, { ...PAUL, id: 78, name: "Jane", mode: "editing" }];
    await mountView({
        type: "list",
        resModel: "account.move",
        arch: `<list><field name="ref"/><field name="presence" widget="invoice_presence"/></list>`,
    });
    expect(".o_presence_dot[role=img]").toHaveAttribute("aria-label", "Paul has it open\nJane is editing it");
    expect(".o_presence_dot .fa-pencil").toHaveCount(1);
});

test("a mark in a list goes when it ran out and nobody renewed it", async () => {
    AccountMove._records[0].presence = [{ ...PAUL, expires: 6 }];
    await mountView({
        type: "list",
        resModel: "account.move",
        arch: `<list><field name="ref"/><field name="presence" widget="invoice_presence"/></list>`,
    });
    expect(".o_presence_dot").toHaveCount(1);
    MockServer.env["account.move"].write([1], { presence: false });
    await advanceTime(5000);
    expect(".o_presence_dot").toHaveCount(1);
    await advanceTime(2000);
    await animationFrame();
    expect(".o_presence_dot").toHaveCount(0);
});
