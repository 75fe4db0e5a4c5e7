import { beforeEach, expect, mockSendBeacon, test } from "@odoo/hoot";
import { click, edit, queryAllTexts, unload } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    clickSave,
    contains,
    defineModels,
    fields,
    makeServerError,
    MockServer,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class AccountMove extends models.Model {
    _name = "account.move";

    ref = fields.Char({ string: "Reference" });
    content_revision = fields.Integer();
    _records = [{ id: 1, ref: "Before", content_revision: 3 }];
}

defineMailModels();
defineModels([AccountMove]);

const ROWS = [
    { key: "ref", label: "Reference", before: "Before", theirs: "Theirs", mine: "Mine" },
    { key: "7/quantity", label: "Line “Desk”, Quantity", before: "1", theirs: "", mine: "3" },
];

/** What the server answers to saves, in turn: true saves, anything else is a conflict. */
let answers = [];
let unsaved = false;

beforeEach(() => {
    answers = [];
    unsaved = false;
    onRpc("account.move", "get_unsaved", () => unsaved);
    onRpc("account.move", "get_changes_since", ({ args }) => {
        expect.step(`changes since ${args[1]}`);
        return { people: "Paul", rows: [], revision: 5, title: "" };
    });
    onRpc("account.move", "web_save", ({ args }) => {
        const { ref, expected_revision } = args[1];
        expect.step(`save ${ref} from ${JSON.stringify(expected_revision)}`);
        delete args[1].expected_revision;
        const conflict = answers.shift();
        if (conflict) {
            throw makeServerError({
                errorName: "odoo.addons.facturation_collab.exceptions.RevisionConflict",
                message: "Paul changed it.",
                context: conflict,
            });
        }
    });
});

const CONFLICT = { people: "Paul", revision: 3, seen: 4, rows: ROWS };

async function open() {
    await mountView({
        type: "form",
        resModel: "account.move",
        resId: 1,
        arch: `<form js_class="account_move_form"><field name="content_revision" invisible="1"/><field name="ref"/></form>`,
    });
}

async function type(text) {
    await click(".o_field_widget[name=ref] input");
    await edit(text);
    await animationFrame();
}

test("a save says which revision the form shows", async () => {
    await open();
    await type("Mine");
    await clickSave();
    expect.verifySteps(["save Mine from 3"]);
});

test("what others changed meanwhile is told when it was merged", async () => {
    await open();
    await type("Mine");
    MockServer.env["account.move"].write([1], { content_revision: 5 });
    await clickSave();
    expect.verifySteps(["save Mine from 3", "changes since 3"]);
    expect(".o_notification_content").toHaveText("What Paul changed meanwhile was merged with yours.");
});

test("a conflict is asked about, and saved with what was chosen", async () => {
    answers = [CONFLICT];
    await open();
    await type("Mine");
    await clickSave();
    expect(".o_conflict_dialog .modal-title").toHaveText("You and Paul changed the same");
    expect(queryAllTexts(".o_conflict_row legend")).toEqual(ROWS.map((row) => row.label));
    expect(queryAllTexts(".o_conflict_row:first .form-check-label")).toEqual(["Theirs: Theirs", "Mine: Mine"]);
    expect(queryAllTexts(".o_conflict_row:last .form-check-label")).toEqual(["Theirs: nothing", "Mine: 3"]);
    expect(".o_conflict_confirm").not.toBeEnabled();
    await click(".o_conflict_all_theirs");
    await animationFrame();
    await click(".o_conflict_row:last .o_conflict_mine");
    await animationFrame();
    await contains(".o_conflict_confirm").click();
    expect(".o_conflict_dialog").toHaveCount(0);
    expect.verifySteps([
        "save Mine from 3",
        'save Mine from {"revision":3,"seen":4,"choices":{"ref":"theirs","7/quantity":"mine"}}',
    ]);
});

test("whoever cancels goes on editing, and is asked again", async () => {
    answers = [CONFLICT, CONFLICT];
    await open();
    await type("Mine");
    await clickSave();
    await contains(".o_conflict_cancel").click();
    expect(".o_field_widget[name=ref] input").toHaveValue("Mine");
    await clickSave();
    expect(".o_conflict_dialog").toHaveCount(1);
    expect.verifySteps(["save Mine from 3", "save Mine from 3"]);
});

test("a page that is closed sends the revision, too", async () => {
    mockSendBeacon((_route, blob) => {
        blob.text().then((text) => {
            const { args, kwargs } = JSON.parse(text).params;
            expect.step(`${args[1].ref} from ${args[1].expected_revision}, keep: ${kwargs.context.keep_unsaved}`);
        });
    });
    await open();
    await type("Mine");
    await unload();
    await animationFrame();
    await animationFrame();
    expect.verifySteps(["Mine from 3, keep: true"]);
});

test("what was left unsaved is offered at the next visit", async () => {
    unsaved = { id: 1, date: "2 March", seen: 4, people: "Paul", rows: ROWS };
    onRpc("account.move", "action_save_unsaved", ({ args }) => {
        expect.step(`save unsaved ${JSON.stringify(args.slice(1))}`);
        return true;
    });
    await open();
    await animationFrame();
    expect(".o_conflict_dialog .modal-title").toHaveText("You left changes unsaved on 2 March");
    await click(".o_conflict_all_mine");
    await animationFrame();
    await contains(".o_conflict_confirm").click();
    expect.verifySteps(['save unsaved [4,{"ref":"mine","7/quantity":"mine"}]']);
});

test("what was left unsaved can be forgotten", async () => {
    unsaved = { id: 1, date: "2 March", seen: 4, people: "Paul", rows: ROWS };
    onRpc("account.move", "action_discard_unsaved", () => {
        expect.step("discard");
        return true;
    });
    await open();
    await animationFrame();
    await contains(".o_conflict_discard").click();
    expect.verifySteps(["discard"]);
});
