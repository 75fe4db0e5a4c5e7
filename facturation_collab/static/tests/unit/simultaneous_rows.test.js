import { beforeEach, expect, test } from "@odoo/hoot";
import { click, edit, press, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    makeServerError,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class AccountMove extends models.Model {
    _name = "account.move";

    ref = fields.Char({ string: "Reference" });
    content_revision = fields.Integer();
    _records = [
        { id: 1, ref: "One", content_revision: 3 },
        { id: 2, ref: "Two", content_revision: 0 },
    ];
}

class AccountMoveLine extends models.Model {
    _name = "account.move.line";

    name = fields.Char();
    move_id = fields.Many2one({ relation: "account.move" });
    content_revision = fields.Integer();
    _records = [
        { id: 7, name: "Desk", move_id: 1, content_revision: 3 },
        { id: 8, name: "Chair", move_id: 1, content_revision: 2 },
    ];
}

defineMailModels();
defineModels([AccountMove, AccountMoveLine]);

const CONFLICT = {
    move_id: 1,
    invoice: "BILL/1",
    people: "Paul",
    revision: 3,
    seen: 4,
    rows: [{ key: "ref", label: "Reference", before: "One", theirs: "Theirs", mine: "Mine" }],
};

/** What the server answers to saves, in turn: nothing saves, a conflict refuses. */
let answers = [];

beforeEach(() => {
    answers = [];
    for (const model of ["account.move", "account.move.line"]) {
        onRpc(model, "web_save", ({ args: [ids, values] }) => {
            expect.step(`save ${ids}: ${values.ref ?? values.name} from ${JSON.stringify(values.expected_revision)}`);
            delete values.expected_revision;
            const conflict = answers.shift();
            if (conflict) {
                throw makeServerError({
                    errorName: "odoo.addons.facturation_collab.exceptions.RevisionConflict",
                    message: "Paul changed it.",
                    context: conflict,
                });
            }
        });
    }
});

async function open(resModel, attributes, field) {
    await mountView({
        type: "list",
        resModel,
        arch: `
            <list ${attributes}>
                <field name="content_revision" column_invisible="1"/>
                ${resModel === "account.move.line" ? '<field name="move_id" column_invisible="1"/>' : ""}
                <field name="${field}"/>
            </list>`,
    });
}

async function select(...rows) {
    for (const row of rows) {
        await contains(`.o_data_row:eq(${row}) .o_list_record_selector input`).click();
    }
}

async function type(row, text) {
    await contains(`.o_data_row:eq(${row}) .o_data_cell:first`).click();
    await edit(text);
    await animationFrame();
}

/** Edit the first two rows of a list together, and confirm that both are meant. */
async function saveTwoRows(resModel, field) {
    await open(resModel, `multi_edit="1"`, field);
    await select(0, 1);
    await type(0, "Mine");
    await press("enter");
    await animationFrame();
    await contains(".modal .btn-primary").click();
}

test("a row says which revision the list shows", async () => {
    await open("account.move", `editable="bottom"`, "ref");
    await type(0, "Mine");
    await contains(".o_list_button_save").click();
    expect.verifySteps(['save 1: Mine from {"1":3}']);
});

test.tags("desktop");
test("rows that are edited together say so each", async () => {
    await saveTwoRows("account.move", "ref");
    expect.verifySteps(['save 1,2: Mine from {"1":3,"2":0}']);
});

test.tags("desktop");
test("lines say the oldest revision of their invoice", async () => {
    await saveTwoRows("account.move.line", "name");
    expect.verifySteps(['save 7,8: Mine from {"1":2}']);
});

test.tags("desktop");
test("a conflict names the invoice, and is saved with what was chosen", async () => {
    answers = [CONFLICT];
    await saveTwoRows("account.move", "ref");
    expect(".o_conflict_dialog .modal-title").toHaveText("You and Paul changed the same in “BILL/1”");
    await contains(".o_conflict_all_mine").click();
    await contains(".o_conflict_confirm").click();
    expect(".o_conflict_dialog").toHaveCount(0);
    expect(queryAllTexts(".o_data_cell")).toEqual(["Mine", "Mine"]);
    expect.verifySteps([
        'save 1,2: Mine from {"1":3,"2":0}',
        'save 1,2: Mine from {"1":{"revision":3,"seen":4,"choices":{"ref":"mine"}},"2":0}',
    ]);
});

test.tags("desktop");
test("whoever cancels in a list of several goes on editing, and is asked again", async () => {
    answers = [CONFLICT, CONFLICT];
    await open("account.move", `multi_edit="1"`, "ref");
    await select(0);
    await type(0, "Mine");
    await press("enter");
    await animationFrame();
    await contains(".o_conflict_cancel").click();
    expect(".o_data_row:first .o_data_cell input").toHaveValue("Mine");
    await click(".o_list_view");
    await animationFrame();
    expect(".o_conflict_dialog").toHaveCount(1);
    expect.verifySteps(['save 1: Mine from {"1":3}', 'save 1: Mine from {"1":3}']);
});

test.tags("desktop");
test("whoever cancels while editing rows together goes on editing all of them", async () => {
    answers = [CONFLICT];
    await saveTwoRows("account.move", "ref");
    await contains(".o_conflict_cancel").click();
    expect(".o_data_row:first .o_data_cell input").toHaveValue("Mine");
    await click(".o_list_view");
    await animationFrame();
    await contains(".modal .btn-primary").click();
    expect(queryAllTexts(".o_data_cell")).toEqual(["Mine", "Mine"]);
    expect.verifySteps(['save 1,2: Mine from {"1":3,"2":0}', 'save 1,2: Mine from {"1":3,"2":0}']);
});

test("whoever cancels in an editable list goes on editing", async () => {
    expect.errors(1);
    answers = [CONFLICT];
    await open("account.move", `editable="bottom"`, "ref");
    await type(0, "Mine");
    await contains(".o_list_button_save").click();
    await contains(".o_conflict_cancel").click();
    expect(".o_data_row:first .o_data_cell input").toHaveValue("Mine");
    expect(".modal").toHaveCount(0);
    expect.verifySteps(['save 1: Mine from {"1":3}']);
    expect.verifyErrors(["Nothing was saved"]);
});

test("a list that does not show the revision saves as natively", async () => {
    await mountView({
        type: "list",
        resModel: "account.move",
        arch: `<list editable="bottom"><field name="ref"/></list>`,
    });
    await type(0, "Mine");
    await contains(".o_list_button_save").click();
    expect.verifySteps(["save 1: Mine from undefined"]);
});
